"""催报名单: who is missing, whom to call, and a text that can be pasted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.agencies.models import Agency, Contact
from apps.ops.models import Installation
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.access import scope_of
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.selectors.chase import Chase, chase_of, chases_of
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_line,
    make_member,
    make_plan,
    make_task,
)

pytestmark = pytest.mark.django_db
# a Thursday; the second working day after it is Monday
AFTER = date(2020, 10, 22)


@pytest.fixture
def plan() -> Plan:
    return make_plan("ours", short_title="实施方案")


@pytest.fixture
def supervisor(plan: Plan) -> User:
    assert plan.supervisor is not None
    Contact.objects.create(
        agency=plan.supervisor, post="联络员", name="李某", telephone="020-1", position=1
    )
    return make_member(plan.supervisor, "supervisor", lines=[make_line()])


@pytest.fixture
def unit() -> Agency:
    agency = make_agency("省经信委")
    for position, name in enumerate(("张某", "赵某"), start=1):
        Contact.objects.create(
            agency=agency, post="联络员", name=name, telephone=f"020-{name}", position=position
        )
    return agency


def owe(plan: Plan, unit: Agency, *numbers: str, **fields: Any) -> list[Duty]:
    rows = [make_task(plan, number=number, leads=[unit], **fields) for number in numbers]
    return [make_duty(row, unit) for row in rows]


def report(duty: Duty, state: str = "submitted", **fields: Any) -> None:
    known = {"delivered_on": None if state == "signing" else TODAY, **fields}
    Progress.objects.create(
        duty=duty, text="做了", self_assessment="normal", state=state, first_submitted_on=TODAY,
        submitted_on=TODAY, submitted_by="某人", **known,
    )  # fmt: skip


def chase(user: User, today: date = AFTER) -> Chase:
    """The most pressing list."""
    return chases_of(scope_of(user, today), today)[0]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def test_one_line_says_unit_person_telephone_and_rows(
    plan: Plan, unit: Agency, supervisor: User
) -> None:
    owe(plan, unit, "3", "5", "27")
    found = chase(supervisor)
    assert found.text == "省经信委 张某 020-张某 欠第3、5、27项"
    assert (found.over, found.many) == (True, 3)
    [only] = found.units
    assert [contact.name for contact in only.contacts] == ["张某", "赵某"]


def test_the_text_names_cut_off_rows_day_and_whom_to_ask(
    plan: Plan, unit: Agency, supervisor: User
) -> None:
    owe(plan, unit, "3", "5")
    assert chase(supervisor).units[0].text == (
        "省经信委：2020年前三季度进展报送已于10月20日截止，贵单位还有第3、5项未报，"
        "请于10月26日前报送。联系人：省发展改革委 李某 020-1。"
    )


def test_before_the_cut_off_nobody_is_late(plan: Plan, unit: Agency, supervisor: User) -> None:
    owe(plan, unit, "3")
    found = chase(supervisor, TODAY)
    assert not found.over
    assert "将于10月20日截止，尚未截止" in found.units[0].text
    on_the_day = chase(supervisor, date(2020, 10, 20))
    assert not on_the_day.over


def test_what_left_its_unit_and_what_is_settled_is_not_missing(
    plan: Plan, unit: Agency, supervisor: User
) -> None:
    sent, returned, signing, _, closed = owe(plan, unit, "1", "2", "3", "4", "5")
    report(sent)
    report(returned, "returned")
    report(signing, "signing")
    Task.objects.filter(pk=closed.task_id).update(state=Task.State.CLOSED, closed_on=TODAY)
    assert chase(supervisor).text.endswith("欠第3、4项")


def test_a_closed_period_asks_for_the_reason(plan: Plan, unit: Agency, supervisor: User) -> None:
    owe(plan, unit, "3")
    PlanPeriod.objects.update(state="closed", closed_on=AFTER)
    found = chase(supervisor)
    assert found.closed
    assert "没有报送，请说明原因" in found.units[0].text


def test_a_period_that_was_opened_early_does_not_hide_the_one_that_is_due(
    plan: Plan, unit: Agency, supervisor: User
) -> None:
    [duty] = owe(plan, unit, "3")
    make_duty(duty.task, unit, code="2020Q4", cut_off=date(2021, 1, 5))
    assert chase(supervisor, TODAY).period.code == "2020Q3"
    report(duty)
    assert chase(supervisor, TODAY).period.code == "2020Q4"


def test_rows_of_two_plans_say_which(plan: Plan, unit: Agency, supervisor: User) -> None:
    owe(plan, unit, "3")
    owe(make_plan("second", short_title="意见"), unit, "9")
    assert chase(supervisor).text.endswith("欠《实施方案》第3项；《意见》第9项")


def test_what_is_over_and_still_open_goes_first_and_what_is_closed_last(
    plan: Plan, unit: Agency, supervisor: User
) -> None:
    [duty] = owe(plan, unit, "3")
    for code, cut_off in (("2020Q2", date(2020, 7, 20)), ("2020Q1", date(2020, 4, 20))):
        make_duty(duty.task, unit, code=code, cut_off=cut_off)

    def periods() -> list[str]:
        return [each.period.code for each in chases_of(scope_of(supervisor, TODAY), TODAY)]

    assert periods() == ["2020Q2", "2020Q3"]
    PlanPeriod.objects.filter(period__code="2020Q2").update(state="closed", closed_on=TODAY)
    assert periods() == ["2020Q1", "2020Q3", "2020Q2"]


def test_one_unit_or_one_plan_alone(plan: Plan, unit: Agency, supervisor: User) -> None:
    [duty] = owe(plan, unit, "3")
    owe(plan, make_agency("乙厅"), "4")
    second = make_plan("second")
    owe(second, unit, "9")
    scope = scope_of(supervisor, AFTER)
    [of_unit] = chases_of(scope, AFTER, agency=unit)
    assert [each.agency for each in of_unit.units] == [unit]
    of_plan = chase_of(scope, AFTER, period=duty.plan_period.period, plan=second)
    assert of_plan is not None
    assert of_plan.text.endswith("欠第9项")


def test_plans_of_others_are_not_chased(plan: Plan, unit: Agency, supervisor: User) -> None:
    owe(plan, unit, "3")
    owe(make_plan("theirs", line=make_line("other")), unit, "9")
    assert chase(supervisor).many == 1
    assert plan.supervisor is not None
    leader = make_member(plan.supervisor, "leader", lines=[make_line()])
    for user in (leader, make_member(unit, "reporter")):
        assert chases_of(scope_of(user, AFTER), AFTER) == []


def test_all_in_and_nothing_opened_yet(plan: Plan, unit: Agency, supervisor: User) -> None:
    assert chases_of(scope_of(supervisor, AFTER), AFTER) == []
    [duty] = owe(plan, unit, "3")
    report(duty)
    assert chases_of(scope_of(supervisor, AFTER), AFTER) == []
    found = chase_of(scope_of(supervisor, AFTER), AFTER, period=duty.plan_period.period)
    assert found is not None
    assert (found.units, found.text) == ((), "")


def test_the_list_stands_on_board_and_units_page_for_the_supervisor_alone(
    plan: Plan, unit: Agency, supervisor: User
) -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=AFTER)
    owe(plan, unit, "3")
    assert plan.supervisor is not None
    leader = make_member(plan.supervisor, "leader", lines=[make_line()])
    line = 'data-copy="省经信委 张某 020-张某 欠第3项"'
    period = PlanPeriod.objects.get()
    for address in (
        reverse("reports:overdue"),
        reverse("agencies:detail", args=[unit.pk]),
        reverse("periods:detail", args=[period.pk]),
    ):
        html = client_of(supervisor).get(address).content.decode()
        assert line in html
        assert "请于10月26日前报送" in html
        html = client_of(leader).get(address).content.decode()
        assert "催报名单" not in html
    home = client_of(supervisor).get("/").content.decode()
    assert f"{reverse('reports:overdue')}#chase" in home


def test_before_the_cut_off_the_page_says_so(plan: Plan, unit: Agency, supervisor: User) -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    owe(plan, unit, "3")
    html = client_of(supervisor).get(reverse("reports:overdue")).content.decode()
    assert "<b>尚未截止</b>" in html


def test_queries_do_not_grow_with_units_and_rows(plan: Plan, supervisor: User) -> None:
    counts = []
    for many in (2, 9):
        for _ in range(many):
            owe(plan, make_agency(), *(f"{many}-{Task.objects.count()}-{n}" for n in range(3)))
        acting = User.objects.get(pk=supervisor.pk)
        with CaptureQueriesContext(connection) as queries:
            assert chase(acting).text
        counts.append(len(queries))
    assert counts[0] == counts[1]
