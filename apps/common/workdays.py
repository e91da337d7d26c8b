"""Working days: the national calendar with its make-up days, and where this body departs from it.

No database and no clock: the departures are an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from chinese_calendar import is_workday as national_workday

Move = Literal["earlier", "later", "keep"]

_ONE = timedelta(days=1)
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Workdays:
    """The calendar a body works by; `overrides`: by day whether it works, against the nation.

    The State Council publishes a year's holidays in the autumn before. A year that is not known
    yet has Monday to Friday as working days, and `is_published` is False so that pages can say so.
    """

    overrides: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Whether this body works on that day."""
        own = self.overrides.get(day)
        return self.is_national_workday(day) if own is None else own

    def is_national_workday(self, day: date) -> bool:
        """By the national calendar alone; Monday to Friday where it is not published."""
        try:
            return bool(national_workday(day))
        except NotImplementedError:
            return day.weekday() <= _FRIDAY

    def is_published(self, year: int) -> bool:
        """Whether the holidays and make-up days of that year are known."""
        try:
            national_workday(date(year, 1, 1))
        except NotImplementedError:
            return False
        return True

    def add(self, day: date, count: int) -> date:
        """The working day so many working days after `day`; 0 is the day itself."""
        assert count >= 0, "counted forwards only"
        for _ in range(count):
            day = self.move(day + _ONE, "later")
        return day

    def move(self, day: date, rule: Move | str) -> date:
        """The day itself where it is a working day, else the nearest before or after it by rule."""
        step = {"earlier": -_ONE, "later": _ONE}.get(rule)
        if step is None:
            return day
        while not self.is_workday(day):
            day += step
        return day

    def departures(self, year: int) -> list[date]:
        """The days on which the nation departs from Monday to Friday, oldest first."""
        first = date(year, 1, 1)
        days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
        return [d for d in days if self.is_national_workday(d) != (d.weekday() <= _FRIDAY)]
