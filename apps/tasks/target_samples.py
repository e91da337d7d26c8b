"""The sample's indicators with their sentences, and invented values entered as people would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from apps.agencies.models import Agency
from apps.common.actor import System
from apps.common.periods import PeriodCode
from apps.plans.models import Plan
from apps.targets.models import Indicator, Measurement, Target
from apps.tasks.access import everything
from apps.tasks.models import TaskIndicator
from apps.tasks.services.measurements import Figure, measurement_record
from apps.tasks.services.target_judgements import TargetVerdict, target_judge


def indicators_load(entries: list[dict[str, Any]], agencies: Mapping[str, Agency]) -> None:
    """In the order of the documents, each linked with the rows whose units report it."""
    plans = Plan.objects.in_bulk({entry["plan"] for entry in entries}, field_name="code")
    for position, entry in enumerate(entries, start=1):
        plan = plans[entry["plan"]]
        baseline = entry.get("baseline", {})
        indicator = Indicator.objects.create(
            plan=plan,
            position=position,
            name=entry["name"],
            unit=entry["unit"],
            scope=entry["scope"],
            kind=entry["kind"],
            baseline_year=baseline.get("year"),
            baseline_value=_number(baseline.get("value")),
            baseline_quote=baseline.get("quote", ""),
        )
        targets = [_target(indicator, target) for target in entry["targets"]]
        Target.objects.bulk_create(targets)
        TaskIndicator.objects.bulk_create(
            TaskIndicator(
                task=plan.tasks.get(number=link["number"]),
                indicator=indicator,
                agency=agencies[link["agency"]],
                target_value=Decimal(entry["targets"][-1]["value"]),
            )
            for link in entry["tasks"]
        )


def _target(indicator: Indicator, entry: dict[str, Any]) -> Target:
    return Target(
        indicator=indicator,
        year=entry["year"],
        operator=entry["operator"],
        value=_number(entry["value"]),
        value_max=_number(entry.get("value_max")),
        quote=entry["quote"],
        section=entry["section"],
    )


def measurements_load(stored: dict[str, Any]) -> None:
    """Values and judgements as the supervisor of the plan would have entered them, day by day."""
    indicators = {(each.plan.code, each.name): each for each in _indicators()}
    for entry in stored["measurements"]:
        _enter(indicators[entry["plan"], entry["indicator"]], entry)
    for entry in stored["judgements"]:
        indicator = indicators[entry["plan"], entry["indicator"]]
        target_judge(
            actor=_supervisor(indicator.plan),
            scope=everything(),
            target_id=indicator.targets.get(year=entry["year"]).pk,
            verdict=TargetVerdict(
                PeriodCode.parse(entry["period"]), entry["state"], entry["reason"]
            ),
            today=date.fromisoformat(entry["judged_on"]),
        )


def _indicators() -> list[Indicator]:
    return list(Indicator.objects.select_related("plan__supervisor"))


def _enter(indicator: Indicator, entry: dict[str, Any]) -> None:
    period = PeriodCode.parse(entry["period"])
    known = Measurement.objects.filter(indicator=indicator, period__code=period.code).count()
    measurement_record(
        actor=_supervisor(indicator.plan),
        scope=everything(),
        indicator_id=indicator.pk,
        figure=Figure(
            period=period,
            value=Decimal(entry["value"]),
            unit=entry.get("unit", indicator.unit),
            basis=entry["basis"],
            release=entry["release"],
            source=entry["source"],
            year_ago=_number(entry["year_ago"]),
            reason=entry["reason"],
            seen_revision=known,
        ),
        today=date.fromisoformat(entry["recorded_on"]),
    )


def _supervisor(plan: Plan) -> System:
    return System("演示督查员", agency_name=plan.supervisor.name if plan.supervisor else "")


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None
