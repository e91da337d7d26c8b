"""`import_opening`: 期初, a ledger that was kept elsewhere, onto the rows of a plan."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from apps.accounts.models import User
from apps.common.actor import COMMAND_LINE
from apps.common.commands import REFUSED, FengongCommand, user_named
from apps.common.errors import NotAllowed, Unreadable
from apps.common.spreadsheets import read_sheets
from apps.ops.selectors import business_date
from apps.plans.models import Plan
from apps.tasks.access import Scope, everything, scope_of
from apps.tasks.management.tables import existing, problems_as_json, reading_for, uploaded
from apps.tasks.selectors.opening_table import OpeningDiff, OpeningRow, opening_diff
from apps.tasks.services.table_at_once import opening_at_once
from apps.tasks.services.tables import Import


class Command(FengongCommand):
    """Reads everything, names every bad row, and takes over all or nothing."""

    help = "把已在用的台账（状态、进展、办结、延期）作为期初情况登记到一个任务来源"

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_output_arguments(parser)
        self.add_actor_argument(parser)
        parser.add_argument("file", metavar="FILE", help="台账文件")
        parser.add_argument("--plan", metavar="CODE", required=True, help="任务来源的代码")
        parser.add_argument("--sheet", metavar="NAME", help="读哪个工作表，不写自动找")
        parser.add_argument("--dry-run", action="store_true", help="只看会怎样，不写入")

    def handle(self, **options: Any) -> None:
        today = business_date()
        user = user_named(options["as_user"]) if options["as_user"] is not None else None
        scope = scope_of(user, today) if user else everything()
        path = existing(Path(options["file"]))
        wanted = _wanted(options, path, scope)
        diff = opening_diff(wanted.plan, wanted.reading, today=today)
        if not scope.may_import(wanted.plan):
            raise NotAllowed("只有本任务来源的督查员可以登记期初情况。")
        if not diff.errors and not options["dry_run"]:
            diff = _apply(user, scope, wanted, path, today)
        self.answer(_as_dict(diff), _told(diff, dry_run=options["dry_run"]))
        if diff.errors:
            raise SystemExit(REFUSED)


def _wanted(options: dict[str, Any], path: Path, scope: Scope) -> Import:
    plan = Plan.objects.filter(code=options["plan"], pk__in=scope.visible).first()
    if plan is None:
        raise Unreadable(f"没有代码为“{options['plan']}”的任务来源，请核对 --plan。")
    sheets = read_sheets(path, name=path.name)
    return Import(plan, reading_for(plan, sheets, options["sheet"]), path.name)


def _apply(user: User | None, scope: Scope, wanted: Import, path: Path, today: date) -> OpeningDiff:
    with uploaded(path) as upload:
        return opening_at_once(
            actor=user or COMMAND_LINE, scope=scope, wanted=wanted, upload=upload, today=today
        )


def _as_dict(diff: OpeningDiff) -> dict[str, Any]:
    return {
        "sheet": diff.layout.sheet,
        "rows": [_row(row) for row in diff.rows],
        "unmatched": [row.row for row in diff.strangers],
        "missing": [task.number for task in diff.missing],
        "errors": problems_as_json(diff.errors),
        "warnings": problems_as_json(diff.warnings),
        "updated": diff.count("update"),
        "unchanged": diff.count("unchanged"),
    }


def _row(row: OpeningRow) -> dict[str, Any]:
    said = row.standing
    return {
        "row": row.source.row,
        "number": row.task.number if row.task else "",
        "matched_by": row.matched_by.value,
        "likeness": row.likeness,
        "action": row.action.value,
        "state": said.state,
        "closed_on": said.closed_on and said.closed_on.isoformat(),
        "extended_to": said.extended_to and said.extended_to.isoformat(),
        "progress": said.text,
        "percent": None if said.percent is None else str(said.percent),
        "changes": [{"column": c.column, "old": c.old, "new": c.new} for c in row.changes],
    }


def _told(diff: OpeningDiff, *, dry_run: bool) -> str:
    counts = f"登记 {diff.count('update')} 行，未变 {diff.count('unchanged')} 行"
    if diff.errors:
        head = f"有 {len(diff.errors)} 处错误，没有登记。改正后重试。"
    elif dry_run:
        head = f"试读完成，没有写入。期初导入将{counts}。"
    else:
        head = f"期初导入完成：{counts}。"
    lines = [head, *(f"错误：{problem.message}" for problem in diff.errors)]
    return "\n".join([*lines, *(f"待确认：{problem.message}" for problem in diff.warnings)])
