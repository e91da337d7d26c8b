"""What load balancers and supervisors are told, whoever asks and whatever is broken."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.test import Client

from apps.ops.models import Installation
from apps.ops.services import job_finished
from config.embedded import servers_for

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _own_storage(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.CELERY_BROKER_URL = NOWHERE


def ready() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()


def test_a_process_that_answers_is_alive_and_asks_nobody(settings: LazySettings) -> None:
    """No database mark: a query would fail this test."""
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/healthz", headers={"host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.django_db
def test_it_is_ready_when_everything_answers(settings: LazySettings) -> None:
    servers_for("test").ensure_valkey()
    settings.CELERY_BROKER_URL = servers_for("test").broker_url()
    job_finished(kind="flag_overdue", key="2020-10-12", done=0)
    status, said = ready()
    assert status == 200
    assert said["status"] == "ready"
    assert said["checks"] == dict.fromkeys(
        ("database", "migrations", "samples", "broker", "storage"), "ok"
    )
    assert 0 <= said["last_sweep_seconds"] < 600


@pytest.mark.django_db
def test_without_a_broker_pages_work_so_people_may_be_sent_here() -> None:
    status, said = ready()
    assert (status, said["status"], said["checks"]["broker"]) == (200, "degraded", "away")
    assert said["last_sweep_seconds"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("broker", ["sentinel://10.0.0.1:26379", "nonsense"])
def test_a_broker_it_cannot_ask_is_no_reason_to_fail(settings: LazySettings, broker: str) -> None:
    settings.CELERY_BROKER_URL = broker
    assert ready()[0] == 200


@pytest.mark.django_db
def test_it_is_not_ready_before_the_migrations() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'tasks'")
    status, said = ready()
    assert (status, said["status"]) == (503, "unavailable")
    assert said["checks"]["migrations"] == "missing"


@pytest.mark.django_db
def test_migrations_of_a_newer_version_do_no_harm() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied)"
                       " VALUES ('tasks', '9999_newer', now())")  # fmt: skip
    assert ready()[0] == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("sample", "status"), [(True, 200), (False, 503)])
def test_real_work_is_not_done_on_the_samples(
    settings: LazySettings, sample: bool, status: int
) -> None:
    Installation.objects.create(pk=1, sample=True)
    settings.SAMPLE = sample
    assert ready()[0] == status


@pytest.mark.django_db
def test_it_is_not_ready_where_files_cannot_be_kept(settings: LazySettings, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    settings.MEDIA_ROOT = tmp_path / "taken"
    status, said = ready()
    assert (status, said["checks"]["storage"]) == (503, "away")


@pytest.mark.django_db
def test_it_leaves_nothing_in_the_storage(tmp_path: Path) -> None:
    assert ready()[0] == 200
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_without_the_database_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("password=secret")

    monkeypatch.setattr(connection, "ensure_connection", fail)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "away"
    assert "secret" not in answer.content.decode()


@pytest.mark.django_db
def test_probes_leave_no_line_among_the_requests(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="apps.access")
    for path in ("/healthz", "/readyz"):
        assert Client().get(path).status_code == 200
    assert caplog.records == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz/", "/healthzz", "/readyz/x"])
def test_only_these_addresses_are_probes(path: str) -> None:
    assert Client().get(path).status_code in {302, 404}


@pytest.mark.django_db
def test_nothing_is_sent_to_a_probe() -> None:
    assert Client().post("/healthz").status_code in {302, 404}
