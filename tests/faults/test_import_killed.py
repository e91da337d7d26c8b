"""An import with real workers: killed in the middle, clicked twice, the broker away."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.ops.models import Installation, JobRun
from apps.plans.models import Plan
from apps.tasks.models import ImportedRow, TableImport, Task
from apps.tasks.services import imports
from config.celery import app
from tests.builders import TODAY, make_agency, make_line, make_member, make_plan
from tests.faults.test_opening_killed import held, nobody_else, waiting
from tests.tasks.import_pages import address, client_of, confirm, page, upload
from tests.tasks.test_job_worker import done, long_ago
from tests.tasks.test_worker import until, worker
from tests.tasks.workbooks import ROWS, book

# nothing listens there
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def plan(live_database: dict[str, str]) -> Plan:
    assert live_database
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    for name in ("省科技厅", "省发展改革委", "省教育厅"):
        make_agency(name)
    return make_plan()


@pytest.fixture
def client() -> Client:
    return client_of(make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()]))


@pytest.fixture
def _as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its size, a worker does it."""
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)


def newest() -> JobRun:
    return JobRun.objects.filter(kind=imports.IMPORT_JOB).latest("pk")


@pytest.mark.usefixtures("_as_large")
def test_killed_in_the_middle_it_is_applied_once(
    plan: Plan, client: Client, live_database: dict[str, str], tmp_path: Path
) -> None:
    path = book(tmp_path / "表.xlsx")
    with worker(live_database) as first:
        kept = upload(client, plan, path)
        assert until(lambda: done(newest()))
        seen = page(client, kept).context["preview"]["digest"]
        entries = Entry.objects.count()
        # it has written rows and waits to write the layout: in the middle of its one transaction
        with held("tasks_sourcetable"):
            confirm(client, kept, seen)
            assert until(lambda: waiting() == 1)
            # a second click, and whoever looks meanwhile, find it under way
            assert "没有重复导入" in confirm(client, kept, seen).content.decode()
            assert "正在导入" in page(client, kept).content.decode()
            os.kill(first.pid, signal.SIGKILL)
            first.wait(timeout=10)
    assert until(nobody_else)
    # of the transaction that was torn nothing is left
    assert (Task.objects.count(), ImportedRow.objects.count()) == (0, 0)
    assert Entry.objects.count() == entries
    kept.refresh_from_db()
    assert kept.state == "applying"
    run = newest()
    long_ago(run)
    with worker(live_database):
        assert until(lambda: done(run))
    kept.refresh_from_db()
    assert (kept.state, kept.created, run.attempts) == ("done", len(ROWS), 2)
    assert Task.objects.count() == len(ROWS)
    assert Entry.objects.filter(action="导入：新增").count() == len(ROWS)
    assert JobRun.objects.filter(kind=imports.IMPORT_JOB).count() == 2
    assert breaks() == []


@pytest.mark.usefixtures("_as_large")
def test_cancelled_in_the_middle_nothing_of_it_stays(
    plan: Plan, client: Client, live_database: dict[str, str], tmp_path: Path
) -> None:
    with worker(live_database):
        kept = upload(client, plan, book(tmp_path / "表.xlsx"))
        assert until(lambda: done(newest()))
        seen = page(client, kept).context["preview"]["digest"]
        with held("tasks_sourcetable"):
            confirm(client, kept, seen)
            assert until(lambda: waiting() == 1)
            # whoever cancels does not wait for the worker, which holds the import
            assert client.post(address(kept), {"action": "cancel"}).status_code == 302
            # how far it got is told from beside its transaction, and so is that nobody wants it
            assert newest().state == "cancelled"
        assert until(lambda: "确认导入" in page(client, kept).content.decode())
    assert not Task.objects.exists()
    assert not Entry.objects.filter(action="导入：新增").exists()
    kept.refresh_from_db()
    assert (kept.state, kept.error) == ("preview", "")


def test_without_a_broker_small_tables_come_in_and_large_ones_are_caught_up(
    plan: Plan,
    client: Client,
    live_database: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with monkeypatch.context() as away:
        away.setattr(app.conf, "broker_write_url", NOWHERE)
        small = upload(client, plan, book(tmp_path / "小.xlsx"))
        seen = page(client, small).context["preview"]["digest"]
        assert "导入结果" in confirm(client, small, seen).content.decode()
        away.setattr(imports, "AT_ONCE_BYTES", 0)
        more = [*ROWS, ("7", "新的工作。", "省科技厅", "2020年")]
        large = upload(client, plan, book(tmp_path / "大.xlsx", more))
        assert "正在排队" in page(client, large).content.decode()
    run = newest()
    assert run.state == "waiting"
    long_ago(run)
    with worker(live_database):
        assert until(lambda: done(run))
    assert page(client, large).context["preview"]["created"] == 1
    assert TableImport.objects.get(pk=small.pk).state == "done"
    assert client.get(reverse("plans:import", args=[plan.pk])).status_code == 200
    assert client.get(address(large)).status_code == 200
