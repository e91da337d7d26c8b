"""与上期, 去年同期: how rows stood in earlier periods, beside the same plans' rows in this one.

Read from the marks that are kept per period: those of a plan's newest period are the marks of
today, those of a period before it are as they were when the next one was opened (decision 35).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from apps.common.periods import PeriodCode
from apps.plans.models import Period, PlanPeriod
from apps.tasks.lights import Cause, Light

# beside the lights: how many of the red ones are so for their last day
_OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows at one moment: by light, and how many are overdue."""

    lights: Counter[str] = field(default_factory=Counter)
    overdue: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.lights + other.lights, self.overdue + other.overdue)


@dataclass(frozen=True, slots=True)
class Then:
    """An earlier moment; `now` has the rows of those plans alone that have marks of both."""

    # 2020年上半年; 上一期 where the plans' own periods are not the same one
    name: str
    then: Counts
    now: Counts
    # plans that have marks now and had none then
    left_out: int

    def light(self, light: str) -> str:
        return difference(self.now.lights[light], self.then.lights[light])

    @property
    def overdue(self) -> str:
        return difference(self.now.overdue, self.then.overdue)


@dataclass(frozen=True, slots=True)
class Compared:
    """None where nothing was kept of that moment: it is not guessed."""

    previous: Then | None = None
    year_ago: Then | None = None

    @property
    def either(self) -> bool:
        return bool(self.previous or self.year_ago)

    @property
    def left_out(self) -> int:
        return max((each.left_out for each in (self.previous, self.year_ago) if each), default=0)


def difference(now: int, then: int) -> str:
    """+2, −1, 持平."""
    if now == then:
        return _("持平")
    return f"+{now - then}" if now > then else f"−{then - now}"


def compared(plan_ids: Collection[int], period: Period | None) -> Compared:
    """Each plan's newest period up to this one, beside the one before it and the one that ended

    with the same month a year before `period`. One query, none without a period.
    """
    if period is None or not plan_ids:
        return Compared()
    plans = _counted(_wanted(plan_ids, period))
    year_ago = PeriodCode(period.span.year - 1, period.span.month)
    return Compared(
        previous=_then(plans, _before),
        year_ago=_then(plans, lambda _kept: year_ago),
    )


# what was kept of one plan
_Kept = Mapping[PeriodCode, Counts]


def _before(kept: _Kept) -> PeriodCode:
    """The second newest; the newest itself where there is no other."""
    return sorted(kept, reverse=True)[:2][-1]


def _then(plans: Collection[_Kept], earlier: Callable[[_Kept], PeriodCode]) -> Then | None:
    names, then, now, left_out = set(), Counts(), Counts(), 0
    for kept in plans:
        this, past = max(kept), earlier(kept)
        if not kept[this].lights:
            continue
        # a plan's newest marks are those of today, in whatever period it last reported
        if past == this or past not in kept or not kept[past].lights:
            left_out += 1
            continue
        names.add(past.name)
        then, now = then + kept[past], now + kept[this]
    if not names:
        return None
    return Then(names.pop() if len(names) == 1 else _("上一期"), then, now, left_out)


def _wanted(plan_ids: Collection[int], period: Period) -> QuerySet[PlanPeriod]:
    """Of each plan up to three periods, also such as nothing was kept of."""
    ends = (
        PlanPeriod.objects.filter(plan=OuterRef("plan"), period__ends_on__lte=period.ends_on)
        .order_by("-period__ends_on")
        .values("period__ends_on")
    )
    year_ago = PeriodCode(period.span.year - 1, period.span.month)
    wanted = (
        PlanPeriod.objects.filter(plan_id__in=plan_ids)
        .annotate(newest=Subquery(ends[:1]), before=Subquery(ends[1:2]))
        .filter(
            Q(period__ends_on=F("newest"))
            | Q(period__ends_on=F("before"))
            | Q(period__code=year_ago.code)
        )
    )
    return PlanPeriod.objects.filter(pk__in=wanted.values("pk")).order_by()


def _counted(entered: QuerySet[PlanPeriod]) -> Collection[_Kept]:
    by_mark = entered.values_list("plan_id", "period__code", "period_marks__light").annotate(
        Count("period_marks")
    )
    # by itself: the others are counted from an index alone
    overdue = (
        entered.filter(
            period_marks__light=Light.RED.value,
            period_marks__light_facts__cause=Cause.OVERDUE.value,
        )
        .values_list("plan_id", "period__code", Value(_OVERDUE, CharField()))
        .annotate(Count("period_marks"))
    )
    rows: Iterable[Any] = by_mark.union(overdue, all=True)
    found: dict[int, dict[PeriodCode, Counts]] = {}
    for plan_id, code, light, many in rows:
        kept = found.setdefault(plan_id, {})
        span = PeriodCode.parse(code)
        kept[span] = kept.get(span, Counts()) + _read(light, many)
    return found.values()


def _read(light: str | None, many: int) -> Counts:
    if light is None:
        return Counts()
    return Counts(overdue=many) if light == _OVERDUE else Counts(Counter({light: many}))
