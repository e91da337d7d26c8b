"""Export gives the original table back, and importing it again changes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.models import Entry
from apps.common.periods import PeriodCode
from apps.common.spreadsheets import OutSheet, OutValue, read_sheets
from apps.plans.models import Plan
from apps.tasks.access import Scope, everything, scope_of
from apps.tasks.layout import Column, Layout
from apps.tasks.models import Progress, SourceTable, Task
from apps.tasks.rebuilding import TaskRow, make_room
from apps.tasks.selectors.ledger import ledger_sheet
from apps.tasks.selectors.tables import Action, CellChange, TableDiff
from apps.tasks.services.export import original_sheet, workbook, workbook_to
from apps.tasks.services.marks import marks_refresh
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_figure,
    make_line,
    make_member,
    make_plan,
    make_plan_period,
    make_task,
)
from tests.tasks.workbooks import HEADERS, ROWS, TABLES, book, bring_in, diff

pytestmark = pytest.mark.django_db
ALL_TABLES = sorted(path.name for path in TABLES.glob("*.xls*"))
ONCE = settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A plan with ROWS."""
    made = make_plan(issued_on=date(2017, 8, 28))
    for name in ("省科技厅", "省发展改革委", "省教育厅"):
        make_agency(name)
    bring_in(made, book(tmp_path / "原表.xlsx"))
    return made


def exported(plan: Plan, path: Path) -> Path:
    workbook_to(path, original_sheet(plan))
    return path


def actions(found: TableDiff) -> dict[str, Action]:
    """Number to action, of the rows that are not left alone."""
    return {row.number: row.action for row in found.rows if row.action is not Action.UNCHANGED}


def body(path: Path) -> list[tuple[str, ...]]:
    [sheet] = read_sheets(path, name=path.name)
    return list(sheet.rows[2:])


# The original table


@pytest.mark.parametrize("name", ALL_TABLES)
def test_every_table_comes_back_as_it_came(name: str, tmp_path: Path) -> None:
    plan = make_plan(issued_on=date(2021, 3, 1))
    bring_in(plan, TABLES / name)
    path = exported(plan, tmp_path / "导出.xlsx")
    found = diff(plan, path)
    assert not found.changes_anything
    assert not found.missing
    [before] = [s for s in read_sheets(TABLES / name, name=name) if s.name == found.layout.sheet]
    [after] = read_sheets(path, name=path.name)
    assert (after.rows, sorted(after.merges)) == (before.rows, sorted(before.merges))


def test_text_that_looks_like_a_formula_comes_back_as_text(plan: Plan, tmp_path: Path) -> None:
    assert body(exported(plan, tmp_path / "导出.xlsx")) == list(ROWS)


@given(
    st.integers(0, len(ROWS) - 1), st.integers(1, 3), st.text("甲乙丙丁", min_size=1, max_size=9)
)
@ONCE
def test_one_changed_cell_changes_exactly_that(
    plan: Plan, tmp_path: Path, row: int, column: int, text: str
) -> None:
    rows = [list(cells) for cells in ROWS]
    rows[row][column] = text
    found = diff(plan, book(tmp_path / "改.xlsx", rows))
    assert actions(found) == {ROWS[row][0]: Action.UPDATE}
    [changed] = [r for r in found.rows if r.action is Action.UPDATE]
    assert changed.changes == (CellChange(HEADERS[column], ROWS[row][column], text),)
    assert not found.layout_changed


@given(st.integers(0, len(ROWS)))
@ONCE
def test_one_added_row_adds_exactly_that(plan: Plan, tmp_path: Path, at: int) -> None:
    rows = [*ROWS[:at], ("46", "新的工作。", "省科技厅", "2021年"), *ROWS[at:]]
    found = diff(plan, book(tmp_path / "加.xlsx", rows))
    assert actions(found) == {"46": Action.CREATE}
    assert not found.layout_changed
    assert not found.missing


@given(st.integers(0, len(ROWS) - 1))
@ONCE
def test_one_deleted_row_is_named_and_kept(plan: Plan, tmp_path: Path, at: int) -> None:
    found = diff(plan, book(tmp_path / "减.xlsx", [*ROWS[:at], *ROWS[at + 1 :]]))
    assert not found.changes_anything
    assert [task.number for task in found.missing] == [ROWS[at][0]]


