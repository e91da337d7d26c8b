"""Changing the installation's facts, recording job runs, keeping files."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import date
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from apps.common.errors import Refused
from apps.ops.models import Installation, JobRun, StoredFile

_CHUNK = 1024 * 1024


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
    if not default_storage.exists(kept.path):
        source.seek(0)
        default_storage.save(kept.path, File(source))
    row, _ = StoredFile.objects.get_or_create(sha256=kept.sha256, defaults={"size": size})
    return row


def file_bytes(stored: StoredFile) -> bytes:
    """The content of a stored file."""
    with closing(default_storage.open(stored.path, "rb")) as source:
        content: bytes = source.read()
    return content
