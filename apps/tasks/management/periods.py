"""What `open_period` and `close_period` do alike: which plan and period, who acts, refusals."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.audit.services import record_refusal
from apps.common.actor import COMMAND_LINE, Actor
from apps.common.commands import FengongCommand, argument, user_named
from apps.common.errors import NotAllowed, Unreadable
from apps.common.periods import PeriodCode
from apps.ops.selectors import business_date
from apps.plans.models import Plan
from apps.tasks.access import Scope, everything, scope_of


@dataclass(frozen=True, slots=True)
class Asked:
    """One plan and period, and on whose behalf."""

    plan: Plan
    code: PeriodCode
    actor: Actor
    scope: Scope
    today: date


class PeriodCommand(FengongCommand):
    """A command on one period of one plan; `act` does it."""

    action = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_output_arguments(parser)
        self.add_actor_argument(parser)
        parser.add_argument("period", metavar="2020Q3", help="报告期：2020Q3（季度）或 2020M08")
        parser.add_argument("--plan", metavar="CODE", required=True, help="任务来源的代码")

    def handle(self, **options: Any) -> None:
        today = business_date()
        code = argument(PeriodCode.parse, options["period"])
        user = user_named(options["as_user"]) if options["as_user"] is not None else None
        scope = scope_of(user, today) if user else everything()
        plan = Plan.objects.filter(code=options["plan"], pk__in=scope.visible).first()
        if plan is None:
            raise Unreadable(f"没有代码为“{options['plan']}”的任务来源，请核对 --plan。")
        try:
            self.act(Asked(plan, code, user or COMMAND_LINE, scope, today), options)
        except NotAllowed as refused:
            if user is not None:
                record_refusal(
                    actor=user,
                    today=today,
                    action=self.action,
                    about=("plan", str(plan.pk)),
                    reason="；".join(refused.reasons),
                )
            raise

    def act(self, asked: Asked, options: dict[str, Any]) -> None:
        raise NotImplementedError
