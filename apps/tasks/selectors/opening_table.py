"""What a ledger that was kept elsewhere says of our rows: 期初, laid beside them (D9)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.plans.models import Plan
from apps.tasks.answers import Answers
from apps.tasks.layout_types import (
    CLOSED_ON,
    CLOSING,
    EXTENDED_TO,
    LAST_REPORTED,
    PERCENT,
    PROGRESS,
    STATE,
    Layout,
    Problem,
    SourceRow,
    TableReading,
)
from apps.tasks.models import OpeningStanding, Progress, Task
from apps.tasks.problems import problem_at
from apps.tasks.selectors.table_matching import Match, held_once, match_rows
from apps.tasks.selectors.table_types import Action, CellChange, MatchedBy
from apps.tasks.standing_words import (
    ACTIVE,
    CLOSED,
    read_day,
    read_percent,
    read_state,
    says_nothing,
    told_opening,
)
from apps.tasks.wording import plain_number


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger says of one row, as far as it can be read; `state` empty: as it is."""

    state: str = ""
    closed_on: date | None = None
    extended_to: date | None = None
    text: str = ""
    percent: Decimal | None = None
    reported_on: date | None = None
    closing: str = ""


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One row of the ledger; without `task` it is none of ours and is left out."""

    source: SourceRow
    task: Task | None
    matched_by: MatchedBy
    likeness: int
    action: Action
    standing: Standing
    changes: tuple[CellChange, ...]
    doubts: tuple[Problem, ...]

    @property
    def number(self) -> str:
        return self.source.number


@dataclass(frozen=True, slots=True)
class OpeningDiff:
    """A whole ledger laid beside a plan. `strangers` are rows that are none of ours."""

    layout: Layout
    rows: tuple[OpeningRow, ...]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    doubts: tuple[Problem, ...]
    strangers: tuple[SourceRow, ...]
    missing: tuple[Task, ...]

    def count(self, action: str) -> int:
        return sum(row.action == action for row in self.rows)

    @property
    def changes_anything(self) -> bool:
        return any(row.action is Action.UPDATE for row in self.rows)

    @property
    def digest(self) -> str:
        """The same for the same preview."""
        shown = [
            [[row.number, _said(row.changes)] for row in self.rows],
            [row.task.number if row.task else "" for row in self.rows],
            [problem.message for problem in (*self.errors, *self.warnings)],
            [row.row for row in self.strangers],
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def _said(changes: Iterable[CellChange]) -> list[list[str]]:
    return [[change.column, change.old, change.new] for change in changes]


def opening_diff(
    plan: Plan, reading: TableReading, answers: Answers | None = None, *, today: date
) -> OpeningDiff:
    """Lay a running ledger beside the plan's rows.

    A row that has reports of its own here is an error: what was reported is not overwritten by
    what was said before it. Wordings that are not plain are doubts, and change nothing.
    """
    said = (answers or Answers()).rows
    taken = [row for row in reading.rows if row.row not in said or not said[row.row].skipped]
    ours = plan.tasks.defer("light_facts", "light_reason").select_related("opening")
    tasks = held_once(ours.order_by("position"), taken)
    matches = match_rows(taken, tasks, said)
    pairs = list(zip(taken, matches, strict=True))
    reported = set(
        Progress.objects.filter(duty__task__plan=plan).values_list("duty__task_id", flat=True)
    )
    rows = [_row(plan, reading.layout, row, match, today) for row, match in pairs if match.task]
    skipped = {row.row for row in reading.rows} - {row.row for row in taken}
    errors = [problem for problem in reading.errors if problem.row not in skipped]
    errors += _reported(rows, reported, reading.layout)
    doubts = [doubt for row in rows for doubt in row.doubts]
    strangers = tuple(row for row, match in pairs if match.task is None)
    if not rows:
        errors.append(Problem(0, "", "", "表里没有一行能对应到这个任务来源的任务，请核对文件。"))
    found = {match.task.pk for match in matches if match.task}
    return OpeningDiff(
        layout=reading.layout,
        rows=tuple(rows),
        errors=tuple(sorted(errors, key=lambda problem: problem.row)),
        warnings=(*reading.warnings, *_unmatched(strangers), *doubts),
        doubts=tuple(doubts),
        strangers=strangers,
        missing=tuple(task for task in tasks if task.pk not in found),
    )


def _unmatched(rows: Iterable[SourceRow]) -> list[Problem]:
    return [
        Problem(row.row, "", "", f"第{row.row}行在系统里没有对应的任务，期初情况没有登记。")
        for row in rows
    ]


def _reported(rows: Iterable[OpeningRow], reported: set[int], layout: Layout) -> list[Problem]:
    column = next(iter(layout.columns_of(STATE)), None)
    return [
        problem_at(
            layout.columns,
            row.source.row - 1,
            column.index if column else 0,
            f"第{row.source.row}行对应的第{row.task.number}项已有填报的进展，不能再登记期初情况，"
            "请把这一行去掉。",
        )
        for row in rows
        if row.task and row.task.pk in reported and row.action is Action.UPDATE
    ]


def _row(plan: Plan, layout: Layout, row: SourceRow, match: Match, today: date) -> OpeningRow:
    assert match.task is not None, "only rows of ours are compared"
    reader = _Reader(plan, layout, row, today)
    standing = reader.standing(match.task)
    changes = _changes(match.task, standing)
    return OpeningRow(
        source=row,
        task=match.task,
        matched_by=match.by,
        likeness=match.likeness,
        action=Action.UPDATE if changes else Action.UNCHANGED,
        standing=standing,
        changes=changes,
        doubts=tuple(reader.doubts),
    )


class _Reader:
    """The cells of one row that say how it stands, each read or a doubt."""

    def __init__(self, plan: Plan, layout: Layout, row: SourceRow, today: date) -> None:
        self._plan, self._layout, self._row, self._today = plan, layout, row, today
        self._cells: Mapping[str, str] = dict(reversed(row.standing))
        self.doubts: list[Problem] = []

    def standing(self, task: Task) -> Standing:
        text, closing = self._progress()
        closing = self._text(CLOSING) or closing
        closed_on = self._past_day(CLOSED_ON)
        state = self._state(task, closed=bool(closed_on or closing))
        if state == CLOSED and closed_on is None:
            closed_on = task.closed_on
        if state == CLOSED and closed_on is None:
            self._doubt(CLOSED_ON, "已办结而没有写明办结日期，按没有日期登记，请核对。")
        if state == "" and task.state == Task.State.UNASSIGNED:
            state = ACTIVE
        # what the ledger has no column for stays as it is known
        known = getattr(task, "opening", None) or OpeningStanding()
        return Standing(
            state=state or "",
            closed_on=closed_on if state == CLOSED else None,
            extended_to=self._extension(task),
            text=text if self._has(PROGRESS) else known.text,
            percent=self._percent() if self._has(PERCENT) else known.percent,
            reported_on=(
                self._past_day(LAST_REPORTED) if self._has(LAST_REPORTED) else known.reported_on
            ),
            closing=closing if self._has(CLOSING) else closing or known.closing,
        )

    def _has(self, field: str) -> bool:
        return bool(self._layout.columns_of(field))

    def _text(self, field: str) -> str:
        text = self._cells.get(field, "")
        return "" if says_nothing(text) else text

    def _state(self, task: Task, *, closed: bool) -> str | None:
        """None: said, and not plain."""
        text = self._text(STATE)
        if text == _STATES[task.state] and not closed:
            return task.state
        state = read_state(text)
        if state is None:
            self._doubt(STATE, f"“{text}”读不出状态，状态不变，请核对。")
            return None
        if closed and state == "":
            return CLOSED
        if closed and state != CLOSED:
            self._doubt(STATE, f"“{text}”与办结栏不一致，按状态登记，请核对。")
        return state

    def _day(self, field: str) -> date | None:
        text = self._text(field)
        if not text:
            return None
        day = read_day(text, self._plan.issued_on)
        if day is None:
            self._doubt(field, f"“{text}”读不出日期，没有登记。")
        return day

    def _past_day(self, field: str) -> date | None:
        """Of something that has happened."""
        day = self._day(field)
        if day is not None and day > self._today:
            self._doubt(field, f"“{self._text(field)}”还没有到，没有登记，请核对。")
            return None
        return day

    def _extension(self, task: Task) -> date | None:
        """A later day than the row has; none is taken back by a ledger from before."""
        day = self._day(EXTENDED_TO)
        if day is not None and task.due_on is not None and day < task.due_on:
            text = self._text(EXTENDED_TO)
            self._doubt(EXTENDED_TO, f"“{text}”早于现有时限 {task.due_on}，没有登记，请核对。")
            return None
        return day

    def _percent(self) -> Decimal | None:
        text = self._text(PERCENT)
        if not text:
            return None
        percent = read_percent(text)
        if percent is None:
            self._doubt(PERCENT, f"“{text}”读不出完成比例，没有登记。")
        return percent

    def _progress(self) -> tuple[str, str]:
        """The last column that says anything, and a 办结依据 that we wrote into it."""
        told = [(head, text) for head, text in self._row.progress if not says_nothing(text)]
        return told_opening(told[-1][1]) if told else ("", "")

    def _doubt(self, field: str, sentence: str) -> None:
        column = next(iter(self._layout.columns_of(field)), None)
        row = self._row.row
        at = column.index if column else 0
        self.doubts.append(problem_at(self._layout.columns, row - 1, at, f"第{row}行{sentence}"))


_STATES = dict(Task.State.choices)


def _changes(task: Task, standing: Standing) -> tuple[CellChange, ...]:
    known: OpeningStanding | None = getattr(task, "opening", None)
    state = standing.state or task.state
    pairs: Sequence[tuple[str, object, object]] = [
        ("状态", _STATES[task.state], _STATES[state]),
        ("办结日期", task.closed_on, standing.closed_on if standing.state else task.closed_on),
        ("完成时限", task.due_on, standing.extended_to or task.due_on),
        ("期初进展", known.text if known else "", standing.text),
        ("期初完成比例", _share(known.percent if known else None), _share(standing.percent)),
        ("期初报送日期", known.reported_on if known else None, standing.reported_on),
        ("期初办结依据", known.closing if known else "", standing.closing),
    ]
    return tuple(
        CellChange(name, _shown(old), _shown(new)) for name, old, new in pairs if old != new
    )


def _share(percent: Decimal | None) -> str:
    return "" if percent is None else f"{plain_number(percent)}%"


def _shown(value: object) -> str:
    return "" if value is None else str(value)
