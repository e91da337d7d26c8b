"""How a target stands: its state, and how far it is from where it should be (product.md D5, D19).

Pure. The rules, by the field's practice of 中期评估:

* An amount is held against the calendar: 完成比例, the share of the target's own value that is
  reached, against the share of the span that has gone by. The baseline is shown and drawn but does
  not enter: D5 knows one completion ratio, and a reader can check it with the two printed figures.
* 口径 says since when an amount has been counting. 累计: since the plan began, 时点: what there is
  on the last day; both over the plan's span, from its first day to the end of the target's year.
  当期: within the reporting period, from January on; so it is held against 年度目标×月数/12 in the
  target's year, and says nothing about it in an earlier one.
* 比重 and 增速 are held against the target directly, and so is whatever is better when it is
  lower: there is no completion ratio, and the distance is told in 百分点 or in the unit.
* 区间 asks for its nearer end. 左右 is met within 5 per cent of the figure.
* An amount that is reached is 已完成 at once. A share or a rate may turn back: it is so only with
  the figures of the whole target year. 未完成 too is said only with those figures: that a year is
  over and nobody has entered its figures is no failure of the work (D4).
* What is said in words is judged by a person, never worked out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from apps.common.spans import Span, share_of, whole_span, year_span
from apps.targets.models import Indicator, Measurement, Target, TargetJudgement
from apps.targets.wording import points_text, value_text

State = TargetJudgement.State
ABOUT = Decimal("0.05")

_Operator = Target.Operator
_ASKS_MORE = frozenset({_Operator.AT_LEAST, _Operator.MORE})
_ASKS_LESS = frozenset({_Operator.AT_MOST, _Operator.LESS})
_STRICT = frozenset({_Operator.MORE, _Operator.LESS})


@dataclass(frozen=True, slots=True)
class Goal:
    """A target of an indicator; `starts_on` is the plan's first day."""

    kind: str
    direction: str
    unit: str
    year: int
    operator: str
    value: Decimal | None
    value_max: Decimal | None = None
    starts_on: date | None = None

    @property
    def ends_on(self) -> date:
        return date(self.year, 12, 31)

    @property
    def is_in_words(self) -> bool:
        return self.value is None

    @property
    def lower_is_better(self) -> bool:
        """不高于 says so by itself; 降低 18% 以上 asks for more of the reduction."""
        if self.operator in _ASKS_MORE | _ASKS_LESS:
            return self.operator in _ASKS_LESS
        return self.direction == Indicator.Direction.LOWER

    @property
    def has_share(self) -> bool:
        """Whether there is a completion ratio."""
        return self.kind == Indicator.Kind.AMOUNT and not self.lower_is_better

    @property
    def figure(self) -> Decimal:
        """What a value is held against: of a range the end that is reached first."""
        assert self.value is not None, "what is said in words has no figure"
        return self.value_max or self.value if self.lower_is_better else self.value

    def is_met_by(self, value: Decimal) -> bool:
        bound = self.figure
        if self.operator == _Operator.ABOUT:
            bound *= 1 + ABOUT if self.lower_is_better else 1 - ABOUT
        ahead = bound - value if self.lower_is_better else value - bound
        return ahead > 0 or (ahead == 0 and self.operator not in _STRICT)


@dataclass(frozen=True, slots=True)
class Reached:
    """The newest value up to the end of the target's year."""

    value: Decimal
    period: str
    as_of: date
    basis: str = Measurement.Basis.CUMULATIVE


@dataclass(frozen=True, slots=True)
class Judged:
    """A person's word on what is said in words."""

    state: str
    reason: str
    period: str
    by: str


@dataclass(frozen=True, slots=True)
class TargetStanding:
    """`share`, `expected` in per cent, of amounts; `distance` in the indicator's unit, of others.

    The distance to the figure is positive while it is not reached.
    """

    state: State
    reason: str
    unit: str = ""
    share: Decimal | None = None
    expected: Decimal | None = None
    span: str = ""
    distance: Decimal | None = None
    lower: bool = False

    @property
    def gap(self) -> Decimal | None:
        """百分点 behind the calendar; negative: ahead."""
        if self.share is None or self.expected is None:
            return None
        return self.expected - self.share

    @property
    def gap_text(self) -> str:
        """Empty where there is nothing to measure."""
        if self.gap is not None:
            return _gap_told(self.gap)
        if self.distance is None:
            return ""
        return _distance_told(self.distance, self.unit, lower=self.lower)


