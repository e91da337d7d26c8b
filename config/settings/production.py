"""Real work: every secret from the environment, and no start with a default, DEBUG or samples.

What can only be seen in the database is looked at as web, worker and beat start (apps.ops.startup).
"""

from __future__ import annotations

import os

import environ
from django.core.exceptions import ImproperlyConfigured

from config.databases import check_hosts, check_not_embedded, host_names, site_url
from config.settings.base import *
from config.settings.base import BASE_DIR, LOGGING, METRICS

_env = environ.Env()

SAMPLE = False
DEBUG = False
SECRET_KEY = _env.str("FENGONG_SECRET_KEY")
_KEY_LENGTH, _KEY_VARIETY = 50, 10
if (
    len(SECRET_KEY) < _KEY_LENGTH
    or len(set(SECRET_KEY)) < _KEY_VARIETY
    or SECRET_KEY.startswith(("sample-", "tests-", "django-insecure"))
):
    raise ImproperlyConfigured("FENGONG_SECRET_KEY 须为 50 个字符以上的随机串，不得用演示密钥。")
ALLOWED_HOSTS = host_names(_env.str("FENGONG_ALLOWED_HOSTS"))
check_hosts(ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = [f"https://{'*' * host.startswith('.')}{host}" for host in ALLOWED_HOSTS]
DATABASES = {"default": _env.db("DATABASE_URL") | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
# A server that does not even refuse must not keep a page waiting for minutes.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
CELERY_BROKER_URL = _env.str("REDIS_URL")
check_not_embedded(_env.str("DATABASE_URL"), CELERY_BROKER_URL)
if METRICS and not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    raise ImproperlyConfigured(
        "开了 FENGONG_METRICS，还须设 PROMETHEUS_MULTIPROC_DIR"
        "（网站各进程共用的文件夹，启动时为空）。"
    )
# Without a mail server nothing is mailed; the messages stand in the inbox all the same.
MAIL_ENABLED = bool(_env.str("FENGONG_EMAIL_URL", default=""))
SITE_URL = _env.str("FENGONG_SITE_URL", default=site_url(ALLOWED_HOSTS)).rstrip("/")
if MAIL_ENABLED:
    DEFAULT_FROM_EMAIL = _env.str("FENGONG_MAIL_FROM", default="")
    if not DEFAULT_FROM_EMAIL:
        raise ImproperlyConfigured("设了 FENGONG_EMAIL_URL，还须设 FENGONG_MAIL_FROM（发件地址）。")
    vars().update(_env.email_url("FENGONG_EMAIL_URL"))
MEDIA_ROOT = _env.str("FENGONG_FILES", default=str(BASE_DIR / "var" / "files"))
STATIC_ROOT = _env.str("FENGONG_STATIC", default=str(BASE_DIR / "staticfiles"))
WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.vendor.ManifestStorage"},
}
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# nginx writes exactly one address there, that of the person; without it every failed log-in would
# seem to come from the proxy. More than one was not written by our nginx, and counts for nothing.
AXES_IPWARE_META_PRECEDENCE_ORDER = ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"]
AXES_IPWARE_PROXY_COUNT = 0
LOGGING["handlers"]["console"]["formatter"] = "json"
LOGGING["loggers"] |= {name: {"level": "INFO"} for name in ("apps.access", "celery")}
