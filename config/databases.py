"""Where the two servers are: the URLs in the environment, else our own servers under var/."""

from __future__ import annotations

from typing import Any

import environ

from config.embedded import Servers


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
