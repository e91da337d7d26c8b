"""Bringing a table in: diffed, refused as a whole when a row is wrong, applied all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max

from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.audit.services import Act, Changes, record_all
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.deadlines import Kind, Reading
from apps.tasks.layout import Layout, TableReading
from apps.tasks.models import Assignment, Deadline, SourceTable, Task
from apps.tasks.selectors.tables import Action, RowDiff, TableDiff, headers, keyed, table_diff
from apps.tasks.services.marks import marks_refresh

_BATCH = 1000
_BASIS_CHARS = 200
_FIELDS = [
    "position", "category", "title", "content", "note", "cells", "consolidator",
    "due_kind", "due_on", "due_soft", "overdue_since", "version",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Import:
    """What is brought in, and from where."""

    plan: Plan
    reading: TableReading
    file_name: str
    # the digest of the preview that a person agreed to; "" where nobody was shown one
    seen: str = ""


@transaction.atomic
def table_import(
    *, actor: Actor, scope: Scope, wanted: Import, today: date, strict: bool = False
) -> TableDiff:
    """Apply a table to its plan. All or nothing; re-importing the same file changes nothing.

    Raises NotAllowed, Conflict when it would do something else than the preview `seen`, and
    Refused with a sentence per bad row; with `strict` what is only doubtful (an unknown agency,
    an unreadable deadline) is refused as well.
    """
    if not scope.may_import(wanted.plan):
        raise NotAllowed("只有本任务来源的督查员可以导入。")
    # no_key: rows of marks that others write beside their tasks refer to the plan meanwhile
    plan = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=wanted.plan.pk)
    list(plan.tasks.select_for_update().order_by("pk").values_list("pk"))
    diff = table_diff(plan, wanted.reading)
    if wanted.seen and wanted.seen != diff.digest:
        raise Conflict("预览以后任务有了变动，没有导入。下面是新的预览，请核对后再确认。")
    refused = [*diff.errors, *(diff.doubts if strict else ())]
    if refused:
        raise Refused(*(problem.message for problem in refused))
    if not diff.changes_anything:
        return diff
    created = [row for row in diff.rows if row.action is Action.CREATE]
    updated = [row for row in diff.rows if row.action is Action.UPDATE]
    acts = _create(plan, created, wanted.file_name, today)
    acts += _update(updated, wanted.file_name, today)
    if diff.layout_changed:
        acts.append(Act("导入：表样变动", plan, {}, wanted.file_name))
        _reorder_cells(plan, diff)
    _keep_layout(plan, diff)
    record_all(actor=actor, today=today, acts=acts)
    touched = Task.objects.filter(
        plan=plan, number__in=[row.number for row in (*created, *updated)]
    )
    marks_refresh(task_ids=touched.values_list("pk", flat=True), today=today)
    return diff


def _create(plan: Plan, rows: Sequence[RowDiff], file_name: str, today: date) -> list[Act]:
    tasks = [Task(plan=plan, number=row.number) for row in rows]
    for task, row in zip(tasks, rows, strict=True):
        _fill(task, row)
        task.consolidator = _first_lead(row)
        _fill_deadline(task, row.deadline, today)
    Task.objects.bulk_create(tasks, batch_size=_BATCH)
    pairs = list(zip(tasks, rows, strict=True))
    Deadline.objects.bulk_create(
        [_deadline(task, row.deadline, 1, "原表", today) for task, row in pairs],
        batch_size=_BATCH,
    )
    _assign(pairs)
    return [
        Act("导入：新增", task, {"重点工作": (None, task.content)}, file_name) for task in tasks
    ]


def _update(rows: Sequence[RowDiff], file_name: str, today: date) -> list[Act]:
    pairs = [(row.task, row) for row in rows if row.task is not None]
    tasks = [task for task, _ in pairs]
    texts, parties = _texts_in_table(tasks), _parties(tasks)
    decided = _decided(tasks)
    acts, redated, reassigned = [], [], []
    for task, row in pairs:
        before = (task.due_on, task.overdue_since)
        if texts.get(task.pk, "") != row.source.deadline_text:
            redated.append((task, row))
            if task.pk not in decided:
                _fill_deadline(task, row.deadline, today)
        named = [(party.name, party.role.value) for party in row.responsibility.parties]
        if parties.get(task.pk, []) != named:
            # else what a person settled since stays: whom a name means, who puts together
            reassigned.append((task, row))
            if not task.consolidator_basis:
                task.consolidator = _first_lead(row)
        _fill(task, row)
        task.version += 1
        changes: Changes = {
            **{change.column: (change.old, change.new) for change in row.changes},
            **_moved(("最后一日", "逾期起"), before, (task.due_on, task.overdue_since)),
        }
        acts.append(Act("导入：改动", task, changes, file_name))
    Task.objects.bulk_update(tasks, _FIELDS, batch_size=_BATCH)
    _redate(redated, decided, f"重新导入 {file_name}"[:_BASIS_CHARS], today)
    Assignment.objects.filter(task__in=[task for task, _ in reassigned]).delete()
    _assign(reassigned)
    return acts


def _decided(tasks: Sequence[Task]) -> set[int]:
    """Rows whose last day was decided since (an extension): the table does not revoke it."""
    found = Deadline.objects.filter(task__in=tasks, current=True, from_table=False)
    return set(found.values_list("task_id", flat=True))


def _moved(
    names: Sequence[str], before: Sequence[object], after: Sequence[object]
) -> dict[str, tuple[object, object]]:
    pairs = zip(names, before, after, strict=True)
    return {name: (old, new) for name, old, new in pairs if old != new}


def _texts_in_table(tasks: Sequence[Task]) -> dict[int, str]:
    """Deadlines as the table last said them; an extension since then is no cell of the table."""
    found = Deadline.objects.filter(task__in=tasks, from_table=True)
    newest = found.order_by("task_id", "-sequence").distinct("task_id")
    return dict(newest.values_list("task_id", "text"))


def _parties(tasks: Sequence[Task]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    stored = Assignment.objects.filter(task__in=tasks).order_by("task_id", "position")
    for task_id, name, role in stored.values_list("task_id", "name", "role"):
        found.setdefault(task_id, []).append((name, role))
    return found


def _redate(
    pairs: Sequence[tuple[Task, RowDiff]], decided: set[int], basis: str, today: date
) -> None:
    """Add the table's new reading; behind a decided day it is kept as what the table says."""
    deadlines = Deadline.objects.filter(task__in=[task for task, _ in pairs])
    last = dict(deadlines.order_by().values_list("task_id").annotate(last=Max("sequence")))
    deadlines.filter(current=True).exclude(task__in=decided).update(current=False)
    added = [
        _deadline(task, row.deadline, last.get(task.pk, 0) + 1, basis, today) for task, row in pairs
    ]
    for deadline in added:
        deadline.current = deadline.task_id not in decided
    Deadline.objects.bulk_create(added, batch_size=_BATCH)


