"""`export_table`: a plan's table as it came, or its ledger, as .xlsx (architecture.md §6)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from apps.common.actor import COMMAND_LINE
from apps.common.commands import FengongCommand, argument, user_named
from apps.common.errors import Unreadable
from apps.common.periods import PeriodCode
from apps.ops.selectors import business_date
from apps.plans.models import Plan
from apps.tasks.access import everything, scope_of
from apps.tasks.services.export import Exporter, workbook_to
from apps.tasks.services.exports import (
    LEDGER,
    ORIGINAL,
    Export,
    Wanted,
    export_prepare,
    export_record,
    period_known,
)


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
        ledger: bool = options["ledger"]
        if options["period"] and not ledger:
            raise Unreadable("--period 只和 --ledger 一起用：原表里没有进展。")
        user = user_named(options["as_user"]) if options["as_user"] else None
        today = business_date()
        scope = scope_of(user, today) if user else everything()
        exporter = Exporter(user or COMMAND_LINE, scope, today)
        export = self._export(exporter, options)
        path = Path(options["output"])
        _write(path, export)
        count = export.rows.count()
        export_record(export=export, rows=count)
        kind = "台账" if ledger else "原表"
        code, title = options["plan"], export.plan.short_title if export.plan else ""
        self.answer(
            {"plan": code, "file": str(path), "rows": count, "ledger": ledger},
            f"已导出“{title}”{kind} {count} 行：{path}",
        )

    def _export(self, exporter: Exporter, options: dict[str, Any]) -> Export:
        plan = Plan.objects.filter(code=options["plan"], pk__in=exporter.scope.visible).first()
        if plan is None:
            raise Unreadable(f"没有代码为“{options['plan']}”的任务来源，请核对 --plan。")
        period = ""
        if options["period"]:
            period = argument(lambda text: _period(text, plan), options["period"]).code
        wanted = Wanted(LEDGER if options["ledger"] else ORIGINAL, plan.pk, period=period)
        export = export_prepare(wanted, exporter, lambda *_: None)
        assert export is not None, "the plan was seen a moment ago"
        return export


def _period(text: str, plan: Plan) -> PeriodCode:
    return period_known(text, [plan.pk])


def _write(path: Path, export: Export) -> None:
    sheet = export.sheet()
    try:
        workbook_to(path, sheet)
    # ValueError: a path that names no file
    except (OSError, ValueError) as error:
        raise Unreadable(f"写不进文件“{path}”，请核对目录是否存在、是否可写。") from error
