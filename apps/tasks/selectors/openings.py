"""What opening a period would create, before a person confirms it (product.md D8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Max

from apps.agencies.parties import Role
from apps.common.periods import PeriodCode
from apps.ops.selectors import workdays
from apps.plans.calendar import asks_from, cut_off_of, data_as_of, due_period, opens_on, upcoming
from apps.plans.models import Plan, PlanPeriod, PlanPolicy
from apps.tasks.models import Assignment, Duty, Task
from apps.tasks.selectors.duties import Pair, owed_by


class Coming(NamedTuple):
    """A period to come: until when, with figures of which day, open from when."""

    code: PeriodCode
    cut_off: date
    data_as_of: date
    opens_on: date


@dataclass(frozen=True, slots=True)
class PlanOpening:
    """What opening a period would create for one plan, and the calendar it would get."""

    plan: Plan
    cut_off: date
    data_as_of: date
    # False: the period is none of the plan's own by its cadence
    in_cadence: bool
    # the plan's 实施期 was over before anything new could be asked
    ended: bool
    duties: int
    tasks: int
    units: int
    # rows that ask nobody until somebody designates a 汇总单位
    without_lead: int
    # of `duties`, what is there already
    existing: int
    # there, not reported, and by the table as it is now not this unit's any more: it stands all the
    # same, for a person to settle
    outdated: int
    entered: PlanPeriod | None
    # an earlier period that is still being reported on
    running: PlanPeriod | None

    @property
    def new(self) -> int:
        return self.duties - self.existing

    @property
    def may_open(self) -> bool:
        """Not closed, the plan's 实施期 is not over, and nothing before it is still running."""
        if self.entered is None:
            return not (self.ended or self.running)
        return not self.ended and self.entered.state == PlanPeriod.State.OPEN


@dataclass(frozen=True, slots=True)
class OpeningPreview:
    """Over all plans. `units` are counted once; `foreign`: rows of plans above and below ours."""

    code: PeriodCode
    plans: Sequence[PlanOpening]
    units: int
    foreign: Mapping[str, int]
    # years of the cut-offs whose national holidays nobody knows yet
    unpublished: Sequence[int]

    @property
    def duties(self) -> int:
        return sum(each.duties for each in self.plans)

    @property
    def new(self) -> int:
        return sum(each.new for each in self.plans)

    @property
    def existing(self) -> int:
        return self.duties - self.new

    @property
    def tasks(self) -> int:
        return sum(each.tasks for each in self.plans)

    @property
    def without_lead(self) -> int:
        return sum(each.without_lead for each in self.plans)

    @property
    def upper(self) -> int:
        return self.foreign.get(Plan.Relation.UPPER, 0)

    @property
    def lower(self) -> int:
        return self.foreign.get(Plan.Relation.LOWER, 0)


def running_before(plans: Collection[Plan], code: PeriodCode, today: date) -> dict[int, PlanPeriod]:
    """By plan, the earlier period whose cut-off is still ahead: a newer one would hide it."""
    running = PlanPeriod.objects.filter(
        plan__in=plans,
        state=PlanPeriod.State.OPEN,
        cut_off__gte=today,
        period__ends_on__lt=code.ends_on,
    )
    return {each.plan_id: each for each in running.soonest_first(today)}


