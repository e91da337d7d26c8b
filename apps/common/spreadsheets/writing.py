"""Writing sheets as .xlsx: text stays text, print set-up for A4, the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from itertools import chain, islice
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from apps.common.spreadsheets.celltext import strip_controls
from apps.common.spreadsheets.model import Merge, OutSheet, OutValue
from apps.common.spreadsheets.stream import FORMULA_STARTS, RowStream, Styles

__all__ = [
    "CREATED", "FORMULA_STARTS", "OPTIONS", "column_widths", "sheet_name", "write_sheet",
    "write_sheets",
]  # fmt: skip

OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}
# A fixed instant: the same sheet gives the same file, which is stored by its hash.
CREATED = datetime.combine(date(2020, 1, 1), time())
_A4 = 9
_MAX_WIDTH, _MIN_WIDTH, _MARGIN = 60.0, 6.0, 2.0
_WIDTH_SAMPLE = 300
# Latin characters on a line of A4 across; letters that are shrunk to three quarters can be read.
_PAGE_WIDTH, _READABLE = 140.0, 0.75
_SHEET_NAME_CHARS = 31
# of what Excel allows in a header or footer
_FOOT_CHARS = 180
# of a line of small letters; at least two of them, as a long line is broken
_NOTE_LINE = 14.0
# of a line of the body, above and below all of them, and at the most
_LINE_HEIGHT, _SPARE_HEIGHT, _MAX_HEIGHT = 16.0, 3.0, 409.0
_TITLE_SIZE, _BODY_SIZE = 18, 11
# Lines break where they may, not where they are full.
_LOOSE = 1.12

_BODY = {
    "font_name": "仿宋", "font_size": _BODY_SIZE, "border": 1, "text_wrap": True,
    "valign": "vcenter",
}  # fmt: skip
_HEAD = {"font_name": "宋体", "bold": True, "align": "center", "bg_color": "#EDEDED"}
_TITLE = {
    "font_name": "宋体", "font_size": _TITLE_SIZE, "bold": True, "align": "center", "border": 0,
}  # fmt: skip
_LOOKS: dict[str, dict[str, Any]] = {
    "body": _BODY,
    "title": {**_BODY, **_TITLE},
    "note": {**_BODY, "font_size": 10, "border": 0},
    "head": {**_BODY, **_HEAD},
    # of rows whose texts would need more than the tallest row there is
    "small": {**_BODY, "font_size": 8},
    "tiny": {**_BODY, "font_size": 6},
    # of rows among those of the body
    "section": {**_BODY, "font_name": "黑体", "bg_color": "#F7F7F7"},
    "footer": {**_BODY, "border": 0},
}


def write_sheet(path: Path, sheet: OutSheet) -> None:
    """Write `sheet` to `path`, replacing what is there; its rows are streamed.

    Raises Refused when a text is longer than a cell can hold; the file is then not usable.
    """
    write_sheets(path, [sheet])


def write_sheets(path: Path, sheets: Sequence[OutSheet]) -> None:
    """Like `write_sheet`, with several sheets in one workbook, written one after the other."""
    workbook = xlsxwriter.Workbook(path, {**OPTIONS, "constant_memory": True})
    workbook.set_properties({"created": CREATED})
    styles = Styles(workbook, _LOOKS)
    try:
        for sheet in sheets:
            _Writer(workbook, sheet, styles).write()
    finally:
        _close(workbook)


def _close(workbook: xlsxwriter.Workbook) -> None:
    """Raises OSError, as every writing does, where the file cannot be written: a disk is full."""
    try:
        workbook.close()
    except FileCreateError as error:
        raise OSError(str(error)) from error


def sheet_name(wanted: str) -> str:
    """`wanted` as Excel allows it for a sheet: no []:*?/\\, no quote at an end, 31 characters."""
    cleaned = "".join(" " if letter in "[]:*?/\\" else letter for letter in strip_controls(wanted))
    cleaned = " ".join(cleaned.split()).strip("'")[:_SHEET_NAME_CHARS].strip(" '")
    return "Sheet1" if not cleaned or cleaned.lower() == "history" else cleaned


def column_widths(rows: Iterable[Sequence[OutValue]]) -> list[float]:
    """Widths that suit these rows, in Latin characters, and together an A4 page across.

    The widest columns give way first; where even that leaves letters too small to be read, they
    stay as they are and the print is shrunk.
    """
    widths: list[float] = []
    for row in islice(rows, _WIDTH_SAMPLE):
        _measure(widths, row)
    widths = [min((width - _MARGIN) * _LOOSE + _MARGIN, _MAX_WIDTH) for width in widths]
    room = max(_PAGE_WIDTH / _READABLE, _MIN_WIDTH * 2 * len(widths))
    while sum(widths) > room:
        widest = max(widths)
        next_widest = max((width for width in widths if width < widest), default=_MIN_WIDTH)
        many = widths.count(widest)
        less = max(next_widest, (room - sum(widths) + many * widest) / many)
        widths = [less if width == widest else width for width in widths]
    return [round(width, 2) for width in widths]


class _Writer:
    def __init__(self, workbook: xlsxwriter.Workbook, sheet: OutSheet, styles: Styles) -> None:
        self._out = sheet
        self._page = workbook.add_worksheet(sheet_name(sheet.name))
        self._rows = RowStream(self._page, styles)
        self._merges: dict[int, list[Merge]] = {}
        for merge in sheet.merges:
            self._merge(merge)
        # for rows yet to come: what is left of merged cells that began above
        self._covered: dict[int, set[int]] = {}
        self._heights: dict[int, float] = {}
        self._widths: list[float] = []
        self._short = [width / 2 / _LOOSE for width in sheet.widths or ()]

    def write(self) -> None:
        out = self._out
        headers_from = len(out.title_rows) + bool(out.note)
        body_from = headers_from + len(out.upper_headers) + 1
        for index, title in enumerate(out.title_rows):
            self._row(index, title, "title")
        if out.note:
            at = len(out.title_rows)
            self._merge((at, 0, at, len(out.headers) - 1))
            self._heights[at] = _NOTE_LINE * max(out.note.count("\n") + 1, 2)
            self._row(at, [out.note], "note")
        for index, header in enumerate(chain(out.upper_headers, [out.headers]), headers_from):
            self._row(index, header, "head")
            _measure(self._widths, header)
        for index, row in enumerate(out.rows, body_from):
            self._row(index, row, out.looks.get(index - body_from, "body"))
            if index < body_from + _WIDTH_SAMPLE:
                _measure(self._widths, row)
        self._print_set_up(headers_from, body_from)

    def _merge(self, merge: Merge) -> None:
        top, left, bottom, right = merge
        if (top, left) != (bottom, right):
            self._merges.setdefault(top, []).append(merge)
            self._page.merge.append(list(merge))

    def _row(self, row: int, values: Sequence[OutValue], look: str) -> None:
        beginning = self._merges.get(row, ())
        for top, left, bottom, right in beginning:
            for covered in range(top, bottom + 1):
                columns = set(range(left, right + 1))
                if covered == top:
                    columns.remove(left)
                self._covered.setdefault(covered, set()).update(columns)
        under = self._covered.pop(row, set())
        if under and len(values) <= max(under):
            values = [*values, *[""] * (max(under) + 1 - len(values))]
        height = self._height(row, values, look, beginning, under)
        if height and height > _MAX_HEIGHT:
            look, height = _shrunk(look, height)
        self._rows.write(row, values, look, height=height, covered=under)

    def _height(
        self,
        row: int,
        values: Sequence[OutValue],
        look: str,
        beginning: Sequence[Merge],
        under: set[int],
    ) -> float | None:
        """None: whoever opens the file works it out, which no program does for merged cells."""
        given, widths = self._heights.pop(row, 0.0), self._out.widths
        if not widths or not (self._out.fitted or beginning or under):
            return given or None
        merged = {left for _, left, _, _ in beginning} | under
        needed = 0.0
        for at, (text, short) in enumerate(zip(values, self._short, strict=False)):
            # as short a text stands on one line even if all is Chinese
            if isinstance(text, str) and (len(text) > short or "\n" in text) and at not in merged:
                needed = max(needed, _text_height(text, widths[at], look))
        for top, left, bottom, right in beginning:
            text = values[left]
            whole = _text_height(str(text or ""), sum(widths[left : right + 1]), look)
            share = whole / (bottom - top + 1)
            needed = max(needed, share)
            for below in range(top + 1, bottom + 1):
                self._heights[below] = max(self._heights.get(below, 0.0), share)
        needed = max(needed, given)
        return needed if needed > _LINE_HEIGHT + _SPARE_HEIGHT else given or None

    def _print_set_up(self, headers_from: int, body_from: int) -> None:
        page = self._page
        page.set_paper(_A4)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        foot = strip_controls(self._out.foot)[:_FOOT_CHARS].replace("&", "&&")
        page.set_footer((f"&L{foot}" if foot else "") + "&C第 &P 页，共 &N 页")
        page.repeat_rows(headers_from, body_from - 1)
        page.freeze_panes(body_from, 0)
        for column, width in enumerate(self._out.widths or self._widths):
            page.set_column(column, column, width)


def _shrunk(look: str, height: float) -> tuple[str, float]:
    """In smaller letters more of them stand on a line, and lines are lower."""
    if look != "body":
        return look, _MAX_HEIGHT
    sizes = {name: _LOOKS[name]["font_size"] for name in ("small", "tiny")}
    heights = {name: height * (size / _BODY_SIZE) ** 2 for name, size in sizes.items()}
    name = "small" if heights["small"] <= _MAX_HEIGHT else "tiny"
    return name, min(heights[name], _MAX_HEIGHT)


def _text_height(text: str, width: float, look: str) -> float:
    """Of a text in a cell of this width; letters of titles are larger."""
    scale = _TITLE_SIZE / _BODY_SIZE if look == "title" else 1.0
    return (_lines(text, max(width, 1.0) / scale) * _LINE_HEIGHT + _SPARE_HEIGHT) * scale


def _measure(widths: list[float], values: Iterable[OutValue]) -> None:
    for column, value in enumerate(values):
        if column == len(widths):
            widths.append(_MIN_WIDTH)
        lines = "" if value is None else str(value)
        widest = max((_columns(line) for line in lines.split("\n")), default=0.0)
        widths[column] = max(widths[column], min(widest + _MARGIN, _MAX_WIDTH))


def _lines(text: str, width: float) -> int:
    """How many lines it takes; the length in UTF-8 tells Chinese letters from Latin ones."""
    if "\n" in text:
        return sum(_lines(line, width) for line in text.split("\n"))
    wide = (len(text) + len(text.encode("utf-8", "replace"))) / 2
    return max(ceil(wide * _LOOSE / width), 1)


def _columns(line: str) -> float:
    """Width in Latin characters: a Chinese one takes two."""
    return float(sum(1 if letter < "\u2e80" else 2 for letter in line[:64]))
