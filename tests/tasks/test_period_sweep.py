"""Periods that open and close by themselves, also after nights on which nothing ran."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from apps.common.actor import SWEEP
from apps.notices.models import Message
from apps.ops.models import Installation, JobRun
from apps.plans.models import Plan, PlanPeriod, PlanPolicy
from apps.tasks import jobs
from apps.tasks.access import everything
from apps.tasks.models import Duty
from apps.tasks.services.period_sweep import Swept, sweep_periods
from apps.tasks.services.periods import period_close, period_reopen
from tests.builders import make_plan, make_plan_period, make_task
from tests.reporting import reporter_of, send_back, submit, supervisor

pytestmark = pytest.mark.django_db
OPENS = date(2020, 10, 1)
CUT_OFF = date(2020, 10, 20)


def willing(**rule: object) -> Plan:
    """A plan that opens its periods itself."""
    plan = make_task().plan
    PlanPolicy.objects.filter(plan=plan).update(opens_by_itself=True, **rule)
    return plan


def swept(day: date) -> Swept:
    return sweep_periods(actor=SWEEP, today=day)


def test_a_period_opens_on_its_day_and_once() -> None:
    plan = willing()
    assert swept(OPENS - timedelta(days=1)) == Swept(0, 0)
    assert swept(OPENS) == Swept(1, 0)
    assert swept(OPENS) == Swept(0, 0)
    entered = PlanPeriod.objects.select_related("period").get()
    assert (entered.plan, entered.period.code, entered.cut_off) == (plan, "2020Q3", CUT_OFF)
    assert (Duty.objects.count(), Message.objects.count()) == (1, 1)
    assert JobRun.objects.filter(kind="sweep_periods", state="done").count() == 2


@pytest.mark.parametrize("day", [date(2020, 10, 13), CUT_OFF])
def test_missed_days_are_caught_up_while_there_is_time_to_report(day: date) -> None:
    willing()
    assert swept(day) == Swept(1, 0)
    assert PlanPeriod.objects.get().opened_on == day


def test_when_the_cut_off_was_missed_too_the_supervisor_is_told_once() -> None:
    plan, fresh = willing(), willing()
    make_plan_period(plan, "2020Q2", date(2020, 7, 20))
    for day in (date(2020, 10, 21), date(2020, 10, 22)):
        assert swept(day) == Swept(0, 0)
    assert PlanPeriod.objects.count() == 1
    assert not fresh.plan_periods.exists()
    message = Message.objects.get()
    assert (message.agency, message.role) == (plan.supervisor, "supervisor")
    assert "没有按时开启" in message.subject
    assert message.path == f"/periods/open/?period=2020Q3&plan={plan.pk}"


def test_only_the_newest_due_period_is_opened() -> None:
    willing()
    assert swept(date(2021, 1, 4)) == Swept(1, 0)
    assert PlanPeriod.objects.get().period.code == "2020Q4"


def test_what_was_there_before_is_never_opened_again() -> None:
    plan = willing()
    entered = make_plan_period(plan)
    PlanPeriod.objects.update(state="closed", closed_on=OPENS)
    newer = willing()
    make_plan_period(newer, "2020Q4", date(2021, 1, 20))
    assert swept(OPENS) == Swept(0, 0)
    entered.refresh_from_db()
    assert entered.state == "closed"


@pytest.mark.parametrize("plan", [{"relation": "upper"}, {"ends_on": date(2020, 6, 30)}])
def test_plans_that_ask_nothing_are_left_alone(plan: dict[str, Any]) -> None:
    made = make_plan(**plan)
    make_task(made)
    PlanPolicy.objects.filter(plan=made).update(opens_by_itself=True)
    assert swept(OPENS) == Swept(0, 0)
    assert not Message.objects.exists()


def test_the_job_goes_by_the_business_date() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=OPENS)
    willing()
    jobs.sweep_periods()
    jobs.sweep_periods()
    assert PlanPeriod.objects.get().opened_on == OPENS


def test_a_plan_that_does_not_want_it_is_opened_by_hand() -> None:
    make_task()
    assert swept(OPENS) == Swept(0, 0)


@pytest.mark.parametrize(
    ("after", "last_open", "closes"),
    [
        (0, CUT_OFF, date(2020, 10, 21)),
        # Friday the 23rd is the third working day
        (3, date(2020, 10, 23), date(2020, 10, 24)),
        (4, date(2020, 10, 26), date(2020, 10, 27)),
    ],
)
def test_a_period_closes_so_many_working_days_after_its_cut_off(
    after: int, last_open: date, closes: date
) -> None:
    willing(closes_after=after)
    swept(OPENS)
    assert swept(last_open) == Swept(0, 0)
    assert swept(closes) == Swept(0, 1)
    assert swept(closes) == Swept(0, 0)
    assert PlanPeriod.objects.get().closed_on == closes


def test_without_a_rule_somebody_closes_it() -> None:
    willing()
    swept(OPENS)
    assert swept(date(2020, 12, 31)) == Swept(0, 0)


def test_a_period_opened_again_stays_open_for_as_long_again() -> None:
    willing(closes_after=2)
    swept(OPENS)
    swept(date(2020, 10, 23))
    entered = PlanPeriod.objects.get()
    assert entered.state == "closed"
    reopened = date(2020, 11, 2)
    period_reopen(
        actor=SWEEP, scope=everything(), plan_period=entered, reason="补报", today=reopened
    )
    assert swept(date(2020, 11, 4)) == Swept(0, 0)
    assert swept(date(2020, 11, 5)) == Swept(0, 1)


def test_the_plan_that_somebody_closed_meanwhile_does_not_stop_the_others() -> None:
    willing(closes_after=0)
    willing(closes_after=0)
    swept(OPENS)
    first = PlanPeriod.objects.order_by("pk")[0]
    period_close(actor=SWEEP, scope=everything(), plan_period=first, today=date(2020, 10, 21))
    assert swept(date(2020, 10, 21)) == Swept(0, 1)


def test_what_was_sent_back_may_come_again_before_the_period_closes() -> None:
    willing(closes_after=0)
    swept(OPENS)
    duty = Duty.objects.get()
    send_back(supervisor(), submit(duty, reporter_of(duty.agency)), today=CUT_OFF)
    assert swept(date(2020, 10, 22)) == Swept(0, 0)
    assert swept(date(2020, 10, 23)) == Swept(0, 1)
