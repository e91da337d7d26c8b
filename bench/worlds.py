"""Databases of the sizes that are measured, in the cluster of the tests; dropped afterwards."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from django.core.management import call_command
from django.db import connection, connections

from apps.tasks.services.bulk import DAY, bulk_make
from bench.results import size_name

# The log is not empty when work goes on. Of an empty table PostgreSQL plans to read all of it and
# keeps to that as long as the connection lasts: the log's trigger then costs more than the work.
_LOG = """
    INSERT INTO audit_entry (business_date, actor_id, actor_name, agency_name, action, object_type,
                             object_id, object_label, about_agency_id, changes, reason, result,
                             chain_no, previous_hash, hash)
    SELECT %(day)s, 'system', '系统', '', '导入：新增', 'task', id::text, number, '', '{}', '',
           'done', 0, '', ''
      FROM tasks_task
     WHERE id %% 100 = %(turn)s
"""


class Worlds:
    """One connection for each size, so that turns may go from one to another."""

    def __init__(self, sizes: Sequence[int], *, kept: bool, template: str = "") -> None:
        """`template`: a migrated database to copy; without it one is made first."""
        self.sizes = sizes
        self.kept = kept
        self._template = template
        self._run = "kept" if kept else str(os.getpid())
        self._wrappers: dict[int, Any] = {}

    def name(self, size: int) -> str:
        return f"bench_{self._run}_{size}"

    @contextmanager
    def standing(self) -> Iterator[Worlds]:
        """With all of them made; those that are kept stay for the next run."""
        outside = connections["default"]
        try:
            self._make()
            yield self
        finally:
            for wrapper in self._wrappers.values():
                wrapper.close()
            connections["default"] = outside
            if not self.kept:
                made = [] if self._template else [self._migrated]
                self._drop([*made, *map(self.name, self.sizes)])

    @contextmanager
    def on(self, size: int) -> Iterator[None]:
        """`django.db.connection` is the one to this size's database."""
        before = connections["default"]
        connections["default"] = self._wrappers[size]
        try:
            yield
        finally:
            connections["default"] = before

    def url(self, size: int) -> str:
        """Where another process finds it."""
        where = connection.get_connection_params()
        user, password = quote(where["user"]), quote(where["password"])
        return f"postgres://{user}:{password}@{where['host']}:{where['port']}/{self.name(size)}"

    def vacuum(self, size: int, *tables: str) -> None:
        """As autovacuum leaves these tables, or all, once it has come round."""
        with self.on(size), connection.cursor() as cursor:
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(tables)}")

    @property
    def _migrated(self) -> str:
        return self._template or f"bench_{self._run}_migrated"

    def _make(self) -> None:
        there = self._there()
        if self._migrated not in there:
            self._create(self._migrated, "template0")
            wrapper = self._wrapper(self._migrated)
            with _as_default(wrapper):
                call_command("migrate", verbosity=0)
            wrapper.close()
        for size in self.sizes:
            fresh = self.name(size) not in there
            if fresh:
                self._create(self.name(size), self._migrated)
            self._wrappers[size] = self._wrapper(self.name(size))
            if fresh:
                say(f"写入 {size_name(size)} 项任务……")
                with self.on(size):
                    bulk_make(tasks=size)
                self._begin_log(size)
                self.vacuum(size)

    def _begin_log(self, size: int) -> None:
        """Of two rows in a hundred; after the first its statistics are known."""
        with self.on(size), connection.cursor() as cursor:
            for turn in range(2):
                cursor.execute(_LOG, {"day": DAY, "turn": turn})
                cursor.execute("ANALYZE audit_entry, audit_head")

    def _wrapper(self, name: str) -> Any:
        wrapper: Any = connections.create_connection("default")
        wrapper.settings_dict = {**wrapper.settings_dict, "NAME": name}
        return wrapper

    def _there(self) -> set[str]:
        with connection._nodb_cursor() as cursor:  # noqa: SLF001  # Django's own way to a database that is not there yet
            cursor.execute("SELECT datname FROM pg_database")
            return {name for (name,) in cursor.fetchall()}

    def _create(self, name: str, template: str) -> None:
        with connection._nodb_cursor() as cursor:  # noqa: SLF001  # as above
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def _drop(self, names: Sequence[str]) -> None:
        with connection._nodb_cursor() as cursor:  # noqa: SLF001  # as above
            for name in names:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def _as_default(wrapper: Any) -> Iterator[None]:
    before = connections["default"]
    connections["default"] = wrapper
    try:
        yield
    finally:
        connections["default"] = before


def say(text: str) -> None:
    """How far it is, beside the table that goes to stdout."""
    sys.stderr.write(f"{text}\n")
