"""The ledger as a sheet: the rows with what was reported, judged and is missing (product.md D15).

What the reader may not see is left empty (D17): progress of other units, lights and marks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from typing import Any, NamedTuple

from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    Prefetch,
    Q,
    QuerySet,
    prefetch_related_objects,
)

from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.common.periods import PeriodCode
from apps.common.spans import whole_span, year_span
from apps.common.spreadsheets import OutSheet, OutValue
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.deadlines import Kind
from apps.tasks.lights import Light
from apps.tasks.models import AnnualGoal, Assignment, Deadline, Duty, Progress, Task, TaskIndicator
from apps.tasks.selectors.measured import measured
from apps.tasks.selectors.rows import marks_visible

_CHUNK = 1000
# of a row; its cells and what its light rests on are long and not printed
_READ = (
    "plan_id", "number", "position", "title", "content", "consolidator_id", "state", "due_kind",
    "due_on", "light", "light_reason",
)  # fmt: skip
# header, width in Latin characters
_COLUMNS = (
    ("序号", 6.0),
    ("任务来源", 22.0),
    ("重点工作", 48.0),
    ("牵头单位", 20.0),
    ("参加单位", 20.0),
    ("完成时限", 16.0),
    ("完成比例（%）", 10.0),
    ("比序时（百分点）", 10.0),
    ("进展情况", 48.0),
    ("存在问题", 28.0),
    ("下一步措施", 28.0),
    ("状态", 10.0),
    ("进度灯", 20.0),
    ("报送日期", 12.0),
    ("审核和认定", 20.0),
)
_PLAN_COLUMN = 1


def ledger_sheet(
    tasks: QuerySet[Task], *, scope: Scope, period: PeriodCode | None, today: date
) -> OutSheet:
    """The ledger of these rows, in their order; read and written in one pass.

    With a period, what was reported for it; without, each unit's newest report. Where the 汇总单位
    has put the row together, its text and its value stand for the row. The light and the state are
    those of `today`. 比序时 is negative for what lags behind the calendar.
    """
    plans = list(tasks.order_by().values_list("plan__short_title", flat=True).distinct()[:2])
    several = len(plans) > 1
    columns = [column for place, column in enumerate(_COLUMNS) if several or place != _PLAN_COLUMN]
    name = "任务台账" if several or not plans else f"{plans[0]}台账"
    about = f"进展为{period.name}" if period else "进展为各单位最近一期"
    last = len(columns) - 1
    return OutSheet(
        name=name,
        title_rows=[[name], [f"{about}；进度灯、状态截至 {today.isoformat()}"]],
        headers=[header for header, _ in columns],
        rows=_rows(tasks, _Reader(scope, today, several=several, dated=period is None), period),
        merges=[(0, 0, 0, last), (1, 0, 1, last)],
        widths=[width for _, width in columns],
    )


def _rows(
    tasks: QuerySet[Task], reader: _Reader, period: PeriodCode | None
) -> Iterator[list[OutValue]]:
    mine = reader.scope.rights.agency_ids
    readable = Q(progress__delivered_on__isnull=False) | Q(agency_id__in=mine)
    duties = Duty.objects.filter(progress__isnull=False).filter(readable).select_related("progress")
    if period is not None:
        duties = duties.filter(plan_period__period__code=period.code)
    else:
        # one row per unit, however long the history is
        duties = duties.order_by("task_id", "agency_id", "-plan_period__period__ends_on")
        duties = duties.distinct("task_id", "agency_id")
    seen = ExpressionWrapper(marks_visible(reader.scope), output_field=BooleanField())
    rows: Iterator[Any] = tasks.annotate(marks_seen=seen).only(*_READ).iterator(chunk_size=_CHUNK)
    plans = Plan.objects.in_bulk(tasks.order_by().values_list("plan", flat=True).distinct())
    entered = PlanPeriod.objects.filter(plan__in=plans).select_related("period")
    periods = {each.pk: each for each in entered}
    while chunk := list(islice(rows, _CHUNK)):
        _load(chunk, duties, periods)
        for task in chunk:
            task.plan = plans[task.plan_id]
            yield reader.row(task)


class _Part(NamedTuple):
    name: str
    role: str
    agency_id: int | None


class _Due(NamedTuple):
    text: str
    from_table: bool
    due_on: date | None
    starts_on: date | None


def _load(chunk: list[Any], duties: QuerySet[Duty], periods: Mapping[int, PlanPeriod]) -> None:
    """`parts`, `current`, `told` and `has_figure` of each.

    Plain tuples where nothing is asked of a row but its words, shared objects where many rows have
    the same: making an object for each takes many times as long as reading it.
    """
    parties = Assignment.objects.filter(task__in=chunk).order_by("position")
    parts: dict[int, list[_Part]] = {}
    for task_id, name, role, agency_id in parties.values_list(
        "task_id", "name", "role", "agency_id"
    ):
        parts.setdefault(task_id, []).append(_Part(name, role, agency_id))
    deadlines = Deadline.objects.filter(task__in=chunk, current=True)
    current = {
        task_id: _Due(text, from_table, due_on, starts_on)
        for task_id, text, from_table, due_on, starts_on in deadlines.values_list(
            "task_id", "text", "from_table", "due_on", "starts_on"
        )
    }
    linked = TaskIndicator.objects.filter(task__in=chunk)
    with_figure = set(linked.values_list("task_id", flat=True))
    prefetch_related_objects(chunk, Prefetch("duties", duties, to_attr="told"))
    agencies = Agency.objects.in_bulk({duty.agency_id for task in chunk for duty in task.told})
    for task in chunk:
        task.parts, task.current = parts.get(task.pk, []), current.get(task.pk)
        task.has_figure = task.pk in with_figure
        for duty in task.told:
            duty.agency = agencies[duty.agency_id]
            duty.plan_period = periods[duty.plan_period_id]
    prefetch_related_objects(
        [task for task in chunk if task.has_figure],
        Prefetch("task_indicators", TaskIndicator.objects.select_related("indicator")),
        Prefetch("annual_goals", AnnualGoal.objects.filter(value__isnull=False)),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    scope: Scope
    today: date
    # more than one plan; reports of more than one period
    several: bool
    dated: bool

    def row(self, task: Any) -> list[OutValue]:
        """`task` with `marks_seen` and what `_load` adds."""
        parts = task.parts
        leads = [part for part in parts if part.role == Role.LEAD]
        reports = self._reports(task, parts)
        told = _put_together(task, reports) or reports
        shares = [_measured(task, duty) for duty in told]
        light = task.light_text(self.today) if task.marks_seen else None
        values: list[OutValue] = [
            int(task.number) if task.number.isdecimal() else task.number,
            task.plan.short_title,
            f"{task.title}\n{task.content}" if task.title else task.content,
            "、".join(part.name for part in leads),
            "、".join(part.name for part in parts if part not in leads),
            _deadline_text(task),
            _figures([share for share, _ in shares], told),
            _figures([gap for _, gap in shares], told),
            _told([self._text(duty, whole=told is not reports) for duty in told], told),
            _told([duty.progress.problems for duty in reports], reports),
            _told([duty.progress.next_step for duty in reports], reports),
            task.get_state_display(),
            None if light is None else f"{Light(task.light).label} {light}".strip(),
            _days(reports),
            _told([_judged(duty.progress) for duty in reports], reports),
        ]
        if not self.several:
            del values[_PLAN_COLUMN]
        return values

    def _reports(self, task: Any, parts: Sequence[_Part]) -> list[Duty]:
        """In the order in which the row names the units."""
        order = {part.agency_id: place for place, part in reversed(list(enumerate(parts)))}
        seen = [d for d in task.told if self.scope.sees_reports_of(task, d.agency_id)]
        for duty in seen:
            duty.progress = duty.progress.seen_by(self.scope.rights.agency_ids)
        return sorted(seen, key=lambda duty: order.get(duty.agency_id, len(parts) + 1))

    def _text(self, duty: Duty, *, whole: bool) -> str:
        progress = duty.progress
        about = chain(
            [duty.plan_period.period.name] if self.dated else [],
            [f"{duty.agency.name}汇总"] if whole else [],
            ["同上期"] if progress.unchanged else [],
            [f"缺：{'、'.join(progress.whole_missing)}"]
            if whole and progress.whole_missing
            else [],
        )
        text = progress.whole_text if whole else progress.text
        return f"（{said}）{text}" if (said := "，".join(about)) else text


def _deadline_text(task: Any) -> str:
    """Verbatim; a day that was decided since stands beside it."""
    deadline: _Due | None = task.current
    if deadline is None:
        return ""
    if deadline.from_table or deadline.due_on is None:
        return deadline.text
    return f"{deadline.text}（调整为 {deadline.due_on.isoformat()}）"


def _put_together(task: Task, reports: Sequence[Duty]) -> list[Duty]:
    """The report of the 汇总单位 that speaks for the row; none where others have newer ones."""
    newest = max((duty.plan_period.period.ends_on for duty in reports), default=None)
    return [
        duty
        for duty in reports
        if duty.agency_id == task.consolidator_id
        and duty.progress.whole_text
        and duty.plan_period.period.ends_on == newest
    ]


def _measured(task: Any, duty: Duty) -> tuple[Decimal | None, Decimal | None]:
    """完成比例 in per cent and the points ahead of the calendar, where there is a figure."""
    if not task.has_figure:
        return None, None
    as_of = duty.plan_period.data_as_of
    value = duty.progress.value
    figure = measured(task, agency_id=duty.agency_id, value=value, as_of=as_of)
    if figure is None:
        return None, None
    deadline: _Due | None = task.current
    starts_on = (deadline.starts_on if deadline else None) or task.plan.starts_on
    due_on = task.due_on if task.due_kind == Kind.DATE else None
    span = year_span(as_of) if figure.annual else whole_span(starts_on, due_on)
    return figure.share, figure.share - span.expected(as_of) if span else None


def _figures(values: Sequence[Decimal | None], reports: Sequence[Duty]) -> OutValue:
    """One figure as a number, several as lines that name the unit."""
    known = [
        (value, duty) for value, duty in zip(values, reports, strict=True) if value is not None
    ]
    if len(known) == 1:
        return known[0][0]
    return "\n".join(f"{duty.agency.name}：{value}" for value, duty in known)


def _told(texts: Sequence[str], reports: Sequence[Duty]) -> str:
    """One text as it is, several with their units."""
    known = [(text, duty) for text, duty in zip(texts, reports, strict=True) if text]
    if len(reports) == 1:
        return "".join(text for text, _ in known)
    return "\n".join(f"{duty.agency.name}：{text}" for text, duty in known)


def _days(reports: Sequence[Duty]) -> OutValue:
    if len(reports) == 1:
        return reports[0].progress.submitted_on
    return _told([duty.progress.submitted_on.isoformat() for duty in reports], reports)


def _judged(progress: Progress) -> str:
    """Whether it was reviewed, and what the supervisor says; what is not judged says 未核."""
    if progress.state != Progress.State.APPROVED:
        return f"{progress.get_state_display()}，未核"
    if not progress.judgement:
        return "审核通过，未核"
    said = f"审核通过，认定：{progress.get_judgement_display()}"
    return f"{said}（{progress.judgement_reason}）" if progress.judgement_reason else said
