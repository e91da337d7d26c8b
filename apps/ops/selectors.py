"""Reading the installation's own facts."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from apps.ops.models import Installation, JobRun


def installation() -> Installation:
    """The installation's row; an unsaved empty one before set-up."""
    return Installation.objects.filter(pk=1).first() or Installation(pk=1)


def business_date() -> date:
    """The day every domain date is judged by: today in Shanghai, or the sample's own day."""
    return installation().business_date or timezone.localdate()


def last_finished(kind: str) -> datetime | None:
    """When a job of this kind last came to its end; None if never."""
    return (
        JobRun.objects.filter(kind=kind, state=JobRun.State.DONE)
        .order_by("-finished_at")
        .values_list("finished_at", flat=True)
        .first()
    )
