"""我的导出: what a person has had exported by jobs."""

from __future__ import annotations

from apps.common.actor import Actor
from apps.ops.models import JobRun

SHOWN = 50


def exports_of(actor: Actor, kind: str) -> list[JobRun]:
    """The latest, newest first."""
    runs = JobRun.objects.filter(kind=kind, by_id=actor.actor_id).select_related("result")
    return list(runs.order_by("-created_at", "-pk")[:SHOWN])
