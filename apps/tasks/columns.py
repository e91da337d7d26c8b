"""What the columns of a table hold, where the header alone does not tell."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from apps.common.spreadsheets import Sheet
from apps.common.text import fold_tight
from apps.tasks.headers import TASK, UNNAMED, Header, plain_number
from apps.tasks.layout_types import (
    CATEGORY,
    CONTENT,
    DEADLINE,
    IGNORED,
    NUMBER,
    TITLE,
    Column,
)

_SAMPLE_ROWS = 2_000
_LAST_DAY = re.compile("完成|时限|期限|截止")


def resolve(sheet: Sheet, header: Header) -> tuple[tuple[Column, ...], frozenset[int]]:
    """The final columns, and the indexes of categories written once and left empty below.

    The rightmost task column is the content; what stands left of it is a category when merged or
    repeated downwards, else the title (architecture.md §4.11).
    """
    shape = _Shape(sheet, header)
    columns = list(header.columns)
    _one_number(columns, shape)
    _one_deadline(columns)
    filled_down = _tasks(columns, shape)
    resolved = tuple(
        replace(column, field=IGNORED) if column.field in {UNNAMED, TASK} else column
        for column in columns
    )
    return resolved, filled_down


class _Shape:
    """How the cells of a column look below the header."""

    def __init__(self, sheet: Sheet, header: Header) -> None:
        self._start = header.rows[-1]
        self._merges = sheet.merges
        rows = sheet.rows[self._start : self._start + _SAMPLE_ROWS]
        self._rows = [row for row in rows if sum(1 for text in row if text.strip()) > 1]

    def texts(self, column: int) -> list[str]:
        return [row[column].strip() for row in self._rows]

    def holds_numbers(self, column: int) -> bool:
        texts = [text for text in self.texts(column) if text]
        numbers = sum(1 for text in texts if plain_number(text))
        return bool(texts) and 2 * len(texts) >= len(self._rows) and 10 * numbers >= 9 * len(texts)

    def is_merged_down(self, column: int) -> bool:
        return any(
            left <= column <= right and bottom > top >= self._start
            for top, left, bottom, right in self._merges
        )

    def is_repeated(self, column: int) -> bool:
        texts = [text for text in self.texts(column) if text]
        again = sum(1 for above, text in pairwise(texts) if above == text)
        return 5 * again >= len(texts) > 0

    def is_filled_down(self, column: int) -> bool:
        texts = self.texts(column)
        if self.is_merged_down(column):
            return False
        return bool(texts) and texts[0] != "" and 2 * texts.count("") >= len(texts)

    def groups_rows(self, column: int) -> bool:
        """One text stands for several rows: merged, repeated, or left empty below the first."""
        return (
            self.is_merged_down(column) or self.is_repeated(column) or self.is_filled_down(column)
        )


def _one_number(columns: list[Column], shape: _Shape) -> None:
    """The first number column counts; without one, a column without header that holds numbers."""
    labelled = [at for at, column in enumerate(columns) if column.field == NUMBER]
    for at in labelled[1:]:
        columns[at] = replace(columns[at], field=IGNORED)
    if labelled:
        return
    tasks = [at for at, column in enumerate(columns) if column.field == TASK]
    candidates = [
        at
        for at, column in enumerate(columns)
        if (column.field == UNNAMED and not column.header.strip()) or at in tasks[:-1]
    ]
    for at in candidates:
        if shape.holds_numbers(columns[at].index):
            columns[at] = replace(columns[at], field=NUMBER)
            return


def _one_deadline(columns: list[Column]) -> None:
    places = [at for at, column in enumerate(columns) if column.field == DEADLINE]
    telling = [at for at in places if _LAST_DAY.search(fold_tight(columns[at].header))]
    for at in places:
        if at != (telling or places)[0]:
            columns[at] = replace(columns[at], field=IGNORED)


def _tasks(columns: list[Column], shape: _Shape) -> frozenset[int]:
    fixed = [at for at, column in enumerate(columns) if column.field == CONTENT]
    tasks = [at for at, column in enumerate(columns) if column.field == TASK]
    content = fixed[0] if fixed else tasks[-1]
    columns[content] = replace(columns[content], field=CONTENT)
    title = next((at for at, column in enumerate(columns) if column.field == TITLE), None)
    for at in reversed([at for at in tasks if at < content]):
        index = columns[at].index
        if shape.groups_rows(index) or title is not None:
            columns[at] = replace(columns[at], field=CATEGORY)
        else:
            title = at
            columns[at] = replace(columns[at], field=TITLE)
    return frozenset(
        column.index
        for column in columns
        if column.field == CATEGORY and shape.is_filled_down(column.index)
    )
