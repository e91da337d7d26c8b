"""`close_period`: take no more reports for a period of one plan (architecture.md §6)."""

from __future__ import annotations

from typing import Any

from apps.common.errors import Refused
from apps.plans.models import PlanPeriod
from apps.tasks.management.periods import Asked, PeriodCommand
from apps.tasks.selectors.periods import figures_of
from apps.tasks.services.periods import period_close


class Command(PeriodCommand):
    """What is missing by then stays missing."""

    help = "关闭一个任务来源的报告期；截止日未过且未报齐的不能关闭"
    action = "关闭报告期"

    def act(self, asked: Asked, options: dict[str, Any]) -> None:  # noqa: ARG002  # as its base has it
        plan, code = asked.plan, asked.code
        entered = (
            PlanPeriod.objects.filter(plan=plan, period__code=code.code)
            .select_related("plan")
            .first()
        )
        if entered is None:
            raise Refused(f"“{plan.short_title}”没有开启过{code.name}，无从关闭。")
        closed = period_close(
            actor=asked.actor, scope=asked.scope, plan_period=entered, today=asked.today
        )
        figures = figures_of([closed.pk])[closed.pk]
        self.answer(
            {
                "period": code.code,
                "name": code.name,
                "plan": plan.code,
                "closed_on": asked.today.isoformat(),
                "owed": figures.owed,
                "delivered": figures.delivered,
                "late": figures.late,
                "missing": figures.missing,
            },
            f"{plan.short_title}{code.name}已关闭：应报 {figures.owed} 份，"
            f"已报 {figures.delivered} 份（其中迟报 {figures.late} 份），"
            f"未报 {figures.missing} 份。",
        )
