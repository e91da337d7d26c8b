"""Working days: the nation's calendar with make-up days, and a body's own departures."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.workdays import Workdays
from apps.ops.models import WorkdayOverride
from apps.ops.selectors import workdays

# into years that nobody has published, and far back
DAYS = st.dates(date(1990, 1, 1), date(2040, 12, 31))
OVERRIDES = st.dictionaries(DAYS, st.booleans(), max_size=20)
SUNDAY = date(2020, 9, 27)
"""A make-up day before 国庆节."""


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2020, 9, 30), True),
        (date(2020, 10, 1), False),
        (date(2020, 10, 8), False),
        (SUNDAY, True),
        (date(2020, 10, 10), True),
        (date(2020, 10, 11), False),
        # 2020-02-03: the holiday that was made longer in the epidemic was over
        (date(2020, 2, 3), True),
        (date(2027, 10, 1), True),
        (date(2027, 10, 2), False),
    ],
)
def test_the_nation_says_who_works(day: date, works: bool) -> None:
    assert Workdays().is_workday(day) is works


def test_a_year_that_is_not_published_says_so() -> None:
    assert Workdays().is_published(2020)
    assert Workdays().is_published(2026)
    assert not Workdays().is_published(2027)
    assert not Workdays().is_published(1999)


def test_our_own_table_goes_before_the_nation() -> None:
    calendar = Workdays({SUNDAY: False, date(2020, 10, 1): True})
    assert not calendar.is_workday(SUNDAY)
    assert calendar.is_workday(date(2020, 10, 1))
    assert calendar.is_national_workday(SUNDAY)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2020, 9, 30), 1, date(2020, 10, 9)),
        (date(2020, 9, 30), 2, date(2020, 10, 10)),
        (date(2020, 9, 30), 3, date(2020, 10, 12)),
        (date(2020, 10, 3), 0, date(2020, 10, 3)),
    ],
)
def test_so_many_working_days_after_a_day(day: date, count: int, expected: date) -> None:
    assert Workdays().add(day, count) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("earlier", date(2020, 9, 30)),
        ("later", date(2020, 10, 9)),
        ("keep", date(2020, 10, 3)),
    ],
)
def test_a_day_off_is_moved_by_the_rule(rule: str, expected: date) -> None:
    assert Workdays().move(date(2020, 10, 3), rule) == expected


def test_the_nations_departures_of_a_year() -> None:
    found = Workdays().departures(2020)
    assert SUNDAY in found
    assert date(2020, 10, 1) in found
    assert date(2020, 10, 3) not in found
    assert Workdays().departures(2027) == []


@settings(deadline=None)
@given(day=DAYS, overrides=OVERRIDES, count=st.integers(0, 15))
def test_adding_lands_on_the_working_day_with_so_many_between(
    day: date, overrides: dict[date, bool], count: int
) -> None:
    calendar = Workdays(overrides)
    end = calendar.add(day, count)
    passed = (day + timedelta(days=n) for n in range(1, (end - day).days + 1))
    assert sum(map(calendar.is_workday, passed)) == count
    assert count == 0 or calendar.is_workday(end)


@settings(deadline=None)
@given(day=DAYS, overrides=OVERRIDES)
def test_moving_ends_on_the_nearest_working_day(day: date, overrides: dict[date, bool]) -> None:
    calendar = Workdays(overrides)
    earlier, later = calendar.move(day, "earlier"), calendar.move(day, "later")
    assert earlier <= day <= later
    assert calendar.is_workday(earlier)
    assert calendar.is_workday(later)
    between = [earlier + timedelta(days=n) for n in range(1, (later - earlier).days)]
    assert not any(map(calendar.is_workday, between))
    assert calendar.move(day, "keep") == day


@pytest.mark.django_db
def test_the_table_is_read_in_one_query(django_assert_num_queries: Any) -> None:
    WorkdayOverride.objects.create(day=SUNDAY, is_workday=False, note="省里另有安排")
    with django_assert_num_queries(1):
        calendar = workdays()
    assert not calendar.is_workday(SUNDAY)
