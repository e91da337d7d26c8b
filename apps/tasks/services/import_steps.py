"""The job of an import, step by step: reading it into a preview, and applying it to its plan."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Membership, User
from apps.agencies.parties import Rule
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.common.spreadsheets import Sheet
from apps.notices.models import Message
from apps.notices.services import tell
from apps.ops.models import JobRun
from apps.ops.services import job_done
from apps.ops.telling import Heard, nothing, telling
from apps.tasks.access import scope_of
from apps.tasks.answers import Answers
from apps.tasks.decisions import Decisions
from apps.tasks.import_opening import stored_opening
from apps.tasks.import_preview import stored_preview
from apps.tasks.import_questions import Beside
from apps.tasks.layout import TableReading, read_table
from apps.tasks.models import TableImport
from apps.tasks.selectors.imports import names_waiting, plan_print, suggester
from apps.tasks.selectors.opening_table import OpeningDiff, opening_diff
from apps.tasks.selectors.tables import TableDiff, layout_kept, table_diff
from apps.tasks.services.imports import APPLY, READ, import_failed
from apps.tasks.services.opening_table import opening_import
from apps.tasks.services.tables import Import, table_import
from apps.tasks.services.uploads import upload_sheets

_SUBJECT_CHARS = 200
_STAGES = ("读取文件", "辨认表格", "与现有任务比对", "整理预览")


def import_make(*, run: JobRun, today: date) -> None:
    """What the run asks for. Raises Superseded, Cancelled, and Refused with a sentence."""
    kept = (
        TableImport.objects.select_related("plan", "file").filter(pk=run.wanted["import"]).first()
    )
    step = run.wanted["step"]
    if kept is None or kept.state != _STATES[step]:
        raise Refused("这次导入已经不在等待处理，没有做。")
    try:
        _STEPS[step](run, kept, today)
    except Refused as refused:
        import_failed(kept, refused.reasons)
        _tell(run, kept, today, f"“{kept.file_name}”没有{_DOING[step]}，请看说明")
        raise


def _told(run: JobRun) -> AbstractContextManager[Heard]:
    """What is small is over before anybody could ask."""
    return nullcontext(nothing) if run.wanted.get("at_once") else telling(run)


def _read(run: JobRun, kept: TableImport, today: date) -> None:
    kept.decisions = run.wanted.get("decisions", kept.decisions)
    kept.answers = run.wanted.get("answers", kept.answers)
    with _told(run) as heard:
        preview = import_preview(kept, today, heard)
    with transaction.atomic():
        TableImport.objects.filter(pk=kept.pk, state=TableImport.State.READING).update(
            decisions=kept.decisions,
            answers=kept.answers,
            preview=preview,
            version=kept.version + (1 if kept.preview else 0),
            state=TableImport.State.PREVIEW,
        )
        _tell(run, kept, today, f"“{kept.file_name}”已读好，请核对后确认导入")
        job_done(run=run, result=None)


def _tell(run: JobRun, kept: TableImport, today: date, subject: str) -> None:
    """Whoever left the page while a worker was at it finds it in the inbox."""
    supervisor = kept.plan.supervisor_id
    if run.wanted.get("at_once") or supervisor is None:
        return
    message = Message(
        key=f"import:{run.pk}:{run.attempts}",
        agency_id=supervisor,
        role=Membership.Role.SUPERVISOR,
        subject=subject[:_SUBJECT_CHARS],
        body=f"{kept.plan.short_title}，{kept.by_name}上传。",
        path=f"/plans/{kept.plan_id}/import/{kept.pk}/",
        business_date=today,
    )
    tell(messages=[message])


def import_preview(kept: TableImport, today: date, heard: Heard = nothing) -> dict[str, object]:
    """The page of what confirming would do, read anew. Raises Refused."""
    # before it is compared: what changes meanwhile makes the preview an old one
    seen = plan_print(kept.plan)
    heard(_STAGES[0], 0, len(_STAGES))
    sheets = upload_sheets(kept)
    heard(_STAGES[1], 1, len(_STAGES))
    reading = _reading(kept, sheets)
    del sheets
    heard(_STAGES[2], 2, len(_STAGES))
    answers = Answers.from_dict(kept.answers)
    if kept.kind == TableImport.Kind.OPENING:
        opening = opening_diff(kept.plan, reading, answers, today=today)
        heard(_STAGES[3], 3, len(_STAGES))
        return {**stored_opening(opening, reading, answers, kept.preview), "plan": seen}
    return {**_compared(kept, reading, answers, today, heard), "plan": seen}


def _compared(
    kept: TableImport, reading: TableReading, answers: Answers, today: date, heard: Heard
) -> dict[str, object]:
    rules = _rules(kept)
    diff = table_diff(kept.plan, reading, answers, visible=_visible(kept, today), rules=rules)
    heard(_STAGES[3], 3, len(_STAGES))
    in_force = [Rule(rule.code) for rule in kept.plan.row_rules.all()]
    beside = Beside(
        issued_on=kept.plan.issued_on,
        rules=list(dict.fromkeys([*in_force, *map(Rule, rules)])),
        answers=answers,
        ticked=rules,
        earlier=kept.preview,
        waiting=names_waiting(kept.plan),
        suggest=suggester(kept.plan.region),
    )
    return stored_preview(diff, reading, beside)


def preview_refresh(kept: TableImport, today: date) -> None:
    """A small file's preview again, after its plan has changed. Raises Refused."""
    kept.preview = import_preview(kept, today)
    TableImport.objects.filter(
        pk=kept.pk, state=TableImport.State.PREVIEW, version=kept.version
    ).update(preview=kept.preview)


