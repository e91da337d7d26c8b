"""Mails: to whom, what they say, what a refusal leads to; digests once a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.notices.letters import last_morning, next_morning
from apps.notices.models import Delivery, Message
from apps.notices.selectors import mail_troubles
from apps.notices.services import tell
from apps.notices.services.mail import address_messages, send_deliveries
from tests.builders import TODAY, make_agency, make_member

pytestmark = pytest.mark.django_db
REPORTER, APPROVER = Membership.Role.REPORTER, Membership.Role.APPROVER
# ten in the morning in Shanghai
NOW = datetime(2020, 10, 12, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make_reader(agency: Agency, role: str = REPORTER, **fields: Any) -> User:
    user = make_member(agency, role)
    fields = {"email": f"{user.username}@gd.example", **fields}
    User.objects.filter(pk=user.pk).update(**fields)
    user.refresh_from_db()
    return user


def make_message(agency: Agency, subject: str = "请填报", role: str = "") -> Message:
    number = Message.objects.count()
    tell(
        messages=[
            Message(
                key=f"k{number}",
                agency=agency,
                role=role,
                subject=subject,
                body="第3、5项",
                path="/progress/2020Q3/",
                business_date=TODAY,
            )
        ]
    )
    return Message.objects.get(key=f"k{number}")


def run(now: datetime = NOW, today: date = TODAY) -> int:
    address_messages(now=now, today=today)
    return send_deliveries(now=now, today=today)


class Server(EmailBackend):
    """A mail server that answers as it is told, then takes everything."""

    answers: list[Exception] = []
    unreachable = False

    def open(self) -> bool | None:
        if Server.unreachable:
            raise ConnectionRefusedError(111, "refused")
        return True

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        if Server.answers:
            raise Server.answers.pop(0)
        return super().send_messages(messages)


@pytest.fixture
def server(settings: LazySettings) -> type[Server]:
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    Server.answers, Server.unreachable = [], False
    return Server


def refusal() -> Exception:
    return SMTPRecipientsRefused({"a@gd.example": (550, b"no such user")})


class TestToWhom:
    def test_each_person_of_the_unit_and_role_with_an_address_once(self) -> None:
        mine, other = make_agency("省科技厅"), make_agency("省财政厅")
        wanted = make_reader(mine)
        Membership.objects.create(user=wanted, agency=mine, role=APPROVER)
        make_reader(mine, APPROVER)
        make_reader(mine, email="")
        make_reader(mine, is_active=False)
        make_reader(other)
        gone = make_reader(mine)
        Membership.objects.filter(user=gone).update(ends_on=TODAY - timedelta(days=1))
        make_message(mine, role=REPORTER)
        assert run() == 1
        assert [letter.to for letter in mail.outbox] == [[wanted.email]]

    def test_a_message_without_role_goes_to_everybody_of_the_unit(self) -> None:
        mine = make_agency("省科技厅")
        people = {make_reader(mine).email, make_reader(mine, APPROVER).email}
        make_message(mine)
        assert run() == 2
        assert {letter.to[0] for letter in mail.outbox} == people

    def test_it_says_what_where_and_that_no_secrets_belong_here(self) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine, name="王五")
        make_message(mine, subject="2020年前三季度\n已开放填报")
        run()
        (letter,) = mail.outbox
        assert letter.subject == "【任务分工督办】2020年前三季度 已开放填报"
        for said in ("王五：", "第3、5项", "http://testserver/progress/2020Q3/", "非涉密"):
            assert said in letter.body

    def test_a_second_run_sends_nothing(self) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine)
        make_message(mine)
        assert [run(), run(), run(NOW + timedelta(days=1))] == [1, 0, 0]
        assert len(mail.outbox) == 1

    def test_who_comes_later_gets_no_old_mail(self) -> None:
        mine = make_agency("省科技厅")
        make_message(mine)
        run()
        make_reader(mine)
        assert run() == 0

    def test_who_left_before_it_was_sent_gets_none(self) -> None:
        mine = make_agency("省科技厅")
        user = make_reader(mine)
        make_message(mine)
        address_messages(now=NOW, today=TODAY)
        Membership.objects.filter(user=user).update(ends_on=TODAY - timedelta(days=1))
        assert send_deliveries(now=NOW, today=TODAY) == 0
        assert Delivery.objects.count() == 0

    def test_without_a_mail_server_the_news_stays_in_the_inbox(
        self, settings: LazySettings
    ) -> None:
        settings.MAIL_ENABLED = False
        mine = make_agency("省科技厅")
        make_reader(mine)
        make_message(mine)
        assert run() == 0
        settings.MAIL_ENABLED = True
        assert run() == 0
        assert (mail.outbox, Message.objects.count()) == ([], 1)

    def test_nothing_to_do_costs_two_queries_whatever_was_sent(
        self, django_assert_num_queries: Any
    ) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine)
        for _ in range(5):
            make_message(mine)
        assert run() == 5
        with django_assert_num_queries(4):  # two of them a savepoint's
            assert run() == 0

    def test_more_messages_are_addressed_at_the_same_cost(
        self, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(30):
            agency = make_agency(f"省第{number}厅")
            make_reader(agency)
            make_message(agency)
        with django_assert_max_num_queries(11):
            assert address_messages(now=NOW, today=TODAY) == 30


class TestRefusals:
    def test_a_refused_mail_is_tried_three_times_with_growing_waits(
        self, server: type[Server]
    ) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine)
        make_message(mine)
        server.answers = [refusal() for _ in range(9)]
        tried = []
        for minute in range(600):
            before = len(server.answers)
            run(NOW + minute * MINUTE)
            if len(server.answers) < before:
                tried.append(minute)
        assert tried == [0, 5, 65]
        row = Delivery.objects.get()
        assert (row.attempts, row.sent_at) == (3, None)
        assert "no such user" in row.error
        assert mail_troubles(NOW + timedelta(days=1)).failed == 1
        assert mail_troubles(NOW + timedelta(days=99)).failed == 0

    def test_a_later_attempt_may_succeed(self, server: type[Server]) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine)
        make_message(mine)
        server.answers = [refusal()]
        assert run() == 0
        assert run(NOW + 5 * MINUTE) == 1
        assert Delivery.objects.get().error == ""

    def test_one_refusal_does_not_keep_the_others(self, server: type[Server]) -> None:
        mine = make_agency("省科技厅")
        for _ in range(3):
            make_reader(mine)
        make_message(mine)
        server.answers = [refusal()]
        assert run() == 2

    @pytest.mark.parametrize("error", [SMTPServerDisconnected("gone"), TimeoutError("late")])
    def test_without_an_answer_it_stays_unconfirmed_and_is_not_sent_again(
        self, server: type[Server], error: Exception
    ) -> None:
        mine = make_agency("省科技厅")
        for _ in range(3):
            make_reader(mine)
        make_message(mine)
        server.answers = [error]
        assert run() == 0
        assert run(NOW + MINUTE) == 2
        assert run(NOW + timedelta(days=1)) == 0
        found = mail_troubles(NOW + timedelta(hours=1))
        assert (found.failed, found.unconfirmed, found.waiting) == (0, 1, 0)

    def test_an_unreachable_server_uses_up_no_attempt(self, server: type[Server]) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine)
        make_message(mine)
        server.unreachable = True
        for minute in range(20):
            assert run(NOW + minute * MINUTE) == 0
        assert mail_troubles(NOW + 20 * MINUTE).waiting == 1
        server.unreachable = False
        assert run(NOW + 21 * MINUTE) == 1
        assert Delivery.objects.get().attempts == 0

    def test_an_address_nothing_can_be_sent_to_is_a_refusal(self) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine, email="a\nb@gd.example")
        make_message(mine)
        assert run() == 0
        assert Delivery.objects.get().attempts == 1


class TestDigest:
    def test_the_morning_is_eight_in_shanghai(self) -> None:
        seven, eight = NOW - timedelta(hours=3), NOW - timedelta(hours=2)
        assert next_morning(seven) == eight
        assert last_morning(eight) == eight
        assert next_morning(eight) == eight + timedelta(days=1)
        assert last_morning(seven) == eight - timedelta(days=1)

    def test_it_is_off_unless_asked_for(self) -> None:
        assert make_member(make_agency(), REPORTER).digest is False

    def test_one_mail_a_day_with_all_of_it(self) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine, digest=True)
        make_message(mine, "第一条")
        assert run(NOW) == 0
        make_message(mine, "第二条")
        eight = next_morning(NOW)
        assert run(eight - MINUTE) == 0
        tomorrow = TODAY + timedelta(days=1)
        assert run(eight, tomorrow) == 1
        (letter,) = mail.outbox
        assert letter.subject == "【任务分工督办】10月13日消息汇总（2 条）"
        assert "第一条" in letter.body
        assert "第二条" in letter.body
        make_message(mine, "第三条")
        assert run(eight + MINUTE, tomorrow) == 0
        assert run(eight + timedelta(days=1), tomorrow) == 1

    def test_the_first_run_after_a_missed_morning_sends_it(self) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine, digest=True)
        make_message(mine)
        run(NOW)
        assert run(next_morning(NOW) + timedelta(hours=6)) == 1

    def test_what_was_written_down_just_before_eight_waits_once_the_mail_has_gone(self) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine, digest=True)
        make_message(mine)
        eight = next_morning(NOW)
        assert [run(NOW), run(eight)] == [0, 1]
        make_message(mine)
        address_messages(now=eight - MINUTE, today=TODAY)
        assert run(eight + MINUTE) == 0
        assert run(eight + timedelta(days=1)) == 1

    def test_a_refused_digest_comes_again_whole(self, server: type[Server]) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine, digest=True)
        make_message(mine, "第一条")
        make_message(mine, "第二条")
        run(NOW)
        server.answers = [refusal()]
        eight = next_morning(NOW)
        assert run(eight) == 0
        assert run(eight + 5 * MINUTE) == 1
        assert "（2 条）" in mail.outbox[0].subject

    def test_others_get_theirs_at_once(self) -> None:
        mine = make_agency("省科技厅")
        make_reader(mine, digest=True)
        make_reader(mine)
        make_message(mine)
        assert run() == 1
