"""Rows of tasks as the short lists of 工作台 and 督办看板 show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    CharField,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.utils.translation import gettext as _

from apps.agencies.models import Contact
from apps.agencies.parties import Role
from apps.common.periods import PeriodCode
from apps.tasks.access import Scope
from apps.tasks.lights import Light
from apps.tasks.models import Assignment, MarkSpan, Progress, Task
from apps.tasks.selectors.rows import listed, told
from apps.tasks.wording import due_shown

# A page is read, not searched: a list that is longer says how many rows it has in all.
LIST_LIMIT = 100
# The worst light first, then the oldest day.
_ORDER = ("light_order", F("due_on").asc(nulls_last=True), "plan_id", "position")
# The same of spans, told from their index alone. Which of a plan's rows with the same day come
# within the limit goes by their keys; in which order they are shown, by their places.
_LIGHT_ORDER = Case(
    *(When(light=light.value, then=Value(light.order)) for light in Light),
    output_field=IntegerField(),
)
_SPAN_ORDER = (_LIGHT_ORDER, F("due_on").asc(nulls_last=True), "plan_id", "task_id")


@dataclass(frozen=True, slots=True)
class Unit:
    """Whom to telephone; the first contact of the unit, empty where none is known."""

    name: str
    telephone: str


@dataclass(frozen=True, slots=True)
class Last:
    """The newest progress that left its unit."""

    period: str
    agency: str
    text: str
    # the 汇总单位's for the whole row, without the parts of the units `missing`
    whole: bool
    missing: str
    # 同上期: the last period's text, taken over
    unchanged: bool
    # not yet judged by a supervisor: leaders see it only so marked (D17)
    unjudged: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One task. `units` lead it, or share it where nobody leads; `last` only for overseers."""

    task: Any
    plan: str
    units: list[Unit]
    due_text: str
    due_note: str
    light_text: str
    last: Last | None

    @property
    def url(self) -> str:
        return str(self.task.get_absolute_url())

    @property
    def last_by(self) -> str:
        """Who wrote it, unless the row names nobody else."""
        if self.last is None or [unit.name for unit in self.units] == [self.last.agency]:
            return ""
        return f"{self.last.agency}{_('汇总')}" if self.last.whole else self.last.agency


def lines_of(
    groups: Mapping[str, QuerySet[Task] | QuerySet[MarkSpan]],
    *,
    scope: Scope,
    today: date,
    limit: int = LIST_LIMIT,
) -> dict[str, list[Line]]:
    """The first rows of each group, the worst first; three queries for all groups together.

    A group is given as rows, or as their open spans.
    """
    parts = [_first(key, rows)[:limit] for key, rows in groups.items()]
    members: dict[str, set[int]] = {key: set() for key in groups}
    for key, pk in parts[0].union(*parts[1:], all=True):
        members[key].add(pk)
    lines = _lines(set().union(*members.values()), scope, today)
    return {key: [line for line in lines if line.task.pk in ids] for key, ids in members.items()}


def _first(key: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    order, row = (_ORDER, "pk") if rows.model is Task else (_SPAN_ORDER, "task_id")
    found: QuerySet[Any, Any] = rows.order_by(*order).annotate(group=Value(key, CharField()))
    return found.values_list("group", row)


def telephone_of(agency: str) -> Subquery:
    """The first contact's telephone; `agency` is the field that names the unit."""
    contacts = Contact.objects.filter(agency=OuterRef(agency)).order_by("position")
    return Subquery(contacts.values("telephone")[:1])


def _lines(task_ids: Iterable[int], scope: Scope, today: date) -> list[Line]:
    last = Progress.objects.filter(
        pk=OuterRef("last_progress"), duty__task__plan_id__in=scope.overseen
    )
    tasks: list[Any] = list(
        listed(Task.objects.filter(pk__in=task_ids))
        .annotate(
            last=told(last, state="state", judgement="judgement"),
            plan_title=F("plan__short_title"),
        )
        .order_by(*_ORDER)
    )
    units = units_of_tasks([task.pk for task in tasks])
    return [line_of(task, units.get(task.pk, []), today) for task in tasks]


def line_of(task: Any, units: list[Unit], today: date) -> Line:
    """`task` is a row of `listed` with `last` and `plan_title`."""
    due_text, note = due_shown(task)
    return Line(
        task=task,
        plan=task.plan_title,
        units=units,
        due_text=due_text,
        due_note=note,
        light_text=task.light_text(today),
        last=_last(task.last, today) if task.last else None,
    )


def _last(report: Mapping[str, Any], today: date) -> Last:
    quarter = PeriodCode.parse(report["period"])
    return Last(
        period=quarter.short_name if quarter.year == today.year else quarter.name,
        agency=report["agency"],
        text=report["text"],
        whole=bool(report["whole"]),
        missing="、".join(report["missing"] or ()),
        unchanged=bool(report["unchanged"]),
        unjudged=report["state"] != Progress.State.APPROVED or not report["judgement"],
    )


def units_of_tasks(task_ids: Iterable[int]) -> dict[int, list[Unit]]:
    """By task whom to telephone: its leads, or those who share it where nobody leads."""
    parties = (
        Assignment.objects.filter(task_id__in=task_ids, role__in=[Role.LEAD, Role.SHARED])
        .annotate(telephone=telephone_of("agency"))
        .order_by("task_id", "position")
        .values_list("task_id", "role", "name", "telephone")
    )
    found: dict[int, dict[str, list[Unit]]] = {}
    for task_id, role, name, telephone in parties:
        found.setdefault(task_id, {}).setdefault(role, []).append(Unit(name, telephone or ""))
    return {pk: roles.get(Role.LEAD) or roles[Role.SHARED] for pk, roles in found.items()}
