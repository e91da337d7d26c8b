"""Changing the installation's facts, recording job runs, keeping files."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import date
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models import F, ProtectedError
from django.db.models.functions import Now
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import Refused
from apps.ops.models import Installation, JobRun, StoredFile
from apps.ops.selectors import runs_to_take

_CHUNK = 1024 * 1024
# A job that took its worker down this often would take down the next one too.
MOST_ATTEMPTS = 5


@transaction.atomic
def business_date_set(*, day: date) -> Installation:
    """Set the sample's day. Refused outside the sample."""
    row = Installation.objects.select_for_update().filter(pk=1).first()
    if row is None or not row.sample:
        raise Refused("只有演示数据可以改业务日期；正式环境一律用当天。")
    row.business_date = day
    row.save(update_fields=["business_date"])
    return row


def job_finished(*, kind: str, key: str, done: int) -> None:
    """Record that a sweep came to its end; runs of one key share one row, also at once."""
    row = JobRun(
        kind=kind,
        key=key,
        state=JobRun.State.DONE,
        done=done,
        total=done,
        finished_at=timezone.now(),
    )
    ended = JobRun.objects.filter(kind=kind, key=key, state=JobRun.State.DONE)
    if not ended.update(finished_at=row.finished_at):
        JobRun.objects.bulk_create([row], ignore_conflicts=True)


def file_keep(*, source: BinaryIO) -> StoredFile:
    """Store a file by its content; the same content is stored once."""
    digest = hashlib.sha256()
    size = 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    kept = StoredFile(sha256=digest.hexdigest(), size=size)
    _save(kept, source)
    row, is_new = StoredFile.objects.get_or_create(sha256=kept.sha256, defaults={"size": size})
    if is_new:
        # the same content may have been dropped since it was looked for
        _save(kept, source)
    return row


def _save(kept: StoredFile, source: BinaryIO) -> None:
    """Unless it is there; half a file, of a process that was killed, is written anew."""
    if default_storage.exists(kept.path):
        if default_storage.size(kept.path) == kept.size:
            return
        default_storage.delete(kept.path)
    source.seek(0)
    default_storage.save(kept.path, File(source))


def file_drop(*, file: StoredFile) -> bool:
    """Remove a file for good, unless something refers to it; whether it is gone."""
    try:
        with transaction.atomic():
            StoredFile.objects.filter(pk=file.pk).delete()
            # whoever came to refer to it meanwhile is found now, and not after its content is gone
            connection.check_constraints()
            default_storage.delete(file.path)
    except (ProtectedError, IntegrityError):
        return False
    return True


def file_bytes(stored: StoredFile) -> bytes:
    """The content of a stored file."""
    with closing(default_storage.open(stored.path, "rb")) as source:
        content: bytes = source.read()
    return content


class Superseded(Exception):
    """The run belongs to another worker now, or has ended: stop, and leave no trace."""


class Cancelled(Superseded):
    """Somebody asked that it stop."""


def job_ask(*, kind: str, key: str, wanted: dict[str, Any], actor: Actor) -> JobRun:
    """The open run of this kind and key, made now if there is none.

    Belongs into the transaction that wants it; sending it to a worker is for the view, afterwards.
    """
    while True:
        known = JobRun.objects.filter(kind=kind, key=key, state__in=JobRun.OPEN).first()
        if known is not None:
            return known
        asked = JobRun(
            kind=kind,
            key=key,
            wanted=wanted,
            by_id=actor.actor_id,
            by_name=actor.actor_name,
        )
        # of two who ask at once, the second finds the first one's run in the next round
        JobRun.objects.bulk_create([asked], ignore_conflicts=True)


def job_claim(pk: int) -> JobRun | None:
    """Take a waiting or silent run up; None where there is nothing to be taken.

    One conditional UPDATE, by the database's clock: of two workers one gets it.
    """
    taken = runs_to_take().filter(pk=pk)
    taken.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=JobRun.State.FAILED,
        error="多次中断，没有做完。请重新发起；仍不行请联系系统管理员。",
        finished_at=Now(),
    )
    got = taken.update(
        state=JobRun.State.RUNNING, heard_at=Now(), attempts=F("attempts") + 1, done=0
    )
    return JobRun.objects.get(pk=pk) if got else None


def job_heard(*, run: JobRun, stage: str, done: int, total: int) -> None:
    """Say how far the job is, and that it lives. Raises Superseded, Cancelled; commit at once."""
    _mine(run, stage=stage, done=done, total=total, heard_at=Now())


def job_alive(*, run: JobRun) -> None:
    """Say nothing but that it lives. Raises Superseded, Cancelled."""
    _mine(run, heard_at=Now())


def job_done(*, run: JobRun, result: StoredFile | None, result_name: str = "") -> None:
    """The end. Raises Superseded where another worker has it, Cancelled where nobody wants it."""
    _mine(
        run,
        state=JobRun.State.DONE,
        result=result,
        result_name=result_name[:255],
        done=F("total"),
        finished_at=Now(),
    )


def job_failed(*, run: JobRun, sentence: str) -> None:
    """The end without a result, and why. Raises Superseded where another worker has it."""
    _mine(run, state=JobRun.State.FAILED, error=sentence, finished_at=Now())


def job_cancel(*, run: JobRun, actor: Actor) -> None:
    """Nobody wants it any more; the worker that has it stops at its next sign of life.

    Refused where it has ended: of a cancelling and an ending at once, one waits for the other.
    """
    stopped = JobRun.objects.filter(pk=run.pk, state__in=JobRun.OPEN).update(
        state=JobRun.State.CANCELLED, cancelled_by=actor.actor_name, finished_at=Now()
    )
    if not stopped:
        raise Refused("已经结束，没有可以取消的了。请刷新后再看。")


def _mine(run: JobRun, **changes: Any) -> None:
    """Only while nobody else has taken the run up: the number of attempts is the proof."""
    mine = JobRun.objects.filter(pk=run.pk, state=JobRun.State.RUNNING, attempts=run.attempts)
    if mine.update(**changes):
        return
    if JobRun.objects.filter(pk=run.pk, state=JobRun.State.CANCELLED).exists():
        raise Cancelled
    raise Superseded


@transaction.atomic
def body_name_set(*, body_name: str) -> Installation:
    """Whose installation this is; shown in the head of every page."""
    row, _ = Installation.objects.select_for_update().get_or_create(pk=1)
    row.body_name = body_name
    row.save(update_fields=["body_name"])
    return row
