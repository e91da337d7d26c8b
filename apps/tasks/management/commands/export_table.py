"""`export_table`: a plan's table as it came, or its ledger, as .xlsx (architecture.md §6)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from apps.common.commands import FengongCommand, argument, user_named
from apps.common.errors import Unreadable
from apps.common.periods import PeriodCode
from apps.common.spreadsheets import OutSheet
from apps.ops.selectors import business_date
from apps.plans.models import Plan
from apps.tasks.access import everything, scope_of
from apps.tasks.selectors.ledger import ledger_sheet
from apps.tasks.selectors.rows import tasks_visible
from apps.tasks.services.export import original_sheet, workbook_to


class Command(FengongCommand):
    """What `--as USER` may not see is left out, as on the pages."""

    help = "导出一个任务来源的原表或台账（.xlsx）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_output_arguments(parser)
        self.add_actor_argument(parser)
        parser.add_argument("--plan", metavar="CODE", required=True, help="任务来源的代码")
        parser.add_argument("--output", metavar="FILE.xlsx", required=True, help="写到哪个文件")
        parser.add_argument("--ledger", action="store_true", help="导出带进展的台账，不写导出原表")
        parser.add_argument("--period", metavar="2020Q2", help="台账取哪一期的进展，不写取最近一期")

    def handle(self, **options: Any) -> None:
        today = business_date()
        user = user_named(options["as_user"]) if options["as_user"] else None
        scope = scope_of(user, today) if user else everything()
        period = argument(PeriodCode.parse, options["period"]) if options["period"] else None
        if period and not options["ledger"]:
            raise Unreadable("--period 只和 --ledger 一起用：原表里没有进展。")
        plan = Plan.objects.filter(code=options["plan"], pk__in=scope.visible).first()
        if plan is None:
            raise Unreadable(f"没有代码为“{options['plan']}”的任务来源，请核对 --plan。")
        rows = tasks_visible(scope).filter(plan=plan)
        if options["ledger"]:
            kind = "台账"
            sheet = ledger_sheet(
                rows.order_by("position", "pk"), scope=scope, period=period, today=today
            )
        else:
            kind, sheet = "原表", original_sheet(plan)
        path = Path(options["output"])
        _write(path, sheet)
        count = rows.count()
        self.answer(
            {"plan": plan.code, "file": str(path), "rows": count, "ledger": options["ledger"]},
            f"已导出“{plan.short_title}”{kind} {count} 行：{path}",
        )


def _write(path: Path, sheet: OutSheet) -> None:
    try:
        workbook_to(path, sheet)
    except OSError as error:
        raise Unreadable(f"写不进文件“{path}”，请核对目录是否存在、是否可写。") from error
