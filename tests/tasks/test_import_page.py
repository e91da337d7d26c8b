"""The way of a table into the system by its pages: upload, preview, confirm, result."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.plans.models import Plan
from apps.tasks.models import Deadline, TableImport, Task
from tests.builders import make_agency, make_line, make_member, make_plan
from tests.tasks.import_pages import (
    address,
    changed,
    client_of,
    confirm,
    imported_plan,
    page,
    send,
    upload,
)
from tests.tasks.workbooks import HEADERS, ROWS, book, bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return imported_plan(tmp_path)


@pytest.fixture
def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


@pytest.fixture
def client(supervisor: User) -> Client:
    return client_of(supervisor)


def test_the_preview_shows_exactly_what_would_change(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    response = page(client, upload(client, plan, changed(tmp_path)))
    text = response.content.decode()
    assert "确认导入（新增 1 行，改动 1 行）" in text
    assert "<del>2018年</del>" in text
    assert "<ins>2020年9月底前</ins>" in text
    assert "读作 2020-09-30" in text
    assert "“省新设局”不在单位库里" in text
    assert "“下一轮启动前”读不出日期" in text
    assert response.context["page"].open_questions == 2
    assert "工作表“任务分工表”，表头在第 2 行，数据第 3—9 行" in text
    assert Task.objects.count() == len(ROWS)


def test_confirming_writes_the_table_once(client: Client, plan: Plan, tmp_path: Path) -> None:
    kept = upload(client, plan, changed(tmp_path))
    seen = page(client, kept).context["preview"]["digest"]
    response = confirm(client, kept, seen)
    assert "导入结果" in response.content.decode()
    done = [(row.task.number, row.action) for row in response.context["rows"]]
    assert done == [("4", "updated"), ("7", "created")]
    left = response.context["left"]
    assert (left.names, left.deadlines) == (1, 1)
    assert '还有待确认的：不在单位库里的单位 <b class="num">1</b> 个' in response.content.decode()
    kept.refresh_from_db()
    assert (kept.state, kept.created, kept.updated, kept.unchanged) == ("done", 1, 1, 5)
    assert Task.objects.get(number="4").due_on == date(2020, 9, 30)
    written = Entry.objects.count()
    again = confirm(client, kept, seen)
    assert "已由某人完成" in again.content.decode()
    assert Entry.objects.count() == written
    assert Task.objects.count() == len(ROWS) + 1


def test_an_earlier_day_stays_in_the_history(client: Client, plan: Plan, tmp_path: Path) -> None:
    kept = upload(client, plan, changed(tmp_path))
    confirm(client, kept, page(client, kept).context["preview"]["digest"])
    days = Deadline.objects.filter(task__number="4").order_by("sequence")
    assert [(d.text, d.current) for d in days] == [("2018年", False), ("2020年9月底前", True)]


def test_what_somebody_else_imported_meanwhile_is_shown_first(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    seen = page(client, kept).context["preview"]["digest"]
    rows = [("1", "别人改过的。", "省科技厅", "持续推进"), *ROWS[1:]]
    bring_in(plan, book(tmp_path / "别人.xlsx", rows))
    response = confirm(client, kept, seen)
    assert response.status_code == 409
    assert "预览以后任务有了变动，没有导入" in response.content.decode()
    assert response.context["preview"]["updated"] == 2
    assert Task.objects.get(number="1").content == "别人改过的。"
    assert not Task.objects.filter(number="7").exists()
    confirm(client, kept, response.context["preview"]["digest"])
    assert Task.objects.filter(number="7").exists()


def test_without_the_preview_nothing_is_imported(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    assert confirm(client, kept, "").status_code == 409
    assert Task.objects.count() == len(ROWS)


def test_the_same_file_needs_no_import(client: Client, plan: Plan, tmp_path: Path) -> None:
    kept = upload(client, plan, tmp_path / "原表.xlsx")
    response = page(client, kept)
    assert "与现有内容完全一致，不需要导入" in response.content.decode()
    assert "确认导入" not in response.content.decode()
    assert confirm(client, kept, response.context["preview"]["digest"]).status_code == 422


def test_giving_up_changes_nothing(client: Client, plan: Plan, tmp_path: Path) -> None:
    kept = upload(client, plan, changed(tmp_path))
    seen = page(client, kept).context["preview"]["digest"]
    response = client.post(address(kept), {"action": "discard"}, follow=True)
    assert "已放弃，什么都没有改" in response.content.decode()
    assert "已放弃" in page(client, kept).content.decode()
    assert "这次导入已放弃" in confirm(client, kept, seen).content.decode()
    assert Task.objects.count() == len(ROWS)


def test_rows_that_are_not_in_the_file_are_named_and_kept(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, book(tmp_path / "少.xlsx", ROWS[:-1]))
    response = page(client, kept)
    assert "表里没有、系统里有的行" in response.content.decode()
    assert response.context["preview"]["missing_count"] == 1


# Bad input: one sentence with its place, nothing half saved


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("1", "", "省科技厅", "2020年")], "第3行没有填写“重点工作”"),
        ([("1", "甲", "省科技厅", ""), ("1", "乙", "省科技厅", "")], "第3行和第4行的序号都是“1”"),
    ],
)
def test_a_wrong_row_stops_the_whole_table(
    client: Client, plan: Plan, tmp_path: Path, rows: list[tuple[str, ...]], said: str
) -> None:
    kept = upload(client, plan, book(tmp_path / "错.xlsx", [*rows, ("9", "好的", "省科技厅", "")]))
    response = page(client, kept)
    assert said in response.content.decode()
    assert "确认导入" not in response.content.decode()
    refused = confirm(client, kept, response.context["preview"]["digest"])
    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert not Task.objects.filter(number="9").exists()


def test_a_text_like_a_formula_and_a_very_long_one_are_imported_as_they_are(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    rows = [*ROWS, ("7", "=HYPERLINK(A1)", "省科技厅", ""), ("8", "长" * 3_200, "省科技厅", "")]
    kept = upload(client, plan, book(tmp_path / "怪.xlsx", rows))
    response = page(client, kept)
    assert "有 3200 字" in response.content.decode()
    confirm(client, kept, response.context["preview"]["digest"])
    assert Task.objects.get(number="7").content == "=HYPERLINK(A1)"
    assert len(Task.objects.get(number="8").content) == 3_200


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize(
    "text", ["长" * 3_000, "1" * 3_000, "、" * 3_000, "（" * 3_000, "牵头" * 1_500]
)
def test_a_cell_of_3000_characters_is_imported_or_named(
    client: Client, plan: Plan, tmp_path: Path, column: int, text: str
) -> None:
    row = ["7", "新的工作。", "省科技厅", "2020年"]
    row[column] = text
    kept = upload(client, plan, book(tmp_path / "长.xlsx", [*ROWS, row]))
    shown = page(client, kept).context["preview"]
    response = confirm(client, kept, shown["digest"])
    if shown["errors"]:
        assert {cell for _row, _column, cell, _said in shown["errors"]} == {f"{'ABCD'[column]}9"}
        assert response.status_code == 422
    else:
        assert response.status_code == 200
        assert Task.objects.count() == len(ROWS) + 1


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "空.xlsx", "文件是空的"),
        (b"PK\x03\x04 broken", "坏.xlsx", "文件“坏.xlsx”已损坏"),
        (b"%PDF-1.7 something", "通知.xlsx", "不是能读取的表格"),
        ("序号,重点工作".encode(), "表.csv", "下面没有任务行"),
    ],
)
def test_an_unreadable_file_is_refused_on_the_form(
    client: Client, plan: Plan, content: bytes, name: str, said: str
) -> None:
    response = send(client, plan, content, name)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not TableImport.objects.exclude(state="failed").exists()


def test_a_workbook_without_a_table_says_what_was_looked_for(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    path = book(tmp_path / "通讯录.xlsx", [("张三", "123")], headers=("姓名", "电话"))
    response = send(client, plan, path.read_bytes())
    assert response.status_code == 422
    assert "没有找到任务分工表" in response.content.decode()


def test_too_large_a_file_is_refused_before_it_is_read(client: Client, plan: Plan) -> None:
    response = send(client, plan, b"PK" + b"\0" * (20 * 1024 * 1024))
    assert response.status_code == 422
    assert "超过 20 MB 的上限" in response.content.decode()


def test_no_file_at_all_is_said_so(client: Client, plan: Plan) -> None:
    response = client.post(reverse("plans:import", args=[plan.pk]))
    assert response.status_code == 422
    assert "请选择要导入的文件" in response.content.decode()


def test_a_hostile_file_name_is_shown_as_text(client: Client, plan: Plan, tmp_path: Path) -> None:
    content = changed(tmp_path).read_bytes()
    name = "<b>修订\u202exslx.xlsx"
    send(client, plan, content, name)
    kept = TableImport.objects.get()
    assert kept.file_name == "<b>修订xslx.xlsx"
    assert "&lt;b&gt;修订" in page(client, kept).content.decode()


def test_a_kept_file_that_vanished_is_a_sentence(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    (tmp_path / "files" / kept.file.path).unlink()
    # the preview is stored; only doing something with the file needs it
    response = page(client, kept)
    assert response.status_code == 200
    refused = confirm(client, kept, response.context["preview"]["digest"])
    assert refused.status_code == 422
    assert "找不到了，请重新上传" in refused.content.decode()
    assert Task.objects.count() == len(ROWS)


# Who may


def test_another_supervisor_of_the_plan_sees_and_confirms_it(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    other = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    theirs = client_of(other)
    confirm(theirs, kept, page(theirs, kept).context["preview"]["digest"])
    kept.refresh_from_db()
    assert (kept.state, kept.by_id) == ("done", str(other.pk))


@pytest.mark.parametrize("role", ["reporter", "approver"])
def test_a_unit_named_in_the_plan_may_not_import(
    client: Client, plan: Plan, tmp_path: Path, role: str
) -> None:
    kept = upload(client, plan, changed(tmp_path))
    theirs = client_of(make_member(make_agency("省科技厅"), role))
    assert send(theirs, plan, changed(tmp_path).read_bytes()).status_code == 403
    assert confirm(theirs, kept, "x").status_code == 403
    assert Entry.objects.filter(result="refused", action="导入").count() == 2
    kept.refresh_from_db()
    assert kept.state == "preview"


def test_a_leader_sees_the_plan_but_may_not_import(plan: Plan) -> None:
    leader = make_member(make_agency("省发展改革委"), "leader", lines=[make_line()])
    assert client_of(leader).get(reverse("plans:import", args=[plan.pk])).status_code == 403


def test_to_a_stranger_the_plan_does_not_exist(client: Client, plan: Plan, tmp_path: Path) -> None:
    kept = upload(client, plan, changed(tmp_path))
    stranger = client_of(make_member(make_agency("省档案局"), "reporter"))
    assert page(stranger, kept).status_code == 404
    assert send(stranger, plan, b"x").status_code == 404


def test_an_import_belongs_to_its_own_plan_only(client: Client, plan: Plan, tmp_path: Path) -> None:
    kept = upload(client, plan, changed(tmp_path))
    other = make_plan()
    assert client.get(reverse("plans:import_preview", args=[other.pk, kept.pk])).status_code == 404


def test_new_columns_alone_can_be_confirmed(client: Client, plan: Plan, tmp_path: Path) -> None:
    headers = (*HEADERS[:3], "完成时间")
    kept = upload(client, plan, book(tmp_path / "列.xlsx", headers=headers))
    response = page(client, kept)
    assert response.context["preview"]["what"].endswith("表样变动")
    confirm(client, kept, response.context["preview"]["digest"])
    assert "D 列" in client.get(reverse("plans:detail", args=[plan.pk])).content.decode()
