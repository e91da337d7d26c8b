"""A 任务分工表 is recognised in any arrangement of its parts, and comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.errors import Refused
from apps.common.spreadsheets import OutSheet, Sheet, read_sheets, write_sheet
from apps.tasks.headers import TASK, field_of, plain_number
from apps.tasks.layout import Column, Layout, SourceRow, TableReading, read_table
from apps.tasks.rebuilding import TaskRow, rebuild

TABLES = Path(__file__).parents[1] / "data" / "tables"
SAMPLES = ("merged_subrows", "three_roles_sections", "unlabelled_number")
ALL_TABLES = sorted(path.name for path in TABLES.glob("*.xls*"))
HEADERS = ("序号", "重点工作", "牵头部门", "完成时限")

Merge = tuple[int, int, int, int]


def sheet_of(*rows: Sequence[str], merges: Sequence[Merge] = (), name: str = "表") -> Sheet:
    width = max(len(row) for row in rows)
    padded = tuple((*row, *[""] * (width - len(row))) for row in rows)
    return Sheet(name=name, hidden=False, rows=padded, merges=tuple(merges))


def read(*rows: Sequence[str], merges: Sequence[Merge] = ()) -> TableReading:
    return read_table([sheet_of(*rows, merges=merges)])


def read_file(name: str) -> TableReading:
    return read_table(read_sheets(TABLES / name, name=name))


def expected(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((TABLES / f"{name}.expected.json").read_text())
    return rows


def pairs(reading: TableReading) -> list[TaskRow]:
    return [TaskRow(row.row, row.cells) for row in reading.rows]


def rebuilt(path: Path, reading: TableReading) -> Sheet:
    write_sheet(path, rebuild(reading.layout, pairs(reading)))
    [sheet] = read_sheets(path, name=path.name)
    return sheet


def fields(reading: TableReading) -> dict[str, str]:
    return {column.header: column.field for column in reading.layout.columns}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_table_reads_as_expected(name: str) -> None:
    reading = read_file(f"{name}.xlsx")
    assert not reading.errors
    assert not reading.warnings
    assert [
        {
            "number": row.number,
            "category": list(row.category),
            "title": row.title,
            "content": row.content,
            "deadline": row.deadline_text,
        }
        for row in reading.rows
    ] == [
        {key: row[key] for key in ("number", "category", "title", "content")}
        | {"deadline": row["deadline"]["text"]}
        for row in expected(name)
    ]


def test_responsibilities_stand_by_the_field_of_their_column() -> None:
    rows = read_file("three_roles_sections.xlsx").rows
    assert [dict(row.responsibility) for row in rows] == [
        {
            "lead": "市生态环境局",
            "responsible": "各区政府（含开发区管委会）",
            "support": "市交通委 市城市管理委 市住房城乡建设委",
        },
        {
            "lead": "市经济和信息化局",
            "responsible": "各区政府（含开发区管委会）",
            "support": "市生态环境局 市市场监管局 等部门",
        },
        {"lead": "市生态环境局", "support": "市城管执法局"},
    ]
    merged = read_file("merged_subrows.xlsx").rows
    assert [text for row in merged for _, text in row.responsibility][1:4] == [
        "县水务局\n县住建局",
        "县档案局\n县住建局",
        "县档案局\n县住建局",
    ]
    assert merged[3].cells == ("", "完成县档案馆主体建设。", "", "12月底前")
    assert merged[3].merged_from == ((0, 5), (2, 5))


def test_the_xls_and_the_xlsx_of_one_table_give_the_same_rows() -> None:
    xls, xlsx = read_file("guangdong_2017_45.xls"), read_file("guangdong_2017_45.xlsx")
    assert [replace(row, row=row.row + 1) for row in xls.rows] == list(xlsx.rows)
    assert [row.number for row in xlsx.rows] == [str(count) for count in range(1, 46)]
    assert {field for row in xlsx.rows for field, _ in row.responsibility} == {"lead"}
    assert (xlsx.layout.title, xlsx.layout.header_rows) == ("任务分工表", (2,))
    assert (xls.layout.title, xls.layout.header_rows) == ("", (1,))


def test_the_state_council_table_has_a_title_and_no_deadline() -> None:
    reading = read_file("state_council_2016_69.xlsx")
    assert len(reading.rows) == 69
    assert reading.layout.title == "重点任务分工方案"
    assert fields(reading) == {"序号": "number", "重点工作": "content", "负责部门": "responsible"}
    assert {row.deadline_text for row in reading.rows} == {""}


@pytest.mark.parametrize("name", ALL_TABLES)
def test_a_rebuilt_table_is_the_original(tmp_path: Path, name: str) -> None:
    [original, *_] = read_sheets(TABLES / name, name=name)
    reading = read_file(name)
    again = rebuilt(tmp_path / "表.xlsx", reading)
    assert (again.name, again.rows) == (original.name, original.rows)
    assert sorted(again.merges) == sorted(original.merges)
    assert read_table([again]) == replace(
        reading, layout=replace(reading.layout, merges=again.merges)
    )


@pytest.mark.parametrize("name", ALL_TABLES)
def test_a_layout_survives_being_stored_as_json(name: str) -> None:
    layout = read_file(name).layout
    assert Layout.from_dict(json.loads(json.dumps(layout.as_dict()))) == layout


def test_columns_may_stand_in_any_order() -> None:
    [sheet] = read_sheets(TABLES / "three_roles_sections.xlsx", name="表")
    plain = [sheet.rows[0], *sheet.rows[2:3], *sheet.rows[4:]]
    # The title stays left of the content: which of the two is which hangs on it.
    order = (4, 3, 1, 6, 2, 5, 0)
    moved = read(*([row[index] for index in order] for row in plain)).rows
    straight = read(*plain).rows

    def said(row: SourceRow) -> SourceRow:
        return replace(row, cells=(), responsibility=tuple(sorted(row.responsibility)))

    assert [said(row) for row in moved] == [said(row) for row in straight]


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ("序号 编号 项号", "number"),
        ("重点工作 重点任务 工作任务 主要任务 任务内容 工作内容 民生实事 项目名称 具体要求", TASK),
        ("工作要求 工作措施 主要措施 具体措施 目标任务", TASK),
        ("类别 所属领域", "category"),
        ("牵头部门 牵头单位", "lead"),
        (
            "主责单位 主要责任单位 主办单位 负责部门 责任单位 责任部门 责任科室 部门分工",
            "responsible",
        ),
        ("参加部门 参与单位 配合单位 协办单位 协同配合单位 协同责任单位 责任(配合)单位", "support"),
        ("数据提供单位", "data"),
        ("汇总单位", "consolidator"),
        ("指导单位", "guide"),
        ("完成时限 时限要求 完成时间 办理时限 时间进度 进度安排 时间节点", "deadline"),
        ("分管省领导 牵头领导 责任领导 责任人 联系人 任务来源 存在问题 启动时间", "ignored"),
        ("进展情况(7月) 落实情况 一季度进展 最新进展 完成情况", "progress"),
        ("状态 完成状态 是否办结", "state"),
        ("完成比例 完成率 进度(%)", "percent"),
        ("延期至 调整后完成时限", "extended_to"),
        ("实际完成时间 销号时间", "closed_on"),
        ("办结依据 销号说明", "closing"),
        ("最近报送日期 更新时间", "last_reported"),
        ("责任单位及责任人 牵头（配合）单位 责任单位（列第一位的为牵头单位）", "responsible"),
        ("备注 说明", "note"),
        ("年度目标 成果形式 2020年", ""),
    ],
)
def test_published_headers_are_understood(headers: str, field: str) -> None:
    assert {header: field_of(header) for header in headers.split()} == dict.fromkeys(
        headers.split(), field
    )


def test_spaces_and_line_breaks_inside_a_header_mean_nothing() -> None:
    headers = ("序  号", "重点\n工作", "牵 头\n部 门", "完成　时限\n（年底）")
    reading = read(headers, ("1", "推进", "省科技厅", "年底前"))
    assert list(fields(reading).values()) == ["number", "content", "lead", "deadline"]
    assert tuple(column.header for column in reading.layout.columns) == headers


def test_zhuze_leads_only_where_nobody_is_qiantou() -> None:
    assert fields(read(("重点任务", "主责单位"), ("推进", "甲局")))["主责单位"] == "lead"
    beside = read(("重点任务", "牵头部门", "主责单位"), ("推进", "甲局", "乙局"))
    assert fields(beside)["主责单位"] == "responsible"


def test_two_header_rows_name_the_lower_parts() -> None:
    reading = read(
        ("序号", "重点任务", "责任单位", ""),
        ("", "", "牵头", "配合"),
        ("1", "推进", "甲局", "乙局"),
        merges=[(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3)],
    )
    assert reading.layout.header_rows == (1, 2)
    assert reading.rows[0].responsibility == (("lead", "甲局"), ("support", "乙局"))
    assert reading.layout.columns[3] == Column(3, "责任单位\n配合", "support")


def test_sections_of_two_levels_and_notes_at_the_foot() -> None:
    reading = read(
        HEADERS,
        ("一、创新", "", "", ""),
        ("（一）平台", "", "", ""),
        ("1", "建设平台", "甲局", "年底前"),
        ("（二）人才", "", "", ""),
        ("2", "引进人才", "乙局", "年底前"),
        ("", "", "", ""),
        HEADERS,
        ("二、产业", "", "", ""),
        ("3", "做强产业", "丙局", "持续推进"),
        ("合计", "3 项", "", ""),
        ("注：时限以文件为准。", "", "", ""),
        ("第二条注", "", "", ""),
        merges=[(1, 0, 1, 3), (2, 0, 2, 3), (4, 0, 4, 3), (8, 0, 8, 3)],
    )
    assert [row.category for row in reading.rows] == [
        ("一、创新", "（一）平台"),
        ("一、创新", "（二）人才"),
        ("二、产业",),
    ]
    assert [other.kind for other in reading.layout.others] == [
        *("section", "section", "section", "blank", "header", "section"),
        *("footer", "footer", "footer"),
    ]
    assert [warning.row for warning in reading.warnings] == [11, 12, 13]
    assert (reading.layout.first_row, reading.layout.last_row) == (2, 10)
    assert not reading.errors


def test_a_category_written_once_or_repeated_counts_for_the_rows_below() -> None:
    once = read(
        ("重点工作", "工作措施", "责任单位"),
        *(("创新", "建设平台", "甲局"), ("", "引进人才", "乙局"), ("", "投入", "丙局")),
    )
    assert [row.category for row in once.rows] == [("创新",)] * 3
    assert [row.number for row in once.rows] == ["1", "2", "3"]
    again = read(
        ("重点工作", "工作措施", "责任单位"),
        *(("创新", "建设平台", "甲局"), ("创新", "引进人才", "乙局")),
    )
    assert [(row.category, row.title) for row in again.rows] == [(("创新",), None)] * 2


def test_a_title_merged_into_the_content_is_the_content() -> None:
    reading = read(
        ("序号", "重点任务", "工作措施", "责任单位"),
        ("1", "做强产业", "补链", "甲局"),
        ("2", "引进人才", "", "乙局"),
        merges=[(2, 1, 2, 2)],
    )
    assert [(row.title, row.content) for row in reading.rows] == [
        ("做强产业", "补链"),
        (None, "引进人才"),
    ]


def test_a_row_without_content_is_an_error_with_its_place() -> None:
    reading = read(HEADERS, ("1", "推进", "甲局", ""), ("2", "", "乙局", "年底前"))
    [error] = reading.errors
    assert (error.row, error.column, error.cell) == (3, "重点工作", "B3")
    assert "第3行没有填写“重点工作”" in error.message
    assert len(reading.rows) == 1


def test_one_number_in_two_rows_is_an_error_naming_both() -> None:
    reading = read(HEADERS, ("1", "推进", "甲局", ""), ("1.", "提升", "乙局", ""))
    [error] = reading.errors
    assert (error.row, error.column, error.cell) == (3, "序号", "A3")
    assert "第2行和第3行的序号都是“1”" in error.message


def test_rows_without_a_number_below_a_number_are_its_sub_rows_with_a_warning() -> None:
    reading = read(
        HEADERS,
        *(("3", "动工", "甲局", ""), ("", "完工", "甲局", ""), ("4", "验收", "甲局", "")),
    )
    assert [row.number for row in reading.rows] == ["3.1", "3.2", "4"]
    assert [warning.cell for warning in reading.warnings] == ["A3"]


@pytest.mark.parametrize(
    ("written", "numbers", "cells"),
    [
        (("", "2", "3"), ("1", "2", "3"), ["A2"]),
        (("1", "", "", "4"), ("1", "2", "3", "4"), ["A3", "A4"]),
        (("", "1", "2"), ("3", "1", "2"), ["A2"]),
    ],
)
def test_rows_whose_number_was_forgotten_are_counted_with_a_warning(
    written: tuple[str, ...], numbers: tuple[str, ...], cells: list[str]
) -> None:
    rows = [(number, f"推进第{at}事", "甲局", "年底") for at, number in enumerate(written)]
    reading = read(HEADERS, *rows)
    assert not reading.errors
    assert tuple(row.number for row in reading.rows) == numbers
    assert [warning.cell for warning in reading.warnings] == cells


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "1"),
        ("1.0", "1"),
        ("１．", "1"),
        ("3.10", "3.10"),
        ("（一）", "一"),
        ("一、", "一"),
        ("①", "1"),
        ("第3项", "3"),
        ("推进", ""),
        ("", ""),
    ],
)
def test_numbers_lose_their_brackets_and_full_stops(text: str, number: str) -> None:
    assert plain_number(text) == number


def test_a_very_long_content_is_kept_with_a_warning() -> None:
    reading = read(HEADERS, ("1", "长" * 3001, "甲局", ""))
    assert len(reading.rows[0].content) == 3001
    assert [warning.cell for warning in reading.warnings] == ["B2"]


def test_a_formula_without_a_result_is_a_warning_at_its_cell() -> None:
    sheet = replace(
        sheet_of(HEADERS, ("1", "推进", "甲局", "")), warnings=("D2 单元格的公式没有保存计算结果",)
    )
    [warning] = read_table([sheet]).warnings
    assert (warning.row, warning.column, warning.cell) == (2, "完成时限", "D2")


def test_the_sheet_with_a_table_is_found_among_others() -> None:
    table = sheet_of(HEADERS, ("1", "推进", "甲局", ""), name="分工")
    hidden = replace(table, name="旧表", hidden=True)
    cover = sheet_of(("填表说明",), name="说明")
    reading = read_table([hidden, cover, table])
    assert (reading.layout.sheet, reading.warnings) == ("分工", ())
    [warning] = read_table([cover, hidden]).warnings
    assert "是隐藏的" in warning.message
    twice = read_table([table, replace(table, name="另一")])
    assert twice.layout.sheet == "分工"
    assert "“另一”也像任务分工表" in twice.warnings[0].message
    assert read_table([hidden, table], sheet_name="旧表").layout.sheet == "旧表"


def test_what_holds_no_table_is_refused_with_what_was_looked_for() -> None:
    with pytest.raises(Refused, match=r"没有找到任务分工表：.*牵头部门"):
        read(("姓名", "电话"), ("张三", "1"))
    with pytest.raises(Refused, match="没有名为“附表”的工作表，现有工作表：“表”"):
        read_table([sheet_of(HEADERS)], sheet_name="附表")
    with pytest.raises(Refused, match="下面没有任务行"):
        read(HEADERS)
    with pytest.raises(Refused, match="没有找到"):
        read_table([])


def test_a_corrected_layout_counts_at_the_next_reading() -> None:
    rows = (("甲", "干什么", "谁来干"), ("1", "推进", "甲局"))
    with pytest.raises(Refused):
        read(*rows)
    columns = (
        Column(0, "甲", "number"),
        Column(1, "干什么", "content"),
        Column(2, "谁来干", "lead"),
    )
    layout = Layout("表", (1,), columns, 2, 2)
    assert layout.columns_of("lead") == columns[2:]
    [row] = read_table([sheet_of(*rows)], layout=layout).rows
    assert (row.number, row.content, row.responsibility) == ("1", "推进", (("lead", "甲局"),))
    moved = [[row[index] for index in (2, 1, 0)] for row in rows]
    [row] = read_table([sheet_of(*moved)], layout=layout).rows
    assert (row.number, row.responsibility) == ("1", (("lead", "甲局"),))


def test_rows_gone_or_added_move_the_rest_and_its_merges() -> None:
    reading = read(
        HEADERS,
        ("1", "推进", "甲局", ""),
        ("3", "动工", "甲局", ""),
        ("", "完工", "", ""),
        ("注：略", "", "", ""),
        merges=[(2, 0, 3, 0), (2, 2, 3, 2), (4, 0, 4, 3)],
    )
    kept = [row for row in pairs(reading) if row.row != 2]
    out = rebuild(reading.layout, [*kept, TaskRow(None, ("5", "新增", "乙局", ""))])
    assert [list(row)[:2] for row in out.rows] == [
        [3, "动工"],
        ["", "完工"],
        [5, "新增"],
        ["注：略", ""],
    ]
    assert out.merges == [(1, 0, 2, 0), (1, 2, 2, 2), (4, 0, 4, 3)]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r_"), max_size=12)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    titles=st.lists(st.lists(CELLS, min_size=5, max_size=5), max_size=2),
    body=st.lists(st.lists(CELLS, min_size=5, max_size=5), min_size=1, max_size=6),
)
def test_any_table_of_texts_comes_back_unchanged(
    tmp_path: Path, titles: list[list[str]], body: list[list[str]]
) -> None:
    headers = [*HEADERS, "备注"]
    rows = [*body, ["99", "末项", "甲局", "", "完"]]
    out = OutSheet(name="表", title_rows=titles, headers=headers, rows=rows)
    write_sheet(tmp_path / "一.xlsx", out)
    [first] = read_sheets(tmp_path / "一.xlsx", name="一.xlsx")
    reading = read_table([first])
    assert reading.layout.header_rows == (len(titles) + 1,)
    # A row without content is an error: nothing of such a table is saved, so it is left out here.
    wrong = {error.row for error in reading.errors} - {row.row for row in reading.rows}
    again = rebuilt(tmp_path / "二.xlsx", reading)
    assert again.rows == tuple(
        row for number, row in enumerate(first.rows, 1) if number not in wrong
    )


WORDS = st.sampled_from(
    ["", "", "1", "（一）", "一、创新", "推进", "甲局", "注：略", "合计", "责任单位"]
)


@settings(deadline=None, max_examples=150)
@given(
    body=st.lists(st.lists(WORDS, min_size=6, max_size=6), min_size=1, max_size=8),
    merged=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5), st.booleans()), max_size=6),
)
def test_every_row_below_the_header_is_accounted_for_once(
    body: list[list[str]], merged: list[tuple[int, int, bool]]
) -> None:
    cells = [["序号", "类别", "重点任务", "工作措施", "责任单位", "完成时限"], *body]
    merges: list[Merge] = []
    covered: set[tuple[int, int]] = set()
    for row, column, down in merged:
        last = (row + 1, column) if down else (row, column + 1)
        if last[0] >= len(cells) or last[1] > 5 or covered & {(row, column), last}:
            continue
        covered |= {(row, column), last}
        merges.append((row, column, *last))
        cells[last[0]][last[1]] = ""
    try:
        reading = read(*cells, merges=merges)
    except Refused:
        return
    tasks = {row.row for row in reading.rows}
    others = {other.row for other in reading.layout.others}
    empty = {error.row for error in reading.errors} - tasks
    assert sorted([*tasks, *others, *empty]) == list(
        range(reading.layout.header_rows[-1] + 1, len(cells) + 1)
    )
    assert all(row.content.strip() for row in reading.rows)
    assert Layout.from_dict(reading.layout.as_dict()) == reading.layout
    rebuild(reading.layout, pairs(reading))
