"""`import_table`: a 任务分工表 into a plan, all of it or nothing (architecture.md §6)."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.access import rights_of
from apps.agencies.models import Agency
from apps.audit.services import record_refusal
from apps.common.actor import COMMAND_LINE, Actor
from apps.common.commands import REFUSED, FengongCommand, argument, user_named
from apps.common.days import parse_day
from apps.common.errors import NotAllowed, Unreadable
from apps.common.spreadsheets import read_sheets
from apps.ops.selectors import business_date, installation
from apps.plans.models import Plan
from apps.plans.services import plan_create
from apps.tasks.access import Scope, everything, scope_of
from apps.tasks.layout import Problem
from apps.tasks.layout_types import IGNORED
from apps.tasks.management.tables import existing, problems_as_json, reading_for, uploaded
from apps.tasks.selectors.plans import suggested_code
from apps.tasks.selectors.tables import RowDiff, TableDiff, table_diff
from apps.tasks.services.table_at_once import import_at_once
from apps.tasks.services.tables import Import

_SHORT_TITLE_CHARS = 40
_NATION = "全国"
_LEVELS = list(Agency.Level)
# What a body's own level shows in; 自治区 and 地区 before the 区 in them.
_LEVEL_OF_BODY = [
    (re.compile(r"全国|国家|中央|国务院"), Agency.Level.NATION),
    (
        re.compile(r".*(?:省|自治区|特别行政区|兵团)|(?:北京|天津|上海|重庆)市"),
        Agency.Level.PROVINCE,
    ),
    (re.compile(r".*(?:市|自治州|地区|盟)"), Agency.Level.CITY),
    (re.compile(r".*(?:区|县|旗)"), Agency.Level.DISTRICT),
]
_LABELS = {"title": "标题", "short_title": "简称", "code": "代码", "region": "地区"}


class Command(FengongCommand):
    """Reads everything, names every bad row, and saves all or nothing."""

    help = "把任务分工表导入一个任务来源；重复导入同一文件不产生变化"

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_output_arguments(parser)
        self.add_actor_argument(parser)
        parser.add_argument(
            "file",
            metavar="FILE",
            help="要导入的文件：.xlsx、.xlsm、.xls、.ods、.csv、.docx、.doc",
        )
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("--plan", metavar="CODE", help="导入到哪个任务来源（代码）")
        target.add_argument("--new-plan", metavar="TITLE", help="新登记一个任务来源并导入")
        parser.add_argument("--code", help="新任务来源的代码，不写由系统给")
        parser.add_argument("--level", help="新任务来源的级别：国家、省、市、区县，不写为本级")
        parser.add_argument("--region", help="新任务来源的地区，国家和本级可以不写")
        parser.add_argument("--issued-on", metavar="DATE", help="新任务来源的印发日期")
        parser.add_argument("--sheet", metavar="NAME", help="读哪个工作表，不写自动找")
        parser.add_argument("--dry-run", action="store_true", help="只看会怎样，不写入")
        parser.add_argument(
            "--strict", action="store_true", help="单位不在库里、时限读不出也算错，不导入"
        )

    def handle(self, **options: Any) -> None:
        today = business_date()
        user = user_named(options["as_user"]) if options["as_user"] is not None else None
        try:
            self._import(options, user, today)
        except NotAllowed as refused:
            # after the rollback, else it would be taken back as well
            if user is not None:
                _record_refusal(user, today, options, "；".join(refused.reasons))
            raise

    def _import(self, options: dict[str, Any], user: Any, today: date) -> None:
        path = Path(options["file"])
        sheets = read_sheets(existing(path), name=path.name)
        with transaction.atomic():
            plan = self._plan(options, user, today)
            scope = scope_of(user, today) if user else everything()
            reading = reading_for(plan, sheets, options["sheet"])
            diff = table_diff(plan, reading, visible=scope.visible)
            errors = [*diff.errors, *(diff.doubts if options["strict"] else ())]
            if not errors and not options["dry_run"]:
                wanted = Import(plan, reading, path.name)
                diff = _apply(user or COMMAND_LINE, scope, wanted, path, today)
            elif not scope.may_import(plan):
                raise NotAllowed("只有本任务来源的督查员可以导入。")
            else:
                # takes a plan registered above back as well
                transaction.set_rollback(True)
        warnings = [problem for problem in diff.warnings if problem not in errors]
        warnings += diff.elsewhere
        text = _told(diff, errors, warnings, dry_run=options["dry_run"])
        self.answer(_as_dict(diff, errors, warnings, reading.rules), text)
        if errors:
            raise SystemExit(REFUSED)

    def _plan(self, options: dict[str, Any], user: Any, today: date) -> Plan:
        if options["plan"]:
            extra = ("code", "level", "region", "issued_on")
            if any(options[name] is not None for name in extra):
                raise Unreadable("--code、--level、--region、--issued-on 只和 --new-plan 一起用。")
            return _known(options["plan"], user, today)
        plan = _new(options, today)
        actor: Actor = COMMAND_LINE
        if user is not None:
            supervises = sorted(rights_of(user, today).supervises)
            if not supervises:
                raise NotAllowed("只有督查员可以登记任务来源。")
            plan.supervisor_id, plan.line_id = supervises[0]
            actor = user
        return plan_create(actor=actor, today=today, plan=plan)


def _record_refusal(user: Actor, today: date, options: dict[str, Any], reason: str) -> None:
    """As the pages do; a plan that does not exist yet goes by the title that was typed."""
    known = Plan.objects.filter(code=options["plan"]).first() if options["plan"] else None
    record_refusal(
        actor=user,
        today=today,
        action="导入" if known else "登记任务来源",
        about=("plan", str(known.pk) if known else options["new_plan"]),
        reason=reason,
    )


def _apply(actor: Actor, scope: Scope, wanted: Import, path: Path, today: date) -> TableDiff:
    with uploaded(path) as upload:
        return import_at_once(actor=actor, scope=scope, wanted=wanted, upload=upload, today=today)


def _known(code: str, user: Any, today: date) -> Plan:
    visible = Plan.objects.filter(code=code)
    if user is not None:
        visible = visible.filter(pk__in=scope_of(user, today).visible)
    plan = visible.first()
    if plan is None:
        raise Unreadable(f"没有代码为“{code}”的任务来源，请核对 --plan。")
    return plan


def _new(options: dict[str, Any], today: date) -> Plan:
    """A plan with what was given; the rest as the installation has it."""
    title, body = options["new_plan"].strip(), installation().body_name
    own = _level_of(body)
    level = own if options["level"] is None else options["level"]
    if level not in _LEVELS:
        raise Unreadable(f"没有“{level}”这一级别，--level 请写国家、省、市或区县。")
    issued_on = options["issued_on"]
    plan = Plan(
        code=options["code"] or suggested_code(today),
        title=title,
        short_title=title[:_SHORT_TITLE_CHARS],
        level=level,
        region=options["region"] or _region(level, own, body),
        relation=_relation(level, own),
        issued_on=None if issued_on is None else argument(parse_day, issued_on),
    )
    try:
        plan.clean_fields()
    except ValidationError as error:
        wrong = error.message_dict.items()
        raise Unreadable(
            *(f"新任务来源的{_LABELS.get(name, name)}不对：{said[0]}" for name, said in wrong)
        ) from error
    return plan


def _level_of(body: str) -> str:
    """The installation's own level, read from its name; 省 where the name shows none."""
    return next(
        (level for name, level in _LEVEL_OF_BODY if name.fullmatch(body)), Agency.Level.PROVINCE
    )


