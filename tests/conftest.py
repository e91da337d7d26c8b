"""What tests share: a database of their own for whatever must really commit."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from apps.reports.samples import sample_load

# Each run has databases of its own, so that two runs side by side do not meet; of a run that is
# split over several processes each has its own, copied from what one of them made for all.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_RUN = f"test_{os.getppid() if _WORKER else os.getpid()}"
NAME = f"{_RUN}_{_WORKER}" if _WORKER else _RUN
PATIENCE_SECONDS = 20


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Django's own DROP fails while a vacuum looks at the database; `_drop` has the patience."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(_migrated: str, django_db_blocker: Any) -> Iterator[None]:
    """The run's database starts as a copy, so that the migrations are applied once."""
    connection.settings_dict["TEST"] |= {"NAME": NAME, "TEMPLATE": _migrated}
    yield
    with django_db_blocker.unblock():
        connection.close()
        with _maintenance() as cursor:
            _drop(cursor, NAME)


def _drop_forgotten() -> None:
    """Databases of runs that are over: the last process of one does not know that it is."""
    with _maintenance() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^test_[0-9]+'")
        for (name,) in cursor.fetchall():
            if not _is_running(int(name.split("_")[1])):
                _drop(cursor, name)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _maintenance() -> Iterator[Any]:
    with connection._nodb_cursor() as cursor:
        yield cursor


@contextmanager
def database_copy(name: str, template: str) -> Iterator[None]:
    """A copy of another database, dropped afterwards."""
    with _maintenance() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield
    finally:
        with _maintenance() as cursor:
            _drop(cursor, name)


def _drop(cursor: Any, name: str) -> None:
    """Our role may end anybody's connection but that of a vacuum, which is over in a moment."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        except ProgrammingError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


def database_url(name: str) -> str:
    """Where another process finds a database of the test cluster."""
    where = connection.get_connection_params()
    user, password = quote(where["user"]), quote(where["password"])
    return f"postgres://{user}:{password}@{where['host']}:{where['port']}/{name}"


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


def _made_once(name: str, template: str, fill: Callable[[], object]) -> None:
    """The database, made by whichever process of the run comes first; the others wait for it."""
    lock = Path(settings.BASE_DIR, "var", "test", "templates.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with _maintenance() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone():
                return
            cursor.execute(f'CREATE DATABASE "{name}_half" TEMPLATE "{template}"')
        with _connected_to(f"{name}_half"):
            fill()
        with _maintenance() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}_half" RENAME TO "{name}"')


@pytest.fixture(scope="session")
def _migrated(django_db_blocker: Any) -> str:
    """An empty database with all migrations, for copying; nobody connects to it."""
    name = f"{_RUN}_migrated"
    with django_db_blocker.unblock():
        _drop_forgotten()
        _made_once(name, "template0", lambda: call_command("migrate", verbosity=0))
    return name


@pytest.fixture
def live_database(_migrated: str, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """A migrated database in which commits are real.

    The audit trigger refuses TRUNCATE, so tests that must commit cannot be cleaned up in place.
    The value is the environment in which other processes find it.
    """
    name = f"{NAME}_live"
    with django_db_blocker.unblock(), database_copy(name, _migrated), _connected_to(name):
        yield {**os.environ, "FENGONG_ENV": "test", "DATABASE_URL": database_url(name)}


@pytest.fixture(scope="session")
def sample_template(_migrated: str, django_db_blocker: Any) -> str:
    """The loaded sample, for copying; nobody connects to it."""
    name = f"{_RUN}_loaded"
    with django_db_blocker.unblock():
        _made_once(name, _migrated, sample_load)
    return name


@pytest.fixture(scope="session")
def _sample_database(sample_template: str, django_db_blocker: Any) -> Iterator[str]:
    name = f"{NAME}_sample"
    kept = ExitStack()
    with django_db_blocker.unblock():
        kept.enter_context(database_copy(name, sample_template))
    yield name
    with django_db_blocker.unblock():
        kept.close()


@pytest.fixture
def sample(_sample_database: str, django_db_blocker: Any) -> Iterator[None]:
    """The sample's real rows and invented progress, loaded once; what a test does is undone."""
    with django_db_blocker.unblock(), _connected_to(_sample_database), transaction.atomic():
        yield
        transaction.set_rollback(True)  # Django's signature
