"""Rows of tasks as the short lists of 工作台 and 督办看板 show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from apps.agencies.models import Contact
from apps.agencies.parties import Role
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.models import Assignment, Task
from apps.tasks.selectors.rows import listed, with_last
from apps.tasks.wording import due_note


@dataclass(frozen=True, slots=True)
class Line:
    """One task; `telephones` of its leads, `last` the newest progress {text, agency, period}."""

    task: Any
    plan: str
    leads: list[str]
    telephones: list[str]
    due_text: str
    due_note: str
    light_text: str
    last: dict[str, Any] | None

    @property
    def url(self) -> str:
        return str(self.task.get_absolute_url())


def own_plans(scope: Scope) -> QuerySet[Plan]:
    """Our own plans among those this person oversees: only they count in figures (D0)."""
    return Plan.objects.filter(pk__in=scope.overseen, relation=Plan.Relation.OWN)


def lines_of(rows: QuerySet[Task], *, scope: Scope, today: date) -> list[Line]:
    """Four queries, whatever the number of rows; the rows' order is kept."""
    tasks: Sequence[Any] = list(with_last(listed(rows), scope))
    telephones = _telephones([task.pk for task in tasks])
    plans = dict(
        Plan.objects.filter(pk__in={t.plan_id for t in tasks}).values_list("pk", "short_title")
    )
    return [_line(task, plans[task.plan_id], telephones.get(task.pk, []), today) for task in tasks]


def _line(task: Any, plan: str, telephones: list[str], today: date) -> Line:
    deadline = task.deadline or {"text": "", "every": "", "from_table": True, "due_on": None}
    day = deadline["due_on"]
    note = due_note(
        task.due_kind,
        date.fromisoformat(day) if day else None,
        soft=task.due_soft,
        every=deadline["every"],
        moved=not deadline["from_table"],
    )
    return Line(
        task=task,
        plan=plan,
        leads=[party["name"] for party in task.parties if party["role"] == Role.LEAD],
        telephones=telephones,
        due_text=deadline["text"],
        due_note="" if note == deadline["text"] else note,
        light_text=task.light_text(today),
        last=task.last,
    )


def _telephones(task_ids: Iterable[int]) -> dict[int, list[str]]:
    """The first contact's telephone of each lead."""
    leads = Assignment.objects.filter(
        task_id__in=task_ids, role=Role.LEAD, agency__isnull=False
    ).order_by("task_id", "position")
    pairs = list(leads.values_list("task_id", "agency_id"))
    first = dict(
        Contact.objects.filter(agency_id__in={agency for _, agency in pairs})
        .order_by("agency_id", "-position")
        .values_list("agency_id", "telephone")
    )
    found: dict[int, list[str]] = {}
    for task_id, agency_id in pairs:
        if agency_id in first:
            found.setdefault(task_id, []).append(first[agency_id])
    return found
