"""The working calendar as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.common.days import FIRST_YEAR, LAST_YEAR
from apps.common.workdays import Workdays
from apps.ops.models import WorkdayOverride

_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a row on which the nation rests, or works although it is a weekend."""

    first: date
    last: date
    works: bool

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """A year: what the nation published, and where this body departs from it."""

    year: int
    published: bool
    national: Sequence[Span]
    overrides: Sequence[WorkdayOverride]

    @property
    def before(self) -> int:
        return self.year - 1

    @property
    def after(self) -> int:
        return self.year + 1


def calendar_year(asked: str, today: date) -> CalendarYear:
    """The year that was asked for, else today's; one query."""
    year = int(asked) if asked.isascii() and asked.isdigit() else today.year
    year = year if FIRST_YEAR <= year < LAST_YEAR else today.year
    nation = Workdays()
    return CalendarYear(
        year=year,
        published=nation.is_published(year),
        national=_spans(nation, year),
        overrides=list(WorkdayOverride.objects.filter(day__year=year).order_by("day")),
    )


def _spans(nation: Workdays, year: int) -> list[Span]:
    """A holiday with the weekend beside it is one span, as it is announced."""
    found: list[Span] = []
    for day in nation.departures(year):
        works = day.weekday() > _FRIDAY
        last = found[-1] if found else None
        if last and last.works == works and _joined(nation, last.last, day, works=works):
            found[-1] = Span(last.first, day, works)
        else:
            found.append(Span(day, day, works))
    return [span if span.works else _whole(nation, span) for span in found]


def _joined(nation: Workdays, last: date, day: date, *, works: bool) -> bool:
    between = (last + timedelta(days=n) for n in range(1, (day - last).days))
    if works:
        return (day - last).days == 1
    return not any(map(nation.is_national_workday, between))


def _whole(nation: Workdays, span: Span) -> Span:
    """With the days of the weekend before and after it."""
    first, last, one = span.first, span.last, timedelta(days=1)
    while not nation.is_national_workday(first - one):
        first -= one
    while not nation.is_national_workday(last + one):
        last += one
    return Span(first, last, span.works)
