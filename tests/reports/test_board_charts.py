"""督办看板, second tab: each figure is the number of rows that its link opens."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.common.actor import COMMAND_LINE
from apps.reports.selectors.charts import Charts, charts
from apps.tasks.access import scope_of
from apps.tasks.models import Task
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.overdue import sweep
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_line,
    make_member,
    make_plan,
    make_task,
)
from tests.reports.test_board import client_of

LIGHTS = ("red", "amber", "green")


def charts_of(username: str, day: date = TODAY) -> Charts:
    return charts(scope_of(User.objects.get(username=username), TODAY), TODAY, day)


def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


def judge() -> None:
    marks_refresh(task_ids=Task.objects.values_list("pk", flat=True), today=TODAY)


@pytest.mark.usefixtures("sample")
class TestOnTheSample:
    def test_each_unit_and_each_light_opens_as_many_rows(self) -> None:
        client, found = client_of("fgw_dc"), charts_of("fgw_dc")
        assert (found.units.total, found.units.late, found.units.without) == (18, 3, 0)
        for unit in found.units.shown[:5]:
            assert client.get(unit.url).context["total"] == unit.bar.total
            for part in unit.bar.parts[:3]:
                if part.count:
                    assert client.get(part.url).context["total"] == part.count

    def test_units_stand_in_the_order_of_what_they_lead(self) -> None:
        totals = [unit.bar.total for unit in charts_of("fgw_ld").units.shown]
        assert totals == sorted(totals, reverse=True)
        assert sum(totals) == 60

    def test_each_age_opens_as_many_rows(self) -> None:
        client, found = client_of("fgw_dc"), charts_of("fgw_dc")
        assert [age.count for age in found.ages] == [1, 0, 0, 0, 2]
        for age in found.ages:
            if age.count:
                assert client.get(age.url).context["total"] == age.count

    def test_each_cell_of_unit_and_plan_opens_as_many_rows(self) -> None:
        client, found = client_of("fgw_dc"), charts_of("fgw_dc")
        assert [len(row.cells) for row in found.cross.rows] == [1] * 18
        for row in found.cross.first:
            [cell] = row.cells
            assert client.get(cell.url).context["total"] == cell.count == row.unit.bar.total

    def test_the_trend_has_every_period_with_what_it_kept(self) -> None:
        trend = charts_of("fgw_dc").trend
        assert trend.title == "红灯 4 项，比上期末多 1 项，比去年同期多 1 项"
        assert len(trend.steps) == 8
        said = {step.name: step.said for step in trend.steps if step.said}
        assert said == {
            "2019年前三季度": "去年同期",
            "2020年上半年": "上期",
            "2020年前三季度": "截至 2020-10-12",
        }
        newest = trend.steps[-1]
        assert newest.bar is not None
        assert [part.count for part in newest.bar.parts] == [4, 9, 24, 4]
        assert newest.missing is None
        assert trend.steps[-2].missing == 4

    def test_an_earlier_period_opens_the_board_of_its_last_day(self) -> None:
        step = charts_of("fgw_dc").trend.steps[3]
        then = client_of("fgw_dc").get(step.url).context["board"]
        assert step.bar is not None
        assert then.is_past
        assert then.numbers[3].value == step.missing
        kept = charts_of("fgw_dc", then.day)
        assert kept.trend.steps[-1].bar is not None
        assert [p.count for p in kept.trend.steps[-1].bar.parts] == [
            p.count for p in step.bar.parts
        ]

    def test_the_figures_of_a_past_day_do_not_open_the_ledger_of_today(self) -> None:
        found = charts_of("fgw_dc", date(2020, 1, 5))
        html = client_of("fgw_dc").get("/overdue/charts/?on=2020-01-05").content.decode()
        assert [age.count for age in found.ages] == [0, 0, 0, 0, 2]
        assert "/tasks/?" not in html
        assert 'href="/overdue/?on=2020-01-05#year"' in html

    def test_each_chart_has_its_figures_as_a_table(self) -> None:
        html = client_of("fgw_ld").get("/overdue/charts/").content.decode()
        assert html.count("<summary>看表</summary>") == 2
        assert "18 个牵头单位中，3 个有逾期任务" in html
        assert "逾期 3 项，其中 2 项超过一年" in html
        assert "style=" not in html

    @pytest.mark.parametrize("username", ["kjt_tb", "daj_tb", "sec_admin"])
    def test_it_is_closed_to_others(self, username: str) -> None:
        assert client_of(username).get("/overdue/charts/").status_code == 403


@pytest.mark.django_db
class TestFigures:
    def test_an_age_ends_with_its_last_day(self) -> None:
        plan, days = make_plan(), (1, 30, 31, 90, 91, 180, 181, 365, 366)
        for each in days:
            make_task(plan, due_on=TODAY - timedelta(days=each))
        sweep(actor=COMMAND_LINE, today=TODAY)
        user = supervisor()
        found = charts_of(user.username)
        assert [age.count for age in found.ages] == [2, 2, 2, 2, 1]
        assert found.overdue == len(days)

    def test_a_row_with_several_leads_counts_for_each_and_one_with_none_is_said(self) -> None:
        plan, units = make_plan(), [make_agency("省科技厅"), make_agency("省财政厅")]
        make_task(plan, leads=units)
        make_task(plan, leads=[])
        judge()
        found = charts_of(supervisor().username)
        assert [unit.bar.total for unit in found.units.listed] == [1, 1]
        assert (found.tasks, found.led, found.units.without) == (2, 1, 1)

    def test_more_plans_than_columns_share_the_last_one(self) -> None:
        unit = make_agency("省科技厅")
        for many in (3, 3, 3, 3, 1, 1):
            plan = make_plan()
            for _ in range(many):
                make_task(plan, leads=[unit])
        judge()
        cross = charts_of(supervisor().username).cross
        assert (len(cross.plans), cross.others) == (4, 2)
        [row] = cross.rows
        assert [cell.count for cell in row.cells] == [3, 3, 3, 3, 2]

    def test_without_rows_the_page_says_what_comes_next(self) -> None:
        make_plan()
        html = client_of(supervisor().username).get("/overdue/charts/").content.decode()
        assert "还没有任务，画不出图。" in html
        assert "去任务来源导入分工表" in html

    def test_without_periods_there_is_no_trend(self) -> None:
        make_task(make_plan())
        judge()
        html = client_of(supervisor().username).get("/overdue/charts/").content.decode()
        assert "还没有报告期，没有可比的。" in html


@pytest.mark.django_db
def test_the_queries_grow_neither_with_rows_nor_with_plans() -> None:
    username = supervisor().username
    counts = []
    for _ in range(2):
        plan = make_plan()
        for _ in range(5):
            lead = make_agency()
            task = make_task(plan, leads=[lead], due_on=TODAY - timedelta(days=9))
            make_duty(task, lead, code="2020Q2", cut_off=date(2020, 7, 20))
        judge()
        with CaptureQueriesContext(connection) as queries:
            found = charts_of(username)
        counts.append(len(queries))
    assert len(found.units.listed) == 10
    assert counts[0] == counts[1]
