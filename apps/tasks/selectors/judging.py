"""Reading what the stored 进度灯 and 报送标 of rows are judged by, and judging them.

Six queries for any number of rows, of the columns that count: texts are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch

from apps.agencies.models import Agency
from apps.common.periods import PeriodCode
from apps.common.workdays import Workdays
from apps.ops.selectors import workdays
from apps.plans.calendar import upcoming
from apps.plans.models import Plan, PlanPeriod, PlanPolicy
from apps.tasks.assessments import Assessment
from apps.tasks.deadlines import Every, Kind
from apps.tasks.lights import (
    Light,
    LightReading,
    PeriodDuties,
    Recurring,
    Report,
    Standing,
    Thresholds,
    next_change,
    read_light,
    read_mark,
)
from apps.tasks.models import AnnualGoal, Deadline, Duty, Progress, Task, TaskIndicator
from apps.tasks.occurrences import every_due_of, occurrences
from apps.tasks.selectors.measured import measured

_SETTLED = {Task.State.CLOSED.value: Light.CLOSED, Task.State.ENDED.value: Light.ENDED}
_WARNED = {Every.YEAR, Every.HALF_YEAR}
_DUE_AND_NEXT = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """What is stored of a row. `reading` is None where no light is kept (D0)."""

    task_id: int
    reading: LightReading | None
    report_mark: str = ""
    report_label: str = ""
    last_progress_id: int | None = None
    changes_on: date | None = None
    # whose history this judgement belongs to
    plan_period_id: int | None = None


def judge(task_ids: Sequence[int], today: date) -> list[Judged]:
    """These rows as they stand today."""
    tasks = list(_with_everything(task_ids))
    calendars = _calendars({task.plan_id for task in tasks}, today)
    units = {duty.agency_id for task in tasks for duty in task.duties.all()}
    names = dict(Agency.objects.filter(pk__in=units).values_list("pk", "name"))
    return [_Row(task, calendars[task.plan_id], names, today).judged() for task in tasks]


def judge_new(plan: Plan, rows: Iterable[tuple[Task, Deadline]], today: date) -> list[Judged]:
    """Rows that are about to be written: nobody owes or has reported anything for them.

    Rows of equal deadlines stand alike and are judged once; three queries for any number.
    """
    calendar = _calendars({plan.pk}, today)[plan.pk]
    found: dict[object, Judged] = {}
    judged = []
    for task, deadline in rows:
        said = (deadline.kind, deadline.due_on, deadline.starts_on, deadline.every)
        alike = (*said, str(deadline.every_due), task.state, task.due_on, task.due_soft)
        if alike not in found:
            found[alike] = _Row(_unheard(task, deadline), calendar, {}, today).judged()
        judged.append(found[alike])
    return judged


def _unheard(task: Task, deadline: Deadline) -> Task:
    """A stand-in of which nothing is asked of the database."""
    row = Task(
        pk=0, state=task.state, due_kind=task.due_kind, due_on=task.due_on, due_soft=task.due_soft
    )
    beside: dict[str, list[Deadline]] = {"duties": [], "task_indicators": [], "annual_goals": []}
    row._prefetched_objects_cache = {**beside, "deadlines": [deadline]}  # type: ignore[attr-defined]  # noqa: SLF001  # what a query would find
    return row


@dataclass(frozen=True, slots=True)
class _Calendar:
    """What all rows of a plan share."""

    plan: Plan
    thresholds: Thresholds
    periods: dict[int, PlanPeriod]
    short_names: dict[int, str]
    # of the periods that are entered, and of those that come next by the plan's rule
    cut_offs: list[date]
    newest_id: int | None
    # the chance to report after the one now due
    next_cut_off: date | None


def _calendars(plan_ids: set[int], today: date) -> dict[int, _Calendar]:
    entered = PlanPeriod.objects.select_related("period").order_by("period__ends_on")
    plans = (
        Plan.objects.filter(pk__in=plan_ids)
        .select_related("policy")
        .prefetch_related(Prefetch("plan_periods", entered))
    )
    calendar = workdays()
    return {plan.pk: _calendar(plan, calendar, today) for plan in plans}


def _calendar(plan: Plan, calendar: Workdays, today: date) -> _Calendar:
    policy = getattr(plan, "policy", None) or PlanPolicy()
    periods = list(plan.plan_periods.all())
    cut_offs = [period.cut_off for period in periods]
    ahead: list[date] = []
    if periods:
        ahead = _ahead(policy, sorted(cut_offs), periods[-1].period.span, calendar, today)
    return _Calendar(
        plan=plan,
        thresholds=Thresholds(
            Decimal(policy.red_points), Decimal(policy.amber_points), policy.near_days
        ),
        periods={period.pk: period for period in periods},
        short_names={period.pk: period.period.short_name for period in periods},
        cut_offs=[*cut_offs, *ahead],
        newest_id=periods[-1].pk if periods else None,
        next_cut_off=ahead[1] if ahead else None,
    )


def _ahead(
    policy: PlanPolicy, cut_offs: list[date], newest: PeriodCode, calendar: Workdays, today: date
) -> list[date]:
    """The cut-off now due and those after it: as entered, then two by the plan's rule."""
    ahead = [cut_off for cut_off in cut_offs if cut_off >= today]
    for _ in range(_DUE_AND_NEXT):
        newest, cut_off = upcoming(policy, newest, today, calendar)
        ahead.append(cut_off)
    return ahead


