"""Registering plans, their rules, passages, reporting calendar, and the days people work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.days import FIRST_YEAR, LAST_YEAR
from apps.common.errors import NotAllowed, Refused
from apps.common.periods import PeriodCode
from apps.common.workdays import Workdays
from apps.ops.models import WorkdayOverride
from apps.plans.models import Passage, Period, Plan, PlanPeriod, PlanPolicy, RowRule

# as wide as its column
NOTE_LIMIT = 100


@transaction.atomic
def plan_create(*, actor: Actor, today: date, plan: Plan, rules: Iterable[RowRule] = ()) -> Plan:
    """Save a new plan; Refused when its code is taken or its dates run backwards."""
    if Plan.objects.filter(code=plan.code).exists():
        raise Refused(f"代码“{plan.code}”已有任务来源在用，请换一个。")
    if plan.starts_on and plan.ends_on and plan.starts_on > plan.ends_on:
        raise Refused("实施期的起始日期晚于截止日期，请核对。")
    plan.save(force_insert=True)
    if plan.is_own:
        PlanPolicy.objects.create(plan=plan)
    for rule in rules:
        rule.plan = plan
        rule.save()
    facts = {
        "标题": plan.title,
        "文号": plan.document_number,
        "发文机关": plan.issuer,
        "级别": plan.get_level_display(),
        "关系": plan.get_relation_display(),
    }
    changes = {name: (None, value) for name, value in facts.items() if value}
    record(actor=actor, today=today, act=Act("登记任务来源", plan, changes))
    return plan


@transaction.atomic
def passages_set(*, actor: Actor, today: date, plan: Plan, passages: list[Passage]) -> None:
    """Replace the passages of a plan's body."""
    plan.passages.all().delete()
    for position, passage in enumerate(passages, start=1):
        passage.plan = plan
        passage.position = position
    Passage.objects.bulk_create(passages)
    act = Act("登记正文段落", plan, {"段落数": (None, len(passages))})
    record(actor=actor, today=today, act=act)


@transaction.atomic
def plan_period_create(
    *, actor: Actor, today: date, plan: Plan, code: PeriodCode, cut_off: date
) -> PlanPeriod:
    """Enter a period into a plan's calendar."""
    period, _ = Period.objects.get_or_create(code=code.code, defaults={"ends_on": code.ends_on})
    entered = PlanPeriod.objects.create(
        plan=plan,
        period=period,
        cut_off=cut_off,
        data_as_of=min(code.ends_on, cut_off),
        opened_on=today,
    )
    changes = {"报告期": (None, code.name), "报送截止": (None, cut_off)}
    record(actor=actor, today=today, act=Act("设置报告期", plan, changes))
    return entered


@transaction.atomic
def workday_set(
    *, user: User, day: date, is_workday: bool, note: str, today: date
) -> WorkdayOverride:
    """Let this body work, or not, on a day, against the national calendar; says why.

    Speaks of days reckoned from now on: cut-offs of periods that are open stay. Refused where the
    nation has it so already and nothing was departed from.
    """
    _check_may_set(user)
    if not note.strip():
        raise Refused("请写明说明，如放假通知的文号。")
    if len(note.strip()) > NOTE_LIMIT:
        raise Refused(f"说明最多 {NOTE_LIMIT} 字，现在 {len(note.strip())} 字。")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused(f"年份须在 {FIRST_YEAR} 至 {LAST_YEAR} 之间，请核对。")
    row = WorkdayOverride.objects.select_for_update().filter(day=day).first()
    if row is None and Workdays().is_national_workday(day) == is_workday:
        kind = "上班" if is_workday else "放假"
        raise Refused(f"{day.isoformat()} 按国家日历本来就{kind}，不用另设。")
    before = _day_shown(row)
    row, _ = WorkdayOverride.objects.update_or_create(
        day=day, defaults={"is_workday": is_workday, "note": note.strip()}
    )
    changes = {"安排": (before, _day_shown(row))}
    record(actor=user, today=today, act=Act("改工作日历", row, changes, row.note))
    return row


@transaction.atomic
def workday_clear(*, user: User, day: date, today: date) -> None:
    """Go by the national calendar again; quiet where nothing was departed from."""
    _check_may_set(user)
    row = WorkdayOverride.objects.select_for_update().filter(day=day).first()
    if row is None:
        return
    changes = {"安排": (_day_shown(row), None)}
    record(actor=user, today=today, act=Act("改工作日历：恢复国家日历", row, changes, row.note))
    row.delete()


def _check_may_set(user: User) -> None:
    if user.duty != User.Duty.SYSTEM:
        raise NotAllowed("只有系统管理员可以改工作日历。")


def _day_shown(row: WorkdayOverride | None) -> str | None:
    return str(row) if row else None
