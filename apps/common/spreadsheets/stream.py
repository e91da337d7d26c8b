"""The rows of a sheet as XML, written one after the other and never held.

XlsxWriter makes the workbook around them. Its own cells take twice the time, cannot be streamed
where cells are merged downwards, and take a text such as <r>…</r> for markup.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from apps.common.errors import Refused
from apps.common.spreadsheets.celltext import strip_controls
from apps.common.spreadsheets.model import MAX_CELL_CHARS, OutValue, cell_name, column_letter

# Excel takes a text that begins so for a formula once somebody edits the cell.
FORMULA_STARTS = ("=", "+", "-", "@", "\t")
_SPACES = frozenset(" \t\n\u3000\xa0")
_MARKED = _SPACES | set(FORMULA_STARTS)
# What a workbook cannot carry, and what XML gives another meaning.
_CARE = re.compile("[&<>\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Read back as a control character, unless its beginning is written so.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# Serial dates begin in 1900, which they take for a leap year.
_FIRST_YEAR, _BEGIN, _LEAP_BUG = 1900, date(1899, 12, 31), 59
# A workbook keeps this many digits of a number; more survive only as text.
_EXACT_DIGITS = 15


class Styles:
    """The formats of a workbook by name, with what a value adds: quoted, a day, decimals."""

    def __init__(self, workbook: Workbook, looks: dict[str, dict[str, Any]]) -> None:
        self._workbook = workbook
        self._looks = looks
        self._indexes: dict[tuple[str, str], int] = {}

    def index(self, look: str, kind: str = "") -> int:
        """Where a cell of this kind of value finds its format."""
        known = self._indexes.get((look, kind))
        if known is None:
            known = self._indexes[look, kind] = self._made(look, kind)
        return known

    def _made(self, look: str, kind: str) -> int:
        added: dict[str, Any] = {}
        if kind == "quoted":
            added = {"quote_prefix": True}
        elif kind:
            added = {"align": "center", "num_format": kind}
        made: Format = self._workbook.add_format({**self._looks[look], **added})
        index: int = made._get_xf_index()  # noqa: SLF001  # what the library writes into a cell
        return index


class RowStream:
    """Writes the rows of one worksheet of a workbook in constant memory."""

    def __init__(self, page: Worksheet, styles: Styles) -> None:
        self._page = page
        self._styles = styles
        self._letters: list[str] = []

    def write(
        self,
        row: int,
        values: Sequence[OutValue],
        look: str,
        *,
        height: float | None = None,
        covered: Collection[int] = (),
    ) -> None:
        """The next row; `row` counts from 0. `covered` columns lie under a merged cell.

        Raises Refused when a text is longer than a cell can hold.
        """
        while len(self._letters) < len(values):
            self._letters.append(column_letter(len(self._letters)))
        number = str(row + 1)
        size = "" if height is None else f' ht="{height:g}" customHeight="1"'
        plain = self._styles.index(look)
        parts = [f'<row r="{number}"{size}>']
        for letter, value in zip(self._letters, values, strict=False):
            if isinstance(value, str) and value:
                style, space, text = plain, "", value
                if len(text) > MAX_CELL_CHARS or _CARE.search(text) or "_x" in text:
                    text = _careful(cell_name(row, len(parts) - 1), text)
                if text[:1] in _MARKED or text[-1:] in _SPACES:
                    style, space = self._marked(look, text)
                cell = (
                    f'<c r="{letter}{number}" s="{style}" t="inlineStr">'
                    f"<is><t{space}>{text}</t></is></c>"
                )
            elif value is None or value == "":
                cell = f'<c r="{letter}{number}" s="{plain}"/>'
            else:
                cell = self._figure(f"{letter}{number}", value, look)
            parts.append(cell)
        for column in covered:
            parts[column + 1] = f'<c r="{self._letters[column]}{number}" s="{plain}"/>'
        parts.append("</row>")
        self._page.row_data_fh.write("".join(parts))
        self._grow(row, len(values) - 1)

    def _grow(self, row: int, column: int) -> None:
        page = self._page
        if page.dim_rowmin is None:
            page.dim_rowmin, page.dim_colmin, page.dim_colmax = row, 0, 0
        page.dim_rowmax = row
        page.dim_colmax = max(page.dim_colmax, column)

    def _marked(self, look: str, text: str) -> tuple[int, str]:
        """The format of a text that begins as a formula does, and what keeps spaces at its ends."""
        kind = "quoted" if text.startswith(FORMULA_STARTS) else ""
        outside = text[:1] in _SPACES or text[-1:] in _SPACES
        return self._styles.index(look, kind), ' xml:space="preserve"' if outside else ""

    def _figure(self, cell: str, value: OutValue, look: str) -> str:
        if isinstance(value, date):
            kind = "yyyy-mm-dd"
            exact = value.year >= _FIRST_YEAR
            days = (value - _BEGIN).days if exact else 0
            shown = str(days + (days > _LEAP_BUG)) if exact else value.isoformat()
        else:
            number = Decimal(value or 0)
            _, digits, exponent = number.as_tuple()
            places = -exponent if isinstance(exponent, int) else 0
            exact = isinstance(exponent, int) and len(digits) + max(-places, 0) <= _EXACT_DIGITS
            # so that 1.10 stays 1.10
            kind = f"0.{'0' * places}" if exact and places > 0 else "General"
            shown = f"{number:f}" if exact else str(value)
        style = self._styles.index(look, kind)
        if exact:
            return f'<c r="{cell}" s="{style}"><v>{shown}</v></c>'
        return f'<c r="{cell}" s="{style}" t="inlineStr"><is><t>{shown}</t></is></c>'


def _careful(cell: str, text: str) -> str:
    """The text without what a workbook cannot carry, as XML; raises Refused when it is too long."""
    text = strip_controls(text)
    if len(text) > MAX_CELL_CHARS:
        raise Refused(
            f"{cell} 单元格有 {len(text)} 字，超过 Excel 每格 {MAX_CELL_CHARS} 字的上限，"
            "请缩短后再导出"
        )
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ESCAPE.sub("_x005F_", text)
