"""The days on which a recurring task falls due (每年12月底前, 每季度末月20日前; product.md D2).

Pure. Each interval of the calendar has one day; without a written one it is the interval's last.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from apps.tasks.deadlines import Every, EveryDue

_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}
_YEAR = 12
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Around a day: the newest that has passed, and the next one, which may be that day itself."""

    last: date | None
    next: date | None


def occurrences(
    every: Every,
    every_due: EveryDue | None,
    starts_on: date | None,
    due_on: date | None,
    today: date,
) -> Occurrences:
    """Those from `starts_on` to `due_on`, both included; either may be open."""
    newest = today - _DAY if due_on is None else min(today - _DAY, due_on)
    last = _day(every, every_due, newest, 0)
    if last > newest:
        last = _day(every, every_due, newest, -1)
    oldest = today if starts_on is None else max(today, starts_on)
    following = _day(every, every_due, oldest, 0)
    if following < oldest:
        following = _day(every, every_due, oldest, 1)
    return Occurrences(
        last if starts_on is None or last >= starts_on else None,
        following if due_on is None or following <= due_on else None,
    )


def every_due_of(stored: Mapping[str, Any] | None) -> EveryDue | None:
    """As a deadline keeps it."""
    return EveryDue(stored["month"], stored["nth_month"], stored["day"]) if stored else None


def _day(every: Every, due: EveryDue | None, near: date, shift: int) -> date:
    """The day of the interval in which `near` lies, or of one `shift` intervals later.

    A month that lacks the written day has its last instead.
    """
    size = _MONTHS[every]
    interval = (near.year * _YEAR + near.month - 1) // size + shift
    nth = (due.month or due.nth_month or size) if due else size
    year, month = divmod(interval * size + nth - 1, _YEAR)
    last = monthrange(year, month + 1)[1]
    day = due.day if due else "last"
    return date(year, month + 1, last if day == "last" else min(day, last))