def _with_everything(ids: Sequence[int]) -> Iterable[Task]:
    duties = (
        Duty.objects.select_related("progress")
        .only("task", "agency", "plan_period", *(f"progress__{name}" for name in _READ))
        .order_by("-plan_period__period__ends_on", "pk")
    )
    return (
        Task.objects.filter(pk__in=ids)
        .only("plan", "state", "due_kind", "due_on", "due_soft", "consolidator")
        .order_by("pk")
        .prefetch_related(
            Prefetch("duties", duties),
            Prefetch("deadlines", Deadline.objects.filter(current=True)),
            Prefetch("task_indicators", TaskIndicator.objects.select_related("indicator")),
            Prefetch("annual_goals", AnnualGoal.objects.filter(value__isnull=False)),
        )
    )


_READ = (
    "state", "value", "judgement", "judged_by", "delivered_on", "counted_on", "delivered",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sent:
    """A duty with what has left its unit, if anything has."""

    duty: Duty
    period: PlanPeriod
    progress: Progress | None

    def counts(self, today: date) -> bool:
        """A report of a period under way counts once it is approved; one that was sent back lies

        with its unit and is not ours to judge.
        """
        if self.progress is None:
            return False
        if self.progress.state == Progress.State.APPROVED:
            return True
        over = self.is_closed or self.period.past_cut_off(today)
        return self.progress.state == Progress.State.SUBMITTED and over

    @property
    def is_closed(self) -> bool:
        return self.period.state == PlanPeriod.State.CLOSED


@dataclass(frozen=True, slots=True)
class _Row:
    """One task with its duties, newest period first."""

    task: Task
    calendar: _Calendar
    names: dict[int, str]
    today: date

    def judged(self) -> Judged:
        task, calendar = self.task, self.calendar
        if not calendar.plan.is_own:
            return Judged(task.pk, None)
        sent = [self._sent(duty) for duty in task.duties.all()]
        standing = self._standing(sent)
        mark, label = (None, "") if task.is_settled else read_mark(_periods(sent), self.today)
        return Judged(
            task_id=task.pk,
            reading=read_light(standing),
            report_mark=mark or "",
            report_label=label,
            last_progress_id=_last(sent, task.consolidator_id),
            changes_on=next_change(standing, calendar.cut_offs),
            plan_period_id=calendar.newest_id,
        )

    def _sent(self, duty: Duty) -> _Sent:
        progress: Progress | None = getattr(duty, "progress", None)
        left = progress and progress.as_delivered
        return _Sent(duty, self.calendar.periods[duty.plan_period_id], left)

    def _standing(self, sent: Sequence[_Sent]) -> Standing:
        task, plan = self.task, self.calendar.plan
        deadline = next(iter(task.deadlines.all()), None)
        counting = [each for each in sent if each.counts(self.today)]
        return Standing(
            today=self.today,
            settled=_SETTLED.get(task.state),
            suspended=task.state == Task.State.SUSPENDED,
            due_on=task.due_on if task.due_kind == Kind.DATE else None,
            soft=task.due_soft,
            starts_on=(deadline.starts_on if deadline else None) or plan.starts_on,
            next_cut_off=self.calendar.next_cut_off,
            reports=tuple(self._reports(counting)),
            recurring=self._recurring(deadline, counting) if deadline else None,
            thresholds=self.calendar.thresholds,
        )

    def _reports(self, counting: Iterable[_Sent]) -> Iterator[Report]:
        """Per unit its newest judged report, and a newer one that waits for its judgement."""
        waiting: set[int] = set()
        judged: set[int] = set()
        for each in counting:
            unit = each.duty.agency_id
            if unit in judged:
                continue
            if each.progress and each.progress.judgement:
                judged.add(unit)
            elif unit in waiting:
                continue
            waiting.add(unit)
            yield self._report(each)

    def _recurring(self, deadline: Deadline, counting: Iterable[_Sent]) -> Recurring | None:
        if deadline.kind != Kind.RECURRING or not deadline.every:
            return None
        every, plan = Every(deadline.every), self.calendar.plan
        # nothing fell due before there was a document that asked for it
        starts_on = deadline.starts_on or plan.issued_on or plan.starts_on
        due = every_due_of(deadline.every_due)
        days = occurrences(every, due, starts_on, deadline.due_on, self.today)
        judged = (each for each in counting if each.progress and each.progress.judgement)
        return Recurring(
            days.last, days.next, every in _WARNED, tuple(self._report(each) for each in judged)
        )

    def _report(self, each: _Sent) -> Report:
        assert each.progress is not None, "only what was sent counts"
        figure = measured(
            self.task,
            agency_id=each.duty.agency_id,
            value=each.progress.value,
            as_of=each.period.data_as_of,
        )
        return Report(
            agency=self.names[each.duty.agency_id],
            period=self.calendar.short_names[each.period.pk],
            data_as_of=each.period.data_as_of,
            judged_by=each.progress.judged_by,
            judgement=Assessment(each.progress.judgement) if each.progress.judgement else None,
            share=figure.share if figure else None,
            annual=figure is not None and figure.annual,
            indicator=figure.indicator if figure else "",
        )


def _periods(sent: Sequence[_Sent]) -> list[PeriodDuties]:
    """What was owed, period by period, newest first."""
    return [
        PeriodDuties(
            cut_off=period.cut_off,
            counted=tuple(counted_on(each.progress) for each in group),
            closed=group[0].is_closed,
        )
        for period, group in _by_period(sent)
    ]


def counted_on(progress: Progress | None) -> date | None:
    """The day held against the cut-off. What has left its unit is in, come what may."""
    return (progress.counted_on or progress.delivered_on) if progress else None


def _by_period(sent: Sequence[_Sent]) -> list[tuple[PlanPeriod, list[_Sent]]]:
    grouped: dict[int, list[_Sent]] = {}
    for each in sent:
        grouped.setdefault(each.period.pk, []).append(each)
    return [(group[0].period, group) for group in grouped.values()]


def _last(sent: Sequence[_Sent], consolidator_id: int | None) -> int | None:
    """Of the newest period with a report the 汇总单位's, or else the first unit's."""
    for _, group in _by_period(sent):
        reported = [each for each in group if each.progress is not None]
        reported.sort(key=lambda each: each.duty.agency_id != consolidator_id)
        if reported and reported[0].progress:
            return reported[0].progress.pk
    return None
