"""The ledger as .xlsx, against XlsxWriter alone with the rows of one query."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import xlsxwriter
from django.db import connection, transaction

from apps.accounts.models import User
from apps.ops.services import file_drop, job_claim
from apps.tasks.access import scope_of
from apps.tasks.jobs import run_claimed
from apps.tasks.listing import listed
from apps.tasks.services.bulk import DAY
from apps.tasks.services.export import Exporter
from apps.tasks.services.exports import Wanted, export_ask, export_prepare
from bench.probe import probe
from bench.results import Result, size_name
from bench.worlds import Worlds

_SIZES = (10_000, 100_000)
_MOST_TIMES, _MOST_MEMORY = 1.3, 120.0
# Column for column what the ledger's workbook says of a row.
_QUERY = """
    SELECT t.number, p.short_title, t.content,
           (SELECT string_agg(name, '、' ORDER BY position) FROM tasks_assignment
             WHERE task_id = t.id AND role = 'lead'),
           (SELECT string_agg(name, '、' ORDER BY position) FROM tasks_assignment
             WHERE task_id = t.id AND role <> 'lead'),
           (SELECT text FROM tasks_deadline WHERE task_id = t.id AND current),
           '', '', told.text, told.problems, told.next_step, t.state,
           t.light || ' ' || t.light_reason, told.days, told.judged
      FROM tasks_task AS t
      JOIN plans_plan AS p ON p.id = t.plan_id
      LEFT JOIN LATERAL (
           SELECT string_agg(name || '：' || text, E'\\n') AS text,
                  string_agg(problems, E'\\n') AS problems,
                  string_agg(next_step, E'\\n') AS next_step,
                  string_agg(submitted_on::text, E'\\n') AS days,
                  string_agg(state || judgement, E'\\n') AS judged
             FROM (SELECT DISTINCT ON (d.agency_id) a.name, g.*
                     FROM tasks_duty AS d
                     JOIN tasks_progress AS g ON g.duty_id = d.id
                     JOIN plans_planperiod AS pp ON pp.id = d.plan_period_id
                     JOIN plans_period AS period ON period.id = pp.period_id
                     JOIN agencies_agency AS a ON a.id = d.agency_id
                    WHERE d.task_id = t.id AND g.delivered_on IS NOT NULL
                    ORDER BY d.agency_id, period.ends_on DESC) AS newest
           ) AS told ON true
     ORDER BY t.plan_id, t.position
"""


def export(worlds: Worlds, *, turns: int) -> list[Result]:
    """Each in a process of its own, whose memory is looked at."""
    results = []
    for size in (each for each in worlds.sizes if each in _SIZES):
        url, few = worlds.url(size), min(turns, 3)
        sides: dict[str, list[dict[str, Any]]] = {"ours": [], "bare": []}
        for _ in range(few):
            for side, kept in sides.items():
                kept.append(probe(f"export:{side}", url=url))
        results += _told(size, sides)
    return results


def _told(size: int, sides: dict[str, list[dict[str, Any]]]) -> list[Result]:
    times = {side: [each["ms"] for each in found] for side, found in sides.items()}
    peaks = {side: max(each["peak_mib"] for each in found) for side, found in sides.items()}
    ours, bare = median(times["ours"]), median(times["bare"])
    said = f"{ours / 1000:.1f} s / {bare / 1000:.1f} s"
    work, name = "导出 .xlsx", size_name(size)
    return [
        Result(work, name, "是下限的", ours / bare, "×", _MOST_TIMES, said, times),
        Result(
            work, name, "内存", peaks["ours"], "MiB", _MOST_MEMORY, f"下限 {peaks['bare']:.0f} MiB"
        ),
    ]


def ours() -> dict[str, Any]:
    """The whole list, as a worker makes it that has made one before: kept, logged, said how far."""
    _made("due_from=2099-01-01")
    began = perf_counter()
    size = _made("")
    return {"ms": (perf_counter() - began) * 1000, "bytes": size}


def _made(query: str) -> int:
    """How many bytes the file of this list has; it is dropped again."""
    user = User.objects.get(username="bulk_dc")
    exporter = Exporter(user, scope_of(user, DAY), DAY)
    export = export_prepare(Wanted(query=query), exporter, listed)
    assert export is not None, query
    run = export_ask(export=export)
    claimed = job_claim(run.pk)
    assert claimed is not None, "somebody else works here"
    run_claimed(claimed, DAY)
    run.refresh_from_db()
    assert run.result is not None, run.error
    file = run.result
    run.delete()
    file_drop(file=file)
    return file.size


def bare() -> dict[str, Any]:
    connection.ensure_connection()
    with TemporaryDirectory() as folder:
        began = perf_counter()
        path = Path(folder) / "bare.xlsx"
        workbook = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_urls": False})
        sheet = workbook.add_worksheet()
        with transaction.atomic(), connection.connection.cursor(name="rows") as cursor:
            cursor.itersize = 1000
            cursor.execute(_QUERY)
            for index, row in enumerate(cursor):
                for column, value in enumerate(row):
                    sheet.write_string(index, column, value or "")
        workbook.close()
        return {"ms": (perf_counter() - began) * 1000, "bytes": path.stat().st_size}
