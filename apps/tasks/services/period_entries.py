"""The calendar entries and duties of a period that is being opened; the caller holds the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from apps.audit.services import Act
from apps.common.errors import Refused
from apps.common.periods import PeriodCode
from apps.ops.selectors import workdays
from apps.plans.calendar import asks_from, cut_off_of, data_as_of, opens_on
from apps.plans.models import Period, Plan, PlanPeriod
from apps.tasks.models import Duty
from apps.tasks.selectors.duties import Pair
from apps.tasks.selectors.openings import duties_known, running_before
from apps.tasks.services.period_messages import day_text

# A cut-off later than this after its period is a slip of the pen.
_LATEST = timedelta(days=366)


def plan_periods_enter(
    plans: Sequence[Plan],
    entered: Mapping[int, PlanPeriod],
    code: PeriodCode,
    today: date,
    chosen: Mapping[int, date],
) -> list[PlanPeriod]:
    """The calendar entries that are not there yet; Refused where one cannot be made."""
    calendar = workdays()
    days = {
        plan.pk: chosen.get(plan.pk) or cut_off_of(plan.policy, code, calendar) for plan in plans
    }
    running = running_before(plans, code, today)
    reasons = [
        _entered_reason(entered[plan.pk], chosen.get(plan.pk))
        if plan.pk in entered
        else _running_reason(plan, running.get(plan.pk))
        or _opening_reason(plan, code, days[plan.pk], today)
        for plan in plans
    ]
    if any(reasons):
        raise Refused(*filter(None, reasons))
    period, _ = Period.objects.get_or_create(code=code.code, defaults={"ends_on": code.ends_on})
    return PlanPeriod.objects.bulk_create(
        PlanPeriod(
            plan=plan,
            period=period,
            cut_off=days[plan.pk],
            data_as_of=data_as_of(code, days[plan.pk]),
            opened_on=today,
        )
        for plan in plans
        if plan.pk not in entered
    )


def _entered_reason(there: PlanPeriod, chosen: date | None) -> str:
    if there.state == PlanPeriod.State.CLOSED:
        return f"{there}已经关闭；需要时请在这一期的页面上重新开启。"
    if chosen is not None and chosen != there.cut_off:
        return f"{there}已在填报中，{day_text(there.cut_off)}截止；要改请在这一期的页面上改截止日。"
    return ""


def _running_reason(plan: Plan, before: PlanPeriod | None) -> str:
    if before is None:
        return ""
    return (
        f"“{plan.short_title}”的{before.period.name}要到{day_text(before.cut_off)}才截止，"
        "截止后或提前关闭后才能开启下一期。"
    )


def _opening_reason(plan: Plan, code: PeriodCode, cut_off: date, today: date) -> str:
    began = asks_from(plan.policy, code)
    if plan.ends_on and plan.ends_on < began:
        return (
            f"“{plan.short_title}”的实施期到{day_text(plan.ends_on)}为止，{code.name}不再要求报送。"
        )
    if today < (earliest := min(began, opens_on(code, cut_off))):
        return f"“{plan.short_title}”的{code.name}从{day_text(earliest)}起才能开启。"
    wrong = day_reason(cut_off, code, today)
    return wrong and f"“{plan.short_title}”：{wrong}"


def day_reason(cut_off: date, code: PeriodCode, today: date) -> str:
    """Why this cannot be the cut-off; "" where it can."""
    if cut_off < today:
        return f"{code.name}的截止日{day_text(cut_off)}已经过去，请另定一个截止日。"
    if cut_off > code.ends_on + _LATEST:
        return f"截止日{day_text(cut_off)}离{code.name}太远，最晚在期末一年以内。"
    return ""


class Added(NamedTuple):
    """How much was owed before, and what is new."""

    before: int
    pairs: list[Pair]


def duties_enter(wanted: Mapping[PlanPeriod, Sequence[Pair]]) -> dict[PlanPeriod, Added]:
    """Each duty once: what exists stays."""
    known = duties_known(wanted)
    new = {
        period: Added(
            len(known[period.pk]), [p for p in dict.fromkeys(pairs) if p not in known[period.pk]]
        )
        for period, pairs in wanted.items()
    }
    Duty.objects.bulk_create(
        (
            Duty(plan_period=period, task_id=task_id, agency_id=agency_id)
            for period, added in new.items()
            for task_id, agency_id in added.pairs
        ),
        batch_size=1000,
    )
    return new


def opening_acts(fresh: Sequence[PlanPeriod], new: Mapping[PlanPeriod, Added]) -> list[Act]:
    """For the log: what was opened, and what was added to what is open already."""
    acts = []
    for period, added in new.items():
        owed = (added.before or None, added.before + len(added.pairs))
        if period in fresh:
            changes: dict[str, tuple[object, object]] = {
                "报送截止": (None, period.cut_off),
                "数据截至": (None, period.data_as_of),
                "应报": owed,
            }
            acts.append(Act("开启报告期", period, changes))
        elif added.pairs:
            acts.append(Act(f"产生应报 {len(added.pairs)} 份", period, {"应报": owed}))
    return acts
