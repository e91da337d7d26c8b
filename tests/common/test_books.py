"""A workbook of several sheets, with notes and with rows as high as their texts need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from apps.common.spreadsheets import OutSheet, write_sheets


@pytest.fixture
def book(tmp_path: Path) -> Any:
    sheets = [
        OutSheet(
            name="台账",
            title_rows=[["任务台账"]],
            note="数据截至2020年9月30日",
            headers=["序号", "进展"],
            rows=([place, text] for place, text in enumerate(["短", "长" * 100, "一\n二\n三"])),
            widths=[6, 40],
            fitted=True,
        ),
        OutSheet(name="说明", headers=["项目"], rows=[["长" * 100]], widths=[40]),
    ]
    write_sheets(tmp_path / "a.xlsx", sheets)
    return load_workbook(tmp_path / "a.xlsx")


def test_sheets_stand_in_their_order(book: Any) -> None:
    assert book.sheetnames == ["台账", "说明"]
    assert [cell.value for cell in book["说明"]["A"]] == ["项目", "长" * 100]


def test_a_note_stands_below_the_title_over_all_columns(book: Any) -> None:
    sheet = book["台账"]
    assert [sheet["A1"].value, sheet["A2"].value] == ["任务台账", "数据截至2020年9月30日"]
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A2:B2"]
    assert sheet["A2"].font.size < sheet["A1"].font.size
    assert (sheet.print_title_rows, sheet.freeze_panes) == ("$3:$3", "A4")


def test_rows_are_as_high_as_their_texts_need(book: Any) -> None:
    heights = [book["台账"].row_dimensions[row].height for row in (4, 5, 6)]
    # 200 columns of letters in a width of 40: more than five lines, and room around them
    assert heights[0] is None
    assert heights[1] == 16 * 6 + 3
    assert heights[2] == 16 * 3 + 3
    assert book["说明"].row_dimensions[2].height is None
