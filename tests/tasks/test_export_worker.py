"""An export with a real worker, killed while it reads: taken up again, and no half file left."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.audit.models import Entry
from apps.ops.models import Installation, JobRun, StoredFile
from apps.ops.services import file_bytes
from apps.tasks.services.exports import EXPORT_JOB
from config.embedded import servers_for
from tests.builders import TODAY, make_agency, make_line, make_member, make_plan
from tests.builders import make_task as _make_task
from tests.tasks.returned_sheets import client_of
from tests.tasks.test_job_worker import done, long_ago, state
from tests.tasks.test_worker import until, worker

ROWS = 30


def other_session() -> Any:
    """A connection beside the test's own, to the same database."""
    return connection.get_new_connection(connection.get_connection_params())


def ask(client: Client, wish: dict[str, str]) -> JobRun:
    assert client.post(reverse("exports:start"), wish).status_code == 302
    return JobRun.objects.filter(kind=EXPORT_JOB).latest("pk")


def test_a_killed_worker_leaves_no_half_file(
    live_database: dict[str, str], settings: LazySettings
) -> None:
    assert Path(settings.MEDIA_ROOT).name == "files"
    if "REDIS_URL" not in os.environ:
        servers_for("test").ensure_valkey()
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    plan, unit = make_plan(), make_agency("省科技厅")
    for number in range(1, ROWS + 1):
        _make_task(plan, number=str(number), leads=[unit])
    client = client_of(make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()]))
    wish = {"what": "ledger", "query": "sort=due"}
    with worker(live_database) as first, closing(other_session()) as other:
        # with this one done the worker has done all that it does at its start
        warm = ask(client, {"what": "ledger", "query": "q=没有这件事"})
        assert until(lambda: done(warm))
        other.cursor().execute("LOCK TABLE tasks_deadline IN ACCESS EXCLUSIVE MODE")
        run = ask(client, wish)
        # as far as the deadlines, for which it waits
        assert until(lambda: state(run)[0] == "running")
        os.kill(first.pid, signal.SIGKILL)
    assert state(run)[0] == "running"
    assert StoredFile.objects.get() == warm.result
    long_ago(run)
    assert ask(client, wish) == run
    with worker(live_database):
        assert until(lambda: done(run))
    assert (run.attempts, run.total) == (2, ROWS)
    assert run.result is not None
    with ZipFile(BytesIO(file_bytes(run.result))) as packed:
        assert packed.testzip() is None
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == ROWS + 3
    assert StoredFile.objects.count() == 2
    assert Entry.objects.filter(action="导出台账").count() == 2
