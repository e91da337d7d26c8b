"""Reading a workbook saved as one XML file (Excel 2003), which office systems hand out as .xls."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from apps.common.errors import Unreadable
from apps.common.spreadsheets.celltext import clean
from apps.common.spreadsheets.grid import Grid
from apps.common.spreadsheets.guard import MAX_MARKUP_CELLS, too_big_inside, too_many_cells
from apps.common.spreadsheets.model import MAX_ROW, Merge, Sheet
from apps.common.spreadsheets.xmlwalk import let_go, local, said, walk, whole

_MAX_TAGS = 3_000_000
_MAX_COLUMN = 16_384
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?")
_WHOLE = re.compile(r"(-?\d+)\.0+")


@dataclass(slots=True)
class _Table:
    name: str
    rows: dict[int, list[str]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    row: int = -1
    cells: int = 0


def read_xml_book(path: Path, *, file: str) -> list[Sheet]:
    """Its sheets; raises Unreadable for what would fill the memory."""
    book = _Book(file)
    for begins, name, element, parent in walk(str(path), file=file, most=_MAX_TAGS):
        if begins:
            book.begin(name, element)
            continue
        book.end(name, element)
        if name in ("Row", "Worksheet", "Styles"):
            let_go(element, parent)
        elif name == "Cell":
            element.clear()
    return book.sheets


class _Book:
    def __init__(self, file: str) -> None:
        self.sheets: list[Sheet] = []
        self._file = file
        self._table: _Table | None = None

    def begin(self, name: str, element: Element) -> None:
        if name == "Worksheet":
            self._table = _Table(said(element, "Name") or f"Sheet{len(self.sheets) + 1}")
        elif name == "Row" and self._table is not None:
            _start_row(self._table, element, self._file)

    def end(self, name: str, element: Element) -> None:
        table = self._table
        if table is None:
            return
        if name == "Cell":
            _end_cell(table, element, self._file)
        elif name == "Visible":
            table.hidden = "Hidden" in (element.text or "")
        elif name == "Worksheet":
            self.sheets.append(_sheet(table, self._file))
            self._table = None


def _start_row(table: _Table, element: Element, file: str) -> None:
    table.row = _index(element, table.row + 1)
    if table.row >= MAX_ROW:
        raise Unreadable(too_many_cells(file))
    table.rows[table.row] = []
    if said(element, "Hidden") == "1":
        table.hidden_rows.append(table.row)


def _end_cell(table: _Table, element: Element, file: str) -> None:
    row = table.rows.get(table.row)
    if row is None:
        return
    column = _index(element, len(row))
    across, down = _count(element, "MergeAcross"), _count(element, "MergeDown")
    if max(column, column + across) >= _MAX_COLUMN:
        raise Unreadable(too_big_inside(file))
    table.cells += column + across + 1 - len(row)
    if table.cells > MAX_MARKUP_CELLS:
        raise Unreadable(too_many_cells(file, MAX_MARKUP_CELLS))
    row += [""] * (column - len(row))
    data = next((child for child in element if local(child.tag) == "Data"), None)
    row.append(_text(data) if data is not None else "")
    row += [""] * across
    if across or down:
        table.merges.append((table.row, column, table.row + down, column + across))


def _text(data: Element) -> str:
    text = clean("".join(data.itertext()))
    kind = said(data, "Type")
    if kind == "DateTime":
        return _MIDNIGHT.sub(r"\1", text)
    return _WHOLE.sub(r"\1", text) if kind == "Number" else text


def _sheet(table: _Table, file: str) -> Sheet:
    grid = Grid(file, table.name)
    at = 0
    for row, cells in sorted(table.rows.items()):
        if not any(cells):
            continue
        for _ in range(row - at):
            grid.add([])
        grid.add(cells)
        at = row + 1
    grid.hide(rows=table.hidden_rows, columns=())
    return grid.sheet(table.merges, hidden=table.hidden)


def _count(element: Element, name: str) -> int:
    return whole(said(element, name), 0)


def _index(element: Element, otherwise: int) -> int:
    """The 0-based place that an element states, never before `otherwise`."""
    return max(_count(element, "Index") - 1, otherwise)
