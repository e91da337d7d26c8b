"""All that the page of one task shows, as far as its reader may know it (product.md D17)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any

from django.db.models import BooleanField, Case, When

from apps.agencies.models import Agency
from apps.agencies.parties import SOLE_RESPONSIBLE, Role
from apps.plans.models import PlanPeriod, RowRule
from apps.tasks.access import Scope
from apps.tasks.layout_types import Layout
from apps.tasks.lights import PeriodDuties, read_mark
from apps.tasks.models import (
    Assignment,
    Deadline,
    Duty,
    OpeningStanding,
    PeriodMark,
    Progress,
    SourceTable,
    Task,
    TaskIndicator,
)
from apps.tasks.selectors.history import Log, task_log
from apps.tasks.selectors.judging import counted_on
from apps.tasks.selectors.rows import tasks_visible
from apps.tasks.telling import telling
from apps.tasks.wording import plain_number

_PERIODS_SHOWN = 8
_RULES = {
    SOLE_RESPONSIBLE: "唯一的责任单位，即为牵头",
    **{code: f"据文件规定：{label}" for code, label in RowRule.CHOICES},
}


@dataclass(frozen=True, slots=True)
class Parties:
    """Units (name, agency if known) of one role, and what is to be said of how they were read."""

    units: list[tuple[str, Agency | None]]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitReport:
    """What one unit owes and has reported for the newest period; `previous` where it has not."""

    duty: Duty
    may_read: bool
    current: Progress | None
    previous: Progress | None
    figure: TaskIndicator | None
    mark: str
    mark_label: str

    @property
    def shown(self) -> Progress | None:
        return self.current or self.previous

    @property
    def figure_text(self) -> str:
        """完成值 31 / 目标 40 家; empty where there is nothing to measure."""
        if self.figure is None or self.shown is None or self.shown.value is None:
            return ""
        target = plain_number(self.figure.target_value)
        unit = self.figure.indicator.unit
        return f"完成值 {plain_number(self.shown.value)} / 目标 {target} {unit}"


@dataclass(frozen=True, slots=True)
class TaskPage:
    """`marks_seen`: light and mark may be shown; `figures_seen`: also what other units reported."""

    task: Task
    marks_seen: bool
    figures_seen: bool
    parties: dict[str, list[Parties]]
    lead_names: list[str]
    # some lead is a unit we know, which a report can be asked of
    lead_known: bool
    consolidates_by_order: bool
    deadlines: list[Deadline]
    facts: dict[str, Any]
    reports: list[UnitReport]
    cells: list[tuple[str, str]]
    log: Log
    # own duties of open periods, newest first: still to be done, and handed in but changeable
    to_record: list[Duty]
    recorded: list[Duty]
    # what this reader may sign off
    waiting: list[Progress]
    # how the row stood in its last periods, newest first
    period_marks: list[PeriodMark]
    # nobody owes a report although the plan's period is open
    left_out: bool
    # 期初: what a ledger that was kept elsewhere last said
    opening: OpeningStanding | None

    @property
    def deadline(self) -> Deadline | None:
        return next((deadline for deadline in self.deadlines if deadline.current), None)

    @property
    def period(self) -> PlanPeriod | None:
        return self.reports[0].duty.plan_period if self.reports else None

    @property
    def whole(self) -> UnitReport | None:
        """The 汇总单位's report where it has put the row together."""
        found = (r for r in self.reports if r.duty.agency_id == self.task.consolidator_id)
        return next((r for r in found if r.shown and r.shown.whole_text), None)

    @property
    def reported(self) -> int:
        return sum(report.mark in {"in", "late"} for report in self.reports)


