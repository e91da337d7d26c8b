"""Laying out a table whose cells say how many columns and rows they cover (HTML, Word)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apps.common.spreadsheets.model import Merge

# More than any table on paper; a larger span is a mistake or means harm.
MAX_SPAN_COLUMNS = 256
MAX_SPAN_ROWS = 65_534


@dataclass(frozen=True, slots=True)
class SpanCell:
    """`goes_on`: the cell continues the one above it, as Word writes vertical merges."""

    text: str
    columns: int = 1
    rows: int = 1
    goes_on: bool = False


@dataclass(slots=True)
class SpanTable:
    """Rows of text with their merged ranges; a row is as long as its own cells."""

    rows: list[list[str]] = field(default_factory=list)
    # cells laid out so far, with those that are covered by others
    laid_out: int = 0
    # top left corner -> bottom right corner
    _ranges: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    # column -> rows that a cell above still covers
    _covered: dict[int, int] = field(default_factory=dict)
    # left column -> (top, right) of a cell that the next row may continue
    _open: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        return max(map(len, self.rows), default=0)

    @property
    def merges(self) -> list[Merge]:
        return [(*corner, *end) for corner, end in self._ranges.items()]

    def add(self, cells: Iterable[SpanCell], *, skipped: int = 0) -> None:
        """Add a row; `skipped` columns at its left edge hold nothing."""
        top = len(self.rows)
        row = [""] * min(skipped, MAX_SPAN_COLUMNS)
        covered, self._covered = self._covered, {}
        opened: dict[int, tuple[int, int]] = {}
        for cell in cells:
            while covered.get(len(row)):
                row.append("")
            left = len(row)
            if left >= MAX_SPAN_COLUMNS:
                break
            right = self._right(left, cell, covered)
            first = self._place(cell, top, left, right)
            opened[left] = (first, right)
            row.append("" if first != top else cell.text)
            row += [""] * (right - left)
        self._covered.update((at, left - 1) for at, left in covered.items() if left > 1)
        self._open = opened
        self.laid_out += len(row) + len(self._covered)
        while row and not row[-1]:
            row.pop()
        self.rows.append(row)

    def _right(self, left: int, cell: SpanCell, covered: dict[int, int]) -> int:
        right = min(left + max(cell.columns, 1), MAX_SPAN_COLUMNS) - 1
        return next((at - 1 for at in range(left + 1, right + 1) if covered.get(at)), right)

    def _place(self, cell: SpanCell, top: int, left: int, right: int) -> int:
        """Row in which the cell begins; keeps its merged range."""
        above = self._open.get(left)
        if cell.goes_on and above is not None and above[1] == right:
            self._ranges[above[0], left] = top, right
            return above[0]
        rows = min(max(cell.rows, 1), MAX_SPAN_ROWS)
        if rows > 1:
            self._covered.update(dict.fromkeys(range(left, right + 1), rows - 1))
        if rows > 1 or right > left:
            self._ranges[top, left] = top + rows - 1, right
        return top
