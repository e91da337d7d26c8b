"""What an import says about cells that it keeps but does not understand, and where it says it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from apps.plans.models import Plan
from apps.tasks.layout import Problem
from apps.tasks.models import Task
from tests.builders import make_agency, make_plan
from tests.tasks.workbooks import HEADERS, bring_in, diff
from tests.tasks.workbooks import book as written

pytestmark = pytest.mark.django_db
WIDE = ("序号", "重点工作", "牵头部门", "配合部门", "完成时限")


@pytest.fixture
def plan() -> Plan:
    make_agency("省科技厅")
    return make_plan("impl")


def doubts(
    plan: Plan, folder: Path, *row: str, headers: Sequence[str] = HEADERS
) -> tuple[Problem, ...]:
    return diff(plan, written(folder / "表.xlsx", [row], headers=headers)).doubts


@pytest.mark.parametrize("text", ["待定", "由领导小组研究确定", "1234", "无"])
def test_a_cell_without_a_unit_is_a_doubt(plan: Plan, tmp_path: Path, text: str) -> None:
    [doubt] = doubts(plan, tmp_path, "1", "甲", text, "2020年")
    assert (doubt.row, doubt.column, doubt.cell) == (3, "牵头部门", "C3")
    assert doubt.message.startswith(f"第3行“牵头部门”写的“{text}”里读不出单位")
    assert "不产生应报" in doubt.message


def test_it_is_found_beside_a_cell_that_names_one(plan: Plan, tmp_path: Path) -> None:
    row = ("1", "甲", "省科技厅", "待定" + "再议" * 30, "2020年")
    [doubt] = doubts(plan, tmp_path, *row, headers=WIDE)
    assert (doubt.column, doubt.cell) == ("配合部门", "D3")
    assert "再议…”" in doubt.message


@pytest.mark.parametrize("nobody", ["", "无", "—", "/"])
def test_beside_a_unit_nobody_may_be_said(plan: Plan, tmp_path: Path, nobody: str) -> None:
    row = ("1", "甲", "省科技厅", nobody, "2020年")
    assert doubts(plan, tmp_path, *row, headers=WIDE) == ()


def test_an_unknown_unit_is_told_where_it_stands(plan: Plan, tmp_path: Path) -> None:
    row = ("1", "甲", "省科技厅", "省未知局", "2020年")
    [doubt] = doubts(plan, tmp_path, *row, headers=WIDE)
    assert (doubt.column, doubt.cell) == ("配合部门", "D3")


def test_an_unknown_unit_is_quoted_as_the_cell_has_it(plan: Plan, tmp_path: Path) -> None:
    row = ("1", "甲", "省科技厅、火星办", "省未知局", "2020年")
    short, whole = doubts(plan, tmp_path, *row, headers=WIDE)
    assert short.message.startswith("第3行“火星办”（读作 省火星办）不在单位库里")
    assert (short.column, short.cell) == ("牵头部门", "C3")
    assert whole.message.startswith("第3行“省未知局”不在单位库里")


@pytest.mark.parametrize("mark", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u00ad"])
def test_invisible_characters_are_kept_and_told(plan: Plan, tmp_path: Path, mark: str) -> None:
    content = f"组建{mark}中心"
    path = written(tmp_path / "表.xlsx", [("1", content, "省科技厅", "2020年")])
    [doubt] = diff(plan, path).doubts
    assert (doubt.column, doubt.cell) == ("重点工作", "B3")
    assert doubt.message == "第3行“重点工作”含有看不见的控制字符，已照原文保存，请核对。"
    bring_in(plan, path)
    assert Task.objects.get().content == content


def test_a_line_break_and_a_wide_space_are_ordinary(plan: Plan, tmp_path: Path) -> None:
    assert doubts(plan, tmp_path, "1", "组建\n中心\u3000（一）", "省科技厅", "2020年") == ()


@pytest.mark.parametrize(
    ("row", "said", "cell"),
    [
        (("1" * 21, "甲", "省科技厅", "省科技厅", ""), "第3行“序号”有 21 字，最多 20 字", "A3"),
        (("1", "甲", "省科技厅", "", "年" * 1001), "第3行“完成时限”有 1001 字", "E3"),
        (("1", "甲", "省发展改革委", "", ""), "第3行“牵头部门”有单位名称超过 5 字", "C3"),
        (("1", "甲", "省科技厅", "省发展改革委", ""), "第3行“配合部门”有单位名称超过", "D3"),
    ],
)
def test_a_cell_that_is_too_long_is_named(
    plan: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    row: tuple[str, ...],
    said: str,
    cell: str,
) -> None:
    # no wording is read as a name as long as the true limit
    monkeypatch.setattr("apps.tasks.selectors.table_doubts._NAME_LIMIT", 5)
    [error] = diff(plan, written(tmp_path / "表.xlsx", [row], headers=WIDE)).errors
    assert (error.message.startswith(said), error.cell) == (True, cell), error.message