@given(st.integers(0, len(ROWS) - 2))
@ONCE
def test_two_swapped_neighbours_move_one_row(plan: Plan, tmp_path: Path, at: int) -> None:
    rows = [*ROWS[:at], ROWS[at + 1], ROWS[at], *ROWS[at + 2 :]]
    found = diff(plan, book(tmp_path / "换.xlsx", rows))
    moved = [row for row in found.rows if row.changes]
    assert len(moved) == 1
    assert moved[0].number in {ROWS[at][0], ROWS[at + 1][0]}
    assert [change.column for change in moved[0].changes] == ["原表次序"]


def test_a_new_order_comes_back_in_the_new_order(plan: Plan, tmp_path: Path) -> None:
    rows = [ROWS[4], *ROWS[:4], ROWS[5]]
    bring_in(plan, book(tmp_path / "换.xlsx", rows))
    path = exported(plan, tmp_path / "导出.xlsx")
    assert body(path) == rows
    assert not diff(plan, path).changes_anything


@given(st.permutations(range(4)))
@ONCE
def test_columns_in_another_order_change_no_row(
    plan: Plan, tmp_path: Path, order: list[int]
) -> None:
    headers = [HEADERS[place] for place in order]
    rows = [[cells[place] for place in order] for cells in ROWS]
    found = diff(plan, book(tmp_path / "列.xlsx", rows, headers=headers))
    assert actions(found) == {}
    assert found.layout_changed == (order != [0, 1, 2, 3])


def test_columns_in_another_order_come_back_so(plan: Plan, tmp_path: Path) -> None:
    order = (0, 3, 2, 1)
    gone = ROWS[1]
    rows = [[c[place] for place in order] for c in ROWS if c is not gone]
    headers = [HEADERS[place] for place in order]
    bring_in(plan, book(tmp_path / "列.xlsx", rows, headers=headers))
    path = exported(plan, tmp_path / "导出.xlsx")
    back = body(path)
    assert back[0] == tuple(rows[0])
    # the row that was not in the file keeps its place, its cells in the new order
    assert back[1] == tuple(gone[place] for place in order)
    assert not diff(plan, path).changes_anything


def test_a_row_that_is_not_in_the_file_stays_where_it_was(plan: Plan, tmp_path: Path) -> None:
    changed = [("1", "实施重大专项（修订）。", "省科技厅", "持续推进"), *ROWS[1:3], *ROWS[4:]]
    bring_in(plan, book(tmp_path / "改.xlsx", changed))
    path = exported(plan, tmp_path / "导出.xlsx")
    assert [cells[0] for cells in body(path)] == ["1", "2", "3", "4", "5", "6"]
    assert not diff(plan, path).changes_anything


def test_a_row_without_a_place_is_never_put_into_a_merged_cell() -> None:
    layout = Layout(
        sheet="表",
        header_rows=(1,),
        columns=(Column(0, "序号", "number"),),
        first_row=2,
        last_row=5,
        merges=((1, 0, 2, 0),),
    )
    rows = [(2, ["1"]), (None, ["9"]), (3, [""]), (4, ["2"]), (None, ["8"])]
    roomy, placed = make_room(layout, [TaskRow(row, cells) for row, cells in rows])
    found = [(row.row, row.cells) for row in placed]
    assert found == [(2, ["1"]), (4, ["9"]), (3, [""]), (5, ["2"]), (6, ["8"])]
    assert roomy.merges == ((1, 0, 2, 0),)


def test_a_merged_cell_changes_every_row_it_covers(tmp_path: Path) -> None:
    plan = make_plan(issued_on=date(2021, 3, 1))
    bring_in(plan, TABLES / "merged_subrows.xlsx")
    sheet = original_sheet(plan)
    top, column = next((m[0], m[1]) for m in sheet.merges if m[1] == 2 and m[0] > 1)
    rows = [list(cells) for cells in sheet.rows]
    rows[top - 2][column] = "市新单位"
    path = tmp_path / "改.xlsx"
    changed = OutSheet(
        sheet.name, sheet.headers, rows, title_rows=sheet.title_rows, merges=sheet.merges
    )
    workbook_to(path, changed)
    found = diff(plan, path)
    assert [row.source.row for row in found.rows if row.changes] == [top + 1, top + 2]
    bring_in(plan, path)
    named = Task.objects.filter(plan=plan, assignments__name="市新单位")
    assert named.count() == 2


