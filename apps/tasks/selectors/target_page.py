"""All that the page of one indicator shows, as far as its reader may know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from apps.audit.selectors import history
from apps.common.periods import PeriodCode
from apps.plans.models import Period, Plan
from apps.targets.models import Indicator, Measurement, Target, TargetJudgement
from apps.targets.states import TargetStanding
from apps.targets.wording import goal_text, value_text
from apps.tasks.access import Scope
from apps.tasks.models import TaskIndicator
from apps.tasks.selectors.history import Event, event_of
from apps.tasks.selectors.period_values import PeriodValue, all_values
from apps.tasks.selectors.targets import (
    TargetRow,
    indicators_of,
    newest_judgements,
    rows_of,
    standing_of,
    value_for,
)

_EVENTS = 20
# periods offered for a value, newest first: five years of quarters and what was entered besides
_YEARS_OFFERED = 5


@dataclass(frozen=True, slots=True)
class TargetOfYear:
    """One year's target with how it stands; `standing` is None where that may not be seen."""

    target: Target
    goal_text: str
    period_value: PeriodValue | None
    standing: TargetStanding | None


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A period's value, 去年同期 beside it; in words the revisions before it, newest first."""

    period_value: PeriodValue
    value_text: str
    year_ago_text: str
    earlier: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TargetPage:
    """Without values, judgements and log where the reader may not see them."""

    row: TargetRow
    targets: list[TargetOfYear]
    values: list[ValueLine]
    judgements: list[TargetJudgement]
    links: list[TaskIndicator]
    events: list[Event]
    event_count: int

    @property
    def indicator(self) -> Indicator:
        return self.row.indicator

    @property
    def plan(self) -> Plan:
        return self.row.plan


def target_page(pk: int, *, scope: Scope, today: date) -> TargetPage | None:
    """None where there is no such indicator for this reader."""
    indicator = indicators_of(scope.visible).filter(pk=pk).first()
    if indicator is None:
        return None
    [row] = rows_of([indicator], scope=scope, until=today, today=today)
    values = all_values(indicator, until=today) if row.sees else []
    log = history(indicator)
    return TargetPage(
        row=row,
        targets=_targets(indicator, values, today, sees=row.sees),
        values=_values(indicator, values),
        judgements=_judgements(indicator) if row.sees else [],
        links=[link for link in indicator.task_indicators.all() if _is_visible(link, scope)],
        events=[event_of(entry) for entry in log[:_EVENTS]] if row.sees else [],
        event_count=log.count() if row.sees else 0,
    )


def periods_offered(today: date) -> list[PeriodCode]:
    """Periods that are over, newest first; one query."""
    first = PeriodCode(today.year - _YEARS_OFFERED, 3)
    quarters = {
        PeriodCode(year, month)
        for year in range(first.year, today.year + 1)
        for month in (3, 6, 9, 12)
    }
    entered = {period.span for period in Period.objects.filter(ends_on__lte=today)}
    over = [code for code in quarters | entered if first <= code and code.ends_on <= today]
    return sorted(over, reverse=True)


def revisions_seen(page: TargetPage) -> dict[str, int]:
    """By period code the revision that stands on the page: what a form has before it."""
    return {
        line.period_value.period.code: line.period_value.typed.revision
        for line in page.values
        if line.period_value.typed
    }


def judgements_seen(page: TargetPage) -> dict[str, str]:
    """By year of the target and period code the state that stands on the page."""
    return {f"{each.target.year}:{each.period.code}": each.state for each in page.judgements}


def _is_visible(link: TaskIndicator, scope: Scope) -> bool:
    return link.task.plan_id in scope.visible


def _targets(
    indicator: Indicator, values: Sequence[PeriodValue], today: date, *, sees: bool
) -> list[TargetOfYear]:
    targets = list(indicator.targets.all())
    words = newest_judgements(targets, until=today) if sees else {}
    found = []
    for target in targets:
        period_value = value_for(target, values)
        standing = None
        if sees:
            standing = standing_of(indicator, target, period_value, words.get(target.pk), today)
        found.append(
            TargetOfYear(target, goal_text(target, indicator.unit), period_value, standing)
        )
    return found


def _values(indicator: Indicator, values: Sequence[PeriodValue]) -> list[ValueLine]:
    if not values:
        return []
    earlier: dict[str, list[str]] = {}
    replaced = Measurement.objects.filter(indicator=indicator, current=False)
    for old in replaced.select_related("period").order_by("-revision"):
        earlier.setdefault(old.period.code, []).append(_replaced(old, indicator.unit))
    lines = []
    by_period = {each.period: each for each in values}
    for each in values:
        ago = by_period.get(PeriodCode(each.period.year - 1, each.period.month))
        year_ago = each.year_ago
        if year_ago is None and ago and ago.basis == each.basis:
            year_ago = ago.value
        lines.append(
            ValueLine(
                each,
                value_text(each.value, indicator.unit),
                "" if year_ago is None else value_text(year_ago, indicator.unit),
                tuple(earlier.get(each.period.code, ())),
            )
        )
    return lines


def _replaced(old: Measurement, unit: str) -> str:
    said = (value_text(old.value, unit), old.get_release_display(), old.source)
    reason = f"；修订说明：{old.reason}" if old.reason else ""
    when = f"{old.recorded_by} {old.recorded_on.isoformat()} 录入"
    return f"第 {old.revision} 版：{'，'.join((*said, when))}{reason}"


def _judgements(indicator: Indicator) -> list[TargetJudgement]:
    return list(
        TargetJudgement.objects.filter(target__indicator=indicator)
        .select_related("target", "period")
        .order_by("-period__ends_on", "target__year")
    )
