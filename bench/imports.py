"""A table of 10,000 rows brought in, against parsing it and bulk_create of as many rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import xlsxwriter
from django.db import connection, models, transaction
from python_calamine import CalamineWorkbook

from apps.audit.models import Entry
from apps.common.actor import COMMAND_LINE
from apps.common.spreadsheets import read_sheets
from apps.ops.models import StoredFile
from apps.plans.models import Plan, PlanPolicy
from apps.tasks.access import everything
from apps.tasks.layout import read_table
from apps.tasks.models import Assignment, Deadline, ImportedRow, MarkSpan, TableImport, Task
from apps.tasks.services.bulk import DAY
from apps.tasks.services.tables import Import, table_import
from bench.probe import probe
from bench.results import Result, size_name
from bench.worlds import Worlds

_ROWS = (10_000, 100_000)
_MOST_TIMES, _MOST_MEMORY = 2.0, 300.0
_HEADERS = ("序号", "重点工作", "牵头单位", "参加单位", "完成时限")
_BATCH = 1000


def imports(worlds: Worlds, *, turns: int) -> list[Result]:
    """Into the smallest database; what was brought in is taken back. 100k only where 100k is."""
    url = worlds.url(min(worlds.sizes))
    results = []
    with TemporaryDirectory() as folder:
        for rows in (each for each in _ROWS if each <= max(worlds.sizes)):
            path = Path(folder) / f"{rows}.xlsx"
            write_table(path, rows)
            sides: dict[str, list[dict[str, Any]]] = {"ours": [], "bare": []}
            for _ in range(min(turns, 3) if rows == min(_ROWS) else 1):
                for side, kept in sides.items():
                    kept.append(probe(f"imports:{side}", str(path), url=url))
            results += _told(rows, sides)
    return results


def _told(rows: int, sides: dict[str, list[dict[str, Any]]]) -> list[Result]:
    times = {side: [each["ms"] for each in found] for side, found in sides.items()}
    counts = {side: found[0]["rows"] for side, found in sides.items()}
    assert counts["ours"] == counts["bare"], f"both write as many rows: {counts}"
    ours, bare = median(times["ours"]), median(times["bare"])
    peak = max(each["peak_mib"] for each in sides["ours"])
    work, name = "导入 .xlsx", size_name(rows)
    said = f"{ours / 1000:.1f} s / {bare / 1000:.1f} s，各写 {sum(counts['ours'].values()):,} 行"
    return [
        Result(work, name, "是下限的", ours / bare, "×", _MOST_TIMES, said, times),
        Result(work, name, "内存", peak, "MiB", _MOST_MEMORY),
    ]


def write_table(path: Path, rows: int) -> None:
    """As a unit would send it: a title, a header, every row with two units and a deadline."""
    workbook = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = workbook.add_worksheet("任务分工表")
    sheet.write_row(0, 0, ["测速任务分工表"])
    sheet.write_row(1, 0, _HEADERS)
    for number in range(1, rows + 1):
        row = (
            str(number),
            f"落实第{number}号工作：完善制度，压实责任，推动{number % 90 + 10}个项目落地见效。",
            f"省第{number % 19 + 2}厅",
            f"省第{number % 17 + 21}厅",
            f"{2020 + number % 4}年{number % 12 + 1}月底前",
        )
        sheet.write_row(number + 1, 0, row)
    workbook.close()


def ours(path: str) -> dict[str, Any]:
    """Read, laid beside what is there, checked, written, logged, judged."""

    def bring_in(kept: TableImport) -> None:
        reading = read_table(read_sheets(Path(path), name="测速.xlsx"))
        wanted = Import(plan=kept.plan, reading=reading, file_name="测速.xlsx", kept=kept)
        table_import(actor=COMMAND_LINE, scope=everything(), wanted=wanted, today=DAY)

    return _counted(bring_in)


def bare(path: str) -> dict[str, Any]:
    """The same number of rows in the same tables, and not a thought about what they say."""

    def bring_in(kept: TableImport) -> None:
        plan = kept.plan
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        rows = [[str(cell) for cell in row] for row in sheet.to_python()[2:]]
        tasks = [
            Task(
                plan=plan,
                number=row[0],
                position=place * 1024,
                content=row[1],
                cells=row,
                due_kind="date",
                due_on=date(2021, 1, 31),
            )
            for place, row in enumerate(rows)
        ]
        Task.objects.bulk_create(tasks, batch_size=_BATCH)
        pairs = list(zip(tasks, rows, strict=True))
        _create(Deadline(task=t, sequence=1, text=r[4], kind="date", due_on=t.due_on, basis="原表",
                         recorded_on=DAY) for t, r in pairs)  # fmt: skip
        _create(Assignment(task=t, name=r[2 + place], role=role, position=place + 1)
                for t, r in pairs for place, role in enumerate(("lead", "support")))  # fmt: skip
        _create(Entry(business_date=DAY, actor_id="system", actor_name="系统", action="导入：新增",
                      object_type="task", object_id=str(t.pk), object_label=t.number,
                      changes={"重点工作": [None, t.content]}) for t in tasks)  # fmt: skip
        _create(MarkSpan(task=t, plan=plan, since=DAY, state=t.state, light="nodata",
                         cause="no_report", light_reason="尚无进展", due_on=t.due_on)
                for t in tasks)  # fmt: skip
        _create(ImportedRow(table_import=kept, task=t, action="created", version=1) for t in tasks)

    return _counted(bring_in)


def _create(rows: Any) -> None:
    rows = list(rows)
    model: type[models.Model] = type(rows[0])
    model._default_manager.bulk_create(rows, batch_size=_BATCH)  # noqa: SLF001  # Django's documented name for it


_WRITTEN: tuple[type[models.Model], ...] = (
    Task,
    Deadline,
    Assignment,
    Entry,
    MarkSpan,
    ImportedRow,
)


def _counted(bring_in: Callable[[TableImport], None]) -> dict[str, Any]:
    """Into a new plan, and taken back; how long it took and how many rows came into each table."""
    with transaction.atomic():
        plan = Plan.objects.create(
            code="bench", title="测速", short_title="测速", level="省", region="测速省",
            relation="own", issued_on=date(2018, 1, 8), starts_on=date(2018, 1, 1),
        )  # fmt: skip
        PlanPolicy.objects.create(plan=plan)
        file, _ = StoredFile.objects.get_or_create(sha256="0" * 64, defaults={"size": 0})
        kept = TableImport.objects.create(
            plan=plan, file=file, file_name="测速.xlsx", by_id="system", by_name="系统"
        )
        before = _counts()
        began = perf_counter()
        bring_in(kept)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        spent = (perf_counter() - began) * 1000
        rows = {name: many - before[name] for name, many in _counts().items()}
        transaction.set_rollback(True)
    return {"ms": spent, "rows": rows}


def _counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in _WRITTEN}  # noqa: SLF001  # as above
