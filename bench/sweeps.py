"""Flagging what is late: rows that became so, and a second run that finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.common.actor import SWEEP
from apps.tasks.services.bulk import DAY
from apps.tasks.services.overdue import overdue_flag, sweep
from bench.results import Result, size_name
from bench.timing import Act, Spent, Times, middle, race, timed
from bench.worlds import Worlds

_MOST_TIMES, _MOST_AGAIN = 1.5, 20.0
_WRITTEN = ("tasks_task", "audit_entry", "audit_head", "notices_message")
# a kept database may have been swept by the run before
_UNDO = """
    UPDATE tasks_task SET overdue_since = NULL, light = 'amber', light_order = 1,
           light_reason = '本期是时限前最后一次报送', marks_on = due_on, marks_next = due_on + 1
     WHERE (id * 7919) % 1000 < 50 AND overdue_since IS NOT NULL
"""
_BARE = """
    UPDATE tasks_task SET overdue_since = due_on + 1
     WHERE due_kind = 'date' AND NOT due_soft AND overdue_since IS NULL AND due_on < %(today)s
       AND state IN ('unassigned', 'assigned', 'signed', 'active', 'closing')
"""
# as many rows of the log as flagging writes, in one statement too
_LOG = """
    INSERT INTO audit_entry (business_date, actor_id, actor_name, agency_name, action, object_type,
                             object_id, object_label, about_agency_id, changes, reason, result,
                             chain_no, previous_hash, hash)
    SELECT %(today)s, 'system', '系统', '', '标记逾期', 'task', id::text, number, '',
           jsonb_build_object('逾期起', jsonb_build_array(NULL, due_on::text)),
           '完成时限 ' || due_on::text || ' 已过，任务未办结', 'done', 0, '', ''
      FROM tasks_task
     WHERE due_kind = 'date' AND NOT due_soft AND overdue_since IS NULL AND due_on < %(today)s
       AND state IN ('unassigned', 'assigned', 'signed', 'active', 'closing')
"""


def flagging(worlds: Worlds, *, turns: int) -> list[Result]:
    """Each try is undone; the last one stays, and what comes after it finds nothing."""
    acts: dict[str, Act] = {}
    for size in worlds.sizes:
        with worlds.on(size):
            _run(_UNDO)
        worlds.vacuum(size, *_WRITTEN)
        acts[f"ours {size}"] = _undone(worlds, size, _flag)
        acts[f"bare {size}"] = _undone(worlds, size, lambda: _run(_BARE))
        acts[f"log {size}"] = _undone(worlds, size, lambda: _run(_LOG))
    times = race(acts, turns=min(turns, 5))
    results = []
    for size in worlds.sizes:
        with worlds.on(size):
            whole = timed(_sweep)
            worlds.vacuum(size)
            again = race({"again": _sweep}, turns=turns)
            with CaptureQueriesContext(connection) as caught:
                _sweep()
            queries = len(caught)
        results += _told(size, times, whole, middle(again, "again"), queries)
    return results


def _told(size: int, times: Times, whole: Spent, again: float, queries: int) -> list[Result]:
    name = size_name(size)
    ours, bare, log = (middle(times, f"{key} {size}") for key in ("ours", "bare", "log"))
    kept = {key: times[f"{key} {size}"] for key in ("ours", "bare", "log")}
    said = f"({ours:.0f} − 日志 {log:.0f}) ms / {bare:.0f} ms"
    work = "标记逾期"
    return [
        Result(work, name, "是下限的", (ours - log) / bare, "×", _MOST_TIMES, said, kept),
        Result(work, name, "再次运行", again, "ms", _MOST_AGAIN, f"{queries} 条 SQL"),
        Result(work, name, "连同改判", whole, "ms"),
    ]


def _flag() -> None:
    assert overdue_flag(actor=SWEEP, today=DAY), "there are rows to flag"


def _sweep() -> None:
    sweep(actor=SWEEP, today=DAY)


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"today": DAY} if "%(today)s" in statement else None)


def _undone(worlds: Worlds, size: int, act: Callable[[], None]) -> Act:
    """What it does counts, with what is checked as it is committed; the rollback does not.

    What the tries before left behind is swept away first, or the last ones would pay for them.
    """

    def tried() -> Spent:
        worlds.vacuum(size, *_WRITTEN)
        with worlds.on(size), transaction.atomic():
            began = perf_counter()
            act()
            _run("SET CONSTRAINTS ALL IMMEDIATE")
            spent = Spent((perf_counter() - began) * 1000)
            transaction.set_rollback(True)
        return spent

    return tried