def task_page(pk: int, *, scope: Scope, today: date, limit: int) -> TaskPage | None:
    """None where there is no such row for this reader. `limit`: how many lines of the log."""
    task: Any = (
        tasks_visible(scope)
        .filter(pk=pk)
        .annotate(
            marks_seen=Case(
                When(scope.reports_visible_to(), then=True),
                default=False,
                output_field=BooleanField(),
            ),
            opening_seen=Case(
                When(scope.told_whole_to(), then=True),
                default=False,
                output_field=BooleanField(),
            ),
        )
        .select_related("plan__supervisor", "consolidator", "opening")
        .first()
    )
    if task is None:
        return None
    assignments = list(task.assignments.select_related("agency").order_by("position"))
    leads = [a for a in assignments if a.role == Role.LEAD]
    lead_ids = {a.agency_id for a in leads if a.agency_id}
    marks_seen = task.marks_seen
    figures_seen = marks_seen and all(scope.sees_reports_of(task, unit) for unit in lead_ids)
    first_lead = next((a.agency_id for a in leads if a.agency_id), None)
    mine = _recordable(task, scope)
    reports = _reports(task, scope, today)
    return TaskPage(
        task=task,
        marks_seen=marks_seen,
        figures_seen=figures_seen,
        parties=_parties(assignments),
        lead_names=[a.name for a in leads],
        lead_known=any(a.agency_id and not a.collective for a in leads),
        consolidates_by_order=first_lead is not None and task.consolidator_id == first_lead,
        deadlines=list(task.deadlines.order_by("-sequence")),
        facts=_facts(task),
        reports=reports,
        cells=_cells(task, whole=task.opening_seen),
        log=task_log(
            task, scope=scope, limit=limit, marks_seen=marks_seen, reports_seen=figures_seen
        ),
        to_record=[duty for duty in mine if not _is_handed_in(duty)],
        recorded=[duty for duty in mine if _is_handed_in(duty)],
        waiting=_waiting(task, scope),
        period_marks=_period_marks(task) if marks_seen and task.plan.is_own else [],
        left_out=not reports
        and task.plan.plan_periods.filter(state=PlanPeriod.State.OPEN).exists(),
        opening=getattr(task, "opening", None) if task.opening_seen else None,
    )


def own_duty(task_pk: int, duty_pk: int, scope: Scope) -> Duty | None:
    """A duty of the reader's own unit, whether or not it can still be reported on."""
    return (
        Duty.objects.filter(pk=duty_pk, task_id=task_pk, agency_id__in=scope.rights.agency_ids)
        .filter(task__plan_id__in=scope.visible)
        .select_related("task__plan", "agency", "plan_period__period", "progress")
        .first()
    )


def all_of_own_units(ids: Sequence[int], scope: Scope) -> bool:
    """Whether each of these reports exists and is one of the reader's own units."""
    wanted = set(ids)
    own = Progress.objects.filter(pk__in=wanted, duty__agency_id__in=scope.rights.agency_ids)
    return own.count() == len(wanted)


def progress_of(duty: Duty) -> Progress | None:
    """The duty's progress without an exception where there is none."""
    return getattr(duty, "progress", None)


def _readable_progress(duty: Duty, scope: Scope) -> Progress | None:
    """What this reader may know of: others learn of a report once it has left its unit."""
    progress = progress_of(duty)
    return progress and progress.seen_by(scope.rights.agency_ids)


def takes_reports(duty: Duty) -> bool:
    """Whether the service would take a report now; it has the last word and gives the reason."""
    progress = progress_of(duty)
    return (
        not duty.task.is_settled
        and duty.plan_period.state == PlanPeriod.State.OPEN
        and (progress is None or progress.state != Progress.State.APPROVED)
    )


def _parties(assignments: Sequence[Assignment]) -> dict[str, list[Parties]]:
    """By the role's word, in the order of Assignment.ROLES; neighbours of equal notes together."""
    found: dict[str, list[Parties]] = {}
    for role, label in Assignment.ROLES:
        of_role = [a for a in assignments if a.role == role]
        groups = groupby(of_role, key=partial(_notes, label=label))
        if of_role:
            found[label] = [Parties([(a.name, a.agency) for a in g], notes) for notes, g in groups]
    return found


