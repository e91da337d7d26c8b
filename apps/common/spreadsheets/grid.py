"""Collecting the rows of one sheet: trimmed, counted, made rectangular at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.common.errors import Unreadable
from apps.common.spreadsheets.guard import MAX_CELLS, too_many_cells
from apps.common.spreadsheets.model import (
    MAX_CELL_CHARS,
    MAX_ROW,
    Merge,
    Sheet,
    cell_name,
    column_letter,
)

_MAX_WARNINGS = 200
_ERROR_VALUES = frozenset({
    "#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "#SPILL!", "#CALC!",
})  # fmt: skip


class Grid:
    """The growing text of one sheet; `file` and `name` are for messages."""

    def __init__(self, file: str, name: str) -> None:
        self._file = file
        self._name = name
        self._where = f"文件“{file}”工作表“{name}”"
        self._rows: list[list[str]] = []
        self._height = 0
        self._width = 0
        self._warnings: list[str] = []
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()

    def warn(self, sentence: str) -> None:
        """Keep a sentence that begins with the cell's name and a space."""
        self._warnings.append(sentence)

    def warn_unsaved(self, cell: str) -> None:
        """A formula whose result the file does not hold."""
        self.warn(
            f"{cell} 单元格的公式没有保存计算结果，按空白读取；请在 Excel 中打开并保存后重新导入"
        )

    def warn_struck(self, cell: str) -> None:
        """A text with a line through it may be meant as deleted."""
        self.warn(f"{cell} 单元格的文字带删除线，已照常读取；如已作废请在原表删去后重新导入")

    def hide(self, *, rows: Iterable[int], columns: Iterable[int]) -> None:
        """Rows and columns (0-based) that nobody sees: read, and said where they hold text."""
        self._hidden_rows.update(rows)
        self._hidden_columns.update(columns)

    def add(self, row: list[str]) -> None:
        """Add the next sheet row; raises Unreadable when the sheet becomes too large."""
        while row and not row[-1]:
            row.pop()
        self._rows.append(row)
        if len(self._rows) > MAX_ROW:
            raise Unreadable(too_many_cells(self._file))
        if not row:
            return
        self._height = len(self._rows)
        self._width = max(self._width, len(row))
        if self._height * self._width > MAX_CELLS:
            raise Unreadable(too_many_cells(self._file))
        for column, text in enumerate(row):
            if len(text) > MAX_CELL_CHARS:
                cell = cell_name(self._height - 1, column)
                raise Unreadable(
                    f"{self._where}的 {cell} 单元格超过 {MAX_CELL_CHARS} 字，请缩短后重新上传"
                )
            if text[:1] == "#" and text in _ERROR_VALUES:
                cell = cell_name(self._height - 1, column)
                self.warn(f"{cell} 单元格是公式错误 {text}，请核对原表")

    def sheet(self, merges: Sequence[Merge], *, hidden: bool) -> Sheet:
        """The finished sheet; merges are cut to its size and what they cover is emptied."""
        rows = [row + [""] * (self._width - len(row)) for row in self._rows[: self._height]]
        kept = self._cover(rows, merges)
        self._say_what_is_hidden(rows)
        if len(self._warnings) > _MAX_WARNINGS:
            more = len(self._warnings) - _MAX_WARNINGS
            self._warnings[_MAX_WARNINGS:] = [f"A1 另有 {more} 处公式问题未逐一列出"]
        return Sheet(
            name=self._name,
            hidden=hidden,
            rows=tuple(tuple(row) for row in rows),
            merges=tuple(kept),
            warnings=tuple(self._warnings),
        )

    def _say_what_is_hidden(self, rows: Sequence[Sequence[str]]) -> None:
        texts = [at for at in sorted(self._hidden_rows) if at < self._height and any(rows[at])]
        for first, last in _runs(texts):
            named = f"第{first + 1}行" if first == last else f"第{first + 1}—{last + 1}行"
            self.warn(f"{cell_name(first, 0)} {named}是隐藏的，已照常读取，请核对")
        columns = [
            at
            for at in sorted(self._hidden_columns)
            if at < self._width and any(row[at] for row in rows)
        ]
        for first, last in _runs(columns):
            ends = dict.fromkeys([column_letter(first), column_letter(last)])
            named = "—".join(ends)
            self.warn(f"{cell_name(0, first)} {named}列是隐藏的，已照常读取，请核对")

    def _cover(self, rows: list[list[str]], merges: Sequence[Merge]) -> list[Merge]:
        kept = []
        covered = bytearray(self._height * self._width)
        for top, left, last_row, last_column in sorted(merges):
            bottom, right = min(last_row, self._height - 1), min(last_column, self._width - 1)
            if bottom < top or right < left or (top, left) == (bottom, right):
                continue
            for row in range(top, bottom + 1):
                start, end = row * self._width + left, row * self._width + right + 1
                if any(covered[start:end]):
                    raise Unreadable(
                        f"{self._where}在 {cell_name(row, left)} 处的合并单元格相互重叠，"
                        "请取消合并后重新上传"
                    )
                covered[start:end] = b"\x01" * (end - start)
                first = left + 1 if row == top else left
                rows[row][first : right + 1] = [""] * (right + 1 - first)
            kept.append((top, left, bottom, right))
        return kept


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs
