"""A real worker on a real broker: what a stopped night left undone is done at its start."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.ops.models import Installation
from apps.tasks.jobs import flag_overdue
from apps.tasks.models import Task
from config.celery import app
from config.embedded import servers_for
from tests.builders import TODAY, make_task

PATIENCE_SECONDS = 60


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker process, ended afterwards."""
    if "REDIS_URL" not in os.environ:
        servers_for("test").ensure_valkey()
    app.control.purge()
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "solo",
         "--without-gossip", "--without-mingle", "--loglevel", "warning"],
        cwd=Path(settings.BASE_DIR),
        env=environment,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def until(reached: Callable[[], bool]) -> bool:
    """Whether it came to pass while we were patient."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if reached():
            return True
        time.sleep(0.2)
    return False


def test_a_worker_flags_what_is_late_as_soon_as_it_is_there(live_database: dict[str, str]) -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    first = make_task(due_on=TODAY - timedelta(days=400))
    with worker(live_database):
        assert until(lambda: Task.objects.filter(pk=first.pk, overdue_since__isnull=False).exists())
        second = make_task(due_on=TODAY - timedelta(days=1))
        for _ in range(3):
            flag_overdue.delay()
        assert until(
            lambda: Task.objects.filter(pk=second.pk, overdue_since__isnull=False).exists()
        )
    flagged = Entry.objects.filter(action="标记逾期").values_list("object_id", flat=True)
    assert sorted(flagged) == sorted([str(first.pk), str(second.pk)])
    assert breaks() == []
