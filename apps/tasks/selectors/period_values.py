"""The values of indicators: what was typed, and what a unit reported where nothing was.

A reported value stands in where one unit alone reports the indicator, and only as it left the unit:
of several nobody knows whether they add up, and what counts towards a 年度目标 begins anew each
year. Newest per year, so that the cost does not grow with history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models.functions import ExtractYear

from apps.common.periods import PeriodCode
from apps.targets.models import Indicator, Measurement
from apps.tasks.models import AnnualGoal, Duty, Progress, TaskIndicator


@dataclass(frozen=True, slots=True)
class PeriodValue:
    """What an indicator came to in a period. `typed` is None for what a unit reported."""

    period: PeriodCode
    value: Decimal
    basis: str
    source: str
    typed: Measurement | None = None
    year_ago: Decimal | None = None

    @property
    def basis_label(self) -> str:
        """累计，正式; a unit's own figure has no 快报."""
        said = str(Measurement.Basis(self.basis).label)
        return f"{said}，{self.typed.get_release_display()}" if self.typed else said


def newest_values(
    indicators: Collection[Indicator], *, until: date
) -> dict[int, list[PeriodValue]]:
    """By indicator its last value of each year up to `until`, newest first.

    `indicators` with their links (task_indicators, task, agency) prefetched; three queries. Whether
    a reader may see them is settled before.
    """
    typed = (
        Measurement.objects.filter(
            indicator__in=indicators, current=True, period__ends_on__lte=until
        )
        .annotate(year=ExtractYear("period__ends_on"))
        .select_related("period")
        .order_by("indicator_id", "-year", "-period__ends_on")
        .distinct("indicator_id", "year")
    )
    reported = _reported_by(indicators, until=until, of_each_year=True)
    return {
        indicator.pk: _newest_of_each_year(of_typed, reported.get(indicator.pk, ()))
        for indicator, of_typed in _grouped(indicators, typed)
    }


def all_values(indicator: Indicator, *, until: date) -> list[PeriodValue]:
    """One indicator's value of every period, newest first."""
    typed = Measurement.objects.filter(
        indicator=indicator, current=True, period__ends_on__lte=until
    ).select_related("period")
    reported = _reported_by([indicator], until=until, of_each_year=False)
    of_period = {each.period: each for each in reported.get(indicator.pk, ())}
    of_period |= {each.period: each for each in map(_typed, typed)}
    return _newest_first(of_period.values())


def with_year_ago(values: Mapping[int, PeriodValue]) -> dict[int, PeriodValue]:
    """By indicator, with 去年同期: as typed beside the value, else as it was entered then.

    One query.
    """
    periods = {each.period.code: _a_year_before(each.period) for each in values.values()}
    earlier = Measurement.objects.filter(
        indicator_id__in=values, current=True, period__code__in=periods.values()
    )
    known = {(m.indicator_id, m.period.code): m for m in earlier.select_related("period")}
    return {
        pk: replace(each, year_ago=_year_ago(each, known.get((pk, periods[each.period.code]))))
        for pk, each in values.items()
    }


def _year_ago(now: PeriodValue, then: Measurement | None) -> Decimal | None:
    if now.year_ago is not None:
        return now.year_ago
    return then.value if then and then.basis == now.basis else None


def _a_year_before(period: PeriodCode) -> str:
    return PeriodCode(period.year - 1, period.month).code


def _grouped(
    indicators: Iterable[Indicator], typed: Iterable[Measurement]
) -> list[tuple[Indicator, list[PeriodValue]]]:
    found: dict[int, list[PeriodValue]] = {}
    for each in typed:
        found.setdefault(each.indicator_id, []).append(_typed(each))
    return [(indicator, found.get(indicator.pk, [])) for indicator in indicators]


def _typed(measurement: Measurement) -> PeriodValue:
    return PeriodValue(
        measurement.period.span,
        measurement.value,
        measurement.basis,
        measurement.source,
        measurement,
        measurement.year_ago,
    )


def _newest_of_each_year(
    typed: Iterable[PeriodValue], reported: Iterable[PeriodValue]
) -> list[PeriodValue]:
    """In the same period what was typed goes before what a unit reported."""
    newest: dict[int, PeriodValue] = {}
    for each in [*reported, *typed]:
        known = newest.get(each.period.year)
        if known is None or each.period >= known.period:
            newest[each.period.year] = each
    return _newest_first(newest.values())


def _newest_first(values: Iterable[PeriodValue]) -> list[PeriodValue]:
    return sorted(values, key=lambda each: each.period, reverse=True)


def _reported_by(
    indicators: Iterable[Indicator], *, until: date, of_each_year: bool
) -> dict[int, list[PeriodValue]]:
    """What the one unit that reports an indicator has sent; two queries."""
    links = [link for each in indicators if (link := sole_link(each))]
    of_pair = {(link.task_id, link.agency_id): link for link in links}
    goals = AnnualGoal.objects.filter(
        task_id__in={task for task, _ in of_pair}, value__isnull=False
    ).values_list("task_id", "agency_id", "year")
    anew = set(goals)
    duties = (
        Duty.objects.filter(
            task_id__in={task for task, _ in of_pair},
            agency_id__in={agency for _, agency in of_pair},
            plan_period__period__ends_on__lte=until,
            progress__value__isnull=False,
            progress__delivered_on__isnull=False,
        )
        .annotate(year=ExtractYear("plan_period__period__ends_on"))
        .select_related("progress", "plan_period__period")
        .defer("progress__text", "progress__whole_text")
        .order_by("task_id", "agency_id", "-year", "-plan_period__period__ends_on")
    )
    if of_each_year:
        duties = duties.distinct("task_id", "agency_id", "year")
    found: dict[int, list[PeriodValue]] = {}
    for duty in duties:
        link = of_pair.get((duty.task_id, duty.agency_id))
        progress = duty.progress.as_delivered
        period = duty.plan_period.period.span
        counts_anew = (duty.task_id, duty.agency_id, period.year) in anew
        if link and progress and progress.value is not None and not counts_anew:
            found.setdefault(link.indicator_id, []).append(
                _reported(link, progress, progress.value, period)
            )
    return found


def sole_link(indicator: Indicator) -> TaskIndicator | None:
    """The one link whose unit's reports stand in; None where several units report it."""
    links = list(indicator.task_indicators.all())
    return links[0] if len(links) == 1 else None


def _reported(
    link: TaskIndicator, progress: Progress, value: Decimal, period: PeriodCode
) -> PeriodValue:
    checked = "已认定" if progress.judgement else "未核"
    is_amount = link.indicator.kind == Indicator.Kind.AMOUNT
    basis = Measurement.Basis.CUMULATIVE if is_amount else Measurement.Basis.POINT
    source = f"第{link.task.number}项 {link.agency.name}填报（{checked}）"
    return PeriodValue(period, value, basis, source)
