"""Tables as offices make them, with the readings that their authors meant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.cell_range import CellRange

from apps.common.spreadsheets import Sheet, read_pasted, read_sheets
from apps.tasks.deadlines import Kind, read_deadline
from apps.tasks.layout import SourceRow, TableReading, read_table
from apps.tasks.selectors.table_answers import read_responsibility
from tests.tasks.known_layouts import Case
from tests.tasks.layout_files import write

ISSUED = date(2024, 2, 20)
LINES = Path(__file__).parents[1] / "data" / "office_layouts.jsonl"
TABLES = {case["name"]: case for case in map(json.loads, LINES.read_text("utf-8").splitlines())}
Read = dict[str, Any]


def workbook(path: Path, sheets: Sequence[dict[str, Any]], struck: str = "") -> list[Sheet]:
    book = Workbook()
    book.remove(book["Sheet"])
    for told in sheets:
        sheet = book.create_sheet(told["name"])
        for row, values in enumerate(told["grid"], 1):
            for column, value in enumerate(values, 1):
                cell = sheet.cell(row, column)
                if isinstance(value, dict):
                    day = value["day"]
                    cell.value = datetime.fromisoformat(day) if isinstance(day, str) else day
                    cell.number_format = value["format"]
                elif value != "":
                    cell.value = value
        for merge in told["merges"]:
            sheet.merge_cells(merge)
        if struck:
            sheet[struck].font = Font(strike=True)
    book.save(path)
    return read_sheets(path, name=path.name)


def sheets_of(case: dict[str, Any], path: Path) -> list[Sheet]:
    if "pasted" in case:
        pasted = case["pasted"]
        is_html = case["kind"] == "html"
        return read_pasted(html=pasted if is_html else "", text="" if is_html else pasted)
    if case["kind"] == "xlsx" or len(case["sheets"]) > 1:
        return workbook(path, case["sheets"])
    told = case["sheets"][0]
    grid = [[value.get("day", "")[:10] if isinstance(value, dict) else value for value in row]
            for row in told["grid"]]  # fmt: skip
    ranges = [CellRange(merge) for merge in told["merges"]]
    merges = [(r.min_row - 1, r.min_col - 1, r.max_row - 1, r.max_col - 1) for r in ranges]
    return read_sheets(write(path, Case(grid, (), merges, case["kind"])), name=path.name)


def found(row: SourceRow) -> Read:
    read = read_deadline(row.deadline_text, ISSUED)
    parties = read_responsibility(row).parties
    return {
        "number": row.number,
        "category": list(row.category),
        "title": row.title,
        "content": row.content,
        "parties": sorted([party.name, party.role.value] for party in parties),
        "deadline": str(read.due_on) if read.kind is Kind.DATE else read.kind.value,
    }


@pytest.mark.parametrize("name", TABLES)
def test_each_cell_is_read_as_its_author_meant_it(tmp_path: Path, name: str) -> None:
    case = TABLES[name]
    reading = read_table(sheets_of(case, tmp_path / "表.dat"), sheet_name=case.get("sheet"))
    assert [found(row) for row in reading.rows] == case["expected"]
    assert not reading.errors


# --- what is not plain is asked ------------------------------------------------------------------


def asked(path: Path, *rows: Sequence[object], merges: Sequence[str] = (), struck: str = "") -> str:
    """The questions of a table, in one text."""
    sheets = workbook(path, [{"name": "表", "grid": rows, "merges": merges}], struck)
    reading: TableReading = read_table(sheets)
    assert not reading.errors
    return "\n".join(f"{warning.cell} {warning.message}" for warning in reading.warnings)


def test_a_struck_out_text_is_read_and_asked_about(tmp_path: Path) -> None:
    head, row = ("序号", "任务", "责任单位"), (1, "编制规划。", "市发展改革委")
    told = asked(tmp_path / "表.xlsx", head, row, struck="B2")
    assert told.startswith("B2 B2 单元格的文字带删除线")
    assert not asked(tmp_path / "表.xlsx", head, row)


def test_units_as_columns_are_asked_about(tmp_path: Path) -> None:
    head = ("序号", "任务", "市发改委", "市财政局", "完成时限")
    told = asked(tmp_path / "表.xlsx", head, (1, "编制规划。", "牵头", "配合", "6月底"))
    assert "没有认出责任单位列" in told


def test_several_columns_of_days_are_asked_about(tmp_path: Path) -> None:
    head = ("序号", "任务", "责任单位", "办结时限", "反馈时限")
    told = asked(tmp_path / "表.xlsx", head, (1, "编制规划。", "市发改委", "6月底", "5月底"))
    assert told.startswith("E1 “反馈时限”列也像完成时限")


def test_a_task_whose_measure_is_missing_is_its_goal_and_asked_about(tmp_path: Path) -> None:
    told = asked(
        tmp_path / "表.xlsx",
        ("序号", "主要目标任务", "具体工作措施", "责任单位"),
        (1, "完成投资120亿元", "加强调度。", "市发改委"),
        (2, "", "强化保障。", "市财政局"),
        (3, "粮食面积稳定", "", "市农业农村局"),
        merges=["B2:B3"],
    )
    assert told == "B4 第4行没有填写“具体工作措施”，按“主要目标任务”的文字读取，请核对"
