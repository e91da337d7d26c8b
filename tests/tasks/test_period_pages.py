"""报告期 on screen: the list, opening after a preview, one plan's period with its actions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.models import Duty
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

pytestmark = pytest.mark.django_db
CUT_OFF = date(2020, 10, 20)


@pytest.fixture(autouse=True)
def _installed() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


@pytest.fixture
def leader() -> User:
    return make_member(make_agency("省发展改革委"), "leader", lines=[make_line()])


@pytest.fixture
def plan() -> Plan:
    plan = make_plan("ours", short_title="实施方案")
    make_task(plan, leads=[make_agency("省科技厅"), make_agency("省教育厅")])
    make_task(plan, leads=[])
    return plan


def day(today: date) -> None:
    Installation.objects.update(business_date=today)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


def plain(answer: Any) -> str:
    """Without the marks around figures."""
    return text(answer).replace('<b class="num">', "").replace("</b>", "")


class TestTheList:
    def test_it_says_what_comes_next_where_nothing_was_opened(
        self, supervisor: User, leader: User
    ) -> None:
        page = text(client_of(supervisor).get(reverse("reports:periods")))
        assert "还没有开启过报告期。" in page
        assert reverse("periods:open") in page
        theirs = text(client_of(leader).get(reverse("reports:periods")))
        assert reverse("periods:open") not in theirs

    def test_periods_stand_by_year_with_their_figures(self, supervisor: User, plan: Plan) -> None:
        unit = make_agency("省科技厅")
        make_duty(make_task(plan, leads=[unit]), unit)
        make_plan_period(plan, "2019Q4", date(2020, 1, 20))
        page = client_of(supervisor).get(reverse("reports:periods"))
        assert [group.period.code for group in page.context["page"].groups] == ["2020Q3"]
        said = text(page)
        for each in ("2020年前三季度", "2020-09-30", "2020-10-20", "实施方案", "填报中", "改截止"):
            assert each in said
        assert "#close" not in said
        earlier = client_of(supervisor).get(reverse("reports:periods"), {"year": "2019"})
        assert [group.period.code for group in earlier.context["page"].groups] == ["2019Q4"]
        odd = client_of(supervisor).get(reverse("reports:periods"), {"year": "x"})
        assert odd.context["page"].year == 2020

    def test_a_leader_sees_no_actions(self, leader: User, plan: Plan) -> None:
        make_plan_period(plan)
        page = text(client_of(leader).get(reverse("reports:periods")))
        assert "实施方案" in page
        assert "#move" not in page

    def test_only_ones_own_plans_are_listed(self, supervisor: User) -> None:
        make_plan_period(make_plan(line=make_line("other")))
        assert client_of(supervisor).get(reverse("reports:periods")).context["page"].count == 0

    def test_queries_grow_with_neither_plans_nor_duties(self, supervisor: User) -> None:
        client = client_of(supervisor)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(reverse("reports:periods")).status_code == 200
            return len(captured)

        task = make_task()
        make_duty(task, make_agency())
        queries()
        first = queries()
        for _ in range(4):
            another = make_task()
            make_duty(another, make_agency())
            make_duty(another, make_agency())
        assert queries() == first


class TestOpening:
    def test_the_page_previews_what_is_due_at_once(self, supervisor: User, plan: Plan) -> None:
        upper = make_plan(relation="upper")
        for _ in range(3):
            make_task(upper)
        page = plain(client_of(supervisor).get(reverse("periods:open")))
        assert "将产生 2 份应报（1 项任务、2 个单位）；对照文件 3 项不产生。" in page
        assert "1 项没有牵头单位，不产生应报" in page
        assert reverse("plans:consolidators", args=[plan.pk]) in page
        assert "确认开启2020年前三季度" in page
        assert 'value="2020-10-20"' in page
        assert not PlanPeriod.objects.exists()

    def test_confirmed_it_opens(self, supervisor: User, plan: Plan) -> None:
        data = self.data(plan)
        answer = client_of(supervisor).post(reverse("periods:open"), data, follow=True)
        assert "2020年前三季度已开启，产生 2 份应报，已通知 2 个单位。" in text(answer)
        assert Duty.objects.count() == 2
        again = text(client_of(supervisor).get(reverse("periods:open")))
        assert "已开启，没有要补的" in again
        assert "这一期没有要新产生的应报。" in again

    @staticmethod
    def data(ours: Plan, **other: object) -> dict[str, Any]:
        return {
            "period": "2020Q3",
            "plan": [ours.pk],
            "seen": 2,
            f"cut_off_{ours.pk}": "2020-10-20",
            **other,
        }

    def test_the_cut_off_may_be_set_for_this_once(self, supervisor: User, plan: Plan) -> None:
        data = self.data(plan, **{f"cut_off_{plan.pk}": "2020年10月26日"})
        client_of(supervisor).post(reverse("periods:open"), data)
        assert PlanPeriod.objects.get().cut_off == date(2020, 10, 26)

    def test_another_period_and_other_plans_may_be_chosen(
        self, supervisor: User, plan: Plan
    ) -> None:
        other = make_task(make_plan()).plan
        client = client_of(supervisor)
        asked = {"period": "2020Q4", "plan": str(other.pk)}
        page = plain(client.get(reverse("periods:open"), asked))
        assert "2020年全年将产生" in page
        assert "将产生 1 份应报（1 项任务、1 个单位）" in page
        assert f"cut_off_{plan.pk}" not in page
        both = client.get(reverse("periods:open"), {"period": "2020Q4"})
        assert [each.plan for each in both.context["preview"].plans] == [plan, other]
        odd = client.get(reverse("periods:open"), {"period": "x"})
        assert odd.context["code"].code == "2020Q3"

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"period": "2031Q1"}, "请从列表里选一个报告期。"),
            ({"plan": []}, "没有选中任何任务来源。"),
            ({"plan": ["x"]}, "选中的任务来源无法识别"),
            ({"seen": 5}, "您预览以后任务或分工有变化"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_opens(
        self, supervisor: User, plan: Plan, wrong: dict[str, Any], said: str
    ) -> None:
        answer = client_of(supervisor).post(reverse("periods:open"), self.data(plan, **wrong))
        assert answer.status_code == 422
        assert said in text(answer)
        assert not PlanPeriod.objects.exists()

    @pytest.mark.parametrize(
        ("given", "said"),
        [("", "请填写报送截止。"), ("下周", "“下周”不是日期"), ("2020-10-01", "已经过去")],
    )
    def test_a_day_that_will_not_do_is_said(
        self, supervisor: User, plan: Plan, given: str, said: str
    ) -> None:
        data = self.data(plan, **{f"cut_off_{plan.pk}": given})
        answer = client_of(supervisor).post(reverse("periods:open"), data)
        assert answer.status_code == 422
        assert said in text(answer)
        assert not PlanPeriod.objects.exists()

    def test_plans_that_ended_or_are_closed_cannot_be_ticked(
        self, supervisor: User, plan: Plan
    ) -> None:
        make_plan(ends_on=date(2019, 12, 31))
        make_plan_period(plan)
        PlanPeriod.objects.update(state="closed", closed_on=TODAY)
        page = text(client_of(supervisor).get(reverse("periods:open")))
        assert page.count(" disabled>") == 2
        assert "实施期到2019年12月31日为止" in page
        assert "去重新开启" in page

    def test_somebody_elses_plan_cannot_be_slipped_in(self, supervisor: User, plan: Plan) -> None:
        other = make_task(make_plan(line=make_line("other"))).plan
        data = self.data(plan, plan=[plan.pk, other.pk])
        answer = client_of(supervisor).post(reverse("periods:open"), data)
        assert answer.status_code == 422
        assert not PlanPeriod.objects.exists()

    def test_only_supervisors_open(self, leader: User, plan: Plan) -> None:
        answer = client_of(leader).post(reverse("periods:open"), self.data(plan))
        assert answer.status_code == 403
        assert Entry.objects.filter(result="refused").count() == 1

    def test_a_supervisor_of_nothing_is_told_what_to_do(self, supervisor: User) -> None:
        page = text(client_of(supervisor).get(reverse("periods:open")))
        assert "没有由您督办的任务来源。" in page


class TestOnePeriod:
    @pytest.fixture
    def entered(self, plan: Plan) -> PlanPeriod:
        task = plan.tasks.get(consolidator__isnull=False)
        for unit in (make_agency("省科技厅"), make_agency("省教育厅")):
            make_duty(task, unit)
        return PlanPeriod.objects.get()

    @staticmethod
    def post(user: User, entered: PlanPeriod, **data: str) -> Any:
        return client_of(user).post(reverse("periods:detail", args=[entered.pk]), data, follow=True)

    def test_figures_by_unit(self, leader: User, entered: PlanPeriod) -> None:
        answer = client_of(leader).get(reverse("periods:detail", args=[entered.pk]))
        page = plain(answer)
        assert "共 2 个单位" in page
        assert "10月20日（星期二）截止，还剩 8 天" in page
        assert "确认关闭" not in page
        assert "新的截止日" not in page
        assert answer.context["figures"].missing == 2

    def test_the_cut_off_is_moved(self, supervisor: User, entered: PlanPeriod) -> None:
        page = text(
            self.post(supervisor, entered, act="move", cut_off="2020-10-26", reason="台风停工")
        )
        assert "截止日已改" in page
        assert "理由：台风停工" in page
        entered.refresh_from_db()
        assert entered.cut_off == date(2020, 10, 26)

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"act": "move", "cut_off": "", "reason": "台风"}, "请填写新的截止日。"),
            ({"act": "move", "cut_off": "2020-10-26", "reason": ""}, "请写明改截止日的理由。"),
            ({"act": "move", "cut_off": "2020-10-11", "reason": "台风"}, "已经过去"),
            ({"act": "move", "cut_off": "2020-10-20", "reason": "台风"}, "没有改动"),
            ({"act": "reopen", "reason": "补报"}, "不用重新开启"),
            ({"act": "close"}, "还有 2 份未报"),
            ({"act": "what"}, "没有认出要做什么"),
        ],
    )
    def test_what_is_refused_says_why(
        self, supervisor: User, entered: PlanPeriod, data: dict[str, str], said: str
    ) -> None:
        assert said in text(self.post(supervisor, entered, **data))
        entered.refresh_from_db()
        assert (entered.state, entered.cut_off) == ("open", CUT_OFF)

    def test_closed_and_opened_again(self, supervisor: User, entered: PlanPeriod) -> None:
        day(date(2020, 10, 21))
        assert "确认关闭" in text(
            client_of(supervisor).get(reverse("periods:detail", args=[entered.pk]))
        )
        page = text(self.post(supervisor, entered, act="close"))
        assert "已关闭，不再接收" in page
        assert "新的截止日" not in page
        assert "请写明重新开启的理由" in text(
            self.post(supervisor, entered, act="reopen", reason="")
        )
        assert "已重新开启" in text(
            self.post(supervisor, entered, act="reopen", reason="省领导要求")
        )
        entered.refresh_from_db()
        assert entered.state == "open"

    def test_those_who_oversee_but_do_not_supervise_change_nothing(
        self, leader: User, entered: PlanPeriod
    ) -> None:
        answer = self.post(leader, entered, act="move", cut_off="2020-10-26", reason="台风")
        assert answer.status_code == 403
        assert Entry.objects.filter(result="refused").count() == 1
        entered.refresh_from_db()
        assert entered.cut_off == CUT_OFF

    def test_to_others_it_does_not_exist(self, entered: PlanPeriod) -> None:
        for user in (
            make_member(make_agency("省科技厅"), "reporter"),
            make_member(make_agency("省档案局"), "reporter"),
        ):
            answer = client_of(user).get(reverse("periods:detail", args=[entered.pk]))
            assert answer.status_code == 404
            assert client_of(user).get(reverse("reports:periods")).status_code == 403
