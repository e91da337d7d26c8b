"""What importing a table would do: each row read by rule and laid beside the row we have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from apps.agencies.parties import Rule
from apps.plans.models import Plan
from apps.tasks.answers import Answers, DeadlineAnswer, RowAnswer
from apps.tasks.deadlines import Reading, read_deadline
from apps.tasks.layout_types import PARTY_FIELDS, Layout, Problem, SourceRow, TableReading
from apps.tasks.models import Assignment, Deadline, SourceTable, Task
from apps.tasks.ordering import place
from apps.tasks.selectors.table_answers import Names, Wordings, as_said
from apps.tasks.selectors.table_beside import (
    answer_of,
    day_said,
    linked_said,
    meaning,
    parties_differ,
    read_otherwise,
    read_said,
    renamed_rows,
    stored_said,
)
from apps.tasks.selectors.table_cells import (
    cell_changes,
    continued,
    places_said,
    shape,
)
from apps.tasks.selectors.table_consequences import (
    Stored,
    follows,
    may_end,
    newest_in_table,
    stored_parties,
)
from apps.tasks.selectors.table_doubts import doubts_of, too_long
from apps.tasks.selectors.table_elsewhere import elsewhere
from apps.tasks.selectors.table_matching import Match, held_once, match_rows
from apps.tasks.selectors.table_types import (
    Action,
    CellChange,
    Link,
    MatchedBy,
    RowDiff,
    TableDiff,
)

__all__ = ["Action", "CellChange", "MatchedBy", "RowDiff", "TableDiff", "may_end", "table_diff"]

_BY_PERSON = "（人工判读）"
# Of a row of ours; lights and their facts are not looked at here.
_COLUMNS = (
    "plan", "number", "position", "category", "title", "content", "note", "cells", "state",
    "closed_on", "consolidator", "consolidator_basis", "due_kind", "due_on", "due_soft",
    "overdue_since", "version",
)  # fmt: skip


def layout_kept(plan: Plan) -> Layout | None:
    """How the plan's table is laid out; None as long as none was imported."""
    source = SourceTable.objects.filter(plan=plan).first()
    return Layout.from_dict(source.layout) if source else None


def table_diff(
    plan: Plan,
    reading: TableReading,
    answers: Answers | None = None,
    *,
    visible: Collection[int] = (),
    rules: Collection[str] = (),
) -> TableDiff:
    """Lay what was read beside the plan's rows, as a person settled it.

    Matching is by number, else by content, else as a person says. `visible`: the plans in which
    texts that stand there as well may be named. `rules`: document rules (codes of `Rule`) that a
    person put in force with this table, beside those of the plan.
    """
    return _Diff(plan, reading, answers or Answers(), rules).made(visible)


