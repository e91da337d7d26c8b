"""Accounts and roles: who makes, changes and ends them, and who may look."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.access import rights_of
from apps.accounts.models import Line, Membership, User
from apps.accounts.services.memberships import Grant, membership_grant
from apps.accounts.services.users import NewAccount, accounts_open, duty_set, user_change
from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.common.actor import COMMAND_LINE
from apps.common.errors import NotAllowed, Refused
from apps.ops.models import Installation
from apps.plans.models import Plan
from tests.accounts.pages import act, client_of, security_admin, system_admin
from tests.builders import TODAY, make_agency, make_line, make_member, make_plan, make_user

pytestmark = pytest.mark.django_db
LIST, NEW, LINES = "/people/", "/people/new/", "/people/lines/"


@pytest.fixture(autouse=True)
def _sample_day() -> None:
    """The pages live on the same day as the builders."""
    Installation.objects.create(pk=1, sample=True, business_date=TODAY)


def grant_data(unit: Any, role: str, **more: Any) -> dict[str, Any]:
    return {"grant-agency": unit.pk, "grant-role": role, **more}


# accounts


def test_a_new_account_gets_a_temporary_password_and_no_role() -> None:
    answer = client_of(system_admin()).post(NEW, {"username": "li.ming", "name": "李明"})
    found = re.search(r'id="once">([^<]+)<', answer.content.decode())
    user = User.objects.get(username="li.ming")
    assert found
    assert user.check_password(found[1])
    assert user.must_change_password
    assert (user.duty, user.digest, user.memberships.count()) == ("", False, 0)
    assert Entry.objects.get(action="建立用户").changes == {"用户名": [None, "li.ming"]}
    assert found[1] not in repr(list(Entry.objects.values()))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"username": "TAKEN", "name": "某"}, "已有人在用"),
        ({"username": "a b", "name": "某"}, "中间不能有空格"),
        ({"username": "x" * 41, "name": "某"}, "太长"),
        ({"username": "fine", "name": ""}, "请填写“姓名”"),
        ({"username": "fine", "name": "某", "email": "nowhere"}, "不是电子邮箱地址"),
    ],
)
def test_a_wrong_account_is_refused_in_chinese(data: dict[str, str], said: str) -> None:
    make_user("taken")
    answer = client_of(system_admin()).post(NEW, data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not User.objects.filter(username="fine").exists()


def test_only_the_system_administrator_makes_accounts() -> None:
    unit = make_agency()
    for user, status in (
        (security_admin(), 403),
        (make_member(unit, "unit_admin"), 403),
        (make_user(duty="audit"), 404),
        (make_member(unit, "supervisor", lines=[make_line()]), 404),
    ):
        answer = client_of(user).post(NEW, {"username": "fine", "name": "某"})
        assert answer.status_code == status
        with pytest.raises(NotAllowed):
            accounts_open(actor=user, today=TODAY, accounts=[NewAccount("fine", "某")])
    assert not User.objects.filter(username="fine").exists()
    assert Entry.objects.filter(result="refused", action="建立用户").count() == 2


def test_a_person_opens_no_account_with_a_duty() -> None:
    account = NewAccount("second", "某", duty="system")
    with pytest.raises(NotAllowed, match="安全管理员授予"):
        accounts_open(actor=system_admin(), today=TODAY, accounts=[account])


def test_the_system_administrator_changes_name_and_address_and_switches_off() -> None:
    admin, person = system_admin(), make_member(make_agency(), "reporter")
    session = client_of(person)
    act(admin, person, "particulars", name="新名", email="a@b.cn")
    person.refresh_from_db()
    assert (person.name, person.email, person.is_active) == ("新名", "a@b.cn", False)
    assert Entry.objects.get(action="修改用户").changes == {
        "姓名": ["某人", "新名"],
        "电子邮箱": ["", "a@b.cn"],
        "启用": ["是", "否"],
    }
    assert session.get("/").headers["Location"].startswith("/accounts/login/")


def test_a_units_administrator_sets_addresses_of_its_own_people_only() -> None:
    ours, theirs = make_agency("省科技厅"), make_agency("省教育厅")
    admin, mine = make_member(ours, "unit_admin"), make_member(ours, "reporter")
    stranger = make_member(theirs, "reporter")
    act(admin, mine, "particulars", email="a@b.cn", digest="on", name="冒名", is_active="")
    mine.refresh_from_db()
    assert (mine.email, mine.digest, mine.name, mine.is_active) == ("a@b.cn", True, "某人", True)
    assert act(admin, stranger, "particulars", email="a@b.cn").status_code == 404
    for wanted in ({"name": "冒名"}, {"is_active": False}):
        with pytest.raises(NotAllowed):
            user_change(actor=admin, today=TODAY, user=mine, wanted=wanted)
    with pytest.raises(NotAllowed):
        user_change(actor=admin, today=TODAY, user=stranger, wanted={"email": ""})


def test_everybody_sets_ones_own_address_and_nothing_else() -> None:
    user = make_user("zhang")
    client = client_of(user)
    page = client.get("/people/me/").content.decode()
    assert "checked" not in page
    client.post("/people/me/", {"email": "z@b.cn", "digest": "on", "name": "冒名", "duty": "audit"})
    user.refresh_from_db()
    assert (user.email, user.digest, user.name, user.duty) == ("z@b.cn", True, "某人", "")
    assert client.post("/people/me/", {"email": "nowhere"}).status_code == 422


# the list


def test_administrators_see_everybody_and_units_see_their_own() -> None:
    ours, theirs = make_agency("省科技厅"), make_agency("省教育厅")
    make_member(ours, "reporter", username="ours_tb")
    past = make_member(ours, "reporter", username="ours_past")
    past.memberships.update(ends_on=TODAY - timedelta(days=1))
    both = make_member(theirs, "reporter", username="both_tb")
    Membership.objects.create(user=both, agency=ours, role="approver")
    make_member(theirs, "reporter", username="theirs_tb")
    everybody = client_of(system_admin()).get(LIST).content.decode()
    for name in ("ours_tb", "ours_past", "both_tb", "theirs_tb"):
        assert name in everybody
    local = client_of(make_member(ours, "unit_admin", username="ours_gl")).get(LIST)
    page = local.content.decode()
    assert "theirs_tb" not in page
    assert "省教育厅" not in page
    assert "共 4 人" in page


def test_a_filter_tells_a_unit_nothing_of_roles_elsewhere() -> None:
    ours, theirs = make_agency("省科技厅"), make_agency("省教育厅")
    both = make_member(ours, "reporter", username="both_tb")
    Membership.objects.create(
        user=both, agency=theirs, role="approver", ends_on=TODAY + timedelta(days=1)
    )
    local = client_of(make_member(ours, "unit_admin", username="ours_gl"))
    for query, found in (("role=approver", False), ("state=ending", False), ("state=on", True)):
        assert ("both_tb" in local.get(f"{LIST}?{query}").content.decode()) == found, query
        assert "both_tb" in client_of(system_admin()).get(f"{LIST}?{query}").content.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=省", set()),
        ("q=kjt", {"kjt_tb", "kjt_sq", "kjt_off"}),
        ("role=approver", {"kjt_sq"}),
        ("state=off", {"kjt_off"}),
        ("state=ending", {"kjt_sq"}),
        ("state=none", {"idle"}),
        ("duty=system", {"boss"}),
        ("unit=999999", {"kjt_tb", "kjt_sq", "kjt_off", "idle", "boss"}),
    ],
)
def test_the_list_is_narrowed(query: str, names: set[str]) -> None:
    unit = make_agency("省科技厅")
    make_member(unit, "reporter", username="kjt_tb")
    make_member(unit, "approver", username="kjt_sq").memberships.update(
        ends_on=TODAY + timedelta(days=30)
    )
    User.objects.filter(pk=make_member(unit, "reporter", username="kjt_off").pk).update(
        is_active=False
    )
    make_user("idle")
    page = client_of(make_user("boss", duty="system")).get(f"{LIST}?{query}").content.decode()
    found = set(re.findall(r'mono">(\w+)</td>', page))
    assert found == names
    assert f"共 {len(names)} 人" in page


def test_the_number_of_queries_does_not_grow_with_the_people() -> None:
    admin, unit, line = client_of(security_admin()), make_agency(), make_line()
    person = make_member(unit, "supervisor", lines=[line])
    Membership.objects.create(user=person, agency=unit, role="approver", ends_on=TODAY)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(address).status_code == 200
        return len(captured)

    detail = reverse("people:detail", args=[person.pk])
    queries(LIST)
    queries(detail)
    before = queries(LIST), queries(detail), queries("/")
    for _ in range(6):
        other = make_agency()
        make_member(other, "leader", lines=[line])
        Membership.objects.create(user=person, agency=other, role="approver", ends_on=TODAY)
    assert (queries(LIST), queries(detail), queries("/")) == before


# roles


def test_the_security_administrator_gives_a_role_with_its_terms() -> None:
    unit, line, person = make_agency("省发展改革委"), make_line("a"), make_user()
    data = {"grant-lines": [line.pk], "grant-ends_on": "2021年12月31日"}
    act(security_admin(), person, "grant", **grant_data(unit, "supervisor", **data))
    held = person.memberships.get()
    assert (held.role, list(held.lines.all()), held.ends_on) == (
        "supervisor", [line], date(2021, 12, 31)
    )  # fmt: skip
    entry = Entry.objects.get(action="授予身份")
    assert entry.changes == {
        "身份": [None, "省发展改革委 督查员"],
        "条线": [None, "条线a"],
        "截止日期": [None, "2021-12-31"],
    }
    assert entry.about_agency_id == str(unit.pk)


@pytest.mark.parametrize(
    ("role", "more", "said"),
    [
        ("supervisor", {}, "督查员须选至少一条条线"),
        ("reporter", {"grant-lines": "line"}, "填报员不分条线"),
        ("reporter", {"grant-ends_on": "2020-10-11"}, "已经过去"),
        ("reporter", {"grant-ends_on": "明年"}, "不是日期"),
        ("approver", {"grant-step": "2"}, "只有 1 个环节"),
        ("chief", {}, "请从列表里选"),
    ],
)
def test_a_wrong_role_is_refused_in_chinese(role: str, more: dict[str, Any], said: str) -> None:
    person, line = make_user(), make_line()
    more = {name: line.pk if value == "line" else value for name, value in more.items()}
    data = grant_data(make_agency(), role, **more)
    answer = act(security_admin(), person, "grant", **data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not person.memberships.exists()


def test_an_administrator_and_a_collective_name_get_no_role() -> None:
    security, unit = security_admin(), make_agency("各区政府", collective=True)
    for user, agency, said in (
        (system_admin(), make_agency(), "不能兼任业务身份"),
        (make_user(is_active=False), make_agency(), "已停用"),
        (make_user(), unit, "集合名称"),
    ):
        with pytest.raises(Refused, match=said):
            membership_grant(
                actor=security, today=TODAY, user=user, grant=Grant(agency, "reporter")
            )


def test_nobody_else_gives_or_ends_roles() -> None:
    unit = make_agency()
    person = make_member(unit, "reporter")
    held = person.memberships.get()
    for user in (system_admin(), make_member(unit, "unit_admin")):
        answer = act(user, person, "grant", **grant_data(unit, "approver"))
        assert answer.status_code == 403
        assert act(user, person, "end", membership=held.pk).status_code == 403
        seen = {f"m{held.pk}-ends_on": "2030-01-01", f"m{held.pk}-seen": ""}
        assert act(user, person, "terms", membership=held.pk, **seen).status_code == 403
    held.refresh_from_db()
    assert (held.ends_on, person.memberships.count()) == (None, 1)
    assert Entry.objects.filter(result="refused").count() == 6


def test_a_role_that_ended_comes_into_force_again() -> None:
    unit = make_agency()
    person = make_member(unit, "reporter")
    person.memberships.update(ends_on=TODAY - timedelta(days=9))
    act(security_admin(), person, "grant", **grant_data(unit, "reporter"))
    assert person.memberships.get().ends_on is None
    again = act(security_admin(), person, "grant", **grant_data(unit, "reporter"))
    assert "不用再授予" in again.content.decode()


def test_an_ended_role_gives_no_rights_from_that_moment() -> None:
    unit = make_agency()
    person = make_member(unit, "reporter")
    act(security_admin(), person, "end", membership=person.memberships.get().pk)
    assert rights_of(User.objects.get(pk=person.pk), TODAY).agency_ids == frozenset()
    entry = Entry.objects.get(action="收回身份")
    assert entry.changes["截止日期"] == [None, "2020-10-11"]
    assert breaks() == []


def test_terms_are_changed_from_what_was_seen() -> None:
    person = make_member(make_agency(), "reporter")
    held = person.memberships.get()
    data = {f"m{held.pk}-ends_on": "2020-12-31", f"m{held.pk}-seen": ""}
    assert act(security_admin(), person, "terms", membership=held.pk, **data).status_code == 302
    assert Entry.objects.get(action="改动身份").changes == {"截止日期": [None, "2020-12-31"]}
    stale = act(security_admin(), person, "terms", membership=held.pk, **data)
    assert "刚被别人改过" in stale.content.decode()
    stranger = make_member(make_agency(), "reporter").memberships.get()
    assert act(security_admin(), person, "end", membership=stranger.pk).status_code == 404


def test_the_page_offers_the_form_of_the_role_that_was_chosen() -> None:
    person = make_member(make_agency(), "leader", lines=[make_line()])
    address = reverse("people:detail", args=[person.pk])
    page = client_of(security_admin()).get(f"{address}?role={person.memberships.get().pk}")
    assert "保存改动" in page.content.decode()
    for odd in ("x", "0", "999999999999999999999"):
        assert client_of(security_admin()).get(f"{address}?role={odd}").status_code == 200


# duties


def test_the_security_administrator_gives_and_takes_a_duty() -> None:
    security, person = security_admin(), make_user()
    assert act(security, person, "duty", duty="audit").status_code == 302
    person.refresh_from_db()
    assert person.duty == "audit"
    assert Entry.objects.get(action="授予管理职责").changes == {"管理职责": ["无", "审计管理员"]}
    make_user(duty="audit")
    assert act(security, person, "duty", duty="").status_code == 302


def test_a_duty_is_refused_where_it_would_mix_or_leave_nobody() -> None:
    security, system = security_admin(), system_admin()
    past = make_member(make_agency(), "reporter")
    past.memberships.update(ends_on=date(2019, 1, 1))
    for actor, person, duty, said in (
        (security, security, "", "自己的管理职责"),
        (system, make_user(), "audit", "只有安全管理员"),
        (make_user(), make_user(), "system", "只有安全管理员"),
        (security, past, "audit", "另建一个账号"),
        (security, make_user(is_active=False), "audit", "已停用"),
        (security, make_user(), "both", "没有这一项"),
        (security, system, "", "唯一在用的系统管理员"),
    ):
        with pytest.raises(Refused, match=said):
            duty_set(actor=actor, today=TODAY, user=person, duty=duty)


def test_the_last_administrator_of_a_kind_is_not_switched_off() -> None:
    admin, security = system_admin(), security_admin()
    answer = act(admin, security, "particulars", name="安全员")
    assert answer.status_code == 422
    assert "唯一在用的安全管理员" in answer.content.decode()
    with pytest.raises(NotAllowed):
        user_change(actor=admin, today=TODAY, user=admin, wanted={"is_active": False})
    security_admin()
    assert act(admin, security, "particulars", name="安全员").status_code == 302


# lines


def test_lines_are_added_renamed_and_deleted_while_unused() -> None:
    client = client_of(security_admin())
    client.post(LINES, {"action": "add", "name": "数字经济"})
    line = Line.objects.get(name="数字经济")
    client.post(LINES, {"action": "rename", "line": line.pk, "name": "数字政府"})
    line.refresh_from_db()
    assert line.name == "数字政府"
    assert client.post(LINES, {"action": "add", "name": "数字政府"}).status_code == 422
    assert client.post(LINES, {"action": "add", "name": ""}).status_code == 422
    assert client.post(LINES, {"action": "delete", "line": "x"}).status_code == 404
    client.post(LINES, {"action": "delete", "line": line.pk})
    assert not Line.objects.filter(pk=line.pk).exists()
    actions = Entry.objects.filter(object_type="line").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["建立条线", "改名条线", "删除条线"]


def test_a_line_that_is_or_was_in_use_stays() -> None:
    client, planned, held = client_of(security_admin()), make_line("a"), make_line("b")
    make_plan(line=planned)
    assert Plan.objects.get().line == planned
    make_member(make_agency(), "leader", lines=[held])
    for line, said in ((planned, "下有任务来源"), (held, "有人担任过身份")):
        answer = client.post(LINES, {"action": "delete", "line": line.pk})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert Line.objects.count() == 2
    assert not Entry.objects.filter(action="删除条线").exists()


def test_two_accounts_of_one_name_are_not_opened_at_once() -> None:
    twice = [NewAccount("li", "李"), NewAccount("LI", "李")]
    with pytest.raises(Refused, match="写了两次"):
        accounts_open(actor=COMMAND_LINE, today=TODAY, accounts=twice)
