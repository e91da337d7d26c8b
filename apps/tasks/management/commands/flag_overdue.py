"""`flag_overdue`: the sweep that a worker runs every ten minutes, by hand."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from apps.common.actor import COMMAND_LINE
from apps.common.commands import FengongCommand, argument
from apps.common.days import parse_day
from apps.common.errors import Refused
from apps.ops.selectors import business_date
from apps.tasks.services.overdue import sweep


class Command(FengongCommand):
    """Flags what is late on a day; a second run changes nothing."""

    help = "标记逾期任务（错过的天数一并补上，重复运行不变）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", help="按哪一天算，不晚于业务日期，默认业务日期")
        self.add_output_arguments(parser)

    def handle(self, **options: Any) -> None:
        now, asked = business_date(), options["date"]
        today = now if asked is None else argument(parse_day, asked)
        if today > now:
            # a flag stays once it is set, and its log row for good
            raise Refused(
                f"{today.isoformat()} 晚于业务日期 {now.isoformat()}，"
                "还没有过去的时限不能标记逾期，请改 --date。"
            )
        flagged = sweep(actor=COMMAND_LINE, today=today)
        rows = [{"id": row.id, "plan": row.plan, "number": row.number} for row in flagged]
        lines = [f"{row.plan}第{row.number}项" for row in flagged]
        said = f"截至 {today.isoformat()}，新标记逾期 {len(rows)} 项。"
        self.answer(
            {"date": today.isoformat(), "flagged": len(rows), "rows": rows},
            "\n".join([said, *lines]),
        )
