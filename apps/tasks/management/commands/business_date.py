"""`business_date [DATE]`: shows or moves the sample's day."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from apps.common.actor import COMMAND_LINE
from apps.common.commands import FengongCommand, argument
from apps.common.days import parse_day
from apps.ops.selectors import business_date
from apps.tasks.services.sample_day import sample_day_move


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
            flagged = len(sample_day_move(actor=COMMAND_LINE, day=wanted))
        today = business_date()
        said = f"业务日期 {today.isoformat()}"
        if flagged:
            said += f"，新标记逾期 {flagged} 项"
        self.answer({"business_date": today.isoformat(), "flagged": flagged}, said)
