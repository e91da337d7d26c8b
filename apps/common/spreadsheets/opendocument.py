"""Reading .ods in a stream: texts as shown, merged ranges, what is hidden.

The fast reader knows no merged ranges of this format, and they tell which rows belong together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from apps.common.errors import Unreadable
from apps.common.spreadsheets.celltext import clean
from apps.common.spreadsheets.grid import Grid
from apps.common.spreadsheets.guard import MAX_CELLS, too_big_inside, too_many_cells
from apps.common.spreadsheets.model import MAX_ROW, Merge, Sheet, cell_name
from apps.common.spreadsheets.xmlwalk import let_go, local, said, walk, whole

CONTENT_PART = "content.xml"
_MAX_TAGS = 12_000_000
_MAX_COLUMN = 16_384
_MAX_SHEETS = 1_000
_MOST_SPACES = 1_000
_UNREAD = frozenset({"tracked-changes", "annotation", "shapes", "forms", "deletion", "frame"})
# A date that is shown without its day, or in the words of the table, is read as shown.
_AS_SHOWN = re.compile(
    r".*年.*|.*月.*|\d{4}\s*[-/.]\s*\d{1,2}|\d{1,2}\s*[-/.]\s*\d{4}|\d{4}"
    r"|[A-Za-z]{3,9}[-/ .]\d{2,4}"
)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::\d{2})?.*)?")
_CALENDAR_STYLE = re.compile(r"\s+")


@dataclass(slots=True)
class _Cell:
    """The cell being read; `repeats`: how many columns it stands for."""

    repeats: int
    columns: int
    rows: int
    covered: bool
    date: str
    formula: bool
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Table:
    name: str
    hidden: bool
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    unsaved: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    height: int = 0
    columns: int = 0
    cells: int = 0
    row: list[str] | None = None
    repeats: int = 1


def read_opendocument(archive: ZipFile, *, file: str) -> list[Sheet]:
    """The sheets of an .ods file; raises Unreadable for what would fill the memory."""
    with archive.open(CONTENT_PART) as stream:
        return _Content(stream, file).sheets()


class _Content:
    def __init__(self, stream: Any, file: str) -> None:
        self._stream = stream
        self._file = file
        self._sheets: list[Sheet] = []
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._table: _Table | None = None
        self._cell: _Cell | None = None
        self._unread = 0
        self._text: list[str] = []
        self._in_text = 0

    def sheets(self) -> list[Sheet]:
        for begins, name, element, parent in walk(self._stream, file=self._file, most=_MAX_TAGS):
            if begins:
                self._start(name, element)
                continue
            self._end(name, element)
            # A paragraph is read as a whole at its end; all else is let go at once.
            if not self._in_text:
                let_go(element, parent)
        return self._sheets

    def _start(self, name: str, element: Element) -> None:
        if name in _UNREAD:
            self._unread += 1
        if self._unread:
            return
        stated = {local(key): value for key, value in element.items()}
        if name == "style":
            self._style = stated.get("name", "")
        elif name == "table-properties" and stated.get("display") == "false":
            self._hidden_styles.add(self._style)
        elif name == "table" and self._table is None:
            self._start_table(stated)
        elif self._table is not None:
            self._inside(name, stated, self._table)

    def _start_table(self, stated: dict[str, str]) -> None:
        if len(self._sheets) == _MAX_SHEETS:
            raise Unreadable(too_big_inside(self._file))
        hidden = (
            stated.get("style-name", "") in self._hidden_styles or stated.get("display") == "false"
        )
        self._table = _Table(stated.get("name", f"Sheet{len(self._sheets) + 1}"), hidden)

    def _inside(self, name: str, stated: dict[str, str], table: _Table) -> None:
        if name == "table-row":
            table.row, table.repeats = [], _count(stated.get("number-rows-repeated"))
            if stated.get("visibility", "visible") != "visible" and table.repeats < _MAX_COLUMN:
                table.hidden_rows += range(table.height, table.height + table.repeats)
        elif name == "table-column":
            repeats = min(_count(stated.get("number-columns-repeated")), _MAX_COLUMN)
            if stated.get("visibility", "visible") != "visible" and table.columns < _MAX_COLUMN:
                table.hidden_columns += range(table.columns, table.columns + repeats)
            table.columns += repeats
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = _Cell(
                repeats=_count(stated.get("number-columns-repeated")),
                columns=_count(stated.get("number-columns-spanned")),
                rows=_count(stated.get("number-rows-spanned")),
                covered=name == "covered-table-cell",
                date=stated.get("date-value", ""),
                formula="formula" in stated,
            )
        elif name == "p" and self._cell is not None:
            self._in_text += 1

    def _end(self, name: str, element: Element) -> None:
        if name in _UNREAD:
            self._unread -= 1
        elif self._unread or self._table is None:
            return
        elif name == "p" and self._cell is not None:
            self._in_text -= 1
            self._cell.lines.append("".join(_texts(element)))
        elif name in ("table-cell", "covered-table-cell") and self._cell is not None:
            self._end_cell(self._table, self._cell)
            self._cell = None
        elif name == "table-row":
            self._end_row(self._table)
        elif name == "table":
            self._sheets.append(self._finished(self._table))
            self._table = None

    def _end_cell(self, table: _Table, cell: _Cell) -> None:
        if table.row is None:
            return
        text = "" if cell.covered else _shown(clean("\n".join(cell.lines)), cell.date)
        column = len(table.row)
        if cell.formula and not text and not cell.covered:
            table.unsaved.append(cell_name(table.height, column))
        if cell.columns > 1 or cell.rows > 1:
            bottom, right = table.height + cell.rows - 1, column + cell.columns - 1
            table.merges.append(
                (table.height, column, min(bottom, MAX_ROW), min(right, _MAX_COLUMN))
            )
        # Empty cells up to the sheet's edge are kept only where a text follows.
        repeats = min(cell.repeats, max(_MAX_COLUMN - column, 0))
        table.row += [text] * repeats
        table.cells += repeats if text else 0
        if table.cells > MAX_CELLS:
            raise Unreadable(too_many_cells(self._file))

    def _end_row(self, table: _Table) -> None:
        row = table.row or []
        while row and not row[-1]:
            row.pop()
        if row:
            table.cells += len(row) * table.repeats
            if table.cells > MAX_CELLS:
                raise Unreadable(too_many_cells(self._file))
            table.rows += [(table.height + at, list(row)) for at in range(table.repeats)]
        table.height += table.repeats
        table.row = None

    def _finished(self, table: _Table) -> Sheet:
        grid = Grid(self._file, table.name)
        height = 0
        for at, row in table.rows:
            if at > MAX_ROW:
                raise Unreadable(too_many_cells(self._file))
            for _ in range(at - height):
                grid.add([])
            grid.add(row)
            height = at + 1
        for cell in table.unsaved:
            grid.warn_unsaved(cell)
        grid.hide(rows=table.hidden_rows, columns=table.hidden_columns)
        return grid.sheet(table.merges, hidden=table.hidden)


def _shown(text: str, date: str) -> str:
    day = _DAY.fullmatch(date)
    if day is None or not text or _AS_SHOWN.fullmatch(_CALENDAR_STYLE.sub(" ", text)):
        return text
    midnight = day[2] in (None, "00:00")
    return day[1] if midnight else f"{day[1]} {day[2]}"


def _texts(element: Element) -> list[str]:
    """The text of a paragraph with its tabs, repeated spaces and line breaks."""
    texts = [element.text or ""]
    for child in element:
        name = local(child.tag)
        if name == "s":
            texts.append(" " * min(_count(said(child, "c")), _MOST_SPACES))
        elif name in ("tab", "line-break"):
            texts.append("\t" if name == "tab" else "\n")
        else:
            texts += _texts(child)
        texts.append(child.tail or "")
    return texts


def _count(text: str | None) -> int:
    return max(whole(text, 1), 1)