# The ledger


@pytest.fixture
def reported() -> Task:
    """A row of two leads with figures; one has reported and was judged, the other not yet."""
    first, second = make_agency("省科技厅"), make_agency("省教育厅")
    task = make_task(number="3", leads=[first, second], due_on=date(2020, 12, 31))
    for agency, value, state in ((first, 31, "approved"), (second, 12, "submitted")):
        make_figure(task, agency)
        Progress.objects.create(
            duty=make_duty(task, agency),
            text=f"{agency.name}的进展",
            value=Decimal(value),
            self_assessment="normal",
            state=state,
            problems="缺地" if agency == first else "",
            first_submitted_on=TODAY,
            submitted_on=TODAY,
            delivered_on=TODAY,
            judgement="behind" if state == "approved" else "",
            judged_on=TODAY if state == "approved" else None,
        )
    return task


def ledger(scope: Scope, period: str | None = "2020Q3") -> list[dict[str, OutValue]]:
    sheet = ledger_sheet(
        Task.objects.order_by("plan_id", "position"),
        scope=scope,
        period=PeriodCode.parse(period) if period else None,
        today=TODAY,
    )
    return [dict(zip(sheet.headers, row, strict=True)) for row in sheet.rows]


@pytest.mark.usefixtures("reported")
def test_the_ledger_says_what_was_reported_and_judged() -> None:
    [row] = ledger(everything())
    assert row["序号"] == 3
    assert row["牵头单位"] == "省科技厅、省教育厅"
    assert row["进展情况"] == "省科技厅：省科技厅的进展\n省教育厅：省教育厅的进展"
    # 2016 to 2020, seen at the end of September 2020: 57 of 60 months
    assert row["完成比例（%）"] == "省科技厅：77.5\n省教育厅：30.0"
    assert row["比序时（百分点）"] == "省科技厅：-17.5\n省教育厅：-65.0"
    assert row["存在问题"] == "省科技厅：缺地"
    assert row["审核和认定"] == "省科技厅：审核通过，认定：滞后\n省教育厅：待审核，未核"


@pytest.mark.usefixtures("reported")
def test_the_ledger_leaves_out_what_the_reader_may_not_see() -> None:
    member = make_member(make_agency("省教育厅"), "reporter")
    [row] = ledger(scope_of(member, TODAY))
    assert row["进展情况"] == "省教育厅的进展"
    assert row["完成比例（%）"] == Decimal("30.0")
    assert row["存在问题"] == ""
    assert row["报送日期"] == TODAY


def test_the_ledger_hides_lights_of_rows_that_are_not_ones_own() -> None:
    task = make_task()
    Task.objects.update(light="red", light_reason="认定：不能完成", light_order=0)
    named = make_agency("省教育厅")
    make_task(task.plan, leads=[named])
    rows = ledger(scope_of(make_member(named, "reporter"), TODAY))
    assert [row["进度灯"] for row in rows] == [None, "无数据"]
    assert [row["进度灯"] for row in ledger(everything())] == ["红 认定：不能完成", "无数据"]


@pytest.mark.usefixtures("reported")
def test_without_a_period_the_newest_report_counts_and_says_its_period() -> None:
    [row] = ledger(everything(), None)
    assert "（2020年前三季度）省科技厅的进展" in str(row["进展情况"])
    [row] = ledger(everything(), "2020Q2")
    assert row["进展情况"] == ""


def test_a_row_of_a_foreign_plan_has_no_light() -> None:
    above = make_task(make_plan("above", relation="upper"))
    marks_refresh(task_ids=[above.pk], today=TODAY)
    [row] = ledger(everything())
    assert not row["进度灯"]


def test_the_plan_is_named_only_where_there_are_several(tmp_path: Path) -> None:
    make_task(number="1")
    assert "任务来源" not in ledger(everything())[0]
    make_task(number="2")
    rows = ledger(everything())
    assert [row["任务来源"] for row in rows] == [
        t.plan.short_title for t in Task.objects.order_by("plan_id")
    ]
    sheet = ledger_sheet(Task.objects.all(), scope=everything(), period=None, today=TODAY)
    workbook_to(tmp_path / "台账.xlsx", sheet)
    assert read_sheets(tmp_path / "台账.xlsx", name="台账.xlsx")


