"""Sheets from a document: its tables with the lines that stand around them.

A table that was broken by pages, or by the headings of its parts, is put together again where its
parts have the same header. The lines above a table become rows above it, as titles stand in a
workbook; notes below it become rows below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from apps.common.spreadsheets.celltext import clean
from apps.common.spreadsheets.grid import Grid
from apps.common.spreadsheets.model import Merge, Sheet
from apps.common.spreadsheets.spans import SpanTable

_MOST_LINES_ABOVE = 8
_LONG_LINE_CHARS = 300
_HEADING_CHARS = 60
_PLAIN_LINE = re.compile(r"[\s\d\-—–第页共/／.．]*|.{0,6}[(（]?续表?[)）]?.{0,4}")
_HEADING = re.compile(
    r"\s*(?:[一二三四五六七八九十百]+[、.．]|[（(][一二三四五六七八九十百]+[)）]|第.{1,4}[章节部篇])"
)
_NOTE = re.compile(r"\s*[（(]?(?:注|备注|附注|说明|填表|填报|制表|审核|联系)\w{0,4}[\d\s]*[:：]")
_NUMBERED = re.compile(r"\s*(?:[（(]?[\d一二三四五六七八九十百]+[)）.、]?)?\s*")


@dataclass(slots=True)
class Line:
    """A paragraph outside of tables."""

    text: str


Block = Line | SpanTable


@dataclass(slots=True)
class _Part:
    """One table in the making: lines above, rows, lines below."""

    above: list[str]
    rows: list[list[str]]
    merges: list[Merge]
    width: int
    below: list[str] = field(default_factory=list)

    @property
    def head(self) -> list[str]:
        return [text.strip() for text in self.rows[0]]

    def join(self, table: SpanTable, headings: Sequence[str]) -> None:
        for heading in headings:
            self.merges.append((len(self.rows), 0, len(self.rows), self.width - 1))
            self.rows.append([heading])
        top = len(self.rows)
        self.rows += table.rows
        self.merges += [(a + top, left, b + top, right) for a, left, b, right in table.merges]


def sheets_of(blocks: Iterable[Block], file: str) -> list[Sheet]:
    """The tables of a document in order, called 表1, 表2, …; empty tables are left out."""
    parts: list[_Part] = []
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Line):
            if block.text.strip():
                lines.append(clean(block.text).strip())
            continue
        if not any(text.strip() for row in block.rows for text in row):
            continue
        last = parts[-1] if parts else None
        if last is not None and _continues(last, block, lines):
            last.join(block, [line for line in lines if not _PLAIN_LINE.fullmatch(line)])
        else:
            notes = _notes(lines) if last is not None else []
            if last is not None:
                last.below = notes
            above = _near(lines[len(notes) :])
            parts.append(_Part(above, list(block.rows), list(block.merges), block.width))
        lines = []
    if parts:
        parts[-1].below = _notes(lines)
    return [_sheet(part, f"表{count}", file) for count, part in enumerate(parts, 1)]


def _continues(last: _Part, table: SpanTable, lines: Sequence[str]) -> bool:
    between = [line for line in lines if not _PLAIN_LINE.fullmatch(line)]
    same_head = [text.strip() for text in table.rows[0]] == last.head
    if same_head:
        return all(len(line) <= _HEADING_CHARS and _HEADING.match(line) for line in between)
    begins = table.rows[0][0] if table.rows[0] else ""
    return not between and table.width == last.width and bool(_NUMBERED.fullmatch(begins))


def _notes(lines: Sequence[str]) -> list[str]:
    """The lines right below a table that belong to it."""
    count = 0
    for at, line in enumerate(lines):
        if _NOTE.match(line):
            count = at + 1
        elif count == 0 and not _PLAIN_LINE.fullmatch(line):
            break
    return [line for line in lines[:count] if not _PLAIN_LINE.fullmatch(line)]


def _near(lines: Sequence[str]) -> list[str]:
    """The last lines above a table, down from the end of running text."""
    kept: list[str] = []
    for line in reversed(lines):
        if len(line) > _LONG_LINE_CHARS or len(kept) == _MOST_LINES_ABOVE:
            break
        kept.insert(0, line)
    return kept


def _sheet(part: _Part, name: str, file: str) -> Sheet:
    grid = Grid(file, name)
    above = len(part.above)
    right = max(part.width, 1) - 1
    for line in part.above:
        grid.add([line])
    for row in part.rows:
        grid.add([clean(text).strip() for text in row])
    for line in part.below:
        grid.add([line])
    merges = [(top + above, left, bottom + above, end) for top, left, bottom, end in part.merges]
    merges += [(row, 0, row, right) for row in range(above)]
    below = above + len(part.rows)
    merges += [(row, 0, row, right) for row in range(below, below + len(part.below))]
    return grid.sheet(merges, hidden=False)
