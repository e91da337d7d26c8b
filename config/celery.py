"""The Celery application; job modules are called jobs.py because *task* is a word of our domain."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("fengong")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@worker_ready.connect
def _catch_up(sender: Any, **_: Any) -> None:
    """A missed night is caught up as soon as a worker is there, not at the next tick."""
    sender.app.send_task("tasks.flag_overdue")
