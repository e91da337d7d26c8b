"""Until when a report is on time, from when a period is open: by each rule a plan may lay down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.periods import PeriodCode
from apps.common.workdays import Workdays
from apps.plans.calendar import (
    asks_from,
    cut_off_of,
    data_as_of,
    due_period,
    opens_on,
    policy_reasons,
    upcoming,
)
from apps.plans.models import PlanPolicy

AFTER, WITHIN, FROM_END = "day_after", "day_within", "workday_from_end"
PLAIN = Workdays()
CODES = st.builds(PeriodCode, st.integers(2004, 2035), st.integers(1, 12))
POLICIES = st.builds(
    PlanPolicy,
    cadence=st.sampled_from([1, 3, 6, 12]),
    cut_off=st.sampled_from([AFTER, WITHIN, FROM_END]),
    cut_off_day=st.integers(1, 31),
    weekend=st.sampled_from(["earlier", "later", "keep"]),
)


def code(text: str) -> PeriodCode:
    return PeriodCode.parse(text)


@pytest.mark.parametrize(
    ("rule", "period", "expected"),
    [
        # the default: the 20th of the month after
        ({}, "2020Q3", date(2020, 10, 20)),
        ({}, "2020Q4", date(2021, 1, 20)),
        ({}, "2019Q3", date(2019, 10, 21)),
        ({"weekend": "earlier"}, "2019Q3", date(2019, 10, 18)),
        ({"weekend": "keep"}, "2019Q3", date(2019, 10, 20)),
        # a make-up Sunday is a working day, a holiday Thursday is none
        ({"cut_off": WITHIN, "cut_off_day": 27}, "2020Q3", date(2020, 9, 27)),
        ({"cut_off_day": 1}, "2020Q3", date(2020, 10, 9)),
        ({"cut_off_day": 1, "weekend": "earlier"}, "2020Q3", date(2020, 9, 30)),
        # the 28th of each month, the 20th of the quarter's last month
        ({"cut_off": WITHIN, "cut_off_day": 28}, "2020M08", date(2020, 8, 28)),
        ({"cut_off": WITHIN, "cut_off_day": 20, "weekend": "earlier"}, "2020Q3", date(2020, 9, 18)),
        # beyond the month's length: its last day
        ({"cut_off": WITHIN, "cut_off_day": 31, "weekend": "keep"}, "2021M02", date(2021, 2, 28)),
        ({"cut_off": WITHIN, "cut_off_day": 30, "weekend": "keep"}, "2020M02", date(2020, 2, 29)),
        ({"cut_off_day": 31, "weekend": "keep"}, "2021M01", date(2021, 2, 28)),
        # counted from the end in working days
        ({"cut_off": FROM_END, "cut_off_day": 1}, "2020Q3", date(2020, 9, 30)),
        ({"cut_off": FROM_END, "cut_off_day": 5}, "2020Q3", date(2020, 9, 25)),
        ({"cut_off": FROM_END, "cut_off_day": 4}, "2020Q3", date(2020, 9, 27)),
        ({"cut_off": FROM_END, "cut_off_day": 31}, "2020Q3", date(2020, 9, 1)),
        # the whole year has a day of its own, other periods have not
        ({"year_end_month": 1, "year_end_day": 3}, "2020Q4", date(2021, 1, 4)),
        ({"year_end_month": 1, "year_end_day": 3, "weekend": "keep"}, "2020Q4", date(2021, 1, 3)),
        ({"year_end_month": 1, "year_end_day": 3}, "2020Q3", date(2020, 10, 20)),
        ({"year_end_month": 2, "year_end_day": 31, "weekend": "keep"}, "2020Q4", date(2021, 2, 28)),
        (
            {"cut_off": FROM_END, "cut_off_day": 5, "year_end_month": 1, "year_end_day": 15},
            "2020Q4",
            date(2021, 1, 15),
        ),
        # not published yet: Monday to Friday
        ({"cut_off_day": 1}, "2027Q3", date(2027, 10, 1)),
    ],
)
def test_the_cut_off_by_the_plans_rule(rule: dict[str, Any], period: str, expected: date) -> None:
    assert cut_off_of(PlanPolicy(**rule), code(period), PLAIN) == expected


def test_our_own_days_off_count() -> None:
    calendar = Workdays({date(2020, 10, 20): False, date(2020, 10, 21): False})
    assert cut_off_of(PlanPolicy(), code("2020Q3"), calendar) == date(2020, 10, 22)
    early = PlanPolicy(cut_off=FROM_END, cut_off_day=1)
    nobody = Workdays({date(2020, 9, day): False for day in range(1, 31)})
    assert cut_off_of(early, code("2020Q3"), nobody) == date(2020, 9, 30)


@pytest.mark.parametrize(
    ("period", "cut_off", "expected"),
    [
        ("2020Q3", date(2020, 10, 20), date(2020, 9, 30)),
        ("2020Q3", date(2020, 9, 18), date(2020, 9, 18)),
        ("2020Q3", date(2020, 9, 30), date(2020, 9, 30)),
    ],
)
def test_figures_end_with_the_period_or_with_an_earlier_cut_off(
    period: str, cut_off: date, expected: date
) -> None:
    assert data_as_of(code(period), cut_off) == expected


@pytest.mark.parametrize(
    ("period", "cut_off", "expected"),
    [
        ("2020Q3", date(2020, 10, 20), date(2020, 10, 1)),
        ("2020Q3", date(2020, 10, 11), date(2020, 10, 1)),
        ("2020Q3", date(2020, 10, 9), date(2020, 9, 29)),
        ("2020Q4", date(2021, 1, 4), date(2020, 12, 25)),
        ("2020M01", date(2020, 1, 5), date(2020, 1, 1)),
    ],
)
def test_units_have_at_least_ten_days(period: str, cut_off: date, expected: date) -> None:
    assert opens_on(code(period), cut_off) == expected


@pytest.mark.parametrize(
    ("cadence", "period", "expected"),
    [
        (1, "2020M08", date(2020, 8, 1)),
        (3, "2020Q3", date(2020, 7, 1)),
        (6, "2020Q4", date(2020, 7, 1)),
        (12, "2020Q4", date(2020, 1, 1)),
        (6, "2020Q3", date(2020, 7, 1)),
    ],
)
def test_what_is_new_in_a_period_begins_after_the_one_before(
    cadence: int, period: str, expected: date
) -> None:
    assert asks_from(PlanPolicy(cadence=cadence), code(period)) == expected


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2020, 9, 30), "2020Q2"),
        (date(2020, 10, 1), "2020Q3"),
        (date(2020, 12, 31), "2020Q3"),
        (date(2021, 1, 1), "2020Q4"),
    ],
)
def test_the_newest_period_that_is_due(today: date, expected: str) -> None:
    assert due_period(PlanPolicy(), today, PLAIN) == code(expected)


@pytest.mark.parametrize(
    ("opened", "today", "expected"),
    [
        ("2020Q3", date(2020, 10, 12), ("2020Q4", date(2021, 1, 20))),
        (None, date(2020, 10, 12), ("2020Q3", date(2020, 10, 20))),
        # nobody opened anything for a year: what is past is not offered as next
        ("2019Q2", date(2020, 10, 21), ("2020Q4", date(2021, 1, 20))),
        ("2025Q4", date(2020, 10, 12), ("2026Q1", date(2026, 4, 20))),
    ],
)
def test_what_comes_next(opened: str | None, today: date, expected: tuple[str, date]) -> None:
    after = code(opened) if opened else None
    assert upcoming(PlanPolicy(), after, today, PLAIN) == (code(expected[0]), expected[1])


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"cut_off_day": 0}, "cut_off_day"),
        ({"cut_off_day": 32}, "cut_off_day"),
        ({"year_end_month": 1}, "year_end_month"),
        ({"year_end_day": 3}, "year_end_month"),
        ({"year_end_month": 7, "year_end_day": 1}, "year_end_month"),
        ({"year_end_month": 1, "year_end_day": 0}, "year_end_month"),
        ({"goals_due_month": 13, "goals_due_day": 1}, "goals_due_month"),
        ({"amber_points": 31, "red_points": 30}, "amber_points"),
        ({"amber_points": -1}, "amber_points"),
        # the year's last report would be due after the next year's first
        ({"cadence": 1, "year_end_month": 3, "year_end_day": 31}, "year_end_month"),
    ],
)
def test_a_policy_that_cannot_be_meant(rule: dict[str, Any], field: str) -> None:
    assert list(policy_reasons(PlanPolicy(**rule))) == [field]


def test_a_policy_that_can_be_meant() -> None:
    assert policy_reasons(PlanPolicy()) == {}
    late = PlanPolicy(
        cadence=3, year_end_month=3, year_end_day=31, goals_due_month=12, goals_due_day=31
    )
    assert policy_reasons(late) == {}


@settings(deadline=None)
@given(policy=POLICIES, period=CODES)
def test_days_stand_in_order(policy: PlanPolicy, period: PeriodCode) -> None:
    cut_off = cut_off_of(policy, period, PLAIN)
    assert opens_on(period, cut_off) <= cut_off
    assert data_as_of(period, cut_off) <= min(cut_off, period.ends_on)
    assert asks_from(policy, period) <= period.ends_on
    # no weekend or holiday is longer than this
    assert period.ends_on.replace(day=1) - timedelta(days=12) <= cut_off
    assert cut_off <= period.ends_on + timedelta(days=45)
    if policy.weekend != "keep" or policy.cut_off == FROM_END:
        assert PLAIN.is_workday(cut_off)


@settings(deadline=None)
@given(policy=POLICIES, day=st.dates(date(2006, 1, 1), date(2030, 12, 31)))
def test_the_due_period_and_the_next_one_fit_together(policy: PlanPolicy, day: date) -> None:
    due = due_period(policy, day, PLAIN)
    assert opens_on(due, cut_off_of(policy, due, PLAIN)) <= day
    following = due.following(policy.cadence)
    assert opens_on(following, cut_off_of(policy, following, PLAIN)) > day
    coming, cut_off = upcoming(policy, due, day, PLAIN)
    assert coming > due
    assert cut_off >= day
