"""`business_date [DATE]`: shows or moves the sample's day."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.db import transaction

from apps.common.actor import COMMAND_LINE
from apps.common.commands import FengongCommand, argument
from apps.common.days import parse_day
from apps.ops.selectors import business_date
from apps.ops.services import business_date_set
from apps.plans.models import Plan
from apps.tasks.services.marks import marks_stale
from apps.tasks.services.overdue import overdue_take_back, sweep


class Command(FengongCommand):
    """Every domain date follows it; the log keeps the real instant beside it."""

    help = "显示业务日期；给出日期则改（只限演示数据）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("date", nargs="?", help="如 2020-10-21")
        self.add_output_arguments(parser)

    def handle(self, **options: Any) -> None:
        asked = options["date"]
        wanted = None if asked is None else argument(parse_day, asked)
        flagged = 0
        if wanted is not None:
            with transaction.atomic():
                business_date_set(actor=COMMAND_LINE, today=business_date(), day=wanted)
                overdue_take_back(actor=COMMAND_LINE, today=wanted, reason="业务日期改早")
                own = Plan.objects.filter(relation=Plan.Relation.OWN)
                marks_stale(plan_ids=own.values_list("pk", flat=True), today=wanted)
                flagged = len(sweep(actor=COMMAND_LINE, today=wanted))
        today = business_date()
        said = f"业务日期 {today.isoformat()}"
        if flagged:
            said += f"，新标记逾期 {flagged} 项"
        self.answer({"business_date": today.isoformat(), "flagged": flagged}, said)
