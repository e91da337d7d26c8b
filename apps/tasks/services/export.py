"""Giving tables back as files: the original as it came, with its new rows; the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db.models import QuerySet

from apps.common.actor import Actor
from apps.common.errors import Refused
from apps.common.made_files import made_file
from apps.common.periods import PeriodCode
from apps.common.spreadsheets import OutSheet, write_sheet
from apps.ops.selectors import installation
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.models import Task
from apps.tasks.rebuilding import rebuild
from apps.tasks.selectors.ledger import ledger_sheet
from apps.tasks.selectors.originals import original

WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SAMPLE_NOTE = "演示数据：进展、数值、日期均为虚构，与真实工作无关"


@dataclass(frozen=True, slots=True)
class Exporter:
    """Who exports, with what rights, on which business day."""

    actor: Actor
    scope: Scope
    today: date

    @property
    def line(self) -> str:
        """Stands on what is exported."""
        name = f"{self.actor.agency_name} {self.actor.actor_name}".strip()
        return f"导出人：{name}，{self.today.isoformat()}"


def original_sheet(plan: Plan, exporter: Exporter | None = None) -> OutSheet:
    """The plan's table as it came: columns, order, text, merges, notes; new rows in their place.

    Who exported it stands below the printed pages and in no cell. Refused when no table was ever
    imported.
    """
    found = original(plan, exporter.scope if exporter else None)
    if found is None:
        raise Refused(f"“{plan.short_title}”还没有导入过任务分工表，没有原表可以导出。")
    sheet = rebuild(found.layout, found.rows)
    return replace(sheet, foot=exporter.line) if exporter else sheet


def ledger_of(
    tasks: QuerySet[Task],
    exporter: Exporter,
    *,
    period: PeriodCode | None,
    conditions: Sequence[str] = (),
) -> OutSheet:
    """The ledger of these rows, in their order, with who exported it and what was filtered by."""
    is_sample = settings.SAMPLE and installation().sample
    about = [
        *([f"条件：{'；'.join(conditions)}"] if conditions else []),
        *([_SAMPLE_NOTE] if is_sample else []),
        exporter.line,
    ]
    return ledger_sheet(
        tasks, scope=exporter.scope, period=period, today=exporter.today, about=about
    )


def workbook(sheet: OutSheet) -> IO[bytes]:
    """The sheet as an .xlsx file, open at its beginning; it vanishes when it is closed."""
    return made_file(".xlsx", lambda path: write_sheet(path, sheet))


def workbook_to(path: Path, sheet: OutSheet) -> None:
    """Write to this path; what stood there stays when it cannot be written in full."""
    part = path.with_name(f".{path.name}.part")
    # tells of a folder that is not there before anything is written
    part.touch()
    try:
        write_sheet(part, sheet)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
