"""单位: registering, changing, telephones, and names that were imported before."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import Line, User
from apps.agencies.models import Agency, Alias, Contact
from apps.audit.models import Entry
from apps.common.errors import Conflict, NotAllowed
from apps.ops.models import Installation
from apps.tasks.access import scope_of
from apps.tasks.models import Assignment, Task
from apps.tasks.selectors.matching import matches_of
from apps.tasks.services.matching import names_match
from tests.accounts.pages import client_of, security_admin, system_admin
from tests.builders import (
    TODAY,
    make_agency,
    make_line,
    make_member,
    make_plan,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db
NEW = "/agencies/new/"
FACTS = {
    "name": "省科技厅",
    "full_name": "广东省科学技术厅",
    "level": "省",
    "region": "广东省",
    "affiliation": "government",
    "rank": "3",
}


@pytest.fixture(autouse=True)
def _day() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


def supervisor(line: Line | None = None) -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[line or make_line()])


def rows(prefix: str, *given: dict[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": 0}
    for place, row in enumerate(given):
        data |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return data


def post(user: User, address: str, data: dict[str, Any]) -> Any:
    """As from the page, with what it says was seen."""
    client = client_of(user)
    page = client.get(address).content.decode()
    seen = re.search(r'name="seen" value="(\w*)"', page)
    return client.post(address, {"seen": seen[1] if seen else "", **data})


@pytest.mark.parametrize("who", [supervisor, system_admin])
def test_a_unit_is_registered_with_its_other_names(who: Any) -> None:
    alias = {"name": "省科学技术厅", "basis": "粤发〔2018〕1号"}
    answer = post(who(), NEW, {**FACTS, **rows("alias", alias, {"name": "", "basis": ""})})
    unit = Agency.objects.get(name="省科技厅")
    assert answer.headers["Location"] == reverse("agencies:detail", args=[unit.pk])
    assert (unit.rank, unit.full_name_sourced, unit.collective) == (3, False, False)
    assert list(unit.aliases.values_list("name", "basis")) == [(alias["name"], alias["basis"])]
    assert Entry.objects.filter(action="建立单位", object_id=str(unit.pk)).exists()


@pytest.mark.parametrize(
    ("changed", "alias", "said"),
    [
        ({"name": ""}, {}, "请填写“简称”"),
        ({"level": "乡"}, {}, "“级别”请从列表里选"),
        ({"rank": "-1"}, {}, "不能小于 0"),
        ({"name": "省教育厅"}, {}, "已经是广东省“省教育厅”的名称"),
        ({}, {"name": "教育厅", "basis": "来文"}, "已经是广东省“省教育厅”的名称"),
        ({}, {"name": "科技厅", "basis": ""}, "请写明依据"),
    ],
)
def test_a_wrong_unit_is_refused_in_chinese(
    changed: dict[str, str], alias: dict[str, str], said: str
) -> None:
    Alias.objects.create(agency=make_agency("省教育厅"), name="教育厅", basis="旧文件")
    answer = post(supervisor(), NEW, {**FACTS, **changed, **rows("alias", alias)})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Agency.objects.filter(full_name="广东省科学技术厅").exists()


def test_the_same_short_name_in_another_region_is_another_unit() -> None:
    make_agency("省科技厅", region="湖南省")
    post(supervisor(), NEW, {**FACTS, **rows("alias")})
    assert Agency.objects.filter(name="省科技厅").count() == 2


def test_a_change_of_a_unit_is_logged_from_and_to() -> None:
    unit = make_agency("省科技厅", full_name="广东省科学技术厅", rank=3)
    Alias.objects.create(agency=unit, name="科技厅", basis="来文")
    address = reverse("agencies:edit", args=[unit.pk])
    changed = {
        **FACTS,
        "affiliation": "vertical",
        **rows("alias", {"name": "科学厅", "basis": "会议"}),
    }
    assert post(system_admin(), address, changed).status_code == 302
    entry = Entry.objects.get(action="修改单位")
    assert entry.changes == {
        "隶属": ["政府部门", "垂直管理"],
        "别名": ["科技厅（来文）", "科学厅（会议）"],
    }
    assert post(system_admin(), address, changed).status_code == 302
    assert Entry.objects.filter(action="修改单位").count() == 1


def test_who_keeps_no_register_changes_no_unit() -> None:
    unit = make_agency("省科技厅")
    edit = reverse("agencies:edit", args=[unit.pk])
    for user, status in (
        (make_member(unit, "reporter"), 403),
        (make_member(unit, "unit_admin"), 403),
        (make_member(unit, "leader", lines=[make_line()]), 403),
        (security_admin(), 403),
        (make_user(duty="audit"), 404),
        (make_user(), 404),
    ):
        for address in (NEW, edit):
            assert post(user, address, {**FACTS, **rows("alias")}).status_code == status
    unit.refresh_from_db()
    assert (unit.rank, Agency.objects.count()) == (0, 1)
    assert Entry.objects.filter(result="refused", action="修改单位").count() == 16


def test_contacts_are_replaced_as_a_list() -> None:
    unit = make_agency("省科技厅")
    Contact.objects.create(agency=unit, post="联络员A", name="旧人", telephone="020-1")
    address = reverse("agencies:contacts", args=[unit.pk])
    given = rows(
        "contact",
        {"post": "分管领导", "name": "张厅长", "telephone": "020-8316 转 8"},
        {"post": "联络员A", "name": "", "telephone": ""},
        {"post": "联络员B", "name": "李四", "telephone": "13800000000"},
    )
    for user in (
        make_member(unit, "reporter"), make_member(unit, "unit_admin"), supervisor()
    ):  # fmt: skip
        assert post(user, address, given).status_code == 302
    kept = list(unit.contacts.order_by("position").values_list("post", "name", "position"))
    assert kept == [("分管领导", "张厅长", 0), ("联络员B", "李四", 1)]
    entry = Entry.objects.get(action="更新联系人")
    assert entry.changes["联系人"][0] == "联络员A 旧人 020-1"
    wrong = post(
        supervisor(), address, rows("contact", {"post": "甲", "name": "乙", "telephone": "无"})
    )
    assert wrong.status_code == 422
    assert "不是电话号码" in wrong.content.decode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("contacts", rows("contact", {"post": "甲", "name": "乙", "telephone": "12345"})),
        ("edit", {**FACTS, **rows("alias")}),
    ],
)
def test_what_somebody_else_changed_is_not_undone_unseen(name: str, data: dict[str, Any]) -> None:
    unit, user = make_agency("省科技厅"), supervisor()
    address = reverse(f"agencies:{name}", args=[unit.pk])
    answer = client_of(user).post(address, {"seen": "stale", **data})
    assert answer.status_code == 422
    assert "刚被别人改过" in answer.content.decode()
    assert not Entry.objects.filter(object_id=str(unit.pk)).exists()
    assert post(user, address, data).status_code == 302
    assert Entry.objects.filter(object_id=str(unit.pk)).count() == 1


def test_other_units_and_administrators_set_no_contacts() -> None:
    unit, other = make_agency("省科技厅"), make_agency("省教育厅")
    make_task(leads=[unit, other])
    address = reverse("agencies:contacts", args=[unit.pk])
    given = rows("contact", {"post": "甲", "name": "乙", "telephone": "12345"})
    for user, status in (
        (make_member(unit, "approver"), 403),
        (make_member(other, "reporter"), 403),
        (make_member(other, "unit_admin"), 403),
        (system_admin(), 403),
        (make_member(make_agency("省档案局"), "reporter"), 404),
    ):
        assert post(user, address, given).status_code == status
    assert not Contact.objects.exists()


def test_people_of_a_unit_are_for_its_overseers_and_itself() -> None:
    unit, other = make_agency("省科技厅"), make_agency("省教育厅")
    make_task(leads=[unit, other])
    User.objects.filter(pk=make_member(unit, "reporter").pk).update(name="王填报")
    gone = make_member(unit, "approver")
    User.objects.filter(pk=gone.pk).update(name="李离任")
    gone.memberships.update(ends_on=TODAY - timedelta(days=1))
    address = reverse("agencies:detail", args=[unit.pk])
    seen = {}
    for who, user in (
        ("supervisor", supervisor()), ("itself", make_member(unit, "approver")),
        ("system", system_admin()), ("security", security_admin()),
        ("other", make_member(other, "reporter")),
    ):  # fmt: skip
        page = client_of(user).get(address).content.decode()
        seen[who] = "王填报" in page
        assert "李离任" not in page
    assert seen == {
        "supervisor": True, "itself": True, "system": True, "security": True, "other": False
    }  # fmt: skip


def test_buttons_are_for_those_who_may() -> None:
    unit = make_agency("省科技厅")
    make_task(leads=[unit])
    words = ("修改单位", "审签环节", f"/agencies/{unit.pk}/contacts/", "管理人员")
    found = {}
    for who, user in (
        ("supervisor", supervisor()), ("reporter", make_member(unit, "reporter")),
        ("own", make_member(unit, "unit_admin")), ("system", system_admin()),
    ):  # fmt: skip
        page = client_of(user).get(reverse("agencies:detail", args=[unit.pk])).content.decode()
        found[who] = [word in page for word in words]
    assert found == {
        "supervisor": [True, False, True, False],
        "reporter": [False, False, True, False],
        "own": [False, True, True, True],
        "system": [True, True, False, True],
    }


# names imported before


def unknown(name: str, *, role: str = "lead", **plan: Any) -> Assignment:
    task = make_task(make_plan(**plan), leads=[])
    return Assignment.objects.create(task=task, name=name, role=role, position=1)


def test_names_are_found_by_the_rule_of_an_import() -> None:
    unit = make_agency("省科技厅", full_name="广东省科学技术厅")
    nation = make_agency("科技部", region="全国", level="国家")
    Alias.objects.create(agency=unit, name="科技厅", basis="来文")
    for name in ("省科技厅", "广东省 科学技术厅", "科技厅", "省科技局", "科技部"):
        unknown(name)
    unknown("省科技厅", region="湖南省")
    unknown("省科技厅", line=make_line("other"))
    Assignment.objects.filter(name="省科技局").update(collective=True)
    scope = scope_of(supervisor(), TODAY)
    found = [a.name for a in matches_of(unit, scope).assignments]
    assert found == ["省科技厅", "广东省 科学技术厅", "科技厅"]
    assert [a.name for a in matches_of(nation, scope).assignments] == ["科技部"]
    shared = make_agency("省科委", full_name="科技厅")
    assert "科技厅" not in [a.name for a in matches_of(unit, scope).assignments]
    assert matches_of(shared, scope).assignments == []


def test_names_are_linked_after_a_preview_and_logged_row_by_row() -> None:
    unit = make_agency("省科技厅")
    led = unknown("省科技厅").task
    shared = unknown("省科技厅", role="support").task
    kept = unknown("省科技厅").task
    other = make_agency("省教育厅")
    Task.objects.filter(pk=kept.pk).update(consolidator=other, consolidator_basis="领导批示")
    user = supervisor()
    client, address = client_of(user), reverse("agencies:match", args=[unit.pk])
    detail = client.get(reverse("agencies:detail", args=[unit.pk])).content.decode()
    assert "对应已有名称（3 处）" in detail
    page = client.get(address).content.decode()
    assert "共 3 处，3 项任务" in page
    assert client.post(address, {"seen": "stale"}).status_code == 409
    assert Assignment.objects.filter(agency=unit).count() == 0
    seen = matches_of(unit, scope_of(user, TODAY)).digest
    assert client.post(address, {"seen": seen}).status_code == 302
    assert Assignment.objects.filter(agency=unit).count() == 3
    found = {task.pk: task.consolidator for task in Task.objects.all()}
    assert found == {led.pk: unit, shared.pk: None, kept.pk: other}
    entries = {e.object_id: e.changes for e in Entry.objects.filter(action="对应单位")}
    assert entries == {
        str(led.pk): {"“省科技厅”对应单位": [None, "省科技厅"], "汇总单位": [None, "省科技厅"]},
        str(shared.pk): {"“省科技厅”对应单位": [None, "省科技厅"]},
        str(kept.pk): {"“省科技厅”对应单位": [None, "省科技厅"]},
    }
    led.refresh_from_db()
    assert (led.marks_on, led.version) == (TODAY, 2)
    assert "没有要对应到这个单位的名称" in client.get(address).content.decode()
    assert client.post(address, {"seen": seen}).status_code == 409


def test_only_supervisors_link_and_only_in_their_plans() -> None:
    unit = make_agency("省科技厅")
    ours = unknown("省科技厅")
    theirs = unknown("省科技厅", line=make_line("other"))
    address = reverse("agencies:match", args=[unit.pk])
    for user in (make_member(unit, "unit_admin"), system_admin(), security_admin()):
        assert client_of(user).post(address, {"seen": ""}).status_code == 403
        with pytest.raises(NotAllowed):
            names_match(actor=user, scope=scope_of(user, TODAY), agency=unit, seen="", today=TODAY)
    user = supervisor()
    scope = scope_of(user, TODAY)
    seen = matches_of(unit, scope).digest
    assert names_match(actor=user, scope=scope, agency=unit, seen=seen, today=TODAY) == 1
    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert (ours.agency, theirs.agency) == (unit, None)
    with pytest.raises(Conflict):
        names_match(actor=user, scope=scope, agency=unit, seen=seen, today=TODAY)


def test_the_number_of_queries_does_not_grow_with_the_places() -> None:
    user, plan = supervisor(), make_plan()

    def queries(many: int) -> int:
        unit = make_agency()
        for _ in range(many):
            task = make_task(plan, leads=[])
            Assignment.objects.create(task=task, name=unit.name, role="lead", position=1)
        scope = scope_of(user, TODAY)
        seen = matches_of(unit, scope).digest
        with CaptureQueriesContext(connection) as captured:
            names_match(actor=user, scope=scope, agency=unit, seen=seen, today=TODAY)
        return len(captured)

    assert queries(2) == queries(9)
