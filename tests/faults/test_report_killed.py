"""A report's job with real workers: killed, asked for twice, the broker away, cancelled."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.ops import beating as beats
from apps.ops.models import JobRun
from apps.ops.selectors import runs_to_take
from apps.ops.services import job_claim
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.reports import REPORT_JOB
from apps.reports.selectors.snapshot import one_snapshot, read_facts
from apps.reports.services.asking import report_ask
from apps.reports.services.issuing import report_job_cancel
from apps.tasks.jobs import send_job
from config.celery import app
from tests.builders import TODAY
from tests.faults.test_opening_killed import held, nobody_else, other_connection, waiting
from tests.reports.report_cast import Cast, make_cast
from tests.tasks.test_job_worker import done, long_ago, state
from tests.tasks.test_worker import until, worker

# nothing listens there
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def cast(live_database: dict[str, str]) -> Cast:
    assert live_database
    return make_cast()


def asked(cast: Cast) -> tuple[QuarterlyReport, JobRun]:
    report, run = report_ask(**cast.by(), wish=cast.wish)
    send_job(run.pk)
    return report, run


def test_killed_in_the_middle_it_comes_to_one_result(
    cast: Cast, live_database: dict[str, str]
) -> None:
    # it has made its files and waits to write its parts: in the middle of its one transaction
    with held("reports_reportpart"), worker(live_database) as first:
        report, run = asked(cast)
        assert until(lambda: waiting() == 1)
        os.kill(first.pid, signal.SIGKILL)
        first.wait(timeout=10)
    assert until(nobody_else)
    report.refresh_from_db()
    # of the transaction that was torn nothing is left
    assert (report.figures, report.document, report.parts.count()) == ({}, None, 0)
    assert state(run)[0] == "running"
    # asked for once more while nobody works on it, it is still the same wish
    assert asked(cast) == (report, run)
    long_ago(run)
    with worker(live_database):
        assert until(lambda: done(run))
    report.refresh_from_db()
    assert (run.attempts, report.state, report.version) == (2, "draft", 2)
    assert report.document is not None
    assert QuarterlyReport.objects.count() == 1
    assert JobRun.objects.filter(kind=REPORT_JOB).count() == 1
    assert Entry.objects.filter(action="取数起草").count() == 1
    assert breaks() == []


def test_without_a_broker_it_waits_and_can_be_cancelled_in_the_middle(
    cast: Cast, live_database: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(app.conf, "broker_write_url", NOWHERE)
        report, run = asked(cast)
    # nobody could be told; it waits
    assert state(run)[0] == "waiting"
    long_ago(run)
    with worker(live_database):
        with unreadable("reports_reporttext"):
            # taken up by the sweep of the worker's start, its figures taken
            assert until(lambda: waiting() == 1)
            assert state(run) == ("running", 2)
            report_job_cancel(**cast.by(), report_id=report.pk)
        # the next wish is a new one, and the same worker is free for it
        second, other = asked(cast)
        assert until(lambda: done(other))
    report.refresh_from_db()
    second.refresh_from_db()
    assert (report.state, report.figures, report.document) == ("discarded", {}, None)
    assert (second.state, second.parts.exists(), report.parts.exists()) == ("draft", True, False)
    assert (state(run)[0], run.cancelled_by) == ("cancelled", "某人")


@contextmanager
def unreadable(table: str) -> Iterator[None]:
    """Whoever reads the table waits."""
    with other_connection() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def test_others_commit_meanwhile_and_the_snapshot_does_not_see_it(cast: Cast) -> None:
    def text() -> str:
        facts = read_facts(plans=[cast.plan], period=cast.period, today=TODAY, genre="report")
        return facts.rows[0].parts[0].text

    other = connection.copy()
    try:
        with one_snapshot():
            assert text() == "已办成第1件。"
            with other.cursor() as cursor:
                cursor.execute("UPDATE tasks_progress SET text = '别人刚改的'")
            assert text() == "已办成第1件。"
        assert text() == "别人刚改的"
    finally:
        other.close()


def test_a_job_that_is_busy_for_long_says_that_it_lives(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, run = report_ask(**cast.by(), wish=cast.wish)
    claimed = job_claim(run.pk)
    assert claimed is not None
    long_ago(run)
    assert runs_to_take().filter(pk=run.pk).exists()
    monkeypatch.setattr(beats, "BEAT_SECONDS", 0.01)
    with beats.beating(claimed):
        # nobody takes it away from a worker that is only busy
        assert until(lambda: not runs_to_take().filter(pk=run.pk).exists())
        report_job_cancel(**cast.by(), report_id=run.wanted["report"])
    assert state(run)[0] == "cancelled"
