"""审核: what waits for the supervisor, and what was approved without a judgement (未核)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from apps.agencies.models import Agency
from apps.common.spans import share_of
from apps.plans.models import Period, Plan
from apps.tasks.access import Scope
from apps.tasks.cautions import warnings_of
from apps.tasks.content import RowFacts
from apps.tasks.models import AnnualGoal, Duty, Evidence, Progress, Signature, Task
from apps.tasks.selectors.filling import row_facts
from apps.tasks.wording import plain_number

WAITING, UNJUDGED = "waiting", "unjudged"
# (task, plan period)
_Group = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which reports are asked for; None asks for all."""

    tab: str = WAITING
    plan_id: int | None = None
    period_id: int | None = None
    agency_id: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What another unit that owes the same row has reported; None for nothing yet."""

    agency: str
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Review:
    """One report beside what went before it."""

    progress: Progress
    facts: RowFacts
    goal: AnnualGoal | None
    parts: Sequence[Part]

    @property
    def previous(self) -> Progress | None:
        """What the supervisor has had of it."""
        return self.facts.previous and self.facts.previous.as_delivered

    @property
    def warnings(self) -> list[str]:
        """Why it is to be read by itself; empty where it may be approved among others."""
        return warnings_of(self.progress, self.facts)

    @property
    def puts_together(self) -> bool:
        """The 汇总单位's, where several units report on the row."""
        return bool(self.parts) and self.facts.consolidates

    @property
    def value_text(self) -> str:
        """新组建省工程实验室 31 家，目标 40 家，完成 77.5%; empty where nothing is measured."""
        measured = self._measured
        if measured is None:
            return ""
        value, target, unit = measured
        share = share_of(value, target)
        name = self.facts.figure.indicator.name if self.facts.figure else ""
        kind = "本年目标" if self._is_annual else "目标"
        said = f"{name} {plain_number(value)} {unit}，{kind} {plain_number(target)} {unit}"
        return f"{said}，完成 {share}%"

    @property
    def gap_text(self) -> str:
        """离目标还差 9 家; 超过目标 3 家."""
        measured = self._measured
        if measured is None:
            return ""
        value, target, unit = measured
        if value < target:
            return f"离目标还差 {plain_number(target - value)} {unit}"
        if value > target:
            return f"超过目标 {plain_number(value - target)} {unit}"
        return "已达到目标"

    @property
    def previous_value(self) -> str:
        if self.previous is None or self.previous.value is None or self.facts.figure is None:
            return ""
        return f"{plain_number(self.previous.value)} {self.facts.figure.indicator.unit}"

    @property
    def _is_annual(self) -> bool:
        return bool(self.goal and self.goal.value)

    @property
    def _measured(self) -> tuple[Decimal, Decimal, str] | None:
        """(value, target, unit): held against the 年度目标 where one has a number (D5)."""
        value, figure = self.progress.value, self.facts.figure
        if value is None or figure is None:
            return None
        annual = self.goal.value if self.goal else None
        return value, annual or figure.target_value, figure.indicator.unit


@dataclass(frozen=True, slots=True)
class ReviewChoices:
    """What the filter offers: only what the tab has."""

    plans: Sequence[Plan]
    periods: Sequence[Period]
    agencies: Sequence[Agency]


def to_review(scope: Scope, tab: str) -> QuerySet[Progress]:
    """Of rows still under way: what is settled waits for nobody."""
    reports = _supervised(scope).exclude(duty__task__state__in=Task.SETTLED)
    if tab == UNJUDGED:
        return reports.filter(state=Progress.State.APPROVED, judgement="")
    return reports.filter(state=Progress.State.SUBMITTED)


def review_counts(scope: Scope) -> dict[str, int]:
    """How many reports each tab has; two short queries."""
    return {tab: to_review(scope, tab).count() for tab in (WAITING, UNJUDGED)}


def review_choices(scope: Scope, tab: str) -> ReviewChoices:
    """Four queries."""
    found = set(
        to_review(scope, tab)
        .order_by()
        .values_list("duty__task__plan_id", "duty__plan_period__period_id", "duty__agency_id")
        .distinct()
    )
    plans, periods, agencies = ({row[place] for row in found} for place in range(3))
    return ReviewChoices(
        list(Plan.objects.filter(pk__in=plans).order_by("pk")),
        list(Period.objects.filter(pk__in=periods).order_by("-ends_on")),
        list(Agency.objects.filter(pk__in=agencies).order_by("rank", "pk")),
    )


def reviews(scope: Scope, asked: ReviewFilter) -> list[Progress]:
    """Reports of this person's own plans, oldest period first, in the tables' order."""
    reports = to_review(scope, asked.tab)
    if asked.plan_id is not None:
        reports = reports.filter(duty__task__plan_id=asked.plan_id)
    if asked.period_id is not None:
        reports = reports.filter(duty__plan_period__period_id=asked.period_id)
    if asked.agency_id is not None:
        reports = reports.filter(duty__agency_id=asked.agency_id)
    return list(_with_duty(reports))


def reviews_of(scope: Scope, ids: Collection[int]) -> list[Progress]:
    """These of the person's own plans, in whatever state they are by now."""
    return list(_with_duty(_supervised(scope).filter(pk__in=ids)))


def review_rows(reports: Sequence[Progress]) -> list[Review]:
    """With everything that stands beside each; five queries for any number."""
    duties = [report.duty for report in reports]
    facts = row_facts(duties)
    task_ids = {duty.task_id for duty in duties}
    years = {duty.plan_period.period.ends_on.year for duty in duties}
    goals = {
        (goal.task_id, goal.agency_id, goal.year): goal
        for goal in AnnualGoal.objects.filter(task_id__in=task_ids, year__in=years)
    }
    parts = _parts(duties)
    return [
        Review(
            progress=report,
            facts=facts[duty.pk],
            goal=goals.get((duty.task_id, duty.agency_id, duty.plan_period.period.ends_on.year)),
            parts=[
                Part(other.agency.name, _delivered(other))
                for other in parts.get((duty.task_id, duty.plan_period_id), [])
                if other.pk != duty.pk
            ],
        )
        for report, duty in zip(reports, duties, strict=True)
    ]


def _with_duty(reports: QuerySet[Progress]) -> QuerySet[Progress]:
    scans = Signature.objects.filter(scan__isnull=False).order_by("pk")
    return (
        reports.select_related("duty__task__plan", "duty__agency", "duty__plan_period__period")
        .prefetch_related(
            Prefetch("duty__evidence", Evidence.objects.order_by("pk")),
            Prefetch("signatures", scans, to_attr="scans"),
        )
        .order_by(
            "duty__plan_period__period__ends_on",
            "duty__task__plan_id",
            "duty__task__position",
            "duty_id",
        )
    )


def _supervised(scope: Scope) -> QuerySet[Progress]:
    return Progress.objects.filter(
        duty__task__plan_id__in=scope.supervised, duty__task__plan__relation=Plan.Relation.OWN
    )


def _parts(duties: Sequence[Duty]) -> dict[_Group, list[Duty]]:
    """All that is owed for these rows and periods, in the order in which units were asked."""
    owed = Duty.objects.filter(
        task_id__in={duty.task_id for duty in duties},
        plan_period_id__in={duty.plan_period_id for duty in duties},
    ).select_related("agency", "progress")
    found: dict[_Group, list[Duty]] = {}
    for duty in owed.order_by("pk"):
        found.setdefault((duty.task_id, duty.plan_period_id), []).append(duty)
    return found


def _delivered(duty: Duty) -> Progress | None:
    progress: Progress | None = getattr(duty, "progress", None)
    return progress and progress.as_delivered
