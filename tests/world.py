"""One plan with everybody who can stand to a row in any relation, for the test of permissions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.ops.models import Installation
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.models import Duty, Progress, Task
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_figure,
    make_line,
    make_member,
    make_plan,
    make_task,
    make_user,
)

# what only those who may see the lead's report ever read
SECRET = "甲厅本期新建平台三个"


@dataclass(frozen=True, slots=True)
class World:
    """`open` has no report, the others are named by the state of the lead's report."""

    people: dict[str, User | None]
    plan: Plan
    period: PlanPeriod
    lead: Agency
    consolidator: Agency
    rows: dict[str, Task]
    duties: dict[str, Duty]
    reports: dict[str, Progress]


def make_world() -> World:
    """Two leads, a 汇总单位 beside them, one that takes part, one that the plan does not name."""
    Installation.objects.update_or_create(
        pk=1, defaults={"body_name": "广东省", "sample": True, "business_date": TODAY}
    )
    ours, theirs = make_line("ours"), make_line("theirs")
    body = make_agency("省发展改革委")
    lead, second = make_agency("甲厅"), make_agency("乙厅")
    consolidator, support, stranger = make_agency("丙厅"), make_agency("丁厅"), make_agency("戊厅")
    plan = make_plan("ours", supervisor=body, line=ours)
    make_plan("theirs", supervisor=body, line=theirs)
    rows, duties, reports = {}, {}, {}
    for number, state in enumerate(["open", *Progress.State.values], start=1):
        row = make_task(
            plan,
            number=str(number),
            leads=[lead, second],
            supports=[support],
            consolidator=consolidator,
            consolidator_basis="会议议定",
        )
        rows[state], duties[state] = row, make_duty(row, lead)
        make_figure(row, lead)
        make_duty(row, consolidator)
        if state != "open":
            reports[state] = _report(duties[state], state)
            row.last_progress = reports[state]
            row.save()
    return World(
        people={
            "lead reporter": make_member(lead, "reporter"),
            "lead approver": make_member(lead, "approver"),
            "lead's administrator": make_member(lead, "unit_admin"),
            "汇总单位": make_member(consolidator, "reporter"),
            "takes part": make_member(support, "reporter"),
            "stranger": make_member(stranger, "reporter"),
            "supervisor": make_member(body, "supervisor", lines=[ours]),
            "other supervisor": make_member(body, "supervisor", lines=[theirs]),
            "leader": make_member(body, "leader", lines=[ours]),
            "other leader": make_member(body, "leader", lines=[theirs]),
            "system": make_user(duty="system"),
            "security": make_user(duty="security"),
            "audit": make_user(duty="audit"),
            "anonymous": None,
        },
        plan=plan,
        period=duties["open"].plan_period,
        lead=lead,
        consolidator=consolidator,
        rows=rows,
        duties=duties,
        reports=reports,
    )


def _report(duty: Duty, state: str) -> Progress:
    left: date | None = None if state == "signing" else TODAY
    return Progress.objects.create(
        duty=duty,
        text=SECRET,
        value=Decimal(30),
        self_assessment="normal",
        state=state,
        first_submitted_on=TODAY,
        submitted_on=TODAY,
        delivered_on=left,
        counted_on=left,
        submitted_by="甲厅某人",
    )