def state_of(
    goal: Goal, reached: Reached | None, *, today: date, judged: Judged | None = None
) -> TargetStanding:
    """Where the target stands by the newest figure, judged as of that figure's last day."""
    if goal.is_in_words:
        return _in_words(judged)
    if reached is None:
        return TargetStanding(State.NO_DATA, "还没有录入完成值。", goal.unit)
    if reached.as_of > goal.ends_on:
        return TargetStanding(
            State.NO_DATA, f"{reached.period}的数在目标年之后，不能说明{goal.year}年。", goal.unit
        )
    standing = _by_calendar(goal, reached) if goal.has_share else _directly(goal, reached)
    if reached.as_of < goal.ends_on < today and standing.state != State.DONE:
        late = f"{goal.year}年已结束，全年数据还没有录入。"
        return replace(standing, reason=standing.reason + late)
    return standing


def _in_words(judged: Judged | None) -> TargetStanding:
    if judged is None:
        return TargetStanding(State.NO_DATA, "定性目标，由督查员认定，还没有认定。")
    return TargetStanding(
        State(judged.state), f"{judged.period}认定（{judged.by}）：{judged.reason}"
    )


def _by_calendar(goal: Goal, reached: Reached) -> TargetStanding:
    in_period = reached.basis == Measurement.Basis.CURRENT
    share = share_of(reached.value, goal.figure)
    done = f"{_reached_told(goal, reached)}，完成 {share}%"
    if in_period and reached.as_of.year < goal.year:
        waits = f"当期值属于{reached.as_of.year}年，{goal.year}年的数还没有。"
        return TargetStanding(State.NO_DATA, f"{done}；{waits}", goal.unit, share)
    span = year_span(reached.as_of) if in_period else whole_span(goal.starts_on, goal.ends_on)
    expected = span.expected(reached.as_of) if span else None
    standing = TargetStanding(
        _amount_state(goal, reached, share, expected),
        f"{done}，{_span_told(span, reached)}。",
        goal.unit,
        share,
        expected,
        span.told(reached.as_of) if span else "",
    )
    gap = standing.gap_text
    return replace(standing, reason=f"{standing.reason[:-1]}，{gap}。") if gap else standing


def _amount_state(goal: Goal, reached: Reached, share: Decimal, expected: Decimal | None) -> State:
    if goal.is_met_by(reached.value):
        return State.DONE
    if reached.as_of >= goal.ends_on:
        return State.MISSED
    if expected is None:
        return State.NO_DATA
    return State.ON_TRACK if share >= expected else State.BEHIND


def _directly(goal: Goal, reached: Reached) -> TargetStanding:
    met, is_final = goal.is_met_by(reached.value), reached.as_of >= goal.ends_on
    if met:
        state = State.DONE if is_final else State.ON_TRACK
    else:
        state = State.MISSED if is_final else State.BEHIND
    distance = goal.figure - reached.value
    lower = goal.lower_is_better
    distance = -distance if lower else distance
    told = _distance_told(distance, goal.unit, lower=lower)
    waits = "" if is_final or not met else f"，{goal.year}年全年数据出来后再认完成"
    return TargetStanding(
        state,
        f"{_reached_told(goal, reached)}，{told}{waits}。",
        goal.unit,
        distance=distance,
        lower=lower,
    )


def _reached_told(goal: Goal, reached: Reached) -> str:
    value, figure = value_text(reached.value, goal.unit), value_text(goal.figure, goal.unit)
    return f"{reached.period} {value}，目标 {figure}"


def _span_told(span: Span | None, reached: Reached) -> str:
    if span is None:
        return "任务来源没有写明起算日，算不出序时进度"
    return f"序时 {span.expected(reached.as_of)}%（{span.told(reached.as_of)}）"


def _gap_told(gap: Decimal) -> str:
    if gap == 0:
        return "与序时持平"
    return f"{'落后' if gap > 0 else '超前'} {abs(gap)} 个百分点"


def _distance_told(distance: Decimal, unit: str, *, lower: bool) -> str:
    """What is missing to the figure, or how much better it is."""
    if distance == 0:
        return "与目标持平"
    far = points_text(abs(distance), unit)
    if distance > 0:
        return f"{'高出' if lower else '差'} {far}"
    return f"{'低于目标' if lower else '超过'} {far}"