def _fill(task: Task, row: RowDiff) -> None:
    source = row.source
    task.position = row.position
    task.category = list(source.category)
    task.title = source.title or ""
    task.content = source.content
    task.note = source.note
    task.cells = list(source.cells)


def _first_lead(row: RowDiff) -> Agency | None:
    """By default the first lead puts the report together (D3)."""
    parties = zip(row.responsibility.parties, row.agencies, strict=True)
    return next((agency for party, agency in parties if party.role is Role.LEAD and agency), None)


def _fill_deadline(task: Task, reading: Reading, today: date) -> None:
    task.due_kind = reading.kind.value
    task.due_on = reading.due_on if reading.kind is Kind.DATE else None
    task.due_soft = reading.soft and reading.kind is Kind.DATE
    if task.overdue_since is not None:
        # still late by the new day as well, or not late at all
        still = task.due_on is not None and task.due_on < today and not task.due_soft
        task.overdue_since = _day_after(task.due_on) if still and task.due_on else None


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _deadline(task: Task, reading: Reading, sequence: int, basis: str, today: date) -> Deadline:
    written = reading.as_dict()
    return Deadline(
        task=task,
        sequence=sequence,
        from_table=True,
        text=reading.text,
        kind=reading.kind.value,
        due_on=reading.due_on,
        starts_on=reading.starts_on,
        soft=reading.soft,
        every=reading.every or "",
        every_due=written["every_due"],
        milestone=reading.milestone or "",
        others=written["others"],
        basis=basis,
        recorded_on=today,
    )


def _assign(pairs: Sequence[tuple[Task, RowDiff]]) -> None:
    Assignment.objects.bulk_create(
        [
            Assignment(
                task=task,
                agency=agency,
                name=party.name,
                role=party.role.value,
                word=party.word,
                also=list(party.also),
                collective=party.collective,
                derived_from=party.derived_from or "",
                position=position,
            )
            for task, row in pairs
            for position, (party, agency) in enumerate(
                zip(row.responsibility.parties, row.agencies, strict=True), start=1
            )
        ],
        batch_size=_BATCH,
    )


def _reorder_cells(plan: Plan, diff: TableDiff) -> None:
    """All rows get their cells in the order of the new columns, those not in the file as well."""
    cells = {row.number: list(row.source.cells) for row in diff.rows}
    source = SourceTable.objects.get(plan=plan)
    old, new = headers(Layout.from_dict(source.layout)), headers(diff.layout)
    keys = keyed(new, new)
    tasks = list(plan.tasks.all())
    for task in tasks:
        if task.number in cells:
            task.cells = cells[task.number]
        else:
            kept = keyed(old, task.cells)
            task.cells = [kept.get(key, "") for key in keys]
    Task.objects.bulk_update(tasks, ["cells"], batch_size=_BATCH)


def _keep_layout(plan: Plan, diff: TableDiff) -> None:
    """The layout with the sheet row of each task; rows not in the file have none."""
    stored = {
        **diff.layout.as_dict(),
        "task_rows": {row.number: row.source.row for row in diff.rows},
    }
    SourceTable.objects.update_or_create(plan=plan, defaults={"layout": stored})
