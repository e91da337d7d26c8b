"""PostgreSQL goes and comes back under people at work: a calm page, then everything as before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from config.embedded import Servers
from tests.faults.sites import Answer, Visitor, log_in, site
from tests.tasks.test_worker import until

PASSWORD = "pass-word-2020"
# what a person reads out to the administrator: another one on each page
NUMBER = re.compile(r'请求编号 <span class="mono">[0-9a-f]{32}</span>')
SCRIPT = f"""
import django; django.setup()
from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.ops.models import Installation
Installation.objects.update_or_create(pk=1, defaults={{"body_name": "广东省", "sample": True}})
unit = Agency.objects.create(
    code="a", name="省科技厅", full_name="广东省科技厅", level="省", region="广东省"
)
user = User(username="somebody", name="某人")
user.set_password("{PASSWORD}")
user.save()
Membership.objects.create(user=user, agency=unit, role=Membership.Role.REPORTER)
"""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """A cluster of its own: that of the tests is in use by others."""
    made = Servers(tmp_path / "home", throwaway=True)
    made.ensure_postgres()
    yield made
    made.release()


@pytest.fixture
def environment(servers: Servers) -> dict[str, str]:
    where = servers.database()
    url = "postgres://{user}:{password}@{host}:{port}/{name}".format(**where)
    environment = {
        **os.environ,
        "FENGONG_ENV": "test",
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    for command in (["manage.py", "migrate", "--verbosity", "0"], ["-c", SCRIPT]):
        subprocess.run(
            [sys.executable, *command], cwd=settings.BASE_DIR, env=environment, check=True
        )
    return environment


def test_people_see_a_calm_page_and_then_go_on_without_a_restart(
    servers: Servers, environment: dict[str, str]
) -> None:
    answers: list[Answer] = []
    over = threading.Event()

    def work(visitor: Visitor) -> None:
        while not over.is_set():
            answers.append(visitor.get("/inbox/"))
            # as a person would not hammer a site, and to leave the others a processor
            time.sleep(0.02)

    with site(environment) as served, ThreadPoolExecutor(4) as pool:
        people = [log_in(served, "somebody", PASSWORD) for _ in range(4)]
        runs = [pool.submit(work, visitor) for visitor in people]
        try:
            assert until(lambda: len(answers) >= 12)
            assert {answer.status for answer in answers} == {200}
            for how in (signal.SIGINT, signal.SIGQUIT):
                restart(servers, how, answers, Visitor(served.address))
        finally:
            over.set()
        for run in runs:
            run.result()
        assert served.process.poll() is None
    assert {answer.status for answer in answers} == {200, 503}
    numbered = [answer.page for answer in answers if answer.status == 503]
    assert all(NUMBER.search(page) for page in numbered)
    away = {NUMBER.sub("", page) for page in numbered}
    assert len(away) == 1
    assert "系统暂时无法使用" in away.pop()


def restart(servers: Servers, how: signal.Signals, answers: list[Answer], probe: Visitor) -> None:
    """Down in an orderly way or at once, long enough to be noticed, and up again."""
    assert (probe.get("/healthz").status, probe.get("/readyz").status) == (200, 200)
    os.kill(servers._postgres_pid(), how)
    assert until(lambda: not servers._postgres_pid())
    down = len(answers)
    assert until(lambda: len(answers) >= down + 8)
    assert {answer.status for answer in answers[down + 4 :]} == {503}
    assert (probe.get("/healthz").status, probe.get("/readyz").status) == (200, 503)
    servers.look_after()
    up = len(answers)
    # who asked before it was there gets the calm page once more
    assert until(lambda: len(answers) >= up + 16)
    assert {answer.status for answer in answers[up + 8 :]} == {200}
