"""一表填报: all that one unit owes for a period over all plans, with what it stands beside.

A fixed number of queries, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TypeVar

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.plans.models import Period, Plan, PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.content import RowFacts
from apps.tasks.models import (
    AnnualGoal,
    Assignment,
    Deadline,
    Draft,
    Duty,
    Evidence,
    Progress,
    SameReport,
    Task,
    TaskIndicator,
)
from apps.tasks.selectors.filling import Step, row_facts, sign_steps
from apps.tasks.wording import due_note, plain_number

_Row = TypeVar("_Row", Draft, Evidence)


@dataclass(frozen=True, slots=True)
class Part:
    """What another lead of the row has sent; `report` is empty while it has not."""

    agency: str
    report: Progress | None


@dataclass(frozen=True, slots=True)
class Target:
    """What the figure of a row is held against."""

    text: str
    annual: bool


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One duty of the unit. `others`: what colleagues have typed on the text as it is now."""

    duty: Duty
    facts: RowFacts
    goal: AnnualGoal | None
    due_text: str
    due_note: str
    leads: tuple[str, ...]
    parts: tuple[Part, ...]
    draft: Draft | None
    others: tuple[Draft, ...]
    evidence: tuple[Evidence, ...]
    same_as: Task | None

    @property
    def task(self) -> Task:
        return self.duty.task

    @property
    def progress(self) -> Progress | None:
        return getattr(self.duty, "progress", None)

    @property
    def previous(self) -> Progress | None:
        return self.facts.previous

    @property
    def figure(self) -> TaskIndicator | None:
        return self.facts.figure

    @property
    def version(self) -> int:
        return self.progress.version if self.progress else 0

    @property
    def parts_in(self) -> int:
        return sum(part.report is not None for part in self.parts)

    @property
    def parts_missing(self) -> list[str]:
        return [part.agency for part in self.parts if part.report is None]

    @property
    def editable(self) -> bool:
        """Whether the service would take a report; it has the last word."""
        open_ = self.duty.plan_period.state == PlanPeriod.State.OPEN
        approved = self.progress is not None and self.progress.state == Progress.State.APPROVED
        return open_ and not approved and not self.task.is_settled

    @property
    def unit(self) -> str:
        return self.figure.indicator.unit if self.figure else ""

    @property
    def target(self) -> Target | None:
        """The annual goal's own figure before that of the whole task."""
        if self.figure is None:
            return None
        if self.goal is not None and self.goal.value is not None:
            return Target(f"{plain_number(self.goal.value)} {self.unit}", annual=True)
        return Target(f"{plain_number(self.figure.target_value)} {self.unit}", annual=False)

    @property
    def previous_value(self) -> str:
        if self.previous is None or self.previous.value is None:
            return ""
        return f"{plain_number(self.previous.value)} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """The rows of one plan, in the order of its table."""

    plan: Plan
    plan_period: PlanPeriod
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A unit's rows for one period. `steps`: what a report goes through before it leaves."""

    agency: Agency
    period: Period
    groups: tuple[PlanGroup, ...]
    steps: tuple[Step, ...]

    @property
    def rows(self) -> list[SheetRow]:
        return [row for group in self.groups for row in group.rows]

    @property
    def several(self) -> bool:
        return len(self.groups) > 1

    @property
    def is_open(self) -> bool:
        return any(g.plan_period.state == PlanPeriod.State.OPEN for g in self.groups)

    @property
    def cut_off(self) -> date:
        """The earliest among the plans that are still open, else of all."""
        periods = [group.plan_period for group in self.groups]
        still = [each for each in periods if each.state == PlanPeriod.State.OPEN]
        return min(each.cut_off for each in still or periods)

    @property
    def data_as_of(self) -> date:
        return max(group.plan_period.data_as_of for group in self.groups)


def sheet_units(scope: Scope) -> list[Agency]:
    """The units for which this person fills in or signs, the first to fill in first."""
    mine = scope.rights.reporter_of | scope.rights.approver_of
    units = Agency.objects.filter(pk__in=mine).order_by("rank", "pk")
    return sorted(units, key=lambda unit: unit.pk not in scope.rights.reporter_of)


def sheet_periods(agency_ids: Collection[int]) -> list[Period]:
    """The periods that are open for these units, the newest first."""
    return list(
        Period.objects.filter(
            plan_periods__state=PlanPeriod.State.OPEN,
            plan_periods__duties__agency_id__in=agency_ids,
        )
        .distinct()
        .order_by("-ends_on")
    )


