"""Reading the installation's own facts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from apps.common.at_work import current
from apps.common.workdays import Workdays
from apps.ops.models import Installation, JobRun, WorkdayOverride


def installation() -> Installation:
    """The installation's row; an unsaved empty one before set-up. Read once for a request."""
    request = current().request
    kept: dict[str, Any] = {} if request is None else request.__dict__
    if "_installation" not in kept:
        kept["_installation"] = Installation.objects.filter(pk=1).first() or Installation(pk=1)
    found: Installation = kept["_installation"]
    return found


def business_date() -> date:
    """The day every domain date is judged by: today in Shanghai, or the sample's own day."""
    return installation().business_date or timezone.localdate()


def workdays() -> Workdays:
    """The calendar this body works by; one query."""
    return Workdays(dict(WorkdayOverride.objects.values_list("day", "is_workday")))


def last_finished(kind: str) -> datetime | None:
    """When a job of this kind last came to its end; None if never."""
    return (
        JobRun.objects.filter(kind=kind, state=JobRun.State.DONE)
        .order_by("-finished_at")
        .values_list("finished_at", flat=True)
        .first()
    )


# A job says that it lives far more often than this.
_SILENT = timedelta(seconds=60)


def runs_to_take() -> QuerySet[JobRun]:
    """What a worker may take up: waiting, or running and fallen silent with its worker.

    By the database's clock, as workers on several machines must agree.
    """
    waiting = Q(state=JobRun.State.WAITING)
    silent = Q(state=JobRun.State.RUNNING, heard_at__lt=Now() - _SILENT)
    return JobRun.objects.filter(waiting | silent)


def runs_to_send_again(limit: int) -> list[int]:
    """Runs that nobody took up within a minute or whose worker fell silent, oldest first."""
    overdue = runs_to_take().filter(created_at__lt=Now() - _SILENT)
    return list(overdue.order_by("created_at").values_list("pk", flat=True)[:limit])


def runs_of(kind: str, key: str, limit: int) -> list[JobRun]:
    """The latest runs, newest first."""
    return list(JobRun.objects.filter(kind=kind, key=key).order_by("-created_at", "-pk")[:limit])


def runs_by_kind_and_state() -> list[tuple[str, str, int]]:
    """How many runs there are of each kind in each state."""
    counted = JobRun.objects.values_list("kind", "state").annotate(count=Count("pk"))
    return list(counted.order_by("kind", "state"))


def oldest_waiting_seconds() -> float:
    """How long the oldest run has been waiting for a worker; 0 when none waits."""
    waiting = JobRun.objects.filter(state=JobRun.State.WAITING)
    since: datetime | None = waiting.aggregate(since=Min("created_at"))["since"]
    return 0.0 if since is None else max(0.0, (timezone.now() - since).total_seconds())


def sweep_ages() -> dict[str, float]:
    """Seconds since each kind of sweep, which nobody asks for, last came to its end."""
    swept = JobRun.objects.filter(by_id="", state=JobRun.State.DONE)
    ended = swept.values_list("kind").annotate(ended=Max("finished_at")).order_by("kind")
    now = timezone.now()
    return {kind: max(0.0, (now - last).total_seconds()) for kind, last in ended if last}