class _Diff:
    """One file beside one plan; every step asks the database for all rows at once."""

    def __init__(
        self, plan: Plan, reading: TableReading, answers: Answers, rules: Collection[str]
    ) -> None:
        self._plan, self._reading, self._answers = plan, reading, answers
        self._before = layout_kept(plan)
        self._tasks = held_once(plan.tasks.only(*_COLUMNS).order_by("position"), reading.rows)
        in_force = [rule.code for rule in plan.row_rules.all()]
        self._new_rules = tuple(code for code in dict.fromkeys(rules) if code not in in_force)
        self._names = Names(plan, answers)
        self._wordings = Wordings(
            self._names, [Rule(code) for code in (*in_force, *self._new_rules)]
        )
        self._deadlines: dict[str, Reading] = {}
        self._errors: list[Problem] = []
        # columns of the same name are read as something else than the last time
        self._reread = self._before is not None and read_otherwise(self._before, reading.layout)
        self._party_headers = {
            column.header for column in reading.layout.columns if column.field in PARTY_FIELDS
        }
        self._stored: dict[int, list[Stored]] = {}

    def made(self, visible: Collection[int]) -> TableDiff:
        said = self._answers.rows
        matches = match_rows(self._reading.rows, self._tasks, said)
        self._check_matches(matches)
        pairs = list(zip(self._reading.rows, matches, strict=True))
        taken = [pair for pair in pairs if not _skipped(said, pair[0])]
        rows = list(self._rows(taken))
        rows = self._compared(rows)
        rows = self._told_elsewhere(rows, visible)
        ours = {match.task.pk for match in matches if match.task}
        missing = tuple(task for task in self._tasks if task.pk not in ours)
        return self._whole(rows, missing)

    def _whole(self, rows: list[RowDiff], missing: tuple[Task, ...]) -> TableDiff:
        reading = self._reading
        cancelled = self._cancelled(missing)
        renamed = renamed_rows(rows, self._tasks)
        found = follows(self._plan, rows, self._stored, (cancelled, renamed))
        skipped = tuple(row for row in reading.rows if _skipped(self._answers.rows, row))
        left_out = {row for row, said in self._answers.rows.items() if said.skipped}
        errors = [problem for problem in reading.errors if problem.row not in left_out]
        errors += self._errors
        errors += [Problem(0, "", "", sentence) for sentence in self._names.errors]
        doubts = tuple(doubt for row in rows for doubt in row.doubts)
        named = self._names.entered(
            party.name for row in rows for party in row.responsibility.parties
        )
        noticed = [problem for problem in reading.warnings if problem.row not in left_out]
        return TableDiff(
            layout=reading.layout,
            rows=tuple(rows),
            missing=missing,
            errors=tuple(sorted(errors, key=lambda problem: problem.row)),
            warnings=(*noticed, *doubts),
            doubts=doubts,
            layout_changed=self._before is not None
            and shape(self._before) != shape(reading.layout),
            skipped=skipped,
            cancelled=cancelled,
            renamed=renamed,
            new_rules=self._new_rules,
            new_agencies=named.agencies,
            new_aliases=named.aliases,
            consequences=tuple(found.said),
            withdrawn=tuple(found.withdrawn),
        )

    # Rows

    def _rows(self, pairs: Sequence[tuple[SourceRow, Match]]) -> Iterator[RowDiff]:
        tasks = [match.task for _, match in pairs]
        positions = self._positions(tasks)
        numbers = [task.number for task in self._tasks]
        above_before = {
            task.pk: above for task, above in zip(self._tasks, ["", *numbers], strict=False)
        }
        changed: dict[int, tuple[CellChange, ...]] = {}
        above = ""
        for (row, match), position in zip(pairs, positions, strict=True):
            changes: tuple[CellChange, ...] = ()
            if task := match.task:
                changes = cell_changes(row, task, position, self._reading.layout, self._before)
                changes = places_said(changes, above_before[task.pk], above)
                changes += continued(row, self._reading.layout, changes, changed)
            changed[row.row], above = changes, row.number
            yield self._row(row, match, changes, position)

    def _positions(self, tasks: Sequence[Task | None]) -> list[int]:
        kept = {task.position for task in self._tasks}
        moving = {task.position for task in tasks if task}
        return place([task.position if task else None for task in tasks], taken=kept - moving)

    def _row(
        self, row: SourceRow, match: Match, changes: tuple[CellChange, ...], position: int
    ) -> RowDiff:
        said = self._answers.rows.get(row.row)
        responsibility, agencies = self._wordings.read(row, said)
        deadline = self._deadline(row, said)
        layout = self._reading.layout
        self._errors += too_long(row, layout, responsibility)
        return RowDiff(
            source=row,
            deadline=deadline,
            responsibility=responsibility,
            agencies=agencies,
            action=_action(match.task, changes),
            changes=changes,
            position=position,
            task=match.task,
            matched_by=match.by,
            likeness=match.likeness,
            doubts=tuple(doubts_of(row, layout, responsibility, agencies, deadline)),
            read_by_person=said is not None and said.deadline is not None,
        )

    def _deadline(self, row: SourceRow, said: RowAnswer | None) -> Reading:
        read = self._deadlines.get(row.deadline_text)
        if read is None:
            read = read_deadline(row.deadline_text, self._plan.issued_on)
            self._deadlines[row.deadline_text] = read
        return as_said(read, said.deadline) if said and said.deadline else read

    # What is beside the cells: units, links, deadlines as a person reads them

    def _compared(self, rows: list[RowDiff]) -> list[RowDiff]:
        """Rows of ours with what changes although their cells may not."""
        waiting = self._waiting()
        if self._reread:
            rows = self._read_otherwise(rows)
        asked = {row.task.pk for row in rows if row.task and self._may_differ(row)}
        if asked or waiting:
            self._stored = stored_parties({*asked, *waiting})
        dated = self._dated(rows)
        return [
            self._compare(row, row.task, waiting.get(row.task.pk, ()), dated) if row.task else row
            for row in rows
        ]

    def _read_otherwise(self, rows: Sequence[RowDiff]) -> list[RowDiff]:
        """Rows of ours whose cells are the same and now mean something else."""
        texts = newest_in_table([row.task.pk for row in rows if row.task])
        return [
            replace(row, changes=(*row.changes, *meaning(row, row.task, texts)))
            if row.task and not row.changes
            else row
            for row in rows
        ]

    def _may_differ(self, row: RowDiff) -> bool:
        """Whether its units may be others: what a person settled outlives other changes."""
        return (
            self._reread
            or self._settled(row)
            or any(change.column in self._party_headers for change in row.changes)
        )

    def _settled(self, row: RowDiff) -> bool:
        said = self._answers.rows.get(row.source.row)
        return bool(self._new_rules) or (said is not None and said.parties is not None)

    def _compare(
        self, row: RowDiff, task: Task, waiting: Sequence[str], dated: Mapping[int, DeadlineAnswer]
    ) -> RowDiff:
        stored = self._stored.get(task.pk, [])
        settled = self._settled(row)
        reassigned = self._may_differ(row) and parties_differ(row, stored, with_units=settled)
        changes = list(row.changes)
        links: tuple[Link, ...] = ()
        if reassigned and (settled or not changes):
            how = _BY_PERSON if settled else ""
            changes.append(CellChange(f"责任分工{how}", stored_said(stored), read_said(row)))
        if not reassigned:
            links = tuple(
                link for name in dict.fromkeys(waiting) if (link := self._names.link(name))
            )
            changes += [linked_said(link) for link in links]
        redated = task.pk in dated and dated[task.pk] != answer_of(row.deadline)
        if redated:
            before, after = day_said(dated[task.pk]), day_said(answer_of(row.deadline))
            changes.append(CellChange(f"完成时限{_BY_PERSON}", before, after))
        return replace(
            row,
            action=_action(task, changes),
            changes=tuple(changes),
            links=links,
            reassigned=reassigned,
            redated=redated,
        )

    def _waiting(self) -> dict[int, list[str]]:
        """Names of ours that no unit was known by and of which something becomes now, by row."""
        found: dict[int, list[str]] = {}
        rows = Assignment.objects.filter(task__plan=self._plan, agency=None, collective=False)
        names = rows.order_by().values_list("name", flat=True).distinct()
        settled = [name for name in names if self._names.link(name)]
        rows = rows.filter(name__in=settled).order_by("task_id", "position")
        for pk, name in rows.values_list("task_id", "name"):
            found.setdefault(pk, []).append(name)
        return found

    def _dated(self, rows: Sequence[RowDiff]) -> dict[int, DeadlineAnswer]:
        """What the table's deadline was last read as, of rows in which a person read it anew."""
        asked = [row.task.pk for row in rows if row.task and row.read_by_person]
        if not asked:
            return {}
        newest = Deadline.objects.filter(task__in=asked, from_table=True)
        newest = newest.order_by("task_id", "-sequence").distinct("task_id")
        return {deadline.task_id: answer_of(deadline) for deadline in newest}

    def _told_elsewhere(self, rows: list[RowDiff], visible: Collection[int]) -> list[RowDiff]:
        texts = {row.source.content for row in rows if row.action is Action.CREATE}
        found = elsewhere(self._plan, texts, visible)
        if not found:
            return rows
        return [
            replace(row, elsewhere=found.get(row.source.content, ()))
            if row.action is Action.CREATE
            else row
            for row in rows
        ]

    # What a person asked for and cannot be

    def _check_matches(self, matches: Sequence[Match]) -> None:
        numbers = {task.number for task in self._tasks}
        for row, match in zip(self._reading.rows, matches, strict=True):
            said = self._answers.rows.get(row.row)
            if said is None or not said.match or said.skipped:
                continue
            if said.match not in numbers:
                self._refuse(row, f"选的第{said.match}项已经不在系统里，请重新选择。")
            elif match.task is None:
                self._refuse(row, f"选的第{said.match}项已由另一行对应，请重新选择。")

    def _refuse(self, row: SourceRow, sentence: str) -> None:
        self._errors.append(Problem(row.row, "", "", f"第{row.row}行{sentence}"))

    def _cancelled(self, missing: Sequence[Task]) -> tuple[Task, ...]:
        """Those of the missing that a person ticked and that are not over anyway."""
        ticked = set(self._answers.cancelled)
        wanted = [task for task in missing if task.number in ticked and not task.is_settled]
        self._errors += [
            Problem(0, "", "", f"第{task.number}项正在申请办结，不能随导入终止，请先处理办结申请。")
            for task in wanted
            if not may_end(task)
        ]
        return tuple(task for task in wanted if may_end(task))


def _skipped(said: Mapping[int, RowAnswer], row: SourceRow) -> bool:
    return row.row in said and said[row.row].skipped


def _action(task: Task | None, changes: Sequence[CellChange]) -> Action:
    if task is None:
        return Action.CREATE
    return Action.UPDATE if changes else Action.UNCHANGED
