"""Writing the rows of a diff: new ones, changed ones, all in batches."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Max

from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.audit.services import Act, Changes
from apps.plans.models import Plan
from apps.tasks.deadlines import Kind, Reading
from apps.tasks.models import Assignment, Deadline, Task
from apps.tasks.selectors.table_consequences import newest_in_table
from apps.tasks.selectors.table_types import Link, RowDiff
from apps.tasks.services.table_history import Before, task_state
from apps.tasks.services.table_marks import mark_new, marks_begin

_Row = TypeVar("_Row")
BATCH = 1000
_BASIS_CHARS = 200
# tells of a report: selectors/history.py shows it to those who may read reports
REPORTED = "导入：改动进展（台账）"
# One statement a batch; Django's bulk_update writes a CASE with a branch per row and column.
_STORE = """
    UPDATE tasks_task AS t
       SET number = n.number, position = n.position, category = n.category, title = n.title,
           content = n.content, note = n.note, cells = n.cells,
           consolidator_id = n.consolidator_id, due_kind = n.due_kind, due_on = n.due_on,
           due_soft = n.due_soft, overdue_since = n.overdue_since, state = n.state,
           closed_on = n.closed_on, version = n.version
      FROM jsonb_to_recordset(%s::jsonb)
        AS n (id bigint, number text, position bigint, category jsonb, title text, content text,
              note text, cells jsonb, consolidator_id bigint, due_kind text, due_on date,
              due_soft boolean, overdue_since date, state text, closed_on date, version integer)
     WHERE t.id = n.id
"""
# Numbers are unique in a plan: those that move step aside first.
_ASIDE = "UPDATE tasks_task SET number = '~' || id WHERE id = ANY(%s)"


def tasks_store(tasks: Sequence[Task], renumbered: Sequence[int]) -> None:
    """The columns that an import may write, as the rows have them now; numbers may change hands."""
    if renumbered:
        with connection.cursor() as cursor:
            cursor.execute(_ASIDE, [list(renumbered)])
    for batch in batches(tasks):
        rows = [{"id": task.pk, **task_state(task)} for task in batch]
        with connection.cursor() as cursor:
            cursor.execute(_STORE, [json.dumps(rows)])


def batches(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    """Some at a time, so that memory does not grow with the table."""
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


class Writing:
    """One import being written: where from, by whom, on which day, and what was there before."""

    def __init__(
        self,
        plan: Plan,
        file_name: str,
        person: str,
        today: date,
        *,
        told: Collection[str] = (),
    ) -> None:
        """`told`: headers of columns that tell how a row goes."""
        self.plan, self.file_name, self.today = plan, file_name, today
        self._person = person
        self._told = told

    def create(self, rows: Sequence[RowDiff], before: Before) -> list[Act]:
        """New rows with everything of theirs, their marks too; a batch at a time. The log of it."""
        tasks = [Task(plan=self.plan, number=row.number) for row in rows]
        for task, row in zip(tasks, rows, strict=True):
            _fill(task, row)
            task.consolidator = _first_lead(row)
            self._fill_deadline(task, row.deadline)
        pairs = list(zip(tasks, rows, strict=True))
        deadlines = [self._deadline(task, row, 1, self._basis(row, "原表")) for task, row in pairs]
        judged = mark_new(self.plan, tasks, deadlines, self.today)
        Task.objects.bulk_create(tasks)
        # they were made before the rows had their keys
        for deadline, task in zip(deadlines, tasks, strict=True):
            deadline.task = task
        Deadline.objects.bulk_create(deadlines)
        _assign(pairs)
        marks_begin(tasks, judged, self.today)
        before.created(tasks)
        return [
            Act("导入：新增", task, {"重点工作": (None, task.content)}, self.file_name)
            for task in tasks
        ]

    def update(self, rows: Sequence[RowDiff], before: Before) -> list[Act]:
        """Rows of ours that change; the caller stores them with all others."""
        pairs = [(row.task, row) for row in rows if row.task is not None]
        before.tasks([task for task, _ in pairs], "updated")
        texts = newest_in_table(task.pk for task, _ in pairs)
        redated = [
            (task, row)
            for task, row in pairs
            if row.redated or texts.get(task.pk, "") != row.source.deadline_text
        ]
        decided = _decided([task.pk for task, _ in redated])
        moved = {task.pk for task, _ in redated} - decided
        acts: list[Act] = []
        for task, row in pairs:
            was = (task.due_on, task.overdue_since)
            if task.pk in moved:
                self._fill_deadline(task, row.deadline)
            _fill(task, row)
            task.number = row.number
            task.version += 1
            moved_days = _moved(("最后一日", "逾期起"), was, (task.due_on, task.overdue_since))
            acts += self._acts(task, row, moved_days)
        self._redate(redated, decided, before)
        _reassign([(task, row) for task, row in pairs if row.reassigned], before)
        _link([(task, row.links) for task, row in pairs if row.links], before)
        return acts

    def _acts(
        self, task: Task, row: RowDiff, moved: dict[str, tuple[object, object]]
    ) -> Iterator[Act]:
        """What tells of the progress is an entry of its own: not everybody may read it (D17)."""
        cells = {change.column: (change.old, change.new) for change in row.changes}
        told: Changes = {name: pair for name, pair in cells.items() if name in self._told}
        printed: Changes = {
            **{name: pair for name, pair in cells.items() if name not in self._told},
            **moved,
        }
        if printed:
            yield Act("导入：改动", task, printed, self.file_name)
        if told:
            yield Act(REPORTED, task, told, self.file_name)

    def _redate(
        self, pairs: Sequence[tuple[Task, RowDiff]], decided: set[int], before: Before
    ) -> None:
        """Add the table's new reading; behind a decided day it is kept as what the table says."""
        keys = [task.pk for task, _ in pairs]
        before.deadlines(keys)
        deadlines = Deadline.objects.filter(task__in=keys)
        last = dict(deadlines.order_by().values_list("task_id").annotate(last=Max("sequence")))
        deadlines.filter(current=True).exclude(task__in=decided).update(current=False)
        added = [
            self._deadline(
                task,
                row,
                last.get(task.pk, 0) + 1,
                self._basis(row, f"重新导入 {self.file_name}"[:_BASIS_CHARS]),
            )
            for task, row in pairs
        ]
        for deadline in added:
            deadline.current = deadline.task_id not in decided
        Deadline.objects.bulk_create(added, batch_size=BATCH)

    def _basis(self, row: RowDiff, otherwise: str) -> str:
        return f"人工判读：{self._person}"[:_BASIS_CHARS] if row.read_by_person else otherwise

    def _fill_deadline(self, task: Task, reading: Reading) -> None:
        task.due_kind = reading.kind.value
        task.due_on = reading.due_on if reading.kind is Kind.DATE else None
        task.due_soft = reading.soft and reading.kind is Kind.DATE
        if task.overdue_since is not None:
            # still late by the new day as well, or not late at all
            still = task.due_on is not None and task.due_on < self.today and not task.due_soft
            day = task.due_on + timedelta(days=1) if task.due_on else None
            task.overdue_since = day if still else None

    def _deadline(self, task: Task, row: RowDiff, sequence: int, basis: str) -> Deadline:
        reading = row.deadline
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
            recorded_on=self.today,
        )


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


