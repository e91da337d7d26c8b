"""What a person answers in the preview of an import, and what becomes of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from apps.agencies.models import Agency, Alias
from apps.plans.models import Plan
from apps.tasks.import_fields import name_key
from apps.tasks.models import Assignment, TableImport, Task
from tests.builders import make_agency, make_line, make_member, make_plan
from tests.tasks.import_pages import (
    address,
    changed,
    client_of,
    confirm,
    fields,
    form_fields,
    imported_plan,
    page,
    save,
    upload,
)
from tests.tasks.workbooks import HEADERS, ROWS, book, bring_in

pytestmark = pytest.mark.django_db
NAME = "省新设局"
KEY = name_key(NAME)
# the sheet row of what changed() adds
ROW = 9


@pytest.fixture(autouse=True)
def _files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return imported_plan(tmp_path)


def supervisor() -> Client:
    user = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    return client_of(user)


@pytest.fixture
def client() -> Client:
    return supervisor()


@pytest.fixture
def kept(client: Client, plan: Plan, tmp_path: Path) -> TableImport:
    return upload(client, plan, changed(tmp_path))


def confirmed(client: Client, kept: TableImport) -> None:
    seen = page(client, kept).context["preview"]["digest"]
    assert "导入结果" in confirm(client, kept, seen).content.decode()


def party(number: str) -> tuple[str, str | None, bool]:
    [found] = Assignment.objects.filter(task__number=number).select_related("agency")
    return found.name, found.agency.name if found.agency else None, found.collective


# Names


def test_a_name_is_said_to_be_a_unit_we_know_and_known_from_then_on(
    client: Client, kept: TableImport
) -> None:
    typed = {f"n-{KEY}": "known:other", f"other-{KEY}": " 省科技厅 "}
    assert save(client, kept, typed).status_code == 302
    shown = page(client, kept)
    assert shown.context["page"].answered == 1
    assert fields(client, kept)[f"other-{KEY}"] == ["省科技厅"]
    confirmed(client, kept)
    assert party("7") == (NAME, "省科技厅", False)
    assert Alias.objects.get(name=NAME).agency.name == "省科技厅"


def test_a_name_is_entered_as_a_new_unit(client: Client, kept: TableImport) -> None:
    save(client, kept, {f"n-{KEY}": "new", f"new-{KEY}": "省新设管理局"})
    assert "新建单位 1 个" in page(client, kept).content.decode()
    assert not Agency.objects.filter(name="省新设管理局").exists()
    confirmed(client, kept)
    assert party("7") == (NAME, "省新设管理局", False)


def test_names_without_an_answer_become_new_units_at_once(
    client: Client, kept: TableImport
) -> None:
    save(client, kept, {f"n-{KEY}": ""}, "all_new")
    assert page(client, kept).context["page"].open_names == 0
    confirmed(client, kept)
    assert party("7") == (NAME, NAME, False)


def test_a_name_with_an_answer_is_no_new_unit_with_the_rest(
    client: Client, kept: TableImport
) -> None:
    save(client, kept, {f"n-{KEY}": "nobody"}, "all_new")
    confirmed(client, kept)
    assert not Agency.objects.filter(name=NAME).exists()


@pytest.mark.parametrize(("choice", "parties"), [("collective", [True]), ("nobody", [])])
def test_a_name_is_no_unit_at_all(
    client: Client, kept: TableImport, choice: str, parties: list[bool]
) -> None:
    save(client, kept, {f"n-{KEY}": choice})
    assert page(client, kept).context["page"].answered == 1
    confirmed(client, kept)
    found = Assignment.objects.filter(task__number="7").values_list("collective", flat=True)
    assert list(found) == parties


def test_an_answer_can_be_taken_back(client: Client, kept: TableImport) -> None:
    save(client, kept, {f"n-{KEY}": "new"})
    assert page(client, kept).context["page"].answered == 1
    save(client, kept, {f"n-{KEY}": ""})
    assert page(client, kept).context["page"].answered == 0
    confirmed(client, kept)
    assert party("7") == (NAME, None, False)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({f"n-{KEY}": "known:other", f"other-{KEY}": ""}, "请写出是单位库里的哪个单位"),
        ({f"n-{KEY}": "known:other", f"other-{KEY}": "火星办"}, "单位库里没有“火星办”"),
        ({f"n-{KEY}": "new", f"new-{KEY}": "长" * 61}, "新单位的名称不超过 60 字"),
        ({f"n-{KEY}": "somebody"}, "请从列出的几项里选一项"),
        ({f"kind-{ROW}": "date"}, "请填写最后一日"),
        ({f"kind-{ROW}": "date", f"day-{ROW}": "2020-13-40"}, "“2020-13-40”不是日期"),
        ({f"kind-{ROW}": "date", f"day-{ROW}": "1066-10-14"}, "年份须在 1949 至 2100 之间"),
        ({f"day-{ROW}": "2021-06-30"}, "请在前面选“指定最后一日”"),
        ({f"kind-{ROW}": "never"}, "完成时限请从列出的几项里选一项"),
        ({f"parties-{ROW}": "省科技厅"}, "“省科技厅”前面没有写角色"),
        ({"header": "第三行"}, "表头行写成“3”或“3-4”"),
        ({"header": "0"}, "表头从第 1 行起"),
        ({"column-1": "never"}, "不在可选项内"),
    ],
)
def test_what_is_typed_wrong_is_said_at_its_field_and_stays_there(
    client: Client, kept: TableImport, typed: dict[str, str], said: str
) -> None:
    also = {"missing": "1", f"skip-{ROW}": "on"}
    response = save(client, kept, {**also, **typed})
    assert response.status_code == 422
    html = response.content.decode()
    assert said in html
    shown = form_fields(html)
    for name, value in typed.items():
        if value not in {"somebody", "never"}:
            assert value in shown.get(name, [""]), name
    assert f"skip-{ROW}" in shown
    kept.refresh_from_db()
    assert (kept.version, kept.answers) == (1, {})


# Rows


def test_a_deadline_is_read_by_a_person(client: Client, kept: TableImport) -> None:
    save(client, kept, {f"kind-{ROW}": "date", f"day-{ROW}": "2021年6月30日", f"soft-{ROW}": "on"})
    assert page(client, kept).context["page"].answered == 1
    confirmed(client, kept)
    task = Task.objects.get(number="7")
    assert (task.due_kind, task.due_on, task.due_soft) == ("date", date(2021, 6, 30), True)
    assert task.cells[3] == "下一轮启动前"


def test_the_units_of_a_row_are_written_otherwise(client: Client, kept: TableImport) -> None:
    typed = {f"parties-{ROW}": "牵头：省科技厅；配合：省教育厅"}
    save(client, kept, typed)
    confirmed(client, kept)
    found = Assignment.objects.filter(task__number="7").values_list("name", "role")
    assert list(found.order_by("position")) == [("省科技厅", "lead"), ("省教育厅", "support")]


def test_a_row_is_left_out_and_taken_in_again(client: Client, kept: TableImport) -> None:
    save(client, kept, {f"skip-{ROW}": "on"})
    shown = page(client, kept).context
    assert (shown["preview"]["created"], shown["preview"]["skipped"]) == (0, 1)
    again = {name: value for name, value in fields(client, kept).items() if "skip" not in name}
    client.post(address(kept), {**again, "action": "save"})
    assert page(client, kept).context["preview"]["created"] == 1


def test_a_wrong_row_is_left_out_so_that_the_rest_can_come_in(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    rows = [*ROWS, ("7", "", "省科技厅", "2020年"), ("8", "好的。", "省科技厅", "2020年")]
    kept = upload(client, plan, book(tmp_path / "错.xlsx", rows))
    assert page(client, kept).context["preview"]["error_rows"] == 1
    save(client, kept, {f"skip-{ROW}": "on"})
    assert page(client, kept).context["preview"]["error_rows"] == 0
    confirmed(client, kept)
    assert set(Task.objects.values_list("number", flat=True)) == {*"1234568"}


def test_a_row_that_the_file_has_not_ends_where_it_is_ticked(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    kept = upload(client, plan, book(tmp_path / "少.xlsx", ROWS[:-1]))
    save(client, kept, {"end": "6"})
    assert "终止 1 行" in page(client, kept).content.decode()
    confirmed(client, kept)
    kept.refresh_from_db()
    assert (kept.cancelled, Task.objects.get(number="6").state) == (1, "ended")


def test_a_row_with_another_number_may_be_the_same_or_a_new_one(
    client: Client, plan: Plan, tmp_path: Path
) -> None:
    long = "建设省级战略性新兴产业创新平台体系并组织开展年度评估工作。"
    bring_in(plan, book(tmp_path / "前.xlsx", [*ROWS, ("7", long, "省科技厅", "2020年")]))
    again = long.replace("年度评估", "季度考核")
    kept = upload(
        client, plan, book(tmp_path / "后.xlsx", [*ROWS, ("9", again, "省科技厅", "2020年")])
    )
    response = page(client, kept)
    assert "与系统里第 7 项文字相近" in response.content.decode()
    assert response.context["preview"]["updated"] == 1
    save(client, kept, {f"match-{ROW}": "new"})
    shown = page(client, kept).context
    assert (shown["preview"]["created"], shown["preview"]["missing_count"]) == (1, 1)
    assert shown["page"].open_questions == 0
    save(client, kept, {f"match-{ROW}": "same"})
    confirmed(client, kept)
    assert list(Task.objects.filter(content=again).values_list("number", flat=True)) == ["9"]
    assert not Task.objects.filter(number="7").exists()


# How the sheet is read


def test_a_column_is_read_as_a_person_says(client: Client, plan: Plan, tmp_path: Path) -> None:
    headers = (*HEADERS, "解释口径")
    rows = [(*row, "口径甲") for row in ROWS]
    kept = upload(client, plan, book(tmp_path / "五列.xlsx", rows, headers=headers))
    assert fields(client, kept)["column-4"] == ["ignored"]
    assert save(client, kept, {"column-4": "note"}, "read").status_code == 302
    assert fields(client, kept)["column-4"] == ["note"]
    confirmed(client, kept)
    assert Task.objects.get(number="1").note == "口径甲"


def test_what_cannot_be_read_so_leaves_the_page_as_it_was(
    client: Client, kept: TableImport
) -> None:
    response = save(client, kept, {"header": "300", f"n-{KEY}": "new"}, "read")
    assert response.status_code == 422
    shown = form_fields(response.content.decode())
    assert (shown["header"], shown[f"n-{KEY}"]) == (["300"], ["new"])
    kept.refresh_from_db()
    assert (kept.state, kept.decisions, kept.version) == ("preview", {}, 1)
    assert page(client, kept).context["preview"]["created"] == 1


def test_a_rule_that_the_file_states_counts_once_it_is_ticked(
    client: Client, tmp_path: Path
) -> None:
    stated = "省科技厅、省教育厅（列第一位者为牵头单位，下同）"
    headers = ("序号", "重点工作", "责任单位", "完成时限")
    rows = [("1", "甲事。", stated, "2020年"), ("2", "乙事。", "省教育厅、省科技厅", "2020年")]
    other = make_plan("rules")
    kept = upload(client, other, book(tmp_path / "规则.xlsx", rows, headers=headers))
    [rule] = page(client, kept).context["preview"]["rules"]
    assert (rule["label"], rule["in_force"]) == ("列第一位者为牵头单位", False)
    assert "列第一位者为牵头单位，下同" in rule["quote"]
    save(client, kept, {"rule": rule["code"]}, "read")
    confirmed(client, kept)
    leads = Assignment.objects.filter(task__plan=other, task__number="2", role="lead")
    assert list(leads.values_list("name", flat=True)) == ["省教育厅"]
    assert "列第一位者为牵头单位，下同" in other.row_rules.get().quote


# Around it


def test_what_is_typed_is_seen_before_it_is_imported(client: Client, kept: TableImport) -> None:
    seen = page(client, kept).context["preview"]["digest"]
    response = save(client, kept, {f"n-{KEY}": "new", "seen": seen}, "confirm")
    assert response.status_code == 302
    again = page(client, kept)
    assert "还没有导入" in again.content.decode()
    assert not Task.objects.filter(number="7").exists()
    save(client, kept, {}, "confirm")
    assert Task.objects.filter(number="7").exists()


def test_of_two_people_the_second_is_told_and_sees_both(client: Client, kept: TableImport) -> None:
    other = supervisor()
    theirs, mine = fields(other, kept), fields(client, kept)
    save(other, kept, {**theirs, f"n-{KEY}": "new"})
    response = client.post(address(kept), {**mine, f"n-{KEY}": "collective", "action": "save"})
    assert response.status_code == 409
    html = response.content.decode()
    assert "某人刚才也保存了核对" in html
    assert f"对方保存的是：新单位“{NAME}”" in html
    assert form_fields(html)[f"n-{KEY}"] == ["collective"]
    kept.refresh_from_db()
    assert kept.answers["agencies"] == {NAME: ["new", NAME]}
    # seen, it may be saved all the same
    client.post(address(kept), {**form_fields(html), "action": "save"})
    kept.refresh_from_db()
    assert kept.answers["agencies"] == {NAME: ["collective", ""]}


def test_answers_hold_when_the_plan_changes_meanwhile(
    client: Client, plan: Plan, kept: TableImport, tmp_path: Path
) -> None:
    save(client, kept, {f"n-{KEY}": "new", f"kind-{ROW}": "ongoing"})
    rows = [("1", "别人改过的。", "省科技厅", "持续推进"), *ROWS[1:]]
    bring_in(plan, book(tmp_path / "别人.xlsx", rows))
    shown = page(client, kept).context
    assert shown["preview"]["updated"] == 2
    # what is asked now is whether the row that somebody rewrote is still the same one
    assert (shown["page"].answered, shown["page"].open_questions) == (2, 1)
    confirmed(client, kept)
    assert Task.objects.get(number="7").due_kind == "ongoing"


def test_what_no_page_ever_sends_changes_nothing(client: Client, kept: TableImport) -> None:
    odd = {
        "row": ["9" * 5_000, "-1", "x", "123456"],
        "missing": "99",
        "end": "99",
        "rule": "nonsense",
        "sheet": "\u202e",
        "action": "explode",
    }
    response = client.post(address(kept), {**fields(client, kept), **odd})
    assert response.status_code in {302, 422}
    kept.refresh_from_db()
    assert (kept.state, kept.answers) == ("preview", {})


def test_saving_nothing_new_says_so(client: Client, kept: TableImport) -> None:
    response = client.post(address(kept), {**fields(client, kept), "action": "save"}, follow=True)
    assert "没有新的改动" in response.content.decode()
    kept.refresh_from_db()
    assert kept.version == 1
