"""Opening and closing a reporting period, and moving its cut-off (product.md D8, D14)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.audit.services import Act, record, record_all
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.common.periods import PeriodCode
from apps.plans.calendar import data_as_of
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.models import Task
from apps.tasks.selectors.duties import Pair, owed_by
from apps.tasks.selectors.periods import figures_of, resubmissions_until
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.period_entries import (
    day_reason,
    duties_enter,
    opening_acts,
    plan_periods_enter,
)
from apps.tasks.services.period_messages import day_text, tell_moved, tell_opened
from apps.tasks.services.reports_locked import check_reason


@dataclass(frozen=True, slots=True)
class Opened:
    """What one act of opening came to: duties that are new, and the units that owe them."""

    created: int
    units: int
    plan_periods: Sequence[PlanPeriod]


@transaction.atomic
def periods_open(
    *,
    actor: Actor,
    scope: Scope,
    plans: Collection[Plan],
    code: PeriodCode,
    today: date,
    cut_offs: Mapping[int, date] | None = None,
) -> Opened:
    """Open a period for these plans, all or none; each duty once, however often it is asked.

    `cut_offs`: by plan id, where it is not to be the day of the plan's rule. A period that is open
    already keeps its days and gets the duties it lacks. Each unit that owes something new is told
    once. Raises NotAllowed, and Refused with a sentence for each plan that cannot be opened.
    """
    held = _hold(plans, scope)
    entered = {
        each.plan_id: each
        for each in PlanPeriod.objects.filter(plan__in=held, period__code=code.code).select_related(
            "plan", "period"
        )
    }
    fresh = plan_periods_enter(held, entered, code, today, cut_offs or {})
    everything = {**entered, **{each.plan_id: each for each in fresh}}
    owed = owed_by(held, ends_on=code.ends_on, today=today)
    new = duties_enter({everything[pk]: asked.pairs for pk, asked in owed.items()})
    record_all(actor=actor, today=today, acts=opening_acts(fresh, new))
    units = {unit for added in new.values() for _, unit in added.pairs}
    tell_opened(
        code=code,
        owed={everything[pk]: asked.pairs for pk, asked in owed.items()},
        new={period: added.pairs for period, added in new.items()},
        today=today,
    )
    running = Task.objects.filter(plan__in=held).exclude(state__in=Task.SETTLED)
    marks_refresh(task_ids=running.values_list("pk", flat=True), today=today)
    return Opened(
        created=sum(len(added.pairs) for added in new.values()),
        units=len(units),
        plan_periods=[everything[plan.pk] for plan in held],
    )


@transaction.atomic
def duties_create(
    *, actor: Actor, today: date, plan_period: PlanPeriod, pairs: Iterable[Pair]
) -> int:
    """Enter what is owed, as (task id, agency id); what exists stays. Returns how many are new."""
    # whoever else opens a period of this plan waits, so that what is new is counted right
    Plan.objects.select_for_update(no_key=True).get(pk=plan_period.plan_id)
    new = duties_enter({plan_period: list(pairs)})
    record_all(actor=actor, today=today, acts=opening_acts([], new))
    return len(new[plan_period].pairs)


@transaction.atomic
def period_close(*, actor: Actor, scope: Scope, plan_period: PlanPeriod, today: date) -> PlanPeriod:
    """Take no more reports for this period; what is missing stays missing.

    Refused while the cut-off is not over, unless everything is in, and while something that was
    sent back may still come again on time.
    """
    held = _hold_period(plan_period, scope)
    if held.state == PlanPeriod.State.CLOSED:
        raise Refused(f"{held}已经关闭，不用再关。")
    figures = figures_of([held.pk])[held.pk]
    if figures.missing and not held.past_cut_off(today):
        raise Refused(
            f"{held}还有 {figures.missing} 份未报，{day_text(held.cut_off)}截止，"
            "截止日过后才能关闭；报齐了可以提前关闭。"
        )
    if until := resubmissions_until(held, today):
        raise Refused(f"{held}有退回修改的还在重报期限内，最晚到{day_text(until)}，过后才能关闭。")
    held.state = PlanPeriod.State.CLOSED
    held.closed_on = today
    held.save(update_fields=["state", "closed_on"])
    changes = {
        "状态": (PlanPeriod.State.OPEN.label, PlanPeriod.State.CLOSED.label),
        "应报": (None, figures.owed),
        "已报": (None, figures.delivered),
        "迟报": (None, figures.late),
        "未报": (None, figures.missing),
    }
    record(actor=actor, today=today, act=Act("关闭报告期", held, changes))
    _refresh(held, today)
    return held


@transaction.atomic
def period_reopen(
    *, actor: Actor, scope: Scope, plan_period: PlanPeriod, reason: str, today: date
) -> PlanPeriod:
    """Take reports again; after the cut-off they are 迟报 unless it is moved as well."""
    held = _hold_period(plan_period, scope)
    _check_reason(reason, "重新开启")
    if held.state == PlanPeriod.State.OPEN:
        raise Refused(f"{held}还在填报中，不用重新开启。")
    changes = {
        "状态": (PlanPeriod.State.CLOSED.label, PlanPeriod.State.OPEN.label),
        "关闭日期": (held.closed_on, None),
        "开启日期": (held.opened_on, today),
    }
    held.state = PlanPeriod.State.OPEN
    held.closed_on = None
    # the days until it closes by itself are counted anew from here
    held.opened_on = today
    held.save(update_fields=["state", "closed_on", "opened_on"])
    record(actor=actor, today=today, act=Act("重新开启报告期", held, changes, reason.strip()))
    _refresh(held, today)
    return held


@transaction.atomic
def cut_off_move(
    *,
    actor: Actor,
    scope: Scope,
    plan_period: PlanPeriod,
    cut_off: date,
    reason: str,
    today: date,
) -> PlanPeriod:
    """Move the cut-off for all units; the marks of every row follow, in both directions.

    Units that still owe something are told once. Refused for a closed period, for a day that is
    past, and without a reason.
    """
    held = _hold_period(plan_period, scope)
    _check_reason(reason, "改截止日")
    if held.state == PlanPeriod.State.CLOSED:
        raise Refused(f"{held}已经关闭，不能改截止日；需要时请先重新开启。")
    if cut_off == held.cut_off:
        raise Refused(f"截止日现在就是{day_text(cut_off)}，没有改动。")
    if wrong := day_reason(cut_off, held.period.span, today):
        raise Refused(wrong)
    before = held.cut_off
    changes = {"报送截止": (before, cut_off)}
    held.cut_off = cut_off
    as_of = data_as_of(held.period.span, cut_off)
    if as_of != held.data_as_of:
        changes["数据截至"] = (held.data_as_of, as_of)
        held.data_as_of = as_of
    held.save(update_fields=["cut_off", "data_as_of"])
    record(actor=actor, today=today, act=Act("改报送截止", held, changes, reason.strip()))
    tell_moved(plan_period=held, before=before, reason=reason.strip(), today=today)
    _refresh(held, today)
    return held


def _hold(plans: Collection[Plan], scope: Scope) -> list[Plan]:
    """The plans' rows, then their tasks': in the order in which an import takes them."""
    if not plans:
        raise Refused("没有选中任何任务来源。")
    if any(plan.pk not in scope.supervised for plan in plans):
        raise NotAllowed("只有本任务来源的督查员可以开启、关闭报告期或改截止日。")
    held = list(
        Plan.objects.select_for_update(of=("self",), no_key=True)
        .select_related("policy")
        .filter(pk__in=[plan.pk for plan in plans])
        .order_by("pk")
    )
    foreign = [plan for plan in held if not plan.is_own]
    if foreign:
        raise Refused(
            *(
                f"“{plan.short_title}”是{plan.get_relation_display()}，不产生应报。"
                for plan in foreign
            )
        )
    tasks = Task.objects.select_for_update(of=("self",)).filter(plan__in=held)
    list(tasks.order_by("pk").values_list("pk"))
    return held


def _hold_period(plan_period: PlanPeriod, scope: Scope) -> PlanPeriod:
    _hold([plan_period.plan], scope)
    return (
        PlanPeriod.objects.select_for_update(of=("self",))
        .select_related("plan", "period")
        .get(pk=plan_period.pk)
    )


def _refresh(plan_period: PlanPeriod, today: date) -> None:
    """All rows of the plan: what is settled shows its past reports' marks too."""
    tasks = Task.objects.filter(plan=plan_period.plan_id).values_list("pk", flat=True)
    marks_refresh(task_ids=tasks, today=today)


def _check_reason(reason: str, act: str) -> None:
    if not reason.strip():
        raise Refused(f"请写明{act}的理由。")
    check_reason("理由", reason.strip())
