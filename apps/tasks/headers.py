"""Finding the header of a 任务分工表 in a sheet: one row or several, wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from apps.common.errors import Refused
from apps.common.spreadsheets import Sheet
from apps.common.text import fold_tight
from apps.tasks.decisions import Decisions
from apps.tasks.header_words import TASK, UNNAMED, field_of
from apps.tasks.layout_types import (
    CONTENT,
    IGNORED,
    LEAD,
    RESPONSIBLE,
    Column,
    Layout,
    Merge,
)

__all__ = ["TASK", "UNNAMED", "Header", "field_of", "find_header", "header_at", "plain_number"]

_CHIEF = re.compile("主责|主办|主要责任|第一责任")

_HEADER_SEARCH_ROWS = 100
_MOST_HEADER_ROWS = 4
# What has more of them is no table of tasks.
_MOST_HEADER_CELLS = 300
_MOST_MERGES = 5_000
_MAX_PART_CHARS = 40
_SHORT_PART_CHARS = 8
_NUMERALS = "一二三四五六七八九十百零〇"
_NUMBER = re.compile(
    rf"[(\[]?(?:第)?(\d+(?:[.\-]\d+)*|[{_NUMERALS}]+|[A-Za-z]{{0,3}}-?\d+)(?:[)\]]|项|条|号)?[.、,:]?"
)
# 填报单位：某某局 is a line above a table, no header.
_SAYS_MORE = re.compile("[:：].")
_BRACKETED = re.compile(r"[(（\[【〔].*?[)）\]】〕]")
_HAS_DIGITS = re.compile(r"^\d+$")


@dataclass(frozen=True, slots=True)
class Header:
    """A header found in a sheet: its rows (1-based), and for each sheet column text and field.

    `fixed` are the columns (0-based) whose field a person or an earlier import decided.
    """

    rows: tuple[int, ...]
    columns: tuple[Column, ...]
    fixed: frozenset[int] = frozenset()

    @property
    def score(self) -> int:
        """How many different things the columns hold; a table has a task and something else."""
        fields = {column.field for column in self.columns} - {IGNORED, UNNAMED}
        if fields & {TASK, CONTENT}:
            return len(fields) if len(fields) > 1 else 0
        # Without a word for the task the widest column is taken, if enough else is clear.
        return len(fields) - 1 if len(fields & _TELLING) >= _ENOUGH else 0


_TELLING = frozenset({"number", "lead", "responsible", "support", "deadline", "note"})
_ENOUGH = 3


def plain_number(text: str) -> str:
    """The number in a cell such as "1.", "（一）" or "3.2"; "" when it is none."""
    if text.isascii() and text.isdecimal():
        return text
    match = _NUMBER.fullmatch(fold_tight(text))
    if match is None:
        return ""
    number = match[1]
    return number.removesuffix(".0") if number.count(".") == 1 else number


def find_header(
    sheet: Sheet, layout: Layout | None = None, decisions: Decisions | None = None
) -> Header | None:
    """The best header in the sheet's first rows, the earlier of two equals.

    With a layout, the row whose texts agree with it, and its fields for the same headers. What
    was decided counts before both.
    """
    if decisions is not None and decisions.header_rows:
        return _decided(sheet, layout, decisions)
    sheet = _beginning(sheet)
    best: Header | None = None
    for top in range(min(len(sheet.rows), _HEADER_SEARCH_ROWS)):
        if not 1 < sum(1 for text in sheet.rows[top] if text.strip()) <= _MOST_HEADER_CELLS:
            continue
        found = [header_at(sheet, top, end, layout, decisions) for end in _bottoms(sheet, top)]
        header = max(found, key=lambda header: (header.score, len(header.rows)), default=None)
        if header is not None and header.score and (best is None or _is_better(header, best)):
            best = header
    return best


def _beginning(sheet: Sheet) -> Sheet:
    """Its first rows: a long table has merges enough to make looking through them slow."""
    last = _HEADER_SEARCH_ROWS + _MOST_HEADER_ROWS
    merges = [merge for merge in sheet.merges if merge[0] < last]
    return replace(sheet, rows=sheet.rows[:last], merges=tuple(merges[:_MOST_MERGES]))


def _is_better(header: Header, best: Header) -> bool:
    """A later header: fuller, or as full without the line above it."""
    if header.score == best.score:
        return header.rows[-1] == best.rows[-1]
    return header.score > best.score


def _decided(sheet: Sheet, layout: Layout | None, decisions: Decisions) -> Header:
    top, bottom = decisions.header_rows[0] - 1, decisions.header_rows[-1] - 1
    if bottom >= len(sheet.rows):
        raise Refused(
            f"工作表“{sheet.name}”只有 {len(sheet.rows)} 行，第{bottom + 1}行不能是表头，请重新选择"
        )
    return header_at(sheet, top, bottom, layout, decisions)


def _bottoms(sheet: Sheet, top: int) -> list[int]:
    """Where a header that begins in row `top` may end: as its merges say, and further down."""
    if any(_SAYS_MORE.search(_BRACKETED.sub("", text)) for text in sheet.rows[top]):
        return [top]
    merged = max(
        (merge[2] for merge in sheet.merges if merge[0] == top and merge[2] > top), default=top
    )
    if merged - top >= _MOST_HEADER_ROWS:
        return []
    bottoms = [merged]
    while (
        bottoms[-1] + 1 < len(sheet.rows)
        and bottoms[-1] - top + 1 < _MOST_HEADER_ROWS
        and _goes_on(sheet, top, bottoms[-1] + 1)
    ):
        bottoms.append(bottoms[-1] + 1)
    return bottoms


def _goes_on(sheet: Sheet, top: int, row: int) -> bool:
    """Whether `row` divides cells of the rows above it: 责任单位 over 牵头 and 配合."""
    cells = sheet.rows[row]
    filled = {column for column, text in enumerate(cells) if text.strip()}
    if not filled or any(len(cells[at].strip()) > _MAX_PART_CHARS for at in filled):
        return False
    if any(_HAS_DIGITS.match(fold_tight(cells[at])) for at in filled):
        return False
    if max(sum(1 for text in sheet.rows[at] if text.strip()) for at in range(top, row)) <= 1:
        return False
    wide = {
        at
        for first, left, last, right in sheet.merges
        if top <= first and last < row and right > left
        for at in range(left, right + 1)
    }
    covered = {at for at in filled if at in wide or not _text_above(sheet, top, row, at)}
    # Without merges the first part keeps the place of its heading: 责任单位 | over 牵头 | 配合.
    covered |= {at for at in filled if at + 1 in covered and at + 1 not in wide}
    named = {at for at in filled if field_of(cells[at]) != UNNAMED}
    if covered == filled and len(filled) > 1 and len(filled) < len(cells) - 1:
        return all(len(fold_tight(cells[at])) <= _SHORT_PART_CHARS for at in filled) or bool(named)
    return covered >= named and 2 * len(named) >= len(filled) > 0


def _text_above(sheet: Sheet, top: int, row: int, column: int) -> bool:
    return any(sheet.rows[at][column].strip() for at in range(top, row))


def header_at(
    sheet: Sheet,
    top: int,
    bottom: int,
    layout: Layout | None = None,
    decisions: Decisions | None = None,
) -> Header:
    """These rows (0-based) read as a header."""
    merges = _within(sheet.merges, top, bottom)
    decided = dict(decisions.columns) if decisions else {}
    rows = _shown(_spread(sheet.rows[top : bottom + 1], merges), merges)
    columns, fixed = [], set()
    for index in range(len(sheet.rows[top])):
        texts = [row[index] for row in rows if row[index].strip()]
        header = "\n".join(texts)
        known = decided.get(index) or _from_layout(index, header, layout)
        if known is not None:
            fixed.add(index)
        columns.append(Column(index, header, known or _field(texts)))
    return Header(tuple(range(top + 1, bottom + 2)), _with_a_lead(columns, fixed), frozenset(fixed))


def _with_a_lead(columns: Sequence[Column], fixed: set[int]) -> tuple[Column, ...]:
    """主责 and 主办 lead only where the table has no 牵头 (architecture.md §6)."""
    if any(column.field == LEAD for column in columns):
        return tuple(columns)
    return tuple(
        replace(column, field=LEAD)
        if column.field == RESPONSIBLE
        and column.index not in fixed
        and _CHIEF.search(fold_tight(column.header))
        else column
        for column in columns
    )


def _spread(rows: Sequence[Sequence[str]], merges: Sequence[Merge]) -> list[list[str]]:
    """Without merges a heading over several parts stands over the first: it is put over all."""
    spread = [list(row) for row in rows]
    if any(right > left for _, left, _, right in merges):
        return spread
    for above, below in pairwise(spread):
        for column in range(1, len(above)):
            divided = below[column].strip() and below[column - 1].strip()
            if divided and not above[column].strip():
                above[column] = above[column - 1]
    return spread


def _within(merges: Sequence[Merge], top: int, bottom: int) -> list[Merge]:
    return [
        (first - top, left, last - top, right)
        for first, left, last, right in merges
        if top <= first and last <= bottom
    ]


def _shown(rows: Sequence[Sequence[str]], merges: Sequence[Merge]) -> list[list[str]]:
    """The texts over each column from top to bottom, each merged cell once in all its columns."""
    shown = [list(row) for row in rows]
    for top, left, bottom, right in merges:
        text = rows[top][left]
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                shown[row][column] = text if row == top else ""
    return shown


def _field(texts: Sequence[str]) -> str:
    """The lowest text is the most telling: 责任单位 over 牵头 and 配合."""
    fields = (field_of(text) for text in reversed(texts))
    named = next((field for field in fields if field), UNNAMED)
    # Written in two rows without a merge: 完成 above 时限.
    return named or field_of("".join(texts))


def _from_layout(index: int, header: str, layout: Layout | None) -> str | None:
    """The field the stored layout gives this column: at the same place, else by a unique header."""
    same = [
        column
        for column in (layout.columns if layout else ())
        if fold_tight(column.header) == fold_tight(header)
    ]
    here = [column for column in same if column.index == index]
    chosen = here or (same if header.strip() and len(same) == 1 else [])
    return chosen[0].field if chosen else None
