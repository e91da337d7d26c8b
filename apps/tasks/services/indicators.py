"""Entering indicators with their targets as the document states them, and putting them right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from apps.audit.services import Act, Changes, record
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.plans.models import Plan
from apps.targets.models import Indicator, Measurement, Target, TargetJudgement
from apps.targets.wording import goal_text, value_text
from apps.tasks.access import Scope
from apps.tasks.indicator_rules import IndicatorFacts, TargetFacts, wish_reasons
from apps.tasks.models import Task, TaskIndicator
from apps.tasks.services.marks import marks_refresh

REASON_LIMIT = 300
_ONLY_SUPERVISOR = "只有本任务来源的督查员可以登记和修改指标、目标。"


@dataclass(frozen=True, slots=True)
class IndicatorWish:
    """An indicator as it is to be; `targets` by key, None for one that is new."""

    facts: IndicatorFacts
    targets: Mapping[int | None, TargetFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Correction:
    """Why something is changed, and what the person had before them."""

    reason: str
    seen: str


@transaction.atomic
def indicator_create(
    *, actor: Actor, scope: Scope, today: date, plan_id: int, wish: IndicatorWish
) -> Indicator:
    """At the end of its plan's indicators. Raises NotAllowed, Refused with every reason."""
    # the plan's row orders the positions of its indicators
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan_id)
    _check(scope, plan)
    _refuse(wish_reasons(wish.facts, wish.targets.values(), taken=_names_taken(plan, None)))
    if not wish.targets:
        raise Refused("请填写目标年和目标。")
    last = plan.indicators.aggregate(last=Max("position"))["last"] or 0
    indicator = Indicator(plan=plan, position=last + 1)
    _write(indicator, wish.facts)
    for facts in wish.targets.values():
        _write(Target(indicator=indicator), facts)
    changes: Changes = {name: (None, value) for name, value in said(indicator).items() if value}
    record(actor=actor, today=today, act=Act("登记指标", indicator, changes))
    return indicator


@transaction.atomic
def indicator_change(
    *,
    actor: Actor,
    scope: Scope,
    today: date,
    indicator_id: int,
    wish: IndicatorWish,
    correction: Correction,
) -> Indicator:
    """Put right what was entered, and add targets. Raises NotAllowed, Refused, Conflict.

    Rows that are held against the last target go on being so, and are judged anew.
    """
    plan = Plan.objects.select_for_update(of=("self",)).get(indicators=indicator_id)
    rows = Task.objects.filter(task_indicators__indicator=indicator_id).order_by("pk")
    task_ids = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    indicator = Indicator.objects.select_for_update(of=("self",)).get(pk=indicator_id)
    _check(scope, plan)
    before, reason = said(indicator), correction.reason.strip()
    reasons = wish_reasons(wish.facts, wish.targets.values(), taken=_names_taken(plan, indicator))
    reasons += _counted_reasons(indicator, wish) + _reason_reasons(reason)
    _refuse(reasons)
    if digest(indicator) != correction.seen:
        raise Conflict("您打开后别人已改过这个指标，您写的没有保存。请对照再改。")
    known = {target.pk: target for target in indicator.targets.all()}
    held_against = _last_value(known.values())
    _write(indicator, wish.facts)
    _write_targets(indicator, known, wish.targets)
    after = said(indicator)
    changes = {
        name: (before.get(name) or None, after.get(name) or None)
        for name in {**before, **after}
        if before.get(name, "") != after.get(name, "")
    }
    if not changes:
        raise Refused("与现在的一样，没有要改的。")
    _follow(indicator, task_ids, held_against, today)
    record(actor=actor, today=today, act=Act("修改指标", indicator, changes, reason))
    return indicator


