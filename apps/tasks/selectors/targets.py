"""指标目标: how the plans' targets stand, as a list and as lines of a report (product.md D19).

The sentence and the figure of a target are the document's: everybody who may see the plan reads
them. Values and states are read by those who oversee the plan, and by the units that lead a row
the indicator is linked with; where the reports of one unit stand in for values, by those who may
read its reports (D17).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from apps.agencies.parties import Role
from apps.plans.models import Period, Plan
from apps.targets.models import Indicator, Target, TargetJudgement
from apps.targets.states import Goal, Judged, Reached, State, TargetStanding, state_of
from apps.targets.wording import goal_text, value_text
from apps.tasks.access import Scope
from apps.tasks.models import Assignment, Task, TaskIndicator
from apps.tasks.selectors.period_values import PeriodValue, newest_values, sole_link, with_year_ago


@dataclass(frozen=True, slots=True)
class TargetRow:
    """An indicator with the target that counts. `sees`: its value and state may be read."""

    indicator: Indicator
    target: Target
    sees: bool
    period_value: PeriodValue | None = None
    standing: TargetStanding | None = None

    @property
    def plan(self) -> Plan:
        return self.indicator.plan

    @property
    def goal_text(self) -> str:
        return goal_text(self.target, self.indicator.unit)

    @property
    def baseline_text(self) -> str:
        """2015年 27%; empty where the document gives none."""
        value = self.indicator.baseline_value
        if value is None:
            return ""
        return f"{self.indicator.baseline_year}年 {value_text(value, self.indicator.unit)}"

    @property
    def value_text(self) -> str:
        return value_text(self.period_value.value, self.indicator.unit) if self.period_value else ""


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A target as a report prints it; the fields are those of the report's own fact."""

    plan_code: str
    indicator: str
    unit: str
    year: int
    target: str
    value: str
    basis: str
    source: str
    year_ago: str
    share: Decimal | None
    expected: Decimal | None
    span: str
    state: str
    state_label: str


@dataclass(frozen=True, slots=True)
class _Sight:
    """Whose eyes: None sees everything, for papers that the supervisor makes."""

    scope: Scope | None
    leads: frozenset[int] = field(default_factory=frozenset)

    def sees(self, indicator: Indicator) -> bool:
        scope = self.scope
        if scope is None or indicator.plan_id in scope.overseen:
            return True
        link = sole_link(indicator)
        if link:
            return scope.sees_reports_of(link.task, link.agency_id)
        return any(link.task_id in self.leads for link in indicator.task_indicators.all())


def target_rows(
    plan_ids: Collection[int], *, scope: Scope, today: date, until: date | None = None
) -> list[TargetRow]:
    """In the order of the documents, each with its newest value up to `until` (today).

    A fixed number of queries.
    """
    until = until or today
    indicators = list(indicators_of(plan_ids))
    return rows_of(indicators, scope=scope, until=until, today=today)


def target_lines(*, plans: Sequence[Plan], period: Period, today: date) -> list[TargetLine]:
    """Every target of these plans with the newest value up to the end of the period.

    The value names its own period, which may be an earlier one. A fixed number of queries.
    """
    indicators = list(indicators_of([plan.pk for plan in plans]))
    rows = rows_of(indicators, scope=None, until=period.ends_on, today=today)
    order = {plan.pk: place for place, plan in enumerate(plans)}
    rows.sort(key=lambda row: order[row.plan.pk])
    values = {row.indicator.pk: row.period_value for row in rows if row.period_value}
    complete = with_year_ago(values)
    return [_line(row, complete.get(row.indicator.pk)) for row in rows]


def task_targets(task: Task, *, scope: Scope, today: date) -> list[TargetRow]:
    """Those of the indicators a row is linked with, as far as their plans may be seen."""
    linked = indicators_of(scope.visible).filter(task_indicators__task=task)
    return rows_of(list(linked), scope=scope, until=today, today=today)


