"""What was worked out once and still holds: kept in this process until the database has changed.

Nothing is ever too old by the clock. Each value is kept with the snapshot before which its rows
were read; the log of changes (apps/reports/change_sql.py) tells whether any transaction that this
snapshot did not see has since committed, and from which day on its rows matter.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")

# a page of the board takes up to a megabyte; what was not asked for the longest goes first
MOST_KEPT = 24
# The first row says where these numbers count: after a restore or a failover others are given out
# for the second time. A transaction that has written sees what nobody else does: for it nothing is
# kept. What a restored log says of numbers that are not given out yet means nothing.
_NOW = """
    SELECT concat_ws(' ', pg_postmaster_start_time(), d.oid, 'reports_change'::regclass::oid),
           pg_current_snapshot()::text, pg_current_xact_id_if_assigned() IS NOT NULL,
           (SELECT min(c.since) <= %(until)s
              FROM reports_change AS c
             WHERE c.xid >= pg_snapshot_xmin(%(seen)s::pg_snapshot)
               AND c.xid < pg_snapshot_xmax(pg_current_snapshot())
               AND NOT pg_visible_in_snapshot(c.xid, %(seen)s::pg_snapshot))
      FROM pg_database AS d
     WHERE d.datname = current_database()
"""
_NOW_TOO = "infinity"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A value, and the database and snapshot it was read from."""

    place: str
    snapshot: str
    value: Any


_kept: OrderedDict[Hashable, _Kept] = OrderedDict()
_lock = Lock()


def kept(key: Hashable, work_out: Callable[[], T], *, until: date | None = None) -> T:
    """The value under this key, worked out anew if rows have changed; one query beside that.

    `key` names everything else the value hangs on: whose plans, which day. `until`: it speaks of
    this day and days before alone; without it, of how things stand now.
    """
    where = connection.settings_dict
    key = (where["HOST"], where["PORT"], where["NAME"], until, key)
    before = _kept.get(key)
    place, snapshot, writing, changed = _look(before.snapshot if before else None, until)
    if before and before.place == place and not writing and not changed:
        found: T = before.value
        _keep(key, _Kept(place, snapshot, found))
        return found
    value = work_out()
    if not writing:
        _keep(key, _Kept(place, snapshot, value))
    return value


def forget() -> None:
    """As a process begins."""
    with _lock:
        _kept.clear()


def _look(seen: str | None, until: date | None) -> tuple[str, str, bool, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_NOW, {"seen": seen, "until": until or _NOW_TOO})
        place, snapshot, writing, changed = cursor.fetchone()
    return place, snapshot, writing, bool(changed)


def _keep(key: Hashable, value: _Kept) -> None:
    with _lock:
        _kept[key] = value
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
