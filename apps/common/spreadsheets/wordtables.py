"""Reading the tables of a .docx file, one element after the other.

Of tracked changes the new text counts: what was inserted is read, what was deleted or moved away
is not. Numbers that Word counts by itself are written out (`wordnumbers`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from apps.common.errors import Unreadable
from apps.common.spreadsheets.documents import Block, Line, sheets_of
from apps.common.spreadsheets.guard import MAX_MARKUP_CELLS, damaged, too_big_inside, too_many_cells
from apps.common.spreadsheets.model import Sheet
from apps.common.spreadsheets.spans import SpanCell, SpanTable
from apps.common.spreadsheets.wordnumbers import WordNumbers
from apps.common.spreadsheets.xmlwalk import let_go, local, said, walk, whole

MAIN_PART = "word/document.xml"
_RELATIONS = "_rels/.rels"
_MAX_TAGS = 1_200_000
_MAX_TABLES_INSIDE = 20
_MAX_SPAN = 1_000
# Taken away, or another form of what stands beside it.
_UNREAD = frozenset(
    {"del", "moveFrom", "Fallback", "instrText", "delText", "rPrChange", "pPrChange"}
)
_DONE = frozenset({"p", "r", "tc", "tr", "tbl", "drawing", "pict", "object"})
_PROPERTIES = frozenset({"trPr", "rPr", "tcPr", "pPr"})
_CHARACTERS = {
    "tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t",
}  # fmt: skip
_MAIN_TARGET = re.compile(
    rb"""<Relationship\s[^>]*?Type=["'][^"']*/officeDocument["'][^>]*>""", re.DOTALL
)
_TARGET = re.compile(rb"""Target=["']/?([^"']+)["']""")


@dataclass(slots=True)
class _Cell:
    columns: int = 1
    goes_on: bool = False
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Table:
    table: SpanTable = field(default_factory=SpanTable)
    cells: list[SpanCell] = field(default_factory=list)
    cell: _Cell | None = None
    skipped: int = 0
    deleted: bool = False


@dataclass(slots=True)
class _Paragraph:
    text: list[str] = field(default_factory=list)
    style: str = ""
    numbering: str = ""
    level: int = 0


def main_part(archive: ZipFile) -> str:
    """The part with the text: other programs than Word give it other names."""
    names = set(archive.namelist())
    if MAIN_PART in names or _RELATIONS not in names:
        return MAIN_PART
    relation = _MAIN_TARGET.search(archive.read(_RELATIONS))
    target = _TARGET.search(relation[0]) if relation else None
    return target[1].decode("ascii", "replace") if target else MAIN_PART


def read_word_tables(archive: ZipFile, *, file: str) -> list[Sheet]:
    """The tables of the document as sheets; raises Unreadable."""
    part = main_part(archive)
    if part not in archive.namelist():
        raise Unreadable(damaged(file))
    with archive.open(part) as stream:
        return sheets_of(_Document(stream, WordNumbers(archive), file).blocks(), file)


class _Document:
    """Walks through the main part; `_paragraphs` is a stack, as text boxes stand inside others."""

    def __init__(self, stream: IO[bytes], numbers: WordNumbers, file: str) -> None:
        self._stream = stream
        self._numbers = numbers
        self._file = file
        self._blocks: list[Block] = []
        self._tables: list[_Table] = []
        self._paragraphs: list[_Paragraph] = []
        self._unread = 0
        self._cells = 0
        self._starts: dict[str, Callable[[Element], None]] = {
            "tbl": self._start_table,
            "tr": self._start_row,
            "tc": self._start_cell,
            "p": lambda _: self._paragraphs.append(_Paragraph()),
        }
        self._ends: dict[str, Callable[[Element], None]] = {
            "tbl": self._end_table,
            "tr": self._end_row,
            "tc": self._end_cell,
            "tcPr": self._cell_properties,
            "trPr": self._row_properties,
            "pPr": self._paragraph_properties,
            "p": self._end_paragraph,
            "t": self._text,
            "sdtPr": Element.clear,
        }

    def blocks(self) -> list[Block]:
        for begins, name, element, parent in walk(self._stream, file=self._file, most=_MAX_TAGS):
            is_mark = parent is not None and local(parent.tag) in _PROPERTIES
            if begins:
                self._start(name, element, is_mark=is_mark)
                continue
            self._end(name, element, is_mark=is_mark)
            # Properties wait for the end of what they belong to.
            if name in _DONE:
                let_go(element, parent)
        return self._blocks

    def _start(self, name: str, element: Element, *, is_mark: bool) -> None:
        """`is_mark`: `w:del` among the properties of a row or a run holds no text."""
        if name in _UNREAD and not is_mark:
            self._unread += 1
        elif not self._unread and name in self._starts:
            self._starts[name](element)

    def _end(self, name: str, element: Element, *, is_mark: bool) -> None:
        if name in _UNREAD and not is_mark:
            self._unread -= 1
        elif self._unread:
            return
        elif name in self._ends:
            self._ends[name](element)
        elif name in _CHARACTERS and self._paragraphs:
            self._paragraphs[-1].text.append(_CHARACTERS[name])

    # Text.

    def _text(self, element: Element) -> None:
        if self._paragraphs:
            self._paragraphs[-1].text.append(element.text or "")

    def _paragraph_properties(self, element: Element) -> None:
        if not self._paragraphs:
            return
        paragraph = self._paragraphs[-1]
        # Tab stops among the properties are no text.
        paragraph.text.clear()
        for child in element.iter():
            name, value = local(child.tag), said(child, "val")
            if name == "pStyle":
                paragraph.style = value
            elif name == "numId":
                paragraph.numbering = value
            elif name == "ilvl":
                paragraph.level = whole(value, 0)

    def _end_paragraph(self, _: Element) -> None:
        paragraph = self._paragraphs.pop()
        text = "".join(paragraph.text)
        label = self._numbers.label(paragraph.style, paragraph.numbering, paragraph.level)
        whole = f"{label}{text}" if text.strip() or self._tables else text
        cell = self._tables[-1].cell if self._tables else None
        if cell is not None:
            cell.lines.append(whole)
        elif not self._tables:
            self._blocks.append(Line(whole))

    # Tables.

    def _start_table(self, _: Element) -> None:
        if len(self._tables) == _MAX_TABLES_INSIDE:
            raise Unreadable(too_big_inside(self._file))
        self._tables.append(_Table())

    def _start_row(self, _: Element) -> None:
        if self._tables:
            table = self._tables[-1]
            table.cells, table.skipped, table.deleted = [], 0, False

    def _row_properties(self, element: Element) -> None:
        for child in element if self._tables else ():
            name = local(child.tag)
            if name == "gridBefore":
                self._tables[-1].skipped = _span(child)
            elif name == "del":
                self._tables[-1].deleted = True

    def _start_cell(self, _: Element) -> None:
        if self._tables:
            self._tables[-1].cell = _Cell()

    def _cell_properties(self, element: Element) -> None:
        cell = self._tables[-1].cell if self._tables else None
        for child in element if cell is not None else ():
            assert cell is not None, "the loop is empty without a cell"
            name = local(child.tag)
            if name == "gridSpan":
                cell.columns = _span(child)
            elif name == "vMerge":
                cell.goes_on = said(child, "val") != "restart"

    def _end_cell(self, _: Element) -> None:
        if not self._tables or (cell := self._tables[-1].cell) is None:
            return
        text = "\n".join(line for part in cell.lines if (line := part.strip()))
        self._tables[-1].cells.append(SpanCell(text, cell.columns, goes_on=cell.goes_on))
        self._tables[-1].cell = None

    def _end_row(self, _: Element) -> None:
        if self._tables and not self._tables[-1].deleted:
            table = self._tables[-1]
            before = table.table.laid_out
            table.table.add(table.cells, skipped=table.skipped)
            self._cells += table.table.laid_out - before
            if self._cells > MAX_MARKUP_CELLS:
                raise Unreadable(too_many_cells(self._file, MAX_MARKUP_CELLS))

    def _end_table(self, _: Element) -> None:
        """A table inside a cell is a table of its own, and its text stays in the cell as well."""
        if not self._tables:
            return
        table = self._tables.pop().table
        self._blocks.append(table)
        if self._tables and (cell := self._tables[-1].cell) is not None:
            cell.lines += [" ".join(text for text in row if text) for row in table.rows]


def _span(element: Element) -> int:
    return min(max(whole(said(element, "val"), 1), 1), _MAX_SPAN)
