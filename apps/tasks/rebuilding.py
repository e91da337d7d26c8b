"""Writing an original table again from its layout and the cells of its rows.

Pure. A row that has no place in the sheet any more (it was not in the file that was imported last)
stands below the row before it, and takes part in that row's merged cells where it says the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from apps.common.spreadsheets import OutSheet, OutValue, column_widths
from apps.tasks.layout_types import NUMBER, Layout, Merge, OtherRow

_WHOLE = re.compile(r"0|[1-9]\d{0,8}")
# How the rows that are no tasks look; blank ones look like the tasks around them.
_LOOKS = {"section": "section", "footer": "footer", "header": "head"}


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task's cells as its table has them, from column A, and the sheet row where they stood.

    `said` is what an empty cell means where it goes on with a cell above: by column, its text.
    """

    row: int | None
    cells: Sequence[str]
    said: Mapping[int, str] = field(default_factory=dict)

    def text(self, column: int) -> str:
        """What the row says in a column, in its own cell or in one it shares."""
        return (self.cells[column] if column < len(self.cells) else "") or self.said.get(column, "")

    def shares(self, column: int, text: str) -> bool:
        """Whether it goes on with a cell of this text."""
        own = self.cells[column] if column < len(self.cells) else ""
        return not own and bool(text) and self.said.get(column) == text


def rebuild(layout: Layout, rows: Iterable[TaskRow]) -> OutSheet:
    """The original table again: titles, header, each row's cells in order, merges, sections, notes.

    `rows` are in the order of the tasks. Where rows are gone the ones below move up, and merged
    cells shrink with them.
    """
    layout, placed = make_room(layout, list(rows))
    placed = _heirs(layout, placed)
    body = sorted(
        [*((row.row or 0, row.cells, None) for row in placed), *map(_other, layout.others)],
        key=lambda item: item[0],
    )
    top = len(layout.title_rows) + len(layout.header_rows)
    places = {row: row for row in range(1, top + 1)}
    places.update((row, top + at) for at, (row, _, _) in enumerate(body, 1))
    headers = layout.header_cells or (tuple(column.header for column in layout.columns),)
    number = next((column.index for column in layout.columns_of(NUMBER)), None)
    cells = [_values(cells, number) for _, cells, _ in body]
    return OutSheet(
        name=layout.sheet,
        title_rows=layout.title_rows,
        upper_headers=headers[:-1],
        headers=headers[-1],
        rows=cells,
        merges=_moved(layout.merges, places),
        widths=column_widths([*headers, *_plain(cells, body)]),
        fitted=True,
        looks={at: look for at, (_, _, look) in enumerate(body) if look},
    )


def _other(other: OtherRow) -> tuple[int, Sequence[str], str | None]:
    return other.row, other.cells, _LOOKS.get(other.kind)


def _plain(
    cells: Sequence[list[OutValue]], body: Sequence[tuple[int, Sequence[str], str | None]]
) -> Iterable[list[OutValue]]:
    """Rows that say how wide a column is: a section or a note runs across the table."""
    return (values for values, (_, _, look) in zip(cells, body, strict=True) if not look)


def make_room(layout: Layout, rows: Sequence[TaskRow]) -> tuple[Layout, list[TaskRow]]:
    """Sheet rows for the tasks that have none, each below the task before it.

    What stands further down moves. A merged cell is never torn apart by a row that does not share
    it; one that goes on with the cell above is merged with it.
    """
    if all(row.row is not None for row in rows):
        return layout, list(rows)
    room = _Room(layout, rows)
    above: TaskRow | None = None
    for row in rows:
        if row.row is None:
            room.put(row, above)
        above = row
    return room.layout(), room.placed()


