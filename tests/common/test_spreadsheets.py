"""The spreadsheet door: what a person sees goes in as text, and text comes out as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from apps.common.errors import Refused
from apps.common.spreadsheets import (
    MAX_CELL_CHARS,
    OutSheet,
    OutValue,
    Sheet,
    cell_name,
    column_letter,
    read_sheets,
    reading,
    write_sheet,
)
from apps.common.spreadsheets.celltext import value_text
from apps.common.spreadsheets.writing import sheet_name

TABLES = Path(__file__).parents[1] / "data" / "tables"
DAY = datetime.combine(date(2020, 6, 30), time())
AFTERNOON = datetime.combine(DAY, time(14, 5))


def read_one(path: Path) -> Sheet:
    [sheet] = read_sheets(path, name=path.name)
    return sheet


def written(path: Path, *rows: Sequence[OutValue], headers: Sequence[str] = ("重点工作",)) -> Sheet:
    write_sheet(path, OutSheet(name="表", headers=headers, rows=rows))
    return read_one(path)


def worksheet(book: openpyxl.Workbook) -> Worksheet:
    page = book.active
    assert isinstance(page, Worksheet)
    return page


def test_xls_and_xlsx_of_one_table_read_alike() -> None:
    xls = read_one(TABLES / "guangdong_2017_45.xls")
    xlsx = read_one(TABLES / "guangdong_2017_45.xlsx")
    assert xls.name == xlsx.name == "任务分工表"
    # The .xlsx has a title row above.
    assert xls.rows == xlsx.rows[1:]
    assert xlsx.merges == ((0, 0, 0, 3),)


def test_the_ending_of_the_name_does_not_matter(tmp_path: Path) -> None:
    disguised = tmp_path / "表.xls"
    disguised.write_bytes((TABLES / "guangdong_2017_45.xlsx").read_bytes())
    assert read_one(disguised) == read_one(TABLES / "guangdong_2017_45.xlsx")
    disguised.write_bytes((TABLES / "guangdong_2017_45.xls").read_bytes())
    assert len(read_one(disguised).rows) == 46


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (12, "General", "12"),
        (12.0, "0.00", "12"),
        (0.1 + 0.2, "General", "0.3"),
        (3.1, "0.00", "3.10"),
        (3.1, "General", "3.1"),
        (0.125, "0.0%", "12.5%"),
        (0.29, "0%", "29%"),
        (2020, '0"年"', "2020年"),
        (7, "000", "007"),
        (5, '"第"0"项"', "第5项"),
        (1234.5, "#,##0.0", "1234.5"),
        (0.5, "# ?/?", "0.5"),
        (1.5e-7, "General", "0.00000015"),
        (1e300, "General", "1e+300"),
        (1e20, "0", "100000000000000000000"),
        (True, "General", "是"),
        (False, "General", "否"),
        (DAY, "yyyy-mm-dd", "2020-06-30"),
        (DAY, "mm-dd-yy", "2020-06-30"),
        (DAY, '[$-804]yyyy"年"m"月"d"日";@', "2020-06-30"),
        (DAY, 'yyyy"年"m"月"', "2020年6月"),
        (DAY, "[DBNum1][$-804]yyyy年m月", "2020年6月"),
        (DAY, "mmm-yy", "2020年6月"),
        (DAY, "yyyy", "2020年"),
        (DAY, 'm"月"d"日"', "6月30日"),
        (AFTERNOON, "yyyy-mm-dd hh:mm", "2020-06-30 14:05"),
        (AFTERNOON, "h:mm AM/PM", "14:05"),
        (time(9, 30), "h:mm", "09:30"),
        (timedelta(hours=30, minutes=5), "[h]:mm", "30:05:00"),
        (None, "General", ""),
    ],
)
def test_a_value_reads_as_it_is_shown(value: object, code: str, text: str) -> None:
    assert value_text(value, code) == text


def test_text_keeps_its_line_breaks_and_loses_control_characters() -> None:
    assert value_text("县水务局\r\n县住建局\r县档案局") == "县水务局\n县住建局\n县档案局"
    assert value_text("一_x000D_\n二\x07三\x0b") == "一\n二三"
    assert value_text("_x005F_x000D_ _x0041_") == "_x000D_ _x0041_"
    assert value_text("　全角（１）\t") == "　全角（１）\t"


def test_dates_percentages_and_formulas_of_a_real_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = worksheet(book)
    page["A1"] = DAY
    page["A1"].number_format = 'yyyy"年"m"月"'
    page["B1"] = 0.125
    page["B1"].number_format = "0.0%"
    page["C2"] = "=1+1"
    page["A2"] = "#N/A"
    page["A2"].data_type = "e"
    book.create_sheet("旧表").sheet_state = "hidden"
    book.save(tmp_path / "表.xlsx")
    first, second = read_sheets(tmp_path / "表.xlsx", name="表.xlsx")
    assert first.rows == (("2020年6月", "12.5%"), ("#N/A", ""))
    assert [warning.split(" ")[0] for warning in first.warnings] == ["A2", "C2"]
    assert (second.name, second.hidden, second.rows) == ("旧表", True, ())


def test_only_the_first_cell_of_a_merge_has_text_and_merges_end_with_the_table(
    tmp_path: Path,
) -> None:
    book = openpyxl.Workbook()
    page = worksheet(book)
    page["A1"], page["A2"], page["B2"] = "标题", "一", "二"
    page.merge_cells("A1:H1")
    page.merge_cells("A3:B9")
    book.save(tmp_path / "表.xlsx")
    sheet = read_one(tmp_path / "表.xlsx")
    assert sheet.rows == (("标题", ""), ("一", "二"))
    assert sheet.merges == ((0, 0, 0, 1),)


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-推进", "@所有单位", "{=A1}", "http://a.cn", "007"]
)
def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path, text: str) -> None:
    sheet = written(tmp_path / "表.xlsx", [text], headers=[text])
    assert sheet.rows == ((text,), (text,))
    book = openpyxl.load_workbook(tmp_path / "表.xlsx")
    assert worksheet(book)["A2"].data_type == "s"


def test_numbers_and_dates_are_written_as_such(tmp_path: Path) -> None:
    values: list[OutValue] = [1, Decimal("1.10"), date(2020, 6, 30), None, 10**17, date(1899, 1, 2)]
    sheet = written(tmp_path / "表.xlsx", values)
    assert sheet.rows[1] == ("1", "1.10", "2020-06-30", "", str(10**17), "1899-01-02")
    cells = worksheet(openpyxl.load_workbook(tmp_path / "表.xlsx"))[2]
    assert [cell.data_type for cell in cells] == ["n", "n", "d", "n", "s", "s"]


def test_a_text_too_long_for_a_cell_is_refused_with_its_cell(tmp_path: Path) -> None:
    assert (
        written(tmp_path / "表.xlsx", ["长" * MAX_CELL_CHARS]).rows[1][0] == "长" * MAX_CELL_CHARS
    )
    with pytest.raises(Refused, match="B2 单元格有 32768 字"):
        written(tmp_path / "表.xlsx", ["短", "长" * (MAX_CELL_CHARS + 1)])


def test_the_same_sheet_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("甲.xlsx", "乙.xlsx"):
        written(tmp_path / name, ["一", 2])
    assert (tmp_path / "甲.xlsx").read_bytes() == (tmp_path / "乙.xlsx").read_bytes()


def test_a_written_sheet_is_ready_to_print(tmp_path: Path) -> None:
    out = OutSheet(
        name="任务/分工:表*" + "很" * 40,
        title_rows=[["附件", ""], ["任务分工表", ""]],
        upper_headers=[["单位", ""]],
        headers=["牵头", "配合"],
        rows=[["省科技厅", "省财政厅"], ["", "省商务厅"]],
        merges=[(1, 0, 1, 1), (2, 0, 2, 1), (4, 0, 5, 0)],
    )
    write_sheet(tmp_path / "表.xlsx", out)
    sheet = read_one(tmp_path / "表.xlsx")
    assert sheet.name == "任务 分工 表 " + "很" * 23
    assert sheet.merges == tuple(out.merges)
    assert sheet.rows[4:] == (("省科技厅", "省财政厅"), ("", "省商务厅"))
    page = worksheet(openpyxl.load_workbook(tmp_path / "表.xlsx"))
    assert (page.page_setup.orientation, page.page_setup.fitToHeight) == ("landscape", 0)
    assert (page.freeze_panes, page.print_title_rows) == ("A5", "$3:$4")
    assert page["A4"].font.b
    assert page["A5"].alignment.wrap_text


def test_widths_are_taken_as_given(tmp_path: Path) -> None:
    out = OutSheet(name="表", headers=["序号", "内容"], rows=[], widths=[5, 40])
    write_sheet(tmp_path / "表.xlsx", out)
    widths = worksheet(openpyxl.load_workbook(tmp_path / "表.xlsx")).column_dimensions
    assert (round(widths["A"].width), round(widths["B"].width)) == (6, 41)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("", "Sheet1"),
        ("[a]:*?/\\", "a"),
        ("'引号'", "引号"),
        ("History", "Sheet1"),
        ("表\x00", "表"),
    ],
)
def test_sheet_names_are_cleaned(wanted: str, name: str) -> None:
    assert sheet_name(wanted) == name


def test_cells_are_named_as_in_excel() -> None:
    assert [column_letter(index) for index in (0, 25, 26, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
    ]
    assert cell_name(11, 2) == "C12"


# A merged sheet keeps its texts in the shared table, where the reader takes this for an escape.
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30).map(
    lambda text: value_text(text.replace("_x", "_"))
)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=6), merged=st.booleans())
def test_any_table_of_texts_survives_writing_and_reading(
    tmp_path: Path, rows: list[list[str]], merged: bool
) -> None:
    body = [*rows, ["末", "行", "！"], ["", "", "再末"]]
    last = len(body)
    merges = [(last - 1, 0, last, 0)] if merged else []
    path = tmp_path / "表.xlsx"
    write_sheet(path, OutSheet(name="表", headers=["甲", "乙", "丙"], rows=body, merges=merges))
    sheet = read_one(path)
    assert sheet.rows == (("甲", "乙", "丙"), *(tuple(row) for row in body))
    assert list(sheet.merges) == merges


def test_a_large_plain_sheet_reads_the_same_by_the_fast_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = openpyxl.Workbook()
    page = worksheet(book)
    page.append(["重点\r\n工作", 1, 0.1 + 0.2, True, "=1", 12345678901234567, "  x "])
    page.append([None, None, "&<>", 1e-7])
    page["E1"].data_type = "s"
    page.merge_cells("A1:B1")
    book.create_sheet("空")
    book.create_sheet("隐").sheet_state = "hidden"
    book.save(tmp_path / "表.xlsx")
    for path in (tmp_path / "表.xlsx", TABLES / "merged_subrows.xlsx"):
        monkeypatch.setattr(reading, "_LARGE_CELLS", 10**9)
        slowly = read_sheets(path, name="表")
        monkeypatch.setattr(reading, "_LARGE_CELLS", 0)
        monkeypatch.setattr(reading, "ExcelReader", None)
        assert read_sheets(path, name="表") == slowly
        monkeypatch.undo()