def said(indicator: Indicator) -> dict[str, str]:
    """All that is kept of an indicator and its targets, as people read it."""
    value = indicator.baseline_value
    facts = {
        "指标": indicator.name,
        "单位": indicator.unit,
        "范围": indicator.scope,
        "类型": indicator.get_kind_display(),
        "方向": indicator.get_direction_display(),
        "性质": indicator.get_nature_display(),
        "基期": ""
        if value is None
        else f"{indicator.baseline_year}年 {value_text(value, indicator.unit)}",
        "基期原文": indicator.baseline_quote,
    }
    for target in Target.objects.filter(indicator=indicator).order_by("year"):
        year = f"{target.year}年"
        facts |= {
            f"{year}目标": goal_text(target, indicator.unit),
            f"{year}原文": target.quote,
            f"{year}出处": target.section,
        }
    return facts


def digest(indicator: Indicator) -> str:
    """Stands for what somebody saw of an indicator before changing it."""
    return hashlib.sha256(repr(said(indicator)).encode()).hexdigest()


def _check(scope: Scope, plan: Plan) -> None:
    if plan.pk not in scope.supervised or not plan.is_own:
        raise NotAllowed(_ONLY_SUPERVISOR)


def _refuse(reasons: list[str]) -> None:
    if reasons:
        raise Refused(*reasons)


def _names_taken(plan: Plan, but: Indicator | None) -> frozenset[str]:
    others = plan.indicators.all()
    if but:
        others = others.exclude(pk=but.pk)
    return frozenset(others.values_list("name", flat=True))


def _counted_reasons(indicator: Indicator, wish: IndicatorWish) -> list[str]:
    """What was entered under the old unit would say something else under a new one."""
    facts, reasons = wish.facts, []
    if (facts.unit, facts.kind) != (indicator.unit, indicator.kind):
        counted = Measurement.objects.filter(indicator=indicator).exists()
        linked = TaskIndicator.objects.filter(indicator=indicator).exists()
        if counted or linked:
            reasons.append("单位和类型不能再改：已有完成值或有任务填报它。请另登记一个指标。")
    judged = TargetJudgement.objects.filter(target__indicator=indicator)
    for target in Target.objects.filter(pk__in=judged.values("target")):
        wanted = wish.targets.get(target.pk)
        if wanted and (wanted.year, wanted.value is None) != (target.year, target.value is None):
            reasons.append(f"{target.year}年的目标已有认定，年份不能改，也不能改成有数字的。")
    return reasons


def _reason_reasons(reason: str) -> list[str]:
    if not reason:
        return ["修改说明要写明，如 原文核对有误。"]
    if len(reason) > REASON_LIMIT:
        return [f"修改说明最多 {REASON_LIMIT} 字，现在 {len(reason)} 字。"]
    return []


def _write(row: Indicator | Target, facts: IndicatorFacts | TargetFacts) -> None:
    for name in facts.__slots__:
        setattr(row, name, getattr(facts, name))
    row.save()


def _write_targets(
    indicator: Indicator,
    known: Mapping[int, Target],
    wanted: Mapping[int | None, TargetFacts],
) -> None:
    pairs = [
        (Target(indicator=indicator) if key is None else known[key], facts)
        for key, facts in wanted.items()
    ]
    # two years may change places: neither stands in the other's way meanwhile
    moved = [target for target, facts in pairs if target.pk and target.year != facts.year]
    for place, target in enumerate(moved, start=1):
        Target.objects.filter(pk=target.pk).update(year=place)
    for target, facts in pairs:
        _write(target, facts)


def _last_value(targets: Iterable[Target]) -> Decimal | None:
    return max(targets, key=lambda target: target.year).value


def _follow(indicator: Indicator, task_ids: list[int], before: Decimal | None, today: date) -> None:
    after = _last_value(Target.objects.filter(indicator=indicator))
    if before is None or after is None or before == after:
        return
    # whoever reports it is held against the whole target; parts of it were set apart
    links = TaskIndicator.objects.filter(indicator=indicator, target_value=before)
    if links.update(target_value=after):
        marks_refresh(task_ids=task_ids, today=today)
