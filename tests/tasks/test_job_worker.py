"""Jobs with a real broker and real workers: killed, delivered twice, the broker away and back."""

from __future__ import annotations

import os
import signal
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.ops.models import Installation, JobRun, StoredFile
from apps.ops.services import file_bytes
from apps.tasks.jobs import resume_jobs, run_job, send_job
from apps.tasks.services.sheet_files import SHEETS_JOB
from config.celery import app
from config.embedded import servers_for
from tests.builders import TODAY, make_agency, make_duty, make_line, make_member, make_plan
from tests.builders import make_task as _make_task
from tests.tasks.returned_sheets import CODE, client_of
from tests.tasks.test_worker import until, worker

UNITS = 60


@pytest.fixture
def client(live_database: dict[str, str]) -> Client:
    """A supervisor of a plan with many units, in a database where commits are real."""
    assert live_database
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    plan = make_plan()
    for number in range(1, UNITS + 1):
        unit = make_agency(f"省第{number}局")
        make_duty(_make_task(plan, number=str(number), leads=[unit]), unit)
    supervisor = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    return client_of(supervisor)


def ask(client: Client) -> JobRun:
    assert client.post(reverse("progress:sheets", args=[CODE])).status_code == 302
    return JobRun.objects.filter(kind=SHEETS_JOB).latest("pk")


def state(run: JobRun) -> tuple[str, int]:
    run.refresh_from_db()
    return run.state, run.done


def long_ago(run: JobRun) -> None:
    """As if two minutes had gone by since anything was heard of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ops_jobrun SET heard_at = heard_at - interval '2 minutes',"
            " created_at = created_at - interval '2 minutes' WHERE id = %s",
            [run.pk],
        )


def done(run: JobRun) -> bool:
    """Whether it is; if not, beat ticks once more: the broker may be shared with other test runs,

    whose workers take messages that are not theirs.
    """
    if state(run)[0] == "done":
        return True
    resume_jobs.delay()
    return False


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    client: Client, live_database: dict[str, str]
) -> None:
    with worker(live_database) as first:
        run = ask(client)
        assert until(lambda: state(run)[1] >= 2)
        os.kill(first.pid, signal.SIGSTOP)
        assert state(run)[0] == "running"
        assert state(run)[1] < UNITS
        os.kill(first.pid, signal.SIGKILL)
    assert state(run)[0] == "running"
    long_ago(run)
    # asked once more while nobody works on it, it is still the same wish
    assert ask(client) == run
    with worker(live_database):
        assert until(lambda: done(run))
    assert (run.attempts, run.total) == (2, UNITS)
    assert run.result is not None
    with zipfile.ZipFile(BytesIO(file_bytes(run.result))) as packed:
        assert len(packed.namelist()) == UNITS
        assert packed.testzip() is None
    assert JobRun.objects.filter(kind=SHEETS_JOB).count() == 1
    assert StoredFile.objects.count() == 1


def test_a_worker_that_wakes_up_late_finds_the_job_taken(
    client: Client, live_database: dict[str, str]
) -> None:
    with worker(live_database) as first:
        run = ask(client)
        assert until(lambda: state(run)[1] >= 1)
        os.kill(first.pid, signal.SIGSTOP)
        long_ago(run)
        # another worker in its place: this process
        run_job(run.pk)
        assert state(run) == ("done", UNITS)
        finished = run.finished_at
        os.kill(first.pid, signal.SIGCONT)
        for _ in range(2):
            assert send_job(run.pk)
        # a worker does one thing after the other: with this one done it has met the others
        second = ask(client)
        assert second != run
        assert until(lambda: state(second)[0] == "done")
    run.refresh_from_db()
    assert (run.finished_at, run.attempts) == (finished, 2)
    assert StoredFile.objects.count() == 1


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word: the worst kind of being away."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@pytest.mark.parametrize("kind", ["closed", "silent"])
def test_without_a_broker_the_page_goes_on_and_the_job_is_done_when_it_is_back(
    client: Client, live_database: dict[str, str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with silent_server() as silent, monkeypatch.context() as away:
        port = silent if kind == "silent" else closed_port()
        address = f"redis://127.0.0.1:{port}/0"
        away.setattr(app.conf, "broker_write_url", address)
        run = ask(client)
        assert not send_job(run.pk)
        assert state(run)[0] == "waiting"
        page = client.get(reverse("jobs:detail", args=[run.pk]))
        assert "正在排队" in page.content.decode()
    long_ago(run)
    with worker(live_database):
        assert until(lambda: done(run))
    assert run.attempts == 1


@pytest.fixture(autouse=True)
def _files(settings: LazySettings) -> None:
    """The worker has the same place for files: that of the test settings."""
    assert Path(settings.MEDIA_ROOT).name == "files"
    if "REDIS_URL" not in os.environ:
        servers_for("test").ensure_valkey()
