"""What tests share: a database of their own for whatever must really commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from apps.tasks.samples import samples_load


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """No xdist suffixes: the suite runs in one process."""


@contextmanager
def _maintenance() -> Iterator[Any]:
    with connection._nodb_cursor() as cursor:
        yield cursor


@contextmanager
def _copy(name: str) -> Iterator[None]:
    """This process's connection on a copy of the migrated database, dropped afterwards."""
    settings = connection.settings_dict
    migrated = settings["NAME"]
    connection.close()
    with _maintenance() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated}"')
    settings["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = migrated
        with _maintenance() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def live_database(
    request: pytest.FixtureRequest, django_db_blocker: Any
) -> Iterator[dict[str, str]]:
    """A migrated database in which commits are real.

    The audit trigger refuses TRUNCATE, so tests that must commit cannot be cleaned up in place.
    The value is the environment in which other processes find it.
    """
    request.getfixturevalue("django_db_setup")
    with django_db_blocker.unblock(), _copy("test_live"):
        connection.ensure_connection()
        where = connection.get_connection_params()
        url = (
            f"postgres://{quote(where['user'])}:{quote(where['password'])}"
            f"@{where['host']}:{where['port']}/test_live"
        )
        yield {**os.environ, "FENGONG_ENV": "test", "DATABASE_URL": url}


@pytest.fixture(scope="module")
def _sample_loaded(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    request.getfixturevalue("django_db_setup")
    with django_db_blocker.unblock(), _copy("test_sample"):
        samples_load()
        connection.close()
        with django_db_blocker.block():
            yield


@pytest.fixture
def sample(_sample_loaded: None, db: None) -> None:
    """The sample's real rows and invented progress, loaded once a module; each test undone."""
