"""Who sees which rows and which reports (product.md D17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.plans.models import Plan
from apps.tasks.access import scope_of
from apps.tasks.models import Task
from tests.builders import (
    TODAY,
    make_agency,
    make_line,
    make_member,
    make_plan,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db
Role = Membership.Role


@dataclass
class Cast:
    plan: Plan
    task: Task
    lead: Agency
    second: Agency
    support: Agency


@pytest.fixture
def cast() -> Cast:
    plan = make_plan("ours")
    lead, second, support = (make_agency(n) for n in ("省科技厅", "省财政厅", "省教育厅"))
    task = make_task(plan, leads=[lead, second], supports=[support])
    make_task(plan, leads=[make_agency("省商务厅")])
    return Cast(plan, task, lead, second, support)


def rows(user: User) -> int:
    return Task.objects.filter(scope_of(user, TODAY).visible_to()).count()


def reports(user: User) -> int:
    return Task.objects.filter(scope_of(user, TODAY).reports_visible_to()).count()


def test_a_unit_sees_all_rows_of_a_plan_that_names_it_and_reports_of_its_own(cast: Cast) -> None:
    reporter = make_member(cast.lead, Role.REPORTER)
    assert (rows(reporter), reports(reporter)) == (2, 1)


def test_the_unit_that_puts_together_sees_every_part_and_the_others_their_own(cast: Cast) -> None:
    first = scope_of(make_member(cast.lead, Role.REPORTER), TODAY)
    second = scope_of(make_member(cast.second, Role.REPORTER), TODAY)
    assert first.sees_reports_of(cast.task, cast.second.pk)
    assert second.sees_reports_of(cast.task, cast.second.pk)
    assert not second.sees_reports_of(cast.task, cast.lead.pk)


@pytest.mark.usefixtures("cast")
def test_a_stranger_sees_nothing() -> None:
    stranger = make_member(make_agency("省档案局"), Role.REPORTER)
    assert (rows(stranger), reports(stranger)) == (0, 0)


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("duty", ["system", "security", "audit"])
def test_an_administrator_sees_nothing(duty: str) -> None:
    assert (rows(make_user(duty=duty)), reports(make_user(duty=duty))) == (0, 0)


def test_the_supervisor_of_the_plan_sees_everything_and_may_import(cast: Cast) -> None:
    supervisor = make_member(make_agency("省发展改革委"), Role.SUPERVISOR, lines=[make_line()])
    assert (rows(supervisor), reports(supervisor)) == (2, 2)
    assert scope_of(supervisor, TODAY).may_import(cast.plan)


def test_a_supervisor_of_another_line_sees_nothing_of_it(cast: Cast) -> None:
    other = make_member(make_agency("省发展改革委"), Role.SUPERVISOR, lines=[make_line("other")])
    assert rows(other) == 0
    assert not scope_of(other, TODAY).may_import(cast.plan)


def test_a_leader_sees_his_lines_and_changes_nothing(cast: Cast) -> None:
    leader = make_member(make_agency("省发展改革委"), Role.LEADER, lines=[make_line()])
    assert (rows(leader), reports(leader)) == (2, 2)
    assert not scope_of(leader, TODAY).may_import(cast.plan)
    elsewhere = make_member(make_agency("省发展改革委"), Role.LEADER, lines=[make_line("other")])
    assert rows(elsewhere) == 0


def test_plans_above_and_below_are_seen_by_those_who_oversee_ours_alone(cast: Cast) -> None:
    upper = make_plan("upper", relation="upper", line=make_line("none"))
    lower = make_plan("lower", relation="lower", line=make_line("none"), parent=cast.plan)
    Plan.objects.filter(pk=cast.plan.pk).update(parent=upper)
    supervisor = make_member(make_agency("省发展改革委"), Role.SUPERVISOR, lines=[make_line()])
    reporter = make_member(cast.lead, Role.REPORTER)
    assert scope_of(supervisor, TODAY).visible == {cast.plan.pk, upper.pk, lower.pk}
    assert scope_of(reporter, TODAY).visible == {cast.plan.pk}


def test_a_membership_counts_until_its_last_day(cast: Cast) -> None:
    user = make_member(cast.lead, Role.REPORTER)
    Membership.objects.filter(user=user).update(ends_on=date(2020, 10, 12))
    assert rows(user) == 2
    later = User.objects.get(pk=user.pk)
    assert not scope_of(later, date(2020, 10, 13)).visible