def opening_preview(
    plans: Collection[Plan], code: PeriodCode, today: date, *, foreign: Collection[int] = ()
) -> OpeningPreview:
    """What opening this period would create.

    `foreign`: ids of plans beside ours, which create nothing. The number of queries does not grow
    with plans or rows.
    """
    calendar = workdays()
    own = [plan for plan in plans if plan.is_own]
    policies = {policy.plan_id: policy for policy in PlanPolicy.objects.filter(plan__in=own)}
    entered = {
        each.plan_id: each
        for each in PlanPeriod.objects.filter(plan__in=own, period__code=code.code)
    }
    owed = owed_by(own, ends_on=code.ends_on, today=today)
    known = duties_known(entered.values())
    silent = duties_known(entered.values(), silent=True)
    running = running_before(own, code, today)
    lines = []
    for plan in own:
        there, policy = entered.get(plan.pk), policies[plan.pk]
        cut_off = there.cut_off if there else cut_off_of(policy, code, calendar)
        pairs = owed[plan.pk].pairs
        still = {*(task for task, _ in pairs), *owed[plan.pk].nobody}
        stale = silent[there.pk].difference(pairs) if there else set()
        lines.append(
            PlanOpening(
                plan=plan,
                cut_off=cut_off,
                data_as_of=data_as_of(code, cut_off),
                in_cadence=code.month % policy.cadence == 0,
                ended=plan.ends_on is not None and plan.ends_on < asks_from(policy, code),
                duties=len(pairs),
                tasks=len({task for task, _ in pairs}),
                units=len({unit for _, unit in pairs}),
                without_lead=len(owed[plan.pk].nobody),
                existing=len(known[there.pk].intersection(pairs)) if there else 0,
                outdated=sum(task in still for task, _ in stale),
                entered=there,
                running=running.get(plan.pk),
            )
        )
    years = {line.cut_off.year for line in lines}
    return OpeningPreview(
        code=code,
        plans=lines,
        units=len({unit for each in owed.values() for _, unit in each.pairs}),
        foreign=_foreign_rows(foreign),
        unpublished=sorted(year for year in years if not calendar.is_published(year)),
    )


def period_choices(policies: Collection[PlanPolicy], today: date) -> list[PeriodCode]:
    """What may be opened, the period now due first: of each cadence the newest that is due, and

    the one after it where its months have begun.
    """
    calendar = workdays()
    due = {due_period(policy, today, calendar) for policy in policies}
    coming = {
        following
        for policy in policies
        if asks_from(
            policy, following := due_period(policy, today, calendar).following(policy.cadence)
        )
        <= today
    }
    return [*sorted(due, reverse=True), *sorted(coming - due)]


def coming_periods(policy: PlanPolicy, today: date, many: int = 4) -> list[Coming]:
    """The next periods by a plan's rule, with their days; one query."""
    calendar = workdays()
    found: list[Coming] = []
    code: PeriodCode | None = None
    while len(found) < many:
        code, cut_off = upcoming(policy, code, today, calendar)
        found.append(Coming(code, cut_off, data_as_of(code, cut_off), opens_on(code, cut_off)))
    return found


def following_period(agency_ids: Collection[int], today: date) -> tuple[str, date] | None:
    """The next period of the plans in which these units still lead something, by each plan's rule,

    with its cut-off; None where nothing more is asked. Two queries.
    """
    led = Assignment.objects.filter(agency_id__in=agency_ids, role=Role.LEAD)
    policies = (
        PlanPolicy.objects.filter(plan__relation=Plan.Relation.OWN)
        .filter(plan__in=led.exclude(task__state__in=Task.SETTLED).values("task__plan"))
        .select_related("plan")
        .annotate(newest=Max("plan__plan_periods__period__ends_on"))
    )
    calendar = workdays()
    found = []
    for policy in policies:
        opened = PeriodCode(policy.newest.year, policy.newest.month) if policy.newest else None
        code, cut_off = upcoming(policy, opened, today, calendar)
        if policy.plan.ends_on is None or policy.plan.ends_on >= asks_from(policy, code):
            found.append((cut_off, code.name))
    if not found:
        return None
    cut_off, name = min(found)
    return name, cut_off


def duties_known(entered: Collection[PlanPeriod], *, silent: bool = False) -> dict[int, set[Pair]]:
    """By plan period what is owed already; `silent`: and has no report of any kind."""
    known: dict[int, set[Pair]] = {each.pk: set() for each in entered}
    rows = Duty.objects.filter(plan_period__in=known)
    if silent:
        rows = rows.filter(progress__isnull=True)
    for period_id, task_id, agency_id in rows.values_list("plan_period_id", "task_id", "agency_id"):
        known[period_id].add((task_id, agency_id))
    return known


def _foreign_rows(plan_ids: Collection[int]) -> dict[str, int]:
    rows = Task.objects.filter(plan__in=plan_ids).exclude(plan__relation=Plan.Relation.OWN)
    return dict(rows.order_by().values_list("plan__relation").annotate(Count("pk")))
