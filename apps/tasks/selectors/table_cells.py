"""A row of the file beside ours, cell by cell; one table's shape beside another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from apps.tasks.layout_types import NUMBER, Layout, SourceRow
from apps.tasks.models import Task
from apps.tasks.selectors.table_types import CellChange

# the column under which a moved row is reported
ORDER = "原表次序"
_NUMBER_NAME = "序号"


def keyed(headers: Sequence[str], cells: Sequence[str]) -> dict[tuple[str, int], str]:
    """Cells by (header, how many of that name came before): columns may change their order."""
    seen: Counter[str] = Counter()
    found: dict[tuple[str, int], str] = {}
    for header, cell in zip(headers, cells, strict=False):
        found[header, seen[header]] = cell
        seen[header] += 1
    return found


def headers(layout: Layout) -> list[str]:
    """The header texts of a table, from left to right."""
    return [column.header for column in sorted(layout.columns, key=lambda c: c.index)]


def shape(layout: Layout) -> object:
    """What of a layout is its own: not how many rows the table has, nor where its parts end up."""
    top = layout.first_row - 1
    return (
        layout.sheet,
        layout.title_rows,
        layout.header_rows,
        layout.header_cells,
        layout.columns,
        [(other.kind, other.cells) for other in layout.others],
        [merge for merge in layout.merges if merge[0] < top],
        sorted((low - up, left, right) for up, left, low, right in layout.merges if up >= top),
    )


def cell_changes(
    row: SourceRow, task: Task, position: int, layout: Layout, before: Layout | None
) -> tuple[CellChange, ...]:
    """What differs; a row that only moved has one change, of its place."""
    old = keyed(headers(before or layout), task.cells)
    new = keyed(headers(layout), row.cells)
    changes = [
        CellChange(key[0] or "（无表头）", old.get(key, ""), new.get(key, ""))
        for key in dict.fromkeys([*old, *new])
        if old.get(key, "") != new.get(key, "")
    ]
    numbers = {column.header for column in layout.columns_of(NUMBER)}
    if task.number != row.number and not any(change.column in numbers for change in changes):
        changes.append(CellChange(_NUMBER_NAME, task.number, row.number))
    if tuple(task.category) != row.category:
        changes.append(CellChange("类别", " / ".join(task.category), " / ".join(row.category)))
    if task.position != position:
        changes.append(CellChange(ORDER, "", ""))
    return tuple(changes)


def places_said(changes: tuple[CellChange, ...], old: str, new: str) -> tuple[CellChange, ...]:
    """A move said by the rows it leaves and joins; `old` and `new` are the numbers above it."""
    before, after = (f"在第{number}项之后" if number else "最前" for number in (old, new))
    if before == after:
        after = f"{after}（随上一行移动）"
    return tuple(
        CellChange(ORDER, before, after) if change.column == ORDER else change for change in changes
    )


def continued(
    row: SourceRow,
    layout: Layout,
    own: Sequence[CellChange],
    above: Mapping[int, Sequence[CellChange]],
) -> tuple[CellChange, ...]:
    """Changes of merged cells that begin in a row above and say the same for this row."""
    columns = {column.index: column.header for column in layout.columns}
    known = {change.column for change in own}
    return tuple(
        change
        for index, owner in row.merged_from
        for change in above.get(owner, ())
        if change.column == columns.get(index) and change.column not in known
    )
