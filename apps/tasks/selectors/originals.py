"""The rows of a plan as its own table has them, for writing that table again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet

from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.layout_types import (
    CATEGORY,
    CONTENT,
    DEADLINE,
    NOTE,
    NUMBER,
    PARTY_FIELDS,
    TITLE,
    Layout,
)
from apps.tasks.models import Assignment, Deadline, SourceTable, Task
from apps.tasks.rebuilding import TaskRow
from apps.tasks.telling import telling

_Parties = list[tuple[str, str]]


class Original(NamedTuple):
    """How a plan's table is laid out, and its rows in their order."""

    layout: Layout
    rows: list[TaskRow]


class _Kept(NamedTuple):
    pk: int
    number: str
    cells: list[str]
    category: list[str]
    title: str
    content: str
    note: str


def original(plan: Plan, scope: Scope | None = None) -> Original | None:
    """None where no table was ever imported.

    Columns that tell how a row goes are empty where `scope` may not read it all (D17).
    """
    source = SourceTable.objects.filter(plan=plan).first()
    if source is None:
        return None
    layout = Layout.from_dict(source.layout)
    places: dict[str, int] = source.layout["task_rows"]
    tasks = plan.tasks.order_by("position", "pk")
    rows = [_Kept._make(each) for each in tasks.values_list(*_Kept._fields)]
    said = _Sharing(layout, rows).said() if _is_moved(layout, rows, places) else {}
    hidden = _hidden(layout, tasks, scope)
    return Original(
        layout,
        [
            TaskRow(
                places.get(row.number),
                _without(row.cells, hidden.get(row.pk, frozenset())),
                said.get(row.pk, {}),
            )
            for row in rows
        ],
    )


def _is_moved(layout: Layout, rows: Sequence[_Kept], places: Mapping[str, int]) -> bool:
    """Whether a row has no place in the sheet, or one that holds a merged cell's text is gone."""
    standing = {places.get(row.number) for row in rows}
    others = {other.row for other in layout.others}
    owners = {top + 1 for top, _, _, _ in layout.merges if top + 1 >= layout.first_row}
    return None in standing or not owners <= standing | others


def _hidden(
    layout: Layout, tasks: QuerySet[Task], scope: Scope | None
) -> dict[int, frozenset[int]]:
    """By task, the columns that this reader may not read there."""
    columns = telling(layout)
    if scope is None or not columns:
        return {}
    unseen = tasks.exclude(scope.told_whole_to()).values_list("pk", flat=True)
    return dict.fromkeys(unseen, columns)


def _without(cells: list[str], hidden: frozenset[int]) -> list[str]:
    if not hidden:
        return cells
    return ["" if index in hidden else text for index, text in enumerate(cells)]


class _Sharing:
    """What an empty cell of a row means: the text of the cell above with which it was merged.

    Told by what was read of both rows, as the cells alone do not know.
    """

    def __init__(self, layout: Layout, rows: Sequence[_Kept]) -> None:
        self._layout = layout
        self._rows = rows
        keys = [row.pk for row in rows]
        due = Deadline.objects.filter(task__in=keys, from_table=True)
        newest = due.order_by("task_id", "-sequence").distinct("task_id")
        self._due: dict[int, str] = dict(newest.values_list("task_id", "text"))
        self._parties: dict[int, _Parties] = {}
        named = Assignment.objects.filter(task__in=keys).order_by("task_id", "position")
        for pk, name, role in named.values_list("task_id", "name", "role"):
            self._parties.setdefault(pk, []).append((name, role))

    def said(self) -> dict[int, dict[int, str]]:
        found: dict[int, dict[int, str]] = {}
        # by column: the last row that had a text of its own there
        owners: dict[int, _Kept] = {}
        for row in self._rows:
            texts = {
                column.index: text
                for column in self._layout.columns
                if not _cell(row, column.index)
                and (text := self._text(row, column.index, column.field, owners))
            }
            if texts:
                found[row.pk] = texts
            owners.update(dict.fromkeys((at for at, text in enumerate(row.cells) if text), row))
        return found

    def _text(self, row: _Kept, index: int, field: str, owners: Mapping[int, _Kept]) -> str:
        owner = owners.get(index)
        if field in PARTY_FIELDS:
            same = owner and self._parties.get(owner.pk, []) == self._parties.get(row.pk)
            return _cell(owner, index) if owner and same else ""
        text = self._read(row, index, field)
        # a cell merged across holds it further left
        return "" if text in row.cells else text

    def _read(self, row: _Kept, index: int, field: str) -> str:
        if field == CATEGORY:
            return self._category(row, index)
        if field == NUMBER:
            return row.number.rpartition(".")[0]
        known: dict[str, Any] = {
            TITLE: row.title,
            CONTENT: row.content,
            NOTE: row.note,
            DEADLINE: self._due.get(row.pk, ""),
        }
        return str(known.get(field, ""))

    def _category(self, row: _Kept, index: int) -> str:
        """The levels are those of the columns, from the right; headings above come before them."""
        columns = [column.index for column in self._layout.columns_of(CATEGORY)]
        if len(row.category) < len(columns):
            return ""
        levels = dict(zip(columns, row.category[-len(columns) :], strict=True))
        agree = all(_cell(row, at) in {"", level} for at, level in levels.items())
        return levels[index] if agree else ""


def _cell(row: _Kept, index: int) -> str:
    return row.cells[index] if index < len(row.cells) else ""
