"""A unit's rows for one period as its 填报表 and its 签批单 show them (product.md D10, D17).

The unit's own people read the newest text and their own draft. Supervisors read what has left the
unit, of the plans they supervise, and never a draft.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.plans.models import Period, PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.content import RowFacts, fields_of
from apps.tasks.models import Deadline, Draft, Duty, Progress, Task
from apps.tasks.selectors.filling import row_facts
from apps.tasks.sheet_form import FormHead, FormRow
from apps.tasks.wording import due_note, plain_number


@dataclass(frozen=True, slots=True)
class View:
    """How somebody looks at a unit's sheet: from inside, or at these plans from outside."""

    inside: bool
    # None: all plans
    plans: frozenset[int] | None = None
    person: User | None = None
    # from inside: colleagues' drafts are left out
    own_drafts: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One duty. `readable`: the report as this reader may read it; `facts` go with it."""

    duty: Duty
    readable: Progress | None
    facts: RowFacts
    deadline: Deadline | None
    draft: Draft | None

    @property
    def task(self) -> Task:
        return self.duty.task

    @property
    def newest(self) -> Progress | None:
        """The report as it stands, whoever may read it: for its version and state."""
        return getattr(self.duty, "progress", None)

    @property
    def version(self) -> int:
        return self.newest.version if self.newest else 0

    @property
    def seen_version(self) -> int:
        """Of what is shown: a text that has not left the unit is still to be met as a conflict."""
        if self.draft is not None:
            return self.draft.seen_version
        return self.version if self.readable is self.newest else 0

    @property
    def fields(self) -> dict[str, str]:
        """What the cells to be filled in begin with."""
        if self.draft is not None:
            return {key: str(value or "") for key, value in self.draft.fields.items()}
        return fields_of(self.readable) if self.readable else {}

    @property
    def closed(self) -> str:
        """Why no report is taken any more; the service has the last word."""
        if self.duty.plan_period.state != PlanPeriod.State.OPEN:
            return "报告期已关闭"
        if self.task.is_settled:
            return f"任务{self.task.get_state_display()}"
        if self.newest is not None and self.newest.state == Progress.State.APPROVED:
            return "本期进展已审核通过"
        return ""

    @property
    def target(self) -> str:
        figure = self.facts.figure
        if figure is None:
            return ""
        return f"{plain_number(figure.target_value)} {figure.indicator.unit}".strip()

    @property
    def due(self) -> str:
        """The table's own words, and the reading where it says more."""
        if self.deadline is None:
            return ""
        said = due_note(
            self.task.due_kind,
            self.task.due_on,
            soft=self.task.due_soft,
            every=self.deadline.every,
            moved=not self.deadline.from_table,
        )
        text = self.deadline.text
        return text if not said or said == text else f"{text}（{said}）" if text else said

    def form_row(self) -> FormRow:
        return FormRow(
            duty_id=self.duty.pk,
            version=self.seen_version,
            plan=self.task.plan.short_title,
            number=self.task.number,
            content=self.task.content,
            due=self.due,
            previous=self.facts.previous.text if self.facts.previous else "",
            target=self.target,
            fields=self.fields,
            consolidates=self.facts.consolidates,
            closed=self.closed,
        )


@dataclass(frozen=True, slots=True)
class UnitSheet:
    """All that one unit owes for a period, as far as its reader may see it; never empty."""

    agency: Agency
    period: Period
    lines: tuple[Line, ...]

    @property
    def cut_off(self) -> date:
        """The earliest among the plans still open, else of all."""
        periods = {line.duty.plan_period for line in self.lines}
        still = [each for each in periods if each.state == PlanPeriod.State.OPEN]
        return min(each.cut_off for each in still or periods)

    @property
    def data_as_of(self) -> date:
        return max(line.duty.plan_period.data_as_of for line in self.lines)

    def head(self, made_on: date) -> FormHead:
        return FormHead(
            period_code=self.period.code,
            period_name=self.period.name,
            unit_code=self.agency.code,
            unit_name=self.agency.name,
            made_on=made_on,
            cut_off=self.cut_off,
        )


