"""Imports as they are kept: their list, their files, being taken back; pasted and large ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Entry
from apps.ops import telling
from apps.ops.models import JobRun
from apps.ops.services import job_claim
from apps.plans.models import Plan
from apps.tasks.import_page import PAGE_PARTS
from apps.tasks.jobs import run_claimed
from apps.tasks.models import TableImport, Task
from apps.tasks.services import imports
from tests.builders import TODAY, make_agency, make_line, make_member
from tests.tasks.import_pages import (
    address,
    changed,
    client_of,
    confirm,
    fields,
    imported_plan,
    page,
    send,
    upload,
)
from tests.tasks.workbooks import ROWS, book, bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return imported_plan(tmp_path)


@pytest.fixture
def client() -> Client:
    user = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    return client_of(user)


def done(client: Client, plan: Plan, path: Path) -> TableImport:
    kept = upload(client, plan, path)
    confirm(client, kept, page(client, kept).context["preview"]["digest"])
    kept.refresh_from_db()
    assert kept.state == "done"
    return kept


def brought(client: Client, plan: Plan, **typed: str) -> Any:
    return client.post(reverse("plans:import", args=[plan.pk]), typed)


def undo_address(kept: TableImport) -> str:
    return reverse("plans:import_undo", args=[kept.plan_id, kept.pk])


# The list, the file


def test_every_import_stands_in_the_list_with_what_came_of_it(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = done(client, plan, changed(tmp_path))
    send(client, plan, b"%PDF-1.7 nothing", "通知.pdf")
    html = client.get(reverse("plans:import", args=[plan.pk])).content.decode()
    assert "2 次" in html
    assert "新增 1，改动 1，未变 5" in html
    assert kept.file_id[:12] in html
    assert "读不出" in html


def test_the_list_has_pages_and_does_not_cost_more_for_its_length(
    client: Client, plan: Plan, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    kept = done(client, plan, changed(tmp_path))
    TableImport.objects.bulk_create(
        TableImport(plan=plan, file=kept.file, file_name=f"第{n}份.xlsx", by_id="1", by_name="某人")
        for n in range(40)
    )
    address_of_list = reverse("plans:import", args=[plan.pk])
    with django_assert_max_num_queries(25):
        html = client.get(address_of_list).content.decode()
    assert "第 1 页，共 3 页" in html
    assert "修订.xlsx" in client.get(f"{address_of_list}?page=3").content.decode()


def test_the_file_comes_back_as_it_was_and_only_as_a_file(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    answer = client.get(reverse("plans:import_file", args=[plan.pk, kept.pk]))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.getvalue() == (tmp_path / "修订.xlsx").read_bytes()


def test_the_file_is_for_whoever_may_import(client: Client, plan: Plan, tmp_path: Path) -> None:
    kept = upload(client, plan, changed(tmp_path))
    reporter = client_of(make_member(make_agency("省科技厅"), "reporter"))
    for name in ("plans:import_file", "plans:import_undo"):
        assert reporter.get(reverse(name, args=[plan.pk, kept.pk])).status_code == 403
    assert Entry.objects.filter(result="refused", action="导入").count() == 2


# Taking back


def test_an_import_is_taken_back_with_a_reason(client: Client, plan: Plan, tmp_path: Path) -> None:
    kept = done(client, plan, changed(tmp_path))
    assert "删去新增的" in client.get(undo_address(kept)).content.decode()
    without = client.post(undo_address(kept), {"reason": " "})
    assert without.status_code == 422
    assert "请写明撤销的原因" in without.content.decode()
    html = client.post(undo_address(kept), {"reason": "文件拿错了"}, follow=True).content.decode()
    assert "导入已撤销" in html
    assert "文件拿错了" in html
    assert not Task.objects.filter(number="7").exists()
    assert Task.objects.get(number="4").due_on == date(2018, 12, 31)
    again = client.post(undo_address(kept), {"reason": "再来一次"})
    assert again.status_code == 422
    assert "已由某人撤销" in again.content.decode()


def test_what_was_built_on_it_stands_in_the_way_and_is_said(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = done(client, plan, changed(tmp_path))
    done(client, plan, book(tmp_path / "再改.xlsx", ROWS))
    html = client.get(undo_address(kept)).content.decode()
    assert "之后还导入过“再改.xlsx”" in html
    assert "撤销本次导入</button>" not in html
    assert client.post(undo_address(kept), {"reason": "硬要"}).status_code == 422
    kept.refresh_from_db()
    assert kept.state == "done"


def test_of_two_imports_the_second_is_told_and_compared_again(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    second = upload(client, plan, changed(tmp_path))
    first = upload(client, plan, book(tmp_path / "先来.xlsx", [*ROWS, ("7", "先来的。", "", "")]))
    assert "还有一份待确认的导入：某人上传的“先来.xlsx”" in page(client, second).content.decode()
    seen = page(client, second).context["preview"]["digest"]
    confirm(client, first, page(client, first).context["preview"]["digest"])
    refused = confirm(client, second, seen)
    assert refused.status_code == 409
    html = refused.content.decode()
    assert "预览以后任务有了变动，没有导入" in html
    assert "某人在" in html
    assert "导入了“先来.xlsx”" in html
    preview = refused.context["preview"]
    assert (preview["created"], preview["updated"]) == (0, 2)


# Pasted

TEXT = "序号\t重点工作\t牵头部门\t完成时限\n7\t粘贴来的工作。\t省科技厅\t2020年\n"
HTML = (
    "<html><body><!--StartFragment--><table><tr><td>序号</td><td>重点工作</td><td>牵头部门</td>"
    "<td>完成时限</td></tr><tr><td>7</td><td>网页里的工作。</td><td>省科技厅</td><td>2020年</td>"
    "</tr></table></body></html>"
)


@pytest.mark.parametrize(("html", "content"), [("", "粘贴来的工作。"), (HTML, "网页里的工作。")])
def test_a_pasted_table_is_kept_and_imported(
    client: Client, plan: Plan, html: str, content: str
) -> None:
    assert brought(client, plan, pasted=TEXT, html=html).status_code == 302
    kept = TableImport.objects.get()
    assert kept.file_name.startswith("粘贴的表格")
    confirm(client, kept, page(client, kept).context["preview"]["digest"])
    assert Task.objects.get(number="7").content == content


def test_pasted_nonsense_is_said_at_its_field_and_stays_there(client: Client, plan: Plan) -> None:
    response = brought(client, plan, pasted="今天天气不错。")
    assert response.status_code == 422
    assert "今天天气不错。</textarea>" in response.content.decode()
    assert response.context["form"].errors["pasted"]


def test_an_unknown_kind_is_refused(client: Client, plan: Plan) -> None:
    assert brought(client, plan, pasted=TEXT, kind="secret").status_code == 422


# Large ones


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)
    # this test's transaction is its own: another connection would find no run there
    monkeypatch.setattr(telling, "_TELL_SECONDS", 3_600)


def work() -> JobRun:
    run = JobRun.objects.latest("pk")
    claimed = job_claim(run.pk)
    assert claimed is not None
    # what a teller has to wait for ends with the work
    run_claimed(claimed, TODAY)
    run.refresh_from_db()
    return run


@pytest.mark.usefixtures("_large")
def test_a_large_file_is_read_and_applied_by_a_worker(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    waiting = page(client, kept)
    assert "正在读取" in waiting.content.decode()
    assert '<meta http-equiv="refresh"' in waiting.content.decode()
    assert work().state == "done"
    polled = client.get(address(kept), headers={"HX-Request": "true"})
    assert polled.headers["HX-Refresh"] == "true"
    seen = page(client, kept).context["preview"]["digest"]
    assert "正在导入" in confirm(client, kept, seen).content.decode()
    # a second click finds the first one's
    assert "没有重复导入" in confirm(client, kept, seen).content.decode()
    assert JobRun.objects.count() == 2
    assert not Task.objects.filter(number="7").exists()
    assert work().state == "done"
    assert Task.objects.filter(number="7").exists()
    assert "导入结果" in page(client, kept).content.decode()


@pytest.mark.usefixtures("_large")
def test_reading_can_be_given_up(client: Client, plan: Plan, tmp_path: Path) -> None:
    kept = upload(client, plan, changed(tmp_path))
    html = client.post(address(kept), {"action": "cancel"}, follow=True).content.decode()
    assert "已取消，什么都没有改" in html
    assert job_claim(JobRun.objects.latest("pk").pk) is None
    kept.refresh_from_db()
    assert kept.state == "discarded"


@pytest.mark.usefixtures("_large")
def test_applying_can_be_given_up_and_begun_again(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    work()
    seen = page(client, kept).context["preview"]["digest"]
    confirm(client, kept, seen)
    client.post(address(kept), {"action": "cancel"})
    assert "确认导入（新增 1 行" in page(client, kept).content.decode()
    confirm(client, kept, seen)
    work()
    assert Task.objects.filter(number="7").exists()


@pytest.mark.usefixtures("_large")
def test_a_large_file_that_cannot_be_read_says_why(client: Client, plan: Plan) -> None:
    assert send(client, plan, b"%PDF-1.7 nothing", "通知.pdf").status_code == 302
    work()
    kept = TableImport.objects.get()
    html = page(client, kept).content.decode()
    assert "没有读出来" in html
    assert "不是能读取的表格" in html
    assert reverse("plans:import", args=[plan.pk]) in html


@pytest.mark.usefixtures("_large")
def test_a_job_that_ended_by_itself_leaves_nothing_hanging(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    JobRun.objects.update(state="failed", error="多次中断，没有做完。")
    assert "多次中断，没有做完" in page(client, kept).content.decode()
    kept.refresh_from_db()
    assert kept.state == "failed"


@pytest.mark.usefixtures("_large")
def test_an_old_preview_of_a_large_file_is_compared_again_on_demand(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    work()
    bring_in(plan, book(tmp_path / "别人.xlsx", [("1", "别的。", "省科技厅", ""), *ROWS[1:]]))
    html = page(client, kept).content.decode()
    assert "预览以后任务有了变动" in html
    assert "确认导入" not in html
    client.post(address(kept), {**fields(client, kept), "action": "compare"})
    work()
    assert page(client, kept).context["preview"]["updated"] == 2


# Parts of a long preview


def test_a_long_preview_has_pages_and_loses_nothing(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    more = [(str(n), f"第{n}件工作。", "省科技厅", "2020年") for n in range(7, 240)]
    kept = upload(client, plan, book(tmp_path / "多.xlsx", [*ROWS, *more]))
    whole = page(client, kept)
    assert "翻看全部 233 行" in whole.content.decode()
    last = client.get(f"{address(kept)}?part=new&page=3")
    assert [line.item["number"] for line in last.context["page"].new.lines][-1] == "239"
    for part in (*PAGE_PARTS, "nonsense"):
        assert client.get(f"{address(kept)}?part={part}&page=99999999999").status_code == 200
    third = {"row": "241", "skip-241": "on", "version": str(kept.version), "action": "save"}
    answer = client.post(f"{address(kept)}?part=new&page=3", third)
    assert answer["Location"].endswith("?part=new&page=3")
    assert page(client, kept).context["preview"]["created"] == 232


def test_the_preview_costs_no_more_queries_for_more_rows(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    def cost(many: int) -> int:
        rows = [(str(n), f"第{n}件工作。", f"省第{n}新局", "待定") for n in range(7, 7 + many)]
        kept = upload(client, plan, book(tmp_path / f"{many}.xlsx", [*ROWS, *rows]))
        with CaptureQueriesContext(connection) as counted:
            page(client, kept)
        return len(counted)

    assert cost(2) == cost(20)


# 期初


def test_a_running_ledger_enters_marked_and_is_taken_back(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    headers = ("序号", "重点工作", "牵头部门", "完成时限", "状态", "办结日期")
    rows = [
        (*ROWS[0], "已办结", "2019年6月30日"),
        (*ROWS[1], "推进中", ""),
        ("99", "别处的工作，这里没有。", "省科技厅", "2020年", "推进中", ""),
    ]
    path = book(tmp_path / "台账.xlsx", rows, headers=headers)
    with path.open("rb") as file:
        data = {"file": file, "kind": "opening"}
        assert client.post(reverse("plans:import", args=[plan.pk]), data).status_code == 302
    kept = TableImport.objects.get()
    response = page(client, kept)
    html = response.content.decode()
    assert "登记期初情况" in html
    assert "第5行在系统里没有对应的任务" in html
    assert 'name="end"' not in html
    confirm(client, kept, response.context["preview"]["digest"])
    assert Task.objects.get(number="1").state == "closed"
    assert not Task.objects.filter(number="99").exists()
    assert "期初台账" in page(client, kept).content.decode()
    client.post(undo_address(kept), {"reason": "台账拿错了"})
    assert Task.objects.get(number="1").state == "unassigned"
