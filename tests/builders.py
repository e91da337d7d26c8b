"""Builders of a fixed cast, for tests that need rows in the database."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from apps.accounts.models import Line, Membership, User
from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.common.periods import PeriodCode
from apps.plans.models import Period, Plan, PlanPeriod, PlanPolicy
from apps.targets.models import Indicator
from apps.tasks.deadlines import Kind
from apps.tasks.models import Assignment, Deadline, Duty, Task, TaskIndicator

TODAY = date(2020, 10, 12)
PASSWORD = "test-password-1"
_number = itertools.count(1)


def make_line(code: str = "line") -> Line:
    line, _ = Line.objects.get_or_create(code=code, defaults={"name": f"条线{code}"})
    return line


def make_agency(name: str = "", *, region: str = "广东省", **fields: Any) -> Agency:
    """A unit; the same name gives the same unit."""
    name = name or f"省第{next(_number)}厅"
    known = Agency.objects.filter(region=region, name=name).first()
    if known:
        return known
    fields = {"level": "省", "full_name": f"{region}{name}", "code": f"a{next(_number)}", **fields}
    return Agency.objects.create(name=name, region=region, **fields)


def make_user(username: str = "", **fields: Any) -> User:
    """A log-in without any role; its password is PASSWORD."""
    user = User(
        username=username or f"user{next(_number)}", name=fields.pop("name", "某人"), **fields
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def make_member(
    agency: Agency, role: str, *, username: str = "", lines: list[Line] | None = None
) -> User:
    """A log-in with a role in a unit."""
    user = make_user(username)
    membership = Membership.objects.create(user=user, agency=agency, role=role)
    membership.lines.set(lines or [])
    return user


def make_plan(code: str = "", **fields: Any) -> Plan:
    """One of our own plans with the usual policy, supervised by 省发展改革委 under line `line`."""
    code = code or f"plan-{next(_number)}"
    fields = {
        "title": f"文件{code}",
        "short_title": f"文件{code}",
        "level": "省",
        "region": "广东省",
        "relation": "own",
        "supervisor": fields.pop("supervisor", None) or make_agency("省发展改革委"),
        "line": fields.pop("line", None) or make_line(),
        "starts_on": date(2016, 1, 1),
        "ends_on": date(2020, 12, 31),
        **fields,
    }
    plan = Plan.objects.create(code=code, **fields)
    if plan.is_own:
        PlanPolicy.objects.create(plan=plan)
    return plan


def make_task(
    plan: Plan | None = None,
    *,
    number: str = "",
    leads: list[Agency] | None = None,
    supports: list[Agency] | None = None,
    due_on: date | None = None,
    **fields: Any,
) -> Task:
    """A row under way, with its current deadline and its units; without due_on it is 持续推进."""
    plan = plan or make_plan()
    order = next(_number)
    kind = Kind.DATE if due_on else Kind.ONGOING
    leads = [make_agency()] if leads is None else leads
    fields = {
        "content": f"重点工作之{order}。",
        "state": Task.State.ACTIVE,
        "position": order * 1024,
        "due_kind": kind.value,
        "consolidator": leads[0] if leads else None,
        **fields,
    }
    task = Task.objects.create(plan=plan, number=number or str(order), due_on=due_on, **fields)
    Deadline.objects.create(
        task=task,
        sequence=1,
        from_table=True,
        text=f"{due_on.year}年" if due_on else "持续推进",
        kind=fields["due_kind"],
        due_on=due_on,
        soft=task.due_soft,
        basis="原表",
        recorded_on=date(2017, 9, 1),
    )
    roles = [(agency, Role.LEAD) for agency in leads]
    roles += [(agency, Role.SUPPORT) for agency in supports or []]
    Assignment.objects.bulk_create(
        Assignment(task=task, agency=agency, name=agency.name, role=role.value, position=place)
        for place, (agency, role) in enumerate(roles, start=1)
    )
    return task


def make_plan_period(
    plan: Plan, code: str = "2020Q3", cut_off: date = date(2020, 10, 20)
) -> PlanPeriod:
    """A period of a plan, open."""
    ends_on = PeriodCode.parse(code).ends_on
    period, _ = Period.objects.get_or_create(code=code, defaults={"ends_on": ends_on})
    days = {"cut_off": cut_off, "data_as_of": min(ends_on, cut_off), "opened_on": ends_on}
    entered, _ = PlanPeriod.objects.get_or_create(plan=plan, period=period, defaults=days)
    return entered


def make_duty(
    task: Task, agency: Agency, *, code: str = "2020Q3", cut_off: date = date(2020, 10, 20)
) -> Duty:
    """What a unit owes for a row and period."""
    return Duty.objects.create(
        task=task, agency=agency, plan_period=make_plan_period(task.plan, code, cut_off)
    )


def make_figure(
    task: Task, agency: Agency, *, target: str = "40", unit: str = "家"
) -> TaskIndicator:
    """A figure that a unit reports for a row."""
    indicator = Indicator.objects.create(plan=task.plan, name=f"指标{next(_number)}", unit=unit)
    return TaskIndicator.objects.create(
        task=task, indicator=indicator, agency=agency, target_value=Decimal(target)
    )
