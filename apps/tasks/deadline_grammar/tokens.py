"""What a deadline cell can say: points in time, spans, lengths, recurrences, doubts."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

Day = int | Literal["last"]
FIRST_YEAR, LAST_YEAR = 1949, 2100
EVENT = (
    "(?:[春夏秋冬]|[入主]?汛|雨季|采暖|供暖|取暖|暑期|暑假|寒假|学期|学年|春节|元旦|清明|端午|中秋|国庆"
    '|[五七八]一|十一|两会|党代会|全会|开学|放假|高考|中考|换届|入冬|封冻|[“"](?:[五七八]一|十一)[”"])'
)
TENS: dict[str, tuple[int, Day]] = {"上": (1, 10), "中": (11, 20), "下": (21, "last")}


class Every(enum.StrEnum):
    """The intervals at which a recurring task falls due."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class EveryDue:
    """The day inside each interval. `month` for yearly ones; `nth_month` counts in the interval."""

    month: int | None
    nth_month: int | None
    day: Day


class Base(enum.Enum):
    """Where a missing year is taken from: the cell before it, else the year of issue."""

    CELL = enum.auto()
    ISSUE = enum.auto()
    AFTER_CELL = enum.auto()


@dataclass(frozen=True, slots=True)
class Point:
    """A day, month, quarter, half year, year or five-year plan.

    `exact`: its end is named (底, 末, 日), so that 前 after it leaves no doubt. `months` is None
    for a day alone (30日前). `unit`: months of what is counted, `shift` of them after its base:
    12 for 明年, 1 for 下月, 3 for 本季度.
    """

    year: int | None = None
    last_year: int | None = None
    base: Base = Base.CELL
    shift: int = 0
    unit: int = 12
    months: tuple[int, int] | None = (1, 12)
    days: tuple[Day, Day] = (1, "last")
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of `Source.norm`."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Skipped(Token):
    """Looks like a date and is not a deadline."""


@dataclass(frozen=True, slots=True)
class Doubt(Token):
    """Makes the whole cell a question to a person."""


@dataclass(frozen=True, slots=True)
class Due(Token):
    """A last day, or a span when `first` is set; `before`: with 前; `up_to`: after 到 or 至."""

    last: Point
    first: Point | None = None
    before: bool = False
    up_to: bool = False

    @property
    def is_frame(self) -> bool:
        """Only says in which period: 2020年, 年内, 2018-2020年, “十四五”期间."""
        return not (self.before or self.last.exact)


@dataclass(frozen=True, slots=True)
class Start(Token):
    point: Point


@dataclass(frozen=True, slots=True)
class Issued(Token):
    """Counting starts with the issuing of the document itself."""


@dataclass(frozen=True, slots=True)
class Length(Token):
    """`days` or `months` long; `within` when 内 makes it a deadline of its own."""

    days: int
    months: int
    within: bool


@dataclass(frozen=True, slots=True)
class Each(Token):
    """A recurrence; `nth_month` counts inside the interval."""

    every: Every
    nth_month: int | None = None
    day: Day | None = None
