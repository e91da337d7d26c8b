"""Workbooks for tests of import and export, and the ways in without a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from apps.common.actor import COMMAND_LINE
from apps.common.spreadsheets import OutSheet, read_sheets, write_sheet
from apps.plans.models import Plan
from apps.tasks.access import everything
from apps.tasks.layout import Layout, TableReading, read_table
from apps.tasks.models import SourceTable
from apps.tasks.selectors.tables import TableDiff, table_diff
from apps.tasks.services.tables import Import, table_import
from tests.builders import TODAY

TABLES = Path(__file__).parents[1] / "data" / "tables"
HEADERS = ("序号", "重点工作", "牵头部门", "完成时限")
Rows = Sequence[Sequence[str]]
ROWS = (
    ("1", "实施重大专项。", "省科技厅", "持续推进"),
    ("2", "组建创新中心。", "省发展改革委、省科技厅", "2020年"),
    ("3", "=SUM(A1:A9)", "省科技厅", "2020年12月底前"),
    ("4", "+1 和 -1，@某人", "省教育厅", "2018年"),
    ("5", "实施" + "长" * 2_990 + "工程。", "省教育厅", "持续推进"),
    ("6", "支持发行债券。", "省发展改革委", "力争2019年"),
)


def book(path: Path, rows: Rows = ROWS, *, headers: Sequence[str] = HEADERS) -> Path:
    """A workbook with one table under its title."""
    columns = len(headers)
    write_sheet(
        path,
        OutSheet(
            name="任务分工表",
            title_rows=[["任务分工表", *[""] * (columns - 1)]],
            headers=headers,
            rows=rows,
            merges=[(0, 0, 0, columns - 1)],
        ),
    )
    return path


def reading(plan: Plan, path: Path) -> TableReading:
    """The file the way an import of this plan reads it."""
    source = SourceTable.objects.filter(plan=plan).first()
    layout = Layout.from_dict(source.layout) if source else None
    return read_table(read_sheets(path, name=path.name), layout=layout)


def diff(plan: Plan, path: Path) -> TableDiff:
    return table_diff(plan, reading(plan, path))


def bring_in(plan: Plan, path: Path) -> TableDiff:
    return table_import(
        actor=COMMAND_LINE,
        scope=everything(),
        wanted=Import(plan=plan, reading=reading(plan, path), file_name=path.name),
        today=TODAY,
    )
