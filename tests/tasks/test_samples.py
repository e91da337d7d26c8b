"""The trial run's data: the real rows, read by rule, loaded once and as a whole."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from apps.agencies.models import Agency
from apps.audit.selectors import breaks
from apps.ops.selectors import business_date
from apps.ops.services import business_date_set
from apps.plans.models import Plan, PlanPeriod
from apps.tasks import samples
from apps.tasks.models import Assignment, Duty, PeriodMark, Progress, Task

pytestmark = pytest.mark.usefixtures("sample")


def test_the_real_tables_are_there_row_by_row() -> None:
    rows = Counter(Task.objects.values_list("plan__code", flat=True))
    assert rows == {"yue-2017-impl": 45, "guofa-2016-67": 69, "shenfu-2018-84": 8}
    assert Plan.objects.count() == 5


def test_every_deadline_and_role_was_read() -> None:
    impl = Task.objects.filter(plan__code="yue-2017-impl")
    assert Counter(impl.values_list("due_kind", flat=True)) == {"ongoing": 32, "date": 13}
    assert not Task.objects.filter(due_kind="unresolved").exists()
    roles = Counter(Assignment.objects.values_list("task__plan__code", "role"))
    assert roles["yue-2017-impl", "lead"] == 60
    led = Assignment.objects.filter(task__plan__code="guofa-2016-67", role="lead")
    assert led.values("task").distinct().count() == 23


def test_every_unit_named_is_known() -> None:
    assert not Assignment.objects.filter(agency__isnull=True).exists()
    unit = Agency.objects.get(name="省住房和城乡建设厅")
    assert set(unit.aliases.values_list("name", "basis")) == {
        ("省住房城乡建设厅", "文件内两种写法"),
        ("省住建厅", "通用简称"),
    }


def test_the_sample_shows_each_mark() -> None:
    impl = Task.objects.filter(plan__code="yue-2017-impl")
    lights = Counter(impl.values_list("light", flat=True))
    assert lights == {
        "red": 4, "amber": 9, "green": 24, "pending": 2, "nodata": 2, "closed": 4,
    }  # fmt: skip
    assert set(impl.values_list("report_mark", flat=True)) >= {"in", "due", "miss"}
    assert set(impl.exclude(overdue_since=None).values_list("number", flat=True)) == {
        "31", "37", "39",
    }  # fmt: skip


def test_only_our_own_plan_owes_reports() -> None:
    owing = Duty.objects.filter(plan_period__period__code="2020Q3")
    assert owing.count() == 56
    assert set(Duty.objects.values_list("task__plan__relation", flat=True)) == {"own"}


def test_the_log_of_the_loading_is_whole() -> None:
    assert breaks() == []


def test_loading_again_changes_nothing() -> None:
    before = (Task.objects.count(), Progress.objects.count())
    assert not samples.samples_load()
    assert (Task.objects.count(), Progress.objects.count()) == before


def test_the_sample_lives_on_its_own_day() -> None:
    assert business_date() == date(2020, 10, 12)
    business_date_set(day=date(2020, 10, 21))
    assert business_date() == date(2020, 10, 21)


def test_each_period_keeps_the_marks_it_had_when_the_next_one_opened() -> None:
    rows = Counter(PeriodMark.objects.values_list("plan_period__period__code", flat=True))
    assert set(rows.values()) == {45}
    assert len(rows) == 8
    entered = list(PlanPeriod.objects.filter(period_marks__isnull=False).distinct())
    entered.sort(key=lambda each: each.opened_on)
    for each, following in pairwise(entered):
        for marked_on in each.period_marks.values_list("marked_on", flat=True):
            assert each.closed_on is not None
            assert each.closed_on <= marked_on < following.opened_on


def test_a_day_that_was_moved_later_was_late_before() -> None:
    """Due in 2018; more time until September 2020 was granted in December 2019."""
    stood = PeriodMark.objects.filter(task__number="31").order_by("plan_period__period__ends_on")
    late, last = "逾期", "本期是时限前最后一次报送"
    assert list(stood.values_list("light_reason", flat=True)) == [
        late, late, late, late, "认定：滞后", last, last, late,
    ]  # fmt: skip


def test_the_open_period_has_the_marks_of_today() -> None:
    stored = Task.objects.filter(plan__code="yue-2017-impl").order_by("pk")
    newest = PeriodMark.objects.filter(plan_period__period__code="2020Q3").order_by("task_id")
    names = ("light", "light_reason", "light_facts", "report_mark", "report_label")
    assert list(newest.values(*names)) == list(stored.values(*names))
