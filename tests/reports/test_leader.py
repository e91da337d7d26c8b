"""工作台 of a leader: one page with the whole, what needs him, and what needs attention."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from apps.agencies.models import Agency, Contact
from apps.plans.models import Plan
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.leader import LeaderHome, leader_home
from apps.tasks.models import Progress, Task
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_line,
    make_member,
    make_plan,
    make_plan_period,
    make_task,
)
from tests.reports.test_home import client_of, day, page, report, scope

_Q2, _Q1 = ("2020Q2", date(2020, 7, 20)), ("2020Q1", date(2020, 4, 20))


@pytest.mark.usefixtures("sample")
class TestOnTheSample:
    def test_each_number_opens_as_many_rows(self) -> None:
        home = leader_home(scope("fgw_ld"), TODAY)
        assert home.total == sum(each.count for each in home.lights) == 45
        client = client_of("fgw_ld")
        for each in home.lights:
            assert client.get(each.url).context["total"] == each.count, each.light

    def test_each_number_says_what_became_of_it(self) -> None:
        lights = {each.light: each for each in leader_home(scope("fgw_ld"), TODAY).lights}
        assert (lights["red"].previous, lights["red"].year_ago) == ("+1", "+1")
        assert (lights["amber"].previous, lights["amber"].year_ago) == ("−1", "+8")
        assert (lights["closed"].previous, lights["closed"].year_ago) == ("持平", "持平")
        html = page("fgw_ld")
        assert "<b>与上期 −1</b> <b>去年同期 +8</b>" in html
        assert "“与上期”比 2020年上半年期末，“去年同期”比 2019年前三季度期末" in html

    def test_problems_come_first_and_are_not_told_twice(self) -> None:
        home = leader_home(scope("fgw_ld"), TODAY)
        numbers = [trouble.line.task.number for trouble in home.troubles]
        assert numbers == ["39", "37", "31", "3", "8", "11", "12", "36"]
        assert home.troubles_total == home.attention_above == 8
        assert [line.task.number for line in home.attention] == ["23", "2", "4", "7", "9"]
        assert home.attention_total == 13
        html = page("fgw_ld")
        assert "红灯和黄灯共 13 项，8 项已列在上面，这里列 5 项" in html
        assert "<select" not in html

    def test_who_is_silent_is_said_to_be_no_measure_of_the_work(self) -> None:
        html = page("fgw_ld")
        assert '2020年上半年还有 4 个单位的 <b class="num">4</b> 份未报' in html
        assert "省知识产权局 1 份 020-0000-0034" in html
        assert "未报不等于没干" in html


@pytest.fixture
def unit() -> Agency:
    agency = make_agency("省科技厅")
    Contact.objects.create(agency=agency, name="李某", telephone="020-0000-0012", position=1)
    return agency


@pytest.fixture
def plan() -> Plan:
    return make_plan()


@pytest.fixture
def username() -> str:
    day(TODAY)
    return make_member(make_agency("省政府办公厅"), "leader", lines=[make_line()]).username


def troubled(task: Task, unit: Agency, state: str = "submitted", **fields: Any) -> Progress:
    words = {"problems": "资金没有到位。", "next_step": "年底前落实。"}
    return report(make_duty(task, unit), state, **{**words, **fields})


def home_of(username: str) -> LeaderHome:
    return leader_home(scope(username), TODAY)


@pytest.mark.django_db
class TestProblems:
    def test_a_problem_stands_with_its_next_step_and_whom_to_telephone(
        self, plan: Plan, unit: Agency, username: str
    ) -> None:
        troubled(make_task(plan, leads=[unit]), unit)
        [trouble] = home_of(username).troubles
        [words] = trouble.words
        assert (words.problems, words.next_step) == ("资金没有到位。", "年底前落实。")
        assert words.unjudged
        html = page(username)
        assert "资金没有到位。" in html
        assert "年底前落实。" in html
        assert "020-0000-0012" in html
        assert '未核</span> <span class="quiet">前三季度：' in html

    def test_what_was_judged_is_not_marked(self, plan: Plan, unit: Agency, username: str) -> None:
        judged = {"judgement": "difficult", "judged_on": TODAY}
        troubled(make_task(plan, leads=[unit]), unit, "approved", **judged)
        [trouble] = home_of(username).troubles
        assert not trouble.words[0].unjudged

    def test_a_newer_report_without_problems_ends_it(
        self, plan: Plan, unit: Agency, username: str
    ) -> None:
        task = make_task(plan, leads=[unit])
        code, cut_off = _Q2
        report(make_duty(task, unit, code=code, cut_off=cut_off), "approved", problems="没有钱。")
        assert home_of(username).troubles_total == 1
        report(make_duty(task, unit), "submitted")
        assert home_of(username).troubles_total == 0

    def test_a_newer_text_that_waits_for_its_approver_changes_nothing(
        self, plan: Plan, unit: Agency, username: str
    ) -> None:
        progress = troubled(make_task(plan, leads=[unit]), unit, "returned")
        progress.keep_delivered(log_no=0)
        progress.problems, progress.state = "另写的问题。", "signing"
        progress.save()
        [trouble] = home_of(username).troubles
        assert trouble.words[0].problems == "资金没有到位。"

    def test_what_never_left_its_unit_is_not_told(
        self, plan: Plan, unit: Agency, username: str
    ) -> None:
        troubled(make_task(plan, leads=[unit]), unit, "signing")
        assert home_of(username).troubles_total == 0

    def test_what_is_older_than_the_period_that_is_over_is_not_told_again(
        self, plan: Plan, unit: Agency, username: str
    ) -> None:
        task = make_task(plan, leads=[unit])
        code, cut_off = _Q1
        report(make_duty(task, unit, code=code, cut_off=cut_off), "approved", problems="没有钱。")
        assert home_of(username).troubles_total == 1
        make_plan_period(plan, *_Q2)
        assert home_of(username).troubles_total == 0

    def test_a_settled_row_needs_nobody(self, plan: Plan, unit: Agency, username: str) -> None:
        troubled(make_task(plan, leads=[unit], state="closed", closed_on=TODAY), unit)
        assert home_of(username).troubles_total == 0

    def test_each_unit_of_a_row_speaks_for_itself(
        self, plan: Plan, unit: Agency, username: str
    ) -> None:
        other = make_agency("省教育厅")
        task = make_task(plan, leads=[unit, other])
        troubled(task, unit)
        troubled(task, other, problems="没有人手。")
        [trouble] = home_of(username).troubles
        assert {words.agency for words in trouble.words} == {"省科技厅", "省教育厅"}
        assert "前三季度 省教育厅：" in page(username)

    def test_ten_are_listed_and_all_on_request(
        self, plan: Plan, unit: Agency, username: str
    ) -> None:
        for _ in range(12):
            task = make_task(plan, leads=[unit], light="amber", light_order=1)
            troubled(task, unit)
        for _ in range(12):
            make_task(plan, leads=[unit], light="red", light_order=0)
        home = home_of(username)
        assert (len(home.troubles), home.troubles_total) == (10, 12)
        assert (len(home.attention), home.attention_total) == (10, 24)
        assert {line.task.light for line in home.attention} == {"red"}
        html = page(username)
        assert "共 12 项，列出最要紧的 10 项" in html
        assert 'href="?list=problems#problems"' in html
        whole = client_of(username).get("/?list=problems").content.decode()
        assert whole.count("资金没有到位。") == 12
        assert "列出最要紧的" not in whole


@pytest.mark.django_db
class TestTheRest:
    def test_without_a_past_the_numbers_stand_alone(self, plan: Plan, username: str) -> None:
        make_task(plan)
        make_plan_period(plan)
        html = page(username)
        assert "与上期、与去年同期都无可比数据" in html
        assert "tile-change" not in html

    def test_a_page_without_rows_says_what_will_stand_there(self, username: str) -> None:
        html = page(username)
        assert "没有写明问题的进展。" in html
        assert "没有红灯和黄灯。" in html

    def test_the_newest_report_is_one_that_is_for_leaders(self, plan: Plan, username: str) -> None:
        period = make_plan_period(plan).period
        for title, state, made_on in (
            ("已经送审的", "final", date(2020, 10, 1)),
            ("更早的", "final", date(2020, 7, 1)),
            ("没有写完的", "draft", TODAY),
        ):
            made = QuarterlyReport.objects.create(
                period=period, scope=title, genre="report", state=state, title=title,
                made_by="某人", made_on=made_on,
            )  # fmt: skip
            made.plans.set([plan])
        found = home_of(username).report
        assert found is not None
        assert found.title == "已经送审的"
        html = page(username)
        assert f'href="/reports/{found.pk}/">已经送审的</a>，送审稿' in html
        assert "没有写完的" not in html
