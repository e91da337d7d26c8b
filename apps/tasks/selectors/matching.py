"""单位待对应: names in imported rows that no unit was known by, and which unit they mean now."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from apps.agencies.models import Agency
from apps.agencies.selectors import agency_index
from apps.tasks.access import Scope
from apps.tasks.models import Assignment


@dataclass(frozen=True, slots=True)
class Matches:
    """Places in which a name means this unit, in the order of the tables."""

    assignments: list[Assignment]

    @property
    def tasks(self) -> int:
        return len({assignment.task_id for assignment in self.assignments})

    @property
    def digest(self) -> str:
        """Stands for what the page showed."""
        pks = sorted(assignment.pk for assignment in self.assignments)
        return hashlib.sha256(repr(pks).encode()).hexdigest()


def matches_of(agency: Agency, scope: Scope) -> Matches:
    """In plans this person supervises, by the same rule as an import: the plan's region, then the

    nation's names; a name that two units share means none.
    """
    if agency.collective or not scope.supervised:
        return Matches([])
    unknown = list(unmatched(scope.supervised))
    regions = {assignment.task.plan.region for assignment in unknown}
    indexes = {region: agency_index(region) for region in regions}
    return Matches(
        [
            assignment
            for assignment in unknown
            if indexes[assignment.task.plan.region].find(assignment.name) == agency
        ]
    )


def unmatched(plan_ids: Collection[int]) -> QuerySet[Assignment]:
    """Of closed rows too: they stay in the ledger."""
    return (
        Assignment.objects.filter(task__plan_id__in=plan_ids, agency=None, collective=False)
        .select_related("task__plan")
        .order_by("task__plan_id", "task__position", "position")
    )