def own_units(scope: Scope) -> frozenset[int]:
    """The units whose sheets this person handles from inside."""
    rights = scope.rights
    return rights.reporter_of | rights.approver_of | rights.administers


def view_of(scope: Scope, agency_id: int, person: User) -> View | None:
    """None for those who may not see this unit's sheet."""
    if agency_id in own_units(scope):
        return View(inside=True, person=person)
    return View(inside=False, plans=scope.supervised) if scope.supervised else None


def unit_sheet(*, agency_id: int, code: str, view: View) -> UnitSheet | None:
    """None where the unit owes nothing for such a period that this reader may see."""
    duties = list(duties_of(code, plans=view.plans).filter(agency=agency_id))
    if not duties:
        return None
    lines = lines_of(duties, view)
    return UnitSheet(duties[0].agency, duties[0].plan_period.period, tuple(lines.values()))


def duties_of(code: str, *, plans: Collection[int] | None) -> QuerySet[Duty]:
    """All duties of a period, in the order of the sheets; `plans` None asks for every plan.

    A row settled before anything was reported asks for nothing any more.
    """
    duties = Duty.objects.filter(plan_period__period__code=code)
    if plans is not None:
        duties = duties.filter(task__plan_id__in=plans)
    return (
        duties.exclude(task__state__in=Task.SETTLED, progress__isnull=True)
        .select_related("task__plan", "agency", "plan_period__period", "progress")
        .order_by("agency__rank", "agency_id", "task__plan_id", "task__position", "pk")
    )


def lines_of(duties: Sequence[Duty], view: View) -> dict[int, Line]:
    """By duty, in the given order; a fixed number of queries for any number of rows and units."""
    facts = row_facts(duties)
    tasks = {duty.task_id for duty in duties}
    deadlines = {
        deadline.task_id: deadline
        for deadline in Deadline.objects.filter(task_id__in=tasks, current=True)
    }
    drafts = _drafts(duties, view)
    lines = {}
    for duty in duties:
        progress: Progress | None = getattr(duty, "progress", None)
        lines[duty.pk] = Line(
            duty=duty,
            readable=progress if view.inside or progress is None else progress.as_delivered,
            facts=_as_seen(facts[duty.pk], view),
            deadline=deadlines.get(duty.task_id),
            draft=drafts.get(duty.pk),
        )
    return lines


def _drafts(duties: Sequence[Duty], view: View) -> Mapping[int, Draft]:
    """The person's own, else the newest of a colleague's; from outside there are none."""
    if not view.inside:
        return {}
    drafts = Draft.objects.filter(duty__in=[duty.pk for duty in duties]).order_by("saved_at")
    if view.own_drafts:
        drafts = drafts.filter(user=view.person)
    found: dict[int, Draft] = {}
    for draft in drafts:
        known = found.get(draft.duty_id)
        mine = view.person is not None and known is not None and known.user_id == view.person.pk
        if not mine:
            found[draft.duty_id] = draft
    return found


def _as_seen(facts: RowFacts, view: View) -> RowFacts:
    """From outside also of earlier periods only what has left the unit."""
    if view.inside or facts.previous is None:
        return facts
    return RowFacts(facts.figure, facts.previous.as_delivered, facts.consolidates)


def units_owing(code: str, plans: Collection[int]) -> list[Agency]:
    """The units that owe something for the period in these plans, in their usual order."""
    owing = Duty.objects.filter(
        agency=OuterRef("pk"), plan_period__period__code=code, task__plan_id__in=plans
    )
    return list(Agency.objects.filter(Exists(owing)).order_by("rank", "pk"))


def owes(code: str, agency_ids: Collection[int]) -> bool:
    """Whether one of these units has a sheet for the period."""
    return duties_of(code, plans=None).filter(agency__in=agency_ids).exists()


def period_of(code: str) -> Period | None:
    """The period that somebody asked for by its address."""
    return Period.objects.filter(code=code).first()
