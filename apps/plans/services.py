"""Registering plans, their rules, passages and reporting calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import Refused
from apps.common.periods import PeriodCode
from apps.plans.models import Passage, Period, Plan, PlanPeriod, PlanPolicy, RowRule


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
