"""Exports on the pages: the list as it is shown; large ones by a job, for its asker alone."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Membership, User
from apps.audit.models import Entry
from apps.common.spreadsheets import read_sheets
from apps.ops.models import Installation, JobRun, StoredFile
from apps.ops.services import file_drop, file_keep, job_ask, job_claim
from apps.plans.models import Plan
from apps.tasks.jobs import expire_exports, run_claimed, run_job
from apps.tasks.models import Progress, TableImport
from apps.tasks.services import exports
from apps.tasks.services.exports import EXPORT_JOB, KEPT_DAYS
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_line,
    make_member,
    make_plan,
    make_task,
)
from tests.tasks.returned_sheets import client_of

pytestmark = pytest.mark.django_db
SECRET = "只有自己能看的进展"


@pytest.fixture(autouse=True)
def _ours() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def plan() -> Plan:
    """Three rows of two units; 省科技厅 has reported on the first."""
    made = make_plan("impl", short_title="实施方案")
    for number, name in enumerate(("省科技厅", "省教育厅", "省科技厅"), start=1):
        make_task(made, number=str(number), leads=[make_agency(name)], content=f"第{number}件事。")
    task = made.tasks.get(number="1")
    Progress.objects.create(
        duty=make_duty(task, make_agency("省科技厅")),
        text=SECRET,
        self_assessment="normal",
        state="submitted",
        first_submitted_on=TODAY,
        submitted_on=TODAY,
        delivered_on=TODAY,
    )
    return made


@pytest.fixture
def supervisor(plan: Plan) -> User:
    assert plan.pk
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are many."""
    monkeypatch.setattr(exports, "AT_ONCE", 2)


def cells(content: bytes, tmp_path: Path) -> list[tuple[str, ...]]:
    """What stands in the sheet, from its header on."""
    path = tmp_path / "导出.xlsx"
    path.write_bytes(content)
    [sheet] = read_sheets(path, name=path.name)
    header = next(at for at, row in enumerate(sheet.rows) if row[0] == "序号")
    return list(sheet.rows[header:])


def fetched(client: Client, address: str) -> bytes:
    answer = cast("Any", client.get(address))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def ask(user: User, query: str = "", **fields: str) -> JobRun:
    answer = cast("Any", client_of(user)).post(
        reverse("exports:start"), {"what": "ledger", "query": query, **fields}
    )
    assert answer.status_code == 302
    run = JobRun.objects.filter(kind=EXPORT_JOB).latest("pk")
    assert answer.headers["Location"] == reverse("jobs:detail", args=[run.pk])
    return run


def made(user: User, query: str = "", **fields: str) -> JobRun:
    run = ask(user, query, **fields)
    run_job(run.pk)
    run.refresh_from_db()
    return run


# The list


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["1", "2", "3"]),
        ("?sort=-number&page=2&per_page=30", ["3", "2", "1"]),
        ("?q=第2件", ["2"]),
        ("?q=没有这件事", []),
    ],
)
def test_the_list_is_exported_as_it_is_filtered_and_sorted(
    plan: Plan, tmp_path: Path, query: str, numbers: list[str]
) -> None:
    reader = make_member(make_agency("省教育厅"), "reporter")
    content = fetched(client_of(reader), reverse("tasks:export") + query)
    assert plan.tasks.count() == 3
    assert [row[0] for row in cells(content, tmp_path)[1:]] == numbers


def test_an_export_holds_what_its_reader_may_see_and_says_whose_it_is(
    supervisor: User, tmp_path: Path
) -> None:
    make_task(make_plan("other", line=make_line("other")))
    named = make_member(make_agency("省教育厅"), "reporter")
    stranger = make_member(make_agency("省商务厅"), "reporter")
    for user, rows, is_told in ((supervisor, 3, True), (named, 3, False), (stranger, 0, False)):
        content = fetched(client_of(user), reverse("tasks:export"))
        found = cells(content, tmp_path)
        assert len(found) == 1 + rows
        assert (SECRET in str(found)) == is_told
        [sheet] = read_sheets(tmp_path / "导出.xlsx", name="导出.xlsx")
        head = str(sheet.rows[:3])
        assert f"导出人：{user.agency_name} {user.name}，2020-10-12" in head
        assert "数据截至 2020-10-12" in head
        assert "演示数据" in head


