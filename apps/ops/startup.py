"""What must not be when real work begins: looked at by web, worker and beat as they start."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connection

from apps.ops.health import holds_forbidden_samples

log = logging.getLogger(__name__)

SAMPLES = (
    "DATABASE_URL 指向的是演示库（账号和密码是公开的），正式环境不能用它："
    "请换一个空库，运行 migrate 和 create_administrators。"
)


def check_start() -> None:
    """Raises ImproperlyConfigured where production would run on debugging or invented data.

    A database that is away says nothing about its content: the process starts all the same,
    so that it is there when the database is, and `/readyz` goes on asking.
    """
    if settings.SAMPLE:
        return
    if settings.DEBUG:
        raise ImproperlyConfigured("正式环境不能打开 DEBUG：出错时会把内部信息显示给访问者。")
    try:
        forbidden = holds_forbidden_samples()
    except (DatabaseError, InterfaceError):
        log.warning("the database cannot be asked for samples now; /readyz will")
        return
    finally:
        connection.close()
    if forbidden:
        raise ImproperlyConfigured(SAMPLES)
