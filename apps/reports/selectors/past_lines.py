"""Rows of tasks as they stood on a past day, for the lists of 督办看板."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from django.db.models.functions import JSONObject

from apps.reports.selectors.lines import LIST_LIMIT, Line, line_of, units_of_tasks
from apps.reports.selectors.past import stood_on
from apps.tasks.access import Scope
from apps.tasks.lights import Light
from apps.tasks.models import Deadline, MarkSpan, Progress, Task
from apps.tasks.selectors.rows import listed, told

_LIGHT_ORDER = Case(
    *(When(light=light.value, then=Value(light.order)) for light in Light),
    output_field=IntegerField(),
)
_ORDER = (_LIGHT_ORDER, F("due_on").asc(nulls_last=True), "plan_id", "task__position")
_UNKNOWN: dict[str, Any] = {
    "text": "", "every": "", "from_table": True, "due_on": None, "kind": "none", "soft": False
}  # fmt: skip


def past_lines(
    groups: Mapping[str, QuerySet[MarkSpan]], *, scope: Scope, day: date
) -> dict[str, list[Line]]:
    """The first rows of each group, the worst first; four queries for all groups together.

    Light and deadline are those of that day. A progress is shown where its text is as it was then;
    units and the row's own text are those of today.
    """
    parts = [
        spans.order_by(*_ORDER)
        .annotate(group=Value(key, CharField()))
        .values_list("group", "task_id")[:LIST_LIMIT]
        for key, spans in groups.items()
    ]
    members: dict[str, list[int]] = {key: [] for key in groups}
    for key, pk in parts[0].union(*parts[1:], all=True):
        members[key].append(pk)
    lines = {line.task.pk: line for line in _lines(set().union(*members.values()), scope, day)}
    return {
        key: [line for pk, line in lines.items() if pk in set(ids)] for key, ids in members.items()
    }


def _lines(task_ids: Iterable[int], scope: Scope, day: date) -> list[Line]:
    spans = {
        span.task_id: span
        for span in MarkSpan.objects.filter(stood_on(day), task_id__in=list(task_ids))
    }
    tasks: list[Any] = list(
        listed(Task.objects.filter(pk__in=spans)).annotate(
            last=told(
                _reported_by(day, scope), state="state", judgement="judgement", judged="judged_on"
            ),
            then=_deadline_on(day),
            plan_title=F("plan__short_title"),
        )
    )
    for task in tasks:
        _stand(task, spans[task.pk], day)
    tasks.sort(key=_place)
    units = units_of_tasks([task.pk for task in tasks])
    return [line_of(task, units.get(task.pk, []), day) for task in tasks]


def _reported_by(day: date, scope: Scope) -> QuerySet[Progress]:
    puts_together = Case(
        When(duty__agency_id=F("duty__task__consolidator_id"), then=0),
        default=1,
        output_field=IntegerField(),
    )
    return Progress.objects.filter(
        duty__task=OuterRef("pk"),
        duty__task__plan_id__in=scope.overseen,
        delivered_on__lte=day,
        submitted_on__lte=day,
    ).order_by("-duty__plan_period__period__ends_on", puts_together, "duty_id")


def _deadline_on(day: date) -> Subquery:
    deadlines = Deadline.objects.filter(task=OuterRef("pk"), recorded_on__lte=day)
    return Subquery(
        deadlines.order_by("-sequence").values(
            json=JSONObject(
                text="text",
                due_on="due_on",
                every="every",
                from_table="from_table",
                kind="kind",
                soft="soft",
            )
        )[:1]
    )


def _stand(task: Any, span: MarkSpan, day: date) -> None:
    """The row in memory as it was; nothing of it is saved."""
    task.state, task.light, task.light_reason = span.state, span.light, span.light_reason
    task.due_on = span.due_on
    task.deadline = task.then or _UNKNOWN
    task.due_kind, task.due_soft = task.deadline["kind"], task.deadline["soft"]
    task.report_mark = ""
    if task.last and (task.last["judged"] is None or task.last["judged"] > day.isoformat()):
        task.last["judgement"] = ""


def _place(task: Any) -> tuple[int, date, int, int]:
    return (Light(task.light).order, task.due_on or date.max, task.plan_id, task.position)
