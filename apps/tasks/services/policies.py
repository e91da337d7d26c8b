"""How a plan is reported on and judged: its policy, changed by its supervisor (D6, D8, D14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models, transaction

from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.plans.calendar import policy_reasons
from apps.plans.models import Plan, PlanPolicy
from apps.tasks.access import Scope
from apps.tasks.services.marks import marks_stale

POLICY_FIELDS = (
    "cadence",
    "cut_off",
    "cut_off_day",
    "year_end_month",
    "year_end_day",
    "weekend",
    "owes",
    "on_time_by",
    "resubmission_days",
    "opens_by_itself",
    "closes_after",
    "red_points",
    "amber_points",
    "near_days",
    "goals_due_month",
    "goals_due_day",
)


@transaction.atomic
def policy_set(
    *,
    actor: Actor,
    scope: Scope,
    plan: Plan,
    values: Mapping[str, Any],
    seen_version: int,
    today: date,
) -> PlanPolicy:
    """Change what of `values` differs. Periods that are open keep the days they were opened with.

    `seen_version`: the version the person had before them. Raises NotAllowed, Conflict, and
    Refused with a sentence for each field that is wrong.
    """
    if plan.pk not in scope.supervised or not plan.is_own:
        raise NotAllowed("只有本级督办文件的督查员可以改填报规则。")
    assert values.keys() <= set(POLICY_FIELDS), "nothing else is a rule"
    policy = (
        PlanPolicy.objects.select_for_update(of=("self",)).select_related("plan").get(plan=plan)
    )
    if policy.version != seen_version:
        raise Conflict("您打开后别人已改过填报规则，您的改动没有保存。请对照最新内容再改。")
    before = {name: _shown(policy, name) for name in values}
    for name, value in values.items():
        setattr(policy, name, value)
    if reasons := policy_reasons(policy):
        raise Refused(*reasons.values())
    after = {name: _shown(policy, name) for name in values}
    changed = [name for name in values if before[name] != after[name]]
    if not changed:
        return policy
    policy.version += 1
    policy.save(update_fields=[*changed, "version"])
    changes = {str(_field(name).verbose_name): (before[name], after[name]) for name in changed}
    record(actor=actor, today=today, act=Act("改填报规则", plan, changes))
    marks_stale(plan_ids=[plan.pk], today=today)
    return policy


def _field(name: str) -> models.Field[Any, Any]:
    field = PlanPolicy._meta.get_field(name)  # noqa: SLF001  # Django's documented name for it
    assert isinstance(field, models.Field)
    return field


def _shown(policy: PlanPolicy, name: str) -> str | None:
    value = getattr(policy, name)
    if value is None:
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    shown = dict(_field(name).flatchoices).get(value, value)
    return f"{shown.normalize():f}" if isinstance(shown, Decimal) else str(shown)
