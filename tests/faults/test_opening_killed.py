"""The worker dies while a period opens by itself: started again, each duty is there once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.notices.models import Message
from apps.ops.models import Installation
from apps.plans.models import Plan, PlanPeriod, PlanPolicy
from apps.tasks.deadlines import Kind
from apps.tasks.jobs import sweep_periods
from apps.tasks.models import Assignment, Deadline, Duty, Task
from tests.builders import TODAY, make_agency, make_plan
from tests.tasks.test_worker import until, worker

ROWS = 3_000
UNITS = 50
WORKERS = 3
# in the order in which an opening writes, what no other sweep of a starting worker writes
TABLES = ["plans_planperiod", "tasks_duty", "notices_message", "tasks_periodmark"]


def plan_that_opens_itself() -> Plan:
    """Each row led by two units of fifty, nothing of it late; in bulk, for there are many."""
    plan = make_plan()
    PlanPolicy.objects.filter(plan=plan).update(opens_by_itself=True)
    units = [make_agency(f"省第{number}局") for number in range(1, UNITS + 1)]
    tasks = Task.objects.bulk_create(
        Task(
            plan=plan,
            number=str(number),
            content=f"重点工作之{number}。",
            state=Task.State.ACTIVE,
            position=number * 1024,
            due_kind=Kind.ONGOING.value,
            consolidator=units[number % UNITS],
        )
        for number in range(1, ROWS + 1)
    )
    Deadline.objects.bulk_create(
        Deadline(
            task=task,
            sequence=1,
            from_table=True,
            text="持续推进",
            kind=Kind.ONGOING.value,
            basis="原表",
            recorded_on=date(2017, 9, 1),
        )
        for task in tasks
    )
    Assignment.objects.bulk_create(
        Assignment(task=task, agency=unit, name=unit.name, role=Role.LEAD.value, position=place)
        for at, task in enumerate(tasks)
        for place, unit in enumerate((units[at % UNITS], units[(at + 1) % UNITS]), start=1)
    )
    return plan


@contextmanager
def other_connection() -> Iterator[CursorWrapper]:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()


@contextmanager
def held(table: str) -> Iterator[None]:
    """Everybody may read the table; whoever writes to it waits."""
    with other_connection() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f'LOCK TABLE "{table}" IN SHARE MODE')
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def waiting() -> int:
    """How many transactions of this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def is_opening() -> bool:
    """Whoever waits has begun to enter the period."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks AS had JOIN pg_stat_activity AS who USING (pid)"
            " WHERE who.datname = current_database() AND who.wait_event_type = 'Lock'"
            " AND had.relation = 'plans_planperiod'::regclass AND had.mode = 'RowExclusiveLock'"
        )
        return int(cursor.fetchone()[0]) == 1


def nobody_else() -> bool:
    """The server has ended what the killed worker left open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0]) == 0


def opened() -> bool:
    return PlanPeriod.objects.exists() and waiting() == 0


def assert_opened_once(plan: Plan) -> None:
    [entered] = PlanPeriod.objects.select_related("period").filter(plan=plan)
    assert (entered.period.code, entered.opened_on) == ("2020Q3", TODAY)
    owed = Counter(Duty.objects.values_list("task_id", "agency_id"))
    leads = Assignment.objects.values_list("task_id", "agency_id")
    assert owed == Counter(leads)
    assert sum(owed.values()) == 2 * ROWS
    told = Counter(Message.objects.filter(role="reporter").values_list("agency_id", flat=True))
    assert told == Counter(
        Agency.objects.filter(name__startswith="省第").values_list("pk", flat=True)
    )
    opening = Entry.objects.filter(object_type="planperiod", object_id=str(entered.pk))
    assert opening.count() == 1
    assert breaks() == []


@pytest.fixture
def plan(live_database: dict[str, str]) -> Plan:
    assert live_database
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    return plan_that_opens_itself()


def test_killed_again_and_again_it_opens_once(plan: Plan, live_database: dict[str, str]) -> None:
    entries = Entry.objects.count()
    for table in TABLES:
        with held(table), worker(live_database) as process:
            assert until(is_opening), table
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=10)
        assert until(nobody_else), table
        assert not PlanPeriod.objects.exists(), table
        assert not Duty.objects.exists(), table
        assert not Message.objects.exists(), table
        assert Entry.objects.count() == entries, table
    with worker(live_database):
        assert until(opened)
        # delivered once more, it finds everything there
        for _ in range(3):
            sweep_periods.delay()
    assert_opened_once(plan)


def test_delivered_to_three_workers_at_once_it_opens_once(
    plan: Plan, live_database: dict[str, str]
) -> None:
    with ExitStack() as stack:
        with held("plans_planperiod"):
            # each worker sweeps at its start, and each is held in the middle of it
            for _ in range(WORKERS):
                stack.enter_context(worker(live_database))
            assert until(lambda: waiting() == WORKERS)
        assert until(opened)
    assert_opened_once(plan)