def _decided(tasks: Sequence[int]) -> set[int]:
    """Rows whose last day was decided since (an extension): the table does not revoke it."""
    found = Deadline.objects.filter(task__in=tasks, current=True, from_table=False)
    return set(found.values_list("task_id", flat=True))


def _moved(
    names: Sequence[str], before: Sequence[object], after: Sequence[object]
) -> dict[str, tuple[object, object]]:
    pairs = zip(names, before, after, strict=True)
    return {name: (old, new) for name, old, new in pairs if old != new}


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
        batch_size=BATCH,
    )


def _reassign(pairs: Sequence[tuple[Task, RowDiff]], before: Before) -> None:
    """Everybody anew, as the row has them; a designated 汇总单位 stays."""
    before.assignments([task.pk for task, _ in pairs])
    Assignment.objects.filter(task__in=[task.pk for task, _ in pairs]).delete()
    _assign(pairs)
    for task, row in pairs:
        if not task.consolidator_basis:
            task.consolidator = _first_lead(row)


def _link(pairs: Sequence[tuple[Task, Sequence[Link]]], before: Before) -> None:
    """Names that waited get their unit; whoever puts a row together by order follows the order."""
    keys = [task.pk for task, _ in pairs]
    before.assignments(keys)
    links = {(task.pk, link.name): link for task, found in pairs for link in found}
    waiting = Assignment.objects.filter(task__in=keys, agency=None, collective=False)
    nobody, changed = [], []
    for assignment in waiting.order_by("pk"):
        link = links.get((assignment.task_id, assignment.name))
        if link is None:
            continue
        if link.agency is None and not link.collective:
            nobody.append(assignment.pk)
            continue
        assignment.agency, assignment.collective = link.agency, link.collective
        changed.append(assignment)
    Assignment.objects.filter(pk__in=nobody).delete()
    Assignment.objects.bulk_update(changed, ["agency", "collective"], batch_size=BATCH)
    firsts = first_leads(keys)
    for task, _ in pairs:
        if not task.consolidator_basis and task.pk in firsts:
            task.consolidator_id = firsts[task.pk]


def first_leads(tasks: Sequence[int]) -> dict[int, Any]:
    """The first known lead of each row."""
    leads = Assignment.objects.filter(task__in=tasks, role=Role.LEAD, agency__isnull=False)
    found: dict[int, Any] = {}
    for task_id, agency_id in leads.order_by("task_id", "position").values_list(
        "task_id", "agency_id"
    ):
        found.setdefault(task_id, agency_id)
    return found
