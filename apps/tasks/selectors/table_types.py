"""What laying a table beside a plan gives: each row with what confirming would do to it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from apps.agencies.models import Agency
from apps.agencies.parties import Responsibility
from apps.tasks.deadlines import Reading
from apps.tasks.layout_types import Layout, Problem, SourceRow
from apps.tasks.models import Duty, Task


class Action(StrEnum):
    """What confirming does to a row."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"


class MatchedBy(StrEnum):
    """Why a row of the file is taken for one of ours."""

    NEW = "new"
    NUMBER = "number"
    CONTENT = "content"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell of the table, before and after."""

    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Link:
    """A name of ours that waited for its unit. Without a unit it is `collective`, or nobody."""

    name: str
    agency: Agency | None
    collective: bool = False


@dataclass(frozen=True, slots=True)
class RowDiff:
    """One row of the file, how it was read, and what it would change.

    A unit that confirming will enter is an `Agency` without a key. `likeness` is how much of the
    content is ours, in per cent. `doubts` are the row's own; `elsewhere` says in which other plans
    its text stands word for word. `reassigned`: its units are written anew; `redated`: a person
    read its deadline otherwise, though the cell is the same. `read_by_person`: so is the deadline.
    """

    source: SourceRow
    deadline: Reading
    responsibility: Responsibility
    agencies: tuple[Agency | None, ...]
    action: Action
    changes: tuple[CellChange, ...]
    position: int
    task: Task | None
    matched_by: MatchedBy = MatchedBy.NUMBER
    likeness: int = 100
    doubts: tuple[Problem, ...] = ()
    elsewhere: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    read_by_person: bool = False
    redated: bool = False
    reassigned: bool = False

    @property
    def number(self) -> str:
        return self.source.number


@dataclass(frozen=True, slots=True)
class Renamed:
    """A row of ours that is not in the file and whose number the file gives to another one."""

    task: Task
    number: str
    # what it was: applying the diff gives the row its new one
    was: str


@dataclass(frozen=True, slots=True)
class TableDiff:
    """A whole file laid beside a plan.

    `missing` are all rows of ours that the file has not; of these `cancelled` will end, the others
    stay, `renamed` under another number. `skipped` rows of the file are left alone.
    """

    layout: Layout
    rows: tuple[RowDiff, ...]
    missing: tuple[Task, ...]
    errors: tuple[Problem, ...]
    # what the reader noticed about the sheet, then `doubts`
    warnings: tuple[Problem, ...]
    # what a person has to settle: unknown units, unreadable deadlines, rules in a cell
    doubts: tuple[Problem, ...]
    # the same rows in other columns or under other titles
    layout_changed: bool
    skipped: tuple[SourceRow, ...] = ()
    cancelled: tuple[Task, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    # document rules that a person put in force with this table
    new_rules: tuple[str, ...] = ()
    new_agencies: tuple[Agency, ...] = ()
    new_aliases: tuple[tuple[str, Agency], ...] = ()
    # what follows from it beside the rows themselves, as sentences
    consequences: tuple[str, ...] = ()
    # duties of open periods that nobody owes any more and in which nothing was entered
    withdrawn: tuple[Duty, ...] = ()

    def count(self, action: str) -> int:
        return sum(row.action == action for row in self.rows)

    @property
    def changes_anything(self) -> bool:
        return (
            self.layout_changed
            or bool(self.cancelled or self.new_rules or self.new_agencies or self.new_aliases)
            or any(row.action is not Action.UNCHANGED for row in self.rows)
        )

    @property
    def missing_numbers(self) -> list[str]:
        """Of the rows that the file has not, as they were before anything was applied."""
        was = {each.task.pk: each.was for each in self.renamed}
        return [was.get(task.pk, task.number) for task in self.missing]

    @property
    def unknown_agencies(self) -> dict[str, list[int]]:
        """Names that no unit is known by, with the sheet rows in which they stand."""
        found: dict[str, list[int]] = {}
        for row in self.rows:
            for party, agency in zip(row.responsibility.parties, row.agencies, strict=True):
                if agency is None and not party.collective:
                    found.setdefault(party.name, []).append(row.source.row)
        return found

    @property
    def elsewhere(self) -> tuple[Problem, ...]:
        """Texts that stand in other plans as well, by row."""
        return tuple(
            Problem(row.source.row, "", "", f"第{row.source.row}行{sentence}")
            for row in self.rows
            for sentence in row.elsewhere
        )

    @property
    def digest(self) -> str:
        """The same for the same preview: tells whether what a person saw is still what would be."""
        shown = [
            [_shown(row) for row in self.rows if row.action is not Action.UNCHANGED],
            self.missing_numbers,
            [task.number for task in self.cancelled],
            [row.row for row in self.skipped],
            [problem.message for problem in (*self.errors, *self.warnings)],
            self.layout_changed,
            self.consequences,
            self.new_rules,
            [agency.name for agency in self.new_agencies],
            [[name, agency.code] for name, agency in self.new_aliases],
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def _shown(row: RowDiff) -> list[object]:
    due = row.deadline.due_on
    return [
        row.number,
        row.source.content,
        [[change.column, change.old, change.new] for change in row.changes],
        [row.task.number if row.task else "", row.matched_by.value],
        [row.deadline.kind.value, due.isoformat() if due else "", row.deadline.soft],
        [
            [party.name, party.role.value, party.collective, agency.name if agency else ""]
            for party, agency in zip(row.responsibility.parties, row.agencies, strict=True)
        ],
    ]
