"""Where the two servers are: the URLs in the environment, else our own servers under var/."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.embedded import Servers

_SCHEMES = ("postgres", "postgresql", "psql", "pgsql")


def check_url(url: str) -> None:
    """Raises ImproperlyConfigured for a database address that is none; "" is our own server.

    The sentence does not repeat the address: there is a password in it.
    """
    if not url:
        return
    try:
        parts = urlsplit(url)
        # reading the port is what finds out whether it is a number
        right = parts.scheme in _SCHEMES and len(parts.path) > 1 and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise ImproperlyConfigured(
            "DATABASE_URL 写法不对，应为 postgres://用户:密码@主机:端口/库名，"
            "密码里的特殊字符写成 %XX。"
        )


def database(env: environ.Env, servers: Servers) -> dict[str, Any]:
    """Django's entry for the default database; nothing is started here."""
    shared = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    if env.str("DATABASE_URL", default=""):
        return {**env.db("DATABASE_URL"), **shared}
    where = servers.database()
    return {
        "ENGINE": "config.postgres",
        "EMBEDDED_HOME": str(servers.home),
        "HOST": where["host"],
        "PORT": where["port"],
        "USER": where["user"],
        "PASSWORD": where["password"],
        "NAME": where["name"],
        **shared,
    }


def broker(env: environ.Env, servers: Servers) -> str:
    """Celery's broker address."""
    url: str = env.str("REDIS_URL", default="") or servers.broker_url()
    return url
