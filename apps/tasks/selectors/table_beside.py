"""Beside the cells of a row: its units, a deadline as a person reads it, its number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from apps.tasks.answers import DeadlineAnswer
from apps.tasks.deadlines import Kind, Reading
from apps.tasks.layout_types import Layout
from apps.tasks.models import Assignment, Deadline, Task
from apps.tasks.selectors.table_consequences import Stored
from apps.tasks.selectors.table_types import CellChange, Link, Renamed, RowDiff

_NUMBER_CHARS = 20
_KINDS = {
    "date": "最后一日 ",
    "ongoing": "持续推进",
    "recurring": "按周期",
    "none": "没有时限",
    "unresolved": "待判读",
}


def read_otherwise(before: Layout, layout: Layout) -> bool:
    """Whether a header of both is read as something else."""
    known = {column.header: column.field for column in before.columns}
    return any(known.get(c.header, c.field) != c.field for c in layout.columns)


def meaning(row: RowDiff, task: Task, texts: Mapping[int, str]) -> list[CellChange]:
    """What the same cells say now that they did not; `texts`: deadlines as they were read."""
    source = row.source
    pairs = [
        ("标题", task.title, source.title or ""),
        ("重点工作", task.content, source.content),
        ("备注", task.note, source.note),
        ("完成时限", texts.get(task.pk, ""), source.deadline_text),
    ]
    return [CellChange(name, old, new) for name, old, new in pairs if old != new]


def parties_differ(row: RowDiff, stored: Sequence[Stored], *, with_units: bool) -> bool:
    """Else what a person settled since stays: whom a name means, what is collective."""
    pairs = list(zip(row.responsibility.parties, row.agencies, strict=True))
    if not with_units:
        named = [(party.name, party.role.value) for party, _ in pairs]
        return named != [(name, role) for name, role, _, _ in stored]
    read = [(p.name, p.role.value, a.pk if a else None, p.collective) for p, a in pairs]
    return read != list(stored) or any(agency and agency.pk is None for _, agency in pairs)


_ROLES = dict(Assignment.ROLES)


def stored_said(stored: Sequence[Stored]) -> str:
    """Who stands in our row, in words."""
    return "、".join(f"{name}（{_ROLES[role]}）" for name, role, _, _ in stored)


def read_said(row: RowDiff) -> str:
    """Who stands in the row of the file, in words."""
    parties = row.responsibility.parties
    return "、".join(f"{party.name}（{_ROLES[party.role.value]}）" for party in parties)


def linked_said(link: Link) -> CellChange:
    """What becomes of a name that waited, as a change of the row."""
    column = f"“{link.name}”对应单位"
    if link.agency is not None:
        return CellChange(column, "", link.agency.name)
    return CellChange(column, "", "集合名称" if link.collective else "不作单位")


def answer_of(read: Reading | Deadline) -> DeadlineAnswer:
    """What of a reading a person can say."""
    return DeadlineAnswer(Kind(read.kind), read.due_on, read.soft)


def day_said(said: DeadlineAnswer) -> str:
    """A deadline in few words."""
    day = said.due_on.isoformat() if said.due_on else ""
    return f"{'力争 ' if said.soft else ''}{_KINDS[said.kind.value]}{day}"


def renamed_rows(rows: Sequence[RowDiff], tasks: Sequence[Task]) -> tuple[Renamed, ...]:
    """Rows that stay, with a number of their own where the file uses theirs for another one."""
    used = {row.number for row in rows}
    written = {row.task.pk for row in rows if row.task}
    taken = used | {task.number for task in tasks}
    found = []
    for task in tasks:
        if task.pk not in written and task.number in used:
            number = _free(task.number, taken)
            taken.add(number)
            found.append(Renamed(task, number, task.number))
    return tuple(found)


def _free(number: str, taken: Collection[str]) -> str:
    """原3, then 原3-2 and so on, within what a number may be long."""
    tries = (f"原{number}" if count == 1 else f"原{number}-{count}" for count in range(1, 10_000))
    return next(each[-_NUMBER_CHARS:] for each in tries if each[-_NUMBER_CHARS:] not in taken)
