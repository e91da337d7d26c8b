"""Original tables with rows that have come or gone since: merged cells grow, shrink, pass on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from apps.agencies.models import Agency
from apps.common.spreadsheets import OutSheet, Sheet, read_sheets, write_sheet
from apps.tasks.access import scope_of
from apps.tasks.layout import Column, Layout, OtherRow
from apps.tasks.layout_types import Merge
from apps.tasks.models import SourceTable
from apps.tasks.rebuilding import TaskRow, rebuild
from apps.tasks.services.export import Exporter, original_sheet, workbook_to
from tests.builders import TODAY, make_agency, make_member, make_plan
from tests.tasks.workbooks import bring_in, diff

COLUMNS = (Column(0, "类别", "category"), Column(1, "序号", "number"), Column(2, "任务", "content"))


def layout(*merges: Merge, last: int = 5, others: Sequence[OtherRow] = ()) -> Layout:
    return Layout("表", (1,), COLUMNS, 2, last, merges=merges, others=tuple(others))


def row(at: int | None, category: str, number: str, said: str = "") -> TaskRow:
    return TaskRow(at, (category, number, f"任务{number}"), {0: said} if said else {})


def shape(sheet: OutSheet) -> tuple[list[tuple[object, object]], list[Merge]]:
    return [(cells[0], cells[1]) for cells in sheet.rows], list(sheet.merges)


def test_a_row_in_the_middle_of_a_merged_cell_of_its_own_is_part_of_it() -> None:
    rows = [row(2, "类", "1"), row(None, "", "2", "类"), row(3, "", "3", "类"), row(4, "别", "4")]
    cells, merges = shape(rebuild(layout((1, 0, 2, 0), last=4), rows))
    assert cells == [("类", 1), ("", 2), ("", 3), ("别", 4)]
    assert merges == [(1, 0, 3, 0)]


def test_rows_at_the_end_of_a_merged_cell_of_theirs_make_it_longer() -> None:
    rows = [
        row(2, "类", "1"), row(3, "", "2", "类"),
        row(None, "", "3", "类"), row(None, "", "4", "类"),
        row(None, "", "5", "别的"), row(4, "别", "6"),
    ]  # fmt: skip
    cells, merges = shape(rebuild(layout((1, 0, 2, 0), last=4), rows))
    assert cells == [("类", 1), ("", 2), ("", 3), ("", 4), ("别的", 5), ("别", 6)]
    assert merges == [(1, 0, 4, 0)]


def test_two_rows_that_were_merged_before_are_merged_again() -> None:
    rows = [row(2, "类", "1"), row(None, "", "2", "类"), row(3, "别", "3")]
    cells, merges = shape(rebuild(layout(last=3), rows))
    assert cells == [("类", 1), ("", 2), ("别", 3)]
    assert merges == [(1, 0, 2, 0)]


def test_a_text_left_out_below_is_not_merged() -> None:
    rows = [row(2, "类", "1"), row(3, "", "2", "类"), row(None, "", "3", "类"), row(4, "别", "4")]
    cells, merges = shape(rebuild(layout(last=4), rows))
    assert cells == [("类", 1), ("", 2), ("", 3), ("别", 4)]
    assert merges == []


def test_a_row_of_another_kind_goes_below_the_merged_cell_with_its_text_written_out() -> None:
    rows = [row(2, "类", "1"), row(None, "", "9", "旧类"), row(3, "", "2", "类"), row(4, "别", "3")]
    footer = OtherRow(5, "footer", ("注", "", ""))
    found = rebuild(layout((1, 0, 2, 0), (4, 0, 4, 2), last=4, others=[footer]), rows)
    cells, merges = shape(found)
    assert cells == [("类", 1), ("", 2), ("旧类", 9), ("别", 3), ("注", "")]
    assert merges == [(1, 0, 2, 0), (5, 0, 5, 2)]
    assert found.looks == {4: "footer"}


def test_the_first_row_left_takes_over_the_text_of_a_merged_cell() -> None:
    rows = [row(3, "", "2", "类"), row(4, "", "3", "类"), row(5, "别", "4")]
    cells, merges = shape(rebuild(layout((1, 0, 3, 0)), rows))
    assert cells == [("类", 2), ("", 3), ("别", 4)]
    assert merges == [(1, 0, 2, 0)]


# With a database: what an empty cell means is told by what was read

HEADERS = ("领域", "方向", "序号", "重点任务", "牵头单位", "完成时限")
CELLS = (
    ("创新", "平台", "1", "建设实验室", "甲厅", "2020年底前"),
    ("", "", "2", "建设中心", "甲厅、乙厅", "2021年底前"),
    ("", "人才", "3", "引进团队", "乙厅", "持续推进"),
    ("", "", "", "培养团队", "", "2022年底前"),
    ("产业", "链条", "4", "补齐短板", "丙厅", "2020年底前"),
)
MERGES = [
    (0, 0, 0, 5), (1, 0, 1, 1), (1, 2, 2, 2), (1, 3, 2, 3), (1, 4, 1, 5),
    (3, 0, 6, 0), (3, 1, 4, 1), (5, 1, 6, 1), (5, 2, 6, 2), (5, 4, 6, 4), (8, 0, 8, 5),
]  # fmt: skip


@pytest.fixture
def _units() -> list[Agency]:
    return [make_agency(name) for name in ("甲厅", "乙厅", "丙厅")]


def table(
    path: Path, cells: Sequence[Sequence[str]] = CELLS, merges: Sequence[Merge] = MERGES
) -> Path:
    """Two levels of categories, a sub-row, a header of two rows, a title, a note at the foot."""
    out = OutSheet(
        "任务分工",
        headers=["领域", "方向", "", "", HEADERS[4], HEADERS[5]],
        rows=[*cells, ["注：=不是公式", *[""] * 5]],
        title_rows=[["重点任务分工表", *[""] * 5]],
        upper_headers=[["类别", "", HEADERS[2], HEADERS[3], "分工", ""]],
        merges=merges,
    )
    write_sheet(path, out)
    return path


def sheet_of(path: Path) -> Sheet:
    [sheet] = read_sheets(path, name=path.name)
    return sheet


@pytest.mark.django_db
@pytest.mark.usefixtures("_units")
def test_two_levels_sub_rows_and_a_header_of_two_rows_come_back(tmp_path: Path) -> None:
    plan = make_plan(issued_on=date(2020, 1, 1))
    before = table(tmp_path / "原表.xlsx")
    bring_in(plan, before)
    after = tmp_path / "导出.xlsx"
    workbook_to(after, original_sheet(plan))
    assert sheet_of(after).rows == sheet_of(before).rows
    assert sorted(sheet_of(after).merges) == sorted(sheet_of(before).merges)
    assert not diff(plan, after).changes_anything


@pytest.mark.django_db
@pytest.mark.usefixtures("_units")
def test_a_row_that_is_not_in_the_newer_file_keeps_its_part_of_merged_cells(tmp_path: Path) -> None:
    plan = make_plan(issued_on=date(2020, 1, 1))
    bring_in(plan, table(tmp_path / "原表.xlsx"))
    # without the second row, whose category is merged with the first one's
    shorter = [
        (0, 0, 0, 5), (1, 0, 1, 1), (1, 2, 2, 2), (1, 3, 2, 3), (1, 4, 1, 5),
        (3, 0, 5, 0), (4, 1, 5, 1), (4, 2, 5, 2), (4, 4, 5, 4), (7, 0, 7, 5),
    ]  # fmt: skip
    bring_in(plan, table(tmp_path / "新表.xlsx", [CELLS[0], *CELLS[2:]], shorter))
    after = tmp_path / "导出.xlsx"
    workbook_to(after, original_sheet(plan))
    assert sheet_of(after).rows == sheet_of(tmp_path / "原表.xlsx").rows
    assert sorted(sheet_of(after).merges) == sorted(sheet_of(tmp_path / "原表.xlsx").merges)
    found = diff(plan, after)
    assert not any(each.changes for each in found.rows)
    assert not found.missing


@pytest.mark.django_db
def test_the_page_of_a_row_tells_no_more_than_the_export(tmp_path: Path, client: Client) -> None:
    plan = make_plan(issued_on=date(2020, 1, 1))
    lead, part = make_agency("甲厅"), make_agency("乙厅")
    headers = ["序号", "重点任务", "牵头单位", "参加单位", "进展情况", "存在问题"]
    path = tmp_path / "台账.xlsx"
    for progress, problem in (("已选址", "缺地"), ("已开工", "缺钱")):
        row = ("1", "建设实验室", "甲厅", "乙厅", progress, problem)
        write_sheet(path, OutSheet("表", headers, [row]))
        bring_in(plan, path)
    pages = {}
    for agency in (lead, part):
        client.force_login(make_member(agency, "reporter"))
        pages[agency.name] = client.get(f"/tasks/{plan.tasks.get().pk}/").content.decode()
    words = ("已选址", "缺地", "已开工", "缺钱")
    assert [word in pages["甲厅"] for word in words] == [True] * 4
    assert [word in pages["乙厅"] for word in words] == [False] * 4
    user = make_member(part, "reporter")
    [cells] = original_sheet(plan, Exporter(user, scope_of(user, TODAY), TODAY)).rows
    assert list(cells[3:]) == ["乙厅", "", ""]


@pytest.mark.django_db
def test_a_unit_that_answers_for_a_part_reads_no_cell_of_all(tmp_path: Path) -> None:
    plan = make_plan(issued_on=date(2020, 1, 1))
    first, second = make_agency("甲厅"), make_agency("乙厅")
    path = tmp_path / "台账.xlsx"
    rows = [("1", "建设实验室", "甲厅、乙厅", "甲厅已开工；乙厅未动")]
    write_sheet(path, OutSheet("表", ["序号", "重点任务", "牵头单位", "进展情况"], rows))
    bring_in(plan, path)
    told = []
    # the first of them puts the row together
    for agency in (first, second):
        user = make_member(agency, "reporter")
        [cells] = original_sheet(plan, Exporter(user, scope_of(user, TODAY), TODAY)).rows
        told.append(cells[3])
    assert told == ["甲厅已开工；乙厅未动", ""]


@pytest.mark.django_db
def test_what_a_running_table_tells_of_a_row_is_read_only_by_who_may(tmp_path: Path) -> None:
    plan = make_plan(issued_on=date(2020, 1, 1))
    mine, other = make_agency("甲厅"), make_agency("乙厅")
    path = tmp_path / "台账.xlsx"
    rows = [("1", "建设实验室", "甲厅", "已开工"), ("2", "建设中心", "乙厅", "已选址")]
    write_sheet(path, OutSheet("表", ["序号", "重点任务", "牵头单位", "进展情况"], rows))
    bring_in(plan, path)
    layout_kept = SourceTable.objects.get(plan=plan).layout
    assert layout_kept["columns"][3]["field"] in {"progress", "state"}
    user = make_member(mine, "reporter")
    assert other.pk
    exporter = Exporter(user, scope_of(user, TODAY), TODAY)
    told = [cells[3] for cells in original_sheet(plan, exporter).rows]
    assert told == ["已开工", ""]
    assert [cells[3] for cells in original_sheet(plan).rows] == ["已开工", "已选址"]
    assert original_sheet(plan, exporter).foot == "导出人：甲厅 某人，2020-10-12"
