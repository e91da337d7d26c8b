"""Builders of indicators, targets and values, for tests that need them in the database."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from apps.common.periods import PeriodCode
from apps.plans.models import Plan
from apps.targets.models import Indicator, Target
from apps.tasks.models import Duty, Progress, TaskIndicator
from apps.tasks.services.measurements import Figure
from tests.builders import TODAY

_number = itertools.count(1)


def make_indicator(plan: Plan, *, value: str = "40", year: int = 2020, **fields: Any) -> Indicator:
    """An indicator with one target; a value of "" makes it one in words."""
    number = next(_number)
    in_words = not value
    fields = {
        "name": f"甲乙丙{number}",
        "unit": "" if in_words else "家",
        "kind": "qualitative" if in_words else "amount",
        "position": number,
        **fields,
    }
    indicator = Indicator.objects.create(plan=plan, **fields)
    Target.objects.create(
        indicator=indicator,
        year=year,
        operator="qualitative" if in_words else ">=",
        value=Decimal(value) if value else None,
        quote=f"到{year}年，建成{value}家。",
        section="三、主要措施",
    )
    return indicator


def link(indicator: Indicator, duty: Duty) -> TaskIndicator:
    """The unit that owes the report reports this indicator with it."""
    return TaskIndicator.objects.create(
        task=duty.task, agency=duty.agency, indicator=indicator, target_value=Decimal(40)
    )


def figure(value: str = "31", code: str = "2020Q2", **fields: Any) -> Figure:
    """What a supervisor types for a period."""
    fields = {
        "unit": "家",
        "basis": "cumulative",
        "release": "final",
        "source": "统计年报",
        **fields,
    }
    return Figure(period=PeriodCode.parse(code), value=Decimal(value), **fields)


def report(duty: Duty, value: str, **fields: Any) -> Progress:
    """A report that has left its unit and nobody has judged."""
    fields = {
        "text": "已建成一批。",
        "self_assessment": "normal",
        "state": "submitted",
        "first_submitted_on": TODAY,
        "submitted_on": TODAY,
        "delivered_on": TODAY,
        "counted_on": TODAY,
        "submitted_by": "某人",
        **fields,
    }
    return Progress.objects.create(duty=duty, value=Decimal(value), **fields)
