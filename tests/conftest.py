"""What tests share: a database of their own for whatever must really commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from apps.tasks.samples import samples_load


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """No xdist suffixes: the suite runs in one process."""


@contextmanager
def _maintenance() -> Iterator[Any]:
    with connection._nodb_cursor() as cursor:
        yield cursor


@contextmanager
def _database(name: str) -> Iterator[None]:
    """A copy of the migrated database, dropped afterwards."""
    connection.close()
    with _maintenance() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{connection.settings_dict["NAME"]}"')
    try:
        yield
    finally:
        with _maintenance() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    """This process's connection on another database."""
    settings = connection.settings_dict
    migrated = settings["NAME"]
    connection.close()
    settings["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = migrated


@pytest.fixture
def live_database(
    request: pytest.FixtureRequest, django_db_blocker: Any
) -> Iterator[dict[str, str]]:
    """A migrated database in which commits are real.

    The audit trigger refuses TRUNCATE, so tests that must commit cannot be cleaned up in place.
    The value is the environment in which other processes find it.
    """
    request.getfixturevalue("django_db_setup")
    with django_db_blocker.unblock(), _database("test_live"), _connected_to("test_live"):
        connection.ensure_connection()
        where = connection.get_connection_params()
        url = (
            f"postgres://{quote(where['user'])}:{quote(where['password'])}"
            f"@{where['host']}:{where['port']}/test_live"
        )
        yield {**os.environ, "FENGONG_ENV": "test", "DATABASE_URL": url}


@pytest.fixture(scope="session")
def _sample_database(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[str]:
    request.getfixturevalue("django_db_setup")
    name = "test_sample"
    kept = ExitStack()
    with django_db_blocker.unblock():
        kept.enter_context(_database(name))
        with _connected_to(name):
            samples_load()
    yield name
    with django_db_blocker.unblock():
        kept.close()


@pytest.fixture
def sample(_sample_database: str, django_db_blocker: Any) -> Iterator[None]:
    """The sample's real rows and invented progress, loaded once; what a test does is undone."""
    with django_db_blocker.unblock(), _connected_to(_sample_database), transaction.atomic():
        yield
        transaction.set_rollback(True)  # Django's signature
