"""期初: what happened before is taken over in the order in which it happened."""

from __future__ import annotations

from datetime import date

import pytest

from apps.audit.selectors import history
from apps.common.actor import LOADER
from apps.plans.models import Plan
from apps.tasks.access import everything
from apps.tasks.models import Task
from apps.tasks.services.opening import Closing, Opening, opening_enter
from tests.builders import TODAY, make_plan, make_task

pytestmark = pytest.mark.django_db
CLOSED_ON = date(2018, 6, 30)


@pytest.fixture
def plan() -> Plan:
    return make_plan("ours")


def enter(plan: Plan, *closings: Closing) -> None:
    opening_enter(
        actor=LOADER,
        scope=everything(),
        plan=plan,
        opening=Opening(closings=closings),
        today=TODAY,
    )


def told(task: Task) -> list[tuple[date, str, dict[str, list[str]]]]:
    entries = history(task).order_by("business_date", "chain_no")
    return [(entry.business_date, entry.action, entry.changes) for entry in entries]


def test_a_row_that_was_closed_before_is_not_started_again(plan: Plan) -> None:
    closed = make_task(plan, number="30", state=Task.State.UNASSIGNED)
    going = make_task(plan, number="31", state=Task.State.UNASSIGNED)
    enter(plan, Closing("30", CLOSED_ON, "已建成。"))
    closed.refresh_from_db()
    going.refresh_from_db()
    assert (closed.state, closed.closed_on) == (Task.State.CLOSED, CLOSED_ON)
    assert going.state == Task.State.ACTIVE
    assert told(closed) == [(CLOSED_ON, "期初：办结", {"状态": ["待交办", "已办结"]})]
    assert told(going) == [(TODAY, "期初：已在推进", {"状态": ["待交办", "推进中"]})]
