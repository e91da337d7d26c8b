"""Saying that a job lives while it is busy for longer than a job may be silent."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import DatabaseError, InterfaceError, connection

from apps.ops.models import JobRun
from apps.ops.services import Superseded, job_alive

log = logging.getLogger(__name__)

# a few of them within the minute after which a job counts as silent
BEAT_SECONDS = 15.0


@contextmanager
def beating(run: JobRun) -> Iterator[None]:
    """Whatever takes its time inside. That nobody wants it any more is found at the next stage."""
    over = Event()
    thread = Thread(target=_beat, args=(run, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(run: JobRun, over: Event) -> None:
    """On a connection of its own, which ends with it."""
    try:
        while not over.wait(BEAT_SECONDS):
            job_alive(run=run)
    except Superseded:
        return
    except (DatabaseError, InterfaceError):
        # the job itself meets the same trouble, and says so
        log.warning("job %d could not say that it lives", run.pk)
    finally:
        connection.close()
