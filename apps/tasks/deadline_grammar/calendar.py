"""Calendar days for the points and lengths that a deadline cell names."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from apps.tasks.deadline_grammar.tokens import Base, Day, Due, Length, Point

_YEAR = 12


class UnsettledError(Exception):
    """The cell is a question to a person; a start that is certain is still told."""

    def __init__(self, starts_on: date | None = None) -> None:
        super().__init__()
        self.starts_on = starts_on


class Calendar:
    """Supplies missing years and months in the order of the cell: 2019年6月底前…,12月底前….

    Every method raises `UnsettledError` for a day that does not exist or cannot be known.
    """

    def __init__(self, issued_on: date | None) -> None:
        self._issued_on = issued_on
        self._year: int | None = None
        self._month: int | None = None
        self._between_years = False

    @property
    def issued_on(self) -> date:
        if self._issued_on is None:
            raise UnsettledError
        return self._issued_on

    def span(self, due: Due) -> tuple[date | None, date]:
        """First day (only of a written span) and last day."""
        if due.first is None:
            first, last = self.days(due.last)
            return (first if due.last.last_year and not due.up_to else None), last
        first, _ = self.days(due.first)
        _, last = self.days(due.last)
        if last < first:
            raise UnsettledError
        self._between_years = first.year != last.year
        return first, last

    def days(self, point: Point) -> tuple[date, date]:
        year, months = self._place(point)
        first = day_of(year, months[0], point.days[0])
        last = day_of(point.last_year or year, months[1], point.days[1])
        self._year, self._month = last.year, last.month
        self._between_years = first.year != last.year
        return first, last

    def _place(self, point: Point) -> tuple[int, tuple[int, int]]:
        if point.base is Base.ISSUE and point.unit < _YEAR:
            return self._near_issuing(point)
        months = point.months
        if months is None:
            if self._month is None:
                raise UnsettledError
            months = (self._month, self._month)
        return self._year_of(point), months

    def _near_issuing(self, point: Point) -> tuple[int, tuple[int, int]]:
        """本月, 下月, 本季度."""
        units = (self.issued_on.month - 1) // point.unit + point.shift
        year, unit = divmod(units, _YEAR // point.unit)
        first = unit * point.unit + 1
        return self.issued_on.year + year, (first, first + point.unit - 1)

    def _year_of(self, point: Point) -> int:
        if point.year is not None:
            return point.year
        if point.base is Base.ISSUE:
            return self.issued_on.year + point.shift
        if self._between_years or (point.base is Base.AFTER_CELL and self._year is None):
            raise UnsettledError
        year = self.issued_on.year if self._year is None else self._year
        return year + point.shift


def day_of(year: int, month: int, day: Day) -> date:
    try:
        if day == "last":
            return date(year, month, calendar.monthrange(year, month)[1])
        return date(year, month, day)
    except (ValueError, OverflowError) as impossible:
        raise UnsettledError from impossible


def later(day: date, length: Length) -> date:
    """The corresponding day after whole months (the month's last where it has none), plus days."""
    years, month = divmod(day.month - 1 + length.months, _YEAR)
    last = day_of(day.year + years, month + 1, "last")
    try:
        return last.replace(day=min(day.day, last.day)) + timedelta(days=length.days)
    except OverflowError as beyond:
        raise UnsettledError from beyond


def until(start: date, length: Length, *, from_a_day: bool) -> date:
    """The last day of a length that runs from a written start.

    2012年起5年内 covers five years with the first; only days counted from a day leave it out.
    """
    end = later(start, length)
    return end if from_a_day and not length.months else end - timedelta(days=1)
