"""What Prometheus reads, and who may read it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client

from apps.common.actor import COMMAND_LINE
from apps.ops import metrics
from apps.ops.metrics import exposition
from apps.ops.services import job_ask, job_finished
from config.databases import networks

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(settings: LazySettings) -> Client:
    settings.MIDDLEWARE = ["apps.ops.metrics.MetricsMiddleware", *settings.MIDDLEWARE]
    return Client()


def count(text: bytes, name: str, **labels: str) -> float:
    """The value of one line; 0 where there is none."""
    for line in text.decode().splitlines():
        named, _, value = line.rpartition(" ")
        if named.partition("{")[0] == name and all(
            f'{key}="{word}"' in named for key, word in labels.items()
        ):
            return float(value)
    return 0


def test_requests_are_counted_by_view_and_timed(client: Client) -> None:
    asked = {"view": "accounts:login", "method": "GET", "status": "200"}
    before = exposition()
    for _ in range(3):
        client.get("/accounts/login/?who=somebody")
    after = client.get("/metrics")
    assert after["Content-Type"].startswith("text/plain")
    name = "fengong_requests_total"
    assert count(after.content, name, **asked) == count(before, name, **asked) + 3
    timed = "fengong_request_seconds_count"
    assert count(after.content, timed, view="accounts:login") >= 3
    assert b"somebody" not in after.content


def test_an_unknown_address_or_word_makes_no_label_of_its_own(client: Client) -> None:
    client.get("/made-up/by-a-scanner/")
    client.generic("BREW", "/accounts/login/")
    text = exposition()
    assert b"scanner" not in text
    assert b"BREW" not in text
    assert count(text, "fengong_requests_total", view="none", status="404") >= 1
    assert count(text, "fengong_requests_total", method="other") >= 1


def test_jobs_are_counted_as_they_stand() -> None:
    text = exposition()
    assert count(text, "fengong_oldest_waiting_job_seconds") == 0
    job_ask(kind="unit_sheets", key="2020Q3", wanted={}, actor=COMMAND_LINE)
    job_finished(kind="flag_overdue", key="2020-10-12", done=2)
    text = exposition()
    assert count(text, "fengong_jobs", kind="unit_sheets", state="waiting") == 1
    assert count(text, "fengong_jobs", kind="flag_overdue", state="done") == 1
    assert b'fengong_sweep_age_seconds{kind="flag_overdue"}' in text
    assert b'fengong_sweep_age_seconds{kind="unit_sheets"}' not in text
    assert count(text, "fengong_database_up") == 1


def test_without_the_database_that_is_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise OperationalError

    monkeypatch.setattr(metrics, "runs_by_kind_and_state", fail)
    text = exposition()
    assert b"fengong_database_up 0.0" in text
    assert b"fengong_jobs" not in text


@pytest.mark.parametrize(
    ("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.0.0.5", 404), ("", 404)]
)
def test_by_default_only_this_machine_may_read_it(
    client: Client, address: str, status: int
) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


def test_others_may_where_they_are_named(client: Client, settings: LazySettings) -> None:
    settings.METRICS_ALLOWED = networks("10.0.0.0/24, 192.168.1.7")
    answers = {
        address: client.get("/metrics", REMOTE_ADDR=address).status_code
        for address in (
            "10.0.0.5", "192.168.1.7", "::ffff:10.0.0.5", "10.0.1.5", "::ffff:10.0.1.5", "127.0.0.1"
        )
    }  # fmt: skip
    assert list(answers.values()) == [200, 200, 200, 404, 404, 404], answers


def test_nobody_reads_it_through_the_proxy(client: Client) -> None:
    answer = client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})
    assert answer.status_code == 404


def test_it_is_off_unless_it_is_switched_on() -> None:
    assert not django_settings.METRICS
    assert Client().get("/metrics").status_code == 404


SCRIPT = """
import django; django.setup()
from apps.ops.metrics import REQUESTS
REQUESTS.labels("a:b", "GET", "200").inc()
"""


def test_several_processes_put_their_counts_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    for _ in range(2):
        subprocess.run([sys.executable, "-c", SCRIPT], cwd=django_settings.BASE_DIR, check=True)
    assert len(list(tmp_path.iterdir())) == 2
    assert count(exposition(), "fengong_requests_total", view="a:b") == 2
