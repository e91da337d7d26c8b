"""The settings of tests with a beat that does not keep them waiting."""

from __future__ import annotations

from datetime import timedelta

from config.settings import *  # noqa: F403  # settings are taken over as a whole

CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": timedelta(seconds=0.5)}
    for name in ("tasks.flag_overdue", "tasks.sweep_periods", "tasks.remind", "notices.send_mail")
}
EMAIL_BACKEND = "tests.notices.slow_mail.SlowBackend"