def indicators_of(plan_ids: Collection[int]) -> QuerySet[Indicator]:
    """With all that a row is worked out of; three queries."""
    links = TaskIndicator.objects.select_related("task", "agency", "indicator").order_by("pk")
    return (
        Indicator.objects.filter(plan_id__in=plan_ids, targets__isnull=False)
        .distinct()
        .select_related("plan", "source_unit")
        .prefetch_related(
            Prefetch("targets", Target.objects.order_by("year")),
            Prefetch("task_indicators", links),
        )
        .order_by("plan_id", "position", "pk")
    )


def _sight_of(scope: Scope | None, indicators: Collection[Indicator]) -> _Sight:
    """At most one query: which of the linked rows the reader's units lead."""
    if scope is None:
        return _Sight(None)
    tasks = {link.task_id for each in indicators for link in each.task_indicators.all()}
    leads = Assignment.objects.filter(
        task_id__in=tasks, agency_id__in=scope.rights.agency_ids, role=Role.LEAD
    )
    return _Sight(scope, frozenset(leads.values_list("task_id", flat=True)))


def rows_of(
    indicators: Sequence[Indicator], *, scope: Scope | None, until: date, today: date
) -> list[TargetRow]:
    """Five queries, whatever the number of rows. `indicators` as `indicators_of` reads them."""
    if not indicators:
        return []
    sight = _sight_of(scope, indicators)
    seen = [each for each in indicators if sight.sees(each)]
    values = newest_values(seen, until=until)
    counting = {each.pk: counting_target(each, until.year) for each in indicators}
    words = newest_judgements(counting.values(), until=until)
    rows = []
    for each in indicators:
        target = counting[each.pk]
        if not sight.sees(each):
            rows.append(TargetRow(each, target, sees=False))
            continue
        period_value = value_for(target, values[each.pk])
        standing = standing_of(each, target, period_value, words.get(target.pk), today)
        rows.append(
            TargetRow(each, target, sees=True, period_value=period_value, standing=standing)
        )
    return rows


def counting_target(indicator: Indicator, year: int) -> Target:
    """The one for this year or the next that has one; after the last year the last."""
    targets = list(indicator.targets.all())
    return next((target for target in targets if target.year >= year), targets[-1])


def value_for(target: Target, values: Sequence[PeriodValue]) -> PeriodValue | None:
    """The newest that does not lie behind the target's year."""
    return next((each for each in values if each.period.year <= target.year), None)


def newest_judgements(targets: Collection[Target], *, until: date) -> dict[int, TargetJudgement]:
    """By target the newest word up to a day; one query."""
    found = (
        TargetJudgement.objects.filter(target__in=targets, period__ends_on__lte=until)
        .select_related("period")
        .order_by("target_id", "-period__ends_on")
        .distinct("target_id")
    )
    return {each.target_id: each for each in found}


def standing_of(
    indicator: Indicator,
    target: Target,
    period_value: PeriodValue | None,
    word: TargetJudgement | None,
    today: date,
) -> TargetStanding:
    """`indicator` with its plan."""
    plan = indicator.plan
    goal = Goal(
        kind=indicator.kind,
        direction=indicator.direction,
        unit=indicator.unit,
        year=target.year,
        operator=target.operator,
        value=target.value,
        value_max=target.value_max,
        starts_on=plan.starts_on or plan.issued_on,
    )
    reached, judged = None, None
    if period_value:
        period = period_value.period
        reached = Reached(period_value.value, period.name, period.ends_on, period_value.basis)
    if word:
        judged = Judged(word.state, word.reason, word.period.name, word.judged_by)
    return state_of(goal, reached, today=today, judged=judged)


def _line(row: TargetRow, value: PeriodValue | None) -> TargetLine:
    standing = row.standing or TargetStanding(State.NO_DATA, "")
    unit = row.indicator.unit
    ago = value.year_ago if value else None
    return TargetLine(
        plan_code=row.plan.code,
        indicator=row.indicator.name,
        unit=unit,
        year=row.target.year,
        target=row.goal_text,
        value=row.value_text,
        basis=f"{value.basis_label}，{value.period.name}" if value else "",
        source=value.source if value else "",
        year_ago=value_text(ago, unit) if ago is not None else "",
        share=standing.share,
        expected=standing.expected,
        span=standing.span,
        state=standing.state.value,
        state_label=str(standing.state.label),
    )