def test_the_number_of_queries_does_not_grow_with_the_rows(
    django_assert_max_num_queries: pytest.FixtureRequest,
) -> None:
    plan = make_plan()
    for _ in range(12):
        make_task(plan)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        assert len(ledger(everything())) == 12


# The page and the command


def test_the_page_gives_the_original_as_an_attachment(plan: Plan) -> None:
    supervisor = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    client = Client()
    client.force_login(supervisor, "apps.accounts.backends.ActiveUserBackend")
    response = client.get(reverse("plans:export", args=[plan.pk]))
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert response["Content-Disposition"].startswith("attachment")
    assert BytesIO(content).read(2) == b"PK"
    ledger_file = client.get(reverse("plans:export", args=[plan.pk]), {"kind": "ledger"})
    assert b"".join(ledger_file.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]


def test_a_plan_without_a_table_says_so(tmp_path: Path) -> None:
    task = make_task()
    supervisor = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    client = Client()
    client.force_login(supervisor, "apps.accounts.backends.ActiveUserBackend")
    response = client.get(reverse("plans:export", args=[task.plan.pk]), follow=True)
    assert "还没有导入过任务分工表" in response.content.decode()
    with pytest.raises(CommandError, match="还没有导入过") as refused:
        call_command("export_table", plan=task.plan.code, output=str(tmp_path / "x.xlsx"))
    assert refused.value.returncode == 1
    assert not SourceTable.objects.exists()


def test_the_command_writes_both_kinds(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "原表.xlsx"
    call_command("export_table", plan=plan.code, output=str(path), format="json")
    assert '"rows": 6' in capsys.readouterr().out
    assert body(path) == list(ROWS)
    make_plan_period(plan, "2020Q2", TODAY)
    call_command("export_table", plan=plan.code, output=str(path), ledger=True, period="2020Q2")
    assert "台账 6 行" in capsys.readouterr().out
    assert [entry.action for entry in Entry.objects.filter(object_type="plan").order_by("pk")][
        -2:
    ] == ["导出原表", "导出台账"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"plan": "没有"}, "没有代码为“没有”的任务来源"),
        ({"period": "2020Q9", "ledger": True}, "报告期“2020Q9”写法不对"),
        ({"period": "2031Q4", "ledger": True}, "没有开启过2031年全年"),
        ({"period": "2020Q2"}, "只和 --ledger 一起用"),
        ({"output": "/没有/这个/目录.xlsx"}, "写不进文件"),
        ({"output": "/"}, "写不进文件"),
        ({"output": "/dev/full/x.xlsx"}, "写不进文件"),
        ({"as_user": "没有"}, "没有用户“没有”"),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_two(
    plan: Plan, tmp_path: Path, options: dict[str, object], said: str
) -> None:
    wanted = {"plan": plan.code, "output": str(tmp_path / "x.xlsx"), **options}
    with pytest.raises(CommandError, match=said) as refused:
        call_command("export_table", **wanted)
    assert refused.value.returncode == 2
    assert not list(tmp_path.glob(".*"))


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_text("原来的")
    too_long = OutSheet("表", ["列"], [["长" * 40_000]])
    with pytest.raises(Exception, match="上限"):
        workbook_to(path, too_long)
    assert path.read_text() == "原来的"
    with pytest.raises(Exception, match="上限"):
        workbook(too_long)


@pytest.mark.django_db
def test_a_unit_that_only_takes_part_exports_no_light() -> None:
    helper = make_agency("省教育厅")
    task = make_task(leads=[make_agency("省科技厅")], supports=[helper])
    Task.objects.update(light="red", light_order=0, light_reason="认定：不能完成")
    scope = scope_of(make_member(helper, "reporter"), TODAY)
    rows = Task.objects.filter(pk=task.pk)
    sheet = ledger_sheet(rows, scope=scope, period=None, today=TODAY)
    assert "不能完成" not in str(list(sheet.rows))
    assert "不能完成" in str(
        list(ledger_sheet(rows, scope=everything(), period=None, today=TODAY).rows)
    )
