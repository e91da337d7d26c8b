"""How far the reporting round is: what is owed, what is in, who is still missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery

from apps.plans.models import Period, PlanPeriod
from apps.reports.selectors.lines import Unit, telephone_of
from apps.tasks.models import Duty, Task

# A report is in once it has left its unit, also when the supervisor sent it back since.
IN = Q(delivered_on__isnull=False)


@dataclass(frozen=True, slots=True)
class Due:
    """One period over some plans. `cut_off` is the earliest among the plans."""

    period: Period
    cut_off: date
    today: date

    @property
    def days_left(self) -> int:
        """Negative when the cut-off is over."""
        return (self.cut_off - self.today).days

    @property
    def days_over(self) -> int:
        return -self.days_left


@dataclass(frozen=True, slots=True)
class Round(Due):
    """With how much is owed, and how much of it is in."""

    owed: int
    delivered: int

    @property
    def missing(self) -> int:
        return self.owed - self.delivered


@dataclass(frozen=True, slots=True)
class Missing(Due):
    """With how many reports never came, and of how many rows."""

    missing: int
    rows: int


@dataclass(frozen=True, slots=True)
class Rounds:
    """The period that is being reported on, and the newest whose cut-off is over."""

    current: Round | None
    ended: Round | None


@dataclass(frozen=True, slots=True)
class Turns:
    """The same two where only what is missing matters: what came need not be counted."""

    current: Due | None
    ended: Missing | None


def owed_in(plan_ids: Collection[int]) -> QuerySet[Duty]:
    """What these plans ask for; a settled row owes nothing any more."""
    # its index is read, not the row of each duty's task
    settled = Task.objects.filter(pk=OuterRef("task_id"), state__in=Task.SETTLED)
    return Duty.objects.filter(~Exists(settled), plan_period__plan_id__in=plan_ids)


def _newest(plan_ids: Collection[int], today: date) -> tuple[PlanPeriod | None, PlanPeriod | None]:
    """The period that is being reported on, and the newest whose cut-off is over; two queries."""
    entered = PlanPeriod.objects.filter(plan_id__in=plan_ids).soonest_first(today)
    return entered.first(), entered.filter(cut_off__lt=today).first()


def turns_of(plan_ids: Collection[int], today: date) -> Turns:
    """Three queries."""
    current, ended = (
        Due(first.period, first.cut_off, today) if first else None
        for first in _newest(plan_ids, today)
    )
    if ended is None:
        return Turns(current, None)
    return Turns(current, missing_of(ended, missing_duties(plan_ids, ended)))


def missing_of(due: Due, missing: QuerySet[Duty]) -> Missing:
    """One query."""
    counted = missing.aggregate(reports=Count("*"), rows=Count("task_id", distinct=True))
    return Missing(due.period, due.cut_off, due.today, counted["reports"], counted["rows"])


def rounds_of(plan_ids: Collection[int], today: date) -> Rounds:
    """Three queries."""
    current, ended = _newest(plan_ids, today)
    counts: dict[str, Count] = {}
    for name, first in (("current", current), ("ended", ended)):
        if first is not None:
            part = _part(first, today if name == "ended" else None)
            counts[f"{name}_owed"] = Count("pk", filter=part)
            counts[f"{name}_in"] = Count("pk", filter=part & IN)
    # what was owed for other periods is history, which grows: it is not looked at
    periods = {first.period_id for first in (current, ended) if first is not None}
    owed_now = owed_in(plan_ids).filter(plan_period__period__in=periods)
    found = owed_now.aggregate(**counts) if counts else {}

    def read(name: str, first: PlanPeriod | None) -> Round | None:
        if first is None:
            return None
        owed, delivered = found[f"{name}_owed"], found[f"{name}_in"]
        return Round(first.period, first.cut_off, today, owed, delivered)

    return Rounds(read("current", current), read("ended", ended))


def _part(first: PlanPeriod, ended_by: date | None) -> Q:
    """The duties of one period; with `ended_by` only those of plans whose cut-off is over."""
    part = Q(plan_period__period=first.period_id)
    return part if ended_by is None else part & Q(plan_period__cut_off__lt=ended_by)


def missing_duties(plan_ids: Collection[int], ended: Due) -> QuerySet[Duty]:
    """Those for the period that is over whose report never came."""
    return (
        owed_in(plan_ids)
        .filter(plan_period__period=ended.period, plan_period__cut_off__lt=ended.today)
        .exclude(IN)
    )


def with_missing(rows: QuerySet[Task], ended: Due) -> QuerySet[Task]:
    """Those of which a report is missing, asked row by row: a list ends after its first hundred."""
    over = PlanPeriod.objects.filter(
        plan=OuterRef(OuterRef("plan_id")), period=ended.period, cut_off__lt=ended.today
    )
    missing = Duty.objects.filter(
        task=OuterRef("pk"), plan_period=Subquery(over.values("pk")[:1]), delivered_on__isnull=True
    )
    return rows.filter(Exists(missing)).exclude(state__in=Task.SETTLED)


def units_by_task(missing: QuerySet[Duty], task_ids: Collection[int]) -> dict[int, list[Unit]]:
    """Of these tasks alone: by task the units that are missing; one query."""
    duties = (
        missing.filter(task_id__in=task_ids)
        .annotate(telephone=telephone_of("agency"))
        .order_by("task_id", "agency__rank", "agency_id")
        .values_list("task_id", "agency__name", "telephone")
    )
    found: dict[int, list[Unit]] = {}
    for task_id, name, telephone in duties:
        found.setdefault(task_id, []).append(Unit(name, telephone or ""))
    return found


def units_missing(missing: QuerySet[Duty]) -> list[tuple[Unit, int]]:
    """Each unit with how many reports are missing, in the order in which tables name them."""
    counted = (
        missing.values("agency_id", "agency__name", telephone=telephone_of("agency"))
        .annotate(many=Count("pk"), first=Min("task_id"))
        .order_by("first", "agency__rank", "agency_id")
        .values_list("agency__name", "telephone", "many")
    )
    return [(Unit(name, telephone or ""), many) for name, telephone, many in counted]


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


def units_of(plan_ids: Collection[int], period: Period) -> list[UnitRound]:
    """Every unit that owes something, in the order of how much it leads; never ranked (D20)."""
    rows = list(
        owed_in(plan_ids)
        .filter(plan_period__period=period)
        .values_list("agency_id", "agency__name")
        .annotate(owed=Count("pk"), delivered=Count("pk", filter=IN))
        .order_by("-owed", "agency__rank", "agency_id")
    )
    largest = max((row[2] for row in rows), default=1)
    return [UnitRound(pk, name, owed, delivered, largest) for pk, name, owed, delivered in rows]
