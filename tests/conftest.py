"""What tests share: a database of their own for whatever must really commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

LIVE = "test_live"


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """No xdist suffixes: the suite runs in one process."""


@contextmanager
def _maintenance() -> Iterator[Any]:
    with connection._nodb_cursor() as cursor:
        yield cursor


@pytest.fixture
def live_database(
    request: pytest.FixtureRequest, django_db_blocker: Any
) -> Iterator[dict[str, str]]:
    """A migrated database in which commits are real, dropped afterwards.

    The audit trigger refuses TRUNCATE, so tests that must commit cannot be cleaned up in place.
    This process's own connection points at it; the value is the environment for other processes.
    """
    request.getfixturevalue("django_db_setup")
    with django_db_blocker.unblock():
        settings = connection.settings_dict
        migrated = settings["NAME"]
        connection.close()
        with _maintenance() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{LIVE}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{LIVE}" TEMPLATE "{migrated}"')
        settings["NAME"] = LIVE
        try:
            connection.ensure_connection()
            where = connection.get_connection_params()
            url = (
                f"postgres://{quote(where['user'])}:{quote(where['password'])}"
                f"@{where['host']}:{where['port']}/{LIVE}"
            )
            yield {**os.environ, "FENGONG_ENV": "test", "DATABASE_URL": url}
        finally:
            connection.close()
            settings["NAME"] = migrated
            with _maintenance() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{LIVE}" WITH (FORCE)')
