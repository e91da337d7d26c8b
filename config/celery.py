"""The Celery application; job modules are called jobs.py because *task* is a word of our domain."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_ready
from django.conf import settings

from config.embedded import servers_for

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("fengong")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@worker_init.connect
@beat_init.connect
def _ensure_broker(**_: Any) -> None:
    """Also where a worker is started by hand; a server named by REDIS_URL is not ours to start."""
    if settings.SAMPLE and not os.environ.get("REDIS_URL"):
        servers_for(os.environ.get("FENGONG_ENV", "sample")).ensure_valkey()


@worker_ready.connect
def _catch_up(sender: Any, **_: Any) -> None:
    """A missed night is caught up as soon as a worker is there, not at the next tick."""
    for name in ("tasks.flag_overdue", "tasks.sweep_periods", "tasks.remind", "tasks.resume_jobs"):
        sender.app.send_task(name)
