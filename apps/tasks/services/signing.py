"""The unit's own sign-off: step by step on screen, or on paper (product.md D10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.accounts.models import SignStep
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.ops.models import StoredFile
from apps.tasks.access import Scope
from apps.tasks.content import storable
from apps.tasks.models import Progress, Signature
from apps.tasks.selectors.filling import ONLY_STEP, Step, sign_steps, step_at
from apps.tasks.services.reports_locked import (
    Doing,
    act_on,
    check_open,
    check_reason,
    check_seen,
    deliver,
    finish,
    lock_reports,
    lock_tasks,
    send_back,
)

_SIGNING = (Progress.State.SIGNING,)
_FIELDS = ["state", "signed_by", "sign_step", "delivered_on", "counted_on", "resubmit_by"]
_FIELDS += ["delivered", "version"]
SIGNER_LIMIT = 40
POST_LIMIT = 20


@dataclass(frozen=True, slots=True)
class PaperSign:
    """A signature that was given on paper (线下审签)."""

    signer: str
    post: str
    signed_on: date
    scan: StoredFile | None = None
    scan_name: str = ""


@transaction.atomic
def progress_sign(*, actor: Actor, scope: Scope, seen: Mapping[int, int], today: date) -> int:
    """The approver agrees to these reports at his step, all or none.

    The last step hands them on to the supervisor. `seen`: by id the version the approver had
    before them; Conflict where one is another now.
    """
    waiting = lock_reports(seen, _SIGNING)
    _check_may_sign(scope, waiting)
    check_seen(waiting, seen, "审签")
    check_open(waiting)
    steps = sign_steps({p.duty.agency_id for p in waiting}, today)
    doing = Doing(actor, today, "同意报送")
    signatures, acts = [], []
    for progress in waiting:
        before = progress.get_state_display()
        of_unit = steps[progress.duty.agency_id] or (ONLY_STEP,)
        step = step_at(of_unit, progress.sign_step)
        signatures.append(
            Signature(
                progress=progress,
                version=progress.version,
                post=step.post,
                signer=actor.actor_name,
                signed_on=today,
            )
        )
        _agree(progress, of_unit, step, actor, today)
        acts.append(act_on(progress, doing, before, {"审签环节": (None, step.post)}))
    Progress.objects.bulk_update(waiting, _FIELDS)
    Signature.objects.bulk_create(signatures)
    finish(doing, waiting, acts)
    return len(waiting)


@transaction.atomic
def progress_return(
    *, actor: Actor, scope: Scope, seen: Mapping[int, int], reason: str, today: date
) -> int:
    """The unit's approver sends these back to be written anew, saying why; `seen` as to sign."""
    if not reason.strip():
        raise Refused("退回修改要写明理由。")
    check_reason("退回理由", reason)
    waiting = lock_reports(seen, _SIGNING)
    _check_may_sign(scope, waiting)
    check_seen(waiting, seen, "审签")
    check_open(waiting)
    send_back(Doing(actor, today, "退回修改", reason.strip()), waiting)
    return len(waiting)


@transaction.atomic
def paper_sign(
    *, actor: Actor, scope: Scope, seen: Mapping[int, int], paper: PaperSign, today: date
) -> int:
    """Register a signature on paper for all steps that are left; all or none."""
    waiting = lock_reports(seen, _SIGNING)
    if not all(scope.may_register_paper(progress) for progress in waiting):
        raise NotAllowed("只有本单位人员和本任务来源的督查员可以登记线下审签。")
    check_seen(waiting, seen, "登记")
    check_open(waiting)
    _check_paper(paper, waiting, today)
    doing = Doing(actor, today, "登记线下审签")
    signatures, acts = [], []
    for progress in waiting:
        before = progress.get_state_display()
        signatures.append(_on_paper(progress, paper, actor))
        progress.signed_by = paper.signer.strip()
        deliver(progress, today=today, signed_on=paper.signed_on)
        progress.version += 1
        told = f"{paper.post.strip()} {paper.signer.strip()} {paper.signed_on.isoformat()}"
        scan = {"扫描件": (None, paper.scan_name)} if paper.scan else {}
        acts.append(act_on(progress, doing, before, {"线下审签": (None, told), **scan}))
    Progress.objects.bulk_update(waiting, _FIELDS)
    Signature.objects.bulk_create(signatures)
    finish(doing, waiting, acts)
    return len(waiting)


@transaction.atomic
def waiting_realign(*, agency_id: int) -> int:
    """After a unit gave steps up: what waits at one that is gone waits at the last there is."""
    last = SignStep.objects.filter(agency_id=agency_id).count() or ONLY_STEP.position
    stranded = Progress.objects.filter(
        state=Progress.State.SIGNING, duty__agency_id=agency_id, sign_step__gt=last
    )
    lock_tasks(stranded.values_list("duty__task_id", flat=True))
    return stranded.update(sign_step=last)


def _agree(
    progress: Progress, steps: Sequence[Step], step: Step, actor: Actor, today: date
) -> None:
    """On to the next step, or out of the unit."""
    progress.signed_by = actor.actor_name
    progress.version += 1
    left = [each for each in steps if each.position > step.position]
    if left:
        progress.sign_step = left[0].position
    else:
        deliver(progress, today=today, signed_on=today)


def _on_paper(progress: Progress, paper: PaperSign, actor: Actor) -> Signature:
    return Signature(
        progress=progress,
        version=progress.version,
        post=paper.post.strip(),
        signer=paper.signer.strip(),
        signed_on=paper.signed_on,
        on_paper=True,
        registered_by=actor.actor_name,
        scan=paper.scan,
        scan_name=paper.scan_name,
    )


def _check_may_sign(scope: Scope, waiting: Sequence[Progress]) -> None:
    if not all(p.duty.agency_id in scope.rights.approver_of for p in waiting):
        raise NotAllowed("只有本单位审签人可以审签。")
    if not all(scope.may_sign(progress) for progress in waiting):
        raise NotAllowed("有的项不在您负责的审签环节，请等前一环节审签后再处理。")


def _check_paper(paper: PaperSign, waiting: Sequence[Progress], today: date) -> None:
    """Raises Refused with all that is wrong with what was typed."""
    asked = (
        ("审签人", paper.signer, SIGNER_LIMIT),
        ("岗位", paper.post, POST_LIMIT),
    )
    reasons = []
    for name, text, limit in asked:
        if not text.strip() or not storable(text):
            reasons.append(f"请填写{name}。")
        elif len(text.strip()) > limit:
            reasons.append(f"{name}最多 {limit} 字。")
    if paper.signed_on > today:
        reasons.append("审签日期不能晚于今天。")
    sent = max(progress.submitted_on for progress in waiting)
    if paper.signed_on < sent:
        day = f"{sent.year}年{sent.month}月{sent.day}日"
        reasons.append(f"审签日期不能早于报送日期（{day}）：签的应是这一稿。")
    if reasons:
        raise Refused(*reasons)
