"""Who owes a report (product.md D8)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Q, QuerySet

from apps.agencies.parties import Role
from apps.plans.models import Plan, PlanPolicy
from apps.tasks.models import Assignment, Task

_ANSWERS = (Role.LEAD.value, Role.SHARED.value)
Pair = tuple[int, int]


class Owed(NamedTuple):
    """What a plan asks for in a period: (task, agency), and the rows that ask nobody."""

    pairs: list[Pair]
    # neither a known lead nor a 汇总单位 that a person designated
    nobody: list[int]


def pairs_owed(plan: Plan, *, ends_on: date, today: date) -> list[Pair]:
    """(task, agency) for a period ending on this day, in the table's order."""
    return owed_by([plan], ends_on=ends_on, today=today)[plan.pk].pairs


def owed_by(plans: Collection[Plan], *, ends_on: date, today: date) -> dict[int, Owed]:
    """By plan what its policy asks for; three queries.

    A row settled by the period's end or by `today` owes nothing, and rows of plans that are not
    ours never do (D0). Supports, guides and collectives owe nothing; a unit named twice owes once.
    """
    own = [plan.pk for plan in plans if plan.is_own]
    asked = dict(PlanPolicy.objects.filter(plan__in=own).values_list("plan_id", "owes"))
    over = Q(state__in=Task.SETTLED) & (
        Q(closed_on__isnull=True) | Q(closed_on__lte=max(ends_on, today))
    )
    rows = Task.objects.filter(plan__in=own).exclude(over).order_by("plan_id", "position", "pk")
    parts = _parts(rows)
    found = {plan.pk: Owed([], []) for plan in plans}
    for pk, plan_id, consolidator, basis in rows.values_list(
        "pk", "plan_id", "consolidator_id", "consolidator_basis"
    ):
        row = _Row(parts.get(pk, []), consolidator, designated=bool(basis))
        units = _OWING[asked[plan_id]](row)
        found[plan_id].pairs.extend((pk, unit) for unit in dict.fromkeys(units))
        if not units:
            found[plan_id].nobody.append(pk)
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """Who answers for a row: (role, agency) in the document's order."""

    parts: Sequence[tuple[str, int]]
    consolidator: int | None
    designated: bool

    @property
    def leads(self) -> list[int]:
        return [agency for role, agency in self.parts if role == Role.LEAD]

    @property
    def puts_together(self) -> list[int]:
        """The 汇总单位: whom a person designated, else the first lead."""
        if self.designated and self.consolidator is not None:
            return [self.consolidator]
        return self.leads[:1]

    @property
    def answer(self) -> list[int]:
        return [agency for _, agency in self.parts]


def units_owing(
    owes: str, parts: Sequence[tuple[str, int]], *, consolidator: int | None, designated: bool
) -> list[int]:
    """Who owes a report for one running row; `parts` are its known units that answer for it."""
    return list(dict.fromkeys(_OWING[owes](_Row(parts, consolidator, designated))))


_OWING: dict[str, Callable[[_Row], list[int]]] = {
    PlanPolicy.Owes.EACH_LEAD.value: lambda row: [*row.leads, *row.puts_together],
    PlanPolicy.Owes.CONSOLIDATOR.value: lambda row: row.puts_together,
    PlanPolicy.Owes.EACH_RESPONSIBLE.value: lambda row: [*row.answer, *row.puts_together],
}


def _parts(rows: QuerySet[Task]) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = {}
    named = (
        Assignment.objects.filter(
            task__in=rows.order_by().values("pk"),
            role__in=_ANSWERS,
            agency__isnull=False,
            collective=False,
        )
        .order_by("task_id", "position")
        .values_list("task_id", "role", "agency_id")
    )
    for task_id, role, agency_id in named:
        if agency_id is not None:
            found.setdefault(task_id, []).append((role, agency_id))
    return found
