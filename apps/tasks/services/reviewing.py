"""The supervisor's answer to reports: approved, judged, or sent back (product.md D7, D10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction

from apps.audit.services import Changes
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.tasks.access import Scope
from apps.tasks.assessments import Assessment
from apps.tasks.cautions import warnings_of
from apps.tasks.models import Progress
from apps.tasks.services.reports_locked import (
    Doing,
    act_on,
    check_open,
    check_reason,
    check_seen,
    finish,
    lock_reports,
    send_back,
    tell_units,
)

__all__ = [
    "Verdict",
    "progress_approve",
    "progress_judge",
    "progress_send_back",
    "warnings_of",
]

_State = Progress.State
_JUDGED = ["judgement", "judgement_reason", "judged_by", "judged_on", "version"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The supervisor's view of one report as it was before them; without 认定 it is 未核."""

    progress_id: int
    seen_version: int
    assessment: Assessment | None = None
    reason: str = ""


@transaction.atomic
def progress_approve(
    *, actor: Actor, scope: Scope, verdicts: Sequence[Verdict], today: date
) -> int:
    """审核通过, all or none, each with its 认定 or 未核; a 认定 over the 自评 says why."""
    by_id = {verdict.progress_id: verdict for verdict in verdicts}
    waiting = _held(scope, _seen(verdicts), (_State.SUBMITTED,))
    _check_reasons(waiting, by_id)
    doing = Doing(actor, today, "审核通过", own=scope.rights.agency_ids)
    acts = []
    for progress in waiting:
        before = progress.get_state_display()
        progress.state = _State.APPROVED
        changes = _judge(progress, by_id[progress.pk], doing)
        acts.append(act_on(progress, _because(doing, progress), before, changes))
    Progress.objects.bulk_update(waiting, ["state", *_JUDGED])
    finish(doing, waiting, acts)
    tell_units(doing, waiting, "以下各项已审核通过")
    return len(waiting)


@transaction.atomic
def progress_send_back(
    *, actor: Actor, scope: Scope, seen: Mapping[int, int], reason: str, today: date
) -> int:
    """退回修改, all or none; also what was approved already, whose 认定 is then void."""
    if not reason.strip():
        raise Refused("退回修改要写明理由。")
    check_reason("退回理由", reason)
    waiting = _held(scope, seen, (_State.SUBMITTED, _State.APPROVED))
    check_open(waiting)
    own = scope.rights.agency_ids
    send_back(Doing(actor, today, "退回修改", reason.strip(), own=own), waiting)
    return len(waiting)


@transaction.atomic
def progress_judge(*, actor: Actor, scope: Scope, verdict: Verdict, today: date) -> Progress:
    """认定 of an approved report, for the first time or anew."""
    [progress] = _held(scope, _seen([verdict]), (_State.APPROVED,))
    if verdict.assessment is None:
        raise Refused("请选择认定。")
    _check_reasons([progress], {progress.pk: verdict})
    earlier = progress.judgement
    if earlier and earlier != verdict.assessment and not verdict.reason.strip():
        raise Refused("改变原来的认定要写明理由。")
    doing = Doing(actor, today, "认定", verdict.reason.strip(), own=scope.rights.agency_ids)
    changes = _judge(progress, verdict, doing)
    progress.save(update_fields=_JUDGED)
    finish(doing, [progress], [act_on(progress, doing, progress.get_state_display(), changes)])
    return progress


def _seen(verdicts: Sequence[Verdict]) -> dict[int, int]:
    return {verdict.progress_id: verdict.seen_version for verdict in verdicts}


def _held(scope: Scope, seen: Mapping[int, int], states: Sequence[str]) -> list[Progress]:
    waiting = lock_reports(seen, states)
    if not all(scope.may_review(progress.duty.task) for progress in waiting):
        raise NotAllowed("只有本任务来源的督查员可以审核。")
    check_seen(waiting, seen, "审核")
    return waiting


def _check_reasons(waiting: Sequence[Progress], by_id: Mapping[int, Verdict]) -> None:
    reasons = []
    for progress in waiting:
        verdict = by_id[progress.pk]
        check_reason("认定理由", verdict.reason)
        said = verdict.assessment
        if said and said != progress.self_assessment and not verdict.reason.strip():
            reasons.append(
                f"{progress.duty.task}：认定“{said.label}”与自评"
                f"“{progress.get_self_assessment_display()}”不同，请写明理由。"
            )
    if reasons:
        raise Refused(*reasons)


def _judge(progress: Progress, verdict: Verdict, doing: Doing) -> Changes:
    """Writes the judgement into the row; returns it from and to."""
    before = progress.get_judgement_display() or None
    said = verdict.assessment
    progress.judgement = said or ""
    progress.judgement_reason = verdict.reason.strip()
    progress.judged_by = doing.actor.actor_name if said else ""
    progress.judged_on = doing.today if said else None
    progress.version += 1
    return {"认定": (before, said.label if said else "未核")}


def _because(doing: Doing, progress: Progress) -> Doing:
    return replace(doing, reason=progress.judgement_reason)