def _reading(kept: TableImport, sheets: list[Sheet]) -> TableReading:
    return read_table(
        sheets,
        layout=layout_kept(kept.plan),
        decisions=Decisions.from_dict(kept.decisions),
    )


def _rules(kept: TableImport) -> tuple[str, ...]:
    """Document rules that a person ticked for this table."""
    return Decisions.from_dict(kept.decisions).rules or ()


def _visible(kept: TableImport, today: date) -> frozenset[int]:
    """Plans in which texts that stand there as well may be named to whoever brought the file."""
    person = User.objects.filter(pk=kept.by_id).first() if kept.by_id.isdigit() else None
    return scope_of(person, today).visible if person else frozenset()


def _apply(run: JobRun, kept: TableImport, today: date) -> None:
    actor = User.objects.filter(pk=run.by_id).first()
    if actor is None:
        raise NotAllowed("发起导入的人已经不在，没有导入。")
    with _told(run) as heard, transaction.atomic():
        heard("读取文件", 0, 0)
        wanted = Import(
            plan=kept.plan,
            reading=_reading(kept, upload_sheets(kept)),
            file_name=kept.file_name,
            seen=run.wanted["seen"],
            answers=Answers.from_dict(kept.answers),
            rules=_rules(kept),
            kept=kept,
        )
        diff = _written(actor, wanted, today, heard)
        if not diff.changes_anything:
            raise Refused("与现有内容完全一致，不需要导入。")
        _done(kept, actor, diff)
        _tell(run, kept, today, f"“{kept.file_name}”已导入")
        job_done(run=run, result=None)


def _written(actor: User, wanted: Import, today: date, heard: Heard) -> TableDiff | OpeningDiff:
    scope = scope_of(actor, today)
    kept = wanted.kept
    assert kept is not None, "what a page imports is kept"
    if kept.kind == TableImport.Kind.OPENING:
        return opening_import(actor=actor, scope=scope, wanted=wanted, today=today, heard=heard)
    diff = table_import(actor=actor, scope=scope, wanted=wanted, today=today, heard=heard)
    _quote_rules(kept, diff.new_rules)
    return diff


def _quote_rules(kept: TableImport, codes: Sequence[str]) -> None:
    """The words of the file that state the rules which it put in force."""
    for rule in kept.preview.get("rules", []):
        if rule["code"] in codes and rule["quote"]:
            kept.plan.row_rules.filter(code=rule["code"]).update(quote=rule["quote"])


def _done(kept: TableImport, actor: User, diff: TableDiff | OpeningDiff) -> None:
    done = TableImport.objects.filter(pk=kept.pk, state=TableImport.State.APPLYING).update(
        state=TableImport.State.DONE,
        by_id=actor.actor_id,
        by_name=actor.actor_name,
        finished_at=timezone.now(),
        # the log has what was done; the page of what would be is not looked at again
        preview={},
        created=diff.count("create"),
        updated=diff.count("update"),
        unchanged=diff.count("unchanged"),
    )
    if not done:
        raise Conflict("这次导入已经不在等待处理，没有导入。")


_DOING = {READ: "读出来", APPLY: "导入"}
_STATES = {READ: TableImport.State.READING, APPLY: TableImport.State.APPLYING}
_STEPS = {READ: _read, APPLY: _apply}
