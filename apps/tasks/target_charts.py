"""Where the parts of a target's drawings stand; pure. The words stand beside them as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.targets.states import State, TargetStanding

_WHOLE = Decimal(100)
# what goes beyond the target still ends within the bar
_ROOM = Decimal("1.04")
_TENTH = Decimal("0.1")
# of the chart, in its own units
COLUMN, HEIGHT, ABOVE, BELOW = 62, 168, 22, 38
_BAR = 26

# shape and colour of a state; never without its word
LOOKS = {
    State.DONE: ("closed", "none"),
    State.ON_TRACK: ("green", "green"),
    State.BEHIND: ("amber", "amber"),
    State.MISSED: ("red", "red"),
    State.NO_DATA: ("nodata", "none"),
}


def state_look(standing: TargetStanding | None) -> tuple[str, str]:
    """Of what may not be seen those of nothing."""
    return LOOKS[standing.state if standing else State.NO_DATA]


@dataclass(frozen=True, slots=True)
class Bullet:
    """From left to right in per cent of the width: what is reached, the target, the calendar."""

    fill: Decimal
    goal: Decimal
    due: Decimal | None = None


def bullet(standing: TargetStanding, value: Decimal, figure: Decimal) -> Bullet:
    """Shares where there is a completion ratio, else the value beside the target."""
    share = standing.share
    if share is not None:
        scale = max(share, _WHOLE) * _ROOM
        due = None if standing.expected is None else _at(standing.expected, scale)
        return Bullet(_at(share, scale), _at(_WHOLE, scale), due)
    scale = max(value, figure) * _ROOM
    return Bullet(_at(value, scale), _at(figure, scale))


def _at(value: Decimal, scale: Decimal) -> Decimal:
    return (max(value, Decimal(0)) * 100 / scale).quantize(_TENTH)


@dataclass(frozen=True, slots=True)
class Mark:
    """One figure of the path, oldest first. `kind`: baseline, value or target."""

    year: int
    when: str
    value: Decimal
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Column:
    """A bar of the chart with where its words stand."""

    mark: Mark
    x: int
    y: Decimal
    height: Decimal
    label_y: Decimal

    @property
    def left(self) -> int:
        return self.x - _BAR // 2

    @property
    def width(self) -> int:
        return _BAR


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from zero; `zero` is where that is."""

    columns: tuple[Column, ...]
    width: int
    height: int
    zero: Decimal

    @property
    def foot(self) -> int:
        """Where the years stand; the line below says which part of them."""
        return self.height - BELOW + 16

    @property
    def second_foot(self) -> int:
        return self.foot + 15


def chart_of(marks: Sequence[Mark]) -> Chart:
    """`marks` is not empty."""
    top = max(*(mark.value for mark in marks), Decimal(0))
    low = min(*(mark.value for mark in marks), Decimal(0))
    span = (top - low) or Decimal(1)
    room = Decimal(HEIGHT - ABOVE - BELOW)
    zero = (ABOVE + room * top / span).quantize(_TENTH)
    columns = []
    for place, mark in enumerate(marks):
        tall = (room * abs(mark.value) / span).quantize(_TENTH)
        y = zero - tall if mark.value > 0 else zero
        columns.append(Column(mark, place * COLUMN + COLUMN // 2, y, tall, y - 6))
    return Chart(tuple(columns), COLUMN * len(marks), HEIGHT, zero)