class _Room:
    """Where the rows without a place go; sheet rows are the old ones until `layout`."""

    def __init__(self, layout: Layout, rows: Sequence[TaskRow]) -> None:
        self._old = layout
        self._rows = rows
        self._known = {row.row: row for row in rows if row.row is not None}
        # merges of more than one row below the header
        self._down = [m for m in layout.merges if m[2] > m[0] and m[0] + 1 >= layout.first_row]
        self._filled = self._filled_down()
        # for each row without a place, the sheet row it stands below
        self._points: list[int] = []
        # merges with the row above in columns where nothing was merged: column to old rows
        self._joined: list[tuple[int, int, int]] = []
        self._below: dict[int, int] = {}
        self._at = layout.first_row - 1

    def put(self, row: TaskRow, above: TaskRow | None) -> None:
        if above is not None and above.row is not None:
            self._at = above.row
        point = max([self._clear(self._at, row), *self._points[-1:]])
        self._below[id(row)] = len(self._points)
        self._points.append(point)

    def _clear(self, at: int, row: TaskRow) -> int:
        """The first place from here on at which no merged cell is torn that the row has no part

        in.
        """
        for top, left, bottom, _ in self._down:
            if top + 1 <= at <= bottom and not row.shares(left, self._text(top + 1, left)):
                return self._clear(bottom + 1, row)
        return at

    def _text(self, sheet_row: int, column: int) -> str:
        known = self._known.get(sheet_row)
        return known.text(column) if known else ""

    def _filled_down(self) -> set[int]:
        """Columns whose text stands once and is left out below, without being merged."""
        covered = {
            (row, column)
            for top, left, bottom, right in self._down
            for row in range(top + 2, bottom + 2)
            for column in range(left, right + 1)
        }
        return {
            column
            for place, row in self._known.items()
            for column in row.said
            if (place, column) not in covered
        }

    def _moved(self, row: int) -> int:
        return row + bisect_left(self._points, row)

    def placed(self) -> list[TaskRow]:
        """Every row with its new sheet row; what it only shares is left empty, else written out."""
        found: list[TaskRow] = []
        for row in self._rows:
            if row.row is not None:
                found.append(replace(row, row=self._moved(row.row)))
                continue
            at = self._below[id(row)]
            place = self._points[at] + at + 1
            above = found[-1] if found and found[-1].row == place - 1 else None
            found.append(replace(row, row=place, cells=self._written(row, above)))
        return found

    def _written(self, row: TaskRow, above: TaskRow | None) -> list[str]:
        cells = list(row.cells)
        for column, text in row.said.items():
            shared = above is not None and above.text(column) == text
            if not shared and column < len(cells):
                cells[column] = text
        return cells

    def layout(self) -> Layout:
        merges = [
            (
                self._moved(top + 1) - 1,
                left,
                self._moved(bottom + 1) - 1 + self._grown(top, left, bottom, right),
                right,
            )
            for top, left, bottom, right in self._old.merges
        ]
        return replace(
            self._old,
            last_row=self._moved(self._old.last_row),
            others=tuple(replace(other, row=self._moved(other.row)) for other in self._old.others),
            merges=(*merges, *self._new_merges(merges)),
        )

    def _grown(self, top: int, left: int, bottom: int, right: int) -> int:
        """How many of the rows put right below a merged cell go on with it."""
        if bottom == top or right > left:
            return 0
        return _sharing(self._put(bottom + 1), left, self._text(top + 1, left))

    def _put(self, point: int) -> list[TaskRow]:
        """The rows put below a sheet row, in order."""
        fresh = [row for row in self._rows if row.row is None]
        return [row for row, at in zip(fresh, self._points, strict=True) if at == point]

    def _new_merges(self, merges: Sequence[Merge]) -> list[Merge]:
        """Cells that become merged because a row put below goes on with them."""
        merged = {(row, m[1]) for m in merges for row in range(m[0], m[2] + 1)}
        found: list[Merge] = []
        for point in sorted(set(self._points)):
            owner = self._known.get(point)
            if owner is None:
                continue
            top = self._moved(point) - 1
            for column, text in enumerate(owner.cells):
                if (top, column) in merged or column in self._filled:
                    continue
                many = _sharing(self._put(point), column, text)
                if many:
                    found.append((top, column, top + many, column))
        return found


def _sharing(rows: Sequence[TaskRow], column: int, text: str) -> int:
    """How many of them, from the first on, go on with a cell of this text."""
    return sum(1 for _ in takewhile(lambda row: row.shares(column, text), rows))


def _heirs(layout: Layout, rows: Sequence[TaskRow]) -> list[TaskRow]:
    """Where the row that holds a merged cell's text is gone, the first row left takes it over."""
    standing = {row.row for row in rows} | {other.row for other in layout.others}
    owed: dict[int, set[int]] = {}
    for top, left, bottom, _ in layout.merges:
        if top + 1 < layout.first_row or top + 1 in standing:
            continue
        first = next((row for row in range(top + 2, bottom + 2) if row in standing), None)
        if first is not None:
            owed.setdefault(first, set()).add(left)
    return [
        replace(row, cells=[row.text(at) if at in owed[row.row] else text
                            for at, text in enumerate(row.cells)])
        if row.row in owed
        else row
        for row in rows
    ]  # fmt: skip


def _values(cells: Sequence[str], number: int | None) -> list[OutValue]:
    """Whole numbers of the number column are written as numbers, as in the original."""
    return [
        int(text) if index == number and _WHOLE.fullmatch(text) else text
        for index, text in enumerate(cells)
    ]


def _moved(merges: Sequence[Merge], places: Mapping[int, int]) -> list[Merge]:
    moved = []
    for top, left, bottom, right in merges:
        rows = [places[row] - 1 for row in range(top + 1, bottom + 2) if row in places]
        if rows and (rows[0], left) != (rows[-1], right):
            moved.append((rows[0], left, rows[-1], right))
    return moved
