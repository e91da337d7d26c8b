"""The rows of a snapshot: how each stood in the period, what was reported, what it measures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q

from apps.agencies.parties import Role
from apps.common.spans import whole_span, year_span
from apps.plans.models import PlanPeriod
from apps.reports.figures.kinds import MeasureFact, PartFact, RowFact
from apps.reports.figures.wording import day as day_text
from apps.reports.selectors.past import stood_on
from apps.tasks.content import same_words
from apps.tasks.deadlines import Kind
from apps.tasks.lights import OVERDUE, Light
from apps.tasks.models import (
    AnnualGoal,
    Assignment,
    Deadline,
    Duty,
    MarkSpan,
    PeriodMark,
    Progress,
    Task,
    TaskIndicator,
)
from apps.tasks.selectors.measured import measured
from apps.tasks.selectors.periods import counted_duties

# a task and an agency
_Pair = tuple[int, int]
# both say which light a row had, and why
_Mark = PeriodMark | MarkSpan


def row_facts(entered: Sequence[PlanPeriod], today: date) -> tuple[RowFact, ...]:
    """Every row of the plans, plan by plan in the order of the original table."""
    ended = _ended(entered, today)
    reader = _Reader(
        today=today,
        entered={each.plan_id: each for each in entered},
        ended=ended,
        duties=_duties(entered),
        earlier=_earlier_texts(entered),
        marks=_marks(entered, ended),
    )
    tasks = (
        Task.objects.filter(plan__in=[each.plan_id for each in entered])
        .select_related("plan", "consolidator")
        .defer("cells", "light_facts")
        .prefetch_related(
            Prefetch("assignments", Assignment.objects.order_by("position")),
            Prefetch("deadlines", Deadline.objects.order_by("sequence")),
            Prefetch("task_indicators", TaskIndicator.objects.select_related("indicator")),
            Prefetch("annual_goals", AnnualGoal.objects.filter(value__isnull=False)),
        )
        .order_by("plan_id", "position", "pk")
    )
    by_plan: dict[int, list[RowFact]] = {each.plan_id: [] for each in entered}
    for task in tasks:
        by_plan[task.plan_id].append(reader.row(task))
    return tuple(row for rows in by_plan.values() for row in rows)


def _ended(entered: Sequence[PlanPeriod], today: date) -> dict[int, date]:
    """By plan, for periods that another one came after: the day on which they stood as they ended.

    The day of their closing, or the cut-off; what changed later is the next one's.
    """
    later = PlanPeriod.objects.filter(
        plan=OuterRef("plan"), period__ends_on__gt=OuterRef("period__ends_on")
    )
    followed = PlanPeriod.objects.filter(Exists(later), pk__in=[each.pk for each in entered])
    return {each.plan_id: min(today, each.closed_on or each.cut_off) for each in followed}


def _duties(entered: Sequence[PlanPeriod]) -> dict[int, list[Duty]]:
    """By task, what counts as owed."""
    found: defaultdict[int, list[Duty]] = defaultdict(list)
    owed = counted_duties([each.pk for each in entered]).select_related("agency", "progress")
    for duty in owed.order_by("agency__rank", "agency_id"):
        found[duty.task_id].append(duty)
    return found


def _earlier_texts(entered: Sequence[PlanPeriod]) -> dict[_Pair, str]:
    """What each unit said of a row the last time before the period, as far as it left the unit."""
    [ends_on] = {each.period.ends_on for each in entered}
    last = (
        Progress.objects.filter(
            duty__task__plan__in=[each.plan_id for each in entered],
            duty__plan_period__period__ends_on__lt=ends_on,
            delivered_on__isnull=False,
        )
        .order_by("duty__task_id", "duty__agency_id", "-duty__plan_period__period__ends_on")
        .distinct("duty__task_id", "duty__agency_id")
        .select_related("duty")
    )
    told = ((each.duty, each.as_delivered) for each in last)
    return {(duty.task_id, duty.agency_id): left.text for duty, left in told if left}


def _marks(entered: Sequence[PlanPeriod], ended: Mapping[int, date]) -> dict[int, _Mark]:
    """By task, how it stood on the day its period ended: from the days, else from the period."""
    over = PeriodMark.objects.filter(
        plan_period__in=[each.pk for each in entered if each.plan_id in ended]
    )
    found: dict[int, _Mark] = {mark.task_id: mark for mark in over.defer("light_facts")}
    by_day: defaultdict[date, list[int]] = defaultdict(list)
    for plan_id, day in ended.items():
        by_day[day].append(plan_id)
    stood = Q(pk__in=[])
    for day, plan_ids in by_day.items():
        stood |= stood_on(day) & Q(plan_id__in=plan_ids)
    return found | {span.task_id: span for span in MarkSpan.objects.filter(stood)}


@dataclass(frozen=True, slots=True)
class _Reader:
    """What is read for all rows together."""

    today: date
    # by plan
    entered: dict[int, PlanPeriod]
    ended: dict[int, date]
    # by task
    duties: dict[int, list[Duty]]
    earlier: dict[_Pair, str]
    marks: dict[int, _Mark]

    def row(self, task: Task) -> RowFact:
        entered = self.entered[task.plan_id]
        ended = self.ended.get(task.plan_id)
        mark = self.marks.get(task.pk) if ended else None
        stood = _Stood(task, entered, mark, ended or self.today, is_over=ended is not None)
        parties = list(task.assignments.all())
        leads = [each for each in parties if each.role == Role.LEAD]
        order = {each.agency_id: each.position for each in reversed(parties)}
        duties = sorted(
            self.duties.get(task.pk, []), key=lambda duty: order.get(duty.agency_id, len(order) + 1)
        )
        return RowFact(
            task_id=task.pk,
            plan_code=task.plan.code,
            number=task.number,
            content=f"{task.title}\n{task.content}" if task.title else task.content,
            leads=tuple(each.name for each in leads),
            supports=tuple(each.name for each in parties if each.role == Role.SUPPORT),
            due_text=stood.due_text,
            due_on=stood.due_on,
            state=stood.state.value,
            state_label=stood.state.label,
            closed_on=task.closed_on if stood.state in Task.SETTLED else None,
            overdue_days=stood.overdue_days,
            self_supervised=entered.plan.supervisor_id in {each.agency_id for each in leads},
            light=stood.light.value,
            light_label=stood.light.label,
            light_reason=stood.light_reason,
            consolidator=task.consolidator.name if task.consolidator else "",
            category=tuple(map(str, task.category)),
            parts=tuple(self._part(duty, entered) for duty in duties),
            measures=tuple(
                figure for duty in duties if (figure := self._measure(task, duty, stood))
            ),
        )

    def _part(self, duty: Duty, entered: PlanPeriod) -> PartFact:
        agency, left = duty.agency, _left(duty)
        if left is None:
            return PartFact(agency.code, agency.name, delivered=False, late=False)
        before = self.earlier.get((duty.task_id, duty.agency_id))
        counted: date = duty.counted  # type: ignore[attr-defined]  # annotated by counted_duties
        return PartFact(
            agency_code=agency.code,
            agency=agency.name,
            delivered=True,
            late=counted > entered.cut_off,
            judgement=left.judgement,
            self_assessment=left.self_assessment,
            approved=left.state == Progress.State.APPROVED,
            text=left.text,
            unchanged=left.get_unchanged_display() if left.unchanged else "",
            repeated=not left.unchanged and before is not None and same_words(left.text, before),
            problems=left.problems,
            next_step=left.next_step,
            whole_text=left.whole_text,
            whole_missing=tuple(left.whole_missing),
        )

    def _measure(self, task: Task, duty: Duty, stood: _Stood) -> MeasureFact | None:
        """What the light is judged by: approved, or handed in for a period that is over."""
        left, entered = _left(duty), stood.entered
        over = entered.past_cut_off(self.today) or entered.state == PlanPeriod.State.CLOSED
        counting = {Progress.State.APPROVED, *([Progress.State.SUBMITTED] if over else [])}
        if left is None or left.value is None or left.state not in counting:
            return None
        as_of = entered.data_as_of
        figure = measured(task, agency_id=duty.agency_id, value=left.value, as_of=as_of)
        if figure is None:
            return None
        span = year_span(as_of) if figure.annual else whole_span(stood.starts_on, stood.due_on)
        return MeasureFact(
            agency=duty.agency.name,
            indicator=figure.indicator,
            unit=figure.unit,
            value=left.value,
            target=figure.target,
            share=figure.share,
            expected=span.expected(as_of) if span else None,
            span=span.told(as_of) if span else "",
        )


def _left(duty: Duty) -> Progress | None:
    progress: Progress | None = getattr(duty, "progress", None)
    return progress and progress.as_delivered


@dataclass(frozen=True, slots=True)
class _Stood:
    """A row on the day that counts: today, or the day on which its period ended."""

    task: Task
    entered: PlanPeriod
    # how it stood then; None: as it stands
    mark: _Mark | None
    day: date
    is_over: bool

    @property
    def state(self) -> Task.State:
        """What was closed after the period ended was under way in it."""
        task = self.task
        after = task.closed_on is not None and task.closed_on > self.day
        return Task.State.ACTIVE if task.is_settled and after else Task.State(task.state)

    @property
    def deadline(self) -> Deadline | None:
        known = list(self.task.deadlines.all())
        decided = [each for each in known if each.recorded_on <= self.day] or known[:1]
        return decided[-1] if decided else None

    @property
    def starts_on(self) -> date | None:
        deadline = self.deadline
        return (deadline.starts_on if deadline else None) or self.entered.plan.starts_on

    @property
    def due_on(self) -> date | None:
        deadline = self.deadline
        return deadline.due_on if deadline and deadline.kind == Kind.DATE else None

    @property
    def due_text(self) -> str:
        """Verbatim; a day that was decided since stands beside it."""
        deadline = self.deadline
        if deadline is None:
            return ""
        if deadline.from_table or deadline.due_on is None:
            return deadline.text
        return f"{deadline.text}（调整为{day_text(deadline.due_on)}）"

    @property
    def overdue_days(self) -> int:
        """Flagged by the sweep, as the lists have it; for history by the calendar of then."""
        due_on, deadline = self.due_on, self.deadline
        if due_on is None or deadline is None or self.state not in Task.RUNNING:
            return 0
        if not self.is_over and self.task.overdue_since is None:
            return 0
        return 0 if deadline.soft else max(0, (self.day - due_on).days)

    @property
    def light(self) -> Light:
        return Light((self.mark or self.task).light)

    @property
    def light_reason(self) -> str:
        """Stored without its days, which grow by the day."""
        reason = (self.mark or self.task).light_reason
        return f"{reason} {self.overdue_days} 天" if reason == OVERDUE else reason
