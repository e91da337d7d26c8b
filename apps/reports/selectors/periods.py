"""报告期: by period and plan what was owed, what came in and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from apps.plans.models import Period, Plan, PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.selectors.periods import Figures, figures_of


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """One plan's period. The actions are those that this reader may take now."""

    entered: PlanPeriod
    figures: Figures
    past: bool
    may_change: bool

    @property
    def is_open(self) -> bool:
        return self.entered.state == PlanPeriod.State.OPEN

    @property
    def may_close(self) -> bool:
        return self.may_change and self.is_open and (self.past or not self.figures.missing)


@dataclass(frozen=True, slots=True)
class PeriodGroup:
    """All plans of one period."""

    period: Period
    lines: Sequence[PeriodLine]


@dataclass(frozen=True, slots=True)
class PeriodPage:
    """One year's periods, the newest first; `years` that have any."""

    year: int
    years: Sequence[int]
    groups: Sequence[PeriodGroup]
    may_open: bool

    @property
    def count(self) -> int:
        return sum(len(group.lines) for group in self.groups)


def period_page(scope: Scope, asked: str, today: date) -> PeriodPage:
    """The year that was asked for, else the newest that has periods; three queries."""
    mine = PlanPeriod.objects.filter(plan_id__in=scope.overseen, plan__relation=Plan.Relation.OWN)
    years = [day.year for day in mine.dates("period__ends_on", "year", order="DESC")]
    year = int(asked) if asked in map(str, years) else (years[0] if years else today.year)
    entered = list(
        mine.filter(period__ends_on__year=year)
        .select_related("plan", "period")
        .order_by("-period__ends_on", "plan_id")
    )
    figures = figures_of([each.pk for each in entered])
    lines = [
        PeriodLine(
            each,
            figures[each.pk],
            each.past_cut_off(today),
            each.plan_id in scope.supervised,
        )
        for each in entered
    ]
    return PeriodPage(
        year=year,
        years=years,
        groups=[
            PeriodGroup(period, list(group))
            for period, group in groupby(lines, key=lambda line: line.entered.period)
        ],
        may_open=scope.rights.is_supervisor,
    )
