"""The Celery application; job modules are called jobs.py because *task* is a word of our domain.

Jobs log like requests do, and under the number of the request that has asked for them.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from importlib import import_module
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    before_task_publish,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
    worker_ready,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.common.at_work import AtWork, current, doing, sane_id
from config.embedded import servers_for

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("fengong")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


_HEADER = "asked_by_request"
_at_work: dict[str, ExitStack] = {}


@setup_logging.connect
def _log_as_settings_say(**_: Any) -> None:
    """Celery leaves the log alone where somebody else sees to it; --loglevel then says nothing."""
    dictConfig(settings.LOGGING)


@before_task_publish.connect
def _name_the_request(headers: dict[str, Any], **_: Any) -> None:
    if request_id := current().request_id:
        headers[_HEADER] = request_id


@task_prerun.connect
def _begin(task_id: str, task: Any, args: Any, **_: Any) -> None:
    asked = sane_id(str(getattr(task.request, _HEADER, None) or ""))
    job_run = next((arg for arg in args if isinstance(arg, int)), None)
    stack = _at_work[task_id] = ExitStack()
    stack.enter_context(doing(AtWork(request_id=asked, job=task.name, job_run=job_run)))


@task_postrun.connect
def _end(task_id: str, **_: Any) -> None:
    if stack := _at_work.pop(task_id, None):
        stack.close()


@worker_init.connect
@beat_init.connect
def _refuse_samples(**_: Any) -> None:
    """Celery would write an exception down and go on: this ends it."""
    try:
        import_module("apps.ops.startup").check_start()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"设置有误：{error}\n")
        raise SystemExit(2) from error


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
