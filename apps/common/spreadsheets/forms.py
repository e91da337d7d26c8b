"""Writing a form to be filled in by hand: locked cells, choices, hidden columns, a hidden sheet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from apps.common.errors import Refused
from apps.common.spreadsheets.celltext import strip_controls
from apps.common.spreadsheets.model import MAX_CELL_CHARS, cell_name
from apps.common.spreadsheets.writing import CREATED, FORMULA_STARTS, OPTIONS, sheet_name

FormValue = str | Decimal | None

_A4 = 9
_BODY = {"font_name": "仿宋", "font_size": 11, "border": 1, "text_wrap": True, "valign": "top"}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"font_name": "宋体", "font_size": 18, "bold": True, "align": "center", "border": 0},
    "hint": {"font_size": 10, "border": 0, "valign": "vcenter"},
    "head": {
        "font_name": "宋体", "bold": True, "align": "center", "valign": "vcenter",
        "bg_color": "#EDEDED",
    },
    "locked": {"bg_color": "#F7F7F7"},
    # as text: what begins with = stays what was typed, and 1-2 is no date
    "text": {"locked": False, "num_format": "@"},
    "number": {"locked": False, "align": "right"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A column; `fill`: unlocked, with its kind of value. `width` in characters of Latin text."""

    header: str
    width: float
    fill: bool = False
    number: bool = False
    choices: Sequence[str] = ()
    # how long a text may be; the refusal says so in the cell itself
    most: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class FormSheet:
    """One visible sheet of title, hint, headers and `rows`; `about` goes to a hidden sheet.

    `closed`: (row, column) among the rows that stay locked although their column is to be filled.
    The first `frozen` columns stay in sight.
    """

    name: str
    title: str
    hint: str
    columns: Sequence[FormColumn]
    rows: Sequence[Sequence[FormValue]]
    about_name: str
    about: Sequence[tuple[str, str]]
    closed: Collection[tuple[int, int]] = ()
    frozen: int = 0


# title, hint, headers
FORM_HEAD_ROWS = 3


def write_form(path: Path, form: FormSheet) -> None:
    """Write `form` to `path`. Raises Refused when a text is longer than a cell can hold."""
    workbook = xlsxwriter.Workbook(path, OPTIONS)
    workbook.set_properties({"created": CREATED})
    try:
        _Form(workbook, form).write()
    finally:
        workbook.close()


class _Form:
    def __init__(self, workbook: xlsxwriter.Workbook, form: FormSheet) -> None:
        self._workbook = workbook
        self._form = form
        self._formats = {
            name: workbook.add_format({**_BODY, **style}) for name, style in _STYLES.items()
        }
        self._quoted = {
            name: workbook.add_format({**_BODY, **_STYLES[name], "quote_prefix": True})
            for name in ("locked", "text")
        }
        self._page = workbook.add_worksheet(sheet_name(form.name))
        self._shown = [index for index, one in enumerate(form.columns) if not one.hidden]

    def write(self) -> None:
        self._head()
        for index, row in enumerate(self._form.rows):
            for column, value in enumerate(row):
                self._cell(index, column, value)
        for column, about in enumerate(self._form.columns):
            self._page.set_column(
                column, column, about.width, None, {"hidden": 1} if about.hidden else {}
            )
            if about.fill and self._form.rows:
                self._validate(column, about)
        self._set_up()
        self._about()

    def _head(self) -> None:
        page, last = self._page, self._shown[-1]
        for row, (text, style) in enumerate(
            [(self._form.title, "title"), (self._form.hint, "hint")]
        ):
            page.merge_range(row, 0, row, last, "", self._formats[style])
            _write(page, (row, 0), strip_controls(text), self._formats[style])
        page.set_row(0, 30)
        page.set_row(1, 32)
        for column, about in enumerate(self._form.columns):
            _write(page, (FORM_HEAD_ROWS - 1, column), about.header, self._formats["head"])

    def _cell(self, index: int, column: int, value: FormValue) -> None:
        row, style = FORM_HEAD_ROWS + index, self._style(index, column)
        if isinstance(value, Decimal):
            self._page.write_number(row, column, value, self._formats[style])
            return
        text = strip_controls(value or "")
        if len(text) > MAX_CELL_CHARS:
            raise Refused(
                f"{cell_name(row, column)} 单元格有 {len(text)} 字，超过 Excel 每格 "
                f"{MAX_CELL_CHARS} 字的上限，请缩短后再导出"
            )
        if not text:
            self._page.write_blank(row, column, None, self._formats[style])
        else:
            _write(self._page, (row, column), text, self._text_format(text, style))

    def _style(self, index: int, column: int) -> str:
        about = self._form.columns[column]
        if not about.fill or (index, column) in self._form.closed:
            return "locked"
        return "number" if about.number else "text"

    def _text_format(self, text: str, style: str) -> Format:
        formats = self._quoted if text.startswith(FORMULA_STARTS) else self._formats
        return formats.get(style, self._formats[style])

    def _validate(self, column: int, about: FormColumn) -> None:
        rule: dict[str, Any] = {"ignore_blank": True, "error_title": about.header}
        if about.choices:
            rule |= {"validate": "list", "source": list(about.choices)}
            rule["error_message"] = "请从下拉列表里选。"
        elif about.number:
            rule |= {"validate": "decimal", "criteria": ">=", "value": 0}
            rule["error_message"] = "只填数字，单位不用写。"
        elif about.most:
            rule |= {"validate": "length", "criteria": "<=", "value": about.most}
            rule["error_message"] = f"最多 {about.most} 字。"
        else:
            return
        last = FORM_HEAD_ROWS + len(self._form.rows) - 1
        self._page.data_validation(FORM_HEAD_ROWS, column, last, column, rule)

    def _set_up(self) -> None:
        page = self._page
        page.set_paper(_A4)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        page.set_footer("&C第 &P 页，共 &N 页")
        page.repeat_rows(FORM_HEAD_ROWS - 1)
        page.print_area(0, 0, FORM_HEAD_ROWS + max(len(self._form.rows), 1) - 1, self._shown[-1])
        page.freeze_panes(FORM_HEAD_ROWS, self._form.frozen)
        # without a password: it keeps honest people from slips, nobody from anything else
        page.protect("", {"format_rows": True})

    def _about(self) -> None:
        page = self._workbook.add_worksheet(sheet_name(self._form.about_name))
        for row, pair in enumerate(self._form.about):
            for column, text in enumerate(pair):
                _write(page, (row, column), strip_controls(text))
        page.protect("")
        page.very_hidden()


def _write(page: Worksheet, place: tuple[int, int], text: str, look: Format | None = None) -> None:
    """Plain text: XlsxWriter takes one that begins and ends like a run of rich text for its markup.

    Written in three runs it is escaped, and reads back as the one text.
    """
    if text.startswith("<r>") and text.endswith("</r>"):
        page.write_rich_string(*place, text[0], text[1], text[2:], *([look] if look else []))
    else:
        page.write_string(*place, text, look)
