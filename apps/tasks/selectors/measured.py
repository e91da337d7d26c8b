"""What a unit's reported value comes to: its 完成比例 and the span that is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.common.spans import share_of
from apps.tasks.models import Task


@dataclass(frozen=True, slots=True)
class Measured:
    """`share` in per cent; `annual`: of the 年度目标, else of the target of the whole task."""

    indicator: str
    share: Decimal
    annual: bool
    target: Decimal
    unit: str


def measured(task: Task, *, agency_id: int, value: Decimal | None, as_of: date) -> Measured | None:
    """None where the unit reports no figure for this row.

    `task` with its task_indicators and annual_goals prefetched.
    """
    links = [link for link in task.task_indicators.all() if link.agency_id == agency_id]
    if not links or value is None:
        return None
    [link] = links
    name, unit = link.indicator.name, link.indicator.unit
    for goal in task.annual_goals.all():
        if goal.value and (goal.agency_id, goal.year) == (agency_id, as_of.year):
            share = share_of(value, goal.value)
            return Measured(name, share, annual=True, target=goal.value, unit=unit)
    target = link.target_value
    return Measured(name, link.share(value), annual=False, target=target, unit=unit)