def _notes(assignment: Assignment, label: str) -> tuple[str, ...]:
    notes = []
    if assignment.word and assignment.word != label:
        notes.append(f"原文作“{assignment.word}”")
    if assignment.derived_from:
        notes.append(_RULES.get(assignment.derived_from, ""))
    if assignment.also:
        notes.append(f"原文并写{'、'.join(assignment.also)}")
    if assignment.collective:
        notes.append("集合名称")
    elif assignment.agency is None:
        notes.append("名称未对应单位")
    return tuple(filter(None, notes))


def _period_marks(task: Task) -> list[PeriodMark]:
    return list(
        PeriodMark.objects.filter(task=task)
        .select_related("plan_period__period")
        .order_by("-plan_period__period__ends_on")[:_PERIODS_SHOWN]
    )


def _facts(task: Task) -> dict[str, Any]:
    """What the light rests on, with its day as a date."""
    as_of = task.light_facts.get("as_of")
    return {**task.light_facts, "as_of": date.fromisoformat(as_of) if as_of else None}


def _reports(task: Task, scope: Scope, today: date) -> list[UnitReport]:
    """What the units owe for the newest period, each with what it owed before."""
    by_unit: dict[int, list[Duty]] = defaultdict(list)
    duties = list(
        task.duties.select_related("agency", "plan_period__period", "progress").order_by(
            "-plan_period__period__ends_on", "pk"
        )
    )
    for duty in duties:
        by_unit[duty.agency_id].append(duty)
    figures = {f.agency_id: f for f in task.task_indicators.select_related("indicator")}
    return [
        _unit_report(by_unit[duty.agency_id], scope, today, figures.get(duty.agency_id))
        for duty in duties
        if duty.plan_period_id == duties[0].plan_period_id
    ]


def _unit_report(
    duties: Sequence[Duty], scope: Scope, today: date, figure: TaskIndicator | None
) -> UnitReport:
    """Of one unit; its duties newest first."""
    duty = duties[0]
    may_read = scope.sees_reports_of(duty.task, duty.agency_id)
    read = [_readable_progress(each, scope) if may_read else None for each in duties]
    mark, label = read_mark([_came_in(each) for each in duties], today)
    return UnitReport(
        duty=duty,
        may_read=may_read,
        current=read[0],
        previous=next(filter(None, read[1:]), None) if read[0] is None else None,
        figure=figure if may_read else None,
        mark=mark or "",
        mark_label=label,
    )


def _came_in(duty: Duty) -> PeriodDuties:
    progress = progress_of(duty)
    period = duty.plan_period
    return PeriodDuties(
        period.cut_off,
        (counted_on(progress and progress.as_delivered),),
        closed=period.state == PlanPeriod.State.CLOSED,
    )


def _cells(task: Task, *, whole: bool) -> list[tuple[str, str]]:
    """(header, cell) as the table has them; without a known table nothing can be named.

    Without `whole` those that tell how the row goes are left out (D17).
    """
    source = SourceTable.objects.filter(plan_id=task.plan_id).first()
    if source is None:
        return []
    layout = Layout.from_dict(source.layout)
    hidden = frozenset() if whole else telling(layout)
    columns = sorted(layout.columns, key=lambda column: column.index)
    return [
        (c.header, task.cells[c.index])
        for c in columns
        if c.index < len(task.cells) and c.index not in hidden
    ]


def _recordable(task: Task, scope: Scope) -> list[Duty]:
    if not scope.rights.reporter_of or task.is_settled:
        return []
    duties = (
        Duty.objects.filter(task=task, agency_id__in=scope.rights.reporter_of)
        .filter(plan_period__state=PlanPeriod.State.OPEN)
        .select_related("task", "agency", "plan_period__period", "progress")
        .order_by("-plan_period__period__ends_on", "pk")
    )
    return list(filter(takes_reports, duties))


def _is_handed_in(duty: Duty) -> bool:
    progress = progress_of(duty)
    return progress is not None and progress.state != Progress.State.RETURNED


def _waiting(task: Task, scope: Scope) -> list[Progress]:
    if not scope.rights.approver_of:
        return []
    return list(
        Progress.objects.filter(scope.waits_for_me(), duty__task=task)
        .select_related("duty__agency", "duty__plan_period__period")
        .order_by("pk")
    )
