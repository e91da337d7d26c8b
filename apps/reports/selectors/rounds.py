"""How far the reporting round is: what is owed, what is in, who is still missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from apps.plans.models import Period, PlanPeriod
from apps.tasks.models import Duty, Progress, Task

_IN = Q(progress__delivered_on__isnull=False)
_WAITING = Q(progress__state=Progress.State.SUBMITTED)


@dataclass(frozen=True, slots=True)
class Round:
    """One period over some plans. `cut_off` is the earliest among the plans."""

    period: Period
    cut_off: date
    owed: int
    delivered: int
    waiting: int
    today: date

    @property
    def missing(self) -> int:
        return self.owed - self.delivered

    @property
    def days_left(self) -> int:
        """Negative when the cut-off is over."""
        return (self.cut_off - self.today).days

    @property
    def days_over(self) -> int:
        return -self.days_left


@dataclass(frozen=True, slots=True)
class UnitRound:
    """One unit's part of a round; the widths of its bar are shares of the largest unit's."""

    agency_id: int
    name: str
    owed: int
    delivered: int
    largest: int

    @property
    def delivered_width(self) -> str:
        return f"{self.delivered * 100 / self.largest:.2f}"

    @property
    def owed_width(self) -> str:
        return f"{self.owed * 100 / self.largest:.2f}"


def newest_round(plan_ids: Iterable[int], today: date) -> Round | None:
    """The newest period of these plans; None where nothing was ever asked."""
    return _round(PlanPeriod.objects.filter(plan_id__in=plan_ids), today)


def last_ended_round(plan_ids: Iterable[int], today: date) -> Round | None:
    """The newest period whose cut-off is over."""
    return _round(PlanPeriod.objects.filter(plan_id__in=plan_ids, cut_off__lt=today), today)


def _round(entered: QuerySet[PlanPeriod], today: date) -> Round | None:
    newest = entered.select_related("period").order_by("-period__ends_on", "cut_off").first()
    if newest is None:
        return None
    counted = duties_of(entered, newest.period).aggregate(
        owed=Count("pk"),
        delivered=Count("pk", filter=_IN),
        waiting=Count("pk", filter=_WAITING),
    )
    return Round(newest.period, newest.cut_off, **counted, today=today)


def duties_of(entered: QuerySet[PlanPeriod], period: Period) -> QuerySet[Duty]:
    """What these plans' periods ask for; a settled row owes nothing."""
    return Duty.objects.filter(plan_period__in=entered.filter(period=period)).exclude(
        task__state__in=Task.SETTLED
    )


def units_of(plan_ids: Iterable[int], period: Period) -> list[UnitRound]:
    """Every unit that owes something, in the order of how much it leads; never ranked (D20)."""
    entered = PlanPeriod.objects.filter(plan_id__in=plan_ids)
    rows = list(
        duties_of(entered, period)
        .values_list("agency_id", "agency__name")
        .annotate(owed=Count("pk"), delivered=Count("pk", filter=_IN))
        .order_by("-owed", "agency__rank", "agency_id")
    )
    largest = max((row[2] for row in rows), default=1)
    return [UnitRound(pk, name, owed, delivered, largest) for pk, name, owed, delivered in rows]