def test_every_export_stands_in_the_log(supervisor: User, plan: Plan) -> None:
    client = client_of(supervisor)
    fetched(client, reverse("tasks:export") + "?q=第2件")
    fetched(client, reverse("plans:export", args=[plan.pk]) + "?kind=ledger&period=2020Q3")
    of_list, of_plan = Entry.objects.filter(action="导出台账").order_by("pk")
    assert (of_list.object_type, of_list.changes["行数"]) == ("user", [None, "1"])
    assert "第2件" in of_list.reason
    assert (of_plan.object_id, of_plan.changes["行数"]) == (str(plan.pk), [None, "3"])
    assert of_plan.changes["报告期"] == [None, "2020年前三季度"]


@pytest.mark.parametrize("code", ["2031Q4", "2020Q9"])
def test_a_period_nobody_opened_is_said_on_the_page(supervisor: User, code: str) -> None:
    for address in (reverse("tasks:export"), reverse("exports:list")):
        client = client_of(supervisor)
        answer = (
            client.get(address, {"period": code}, follow=True)
            if address == reverse("tasks:export")
            else client.post(reverse("exports:start"), {"period": code}, follow=True)
        )
        assert "报告期" in answer.content.decode()
        assert any("2031" in str(m) or "2020Q9" in str(m) for m in answer.context["messages"])


# Large ones


@pytest.mark.usefixtures("large")
def test_a_large_list_is_asked_of_a_job_and_found_under_ones_own(
    supervisor: User, tmp_path: Path
) -> None:
    client = client_of(supervisor)
    page = client.get(reverse("tasks:export"), {"sort": "-number"}).content.decode()
    assert "开始导出" in page
    assert 'name="query" value="sort=-number"' in page
    run = made(supervisor, "sort=-number")
    assert (run.state, run.done, run.total) == ("done", 3, 3)
    rows = cells(fetched(client, reverse("jobs:file", args=[run.pk])), tmp_path)
    assert [row[0] for row in rows[1:]] == ["3", "2", "1"]
    shown = client.get(reverse("exports:list")).content.decode()
    assert run.result is not None
    for said in ("共 <span", "3 行", run.result.sha256, "任务台账-2020-10-12.xlsx", "已导出"):
        assert (said in shown) == (said != "已导出")
    detail = client.get(reverse("jobs:detail", args=[run.pk])).content.decode()
    assert "已导出 3 行。" in detail
    entry = Entry.objects.get(action="导出台账")
    assert entry.changes["校验值"] == [None, run.result.sha256]


@pytest.mark.usefixtures("large")
def test_a_plans_table_and_ledger_can_be_asked_of_a_job(supervisor: User, plan: Plan) -> None:
    page = client_of(supervisor).get(reverse("plans:export", args=[plan.pk]) + "?kind=ledger")
    assert f'name="plan" value="{plan.pk}"' in page.content.decode()
    run = made(supervisor, plan=str(plan.pk), period="2020Q3")
    assert (run.state, run.result_name) == ("done", "实施方案-台账-2020-10-12.xlsx")
    run = made(supervisor, plan=str(plan.pk), what="original")
    # nothing was ever imported
    assert (run.state, run.result) == ("failed", None)
    assert "没有原表可以导出" in run.error
    client = client_of(make_member(make_agency("省商务厅"), "reporter"))
    for asked in (str(plan.pk), "0", "x"):
        answer = client.post(reverse("exports:start"), {"plan": asked})
        assert answer.status_code == 404


def test_asked_twice_it_is_one_job_for_each_person_and_wish(supervisor: User) -> None:
    first = ask(supervisor, "q=事")
    assert ask(supervisor, "q=事") == first
    assert ask(supervisor, "q=件") != first
    other = make_member(make_agency("省教育厅"), "reporter")
    assert ask(other, "q=事") != first


@pytest.mark.usefixtures("large")
def test_nobody_else_sees_or_fetches_it(supervisor: User) -> None:
    run = made(supervisor)
    colleague = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    assert fetched(client_of(supervisor), reverse("jobs:file", args=[run.pk]))
    assert client_of(supervisor).get(reverse("jobs:detail", args=[run.pk])).status_code == 200
    for name in ("jobs:detail", "jobs:file"):
        assert client_of(colleague).get(reverse(name, args=[run.pk])).status_code == 404
    assert "导出清单" in (
        page := client_of(colleague).get(reverse("exports:list")).content.decode()
    )
    assert run.result_name not in page


