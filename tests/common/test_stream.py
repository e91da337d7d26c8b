"""Sheets written row by row: whatever stands in a cell comes back as it was, and only as text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from apps.common.errors import Refused
from apps.common.spreadsheets import OutSheet, OutValue, column_widths, read_sheets, write_sheets
from apps.common.spreadsheets.celltext import strip_controls

EVIL = (
    "<r>粗体</r>",
    "<r>&没有尾巴",
    "=1+1",
    "+8620",
    "-5",
    "@某人",
    "\t=制表",
    "a&b<c>d\"e'",
    "_x0041_",
    "_x000D_换行",
    " 前后有空格 ",
    "　全角空格",
    "多\n行\n",
    "https://example.invalid/",
    "00123",
    "]]>",
)


def written(path: Path, *sheets: OutSheet) -> Path:
    write_sheets(path, sheets)
    return path


@pytest.mark.parametrize("place", ["title", "upper", "head", "body", "section"])
def test_hostile_texts_stay_texts_wherever_they_stand(tmp_path: Path, place: str) -> None:
    rows = {name: [("甲",) * len(EVIL)] for name in ("title", "upper", "head", "body", "section")}
    rows[place] = [EVIL]
    sheet = OutSheet(
        "表",
        headers=rows["head"][0],
        rows=[rows["body"][0], rows["section"][0]],
        title_rows=rows["title"],
        upper_headers=rows["upper"],
        looks={1: "section"},
    )
    page = load_workbook(written(tmp_path / "a.xlsx", sheet)).active
    assert page is not None
    at = 1 + list(rows).index(place)
    # openpyxl does not undo the escape that keeps _x0041_ from being read as A
    found = [str(cell.value).replace("_x005F_", "_") for cell in page[at]]
    assert found == list(EVIL)
    for cell, text in zip(page[at], EVIL, strict=True):
        assert cell.data_type != "f"
        assert bool(cell.quotePrefix) == text.startswith(("=", "+", "-", "@", "\t"))


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_without_its_control_characters(
    tmp_path: Path, texts: list[str]
) -> None:
    out = OutSheet("表", ["头"] * len(texts), [texts, ["尾"] * len(texts)])
    [sheet] = read_sheets(written(tmp_path / "a.xlsx", out), name="a.xlsx")
    # a reader makes nothing of the escape of an escape in only one way
    expected = [strip_controls(text) for text in texts]
    assert [text.replace("_x005F_", "_") for text in sheet.rows[1]] == [
        text.replace("_x005F_", "_") for text in expected
    ]


def test_figures_and_days_stay_what_they_are(tmp_path: Path) -> None:
    values: list[OutValue] = [
        7,
        Decimal("77.50"),
        Decimal("-0.1"),
        Decimal("1E+3"),
        Decimal("123456789012345678.9"),
        date(2020, 10, 12),
        date(1900, 2, 28),
        date(1900, 3, 1),
        date(1899, 12, 31),
        None,
        "",
    ]
    out = OutSheet("表", ["头"] * len(values), [values])
    page = load_workbook(written(tmp_path / "a.xlsx", out)).active
    assert page is not None
    cells = page[2]
    assert [cell.value for cell in cells[:5]] == [7, 77.5, -0.1, 1000, "123456789012345678.9"]
    assert isinstance(cells[0].value, int)
    assert [cell.number_format for cell in cells[:3]] == ["General", "0.00", "0.0"]
    assert [str(cell.value)[:10] for cell in cells[5:9]] == [
        "2020-10-12", "1900-02-28", "1900-03-01", "1899-12-31"
    ]  # fmt: skip
    assert [cell.value for cell in cells[9:]] == [None, None]
    assert all(cell.border.left.style for cell in cells)


def test_cells_merged_both_ways_are_streamed_and_read_back(tmp_path: Path) -> None:
    merges = [(0, 0, 0, 3), (1, 0, 2, 0), (1, 1, 1, 2), (3, 0, 5, 0), (4, 1, 5, 3), (6, 0, 6, 3)]
    out = OutSheet(
        "表",
        ["", "甲", "乙", "丙"],
        [["类", "一", "二", "三"], ["看不见", "四", "", ""], ["", "", "", ""], ["注"]],
        title_rows=[["标题" * 60]],
        upper_headers=[["序号", "单位", "", "时限"]],
        merges=merges,
        widths=[10, 20, 20, 10],
    )
    [sheet] = read_sheets(written(tmp_path / "a.xlsx", out), name="a.xlsx")
    assert sorted(sheet.merges) == merges
    assert [row[0] for row in sheet.rows[3:]] == ["类", "", "", "注"]
    page = load_workbook(tmp_path / "a.xlsx").active
    assert page is not None
    assert page.row_dimensions[1].height > 60
    assert page.row_dimensions[7].height is None


def test_the_print_is_set_up_for_a4_across(tmp_path: Path) -> None:
    out = OutSheet("表", ["甲"], [["一"]] * 3, title_rows=[["题"]], foot="导出人：甲&乙")
    page = load_workbook(written(tmp_path / "a.xlsx", out)).active
    assert page is not None
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.print_title_rows == "$2:$2"
    assert page.freeze_panes == "A3"
    set_up: Any = page.sheet_properties.pageSetUpPr
    footer: Any = page.oddFooter
    assert set_up.fitToPage
    assert footer.center.text == "第 &P 页，共 &N 页"
    with ZipFile(tmp_path / "a.xlsx") as packed:
        assert "导出人：甲&amp;&amp;乙" in packed.read("xl/worksheets/sheet1.xml").decode()


def test_a_text_too_long_for_a_cell_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="B3 单元格有 40000 字"):
        written(tmp_path / "a.xlsx", OutSheet("表", ["甲", "乙"], [["", ""], ["", "长" * 40_000]]))
    assert not list(Path(tmp_path).glob("tmp*"))


def test_the_same_sheets_give_the_same_bytes(tmp_path: Path) -> None:
    sheets = [OutSheet(f"表{n}", ["甲"], [["一", 2]]) for n in range(3)]
    first, second = (written(tmp_path / f"{name}.xlsx", *sheets) for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert [sheet.name for sheet in read_sheets(first, name="a.xlsx")] == ["表0", "表1", "表2"]


def test_a_row_too_tall_for_its_sheet_is_written_in_smaller_letters(tmp_path: Path) -> None:
    texts = ["短", "长" * 600, "长" * 900, "长" * 9_000]
    out = OutSheet("表", ["甲"], [[text] for text in texts], widths=[34], fitted=True)
    page = load_workbook(written(tmp_path / "a.xlsx", out)).active
    assert page is not None
    assert [page.cell(row, 1).font.size for row in range(2, 6)] == [11, 8, 6, 6]
    assert page.row_dimensions[2].height is None
    assert all(19 < page.row_dimensions[row].height <= 409 for row in range(3, 6))


def test_widths_give_way_where_the_page_is_full() -> None:
    assert column_widths([["一", "二" * 5]]) == [6.48, 13.2]
    wide = column_widths([["1", *["长" * 100] * 4]])
    assert wide[0] == 6.48
    assert sum(wide) <= 190
    # nothing can be read in columns that are narrower
    assert min(column_widths([["长" * 100] * 40])) == 12
