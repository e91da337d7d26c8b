"""What plans want opened and closed by themselves (product.md D8, D14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from apps.accounts.models import Membership
from apps.common.actor import Actor
from apps.common.errors import Refused
from apps.common.periods import PeriodCode
from apps.common.workdays import Workdays
from apps.notices.models import Message
from apps.notices.services import tell
from apps.ops.selectors import workdays
from apps.ops.services import job_finished
from apps.plans.calendar import asks_from, cut_off_of, due_period
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.access import Scope, everything
from apps.tasks.services.period_messages import day_text
from apps.tasks.services.periods import period_close, periods_open


@dataclass(frozen=True, slots=True)
class Swept:
    """How many periods this run opened and closed."""

    opened: int
    closed: int


@dataclass(frozen=True, slots=True)
class _Run:
    actor: Actor
    scope: Scope
    today: date


def sweep_periods(*, actor: Actor, today: date) -> Swept:
    """Open what has come due and close what is over, each plan in a transaction of its own.

    Only the newest due period of a plan is opened, and never one that was there before. A period
    whose cut-off passed while nobody swept is not opened, for every report would be late: the
    supervisor is told instead. A second run changes nothing.
    """
    calendar, run = workdays(), _Run(actor, everything(), today)
    opened = sum(_open(plan, run, calendar) for plan in _opening_themselves())
    closed = sum(_close(each, run) for each in _to_close(today, calendar))
    job_finished(kind="sweep_periods", key=today.isoformat(), done=opened + closed)
    return Swept(opened, closed)


def _opening_themselves() -> list[Plan]:
    plans = Plan.objects.filter(relation=Plan.Relation.OWN, policy__opens_by_itself=True)
    return list(
        plans.select_related("policy").prefetch_related("plan_periods__period").order_by("pk")
    )


def _open(plan: Plan, run: _Run, calendar: Workdays) -> bool:
    code = due_period(plan.policy, run.today, calendar)
    newest = max((each.period.span for each in plan.plan_periods.all()), default=None)
    over = plan.ends_on is not None and plan.ends_on < asks_from(plan.policy, code)
    if over or (newest is not None and newest >= code):
        return False
    cut_off = cut_off_of(plan.policy, code, calendar)
    if cut_off < run.today:
        # a plan that never asked for anything has missed nothing
        if newest is not None:
            _tell_unopened(plan, code, cut_off, run.today)
        return False
    try:
        done = periods_open(
            actor=run.actor, scope=run.scope, plans=[plan], code=code, today=run.today
        )
    except Refused:
        # somebody has changed the plan since it was read; the next sweep reads it anew
        return False
    # none where another sweep was faster
    return done.created > 0


def _tell_unopened(plan: Plan, code: PeriodCode, cut_off: date, today: date) -> None:
    if plan.supervisor_id is None:
        return
    tell(
        messages=[
            Message(
                key=f"unopened:{code.code}:{plan.pk}",
                agency_id=plan.supervisor_id,
                role=Membership.Role.SUPERVISOR,
                subject=f"{plan.short_title}{code.name}没有按时开启，请另定截止日后开启",
                body=f"按规则应于{day_text(cut_off)}截止，这一天已经过去，系统没有自动开启。",
                path=f"/periods/open/?period={code.code}&plan={plan.pk}",
                business_date=today,
            )
        ]
    )


def _to_close(today: date, calendar: Workdays) -> list[PlanPeriod]:
    """Counted from the cut-off, or from the day on which it was opened again after that."""
    candidates = PlanPeriod.objects.filter(
        state=PlanPeriod.State.OPEN, cut_off__lt=today, plan__policy__closes_after__isnull=False
    ).select_related("plan__policy", "period")
    return [
        each
        for each in candidates.order_by("plan_id", "period__ends_on")
        if calendar.add(max(each.cut_off, each.opened_on), each.plan.policy.closes_after or 0)
        < today
    ]


def _close(plan_period: PlanPeriod, run: _Run) -> bool:
    try:
        period_close(actor=run.actor, scope=run.scope, plan_period=plan_period, today=run.today)
    except Refused:
        # somebody has closed it, or moved its cut-off, since it was read
        return False
    return True
