"""Tests: their own cluster under var/test, databases named test_*, their own Valkey."""

from __future__ import annotations

import os

import environ

from config.databases import broker, database
from config.embedded import servers_for
from config.settings.base import *
from config.settings.base import BASE_DIR, CELERY_BROKER_TRANSPORT_OPTIONS

_env = environ.Env()
_servers = servers_for("test")

SAMPLE = True
DEBUG = False
SECRET_KEY = "tests-only-0123456789-0123456789-0123456789-fengong"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Kept open: a test that moves the clock must not lose its transaction with the connection.
DATABASES = {"default": {**database(_env, _servers), "CONN_MAX_AGE": None}}
CELERY_BROKER_URL = broker(_env, _servers)
# Runs side by side share a server; the workers of one must not take the other's messages. They
# find their run's name in the environment they are started in.
_run = os.environ.setdefault("FENGONG_TEST_RUN", str(os.getpid()))
_run += os.environ.get("PYTEST_XDIST_WORKER", "")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    **CELERY_BROKER_TRANSPORT_OPTIONS,
    "global_keyprefix": f"test_{_run}_",
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SITE_URL = "http://testserver"
MEDIA_ROOT = BASE_DIR / "var" / "test" / "files"
# Fast on purpose: hashing strength is Django's own business, and the suite logs in often.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
