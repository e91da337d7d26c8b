"""Whether this process can do its work: what probes and Prometheus are told."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from apps.ops.models import Installation
from apps.ops.selectors import last_finished

SWEEP = "flag_overdue"
_BROKER_SECONDS = 0.5
OK, AWAY = "ok", "away"
# Without these no page works; without the others pages do, and jobs or uploads wait.
_NEEDED = frozenset({"database", "migrations", "samples", "storage"})


@dataclass(frozen=True, slots=True)
class Health:
    """`checks` holds a word for each part: ok, or what is the matter with it."""

    checks: dict[str, str]
    last_sweep_seconds: int | None

    @property
    def ready(self) -> bool:
        return all(word == OK for part, word in self.checks.items() if part in _NEEDED)

    @property
    def status(self) -> str:
        if not self.ready:
            return "unavailable"
        return "ready" if set(self.checks.values()) == {OK} else "degraded"


def health() -> Health:
    """Everything a probe asks; some milliseconds, half a second more while the broker is away."""
    checks: dict[str, str] = {}
    swept: int | None = None
    try:
        connection.ensure_connection()
        checks["database"] = OK
        checks["migrations"] = OK if is_migrated() else "missing"
        if checks["migrations"] == OK:
            checks["samples"] = "present" if holds_forbidden_samples() else OK
            swept = last_sweep_seconds()
    except (DatabaseError, InterfaceError):
        checks["database"] = AWAY
    checks["broker"] = _word(_broker_answers)
    checks["storage"] = _word(_storage_takes)
    return Health(checks, swept)


def is_migrated() -> bool:
    """Whether every migration of this code has been applied; newer ones do no harm."""
    recorder = MigrationRecorder(connection)
    return recorder.has_table() and known_migrations() <= set(recorder.applied_migrations())


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """App and name of every migration of this code."""
    # reads every migration module: once in the life of a process
    return frozenset(MigrationLoader(None).disk_migrations or ())


def holds_forbidden_samples() -> bool:
    """Whether real work would be done on invented rows, with accounts everybody knows."""
    return not settings.SAMPLE and Installation.objects.filter(sample=True).exists()


def last_sweep_seconds() -> int | None:
    """How long ago the sweep of every ten minutes came to its end; None if never."""
    finished = last_finished(SWEEP)
    return None if finished is None else int((timezone.now() - finished).total_seconds())


def _broker_answers() -> None:
    # a quarter of a second that only probes need: every command imports this module
    import redis  # noqa: PLC0415

    link = redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_connect_timeout=_BROKER_SECONDS,
        socket_timeout=_BROKER_SECONDS,
    )
    try:
        with closing(link):
            link.ping()
    except redis.RedisError as error:
        raise OSError("the broker does not answer") from error


def _storage_takes() -> None:
    name = default_storage.save(f"probe/{uuid.uuid4().hex}", ContentFile(b"\n"))
    default_storage.delete(name)


def _word(check: Callable[[], object]) -> str:
    try:
        check()
    # ValueError: an address that only Celery understands, sentinel:// for one
    except (OSError, ValueError):
        return AWAY
    return OK
