"""消息: each person reads what concerns their units and roles, and nothing of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.audit.models import Entry
from apps.notices.models import Message, Reading
from apps.notices.selectors import inbox_head, messages_for, unread_count
from apps.notices.services import message_read, messages_read_all, tell
from apps.ops.models import Installation
from tests.builders import TODAY, make_agency, make_member, make_user

pytestmark = pytest.mark.django_db
REPORTER, APPROVER = Membership.Role.REPORTER, Membership.Role.APPROVER


def make_message(agency: Agency, subject: str, role: str = "", **fields: Any) -> Message:
    fields = {"key": f"k:{agency.pk}:{subject}", "path": "/tasks/", **fields}
    message = Message(agency=agency, subject=subject, role=role, business_date=TODAY, **fields)
    tell(messages=[message])
    return Message.objects.get(key=message.key)


def subjects(user: User, today: date = TODAY) -> list[str]:
    return [message.subject for message in messages_for(user, today)]


def come(user: User) -> Client:
    Installation.objects.get_or_create(
        pk=1, defaults={"body_name": "广东省", "sample": True, "business_date": TODAY}
    )
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


class TestWhoseItIs:
    def test_another_units_messages_are_never_there(self) -> None:
        mine, other = make_agency("省科技厅"), make_agency("省财政厅")
        make_message(mine, "我们的")
        make_message(other, "他们的")
        assert subjects(make_member(mine, REPORTER)) == ["我们的"]

    def test_a_message_for_a_role_is_for_who_has_it_in_that_unit(self) -> None:
        mine, other = make_agency("省科技厅"), make_agency("省财政厅")
        make_message(mine, "请填报", REPORTER)
        make_message(mine, "请审签", APPROVER)
        make_message(mine, "大家")
        user = make_member(mine, REPORTER)
        Membership.objects.create(user=user, agency=other, role=APPROVER)
        assert sorted(subjects(user)) == ["大家", "请填报"]

    def test_two_roles_in_a_unit_show_a_message_once(self) -> None:
        mine = make_agency("省科技厅")
        user = make_member(mine, REPORTER)
        Membership.objects.create(user=user, agency=mine, role=APPROVER)
        make_message(mine, "大家")
        assert (subjects(user), unread_count(user, TODAY)) == (["大家"], 1)

    def test_it_ends_the_day_after_the_membership(self) -> None:
        mine = make_agency("省科技厅")
        user = make_member(mine, REPORTER)
        Membership.objects.update(ends_on=TODAY)
        make_message(mine, "大家")
        assert subjects(user, TODAY) == ["大家"]
        assert subjects(user, TODAY + timedelta(days=1)) == []

    def test_an_administrator_has_none_and_costs_no_query(
        self, django_assert_num_queries: Any
    ) -> None:
        make_message(make_agency("省科技厅"), "大家")
        user = make_user(duty="system")
        with django_assert_num_queries(0):
            assert unread_count(user, TODAY) == 0

    def test_the_newest_comes_first(self) -> None:
        mine = make_agency("省科技厅")
        for subject in ("一", "二", "三"):
            make_message(mine, subject)
        assert subjects(make_member(mine, REPORTER)) == ["三", "二", "一"]

    def test_the_head_of_the_inbox_begins_with_what_is_unread(self) -> None:
        mine = make_agency("省科技厅")
        user = make_member(mine, REPORTER)
        first, second = make_message(mine, "一"), make_message(mine, "二")
        message_read(user=user, message=second)
        head = inbox_head(user, TODAY)
        assert head.unread == 1
        assert [(m.pk, vars(m)["is_read"]) for m in head.messages] == [
            (first.pk, False),
            (second.pk, True),
        ]


class TestReading:
    def test_opening_it_reads_it_once_and_goes_to_its_page(self) -> None:
        mine = make_agency("省科技厅")
        user, colleague = make_member(mine, REPORTER), make_member(mine, REPORTER)
        message = make_message(mine, "请填报", path="/tasks/?unit=1")
        log = Entry.objects.count()
        for _ in range(2):
            answer = come(user).get(reverse("inbox:open", args=[message.pk]))
            assert (answer.status_code, answer.headers["Location"]) == (302, "/tasks/?unit=1")
        assert Reading.objects.filter(user=user, message=message).count() == 1
        assert (unread_count(user, TODAY), unread_count(colleague, TODAY)) == (0, 1)
        assert Entry.objects.count() == log

    @pytest.mark.parametrize("whose", ["unit", "role", "ended"])
    def test_what_is_not_mine_cannot_be_opened(self, whose: str) -> None:
        mine = make_agency("省科技厅")
        user = make_member(mine, REPORTER)
        message = {
            "unit": lambda: make_message(make_agency("省财政厅"), "他们的"),
            "role": lambda: make_message(mine, "请审签", APPROVER),
            "ended": lambda: make_message(mine, "大家"),
        }[whose]()
        if whose == "ended":
            Membership.objects.update(ends_on=TODAY - timedelta(days=1))
        assert come(user).get(reverse("inbox:open", args=[message.pk])).status_code == 404
        assert Reading.objects.count() == 0

    def test_all_are_marked_but_not_what_came_meanwhile_or_is_not_mine(self) -> None:
        mine, other = make_agency("省科技厅"), make_agency("省财政厅")
        user, stranger = make_member(mine, REPORTER), make_member(other, REPORTER)
        theirs = make_message(other, "他们的")
        message_read(user=stranger, message=theirs)
        make_message(mine, "一")
        seen = make_message(mine, "二")
        make_message(mine, "三")
        before = list(Message.objects.order_by("pk").values())
        for _ in range(2):
            answer = come(user).post(reverse("inbox:read_all"), {"newest": str(seen.pk)})
            assert answer.headers["Location"] == reverse("inbox:list")
        assert Reading.objects.filter(user=user).count() == 2
        assert unread_count(user, TODAY) == 1
        assert list(Message.objects.order_by("pk").values()) == before

    @pytest.mark.parametrize("newest", ["", "x", "-1", "٣", "99999999999999999999999"])
    def test_a_wrong_number_marks_nothing_it_should_not(self, newest: str) -> None:
        mine = make_agency("省科技厅")
        user = make_member(mine, REPORTER)
        make_message(mine, "一")
        assert come(user).post(reverse("inbox:read_all"), {"newest": newest}).status_code == 302

    def test_marking_again_says_that_nothing_was_left(self) -> None:
        mine = make_agency("省科技厅")
        user, message = make_member(mine, REPORTER), make_message(mine, "一")
        assert messages_read_all(user=user, today=TODAY, newest=message.pk) == 1
        assert messages_read_all(user=user, today=TODAY, newest=message.pk) == 0


class TestThePage:
    def test_it_lists_counts_and_filters(self) -> None:
        mine = make_agency("省科技厅")
        user = make_member(mine, REPORTER)
        message_read(user=user, message=make_message(mine, "已看的"))
        make_message(mine, "没看的", body="退回理由：<b>缺数</b>")
        page = come(user).get(reverse("inbox:list")).content.decode()
        assert "已看的" in page
        assert "没看的" in page
        assert "&lt;b&gt;缺数" in page
        assert "共 2 条" in page
        page = come(user).get(reverse("inbox:list"), {"show": "unread"}).content.decode()
        assert "已看的" not in page
        assert "没看的" in page

    def test_it_is_paged_by_fifty(self) -> None:
        mine = make_agency("省科技厅")
        user = make_member(mine, REPORTER)
        for number in range(51):
            make_message(mine, f"消息{number}。")
        first = come(user).get(reverse("inbox:list"))
        assert len(first.context["page"]) == 50
        second = come(user).get(reverse("inbox:list"), {"page": "2"}).content.decode()
        assert "消息0。" in second
        assert "消息1。" not in second

    def test_an_empty_one_says_what_comes(self) -> None:
        for user in (make_user(duty="audit"), make_user(), make_member(make_agency(), REPORTER)):
            page = come(user).get(reverse("inbox:list")).content.decode()
            assert "还没有消息" in page
            assert "全部标为已读" not in page

    def test_the_head_of_every_page_counts_the_unread(self) -> None:
        mine = make_agency("省科技厅")
        user = make_member(mine, REPORTER)
        client = come(user)
        assert "条未读" not in client.get("/tasks/").content.decode()
        make_message(mine, "一")
        make_message(mine, "二")
        assert '<b class="num">2</b><span class="visually-hidden">条未读' in (
            client.get("/tasks/").content.decode()
        )

    def test_more_messages_cost_no_more_queries(self) -> None:
        mine, other = make_agency("省科技厅"), make_agency("省财政厅")
        user = make_member(mine, REPORTER)
        Membership.objects.create(user=user, agency=other, role=REPORTER)
        client = come(user)
        make_message(mine, "一")
        make_message(other, "二")
        client.get(reverse("inbox:list"))
        few = queries(lambda: client.get(reverse("inbox:list")))
        for number in range(40):
            make_message(mine, f"三{number}")
            make_message(other, f"四{number}")
        assert queries(lambda: client.get(reverse("inbox:list"))) == few
        assert few <= 10


def queries(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as asked:
        act()
    return len(asked)
