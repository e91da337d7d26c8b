"""Who owes a report (product.md D8)."""

from __future__ import annotations

from datetime import date

from apps.agencies.parties import Role
from apps.plans.models import Plan
from apps.tasks.models import Assignment, Task


def pairs_owed(plan: Plan, *, ends_on: date) -> list[tuple[int, int]]:
    """(task, agency) for a period ending on this day: each lead its own part.

    A row settled by then owes nothing, and rows of plans that are not ours never do (D0).
    """
    if not plan.is_own:
        return []
    leads = (
        Assignment.objects.filter(task__plan=plan, role=Role.LEAD, agency__isnull=False)
        .exclude(collective=True)
        .exclude(task__state__in=Task.SETTLED, task__closed_on__lte=ends_on)
        .order_by("task__position", "position")
    )
    return list(dict.fromkeys(leads.values_list("task_id", "agency_id")))
