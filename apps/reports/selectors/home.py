"""工作台: what each role came for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from apps.plans.models import Period, PlanPeriod
from apps.reports.selectors.board import overdue_rows
from apps.reports.selectors.lines import Line, lines_of, own_plans
from apps.reports.selectors.rounds import (
    Round,
    UnitRound,
    last_ended_round,
    newest_round,
    units_of,
)
from apps.tasks.access import Scope
from apps.tasks.lights import Light
from apps.tasks.models import Assignment, Duty, Progress, Task

# Lists on the first page are beginnings; the whole stands behind their links.
SHORT = 6
ATTENTION = 10
_AHEAD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Owed:
    """One row my unit owes this period, with what it wrote last."""

    duty: Duty
    progress: Progress | None
    previous: Progress | None


@dataclass(frozen=True, slots=True)
class ReporterHome:
    """What my units owe this period, what came back first."""

    period: Period
    cut_off: date
    today: date
    owed: Sequence[Owed]
    warned: Sequence[Line]

    @property
    def done(self) -> int:
        returned = Progress.State.RETURNED
        return sum(
            each.progress is not None and each.progress.state != returned for each in self.owed
        )

    @property
    def days_left(self) -> int:
        return (self.cut_off - self.today).days

    @property
    def days_over(self) -> int:
        return -self.days_left


def reporter_home(scope: Scope, today: date) -> ReporterHome | None:
    """None where my units owe nothing in any open period."""
    duties = (
        Duty.objects.filter(
            agency_id__in=scope.rights.reporter_of, plan_period__state=PlanPeriod.State.OPEN
        )
        .exclude(task__state__in=Task.SETTLED)
        .select_related("task__plan", "agency", "plan_period__period", "progress")
        .annotate(
            first=Case(
                When(progress__state=Progress.State.RETURNED, then=Value(0)),
                When(progress__isnull=True, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
        )
        .order_by("-plan_period__period__ends_on", "first", "task__plan_id", "task__position")
    )
    newest = duties.first()
    if newest is None:
        return None
    period = newest.plan_period.period
    mine = [duty for duty in duties if duty.plan_period.period_id == period.pk]
    previous = _previous(mine, period)
    warned = Task.objects.filter(
        pk__in=[duty.task_id for duty in mine], light__in=[Light.RED, Light.AMBER]
    ).order_by("light_order", "plan_id", "position")
    return ReporterHome(
        period=period,
        cut_off=min(duty.plan_period.cut_off for duty in mine),
        today=today,
        owed=[
            Owed(
                duty, getattr(duty, "progress", None), previous.get((duty.task_id, duty.agency_id))
            )
            for duty in mine
        ],
        warned=lines_of(warned, scope=scope, today=today),
    )


def _previous(mine: Sequence[Duty], period: Period) -> dict[tuple[int, int], Progress]:
    """What the same unit wrote last for the same row."""
    written = (
        Progress.objects.filter(
            duty__task_id__in={duty.task_id for duty in mine},
            duty__agency_id__in={duty.agency_id for duty in mine},
            duty__plan_period__period__ends_on__lt=period.ends_on,
        )
        .select_related("duty__plan_period__period")
        .order_by("duty__task_id", "duty__agency_id", "-duty__plan_period__period__ends_on")
        .distinct("duty__task_id", "duty__agency_id")
    )
    return {(p.duty.task_id, p.duty.agency_id): p for p in written}


def to_sign(scope: Scope) -> list[Progress]:
    """What waits for this approver, in the tables' order."""
    return list(
        Progress.objects.filter(
            state=Progress.State.SIGNING, duty__agency_id__in=scope.rights.approver_of
        )
        .select_related("duty__task__plan", "duty__agency", "duty__plan_period__period")
        .order_by("duty__task__plan_id", "duty__task__position")
    )


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which something ends."""

    day: date
    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class SupervisorHome:
    """What waits for the supervisor, what is late, who is still missing, what comes next."""

    newest: Round | None
    ended: Round | None
    overdue_total: int
    overdue_year: int
    overdue: Sequence[Line]
    unread_total: int
    unread: Sequence[Line]
    unmatched: int
    waiting: Sequence[Progress]
    units: Sequence[UnitRound]
    days: Sequence[Day]

    @property
    def units_missing(self) -> Sequence[UnitRound]:
        return [unit for unit in self.units if unit.delivered < unit.owed]


def supervisor_home(scope: Scope, today: date) -> SupervisorHome:
    """Over all our own plans that this person oversees."""
    plan_ids = list(own_plans(scope).values_list("pk", flat=True))
    late = overdue_rows(plan_ids)
    year = Q(due_on__lt=today - timedelta(days=365))
    ages = late.order_by().aggregate(total=Count("pk"), year=Count("pk", filter=year))
    unread = Task.objects.filter(plan_id__in=scope.overseen, due_kind="unresolved").exclude(
        state__in=Task.SETTLED
    )
    newest = newest_round(plan_ids, today)
    return SupervisorHome(
        newest=newest,
        ended=last_ended_round(plan_ids, today),
        overdue_total=ages["total"],
        overdue_year=ages["year"],
        overdue=lines_of(late[:SHORT], scope=scope, today=today),
        unread_total=unread.count(),
        unread=lines_of(unread.order_by("plan_id", "position")[:SHORT], scope=scope, today=today),
        unmatched=Assignment.objects.filter(
            task__plan_id__in=scope.overseen, agency__isnull=True, collective=False
        ).count(),
        waiting=list(_waiting(plan_ids)[:SHORT]),
        units=units_of(plan_ids, newest.period) if newest else [],
        days=_days(plan_ids, today),
    )


def _waiting(plan_ids: Sequence[int]) -> QuerySet[Progress]:
    return (
        Progress.objects.filter(state=Progress.State.SUBMITTED, duty__task__plan_id__in=plan_ids)
        .select_related("duty__task__plan", "duty__agency")
        .order_by("submitted_on", "pk")
    )


def _days(plan_ids: Sequence[int], today: date) -> list[Day]:
    """Cut-offs and last days within the next ninety days."""
    until = today + _AHEAD
    cut_offs = PlanPeriod.objects.filter(
        plan_id__in=plan_ids, cut_off__range=(today, until)
    ).select_related("period")
    found = {(p.cut_off, p.period.name) for p in cut_offs}
    days = [Day(day, f"{name}报送截止") for day, name in found]
    due = (
        Task.objects.filter(
            plan_id__in=plan_ids,
            state__in=Task.RUNNING,
            due_kind="date",
            due_on__range=(today, until),
        )
        .order_by()
        .values_list("due_on")
        .annotate(Count("pk"))
    )
    days += [Day(day, "到完成时限", count) for day, count in due if day]
    return sorted(days, key=lambda each: (each.day, each.text))


@dataclass(frozen=True, slots=True)
class LeaderHome:
    """The whole, and what needs attention; printable."""

    plans: int
    total: int
    lights: dict[Light, int]
    newest: Round | None
    ended: Round | None
    attention: Sequence[Line]
    attention_total: int


def leader_home(scope: Scope, today: date) -> LeaderHome:
    """Over our own plans of this leader's lines."""
    plan_ids = list(own_plans(scope).values_list("pk", flat=True))
    rows = Task.objects.filter(plan_id__in=plan_ids)
    counted = dict(rows.order_by().values_list("light").annotate(Count("pk")))
    warned = rows.filter(light__in=[Light.RED, Light.AMBER])
    return LeaderHome(
        plans=len(plan_ids),
        total=sum(counted.values()),
        lights={light: counted.get(light.value, 0) for light in Light},
        newest=newest_round(plan_ids, today),
        ended=last_ended_round(plan_ids, today),
        attention=lines_of(
            warned.order_by("light_order", "due_on", "plan_id", "position")[:ATTENTION],
            scope=scope,
            today=today,
        ),
        attention_total=counted.get(Light.RED.value, 0) + counted.get(Light.AMBER.value, 0),
    )
