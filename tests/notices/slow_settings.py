"""The settings of tests with the slow mail server."""

from __future__ import annotations

from config.settings import *  # noqa: F403  # settings are taken over as a whole

EMAIL_BACKEND = "tests.notices.slow_mail.SlowBackend"