def _relation(level: str, own: str) -> Plan.Relation:
    """Only a plan of our own level is ours to supervise (product.md D0)."""
    if level == own:
        return Plan.Relation.OWN
    above = _LEVELS.index(Agency.Level(level)) < _LEVELS.index(Agency.Level(own))
    return Plan.Relation.UPPER if above else Plan.Relation.LOWER


def _region(level: str, own: str, body: str) -> str:
    if level == Agency.Level.NATION:
        return _NATION
    if level != own:
        raise Unreadable(f"级别为{level}的任务来源请用 --region 写明地区，如广东省广州市。")
    return body or _NATION


def _as_dict(
    diff: TableDiff, errors: Sequence[Problem], warnings: Sequence[Problem], rules: Sequence[str]
) -> dict[str, Any]:
    columns: dict[str, str] = {}
    for column in sorted(diff.layout.columns, key=lambda column: column.index):
        if column.field != IGNORED:
            before = columns.get(column.field)
            columns[column.field] = f"{before}、{column.header}" if before else column.header
    return {
        "sheet": diff.layout.sheet,
        "header_rows": list(diff.layout.header_rows),
        "columns": columns,
        "rows": [_row(row) for row in diff.rows],
        "missing": diff.missing_numbers,
        "consequences": list(diff.consequences),
        "rules": list(rules),
        "errors": problems_as_json(errors),
        "warnings": problems_as_json(warnings),
        "created": diff.count("create"),
        "updated": diff.count("update"),
        "unchanged": diff.count("unchanged"),
    }


def _row(row: RowDiff) -> dict[str, Any]:
    source = row.source
    read = row.responsibility.as_dict()
    return {
        "row": source.row,
        "number": source.number,
        "category": list(source.category),
        "title": source.title,
        "content": source.content,
        "parties": read["parties"],
        "open_ended": read["open_ended"],
        "deadline": row.deadline.as_dict(),
        "note": source.note,
        "action": row.action.value,
        "matched_by": row.matched_by.value,
        "likeness": row.likeness,
        "changes": [
            {"column": change.column, "old": change.old, "new": change.new}
            for change in row.changes
        ],
    }


def _told(
    diff: TableDiff, errors: Sequence[Problem], warnings: Sequence[Problem], *, dry_run: bool
) -> str:
    counts = (
        f"新增 {diff.count('create')} 行，改动 {diff.count('update')} 行，"
        f"未变 {diff.count('unchanged')} 行"
    )
    if errors:
        head = f"有 {len(errors)} 处错误，没有导入。改正后重试。"
    elif dry_run:
        head = f"试读完成，没有写入。导入将{counts}。"
    else:
        head = f"导入完成：{counts}。"
    lines = [head]
    if diff.missing:
        numbers = "、".join(diff.missing_numbers[:20])
        lines.append(f"表里没有、系统里有的 {len(diff.missing)} 行保留不动：{numbers}")
    lines += [f"随之：{sentence}" for sentence in diff.consequences]
    lines += [f"错误：{problem.message}" for problem in errors]
    lines += [f"待确认：{problem.message}" for problem in warnings]
    return "\n".join(lines)
