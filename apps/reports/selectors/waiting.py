"""The numbers of a supervisor's 工作台, and the days ahead, counted in one statement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Count, DateField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from apps.agencies.parties import Role
from apps.common.periods import PeriodCode
from apps.plans.models import PlanPeriod
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.board import OVERDUE, overdue_by_a_year, own_rows
from apps.reports.selectors.reports import reports_visible
from apps.tasks.access import Scope
from apps.tasks.deadlines import Kind
from apps.tasks.models import AnnualGoal, Assignment, Duty, SheetReturn, Task
from apps.tasks.selectors.reviews import UNJUDGED, WAITING, to_review

_AHEAD = timedelta(days=90)
_OPEN = ~Q(state__in=Task.SETTLED)
UNREAD = Q(due_kind=Kind.UNRESOLVED.value) & _OPEN
_LEADS = Assignment.objects.filter(
    task=OuterRef("pk"), role=Role.LEAD, agency__isnull=False, collective=False
)
# rows that ask nobody until somebody designates a 汇总单位
UNDESIGNATED = Q(consolidator=None) & _OPEN & ~Exists(_LEADS)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are of each kind; some of them by day or by a word."""

    many: dict[str, int] = field(default_factory=dict)
    # (kind, word): how many
    parts: dict[tuple[str, str], int] = field(default_factory=dict)
    # rows whose last day it is
    due: dict[date, int] = field(default_factory=dict)
    # names of periods whose cut-off it is
    cut_offs: dict[date, list[str]] = field(default_factory=dict)

    def of(self, kind: str) -> int:
        return self.many.get(kind, 0)

    def split(self, kind: str) -> dict[str, int]:
        """By the word that tells them apart."""
        return {word: many for (other, word), many in self.parts.items() if other == kind}


def counted(scope: Scope, plan_ids: Collection[int], *, actor_id: str, today: date) -> Counted:
    """Over our own plans that this person oversees; what asks for an act, over their own alone."""
    mine = sorted(scope.supervised.intersection(plan_ids))
    rows = own_rows(plan_ids)
    until = today + _AHEAD
    reports = reports_visible(scope).filter(state__in=QuarterlyReport.OPEN)
    parts = [
        _part("overdue", rows.filter(OVERDUE)),
        _part("overdue_year", rows.filter(overdue_by_a_year(today))),
        _part("unread", rows.filter(UNREAD)),
        _part("undesignated", rows.filter(UNDESIGNATED)),
        _part("unmatched", unmatched_open(plan_ids)),
        _part("to_review", to_review(scope, WAITING)),
        _part("unjudged", to_review(scope, UNJUDGED)),
        _part("goals", _goals_of_leads(mine, today.year)),
        _part("goals", _goals_of_consolidators(mine, today.year)),
        _part("returns", _returns(mine, actor_id), word="period__code"),
        _part("reports", reports, word="state"),
        _part("due", rows.filter(_OPEN, due_on__range=(today, until)), day="due_on"),
        _part(
            "cut_off",
            PlanPeriod.objects.filter(plan_id__in=plan_ids, cut_off__range=(today, until)),
            word="period__code",
            day="cut_off",
        ),
    ]
    found = Counted()
    for kind, word, day, many in parts[0].union(*parts[1:], all=True):
        if kind == "due":
            found.due[day] = many
        elif kind == "cut_off":
            found.cut_offs.setdefault(day, []).append(PeriodCode.parse(word).name)
        else:
            found.many[kind] = found.of(kind) + many
            found.parts[kind, word] = many
    return found


def _part(kind: str, rows: QuerySet[Any], *, word: str = "", day: str = "") -> QuerySet[Any, Any]:
    """(kind, word, day, how many)"""
    counted_by: QuerySet[Any, Any] = (
        rows.order_by()
        .annotate(
            of_kind=Value(kind, CharField()),
            of_word=F(word) if word else Value("", CharField()),
            of_day=F(day) if day else Cast(Value(None), DateField()),
        )
        .values_list("of_kind", "of_word", "of_day")
        .annotate(Count("pk"))
    )
    return counted_by


def unmatched_open(plan_ids: Collection[int]) -> QuerySet[Assignment]:
    """Names of units in our rows of which nobody has said which unit they mean."""
    return Assignment.objects.filter(
        task__plan_id__in=plan_ids, agency=None, collective=False
    ).exclude(task__state__in=Task.SETTLED)


def _asked_for_goals(plan_ids: Collection[int], year: int) -> QuerySet[Task]:
    """Rows of which 年度目标 are still wanted, as `selectors.goals` has it."""
    plans = Q(plan__starts_on=None) | Q(plan__starts_on__year__lte=year)
    plans &= Q(plan__ends_on=None) | Q(plan__ends_on__year__gte=year)
    return Task.objects.filter(_OPEN, plans, plan_id__in=plan_ids)


def _goals_of_leads(plan_ids: Collection[int], year: int) -> QuerySet[Assignment]:
    leads = Assignment.objects.filter(role=Role.LEAD, agency__isnull=False, collective=False)
    filed = AnnualGoal.objects.filter(task=OuterRef("task"), agency=OuterRef("agency"), year=year)
    # a unit that a row names twice, by an old name and a new one, files once
    named_before = leads.filter(
        task=OuterRef("task"), agency=OuterRef("agency"), pk__lt=OuterRef("pk")
    )
    return leads.filter(
        ~Exists(filed), ~Exists(named_before), task__in=_asked_for_goals(plan_ids, year)
    )


def _goals_of_consolidators(plan_ids: Collection[int], year: int) -> QuerySet[Task]:
    """Where nobody leads."""
    filed = AnnualGoal.objects.filter(
        task=OuterRef("pk"), agency=OuterRef("consolidator"), year=year
    )
    return _asked_for_goals(plan_ids, year).filter(
        ~Exists(filed), ~Exists(_LEADS), consolidator__isnull=False
    )


def _returns(plan_ids: Collection[int], actor_id: str) -> QuerySet[SheetReturn]:
    """填报表 that came back and wait to be taken, as 回收 lists them."""
    answers = Duty.objects.filter(
        agency=OuterRef("agency"),
        plan_period__period=OuterRef("period"),
        task__plan_id__in=plan_ids,
    )
    return SheetReturn.objects.filter(
        Q(by_id=actor_id) | Exists(answers), state=SheetReturn.State.READ
    )
