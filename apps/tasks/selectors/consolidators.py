"""Rows with whom they name and who puts them together, for designating a 汇总单位 (D3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.agencies.selectors import agency_index
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.models import Assignment, Task
from apps.tasks.selectors.agencies import agencies_visible

WITHOUT_LEAD, ALL, DESIGNATED = "without", "all", "designated"
_RESPONSIBLE = (Role.LEAD.value, Role.SHARED.value, Role.IMPLEMENT.value)


@dataclass(frozen=True, slots=True)
class ConsolidatorRow:
    """One row. `units` are the leads, where nobody leads those who are responsible."""

    task: Task
    role: str
    units: tuple[str, ...]
    # a known unit leads
    led: bool

    @property
    def by_order(self) -> bool:
        """Nobody has decided: the first lead is taken as the table has them."""
        return self.task.consolidator_id is not None and not self.task.consolidator_basis


def consolidator_counts(plan: Plan) -> dict[str, int]:
    """How many rows still under way each choice of the page lists."""
    rows = _rows(plan)
    return {which: _chosen(rows, which).count() for which in (WITHOUT_LEAD, ALL, DESIGNATED)}


def consolidator_rows(plan: Plan, which: str) -> list[ConsolidatorRow]:
    """Rows still under way, in the table's order; two queries."""
    tasks = list(_chosen(_rows(plan), which).select_related("plan", "consolidator").defer("cells"))
    named: dict[int, list[Assignment]] = {}
    parties = Assignment.objects.filter(task__in=tasks, role__in=_RESPONSIBLE)
    for party in parties.order_by("task_id", "position"):
        named.setdefault(party.task_id, []).append(party)
    return [_row(task, named.get(task.pk, [])) for task in tasks]


def agency_named(scope: Scope, plan: Plan, name: str) -> Agency | None:
    """The unit of this name (short, full or alias) in the plan's region, if this person sees it."""
    found = agency_index(plan.region).find(name)
    if found is None or not agencies_visible(scope).filter(pk=found.pk).exists():
        return None
    return found


def agency_names(scope: Scope, plan: Plan) -> list[str]:
    """Units on offer: those the plan's region has, without collective names."""
    units = agencies_visible(scope).filter(region=plan.region, collective=False)
    return list(units.order_by("rank", "pk").values_list("name", flat=True))


def _rows(plan: Plan) -> QuerySet[Task]:
    return Task.objects.filter(plan=plan).exclude(state__in=Task.SETTLED).order_by("position", "pk")


def _chosen(rows: QuerySet[Task], which: str) -> QuerySet[Task]:
    if which == DESIGNATED:
        return rows.exclude(consolidator_basis="")
    if which == ALL:
        return rows
    leads = Assignment.objects.filter(
        task=OuterRef("pk"), role=Role.LEAD, agency__isnull=False, collective=False
    )
    return rows.filter(~Q(Exists(leads)))


def _row(task: Task, parties: Sequence[Assignment]) -> ConsolidatorRow:
    leads = [party for party in parties if party.role == Role.LEAD]
    shown = leads or parties
    return ConsolidatorRow(
        task=task,
        role=shown[0].get_role_display() if shown else "",
        units=tuple(party.name for party in shown),
        led=any(party.agency_id and not party.collective for party in leads),
    )
