"""与上期, 去年同期: only what was kept is compared, and like with like."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.plans.models import Period, Plan
from apps.reports.selectors.compare import Then, compared, difference
from apps.reports.selectors.compare_reports import Missing, missing_compared
from apps.tasks.models import PeriodMark, Task
from tests.builders import TODAY, make_agency, make_duty, make_plan, make_plan_period, make_task
from tests.reports.report_cast import report_of


def mark(task: Task, code: str, light: str, *, cause: str = "") -> None:
    PeriodMark.objects.create(
        task=task,
        plan_period=make_plan_period(task.plan, code),
        light=light,
        light_facts={"cause": cause},
        marked_on=TODAY,
    )


def plan_with(lights: dict[str, str]) -> Plan:
    """One row, with these lights by period."""
    task = make_task(make_plan())
    for code, light in lights.items():
        mark(task, code, light)
    return task.plan


def beside(*plans: Plan, code: str = "2020Q3") -> tuple[Then | None, Then | None]:
    found = compared([plan.pk for plan in plans], Period.objects.get(code=code))
    return found.previous, found.year_ago


@pytest.mark.parametrize(
    ("now", "then", "said"), [(5, 3, "+2"), (3, 4, "−1"), (4, 4, "持平"), (0, 0, "持平")]
)
def test_a_change_is_said_with_its_sign(now: int, then: int, said: str) -> None:
    assert difference(now, then) == said


@pytest.mark.django_db
def test_without_a_period_there_is_nothing_to_compare() -> None:
    assert not compared([make_plan().pk], None).either
    make_plan_period(make_plan())
    assert not compared([], Period.objects.get()).either


@pytest.mark.django_db
class TestCompared:
    def test_lights_and_overdue_are_held_against_both_periods(self) -> None:
        plan = make_plan()
        first, second = make_task(plan), make_task(plan)
        mark(first, "2019Q3", "green")
        mark(second, "2019Q3", "green")
        mark(first, "2020Q2", "red", cause="gap")
        mark(second, "2020Q2", "green")
        mark(first, "2020Q3", "red", cause="overdue")
        mark(second, "2020Q3", "red", cause="overdue")
        previous, year_ago = beside(plan)
        assert previous is not None
        assert year_ago is not None
        assert (previous.name, year_ago.name) == ("2020年上半年", "2019年前三季度")
        assert (previous.light("red"), year_ago.light("red")) == ("+1", "+2")
        assert (previous.light("green"), year_ago.light("green")) == ("−1", "−2")
        assert (previous.overdue, year_ago.overdue) == ("+2", "+2")

    def test_a_period_that_is_over_is_compared_with_those_before_it(self) -> None:
        plan = plan_with({"2020Q1": "green", "2020Q2": "amber", "2020Q3": "red"})
        previous, year_ago = beside(plan, code="2020Q2")
        assert previous is not None
        assert previous.name == "2020年一季度"
        assert (previous.light("amber"), previous.light("red")) == ("+1", "持平")
        assert year_ago is None

    def test_nothing_is_guessed_for_a_period_of_which_nothing_was_kept(self) -> None:
        plan = plan_with({"2020Q1": "green", "2020Q3": "red"})
        make_plan_period(plan, "2020Q2")
        assert beside(plan) == (None, None)

    def test_a_plan_that_is_new_is_left_out_on_both_sides(self) -> None:
        old, new = plan_with({"2020Q2": "green", "2020Q3": "red"}), plan_with({"2020Q3": "red"})
        previous, _ = beside(old, new)
        assert previous is not None
        assert previous.left_out == 1
        assert previous.light("red") == "+1"
        assert previous.now.lights.total() == 1

    def test_a_plan_whose_newest_period_is_a_year_old_is_not_held_against_itself(self) -> None:
        plan_with({"2020Q3": "green"})
        assert beside(plan_with({"2019Q3": "red"})) == (None, None)

    def test_plans_of_different_cadence_have_each_their_own_last_period(self) -> None:
        quarterly = plan_with({"2020Q2": "green", "2020Q3": "red"})
        monthly = plan_with({"2020M08": "red", "2020Q3": "green"})
        previous, _ = beside(quarterly, monthly)
        assert previous is not None
        assert previous.name == "上一期"
        assert (previous.light("red"), previous.light("green")) == ("持平", "持平")

    def test_one_query_for_any_number_of_plans(self) -> None:
        lights = {"2019Q3": "red", "2020Q2": "green", "2020Q3": "red"}
        plans = [plan_with(lights) for _ in range(3)]
        period = Period.objects.get(code="2020Q3")
        with CaptureQueriesContext(connection) as queries:
            found = compared([plan.pk for plan in plans], period)
        assert len(queries) == 1
        assert found.previous is not None
        assert found.previous.light("red") == "+3"


def owed(plan: Plan, code: str, *, missing: int, late: int = 0) -> None:
    """Three reports of one row, so many of which never came and so many after the next opening."""
    task = make_task(plan, number=code)
    for place in range(3):
        duty = make_duty(task, make_agency(f"{plan.code}{place}"), code=code, cut_off=TODAY)
        if place >= missing:
            report_of(duty, delivered_on=AFTER if place < missing + late else EARLY)
    mark(task, code, "green")


EARLY, AFTER = date(2019, 7, 1), date(2030, 1, 1)


def beside_reports(*plans: Plan, today: date = AFTER) -> Missing:
    period = Period.objects.get(code="2020Q3")
    return missing_compared([plan.pk for plan in plans], period, today)


@pytest.mark.django_db
class TestMissing:
    """未报 counts reports on both sides, as the number beside it does."""

    def test_reports_are_counted_and_not_rows(self) -> None:
        plan = make_plan("a")
        owed(plan, "2019Q3", missing=0)
        # what came after the next period was opened was missing then
        owed(plan, "2020Q2", missing=1, late=1)
        owed(plan, "2020Q3", missing=3)
        found = beside_reports(plan)
        assert found.previous is not None
        assert found.year_ago is not None
        assert (found.previous.name, found.year_ago.name) == ("2020年上半年", "2019年前三季度")
        assert (found.previous.now, found.previous.then, found.previous.missing) == (3, 2, "+1")
        assert (found.year_ago.then, found.year_ago.missing) == (0, "+3")

    def test_settled_rows_owe_nothing_on_either_side(self) -> None:
        plan = make_plan("a")
        owed(plan, "2020Q2", missing=2)
        owed(plan, "2020Q3", missing=2)
        PeriodMark.objects.filter(plan_period__period__code="2020Q2").update(light="closed")
        Task.objects.filter(number="2020Q3").update(state="closed", closed_on=TODAY)
        found = beside_reports(plan)
        assert found.previous is not None
        assert (found.previous.now, found.previous.then) == (0, 0)

    def test_nothing_is_guessed_and_nobody_is_late_before_the_cut_off(self) -> None:
        plan, new = make_plan("a"), make_plan("b")
        owed(plan, "2020Q3", missing=2)
        make_plan_period(plan, "2020Q2")
        assert not beside_reports(plan).either
        owed(new, "2020Q2", missing=2)
        owed(new, "2020Q3", missing=1)
        found = beside_reports(plan, new)
        assert found.previous is not None
        assert (found.previous.now, found.previous.then) == (1, 2)
        assert not beside_reports(plan, new, today=TODAY).either
        assert missing_compared([], Period.objects.get(code="2020Q3"), AFTER) == Missing()
        assert missing_compared([plan.pk], None, AFTER) == Missing()

    def test_plans_of_different_cadence_have_each_their_own_last_period(self) -> None:
        quarterly, monthly = make_plan("a"), make_plan("b")
        owed(quarterly, "2020Q2", missing=1)
        owed(monthly, "2020M08", missing=2)
        for plan in (quarterly, monthly):
            owed(plan, "2020Q3", missing=0)
        found = beside_reports(quarterly, monthly)
        assert found.previous is not None
        assert (found.previous.name, found.previous.missing) == ("上一期", "−3")
