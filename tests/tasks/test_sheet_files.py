"""All units' sheets in one archive, by a job; and its page."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Entry
from apps.ops import job_kinds
from apps.ops.models import Installation, JobRun
from apps.ops.services import MOST_ATTEMPTS, Cancelled, Superseded, job_claim, job_done, job_heard
from apps.tasks.jobs import run_job
from tests.builders import TODAY, make_agency, make_duty, make_line, make_member, make_task
from tests.tasks.returned_sheets import CODE, World, client_of, opened

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _place(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    # sending is tried with a real broker in test_job_worker
    monkeypatch.setattr("apps.tasks.views.sheet_files.send_job", lambda _pk: True)


@pytest.fixture
def world() -> World:
    return World()


def asked(client: Client) -> JobRun:
    answer = client.post(reverse("progress:sheets", args=[CODE]))
    assert answer.status_code == 302, answer.content
    run = JobRun.objects.latest("pk")
    assert answer.headers["Location"] == reverse("jobs:detail", args=[run.pk])
    return run


def silent(run: JobRun) -> None:
    """As if its worker had not been heard for two minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ops_jobrun SET heard_at = statement_timestamp() - interval '2 minutes',"
            " created_at = created_at - interval '2 minutes' WHERE id = %s",
            [run.pk],
        )


def test_each_unit_has_its_file_in_the_archive(world: World) -> None:
    client = client_of(world.supervisor)
    namesake = make_agency("省教育厅", region="某省", code="x-jyt")
    make_duty(make_task(world.plan, number="91", leads=[namesake]), namesake)
    run = asked(client)
    run_job(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.total, run.error) == ("done", 3, 3, "")
    assert run.result_name == "填报表-2020年前三季度-3个单位.zip"
    got: Any = client.get(reverse("jobs:file", args=[run.pk]))
    with zipfile.ZipFile(BytesIO(b"".join(got.streaming_content))) as packed:
        assert sorted(packed.namelist()) == [
            "填报表-2020年前三季度-省教育厅（广东省）.xlsx",
            "填报表-2020年前三季度-省教育厅（某省）.xlsx",
            "填报表-2020年前三季度-省科技厅.xlsx",
        ]
        _, page = opened(packed.read("填报表-2020年前三季度-省科技厅.xlsx"))
    assert [page.cell(row, 1).value for row in (4, 5, 6)] == ["1", "2", "3"]
    assert got["Content-Disposition"].startswith("attachment")


def test_the_page_shows_how_far_it_is(world: World) -> None:
    client = client_of(world.supervisor)
    run = asked(client)
    address = reverse("jobs:detail", args=[run.pk])
    page = client.get(address).content.decode()
    assert "正在排队" in page
    assert 'hx-trigger="every 1s"' in page
    claimed = job_claim(run.pk)
    assert claimed is not None
    job_heard(run=claimed, stage="正在生成 省科技厅", done=1, total=2)
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "正在生成 省科技厅" in part
    assert '<progress class="job-bar" max="2" value="1"' in part
    silent(run)
    run_job(run.pk)
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "已做好，共 2 个单位" in part
    assert "hx-trigger" not in part
    assert reverse("jobs:file", args=[run.pk]) in part
    listed = client.get(reverse("progress:returns", args=[CODE])).content.decode()
    assert address in listed


def test_the_same_wish_is_one_run_until_it_has_ended(world: World) -> None:
    client = client_of(world.supervisor)
    colleague = client_of(
        make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    )
    first = asked(client)
    assert asked(client) == first
    assert asked(colleague) == first
    run_job(first.pk)
    assert asked(client) != first


def test_a_second_delivery_does_nothing(world: World) -> None:
    run = asked(client_of(world.supervisor))
    run_job(run.pk)
    run.refresh_from_db()
    run_job(run.pk)
    again = JobRun.objects.get(pk=run.pk)
    assert (again.attempts, again.finished_at) == (1, run.finished_at)


def test_a_running_job_is_not_taken_from_a_living_worker(world: World) -> None:
    run = asked(client_of(world.supervisor))
    first = job_claim(run.pk)
    assert first is not None
    assert job_claim(run.pk) is None
    silent(run)
    second = job_claim(run.pk)
    assert second is not None
    assert second.attempts == 2
    # the first worker wakes up and finds that it is not its job any more
    with pytest.raises(Superseded):
        job_heard(run=first, stage="", done=1, total=2)
    with pytest.raises(Superseded):
        job_done(run=first, result=None)
    assert JobRun.objects.get(pk=run.pk).state == "running"
    job_done(run=second, result=None)


