"""人员交接: one act gives the successor what the leaving person had."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.access import rights_of
from apps.accounts.models import Membership, SignStep, User
from apps.agencies.models import Agency
from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.common.errors import NotAllowed, Refused
from apps.ops.models import Installation
from apps.tasks.models import Draft
from apps.tasks.services.handover import LONGEST, Handover, hand_over
from tests.accounts.pages import client_of, security_admin, system_admin
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_line,
    make_member,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day() -> None:
    Installation.objects.create(pk=1, sample=True, business_date=TODAY)


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


def passed(actor: Any, leaving: User, successor: User, **more: Any) -> Any:
    wanted = Handover(leaving, successor, **{"day": TODAY, **more})
    return hand_over(actor=actor, handover=wanted, today=TODAY)


def draft(user: User, unit: Agency, duty: Any = None) -> Draft:
    duty = duty or make_duty(make_task(leads=[unit]), unit)
    return Draft.objects.create(
        duty=duty, user=user, fields={"text": user.username}, saved_at=timezone.now()
    )


def roles(user: User) -> dict[tuple[str, str], date | None]:
    return {(m.agency.name, m.role): m.ends_on for m in user.memberships.select_related("agency")}


def test_roles_lines_steps_and_days_go_to_the_successor(unit: Agency) -> None:
    line, other = make_line("a"), make_line("b")
    for place in (1, 2):
        SignStep.objects.create(agency=unit, position=place, post=f"岗{place}")
    leaving, successor = make_member(unit, "supervisor", lines=[line]), make_user("xin")
    day = date(2021, 6, 30)
    Membership.objects.create(user=leaving, agency=unit, role="approver", step=2, ends_on=day)
    Membership.objects.create(
        user=leaving, agency=unit, role="reporter", ends_on=TODAY - timedelta(days=1)
    )
    held = Membership.objects.create(user=successor, agency=unit, role="supervisor", ends_on=day)
    held.lines.set([other])
    until = TODAY + timedelta(days=10)
    done = passed(security_admin(), leaving, successor, day=until)
    assert (done.roles, done.drafts, done.kept) == (2, 0, 0)
    assert roles(successor) == {
        ("省科技厅", "supervisor"): None,
        ("省科技厅", "approver"): day,
    }
    assert set(successor.memberships.get(role="supervisor").lines.all()) == {line, other}
    assert successor.memberships.get(role="approver").step == 2
    assert roles(leaving) == {
        ("省科技厅", "supervisor"): until,
        ("省科技厅", "approver"): until,
        ("省科技厅", "reporter"): TODAY - timedelta(days=1),
    }
    assert rights_of(User.objects.get(pk=leaving.pk), until).agency_ids
    assert not rights_of(User.objects.get(pk=leaving.pk), until + timedelta(days=1)).agency_ids
    logged = set(Entry.objects.values_list("action", "object_id"))
    assert logged == {("接手身份", str(successor.pk)), ("交出身份", str(leaving.pk))}
    assert Entry.objects.count() == 4
    assert breaks() == []


def test_drafts_go_along_and_the_successors_own_win(unit: Agency) -> None:
    leaving, successor = make_member(unit, "reporter"), make_member(unit, "reporter")
    moved, both = draft(leaving, unit), draft(leaving, unit)
    own = draft(successor, unit, both.duty)
    done = passed(security_admin(), leaving, successor)
    assert (done.drafts, done.kept) == (1, 1)
    found = {d.pk: (d.user, d.fields["text"]) for d in Draft.objects.all()}
    assert found == {
        moved.pk: (successor, leaving.username),
        both.pk: (leaving, leaving.username),
        own.pk: (successor, successor.username),
    }
    assert {e.object_id for e in Entry.objects.filter(action__contains="草稿")} == {
        str(leaving.pk), str(successor.pk)
    }  # fmt: skip


def test_what_was_begun_for_another_unit_stays(unit: Agency) -> None:
    past = make_agency("省教育厅")
    leaving, successor = make_member(unit, "reporter"), make_member(unit, "reporter")
    draft(leaving, unit)
    elsewhere = draft(leaving, past)
    done = passed(make_member(unit, "unit_admin"), leaving, successor)
    assert (done.drafts, done.kept) == (1, 0)
    elsewhere.refresh_from_db()
    assert elsewhere.user == leaving


def test_an_account_is_switched_off_on_the_day_itself_only(unit: Agency) -> None:
    leaving, successor = make_member(unit, "reporter"), make_user()
    later = TODAY + timedelta(days=1)
    with pytest.raises(Refused, match="停用账号时交接日期须是今天"):
        passed(security_admin(), leaving, successor, day=later, switch_off=True)
    session = client_of(leaving)
    passed(security_admin(), leaving, successor, switch_off=True)
    leaving.refresh_from_db()
    assert not leaving.is_active
    assert session.get("/").headers["Location"].startswith("/accounts/login/")


def test_what_makes_no_sense_is_refused(unit: Agency) -> None:
    leaving, idle = make_member(unit, "reporter"), make_user()
    for one, other, more, said in (
        (leaving, leaving, {}, "不能交接给本人"),
        (leaving, system_admin(), {}, "不能交接"),
        (system_admin(), idle, {}, "不能交接"),
        (idle, leaving, {}, "没有在用的身份"),
        (leaving, make_user(is_active=False), {}, "已停用"),
        (leaving, idle, {"day": TODAY - timedelta(days=1)}, "不能早于今天"),
        # else both would hold the role for good, and nobody gave it
        (leaving, idle, {"day": TODAY + LONGEST + timedelta(days=1)}, "最晚在 31 天以内"),
    ):
        with pytest.raises(Refused, match=said):
            passed(security_admin(), one, other, **more)
    assert roles(leaving) == {("省科技厅", "reporter"): None}
    assert Entry.objects.count() == 0


def test_a_units_administrator_stays_inside_the_unit(unit: Agency) -> None:
    outside = make_agency("省教育厅")
    admin = make_member(unit, "unit_admin")
    leaving, colleague = make_member(unit, "reporter"), make_member(unit, "approver")
    both = make_member(unit, "reporter")
    Membership.objects.create(user=both, agency=outside, role="reporter")
    for one, other in (
        (both, colleague),
        (leaving, both),
        (leaving, make_member(outside, "reporter")),
        (make_member(outside, "reporter"), colleague),
        (leaving, make_user()),
        (leaving, admin),
        (admin, colleague),
    ):
        with pytest.raises(NotAllowed):
            passed(admin, one, other)
    for stranger in (make_member(unit, "reporter"), system_admin(), make_user(duty="audit")):
        with pytest.raises(NotAllowed):
            passed(stranger, leaving, colleague)
    passed(admin, leaving, colleague)
    assert roles(colleague) == {("省科技厅", "approver"): None, ("省科技厅", "reporter"): None}


def test_the_page_does_it_and_says_what_was_done(unit: Agency) -> None:
    leaving, successor = make_member(unit, "reporter"), make_member(unit, "approver")
    stranger = make_member(make_agency("省教育厅"), "reporter")
    draft(leaving, unit)
    address = reverse("people:handover", args=[leaving.pk])
    client = client_of(make_member(unit, "unit_admin"))
    page = client.get(address).content.decode()
    assert "1 项身份，1 份草稿" in page
    assert f"（{successor.username}）" in page
    assert f"（{stranger.username}）" not in page
    for data, said in (
        ({"successor": stranger.pk, "day": "2020-10-12"}, "“接手人”请从列表里选"),
        ({"successor": successor.pk, "day": "2020-10-11"}, "不能早于今天"),
        ({"successor": successor.pk, "day": ""}, "请填写“交出日期”"),
    ):
        answer = client.post(address, data)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    answer = client.post(address, {"successor": successor.pk, "day": "2020-10-12"}, follow=True)
    assert "1 项身份、1 份草稿由某人接手" in answer.content.decode()
    assert Draft.objects.get().user == successor


def test_the_page_is_closed_to_others(unit: Agency) -> None:
    leaving = make_member(unit, "reporter")
    address = reverse("people:handover", args=[leaving.pk])
    found = [
        client_of(user).post(address, {}).status_code
        for user in (
            system_admin(), make_user(duty="audit"), leaving,
            make_member(make_agency("省教育厅"), "unit_admin"),
        )
    ]  # fmt: skip
    assert found == [403, 404, 404, 404]
    assert Entry.objects.filter(result="refused", action="人员交接").count() == 1


def test_the_number_of_queries_does_not_grow_with_the_drafts(unit: Agency) -> None:
    def queries(many: int) -> int:
        leaving, successor = make_member(unit, "reporter"), make_user()
        for _ in range(many):
            draft(leaving, unit)
        with CaptureQueriesContext(connection) as captured:
            passed(security_admin(), leaving, successor)
        return len(captured)

    assert queries(1) == queries(8)
