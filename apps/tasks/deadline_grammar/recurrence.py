"""A recurring deadline: its interval, its day in the interval, where it starts and ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from apps.tasks.deadline_grammar.calendar import Calendar, UnsettledError, day_of
from apps.tasks.deadline_grammar.tokens import (
    Base,
    Day,
    Due,
    Each,
    Every,
    EveryDue,
    Issued,
    Point,
    Start,
    Token,
)

_LEAP_YEAR = 2000
# Two days a year half a year apart are a half-yearly day; four, a quarter apart, a quarterly one.
_BY_COUNT = {2: (Every.HALF_YEAR, 6), 4: (Every.QUARTER, 3)}


@dataclass(frozen=True, slots=True)
class Recurrence:
    every: Every
    due: EveryDue | None
    starts_on: date | None
    until: date | None


def read_recurrence(tokens: list[Token], calendar: Calendar) -> Recurrence:
    """Raises `UnsettledError` where another deadline or a second interval stands beside it."""
    heads = [token for token in tokens if isinstance(token, Each)]
    head = heads[0]
    if any(other.every is not head.every for other in heads):
        raise UnsettledError
    starts_on: date | None = None
    until: date | None = None
    points: list[Point] = []
    for token in tokens:
        if isinstance(token, Start) and _has_year(token, head):
            starts_on, _ = calendar.days(token.point)
        elif isinstance(token, Due) and _is_limit(token, head):
            first, until = calendar.span(token)
            first = first or _written_start(token, calendar)
            starts_on = min(starts_on or first, first) if first else starts_on
        elif isinstance(token, Due) and token.begin > head.begin:
            points.append(token.last)
        elif not isinstance(token, Each | Issued):
            raise UnsettledError
    if starts_on and until and until < starts_on:
        raise UnsettledError(starts_on)
    every, due = _due(head.every, [each for each in heads if each.day], _sharing_day(points))
    return Recurrence(every, due, starts_on, until)


def _has_year(start: Start, head: Each) -> bool:
    """2020年起每年, but not 每年10月起: that is no start of the recurrence."""
    return start.begin < head.begin or start.point.year is not None


def _is_limit(token: Due, head: Each) -> bool:
    """The period in which it recurs: 2018-2020年每年…, 每年…至2025年."""
    if token.begin < head.begin:
        return token.is_frame
    return token.last.year is not None and token.up_to


def _written_start(token: Due, calendar: Calendar) -> date | None:
    """2020年每季度 starts with 2020; 到2025年,每年 has no start."""
    return calendar.days(token.last)[0] if token.last.year and not token.up_to else None


def _due(every: Every, heads: list[Each], points: list[Point]) -> tuple[Every, EveryDue | None]:
    if every is Every.MONTH:
        return every, _monthly([head.day for head in heads if head.day], points)
    if every is Every.YEAR:
        days = {(head.nth_month, head.day) for head in heads if head.nth_month and head.day}
        return _yearly({*days, *map(_month_day, points)})
    if points and not heads:
        found, due = _yearly({_month_day(point) for point in points})
        if found is not every:
            raise UnsettledError
        return found, due
    if points or len(set(heads)) > 1:
        raise UnsettledError
    dues = [EveryDue(None, head.nth_month, head.day) for head in heads if head.day]
    return every, dues[0] if dues else None


def _monthly(days: list[Day], points: list[Point]) -> EveryDue | None:
    if any(point.months for point in points):
        raise UnsettledError
    found = {*days, *(point.days[1] for point in points)}
    if len(found) > 1:
        raise UnsettledError
    return EveryDue(None, None, found.pop()) if found else None


def _sharing_day(points: list[Point]) -> list[Point]:
    """1月、4月、7月、10月20日前: the day written last is meant for every month."""
    if not points or not isinstance(points[-1].days[1], int):
        return points
    days = points[-1].days
    return [point if point.exact else replace(point, days=days) for point in points]


_YearDay = tuple[int, Day]


def _month_day(point: Point) -> _YearDay:
    """Of a point without a year; 次年1月底前 is a day of every year like any other."""
    if point.base is Base.ISSUE or point.year or not point.months:
        raise UnsettledError
    return point.months[1], point.days[1]


def _yearly(days: set[_YearDay]) -> tuple[Every, EveryDue | None]:
    if not days:
        return Every.YEAR, None
    ends = {day_of(_LEAP_YEAR, month, day) for month, day in days}
    months = sorted(end.month for end in ends)
    day = _common_day(days, ends)
    if len(months) == 1:
        return Every.YEAR, EveryDue(months[0], None, day)
    every, step = _BY_COUNT.get(len(months), (Every.YEAR, 0))
    if months != [months[0] + step * index for index in range(len(months))] or months[0] > step:
        raise UnsettledError
    return every, EveryDue(None, months[0], day)


def _common_day(days: set[_YearDay], ends: set[date]) -> Day:
    """The same number in every month, or the last day of each (6月30日、12月31日)."""
    written = {day for _, day in days}
    if len(written) == 1:
        return written.pop()
    if all(end == day_of(end.year, end.month, "last") for end in ends):
        return "last"
    raise UnsettledError
