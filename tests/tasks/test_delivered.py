"""What left the unit stays what others read, while a newer text waits for the unit's approver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.ops.models import Installation
from apps.tasks.access import scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.selectors.ledger import ledger_sheet
from apps.tasks.selectors.rows import tasks_visible, with_last, with_words
from apps.tasks.services.marks import marks_refresh
from tests import reporting
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_figure,
    make_line,
    make_member,
    make_plan,
    make_task,
)
from tests.reporting import return_inside, send_back, sign

pytestmark = pytest.mark.django_db
Role = Membership.Role
OLD, NEW, INSIDE = "已报的旧文。", "没有签的新文。", "单位内部的话"


@pytest.fixture(autouse=True)
def _on_the_samples_day() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.fixture
def duty(unit: Agency) -> Duty:
    task = make_task(make_plan("ours"), leads=[unit], due_on=date(2020, 12, 31))
    make_figure(task, unit, target="100")
    return make_duty(task, unit)


@pytest.fixture
def reporter(unit: Agency) -> User:
    return make_member(unit, Role.REPORTER)


@pytest.fixture
def approver(unit: Agency) -> User:
    return make_member(unit, Role.APPROVER)


@pytest.fixture
def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), Role.SUPERVISOR, lines=[make_line()])


def submit(duty: Duty, user: User, text: str, value: int) -> Progress:
    content = Content(text=text, self_assessment=Assessment.NORMAL, value=Decimal(value))
    return reporting.submit(duty, user, content)


@pytest.fixture
def rewritten(duty: Duty, reporter: User, approver: User, supervisor: User) -> Progress:
    """Signed, sent back by the supervisor, and written anew: it waits for the approver again."""
    progress = submit(duty, reporter, OLD, 31)
    sign(approver, progress)
    progress.refresh_from_db()
    send_back(supervisor, progress)
    return submit(duty, reporter, NEW, 77)


def on_the_page(user: User) -> str:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return str(client.get(Task.objects.get().get_absolute_url(), {"log": "all"}).content.decode())


def in_the_list(user: User) -> str:
    scope = scope_of(user, TODAY)
    row: Any = with_last(tasks_visible(scope), scope).get()
    return str(row.last)


def in_the_ledger(user: User) -> str:
    tasks = Task.objects.order_by("pk")
    scope = scope_of(user, TODAY)
    sheet = ledger_sheet(tasks, scope=scope, period=None, today=TODAY)
    return str([list(row) for row in sheet.rows])


READERS = pytest.mark.parametrize("read", [on_the_page, in_the_list, in_the_ledger])


@READERS
def test_others_go_on_reading_what_was_signed(
    read: Callable[[User], str], rewritten: Progress, reporter: User, supervisor: User
) -> None:
    assert rewritten.state == Progress.State.SIGNING
    assert OLD in read(supervisor)
    assert NEW not in read(supervisor)
    assert NEW in read(reporter)


@READERS
def test_sent_back_inside_the_unit_it_stays_so(
    read: Callable[[User], str], rewritten: Progress, approver: User, supervisor: User
) -> None:
    return_inside(approver, rewritten, reason=INSIDE)
    told = read(supervisor)
    assert OLD in told
    assert NEW not in told
    assert INSIDE not in told


@READERS
def test_written_anew_twice_it_is_still_the_signed_text_that_others_read(
    read: Callable[[User], str],
    rewritten: Progress,
    duty: Duty,
    reporter: User,
    supervisor: User,
) -> None:
    assert submit(duty, reporter, f"又一稿：{NEW}", 78).pk == rewritten.pk
    assert OLD in read(supervisor)
    assert NEW not in read(supervisor)


@READERS
def test_signed_the_new_text_is_everybodys(
    read: Callable[[User], str], rewritten: Progress, approver: User, supervisor: User
) -> None:
    sign(approver, rewritten)
    assert NEW in read(supervisor)
    rewritten.refresh_from_db()
    assert rewritten.delivered == {}


@READERS
def test_what_never_left_the_unit_is_nobody_elses(
    read: Callable[[User], str], duty: Duty, reporter: User, approver: User, supervisor: User
) -> None:
    assert scope_of(approver, TODAY).may_sign(submit(duty, reporter, NEW, 31))
    assert NEW not in read(supervisor)


def test_an_unsigned_report_of_an_earlier_period_is_not_told_either(
    duty: Duty, reporter: User, approver: User, supervisor: User
) -> None:
    before = make_duty(duty.task, duty.agency, code="2020Q2", cut_off=date(2020, 7, 20))
    submit(before, reporter, NEW, 31)
    assert NEW not in on_the_page(supervisor)
    assert NEW in on_the_page(approver)


@pytest.mark.usefixtures("rewritten")
def test_a_search_finds_only_what_may_be_read(supervisor: User) -> None:
    scope = scope_of(supervisor, TODAY)
    rows = tasks_visible(scope)
    assert with_words(rows, scope, OLD).exists()
    assert not with_words(rows, scope, NEW).exists()


def test_the_delivered_report_is_whole(rewritten: Progress) -> None:
    left = Progress.objects.get(pk=rewritten.pk).as_delivered
    assert left is not None
    assert (left.text, left.value, left.state) == (OLD, Decimal(31), Progress.State.RETURNED)
    assert (left.return_reason, left.submitted_on) == ("请补数字", TODAY)
    assert (rewritten.text, rewritten.value) == (NEW, Decimal(77))


def test_without_an_approver_a_new_text_goes_straight_out(
    duty: Duty, reporter: User, supervisor: User
) -> None:
    submit(duty, reporter, OLD, 31)
    assert submit(duty, reporter, NEW, 77).delivered == {}
    assert NEW in in_the_list(supervisor)


def test_the_light_stands_on_what_was_signed_while_it_is_written_anew(
    duty: Duty, reporter: User, approver: User
) -> None:
    Task.objects.update(due_on=date(2022, 12, 31))
    sign(approver, submit(duty, reporter, OLD, 31))
    lights = []
    for again in (False, True):
        if again:
            submit(duty, reporter, NEW, 77)
        marks_refresh(task_ids=[duty.task_id], today=date(2020, 10, 21))
        task = Task.objects.get()
        lights.append((task.light, task.light_facts, task.report_mark))
    assert lights[0][0] == "pending"
    assert lights[0] == lights[1]