def sheet_due(agency_ids: Collection[int], today: date) -> Period | None:
    """Of the periods that are open for these units the one whose cut-off comes next."""
    owing = PlanPeriod.objects.filter(
        state=PlanPeriod.State.OPEN, duties__agency_id__in=agency_ids
    ).soonest_first(today)
    found = owing.first()
    return found.period if found else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sheet, for whom, on which day. `also`: duties that are shown although settled."""

    agency: Agency
    code: str
    person: User
    today: date
    also: frozenset[int] = frozenset()


def sheet(wanted: Wanted, scope: Scope) -> Sheet | None:
    """None where this unit owes nothing for such a period in any plan it may see."""
    agency = wanted.agency
    duties = list(_duties(wanted, scope))
    if not duties:
        return None
    period = duties[0].plan_period.period
    beside = _Beside.of(duties, agency=agency, period=period, person=wanted.person)
    groups = [
        PlanGroup(plan_period.plan, plan_period, tuple(beside.row(duty) for duty in of_plan))
        for plan_period, of_plan in groupby(duties, key=lambda duty: duty.plan_period)
    ]
    return Sheet(agency, period, tuple(groups), sign_steps([agency.pk], wanted.today)[agency.pk])


def _duties(wanted: Wanted, scope: Scope) -> QuerySet[Duty]:
    """A row settled before anything was reported asks for nothing any more."""
    live = ~Q(task__state__in=Task.SETTLED) | Q(progress__isnull=False)
    return (
        Duty.objects.filter(agency=wanted.agency, plan_period__period__code=wanted.code)
        .filter(live | Q(pk__in=wanted.also), task__plan_id__in=scope.visible)
        .select_related("task__plan", "agency", "plan_period__plan", "plan_period__period")
        .select_related("progress", "task__consolidator")
        .order_by("task__plan_id", "task__position", "pk")
    )


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the duties, by task or duty: one query each."""

    facts: dict[int, RowFacts]
    goals: dict[int, AnnualGoal]
    deadlines: dict[int, Deadline]
    leads: dict[int, list[str]]
    parts: dict[int, list[Part]]
    drafts: dict[int, list[Draft]]
    evidence: dict[int, list[Evidence]]
    same: dict[int, Task]
    person: User

    @classmethod
    def of(cls, duties: Sequence[Duty], *, agency: Agency, period: Period, person: User) -> _Beside:
        tasks = {duty.task_id for duty in duties}
        goals = AnnualGoal.objects.filter(
            task_id__in=tasks, agency=agency, year=period.ends_on.year
        )
        deadlines = Deadline.objects.filter(task_id__in=tasks, current=True)
        same = SameReport.objects.filter(agency=agency, task_id__in=tasks)
        return cls(
            facts=row_facts(duties),
            goals={goal.task_id: goal for goal in goals},
            deadlines={deadline.task_id: deadline for deadline in deadlines},
            leads=_leads(tasks),
            parts=_parts(duties, agency),
            drafts=_by_duty(
                Draft.objects.filter(duty__in=duties).select_related("user").order_by("saved_at")
            ),
            evidence=_by_duty(Evidence.objects.filter(duty__in=duties).order_by("pk")),
            same={s.task_id: s.source for s in same.select_related("source__plan")},
            person=person,
        )

    def row(self, duty: Duty) -> SheetRow:
        task = duty.task
        deadline = self.deadlines.get(task.pk)
        drafts = self.drafts.get(duty.pk, [])
        progress: Progress | None = getattr(duty, "progress", None)
        version = progress.version if progress else 0
        return SheetRow(
            duty=duty,
            facts=self.facts[duty.pk],
            goal=self.goals.get(task.pk),
            due_text=deadline.text if deadline else "",
            due_note=_note(task, deadline) if deadline else "",
            leads=tuple(self.leads.get(task.pk, ())),
            parts=tuple(self.parts.get(task.pk, ())),
            draft=next((d for d in drafts if d.user_id == self.person.pk), None),
            others=tuple(
                d for d in drafts if d.user_id != self.person.pk and d.seen_version == version
            ),
            evidence=tuple(self.evidence.get(duty.pk, ())),
            same_as=self.same.get(task.pk),
        )


def _leads(tasks: Iterable[int]) -> dict[int, list[str]]:
    named = (
        Assignment.objects.filter(task_id__in=tasks, role=Role.LEAD)
        .order_by("task_id", "position")
        .values_list("task_id", "name")
    )
    found: dict[int, list[str]] = {}
    for task_id, name in named:
        found.setdefault(task_id, []).append(name)
    return found


def _parts(duties: Sequence[Duty], agency: Agency) -> dict[int, list[Part]]:
    """By task that this unit puts together: what left the other units (D17)."""
    mine = [duty for duty in duties if duty.task.consolidator_id == agency.pk]
    others = (
        Duty.objects.filter(
            task_id__in=[duty.task_id for duty in mine],
            plan_period_id__in={duty.plan_period_id for duty in mine},
        )
        .filter(~Q(agency=agency))
        .select_related("agency", "progress")
        .order_by("task_id", "pk")
    )
    found: dict[int, list[Part]] = {}
    for duty in others:
        progress: Progress | None = getattr(duty, "progress", None)
        part = Part(duty.agency.name, progress.as_delivered if progress else None)
        found.setdefault(duty.task_id, []).append(part)
    return found


def _by_duty(rows: Iterable[_Row]) -> dict[int, list[_Row]]:
    found: dict[int, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.duty_id, []).append(row)
    return found


def _note(task: Task, deadline: Deadline) -> str:
    """Only where it says more than the words of the table."""
    said = due_note(
        task.due_kind,
        task.due_on,
        soft=task.due_soft,
        every=deadline.every,
        moved=not deadline.from_table,
    )
    return "" if said == deadline.text else said
