"""How a period stands in figures: what was owed, what came in and when (product.md D4, D14)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, DateField, F, Max, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from apps.plans.models import PlanPeriod
from apps.tasks.models import Duty, Progress, Task

DELIVERED = Q(progress__delivered_on__isnull=False)
# held against the cut-off as it is now, so that a moved one changes it in both directions
LATE = DELIVERED & Q(counted__gt=F("plan_period__cut_off"))
# A row settled by the cut-off owes nothing any more, unless its report is in; later on it stays
# what it was then, so that the figures of past periods do not change with every closing.
_OVER = (
    Q(task__state__in=Task.SETTLED)
    & (Q(task__closed_on__isnull=True) | Q(task__closed_on__lte=F("plan_period__cut_off")))
    & Q(progress__delivered_on__isnull=True)
)
# of what has left its unit, as the marks have it; a newer text may still wait for its approver
_COUNTED = Coalesce(
    Cast(KeyTextTransform("counted_on", "progress__delivered"), DateField()),
    "progress__counted_on",
    "progress__first_submitted_on",
)
_OWED = Count("pk")
_IN = Count("pk", filter=DELIVERED)
_TOO_LATE = Count("pk", filter=LATE)


@dataclass(frozen=True, slots=True)
class Figures:
    """应报, 已报 (late ones among them), 迟报; what is missing follows."""

    owed: int = 0
    delivered: int = 0
    late: int = 0

    @property
    def missing(self) -> int:
        return self.owed - self.delivered


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One unit's part of a period."""

    agency_id: int
    name: str
    figures: Figures


def counted_duties(plan_period_ids: Collection[int]) -> QuerySet[Duty]:
    """What counts as owed in these periods."""
    return (
        Duty.objects.filter(plan_period__in=plan_period_ids)
        .exclude(_OVER)
        .annotate(counted=_COUNTED)
        .order_by()
    )


def figures_of(plan_period_ids: Collection[int]) -> dict[int, Figures]:
    """By plan period; one query."""
    found = dict.fromkeys(plan_period_ids, Figures())
    rows = (
        counted_duties(plan_period_ids)
        .values_list("plan_period_id")
        .annotate(owed=_OWED, delivered=_IN, late=_TOO_LATE)
    )
    for pk, owed, delivered, late in rows:
        found[pk] = Figures(owed, delivered, late)
    return found


def unit_figures(plan_period: PlanPeriod) -> list[UnitFigures]:
    """Every unit that owes something, in the order of how much; never ranked by result (D20)."""
    rows = (
        counted_duties([plan_period.pk])
        .values_list("agency_id", "agency__name")
        .annotate(owed=_OWED, delivered=_IN, late=_TOO_LATE)
        .order_by("-owed", "agency__rank", "agency_id")
    )
    return [
        UnitFigures(pk, name, Figures(owed, delivered, late))
        for pk, name, owed, delivered, late in rows
    ]


def missing_duties(plan_period: PlanPeriod) -> QuerySet[Duty]:
    """What can still be asked for: not in, and the row is not settled."""
    return counted_duties([plan_period.pk]).exclude(DELIVERED).exclude(task__state__in=Task.SETTLED)


def resubmissions_until(plan_period: PlanPeriod, today: date) -> date | None:
    """The last day on which something that was sent back may come again and be on time."""
    sent_back = Progress.objects.filter(
        duty__plan_period=plan_period,
        state=Progress.State.RETURNED,
        counted_on__isnull=False,
        resubmit_by__gte=today,
    ).exclude(duty__task__state__in=Task.SETTLED)
    found: date | None = sent_back.aggregate(until=Max("resubmit_by"))["until"]
    return found
