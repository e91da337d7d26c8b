"""Known rows are found again however they are laid out, and in whatever file."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.agencies.parties import Role, combine
from apps.common.spreadsheets import Sheet, read_sheets
from apps.tasks.deadlines import read_deadline
from apps.tasks.layout import DEFAULT_ROLES, SourceRow, TableReading, read_table
from tests.tasks.known_layouts import (
    CASES,
    FLAT,
    HEAD,
    KNOWN,
    SYNONYMS,
    Case,
    Grid,
    Known,
    Merge,
    cells,
    runs,
    without_repeats,
)
from tests.tasks.layout_files import square, write

ISSUED = date(2021, 3, 16)
Cells = tuple[object, ...]


def deadline(text: str) -> tuple[str, date | None]:
    read = read_deadline(text, ISSUED)
    return read.kind.value, read.due_on


def found(row: SourceRow) -> Cells:
    said = [
        (text, Role(DEFAULT_ROLES[name]) if name in DEFAULT_ROLES else None)
        for name, text in row.responsibility
    ]
    parties = sorted((party.name, party.role.value) for party in combine(said).parties)
    return (row.number, row.category, row.title, row.content, parties, deadline(row.deadline_text))


def meant(row: Known) -> Cells:
    parties = sorted(row.parties)
    return (row.number, row.category, row.title, row.content, parties, deadline(row.deadline))


def read_case(path: Path, case: Case) -> TableReading:
    return read_table(read_sheets(write(path, case), name=path.name))


@pytest.mark.parametrize("name", CASES)
def test_known_rows_are_found(tmp_path: Path, name: str) -> None:
    case = CASES[name]()
    reading = read_case(tmp_path / "表.dat", case)
    assert [found(row) for row in reading.rows] == [meant(row) for row in case.expected]
    assert not reading.errors


def warned(name: str, tmp_path: Path) -> list[tuple[str, str]]:
    reading = read_case(tmp_path / "表.dat", CASES[name]())
    return [(warning.cell, warning.message) for warning in reading.warnings]


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("two_tables_side_by_side", "G1", "左右 2 栏并排"),
        ("another_table_below", "A12", "第12行起是另一张表"),
        ("parts_named_by_units", "B3", "没有责任单位列，第3行起按“市科技局”读取"),
        ("sections_that_count_from_one_again", "A3", "如“一-1”"),
        ("empty_number_column", "A2", "序号列是空的"),
        ("lines_not_filled_in", "A10", "第10行只有序号"),
        ("two_steps_in_text_with_separators", "B3", "责任单位是空的，按上一行的读取"),
        ("units_in_front", "A3", "“牵头单位”是空的，按上一行的读取"),
        ("content_without_a_telling_header", "B1", "B列的表头没有说明用途，按内容读作重点工作"),
        ("notes_and_signatures_below", "A11", "按表尾说明处理"),
    ],
)
def test_what_was_concluded_is_said_with_its_place(
    tmp_path: Path, name: str, cell: str, words: str
) -> None:
    assert any(place == cell and words in message for place, message in warned(name, tmp_path))


@pytest.mark.parametrize(
    "name", ["plain", "section_rows", "two_merged_categories", "a_title_above"]
)
def test_an_ordinary_table_raises_no_question(tmp_path: Path, name: str) -> None:
    assert not warned(name, tmp_path)


# --- any mixture of these ------------------------------------------------------------------------

NAMES = tuple(zip(*[HEAD, *SYNONYMS], strict=True))
EXTRA = ("备注", "责任领导", "联系电话", "年度目标", "进展情况（7月）")
FILLER = {
    "备注": "",
    "责任领导": "张三",
    "联系电话": "13800000000",
    "年度目标": "完成",
    "进展情况（7月）": "已启动",
}
FOOTERS = ("注：时限以文件为准。", "合计", "填表人：张三", "说明：本表一式两份。")
TITLES = (
    "任务分工表",
    "附件2",
    "2021年度重点工作责任分解表",
    "（征求意见稿）",
    "填报日期：2021年3月",
)


@st.composite
def tables(draw: st.DrawFn) -> Case:
    """The known rows under other headers, in another order, somewhere on a sheet."""
    levels = draw(st.integers(0, 2))
    style = draw(st.sampled_from(["merged", "once", "repeated", "sections"])) if levels else "none"
    rng = draw(st.randoms(use_true_random=False))
    order = [0, 1, 2, 3, 4]
    rng.shuffle(order)
    extras = draw(st.lists(st.sampled_from(EXTRA), max_size=2, unique=True))
    head: list[object] = [draw(st.sampled_from(NAMES[at])) for at in order]
    body: Grid = [[cells(row)[at] for at in order] for row in KNOWN]
    for extra in extras:
        at = rng.randint(0, len(head))
        head.insert(at, extra)
        for row in body:
            row.insert(at, FILLER[extra])
    grid: Grid = [head, *body]
    merges: list[Merge] = []
    if style == "sections":
        levels = 1
        grid, merges = _with_sections(head, body)
    elif levels:
        grid, merges = _with_categories(head, body, levels, style)
    grid, merges = _with_gaps(grid, merges, draw, rng)
    expected = [replace(row, category=row.category[:levels]) for row in KNOWN]
    return Case(grid, expected, merges)


def _with_sections(head: list[object], body: Grid) -> tuple[Grid, list[Merge]]:
    grid: Grid = [head]
    merges: list[Merge] = []
    for at, row in enumerate(body):
        name = KNOWN[at].category[0]
        if at == 0 or name != KNOWN[at - 1].category[0]:
            merges.append((len(grid), 0, len(grid), len(head) - 1))
            grid.append([name, *[None] * (len(head) - 1)])
        grid.append(row)
    return grid, merges


def _with_categories(
    head: list[object], body: Grid, levels: int, style: str
) -> tuple[Grid, list[Merge]]:
    columns = [[row.category[depth] for row in KNOWN] for depth in range(levels)]
    shown = columns if style == "repeated" else [without_repeats(column) for column in columns]
    grid: Grid = [[*("类别", "领域")[:levels], *head]]
    grid += [[*(column[at] for column in shown), *row] for at, row in enumerate(body)]
    if style != "merged":
        return grid, []
    return grid, [merge for at, column in enumerate(columns) for merge in runs(column, 1, at)]


def _with_gaps(
    grid: Grid, merges: list[Merge], draw: st.DrawFn, rng: random.Random
) -> tuple[Grid, list[Merge]]:
    """Lines above and below, empty rows where no merge is cut, an offset to the right."""
    width, right = len(grid[0]), draw(st.integers(0, 2))
    above = draw(st.lists(st.sampled_from(TITLES), max_size=3))
    below = draw(st.lists(st.sampled_from(FOOTERS), max_size=2))
    held = {row for top, _, bottom, _ in merges for row in range(top + 1, bottom + 1)}
    rows: Grid = [[title] for title in above]
    places: list[int] = []
    for at, row in enumerate(grid):
        if at > 1 and at not in held and rng.random() < 0.2:
            rows.append([])
        places.append(len(rows))
        rows.append(row)
    moved = [(places[t], left + right, places[b], end + right) for t, left, b, end in merges]
    if width > 1:
        moved += [(at, right, at, right + width - 1) for at in range(len(above))]
    notes: Grid = [[note] for note in below]
    return [[*[None] * right, *row] for row in [*rows, *notes]], moved


def as_sheet(case: Case) -> Sheet:
    rows = tuple(tuple(row) for row in square(case.grid))
    return Sheet(name="表", hidden=False, rows=rows, merges=tuple(case.merges))


@settings(deadline=None, max_examples=200)
@given(tables())
def test_any_mixture_of_layouts_reads_back_exactly(case: Case) -> None:
    reading = read_table([as_sheet(case)])
    assert [found(row) for row in reading.rows] == [meant(row) for row in case.expected]
    assert not reading.errors


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables(), st.sampled_from(["xlsx", "ods", "docx", "html"]))
def test_any_mixture_reads_back_from_a_file(tmp_path: Path, case: Case, kind: str) -> None:
    reading = read_case(tmp_path / "表.dat", replace(case, kind=kind))
    assert [found(row)[:4] for row in reading.rows] == [meant(row)[:4] for row in case.expected]
    assert len(reading.rows) == len(FLAT)
