"""The trial run: private servers unless URLs are given, sample accounts; never for real work."""

from __future__ import annotations

import environ

from config.databases import broker, database
from config.embedded import servers_for
from config.settings.base import *
from config.settings.base import BASE_DIR

_env = environ.Env()
_servers = servers_for("sample")

SAMPLE = True
DEBUG = False
# Known to everybody, like the sample passwords: why sample mode listens on loopback only.
SECRET_KEY = "sample-mode-only-never-for-real-work-0123456789-fengong"
ALLOWED_HOSTS = (
    ["*"]
    if _env.bool("FENGONG_ALLOW_REMOTE", default=False)
    else [
        "localhost",
        "127.0.0.1",
        "[::1]",
    ]
)
DATABASES = {"default": database(_env, _servers)}
CELERY_BROKER_URL = broker(_env, _servers)
SITE_URL = _env.str("FENGONG_SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
MEDIA_ROOT = BASE_DIR / "var" / "files"
