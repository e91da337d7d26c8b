"""The form writer on its own: what is locked, hidden, offered; what is said of a cell too long."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from apps.common.errors import Refused
from apps.common.spreadsheets import FormColumn, FormSheet, read_sheets, write_form

FORM = FormSheet(
    name="表[1]",
    title="标题",
    hint="说明",
    columns=[
        FormColumn("序号", 6),
        FormColumn("进展", 30, fill=True, most=20),
        FormColumn("数", 9, fill=True, number=True),
        FormColumn("选", 9, fill=True, choices=["甲", "乙"]),
        FormColumn("标识", 4, hidden=True),
    ],
    rows=[
        ["1", "=1+1", Decimal("1.50"), "甲", "77"],
        ["2", "\x00坏\r\n字\x1f", None, "", "78"],
    ],
    about_name="关于",
    about=[("期", "2020Q3")],
    closed={(1, 2)},
    frozen=1,
)


def page_of(path: Path) -> Worksheet:
    return cast("Worksheet", load_workbook(path).worksheets[0])


def test_only_open_cells_of_columns_to_be_filled_are_unlocked(tmp_path: Path) -> None:
    write_form(tmp_path / "a.xlsx", FORM)
    page = page_of(tmp_path / "a.xlsx")
    unlocked = {c.coordinate for row in page.iter_rows() for c in row if not c.protection.locked}
    assert unlocked == {"B4", "C4", "D4", "B5", "D5"}
    assert page.protection.sheet
    assert not page.protection.password
    assert page.column_dimensions["E"].hidden
    assert page.freeze_panes == "B4"


def test_each_kind_of_column_says_what_it_takes(tmp_path: Path) -> None:
    write_form(tmp_path / "a.xlsx", FORM)
    rules = page_of(tmp_path / "a.xlsx").data_validations.dataValidation
    said = {str(rule.sqref): (rule.type, rule.formula1) for rule in rules}
    assert said == {
        "B4:B5": ("textLength", "20"),
        "C4:C5": ("decimal", "0"),
        "D4:D5": ("list", '"甲,乙"'),
    }


def test_it_comes_back_as_it_went_out(tmp_path: Path) -> None:
    write_form(tmp_path / "a.xlsx", FORM)
    visible, about = read_sheets(tmp_path / "a.xlsx", name="a.xlsx")
    assert visible.rows[3:] == (("1", "=1+1", "1.5", "甲", "77"), ("2", "坏\n字", "", "", "78"))
    assert (about.name, about.hidden, about.rows) == ("关于", True, (("期", "2020Q3"),))
    # text, and no formula when somebody edits it
    assert page_of(tmp_path / "a.xlsx")["B4"].quotePrefix


def test_the_same_form_gives_the_same_bytes(tmp_path: Path) -> None:
    write_form(tmp_path / "a.xlsx", FORM)
    write_form(tmp_path / "b.xlsx", FORM)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_form_without_rows_is_a_form(tmp_path: Path) -> None:
    write_form(tmp_path / "a.xlsx", dataclasses.replace(FORM, rows=[], closed=()))
    assert page_of(tmp_path / "a.xlsx").max_row == 3


def test_a_text_too_long_for_a_cell_is_refused_by_its_place(tmp_path: Path) -> None:
    long = dataclasses.replace(FORM, rows=[["1", "长" * 32_768, None, "", ""]])
    with pytest.raises(Refused, match="B4 单元格有 32768 字"):
        write_form(tmp_path / "a.xlsx", long)


@pytest.mark.parametrize("text", ["<r>甲</r>", "<r><t>甲</t></r>", "<r></c></r>", "a<b>&amp;"])
def test_a_text_that_looks_like_markup_comes_back_as_text(tmp_path: Path, text: str) -> None:
    form = dataclasses.replace(
        FORM, title=text, rows=[["1", text, None, "", "77"]], about=[("期", text)]
    )
    write_form(tmp_path / "a.xlsx", form)
    page = page_of(tmp_path / "a.xlsx")
    assert (page["A1"].value, page["B4"].value) == (text, text)
    assert not page["B4"].protection.locked
    read = read_sheets(tmp_path / "a.xlsx", name="a.xlsx")
    assert read[0].rows[3][1] == text
    assert read[1].rows[0][1] == text