@pytest.mark.usefixtures("large")
def test_who_has_lost_a_right_since_gets_no_file(supervisor: User) -> None:
    run, waiting = made(supervisor, "q=件"), ask(supervisor, "q=事")
    membership = Membership.objects.get(user=supervisor)
    # still somebody of that unit, but no longer its supervisor
    membership.role = Membership.Role.REPORTER
    membership.save()
    assert client_of(supervisor).get(reverse("jobs:file", args=[run.pk])).status_code == 404
    run_job(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.result) == ("failed", None)
    assert "权限" in waiting.error


@pytest.mark.usefixtures("large")
def test_what_is_given_up_leaves_no_file(supervisor: User) -> None:
    run = ask(supervisor)
    claimed = job_claim(run.pk)
    assert claimed is not None
    client_of(supervisor).post(reverse("jobs:cancel", args=[run.pk]))
    run_claimed(claimed, TODAY)
    run.refresh_from_db()
    assert (run.state, run.result) == ("cancelled", None)
    assert not StoredFile.objects.exists()
    assert Entry.objects.filter(action="取消导出").count() == 1


@pytest.mark.usefixtures("large")
def test_a_worker_that_was_passed_over_leaves_nothing(
    supervisor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(supervisor)
    first = job_claim(run.pk)
    assert first is not None

    def held_up(**given: Any) -> StoredFile:
        """The file is kept; meanwhile the run is given to another worker."""
        JobRun.objects.filter(pk=run.pk).update(attempts=2)
        return file_keep(**given)

    monkeypatch.setattr(exports, "file_keep", held_up)
    run_claimed(first, TODAY)
    assert not StoredFile.objects.exists()
    assert not Entry.objects.filter(action="导出台账").exists()


# How long it is kept


@pytest.mark.usefixtures("large")
def test_a_file_goes_after_its_days_and_the_page_says_so(supervisor: User) -> None:
    old, fresh = made(supervisor, "q=件"), made(supervisor, "q=事")
    file = old.result
    assert file is not None
    assert default_storage.exists(file.path)
    JobRun.objects.filter(pk=old.pk).update(
        finished_at=timezone.now() - timedelta(days=KEPT_DAYS, minutes=1)
    )
    expire_exports()
    expire_exports()
    assert not default_storage.exists(file.path)
    assert StoredFile.objects.get() == fresh.result
    client = client_of(supervisor)
    assert client.get(reverse("jobs:file", args=[old.pk])).status_code == 404
    assert "已经过期" in client.get(reverse("jobs:detail", args=[old.pk])).content.decode()
    page = client.get(reverse("exports:list")).content.decode()
    assert page.count("已过期") == 1
    assert page.count(">下载<") == 1


def test_a_file_that_something_refers_to_stays(plan: Plan) -> None:
    file = file_keep(source=BytesIO(b"PK imported again"))
    TableImport.objects.create(plan=plan, file=file, file_name="表.xlsx", by_id="1", by_name="某人")
    assert not file_drop(file=file)
    assert default_storage.exists(file.path)
    assert file_drop(file=file_keep(source=BytesIO(b"PK of nobody")))


def test_half_a_file_of_a_killed_process_is_written_anew(supervisor: User) -> None:
    run = job_ask(kind="x", key="x", wanted={}, actor=supervisor)
    assert run.pk
    file = file_keep(source=BytesIO(b"the whole content"))
    path = Path(default_storage.path(file.path))
    path.chmod(0o600)
    path.write_bytes(b"the wh")
    StoredFile.objects.all().delete()
    assert file_keep(source=BytesIO(b"the whole content")) == file
    assert path.read_bytes() == b"the whole content"


def test_who_has_no_role_has_no_exports(client: Client) -> None:
    client.force_login(
        User.objects.create(username="sys", name="某人", duty="system"),
        "apps.accounts.backends.ActiveUserBackend",
    )
    assert client.get(reverse("exports:list")).status_code == 404
    assert client.post(reverse("exports:start")).status_code == 404
