"""What is kept of the lights by day: one span from each change to the next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.agencies.models import Agency
from apps.common.actor import COMMAND_LINE
from apps.plans.models import Plan
from apps.tasks.models import Deadline, MarkSpan, Progress, Task
from apps.tasks.services.marks import marks_refresh, marks_sweep
from apps.tasks.services.overdue import sweep
from tests.builders import TODAY, make_agency, make_duty, make_plan, make_task

FILL = import_module("apps.tasks.migrations.0003_days_of_marks").FILL
DAY = timedelta(days=1)
DUE = date(2020, 12, 31)
_FIELDS = ("since", "until", "state", "light", "cause", "due_on")


def spans(task: Task, *fields: str) -> list[tuple[Any, ...]]:
    found = MarkSpan.objects.filter(task=task).order_by("since")
    return list(found.values_list(*(fields or _FIELDS)))


def judge(task: Task, today: date) -> None:
    marks_refresh(task_ids=[task.pk], today=today)


def moved(task: Task, due_on: date) -> None:
    """The deadline and the copy of it."""
    Deadline.objects.filter(task=task).update(due_on=due_on)
    Task.objects.filter(pk=task.pk).update(due_on=due_on)


@pytest.fixture
def task() -> Task:
    return make_task(make_plan(), due_on=DUE)


@pytest.mark.django_db
class TestSpans:
    def test_the_first_judgement_opens_one(self, task: Task) -> None:
        judge(task, date(2020, 3, 2))
        assert spans(task) == [(date(2020, 3, 2), None, "active", "nodata", "no_report", DUE)]
        assert MarkSpan.objects.get().plan_id == task.plan_id

    def test_a_change_closes_it_and_opens_the_next(self, task: Task) -> None:
        judge(task, date(2020, 3, 2))
        judge(task, date(2020, 12, 1))
        judge(task, date(2021, 1, 1))
        assert spans(task, "since", "until", "light", "cause") == [
            (date(2020, 3, 2), date(2020, 12, 1), "nodata", "no_report"),
            (date(2020, 12, 1), date(2021, 1, 1), "amber", "near"),
            (date(2021, 1, 1), None, "red", "overdue"),
        ]

    def test_what_has_not_changed_writes_nothing(self, task: Task) -> None:
        judge(task, date(2020, 3, 2))
        before = list(MarkSpan.objects.values_list("pk", "since"))
        judge(task, date(2020, 3, 9))
        assert list(MarkSpan.objects.values_list("pk", "since")) == before

    def test_the_second_change_of_a_day_takes_the_place_of_the_first(self, task: Task) -> None:
        judge(task, date(2020, 3, 2))
        for due_on in (date(2020, 3, 20), date(2020, 3, 1)):
            moved(task, due_on)
            judge(task, date(2020, 3, 3))
        assert spans(task, "since", "until", "light", "due_on") == [
            (date(2020, 3, 2), date(2020, 3, 3), "nodata", DUE),
            (date(2020, 3, 3), None, "red", date(2020, 3, 1)),
        ]

    @pytest.mark.parametrize("state", ["closed", "ended"])
    def test_a_settled_row_has_its_own(self, task: Task, state: str) -> None:
        judge(task, date(2020, 3, 2))
        Task.objects.filter(pk=task.pk).update(state=state)
        judge(task, date(2020, 3, 3))
        assert spans(task, "state", "light", "cause")[1:] == [(state, state, "settled")]

    def test_a_new_deadline_is_a_change_though_the_light_stays(self, task: Task) -> None:
        judge(task, date(2020, 3, 2))
        moved(task, date(2021, 6, 30))
        judge(task, date(2020, 3, 3))
        assert spans(task, "light", "due_on") == [
            ("nodata", DUE),
            ("nodata", date(2021, 6, 30)),
        ]

    def test_the_last_day_of_what_is_not_dated_is_no_deadline(self) -> None:
        task = make_task(due_kind="ongoing")
        Task.objects.filter(pk=task.pk).update(due_on=DUE)
        judge(task, TODAY)
        assert spans(task, "due_on") == [(None,)]

    @pytest.mark.parametrize("relation", ["upper", "lower"])
    def test_foreign_plans_keep_none(self, relation: str) -> None:
        judge(make_task(make_plan(relation=relation), due_on=DUE), TODAY)
        assert not MarkSpan.objects.exists()

    def test_what_the_sweep_finds_late_is_so_from_that_day_on(self, task: Task) -> None:
        judge(task, date(2020, 12, 1))
        sweep(actor=COMMAND_LINE, today=date(2021, 1, 4))
        assert spans(task, "since", "cause")[-1] == (date(2021, 1, 4), "overdue")


@pytest.mark.django_db
class TestTheDayMovedBack:
    def test_what_came_after_is_forgotten_and_the_span_of_that_day_goes_on(
        self, task: Task
    ) -> None:
        judge(task, date(2020, 3, 2))
        judge(task, date(2020, 12, 1))
        judge(task, date(2021, 1, 1))
        judge(task, date(2020, 6, 1))
        assert spans(task, "since", "until", "light") == [(date(2020, 3, 2), None, "nodata")]

    def test_before_everything_one_begins_anew(self, task: Task) -> None:
        judge(task, date(2020, 3, 2))
        judge(task, date(2020, 2, 1))
        assert spans(task, "since", "until") == [(date(2020, 2, 1), None)]

    def test_a_span_that_changed_meanwhile_ends_on_that_day(self, task: Task) -> None:
        judge(task, date(2020, 3, 2))
        judge(task, date(2021, 1, 1))
        moved(task, date(2020, 5, 1))
        judge(task, date(2020, 6, 1))
        assert spans(task, "since", "until", "cause") == [
            (date(2020, 3, 2), date(2020, 6, 1), "no_report"),
            (date(2020, 6, 1), None, "overdue"),
        ]


def _stores(many: int) -> tuple[int, int]:
    """Queries and rows written when so many rows are judged anew."""
    plan = make_plan()
    ids = [make_task(plan, due_on=DUE).pk for _ in range(many)]
    with CaptureQueriesContext(connection) as queries:
        marks_refresh(task_ids=ids, today=TODAY)
    return len(queries), MarkSpan.objects.filter(task__in=ids).count()


@pytest.mark.django_db
def test_the_queries_do_not_grow_with_the_rows() -> None:
    few, many = _stores(2), _stores(20)
    assert few[0] == many[0]
    assert (few[1], many[1]) == (2, 20)


@pytest.mark.django_db
def test_a_sweep_that_changes_nothing_writes_no_span() -> None:
    task = make_task(make_plan(), due_on=DUE)
    judge(task, date(2020, 3, 2))
    Task.objects.update(marks_next=date(2020, 3, 3))
    assert marks_sweep(today=date(2020, 3, 3)) == 1
    assert len(spans(task)) == 1


class TestInvariants(TestCase):
    """On whichever days a row is judged: no gap, no overlap, the last one open."""

    @settings(deadline=None, max_examples=25)
    @given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), min_size=1, max_size=6))
    def test_each_day_since_the_first_lies_in_one_span(self, acts: list[tuple[int, int]]) -> None:
        first = date(2020, 1, 1)
        task = make_task(make_plan(), due_on=DUE)
        for at, due in acts:
            moved(task, first + due * DAY)
            judge(task, first + at * DAY)
        found = spans(task, "since", "until")
        assert found[-1][1] is None
        assert found[-1][0] <= first + acts[-1][0] * DAY
        assert all(a[1] == b[0] for a, b in _pairs(found))


def _pairs(found: list[tuple[Any, ...]]) -> Iterable[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    return pairwise(found)


@pytest.mark.django_db
class TestFill:
    """What the migration knows of the days before it."""

    @staticmethod
    def fill() -> None:
        MarkSpan.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(FILL)

    @pytest.fixture
    def unit(self) -> Agency:
        return make_agency("省科技厅")

    @pytest.fixture
    def plan(self) -> Plan:
        return make_plan()

    def test_the_marks_of_periods_and_of_today_become_spans(self, plan: Plan, unit: Agency) -> None:
        task = make_task(plan, leads=[unit], due_on=date(2020, 9, 30))
        Deadline.objects.update(recorded_on=date(2020, 1, 1))
        for code, cut_off in (("2020Q1", date(2020, 4, 20)), ("2020Q2", date(2020, 7, 20))):
            make_duty(task, unit, code=code, cut_off=cut_off)
            judge(task, cut_off)
        make_duty(task, unit)
        judge(task, TODAY)
        self.fill()
        assert spans(task, "since", "until", "light", "cause", "due_on") == [
            (date(2020, 4, 20), date(2020, 7, 20), "nodata", "no_report", date(2020, 9, 30)),
            (date(2020, 7, 20), TODAY, "amber", "last_report", date(2020, 9, 30)),
            (TODAY, None, "red", "overdue", date(2020, 9, 30)),
        ]

    def test_what_stayed_the_same_is_one_span(self, plan: Plan, unit: Agency) -> None:
        task = make_task(plan, leads=[unit])
        for code, cut_off in (("2020Q1", date(2020, 4, 20)), ("2020Q2", date(2020, 7, 20))):
            make_duty(task, unit, code=code, cut_off=cut_off)
            judge(task, cut_off)
        self.fill()
        assert spans(task, "since", "until") == [(date(2020, 4, 20), None)]

    def test_a_row_never_judged_and_a_foreign_one_have_none(self) -> None:
        make_task(make_plan())
        judge(make_task(make_plan(relation="upper")), TODAY)
        self.fill()
        assert not MarkSpan.objects.exists()

    def test_an_earlier_deadline_is_that_of_its_day(self, plan: Plan, unit: Agency) -> None:
        task = make_task(plan, leads=[unit], due_on=date(2020, 3, 31))
        Deadline.objects.update(recorded_on=date(2020, 1, 1))
        make_duty(task, unit, code="2020Q1", cut_off=date(2020, 4, 20))
        judge(task, date(2020, 4, 20))
        first = task.deadlines.get()
        Deadline.objects.update(current=False)
        Deadline.objects.create(
            task=task, sequence=2, kind="date", due_on=DUE, basis="批示", recorded_on=TODAY
        )
        Task.objects.update(due_on=DUE)
        make_duty(task, unit)
        judge(task, TODAY)
        self.fill()
        assert spans(task, "since", "due_on") == [
            (date(2020, 4, 20), first.due_on),
            (TODAY, DUE),
        ]


@pytest.mark.usefixtures("sample")
class TestTheSample:
    def test_each_row_of_ours_has_one_span_for_each_day(self) -> None:
        assert MarkSpan.objects.filter(until=None).count() == 45
        for task in Task.objects.filter(plan__relation="own"):
            found = spans(task, "since", "until")
            assert found[0][0] == date(2018, 12, 3)
            assert all(a[1] == b[0] for a, b in _pairs(found))

    def test_the_open_spans_say_what_the_rows_say(self) -> None:
        now = MarkSpan.objects.filter(until=None).values_list(
            "task_id", "state", "light", "light_reason"
        )
        rows = Task.objects.filter(plan__relation="own")
        assert set(now) == set(rows.values_list("pk", "state", "light", "light_reason"))

    def test_a_row_is_late_from_the_day_after_its_last_one(self) -> None:
        task = Task.objects.get(plan__code="yue-2017-impl", number="37")
        assert spans(task, "since", "cause", "due_on")[-1] == (
            date(2019, 1, 1),
            "overdue",
            date(2018, 12, 31),
        )
        assert not Progress.objects.filter(submitted_on__gt=TODAY).exists()
