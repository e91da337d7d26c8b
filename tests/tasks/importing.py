"""Imports of tables that never were a file: read, laid beside a plan, applied, taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.common.spreadsheets import Sheet
from apps.ops.models import StoredFile
from apps.plans.models import Plan
from apps.tasks.access import scope_of
from apps.tasks.answers import Answers
from apps.tasks.layout import Layout, TableReading, read_table
from apps.tasks.models import (
    Assignment,
    Deadline,
    Duty,
    ImportedRow,
    SourceTable,
    TableImport,
    Task,
)
from apps.tasks.selectors.tables import TableDiff, table_diff
from apps.tasks.services.table_undo import import_undo
from apps.tasks.services.tables import Import, table_import
from tests.builders import TODAY

HEADERS = ("序号", "重点工作", "牵头部门", "完成时限")
Row = Sequence[str]


def read(plan: Plan, rows: Sequence[Row], headers: Sequence[str] = HEADERS) -> TableReading:
    """A sheet with these rows, below its header in row 1."""
    source = SourceTable.objects.filter(plan=plan).first()
    layout = Layout.from_dict(source.layout) if source else None
    sheet = Sheet(name="表", hidden=False, rows=tuple(tuple(row) for row in (headers, *rows)))
    return read_table([sheet], layout=layout)


def laid(plan: Plan, rows: Sequence[Row], answers: Answers | None = None) -> TableDiff:
    """What importing these rows would do."""
    return table_diff(plan, read(plan, rows), answers)


def kept_import(plan: Plan, user: User, name: str = "表.xlsx") -> TableImport:
    """An import that is being applied."""
    digest = hashlib.sha256(f"{plan.pk}{name}".encode()).hexdigest()
    file, _ = StoredFile.objects.get_or_create(sha256=digest, defaults={"size": 1})
    return TableImport.objects.create(
        plan=plan,
        file=file,
        file_name=name,
        state=TableImport.State.APPLYING,
        by_id=user.actor_id,
        by_name=user.actor_name,
    )


def bring_in(
    plan: Plan,
    rows: Sequence[Row],
    user: User,
    answers: Answers | None = None,
    *,
    headers: Sequence[str] = HEADERS,
    name: str = "表.xlsx",
    today: date = TODAY,
) -> TableImport:
    """Imported, with what undoing needs."""
    kept = kept_import(plan, user, name)
    wanted = Import(
        plan=plan,
        reading=read(plan, rows, headers),
        file_name=name,
        answers=answers or Answers(),
        kept=kept,
    )
    diff = table_import(actor=user, scope=scope_of(user, today), wanted=wanted, today=today)
    kept.state, kept.finished_at = TableImport.State.DONE, timezone.now()
    kept.created, kept.updated = diff.count("create"), diff.count("update")
    kept.unchanged = diff.count("unchanged")
    kept.save()
    return kept


def undo(kept: TableImport, user: User, *, reason: str = "导错了", today: date = TODAY) -> None:
    scope = scope_of(user, today)
    import_undo(actor=user, scope=scope, kept_id=kept.pk, today=today, reason=reason)


def everything_of(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """All columns of all that an import writes, in a fixed order."""
    tasks = plan.tasks.order_by("pk")
    deadlines = Deadline.objects.filter(task__plan=plan).order_by("pk")
    assignments = Assignment.objects.filter(task__plan=plan).order_by("pk")
    duties = Duty.objects.filter(task__plan=plan).order_by("task_id", "agency_id")
    return {
        "tasks": [dict(row) for row in tasks.values()],
        "deadlines": [dict(row) for row in deadlines.values()],
        "assignments": [dict(row) for row in assignments.values()],
        "table": [dict(row) for row in SourceTable.objects.filter(plan=plan).values()],
        "duties": [dict(row) for row in duties.values("task_id", "agency_id", "plan_period_id")],
    }


def row_of(plan: Plan, number: str) -> Task:
    return Task.objects.get(plan=plan, number=number)


def touched(kept: TableImport) -> dict[str, str]:
    """By number, what an import did to each row."""
    rows = ImportedRow.objects.filter(table_import=kept)
    return dict(rows.values_list("task__number", "action"))
