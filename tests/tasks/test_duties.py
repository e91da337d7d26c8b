"""Who owes a report, by each rule that a plan may have (product.md D8); the preview's numbers."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.common.periods import PeriodCode
from apps.plans.models import Plan, PlanPeriod, PlanPolicy
from apps.tasks.models import Assignment, Task
from apps.tasks.selectors.duties import owed_by, pairs_owed
from apps.tasks.selectors.openings import opening_preview, period_choices
from tests.builders import TODAY, make_agency, make_duty, make_plan, make_plan_period, make_task
from tests.reporting import reporter_of, submit

pytestmark = pytest.mark.django_db
Q3 = PeriodCode.parse("2020Q3")
LEAD, CONSOLIDATOR, RESPONSIBLE = "each_lead", "consolidator", "each_responsible"


def ruled(owes: str = LEAD) -> Plan:
    plan = make_plan()
    PlanPolicy.objects.filter(plan=plan).update(owes=owes)
    return plan


def part(task: Task, agency: Agency | None, role: Role, *, collective: bool = False) -> None:
    Assignment.objects.create(
        task=task,
        agency=agency,
        name=agency.name if agency else "各有关单位",
        role=role.value,
        collective=collective,
        position=task.assignments.count() + 1,
    )


def owing(plan: Plan, today: date = TODAY) -> list[str]:
    names = dict(Agency.objects.values_list("pk", "name"))
    return [names[unit] for _, unit in pairs_owed(plan, ends_on=Q3.ends_on, today=today)]


@pytest.fixture
def cast() -> list[Agency]:
    return [make_agency(name) for name in ("甲厅", "乙厅", "丙厅", "丁厅")]


@pytest.mark.parametrize(
    ("owes", "expected"),
    [(LEAD, ["甲厅", "乙厅"]), (CONSOLIDATOR, ["甲厅"]), (RESPONSIBLE, ["甲厅", "乙厅", "丙厅"])],
)
def test_a_row_with_leads(cast: list[Agency], owes: str, expected: list[str]) -> None:
    plan = ruled(owes)
    task = make_task(plan, leads=cast[:2], supports=[cast[3]])
    part(task, cast[2], Role.SHARED)
    part(task, cast[3], Role.GUIDE)
    assert owing(plan) == expected


@pytest.mark.parametrize(
    ("owes", "expected"),
    [
        (LEAD, ["甲厅", "乙厅", "丁厅"]),
        (CONSOLIDATOR, ["丁厅"]),
        (RESPONSIBLE, ["甲厅", "乙厅", "丁厅"]),
    ],
)
def test_a_designated_unit_that_is_no_lead_puts_together(
    cast: list[Agency], owes: str, expected: list[str]
) -> None:
    plan = ruled(owes)
    make_task(plan, leads=cast[:2], consolidator=cast[3], consolidator_basis="会议纪要〔2020〕3号")
    assert owing(plan) == expected


def test_a_lead_that_puts_together_owes_once(cast: list[Agency]) -> None:
    plan = ruled()
    make_task(plan, leads=cast[:2], consolidator=cast[1], consolidator_basis="省领导批示")
    assert owing(plan) == ["甲厅", "乙厅"]


@pytest.mark.parametrize(
    ("owes", "before", "after"),
    [(LEAD, [], ["丁厅"]), (CONSOLIDATOR, [], ["丁厅"]), (RESPONSIBLE, ["甲厅"], ["甲厅", "丁厅"])],
)
def test_a_row_without_a_lead_waits_for_somebody_to_be_designated(
    cast: list[Agency], owes: str, before: list[str], after: list[str]
) -> None:
    plan = ruled(owes)
    task = make_task(plan, leads=[])
    part(task, cast[0], Role.SHARED)
    # taken by order and by nobody's decision: no lead by guess
    Task.objects.filter(pk=task.pk).update(consolidator=cast[3])
    assert owing(plan) == before
    Task.objects.filter(pk=task.pk).update(consolidator_basis="省领导批示")
    assert owing(plan) == after


def test_unknown_names_and_collectives_owe_nothing(cast: list[Agency]) -> None:
    plan = ruled(RESPONSIBLE)
    task = make_task(plan, leads=[])
    part(task, None, Role.LEAD)
    part(task, cast[0], Role.LEAD, collective=True)
    assert owing(plan) == []


def test_a_merged_unit_with_two_old_names_has_one_duty(cast: list[Agency]) -> None:
    plan = ruled()
    make_task(plan, leads=[cast[0], cast[0]])
    assert owing(plan) == ["甲厅"]


@pytest.mark.parametrize(
    ("state", "closed_on", "today", "owes"),
    [
        (Task.State.CLOSED, date(2020, 9, 30), TODAY, False),
        (Task.State.ENDED, date(2020, 9, 1), TODAY, False),
        (Task.State.ENDED, None, TODAY, False),
        # settled since, but before the period is opened
        (Task.State.CLOSED, date(2020, 10, 5), TODAY, False),
        # a ledger that enters with its past: the row was open then
        (Task.State.CLOSED, date(2020, 10, 5), date(2018, 12, 3), True),
        (Task.State.CLOSING, None, TODAY, True),
        (Task.State.SUSPENDED, None, TODAY, True),
    ],
)
def test_what_is_settled_owes_nothing(
    cast: list[Agency], state: str, closed_on: date | None, today: date, owes: bool
) -> None:
    plan = ruled()
    make_task(plan, leads=[cast[0]], state=state, closed_on=closed_on)
    assert bool(owing(plan, today)) is owes


def test_foreign_plans_owe_nothing_and_duties_stand_in_the_tables_order(
    cast: list[Agency],
) -> None:
    upper = make_plan(relation="upper")
    make_task(upper, leads=[cast[0]])
    plan = ruled()
    second = make_task(plan, leads=[cast[0]], position=2)
    first = make_task(plan, leads=[cast[1]], position=1)
    found = owed_by([upper, plan], ends_on=Q3.ends_on, today=TODAY)
    assert found[upper.pk].pairs == []
    assert found[plan.pk].pairs == [(first.pk, cast[1].pk), (second.pk, cast[0].pk)]


def test_the_preview_counts_what_would_come(cast: list[Agency]) -> None:
    ours, other, upper = ruled(), ruled(), make_plan(relation="upper")
    lower = make_plan(relation="lower")
    for foreign in (upper, lower, lower):
        make_task(foreign, leads=[cast[0]])
    make_task(ours, leads=cast[:2])
    kept = make_task(ours, leads=[cast[0]])
    part(make_task(ours, leads=[]), cast[0], Role.SHARED)
    make_task(other, leads=[cast[0]])
    make_duty(kept, cast[0], cut_off=date(2020, 10, 23))
    seen = opening_preview([ours, other], Q3, TODAY, foreign=[upper.pk, lower.pk, other.pk])
    assert (seen.duties, seen.new, seen.existing) == (4, 3, 1)
    assert (seen.tasks, seen.units, seen.without_lead) == (3, 2, 1)
    assert (seen.upper, seen.lower) == (1, 2)
    first, second = seen.plans
    assert (first.duties, first.tasks, first.units, first.existing) == (3, 2, 2, 1)
    assert (first.cut_off, second.cut_off) == (date(2020, 10, 23), date(2020, 10, 20))
    assert first.entered is not None
    assert second.entered is None
    assert seen.unpublished == []


def test_the_preview_says_what_units_owe_that_the_table_does_not_name_any_more(
    cast: list[Agency],
) -> None:
    plan = ruled()
    rows = [make_task(plan, leads=[cast[0]]) for _ in range(3)]
    silent, _, settled = [make_duty(row, cast[0]) for row in rows]
    Assignment.objects.update(agency=cast[1])
    Task.objects.filter(pk=settled.task_id).update(state=Task.State.ENDED)
    [seen] = opening_preview([plan], Q3, TODAY).plans
    assert (seen.duties, seen.existing, seen.outdated) == (2, 0, 2)
    submit(silent, reporter_of(cast[0]))
    assert opening_preview([plan], Q3, TODAY).plans[0].outdated == 1


def test_the_preview_says_what_cannot_be_opened_and_what_is_not_known() -> None:
    ended = make_plan(ends_on=date(2019, 12, 31))
    yearly, closed = make_plan(), make_plan()
    PlanPolicy.objects.filter(plan=yearly).update(cadence=12)
    make_plan_period(closed)
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    [one, two, three] = opening_preview([ended, yearly, closed], Q3, TODAY).plans
    assert (one.ended, one.may_open) == (True, False)
    assert (two.in_cadence, two.may_open) == (False, True)
    assert (three.ended, three.may_open) == (False, False)
    late = make_plan(ends_on=None)
    assert opening_preview([late], PeriodCode.parse("2027Q1"), TODAY).unpublished == [2027]


def test_the_number_of_queries_grows_neither_with_plans_nor_with_rows() -> None:
    def queries(plans: int, rows: int) -> int:
        made = [ruled() for _ in range(plans)]
        for plan in made:
            for _ in range(rows):
                make_duty(make_task(plan), make_agency())
        with CaptureQueriesContext(connection) as captured:
            opening_preview(made, Q3, TODAY, foreign=[1, 2])
        return len(captured)

    assert queries(1, 1) == queries(4, 5)


def test_what_may_be_opened_is_what_is_due_and_what_has_begun() -> None:
    quarter, year = PlanPolicy(cadence=3), PlanPolicy(cadence=12)
    codes = [code.code for code in period_choices([quarter, year], TODAY)]
    assert codes == ["2020Q3", "2019Q4", "2020Q4"]
    assert period_choices([], TODAY) == []
