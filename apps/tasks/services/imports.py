"""An import on its way: wanted, answered, confirmed, given up. The work itself is the job's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.ops.models import JobRun
from apps.ops.selectors import runs_of
from apps.ops.services import job_ask, job_cancel
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.models import TableImport

IMPORT_JOB = "table_import"
# steps of the job
READ, APPLY = "read", "apply"
# A file of this size is read while somebody waits for the page: a few thousand rows.
AT_ONCE_BYTES = 256 * 1024

State = TableImport.State
IN_HAND = (State.READING, State.APPLYING)
_BROKEN_OFF = "处理中断，没有做完，什么都没有改。请再试一次；仍不行请联系系统管理员。"


@dataclass(frozen=True, slots=True)
class Settled:
    """What a person wants of a reading: how the sheet is read, and what they say of its rows.

    `version` is what they saw it in.
    """

    decisions: dict[str, Any]
    answers: dict[str, Any]
    version: int


def is_small(kept: TableImport) -> bool:
    """Whether it is read while somebody waits."""
    return kept.file.size <= AT_ONCE_BYTES


def import_run(pk: int) -> JobRun | None:
    """The newest run of an import."""
    found = runs_of(IMPORT_JOB, str(pk), 1)
    return found[0] if found else None


def import_want(kept: TableImport, actor: Actor, wanted: dict[str, Any]) -> JobRun:
    """Belongs into the transaction that sets the import's state."""
    return job_ask(
        kind=IMPORT_JOB,
        # one open run for each import: it is read or applied, never both at once
        key=str(kept.pk),
        wanted={
            "plans": [kept.plan_id],
            "import": kept.pk,
            "at_once": is_small(kept),
            **wanted,
        },
        actor=actor,
    )


@transaction.atomic
def import_answer(*, actor: Actor, scope: Scope, kept: TableImport, settled: Settled) -> JobRun:
    """Read and compare it anew, with what a person settled; kept once that has worked.

    Raises NotAllowed, and Conflict when somebody else has settled something since.
    """
    kept = _waiting(kept, scope)
    if kept.version != settled.version:
        raise Conflict(answered_meanwhile(kept))
    wanted = {
        "step": READ,
        "decisions": settled.decisions,
        "answers": {**settled.answers, "by": actor.actor_name},
    }
    _set(kept, State.READING)
    return import_want(kept, actor, wanted)


def answered_meanwhile(kept: TableImport) -> str:
    """What the second of two people is told."""
    who = kept.answers.get("by") or "别人"
    return f"{who}刚才也保存了核对。您填的还在，与对方不同的地方已标出，请核对后再保存。"


@transaction.atomic
def import_confirm(*, actor: Actor, scope: Scope, kept: TableImport, seen: str) -> JobRun:
    """Have imported what was previewed, once. `seen` is the digest of the preview that was shown.

    Raises NotAllowed, Refused, and Conflict when it is no longer waiting.
    """
    kept = _waiting(kept, scope)
    if not kept.preview.get("may_confirm") and kept.preview.get("digest") == seen:
        raise Refused(*_reasons_against(kept.preview))
    _set(kept, State.APPLYING)
    # an empty digest would stand for an import that nobody was shown
    return import_want(kept, actor, {"step": APPLY, "seen": seen or "nothing"})


def _reasons_against(preview: dict[str, Any]) -> list[str]:
    wrong = [message for *_place, message in preview.get("errors", [])]
    return wrong or ["与现有内容完全一致，不需要导入。"]


@transaction.atomic
def import_discard(*, scope: Scope, kept: TableImport) -> TableImport:
    """Give the upload up; its file and who brought it stay in the list of imports."""
    kept = _waiting(kept, scope)
    kept.finished_at = timezone.now()
    _set(kept, State.DISCARDED)
    TableImport.objects.filter(pk=kept.pk).update(preview={})
    return kept


def import_cancel(*, scope: Scope, kept: TableImport, actor: Actor) -> TableImport:
    """Stop what a worker does with it. Refused where it has ended."""
    if not scope.may_import(kept.plan):
        raise NotAllowed("只有本任务来源的督查员可以取消导入。")
    run = import_run(kept.pk)
    if run is None:
        raise Refused("已经结束，没有可以取消的了。请刷新后再看。")
    import_run_cancel(run=run, actor=actor)
    kept.refresh_from_db()
    return kept


def import_run_cancel(*, run: JobRun, actor: Actor) -> None:
    """The run first and by itself: the worker that has it holds the import until it notices."""
    job_cancel(run=run, actor=actor)
    import_settle(run.wanted["import"])


def import_settle(pk: int) -> None:
    """Of an import whose job has ended without it: back to where a person can go on."""
    # looked at first: the job that applies an import holds its row until the end
    run = import_run(pk)
    if run is not None and run.is_open:
        return
    with transaction.atomic():
        # a cancelled job gives its row back in a moment: whoever looks next settles it
        free = TableImport.objects.select_for_update(of=("self",), skip_locked=True)
        kept = free.filter(pk=pk).first()
        if kept is None or kept.state not in IN_HAND:
            return
        run = import_run(pk)
        if run is not None and run.is_open:
            return
        cancelled = run is not None and run.state == JobRun.State.CANCELLED
        kept.error = "" if cancelled else _why(kept, run)
        _set(kept, _state_after(kept, cancelled=cancelled))


def _why(kept: TableImport, run: JobRun | None) -> str:
    return kept.error or (run.error if run else "") or _BROKEN_OFF


def _state_after(kept: TableImport, *, cancelled: bool) -> str:
    if kept.preview:
        return State.PREVIEW
    return State.DISCARDED if cancelled else State.FAILED


def imports_settle(plan: Plan) -> None:
    """All of a plan that are in hand; normally there is none."""
    for pk in plan.imports.filter(state__in=IN_HAND).values_list("pk", flat=True):
        import_settle(pk)


def import_failed(kept: TableImport, reasons: tuple[str, ...]) -> None:
    """The job could not do it, and why; what was settled before stays as it was."""
    with transaction.atomic():
        now = TableImport.objects.select_for_update(of=("self",)).get(pk=kept.pk)
        now.error = "\n".join(reasons)
        _set(now, _state_after(now, cancelled=False))


def _set(kept: TableImport, state: str) -> None:
    if state in IN_HAND:
        kept.error = ""
    kept.state = state
    kept.save(update_fields=["state", "error", "finished_at"])


def _waiting(kept: TableImport, scope: Scope) -> TableImport:
    """Locked, so that of two clicks the second finds what the first has done."""
    if not scope.may_import(kept.plan):
        raise NotAllowed("只有本任务来源的督查员可以导入。")
    row = (
        TableImport.objects.select_for_update(of=("self",))
        .select_related("plan", "file")
        .get(pk=kept.pk)
    )
    if row.state == State.PREVIEW:
        return row
    raise Conflict(what_became(row))


def what_became(kept: TableImport) -> str:
    """Of an import that no longer waits for a person: one sentence."""
    return _SAID[State(kept.state)].format(who=kept.by_name)


_SAID = {
    State.PREVIEW: "预览有变动，请刷新后再看。",
    State.READING: "正在读取，请稍候再试。",
    State.FAILED: "这个文件没有读出来，请重新上传。",
    State.APPLYING: "正在导入，没有重复导入。",
    State.DONE: "这次导入已由{who}完成，没有重复导入。",
    State.DISCARDED: "这次导入已放弃，请重新上传文件。",
    State.UNDONE: "这次导入已撤销，请重新上传文件。",
}
