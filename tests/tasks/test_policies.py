"""填报规则 of a plan, and the working calendar: who changes them, what is refused, the pages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.audit.selectors import breaks, history
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.ops.models import Installation, WorkdayOverride
from apps.plans.models import Plan, PlanPolicy
from apps.plans.services import workday_clear, workday_set
from apps.tasks.access import scope_of
from apps.tasks.models import Task
from apps.tasks.services.policies import POLICY_FIELDS, policy_set
from tests.builders import (
    TODAY,
    make_agency,
    make_line,
    make_member,
    make_plan,
    make_plan_period,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db
HOLIDAY, SUNDAY = date(2020, 10, 1), date(2020, 9, 27)


@pytest.fixture(autouse=True)
def _installed() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


@pytest.fixture
def system() -> User:
    return make_user(duty=User.Duty.SYSTEM)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def change(plan: Plan, user: User, seen: int = 1, **values: Any) -> PlanPolicy:
    return policy_set(
        actor=user,
        scope=scope_of(user, TODAY),
        plan=plan,
        values=values,
        seen_version=seen,
        today=TODAY,
    )


class TestThePolicy:
    def test_what_changed_is_logged_and_the_rows_are_judged_anew(self, supervisor: User) -> None:
        task = make_task()
        plan = task.plan
        policy = change(
            plan, supervisor, cadence=1, cut_off_day=20, red_points=Decimal("25.0"),
            opens_by_itself=True, year_end_month=1, year_end_day=3,
        )  # fmt: skip
        assert (policy.cadence, policy.version) == (1, 2)
        entry = history(plan).get()
        assert entry.action == "改填报规则"
        assert entry.changes == {
            "报送频次": ["每季度", "每月"],
            "红灯：落后超过（百分点）": ["30", "25"],
            "到期自动开启报告期": ["否", "是"],
            "年终截止月": [None, "1"],
            "年终截止日": [None, "3"],
        }
        assert Task.objects.get().marks_next == TODAY

    def test_nothing_changed_writes_nothing(self, supervisor: User) -> None:
        plan = make_plan()
        assert change(plan, supervisor, cadence=3, weekend="later").version == 1
        assert not history(plan).exists()

    def test_periods_that_are_open_keep_their_days(self, supervisor: User) -> None:
        plan = make_plan()
        entered = make_plan_period(plan)
        change(plan, supervisor, cut_off="day_within", cut_off_day=5)
        entered.refresh_from_db()
        assert entered.cut_off == date(2020, 10, 20)

    def test_only_supervisors_of_a_plan_of_ours(self, supervisor: User) -> None:
        leader = make_member(make_agency("省发展改革委"), "leader", lines=[make_line()])
        with pytest.raises(NotAllowed):
            change(make_plan(), leader, cadence=1)
        with pytest.raises(NotAllowed):
            change(make_plan(relation="upper"), supervisor, cadence=1)

    def test_what_somebody_else_changed_meanwhile_stays(self, supervisor: User) -> None:
        plan = make_plan()
        change(plan, supervisor, cadence=1)
        with pytest.raises(Conflict, match="别人已改过"):
            change(plan, supervisor, seen=1, cadence=6)
        assert PlanPolicy.objects.get().cadence == 1

    def test_what_cannot_be_meant_is_refused(self, supervisor: User) -> None:
        plan = make_plan()
        with pytest.raises(Refused, match="须在 1 至 31 之间"):
            change(plan, supervisor, cut_off_day=32)
        assert PlanPolicy.objects.get().cut_off_day == 20


def form_of(plan: Plan, **other: object) -> dict[str, object]:
    values = {name: getattr(plan.policy, name) for name in POLICY_FIELDS}
    filled = {name: "" if value is None else value for name, value in values.items()}
    filled.pop("opens_by_itself")
    return {**filled, "seen": 1, **other}


class TestThePolicysPage:
    def test_it_shows_the_next_periods_by_the_rule(self, supervisor: User) -> None:
        plan = make_plan()
        client = client_of(supervisor)
        address = reverse("plans:policy", args=[plan.pk])
        assert address in client.get(reverse("plans:detail", args=[plan.pk])).content.decode()
        page = client.get(address).content.decode()
        assert "2020-10-20 截止，数据截至 2020-09-30，2020-10-01 起可开启" in page
        assert "2021-01-20 截止" in page

    def test_it_saves(self, supervisor: User) -> None:
        plan = make_plan()
        address = reverse("plans:policy", args=[plan.pk])
        answer = client_of(supervisor).post(
            address, form_of(plan, cut_off="workday_from_end", cut_off_day=5, opens_by_itself="on")
        )
        assert answer.headers["Location"] == address
        policy = PlanPolicy.objects.get()
        assert (policy.cut_off, policy.cut_off_day) == ("workday_from_end", 5)
        assert policy.opens_by_itself

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"cut_off_day": "0"}, "“N”须在 1 至 31 之间。"),
            ({"cut_off_day": ""}, "请填写“N（第几日、倒数第几个）”。"),
            ({"cut_off_day": "二十"}, "只填数字"),
            ({"cadence": "2"}, "“报送频次”请从列表里选。"),
            ({"year_end_month": "1"}, "月和日要么都填，要么都不填。"),
            ({"amber_points": "40"}, "也不能大于红灯的"),
        ],
    )
    def test_what_is_wrong_is_said_in_chinese_at_its_field(
        self, supervisor: User, wrong: dict[str, str], said: str
    ) -> None:
        plan = make_plan()
        address = reverse("plans:policy", args=[plan.pk])
        answer = client_of(supervisor).post(address, form_of(plan, **wrong))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert said in page
        assert "plans_planpolicy" not in page
        assert PlanPolicy.objects.get().version == 1

    def test_a_page_left_open_too_long_changes_nothing(self, supervisor: User) -> None:
        plan = make_plan()
        data = form_of(plan, cadence=6)
        change(plan, supervisor, cadence=1)
        client = client_of(supervisor)
        answer = client.post(reverse("plans:policy", args=[plan.pk]), data, follow=True)
        assert "别人已改过填报规则" in answer.content.decode()
        assert PlanPolicy.objects.get().cadence == 1

    def test_others_are_turned_away(self, supervisor: User) -> None:
        plan, foreign = make_plan(), make_plan(relation="upper")
        leader = make_member(make_agency("省发展改革委"), "leader", lines=[make_line()])
        address = reverse("plans:policy", args=[plan.pk])
        assert client_of(leader).post(address, form_of(plan)).status_code == 403
        assert Entry.objects.filter(result="refused", action="改填报规则").exists()
        stranger = make_member(make_agency("省档案局"), "reporter")
        assert client_of(stranger).get(address).status_code == 404
        other = reverse("plans:policy", args=[foreign.pk])
        assert client_of(supervisor).get(other).status_code == 404


class TestTheWorkingCalendar:
    def test_a_day_is_set_changed_and_given_back(self, system: User) -> None:
        row = workday_set(user=system, day=SUNDAY, is_workday=False, note="粤府办通知", today=TODAY)
        workday_set(user=system, day=SUNDAY, is_workday=True, note="更正", today=TODAY)
        assert WorkdayOverride.objects.get().is_workday
        workday_clear(user=system, day=SUNDAY, today=TODAY)
        workday_clear(user=system, day=SUNDAY, today=TODAY)
        assert not WorkdayOverride.objects.exists()
        entries = Entry.objects.filter(object_type="workdayoverride", object_id=str(row.pk))
        assert [entry.changes["安排"] for entry in entries.order_by("chain_no")] == [
            [None, "2020-09-27 放假"],
            ["2020-09-27 放假", "2020-09-27 上班"],
            ["2020-09-27 上班", None],
        ]
        assert breaks() == []

    @pytest.mark.parametrize(
        ("day", "works", "note", "said"),
        [
            (HOLIDAY, False, "通知", "按国家日历本来就放假"),
            (SUNDAY, True, "通知", "按国家日历本来就上班"),
            (HOLIDAY, True, " ", "请写明说明"),
            (HOLIDAY, True, "长" * 101, "说明最多 100 字，现在 101 字"),
            (date(1900, 1, 1), False, "通知", "年份须在"),
        ],
    )
    def test_what_says_nothing_is_refused(
        self, system: User, day: date, works: bool, note: str, said: str
    ) -> None:
        with pytest.raises(Refused, match=said):
            workday_set(user=system, day=day, is_workday=works, note=note, today=TODAY)
        assert not WorkdayOverride.objects.exists()

    def test_only_a_system_administrator_changes_it(self, supervisor: User) -> None:
        for user in (supervisor, make_user(duty=User.Duty.SECURITY)):
            with pytest.raises(NotAllowed):
                workday_set(user=user, day=SUNDAY, is_workday=False, note="通知", today=TODAY)
            with pytest.raises(NotAllowed):
                workday_clear(user=user, day=SUNDAY, today=TODAY)

    def test_the_page_of_a_system_administrator(self, system: User) -> None:
        client, address = client_of(system), reverse("calendar:list")
        data = {"act": "set", "day": "2020-09-27", "is_workday": "0", "note": "粤府办通知"}
        answer = client.post(address, data, follow=True)
        page = answer.content.decode()
        assert "粤府办通知" in page
        assert "9月27日（星期日）" in page
        assert "10月1日（星期四）至10月8日（星期四），共 8 天" in page
        client.post(address, {"act": "clear", "day": "2020-09-27"})
        assert not WorkdayOverride.objects.exists()
        assert "还没有公布" in client.get(address, {"year": "2027"}).content.decode()

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"day": "后天"}, "“后天”不是日期"),
            ({"day": ""}, "请填写日期。"),
            ({"is_workday": "x"}, "请从列表里选安排。"),
            ({"note": ""}, "请写明说明"),
            ({"day": "2020-10-01"}, "本来就放假"),
        ],
    )
    def test_errors_stand_on_the_page(self, system: User, wrong: dict[str, str], said: str) -> None:
        data = {"act": "set", "day": "2020-09-27", "is_workday": "0", "note": "通知", **wrong}
        answer = client_of(system).post(reverse("calendar:list"), data)
        assert answer.status_code == 422
        assert said in answer.content.decode()

    def test_a_supervisor_looks_and_others_do_not(self, supervisor: User) -> None:
        address = reverse("calendar:list")
        page = client_of(supervisor).get(address).content.decode()
        assert "登记一天" not in page
        data = {"act": "set", "day": "2020-09-27", "is_workday": "0", "note": "通知"}
        assert client_of(supervisor).post(address, data).status_code == 403
        assert Entry.objects.filter(result="refused", action="改工作日历").count() == 1
        assert not WorkdayOverride.objects.exists()
        for user in (
            make_member(make_agency("省档案局"), "reporter"),
            make_user(duty=User.Duty.AUDIT),
        ):
            assert client_of(user).get(address).status_code == 403

    def test_odd_years_show_this_one(self, system: User) -> None:
        for year in ("", "abc", "99999999999", "1", "²"):
            answer = client_of(system).get(reverse("calendar:list"), {"year": year})
            assert answer.context["page"].year == TODAY.year
