"""The days of recurring rows: which has passed, which comes next."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tasks.deadlines import Every, EveryDue, read_deadline
from apps.tasks.occurrences import every_due_of, occurrences


@pytest.mark.parametrize(
    ("text", "today", "last", "following"),
    [
        ("每年12月底前", "2020-10-12", "2019-12-31", "2020-12-31"),
        ("每年12月底前", "2020-12-31", "2019-12-31", "2020-12-31"),
        ("每年12月底前", "2021-01-01", "2020-12-31", "2021-12-31"),
        ("每年2月底前", "2020-02-29", "2019-02-28", "2020-02-29"),
        ("每年2月底前", "2020-03-01", "2020-02-29", "2021-02-28"),
        ("每年", "2020-10-12", "2019-12-31", "2020-12-31"),
        ("每半年", "2020-10-12", "2020-06-30", "2020-12-31"),
        ("按季度发布", "2020-10-12", "2020-09-30", "2020-12-31"),
        ("每季度末月20日前", "2020-10-12", "2020-09-20", "2020-12-20"),
        ("每季度首月10日前", "2020-10-12", "2020-10-10", "2021-01-10"),
        ("每月28日前", "2020-10-12", "2020-09-28", "2020-10-28"),
        ("每月28日前", "2020-10-28", "2020-09-28", "2020-10-28"),
        ("每月底前", "2020-03-01", "2020-02-29", "2020-03-31"),
        ("每年1月和7月底前", "2020-10-12", "2020-07-31", "2021-01-31"),
        # not before its start, not after its end
        ("2020年起，每年2月底前", "2020-02-01", None, "2020-02-29"),
        ("2020年起，每年2月底前", "2018-05-01", None, "2020-02-29"),
        ("2018—2020年每年6月底前", "2020-10-12", "2020-06-30", None),
        ("2018—2020年每年6月底前", "2024-01-01", "2020-06-30", None),
        ("2018—2020年每年6月底前", "2017-01-01", None, "2018-06-30"),
        ("“十四五”期间，每年12月底前", "2025-12-31", "2024-12-31", "2025-12-31"),
        ("“十四五”期间，每年12月底前", "2026-01-01", "2025-12-31", None),
    ],
)
def test_the_days_of_a_recurring_deadline(
    text: str, today: str, last: str | None, following: str | None
) -> None:
    read = read_deadline(text, date(2017, 8, 17))
    assert read.every is not None
    found = occurrences(
        read.every, read.every_due, read.starts_on, read.due_on, date.fromisoformat(today)
    )
    assert (found.last and found.last.isoformat()) == last
    assert (found.next and found.next.isoformat()) == following


def test_the_first_and_the_last_day_of_its_time_count() -> None:
    start, end = date(2020, 6, 30), date(2020, 12, 31)
    first = occurrences(Every.HALF_YEAR, None, start, end, date(2020, 7, 1))
    assert (first.last, first.next) == (start, end)


def test_a_month_without_the_written_day_has_its_last() -> None:
    due = EveryDue(None, None, 31)
    found = occurrences(Every.MONTH, due, None, None, date(2020, 3, 15))
    assert (found.last, found.next) == (date(2020, 2, 29), date(2020, 3, 31))


def test_the_day_is_read_as_a_deadline_keeps_it() -> None:
    stored = read_deadline("每季度末月20日前", None).as_dict()["every_due"]
    assert isinstance(stored, dict)
    assert every_due_of(stored) == EveryDue(None, 3, 20)
    assert every_due_of(None) is None


DAYS = st.dates(date(1949, 1, 1), date(2100, 12, 31))
MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}


@st.composite
def rules(draw: st.DrawFn) -> tuple[Every, EveryDue | None]:
    every = draw(st.sampled_from(Every))
    day = draw(st.none() | st.just("last") | st.integers(1, 31))
    if day is None:
        return every, None
    nth = draw(st.integers(1, MONTHS[every]))
    if every is Every.YEAR:
        return every, EveryDue(nth, None, day)  # type: ignore[arg-type]  # a day of tokens.Day
    return every, EveryDue(None, nth if every is not Every.MONTH else None, day)  # type: ignore[arg-type]  # as above


def falls_due(day: date, every: Every, due: EveryDue | None) -> bool:
    """Said day by day, without any interval being counted."""
    nth = (day.month - 1) % MONTHS[every] + 1
    wanted = (due.month or due.nth_month or MONTHS[every]) if due else MONTHS[every]
    last = monthrange(day.year, day.month)[1]
    end = last if due is None or due.day == "last" else min(due.day, last)
    return nth == wanted and day.day == end


@settings(deadline=None)
@given(rule=rules(), starts_on=st.none() | DAYS, due_on=st.none() | DAYS, today=DAYS)
def test_no_day_is_left_out_between_the_last_and_the_next(
    rule: tuple[Every, EveryDue | None],
    starts_on: date | None,
    due_on: date | None,
    today: date,
) -> None:
    found = occurrences(*rule, starts_on, due_on, today)
    for day in filter(None, (found.last, found.next)):
        assert falls_due(day, *rule)
        assert (starts_on or day) <= day <= (due_on or day)
    assert found.last is None or found.last < today
    assert found.next is None or found.next >= today
    around = [today + timedelta(n) for n in range(-800, 800)]
    due = [
        day
        for day in around
        if falls_due(day, *rule) and (starts_on or day) <= day <= (due_on or day)
    ]
    passed = [day for day in due if day < today]
    ahead = [day for day in due if day >= today]
    if passed:
        assert found.last == passed[-1]
    if ahead:
        assert found.next == ahead[0]
