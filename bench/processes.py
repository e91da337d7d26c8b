"""What a web process and a command cost before they do anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.probe import probe
from bench.results import Result
from bench.timing import middle, race
from bench.worlds import Worlds

_ROOT = Path(__file__).resolve().parent.parent
_MOST_MEMORY = 120.0
_PLAIN = """
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"])
django.setup()
from django.core.management import get_commands
get_commands()
"""


def processes(worlds: Worlds, *, turns: int) -> list[Result]:
    """Memory of a worker that has answered its first pages; how long a command takes to start."""
    url = worlds.url(min(worlds.sizes))
    worker, plain = (probe(f"processes:{side}", url=url) for side in ("worker", "plain"))
    acts = {
        "ours": lambda: _run("manage.py", "business_date", url=url),
        "bare": lambda: _run("-c", _PLAIN, url=url),
    }
    times = race(acts, turns=min(turns, 5))
    ours, bare = middle(times, "ours"), middle(times, "bare")
    said = f"{ours:.0f} ms / {bare:.0f} ms"
    return [
        Result(
            "网站进程", "", "空闲时内存", worker["mib"], "MiB", _MOST_MEMORY,
            f"只有 Django 时 {plain['mib']:.0f} MiB",
        ),
        Result("manage.py", "", "启动是 Django 的", ours / bare, "×", None, said, times),
    ]  # fmt: skip


def worker() -> dict[str, Any]:
    """As gunicorn loads it, after the first pages of somebody logged in."""
    from bench.pages import Visitor  # noqa: PLC0415  # belongs to the worker that is measured
    from config.wsgi import application  # noqa: PLC0415  # reads the database as it starts

    assert application is not None
    visitor = Visitor()
    for path in ("/", "/tasks/", "/overdue/"):
        visitor.get(path)
    return {"mib": _memory()}


def plain() -> dict[str, Any]:
    """The barest page of the ledger's rows, in a process of Django and PostgreSQL's driver."""
    return {"mib": float(_run("-c", f"{_PLAIN}\nimport psycopg2\n{_SAY}").strip() or 0)}


_SAY = """
line = next(each for each in open("/proc/self/status") if each.startswith("VmRSS"))
print(int(line.split()[1]) / 1024)
"""


def _memory() -> float:
    status = Path("/proc/self/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _run(*arguments: str, url: str = "") -> str:
    environment = {**os.environ, "FENGONG_ENV": "test"}
    if url:
        environment["DATABASE_URL"] = url
    done = subprocess.run(  # noqa: S603  # our own programs
        [sys.executable, *arguments],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