def test_a_job_that_always_takes_its_worker_down_is_given_up(world: World) -> None:
    run = asked(client_of(world.supervisor))
    for _ in range(MOST_ATTEMPTS):
        assert job_claim(run.pk) is not None
        silent(run)
    assert job_claim(run.pk) is None
    run.refresh_from_db()
    assert (run.state, run.error[:4]) == ("failed", "多次中断")


def test_what_went_wrong_is_a_sentence_on_the_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(world.supervisor)
    run = asked(client)

    def broken(_run: JobRun, _today: Any) -> None:
        raise ZeroDivisionError

    kind = job_kinds.kind_of(run)
    assert kind is not None
    monkeypatch.setitem(job_kinds._KINDS, run.kind, replace(kind, make=broken))
    run_job(run.pk)
    page = client.get(reverse("jobs:detail", args=[run.pk])).content.decode()
    assert "处理中出错，没有做完" in page
    assert "ZeroDivision" not in page


def test_it_is_cancelled_by_a_button_and_stops_at_its_next_sign_of_life(world: World) -> None:
    client = client_of(world.supervisor)
    run = asked(client)
    claimed = job_claim(run.pk)
    assert claimed is not None
    cancel = reverse("jobs:cancel", args=[run.pk])
    assert cancel in client.get(reverse("jobs:detail", args=[run.pk])).content.decode()
    page = client.post(cancel, follow=True).content.decode()
    assert f"已由{world.supervisor.name}取消，没有留下结果" in page
    with pytest.raises(Cancelled):
        job_heard(run=claimed, stage="", done=1, total=2)
    with pytest.raises(Cancelled):
        job_done(run=claimed, result=None)
    run.refresh_from_db()
    assert (run.state, run.result) == ("cancelled", None)
    assert Entry.objects.latest("pk").action == "取消导出各单位填报表"
    # the next wish is a new one
    assert asked(client) != run


def test_a_kind_that_is_gone_is_no_error_of_the_machine(world: World) -> None:
    run = asked(client_of(world.supervisor))
    JobRun.objects.filter(pk=run.pk).update(kind="gone")
    run_job(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "这一类后台任务已不再支持，没有做。")


def test_who_may_ask_for_all_sheets_and_see_the_job(world: World) -> None:
    ask = reverse("progress:sheets", args=[CODE])
    reporter = client_of(world.reporter)
    assert reporter.post(ask).status_code == 403
    client = client_of(world.supervisor)
    assert client.get(ask).status_code == 405
    run = asked(client)
    run_job(run.pk)
    for name in ("jobs:detail", "jobs:file"):
        address = reverse(name, args=[run.pk])
        assert reporter.get(address).status_code == 404
        answer: Any = client.get(address)
        assert answer.status_code == 200
        assert answer.getvalue()
        assert client.get(reverse(name, args=[run.pk + 1])).status_code == 404
    # an archive of all units' texts is no memento of a role that has ended
    world.supervisor.memberships.update(ends_on=TODAY - timedelta(days=1))
    for name in ("jobs:detail", "jobs:file"):
        assert client.get(reverse(name, args=[run.pk])).status_code == 404


def test_a_period_without_duties_makes_no_job(world: World) -> None:
    for duty in (*world.duties, world.other_duty):
        duty.delete()
    client = client_of(world.supervisor)
    answer = client.post(reverse("progress:sheets", args=[CODE]), follow=True)
    assert "没有应报事项，没有可导出的填报表" in answer.content.decode()
    assert not JobRun.objects.exists()


def test_queries_do_not_grow_with_a_units_rows(world: World) -> None:
    client = client_of(world.supervisor)

    def counted() -> int:
        run = asked(client)
        with CaptureQueriesContext(connection) as seen:
            run_job(run.pk)
        return len(seen)

    few = counted()
    for number in range(20, 40):
        make_duty(make_task(world.plan, number=str(number), leads=[world.unit]), world.unit)
    # the archive itself is a new file: kept, where the old one was found
    assert counted() <= few + 1
