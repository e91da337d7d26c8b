"""Writing one sheet as .xlsx: text stays text, print set-up for A4, the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format

from apps.common.errors import Refused
from apps.common.spreadsheets.celltext import strip_controls
from apps.common.spreadsheets.model import MAX_CELL_CHARS, Merge, OutSheet, OutValue, cell_name

OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}
# A fixed instant: the same sheet gives the same file, which is stored by its hash.
CREATED = datetime.combine(date(2020, 1, 1), time())
_A4 = 9
_MAX_WIDTH, _MIN_WIDTH = 60.0, 6.0
_WIDTH_SAMPLE = 300
_SHEET_NAME_CHARS = 31
# two lines of small letters
_NOTE_HEIGHT = 28
# of a line of the body, above and below all of them, and at the most
_LINE_HEIGHT, _SPARE_HEIGHT, _MAX_HEIGHT = 16.0, 3.0, 409.0
# Lines break where they may, not where they are full.
_LOOSE = 1.12
# Excel takes a text that begins so for a formula once somebody edits the cell.
FORMULA_STARTS = ("=", "+", "-", "@", "\t")
# Serial dates begin in 1900.
_FIRST_YEAR = 1900
# A workbook keeps this many digits of a number; more survive only as text.
_EXACT_DIGITS = 15

_BODY = {"font_name": "仿宋", "font_size": 11, "border": 1, "text_wrap": True, "valign": "vcenter"}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"font_name": "宋体", "font_size": 18, "bold": True, "align": "center"},
    "note": {"font_size": 10, "border": 0},
    "head": {
        "font_name": "宋体",
        "font_size": 11,
        "bold": True,
        "align": "center",
        "bg_color": "#EDEDED",
    },
    "body": {},
    "number": {"align": "center"},
    "date": {"align": "center", "num_format": "yyyy-mm-dd"},
    "formula-like": {"quote_prefix": True},
}


def write_sheet(path: Path, sheet: OutSheet) -> None:
    """Write `sheet` to `path`, replacing what is there.

    Without a merge over several rows the rows are streamed in constant memory. Raises Refused when
    a text is longer than a cell can hold; the file is then not usable.
    """
    write_sheets(path, [sheet])


def write_sheets(path: Path, sheets: Sequence[OutSheet]) -> None:
    """Like `write_sheet`, with several sheets in one workbook, written one after the other."""
    streamed = all(top == bottom for sheet in sheets for top, _, bottom, _ in sheet.merges)
    workbook = xlsxwriter.Workbook(path, {**OPTIONS, "constant_memory": streamed})
    workbook.set_properties({"created": CREATED})
    try:
        for sheet in sheets:
            _Writer(workbook, sheet).write()
    finally:
        workbook.close()


def sheet_name(wanted: str) -> str:
    """`wanted` as Excel allows it for a sheet: no []:*?/\\, no quote at an end, 31 characters."""
    cleaned = "".join(" " if letter in "[]:*?/\\" else letter for letter in strip_controls(wanted))
    cleaned = " ".join(cleaned.split()).strip("'")[:_SHEET_NAME_CHARS].strip(" '")
    return "Sheet1" if not cleaned or cleaned.lower() == "history" else cleaned


class _Writer:
    def __init__(self, workbook: xlsxwriter.Workbook, sheet: OutSheet) -> None:
        self._workbook = workbook
        self._out = sheet
        self._page = workbook.add_worksheet(sheet_name(sheet.name))
        self._formats = {
            name: workbook.add_format({**_BODY, **style}) for name, style in _STYLES.items()
        }
        self._formats["title"].set_border(0)
        self._merges: dict[int, list[Merge]] = {}
        for merge in sheet.merges:
            self._merges.setdefault(merge[0], []).append(merge)
        self._covered: set[tuple[int, int]] = set()
        self._widths: list[float] = []

    def write(self) -> None:
        out = self._out
        headers_from = len(out.title_rows) + bool(out.note)
        body_from = headers_from + len(out.upper_headers) + 1
        for index, title in enumerate(out.title_rows):
            self._row(index, title, "title")
        if out.note:
            self._note(len(out.title_rows))
        for index, header in enumerate(chain(out.upper_headers, [out.headers]), headers_from):
            self._fit(index, header)
            self._row(index, header, "head")
            self._measure(header)
        for index, row in enumerate(out.rows, body_from):
            self._fit(index, row)
            self._row(index, row, "body")
            if index < body_from + _WIDTH_SAMPLE:
                self._measure(row)
        self._print_set_up(headers_from, body_from)

    def _fit(self, row: int, values: Sequence[OutValue]) -> None:
        """Before its cells, as rows that are streamed cannot be changed."""
        if not self._out.fitted or not self._out.widths:
            return
        pairs = zip(values, self._out.widths, strict=True)
        lines = max(
            (
                _lines(text, most)
                for text, most in pairs
                # shorter ones are no wider even if all is Chinese
                if isinstance(text, str) and (len(text) * 2 * _LOOSE > most or "\n" in text)
            ),
            default=1,
        )
        if lines > 1:
            self._page.set_row(row, min(lines * _LINE_HEIGHT + _SPARE_HEIGHT, _MAX_HEIGHT))

    def _note(self, row: int) -> None:
        self._page.set_row(row, _NOTE_HEIGHT)
        self._merge((row, 0, row, len(self._out.headers) - 1), "note")
        self._cell(row, 0, self._out.note, "note")

    def _print_set_up(self, headers_from: int, body_from: int) -> None:
        page = self._page
        page.set_paper(_A4)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        page.set_footer("&C第 &P 页，共 &N 页")
        page.repeat_rows(headers_from, body_from - 1)
        page.freeze_panes(body_from, 0)
        for column, width in enumerate(self._out.widths or self._widths):
            page.set_column(column, column, width)

    def _row(self, row: int, values: Sequence[OutValue], style: str) -> None:
        for merge in self._merges.get(row, ()):
            self._merge(merge, style)
        for column, value in enumerate(values):
            if (row, column) not in self._covered:
                self._cell(row, column, value, style)

    def _merge(self, merge: Merge, style: str) -> None:
        top, left, bottom, right = merge
        if (top, left) == (bottom, right):
            return
        # The text follows as a cell of its own: merge_range would look at what it means.
        self._page.merge_range(*merge, "", self._formats[style])
        cells = {(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)}
        self._covered |= cells - {(top, left)}

    def _cell(self, row: int, column: int, value: OutValue, style: str) -> None:
        page, formats = self._page, self._formats
        if isinstance(value, str):
            text = strip_controls(value)
            if len(text) > MAX_CELL_CHARS:
                raise Refused(
                    f"{cell_name(row, column)} 单元格有 {len(text)} 字，超过 Excel 每格 "
                    f"{MAX_CELL_CHARS} 字的上限，请缩短后再导出"
                )
            risky = style == "body" and text.startswith(FORMULA_STARTS)
            if text:
                page.write_string(row, column, text, formats["formula-like" if risky else style])
            else:
                page.write_blank(row, column, None, formats[style])
        elif value is None:
            page.write_blank(row, column, None, formats[style])
        elif isinstance(value, date):
            if value.year < _FIRST_YEAR:
                page.write_string(row, column, value.isoformat(), formats["date"])
            else:
                page.write_datetime(row, column, value, formats["date"])
        else:
            self._number(row, column, value)

    def _number(self, row: int, column: int, value: int | Decimal) -> None:
        number = Decimal(value)
        _, digits, exponent = number.as_tuple()
        if not isinstance(exponent, int) or len(digits) + max(exponent, 0) > _EXACT_DIGITS:
            self._page.write_string(row, column, str(value), self._formats["number"])
        else:
            self._page.write_number(row, column, number, self._number_format(max(-exponent, 0)))

    def _number_format(self, places: int) -> Format:
        """The format that shows this many decimals, so that 1.10 stays 1.10."""
        if not places:
            return self._formats["number"]
        name = f"number, {places}"
        if name not in self._formats:
            style = {**_BODY, **_STYLES["number"], "num_format": "0." + "0" * places}
            self._formats[name] = self._workbook.add_format(style)
        return self._formats[name]

    def _measure(self, values: Iterable[OutValue]) -> None:
        for column, value in enumerate(values):
            if column == len(self._widths):
                self._widths.append(_MIN_WIDTH)
            lines = "" if value is None else str(value)
            widest = max((_columns(line) for line in lines.split("\n")), default=0.0)
            self._widths[column] = max(self._widths[column], min(widest + 2, _MAX_WIDTH))


def _lines(text: str, width: float) -> int:
    """How many lines it takes; the length in UTF-8 tells Chinese letters from Latin ones."""
    if "\n" in text:
        return sum(_lines(line, width) for line in text.split("\n"))
    wide = (len(text) + len(text.encode("utf-8", "replace"))) / 2
    return max(ceil(wide * _LOOSE / width), 1)


def _columns(line: str) -> float:
    """Width in Latin characters: a Chinese one takes two."""
    return float(sum(1 if letter < "\u2e80" else 2 for letter in line[:64]))
