"""What every environment shares. Values that differ stand in sample.py, production.py, test.py."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import SELF
from kombu import Queue

from config.databases import client_folders, networks

_env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent

INSTALLED_APPS = [
    "apps.common",
    "apps.ops",
    "apps.audit",
    "apps.agencies",
    "apps.accounts",
    "apps.notices",
    "apps.plans",
    "apps.targets",
    "apps.tasks",
    "apps.reports",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "axes",
    "csp",
]

# Prometheus reads /metrics from these addresses, asking the web server itself and no proxy.
METRICS = _env.bool("FENGONG_METRICS", default=False)
METRICS_ALLOWED = networks(_env.str("FENGONG_METRICS_ALLOWED", default="127.0.0.1,::1"))

MIDDLEWARE = [
    "apps.ops.probes.ProbeMiddleware",
    *(["apps.ops.metrics.MetricsMiddleware"] if METRICS else []),
    "apps.common.at_work.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "apps.common.middleware.DatabaseAwayMiddleware",
    "apps.common.middleware.NulMiddleware",
    "apps.common.middleware.MethodMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "apps.accounts.middleware.IdleLogoutMiddleware",
    "apps.accounts.middleware.PasswordChangeMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.accounts.context.frame",
            ],
            "builtins": ["apps.common.templatetags.pieces"],
        },
    }
]
# Fields are drawn by templates/django/forms/*.html: one form piece for the whole product.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "apps.accounts.backends.ActiveUserBackend",
]
# Length is asked by our own: Django's sentence for it has no Chinese translation.
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "apps.accounts.passwords.StrengthValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "reports:home"
LOGOUT_REDIRECT_URL = "accounts:login"
# 等保三级: five failures lock, thirty idle minutes end a session.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "apps.accounts.lockout.locked_out"
AXES_VERBOSE = False
# Forms are written down with each failure: the fields of the page that changes a password too.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "old", "new", "again"]
AXES_ENABLE_ADMIN = False
IDLE_TIMEOUT = timedelta(minutes=30)
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME = "fengong_session"
CSRF_FAILURE_VIEW = "apps.common.views.csrf_refused"

# Where mails come from and what they point at; production names its own, and a server with it.
MAIL_ENABLED = True
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = "fengong@localhost"
SITE_URL = "http://127.0.0.1:8000"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DATE_FORMAT = "Y-m-d"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.vendor.WheelFinder",
]
WHITENOISE_USE_FINDERS = True

# Everything from our own origin and nothing inline; Tabler's select arrow is a data image.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# Uploads: checked again by content and unpacked size before anything parses them.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# 一表填报 sends a dozen fields and a file field for each row of a unit.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# pg_dump and pg_restore for backup and restore, before those on the PATH.
PG_FOLDERS = client_folders(_env.str("FENGONG_PG_BIN", default=""))

CELERY_TASK_IGNORE_RESULT = True
# What somebody has asked for and waits for keeps no sweep waiting, nor the other way round. A
# worker that is not told otherwise takes from both.
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("default", "reports")]
CELERY_TASK_ROUTES = {"tasks.run_job": {"queue": "reports"}}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A tick that nobody took within its own interval is worth nothing: the next one does the same.
CELERY_BEAT_SCHEDULE = {
    "flag-overdue": {
        "task": "tasks.flag_overdue",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 540},
    },
    "sweep-periods": {
        "task": "tasks.sweep_periods",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 540},
    },
    "resume-jobs": {
        "task": "tasks.resume_jobs",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 50},
    },
    "remind": {
        "task": "tasks.remind",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 540},
    },
    "expire-exports": {
        "task": "tasks.expire_exports",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3540},
    },
    "send-mail": {
        "task": "notices.send_mail",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 50},
    },
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "apps.common.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"class": "apps.common.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "apps": {"level": "INFO"},
        "config": {"level": "INFO"},
        # a line for each request: production writes them
        "apps.access": {"level": "WARNING"},
    },
}
