"""Saying how far a job is from inside its one long transaction, where nobody could see it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import DatabaseError, InterfaceError, connection

from apps.ops.beating import BEAT_SECONDS
from apps.ops.models import JobRun
from apps.ops.services import Superseded, job_heard

log = logging.getLogger(__name__)

# as often as the page asks
_TELL_SECONDS = 0.5
# stage, done, total
Heard = Callable[[str, int, int], None]


def nothing(_stage: str, _done: int, _total: int) -> None:
    """For work that nobody follows, or that is over before anybody could ask how far it is."""


class _Teller:
    """Writes the newest word on a connection of its own, whatever the job's own is busy with."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._newest: tuple[str, int, int] | None = None
        self._stopped: Superseded | None = None
        self._over = Event()
        self._thread = Thread(target=self._tell, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def heard(self, stage: str, done: int, total: int) -> None:
        """Raises Superseded and Cancelled, as job_heard does, at most half a second late."""
        if self._stopped is not None:
            raise self._stopped
        self._newest = (stage, done, total)

    def _tell(self) -> None:
        told, told_at = None, 0.0
        try:
            while not self._over.wait(_TELL_SECONDS):
                newest, now = self._newest, time.monotonic()
                if newest is not None and (newest != told or now - told_at > BEAT_SECONDS):
                    stage, done, total = newest
                    job_heard(run=self._run, stage=stage, done=done, total=total)
                    told, told_at = newest, now
        except Superseded as stopped:
            self._stopped = stopped
        except (DatabaseError, InterfaceError):
            # the job itself meets the same trouble, and says so
            log.warning("job %d could not say how far it is", self._run.pk)
        finally:
            connection.close()


@contextmanager
def telling(run: JobRun) -> Iterator[Heard]:
    """What is called inside with stage, done and total is seen by everybody, transaction or not."""
    teller = _Teller(run)
    teller.start()
    try:
        yield teller.heard
    finally:
        teller.end()
