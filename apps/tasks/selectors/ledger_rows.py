"""What the ledger needs of its rows: read in chunks, as plain tuples, by few statements each.

Making an object for each row, unit, deadline and report takes many times as long as reading them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    ExpressionWrapper,
    F,
    Func,
    JSONField,
    Prefetch,
    Q,
    QuerySet,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import NullIf

from apps.common.periods import PeriodCode
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.models import (
    AnnualGoal,
    Assignment,
    Deadline,
    Duty,
    OpeningStanding,
    Progress,
    Task,
    TaskIndicator,
)
from apps.tasks.selectors.rows import marks_visible, openings_told

_CHUNK = 1000
# of a report as it left its unit, where the unit has written it anew since
_LEFT = (
    "text", "unchanged", "whole_text", "whole_missing", "value", "problems", "next_step", "state",
    "submitted_on",
)  # fmt: skip


class Row(NamedTuple):
    """A row of the table, without its cells and what its light rests on."""

    pk: int
    plan_id: int
    number: str
    title: str
    content: str
    consolidator_id: int | None
    state: str
    due_kind: str
    due_on: date | None
    light: str
    light_reason: str
    marks_seen: bool


class Part(NamedTuple):
    """Who has which part in a row."""

    name: str
    role: str
    agency_id: int | None


class Due(NamedTuple):
    """The deadline in force."""

    text: str
    from_table: bool
    due_on: date | None
    starts_on: date | None


class Report(NamedTuple):
    """What a unit reported, as this reader may read it."""

    agency_id: int
    agency: str
    plan_period_id: int
    text: str
    unchanged: str
    whole_text: str
    whole_missing: list[str] | None
    value: Decimal | None
    problems: str
    next_step: str
    state: str
    submitted_on: date
    judgement: str
    judgement_reason: str


_REPORT = [
    name if name in {"agency_id", "plan_period_id"}
    else "agency__name" if name == "agency"
    else "without" if name == "whole_missing"
    else f"progress__{name}"
    for name in Report._fields
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its units, deadline and reports; `figures` where it works towards any.

    `opening`: 期初, of a row that was never reported on here.
    """

    row: Row
    parts: Sequence[Part]
    due: Due | None
    reports: Sequence[Report]
    # the task with its task_indicators and annual_goals, as `measured` takes it
    figures: Task | None
    opening: OpeningStanding | None


class _Among(Func):
    """`column = ANY(array)`: one parameter, where `__in` makes one for each of a thousand keys."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str, keys: Sequence[int]) -> None:
        array = Value(list(keys), output_field=ArrayField(BigIntegerField()))
        super().__init__(F(column), array)


def ledger_lines(
    tasks: QuerySet[Task], *, scope: Scope, period: PeriodCode | None
) -> Iterator[Line]:
    """The rows in their order. Without a period, each unit's newest report.

    Reports that this reader may not see are left out; the statements go by chunks of rows.
    """
    seen = ExpressionWrapper(marks_visible(scope), output_field=BooleanField())
    rows = tasks.annotate(marks_seen=seen).values_list(*Row._fields).iterator(chunk_size=_CHUNK)
    duties = _duties(scope, period)
    openings = _openings(scope, period)
    mine = scope.rights.agency_ids
    while chunk := [Row._make(each) for each in islice(rows, _CHUNK)]:
        keys = [row.pk for row in chunk]
        parts, dues, figures = _parts(keys), _dues(keys), _figures(keys)
        reports = _reports(duties, keys, mine)
        told_before = {each.task_id: each for each in openings.filter(_Among("task_id", keys))}
        for row in chunk:
            told = reports.get(row.pk, ())
            # has of its task what the scope asks for
            task: Any = row
            yield Line(
                row,
                parts.get(row.pk, ()),
                dues.get(row.pk),
                [each for each in told if scope.sees_reports_of(task, each.agency_id)],
                figures.get(row.pk),
                told_before.get(row.pk),
            )


def plans_of(tasks: QuerySet[Task]) -> dict[int, Plan]:
    """The plans that these rows are of."""
    return Plan.objects.in_bulk(tasks.order_by().values_list("plan", flat=True).distinct())


def periods_of(plans: Mapping[int, Plan]) -> dict[int, PlanPeriod]:
    """Every period that these plans were reported on for."""
    entered = PlanPeriod.objects.filter(plan__in=plans).select_related("period")
    return {each.pk: each for each in entered}


def _duties(scope: Scope, period: PeriodCode | None) -> QuerySet[Duty, Any]:
    mine = scope.rights.agency_ids
    readable = Q(progress__delivered_on__isnull=False) | Q(agency_id__in=mine)
    duties = Duty.objects.filter(readable, progress__isnull=False)
    if period is not None:
        duties = duties.filter(plan_period__period__code=period.code).order_by("pk")
    else:
        # one report of each unit, however long the history is
        duties = duties.order_by("task_id", "agency_id", "-plan_period__period__ends_on")
        duties = duties.distinct("task_id", "agency_id")
    # nothing is nearly all there is, and takes long to be read as JSON
    return duties.annotate(
        left=NullIf("progress__delivered", Value({}, output_field=JSONField())),
        without=NullIf("progress__whole_missing", Value([], output_field=JSONField())),
    ).values_list("task_id", "left", *_REPORT)


def _openings(scope: Scope, period: PeriodCode | None) -> QuerySet[OpeningStanding]:
    """Nothing that was said later than what the ledger of this period shows."""
    found = openings_told(scope)
    if period is None:
        return found
    return found.exclude(reported_on__gt=period.ends_on)


def _reports(
    duties: QuerySet[Duty, Any], keys: Sequence[int], mine: frozenset[int]
) -> dict[int, list[Report]]:
    found: dict[int, list[Report]] = {}
    for task_id, delivered, *fields in duties.filter(_Among("task_id", keys)):
        report = Report._make(fields)
        if delivered and report.agency_id not in mine:
            report = _as_left(report, delivered)
        found.setdefault(task_id, []).append(report)
    return found


def _as_left(report: Report, delivered: dict[str, Any]) -> Report:
    """What others read while the unit writes it anew: the model's own rule."""
    newest = Progress(delivered=delivered, delivered_on=report.submitted_on)
    left = newest.as_delivered
    assert left is not None, "it has left the unit"
    return report._replace(**{name: getattr(left, name) for name in _LEFT})


def _parts(keys: Sequence[int]) -> dict[int, list[Part]]:
    found: dict[int, list[Part]] = {}
    parties = Assignment.objects.filter(_Among("task_id", keys)).order_by("task_id", "position")
    for task_id, *fields in parties.values_list("task_id", *Part._fields):
        found.setdefault(task_id, []).append(Part._make(fields))
    return found


def _dues(keys: Sequence[int]) -> dict[int, Due]:
    current = Deadline.objects.filter(_Among("task_id", keys), current=True)
    return {
        task_id: Due._make(fields)
        for task_id, *fields in current.values_list("task_id", *Due._fields)
    }


def _figures(keys: Sequence[int]) -> dict[int, Task]:
    """Few rows have any: only theirs are made objects of."""
    linked = TaskIndicator.objects.filter(_Among("task_id", keys)).values_list("task_id", flat=True)
    tasks = list(Task.objects.filter(pk__in=set(linked)).only("pk"))
    prefetch_related_objects(
        tasks,
        Prefetch("task_indicators", TaskIndicator.objects.select_related("indicator")),
        Prefetch("annual_goals", AnnualGoal.objects.filter(value__isnull=False)),
    )
    return {task.pk: task for task in tasks}
