"""What a board keeps: given again as long as nothing has changed, and never a moment longer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.agencies.models import Contact
from apps.ops.models import Installation
from apps.plans.models import PlanPeriod
from apps.reports.selectors.kept import MOST_KEPT, forget, kept
from apps.reports.selectors.past import figures_on, periods_until
from apps.tasks.models import Duty, MarkSpan, Progress, Task
from tests.builders import TODAY, make_agency, make_duty, make_plan, make_task
from tests.reports.test_board import client_of
from tests.reports.test_board_past import judge, sent, supervisor

THEN = date(2020, 9, 1)
DUE = TODAY - timedelta(days=9)


class Counting:
    """Works the same out again and again, and counts how often it had to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times

    def asked(self, *, until: date | None = None) -> int:
        """How often it was worked out by now."""
        return kept("counting", self, until=until)


def elsewhere(act: Callable[[], object]) -> None:
    """In a transaction of another connection, which ends before this returns."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test reports it
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=60)
    assert not failures


def ledger() -> tuple[User, Task, Duty]:
    """One late row whose unit has not reported for the period that is over."""
    Installation.objects.create(pk=1, sample=True, business_date=TODAY)
    user, unit = supervisor(), make_agency("省科技厅")
    task = make_task(make_plan(), leads=[unit], due_on=DUE, overdue_since=DUE + timedelta(days=1))
    duty = make_duty(task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
    judge(date(2020, 8, 1), TODAY)
    forget()
    return user, task, duty


@pytest.mark.usefixtures("live_database")
def test_after_any_write_the_board_shows_what_is_there_now() -> None:
    user, task, duty = ledger()
    client = client_of(user.username)

    def page(address: str = "/overdue/") -> str:
        return client.get(address).content.decode()

    def shown(text: str, act: Callable[[], object]) -> None:
        assert text not in page()
        act()
        assert text in page(), text

    page()
    with CaptureQueriesContext(connection) as warm:
        assert "逾期 9 天" in page()
    assert len(warm) <= 11
    assert not any("tasks_" in query["sql"] for query in warm.captured_queries)

    unit = duty.agency
    shown(
        "020-12345678",
        lambda: Contact.objects.create(
            agency=unit, post="联络员", name="某", telephone="020-12345678"
        ),
    )
    shown("新的任务文字", lambda: Task.objects.update(content="新的任务文字"))
    shown("没有逾期不到一年的任务", lambda: Task.objects.update(state="closed"))
    shown("逾期 9 天", lambda: Task.objects.update(state="active"))
    shown(
        "没有逾期不到一年的任务",
        lambda: Task.objects.update(overdue_since=None, due_on=date(2021, 1, 31)),
    )
    behind = MarkSpan.objects.filter(until__isnull=True)
    shown('<th colspan="6" scope="rowgroup">滞后<span class="count">共 1 项',
          lambda: behind.update(light="amber", cause="behind"))  # fmt: skip
    judge(TODAY)
    shown("2020年上半年都已报齐", lambda: sent(duty, date(2020, 8, 5)))

    assert "任务 1 项" in page("/overdue/charts/")
    make_task(task.plan, leads=[unit])
    judge(TODAY)
    assert "任务 2 项" in page("/overdue/charts/")


@pytest.mark.usefixtures("live_database")
class TestKept:
    def test_it_is_worked_out_once_until_something_is_written(self) -> None:
        found = Counting()
        assert (found.asked(), found.asked()) == (1, 1)
        task = make_task()
        assert (found.asked(), found.asked()) == (2, 2)
        # what no board shows
        Installation.objects.create(pk=1, body_name="广东省")
        assert found.asked() == 2
        # not by way of a model
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tasks_markspan SET light = 'red'")
            cursor.execute("UPDATE tasks_task SET light = 'red' WHERE id = %s", [task.pk])
        assert found.asked() == 3

    def test_what_is_not_committed_is_kept_for_nobody(self) -> None:
        found = Counting()
        assert found.asked() == 1
        with transaction.atomic():
            make_task()
            assert (found.asked(), found.asked()) == (2, 3)
            transaction.set_rollback(True)
        assert found.asked() == 1

    def test_one_that_began_earlier_and_commits_later_is_not_missed(self) -> None:
        task, found = make_task(), Counting()
        with transaction.atomic():
            Task.objects.update(light="red")
            # another one begins after this, commits before it, and the board is read in between
            elsewhere(make_task)
            elsewhere(found.asked)
        assert found.times == 1
        assert found.asked() == 2
        task.refresh_from_db()

    def test_only_so_many_are_kept(self) -> None:
        forget()
        first = Counting()
        kept("first", first)
        for place in range(MOST_KEPT):
            kept(place, Counting())
        kept("first", first)
        assert first.times == 2


@pytest.mark.usefixtures("live_database")
def test_a_past_day_is_counted_again_only_when_something_before_it_changes() -> None:
    _user, task, duty = ledger()
    found = Counting()

    def asked() -> int:
        return found.asked(until=THEN)

    assert asked() == 1
    # today's work: marks, deadlines, reports
    judge(TODAY + timedelta(days=1))
    Task.objects.update(content="改过", state="suspended")
    MarkSpan.objects.filter(until__isnull=True).update(until=TODAY + timedelta(days=2))
    report = sent(duty, TODAY)
    assert asked() == 1
    changes: list[Callable[[], object]] = [
        lambda: Progress.objects.filter(pk=report.pk).update(delivered_on=date(2020, 8, 30)),
        lambda: MarkSpan.objects.filter(since__lt=THEN).update(light="pending"),
        lambda: MarkSpan.objects.filter(since__lt=THEN).update(until=date(2020, 8, 15)),
        lambda: PlanPeriod.objects.update(cut_off=date(2020, 7, 21)),
        lambda: make_duty(task, make_agency(), code="2020Q2"),
        lambda: MarkSpan.objects.filter(since__lt=THEN).delete(),
        lambda: Progress.objects.all().delete(),
    ]
    for times, change in enumerate(changes, start=2):
        change()
        assert asked() == times
        assert asked() == times


@pytest.mark.usefixtures("live_database")
def test_the_numbers_of_a_past_day_follow_what_is_put_right_about_it() -> None:
    _user, task, duty = ledger()
    plans = [task.plan_id]

    def then() -> tuple[int, int, int, int | None]:
        figures = figures_on(plans, [THEN], periods_until(plans, TODAY))[THEN]
        return figures.overdue, figures.overdue_year, figures.behind, figures.missing

    assert then() == (0, 0, 0, 1)
    sent(duty, date(2020, 8, 20))
    MarkSpan.objects.filter(since__lte=THEN).update(light="amber", cause="behind")
    assert then() == (0, 0, 1, 0)
