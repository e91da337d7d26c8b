"""Reading the tables of a web page: .html, pages saved as .xls, what is pasted from Word or Excel.

The page is cut into tags and text by one pattern that looks at each character once, so neither
unclosed comments nor deep nesting take time or memory beyond the page's own size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from apps.common.errors import Unreadable
from apps.common.spreadsheets.documents import Block, Line, sheets_of
from apps.common.spreadsheets.guard import MAX_MARKUP_CELLS, too_big_inside, too_many_cells
from apps.common.spreadsheets.model import MAX_CELL_CHARS, Sheet
from apps.common.spreadsheets.spans import SpanCell, SpanTable

_MAX_TABLES_INSIDE = 20
_MAX_TABLES = 1_000
_MAX_TOKENS = 3_000_000
_LONG_LINE_CHARS = 2_000
_TOKEN = re.compile(r"<!--|<(/?)([A-Za-z][\w:.-]*)([^<>]*+)>|<[!?][^<>]*+>|[^<]++|<")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
# A line of the source ends between two Chinese characters: no space is meant.
_SOURCE_BREAK = re.compile(r"(?<=[\u3001-\uffef])[ \t]*\r?\n[ \t\r\n]*(?=[\u3001-\uffef])")
_NUMBER = re.compile(r"\s*(\d{1,9})")
_UNSEEN = frozenset({
    "script", "style", "head", "title", "template", "noscript", "select", "svg", "del", "textarea",
})  # fmt: skip
_LINES = frozenset({
    "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "hr",
    "header", "footer", "blockquote", "pre", "dl", "dt", "dd", "center", "form", "caption",
})  # fmt: skip
_ONE_OF_FEW = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "wbr"})


@dataclass(slots=True)
class _Table:
    """A table that is open: its rows so far, the row and the cell being read."""

    table: SpanTable = field(default_factory=SpanTable)
    row: list[SpanCell] | None = None
    cell: tuple[int, int] | None = None
    text: list[str] = field(default_factory=list)
    length: int = 0


def read_web_tables(page: str, *, file: str) -> list[Sheet]:
    """The tables of a page as sheets; raises Unreadable for what would fill the memory."""
    return sheets_of(_Page(page, file).blocks(), file)


class _Page:
    def __init__(self, page: str, file: str) -> None:
        self._page = page
        self._file = file
        self._blocks: list[Block] = []
        self._open: list[_Table] = []
        self._line = ""
        self._unseen: list[str] = []
        self._cells = 0

    def blocks(self) -> list[Block]:
        for count, (closing, name, attributes, text) in enumerate(self._tokens()):
            if count > _MAX_TOKENS:
                raise Unreadable(too_big_inside(self._file))
            if not name:
                self._say(unescape(text) if "&" in text else text)
            elif self._unseen or (not closing and self._is_unseen(name, attributes)):
                self._pass_over(name, closing=closing)
            elif closing:
                self._end(name)
            else:
                self._start(name, attributes)
        while self._open:
            self._end_table()
        self._end_line()
        return self._blocks

    def _tokens(self) -> Iterator[tuple[bool, str, str, str]]:
        at, end = 0, len(self._page)
        while at < end:
            token = _TOKEN.match(self._page, at)
            assert token is not None, "every character is some token"
            at = token.end()
            if token[0] == "<!--":
                # A comment that never ends takes the rest of the page, as in a browser.
                closed = self._page.find("-->", at)
                at = end if closed < 0 else closed + 3
            elif token[2]:
                yield token[1] == "/", token[2].lower(), token[3], ""
            elif not token[0].startswith("<") or token[0] == "<":
                yield False, "", "", token[0]

    # What is not seen.

    def _is_unseen(self, name: str, attributes: str) -> bool:
        if name in _UNSEEN:
            return True
        hidden = "none" in attributes or "hidden" in attributes
        return hidden and name not in _ONE_OF_FEW and bool(_HIDDEN.search(attributes))

    def _pass_over(self, name: str, *, closing: bool) -> None:
        if not self._unseen:
            self._unseen.append(name)
        elif name == self._unseen[0]:
            if closing:
                self._unseen.pop()
            elif name not in _UNSEEN:
                self._unseen.append(name)

    # Text.

    def _say(self, text: str) -> None:
        if self._unseen:
            return
        if "\n" in text:
            text = _SOURCE_BREAK.sub("", text)
        if not self._open:
            if len(self._line) < _LONG_LINE_CHARS:
                self._line += text[:_LONG_LINE_CHARS]
            return
        table = self._open[-1]
        # What is longer than a cell may be is refused in the end: no need to keep it all.
        if table.cell is not None and table.length <= MAX_CELL_CHARS:
            text = _SPACES.sub(" ", text)
            table.text.append(text)
            table.length += len(text)

    def _break(self) -> None:
        if not self._open:
            self._end_line()
        elif self._open[-1].cell is not None:
            self._open[-1].text.append("\n")
            self._open[-1].length += 1

    def _end_line(self) -> None:
        text = _SPACES.sub(" ", self._line).strip()
        self._line = ""
        if text:
            self._blocks.append(Line(text))

    # Tags.

    def _start(self, name: str, attributes: str) -> None:
        if name == "table":
            self._start_table()
        elif name == "tr" and self._open:
            self._end_row()
            self._open[-1].row = []
        elif name in ("td", "th") and self._open:
            self._start_cell(attributes)
        elif name == "br" or name in _LINES:
            self._break()

    def _end(self, name: str) -> None:
        if name == "table" and self._open:
            self._end_table()
        elif name == "tr" and self._open:
            self._end_row()
        elif name in ("td", "th") and self._open:
            self._end_cell()
        elif name in _LINES:
            self._break()

    def _start_table(self) -> None:
        self._end_line()
        if len(self._open) == _MAX_TABLES_INSIDE:
            raise Unreadable(too_big_inside(self._file))
        self._open.append(_Table())

    def _start_cell(self, attributes: str) -> None:
        table = self._open[-1]
        self._end_cell()
        if table.row is None:
            table.row = []
        said = {
            match[1].lower(): match[2] or match[3] or match[4] or ""
            for match in _ATTRIBUTE.finditer(attributes)
        }
        table.cell = _count(said.get("colspan", "")), _count(said.get("rowspan", ""))

    def _end_cell(self) -> None:
        table = self._open[-1]
        if table.cell is None or table.row is None:
            return
        columns, rows = table.cell
        table.row.append(SpanCell(_lines("".join(table.text)), columns, rows))
        table.cell = None
        table.text.clear()
        table.length = 0

    def _end_row(self) -> None:
        self._end_cell()
        table = self._open[-1]
        if table.row:
            before = table.table.laid_out
            table.table.add(table.row)
            self._cells += table.table.laid_out - before
            if self._cells > MAX_MARKUP_CELLS:
                raise Unreadable(too_many_cells(self._file, MAX_MARKUP_CELLS))
        table.row = None

    def _end_table(self) -> None:
        """A table inside a cell is a table of its own, and its text stays in the cell as well."""
        self._end_row()
        table = self._open.pop().table
        if len(self._blocks) > _MAX_TABLES and table.rows:
            raise Unreadable(too_big_inside(self._file))
        self._blocks.append(table)
        if self._open:
            for row in table.rows:
                self._say("\n" + " ".join(text for text in row if text))


def _count(text: str) -> int:
    number = _NUMBER.match(text)
    return int(number[1]) if number else 1


def _lines(text: str) -> str:
    """The text of a cell, without spaces around its line breaks and without empty lines."""
    return "\n".join(line for part in text.split("\n") if (line := part.strip()))
