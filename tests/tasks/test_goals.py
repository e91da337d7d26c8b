"""年度目标: filed by the leads, row by row in one form; filed and missing for the supervisor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.audit.selectors import history
from apps.common.errors import NotAllowed, Refused
from apps.ops.models import Installation
from apps.plans.models import Plan, PlanPolicy
from apps.tasks.access import scope_of
from apps.tasks.models import AnnualGoal, Task
from apps.tasks.selectors.goals import goal_units
from apps.tasks.services.goals import GoalContent, GoalEntry, GoalsFiled, goals_file
from tests.builders import (
    TODAY,
    make_agency,
    make_figure,
    make_line,
    make_member,
    make_plan,
    make_task,
)

pytestmark = pytest.mark.django_db
GOAL = GoalContent("新建平台 10 个。", stages="6月底前 5 个。", outcome="平台名单")


@pytest.fixture(autouse=True)
def _day() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def plan() -> Plan:
    return make_plan("ours")


@pytest.fixture
def unit() -> Agency:
    return make_agency("甲厅")


@pytest.fixture
def reporter(unit: Agency) -> User:
    return make_member(unit, "reporter")


@pytest.fixture
def supervisor(plan: Plan) -> User:
    assert plan.supervisor is not None
    return make_member(plan.supervisor, "supervisor", lines=[make_line()])


def entry(task: Task, unit: Agency, content: GoalContent = GOAL, seen: int = 0) -> GoalEntry:
    return GoalEntry(task.pk, unit.pk, content, seen)


def file(user: User, *entries: GoalEntry, year: int = 2020, reason: str = "") -> GoalsFiled:
    return goals_file(
        actor=user,
        scope=scope_of(user, TODAY),
        year=year,
        entries=entries,
        today=TODAY,
        reason=reason,
    )


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def address(year: int = 2020) -> str:
    return reverse("goals:list", args=[year])


def sent(task: Task, unit: Agency, goal: str, version: int = 0, **more: str) -> dict[str, str]:
    prefix = f"g{task.pk}-{unit.pk}"
    fields = {"goal": goal, "stages": "", "outcome": "", "version": str(version), **more}
    return {f"{prefix}-{name}": value for name, value in fields.items()}


def test_a_lead_files_its_goal_and_the_log_says_so(
    plan: Plan, unit: Agency, reporter: User
) -> None:
    task = make_task(plan, leads=[unit])
    assert file(reporter, entry(task, unit)) == GoalsFiled(saved=1)
    goal = AnnualGoal.objects.get()
    assert (goal.goal, goal.stages, goal.outcome) == (GOAL.goal, GOAL.stages, GOAL.outcome)
    assert (goal.filed_on, goal.filed_by, goal.version) == (TODAY, reporter.name, 1)
    told = history(task).first()
    assert told is not None
    assert told.action == "报备2020年度目标（甲厅）"
    assert told.changes["年度目标"] == [None, GOAL.goal]
    assert told.about_agency_id == str(unit.pk)


def test_what_was_not_changed_is_left_alone(plan: Plan, unit: Agency, reporter: User) -> None:
    task = make_task(plan, leads=[unit])
    file(reporter, entry(task, unit))
    assert file(reporter, entry(task, unit, seen=1)) == GoalsFiled(saved=0)
    empty = make_task(plan, leads=[unit])
    assert file(reporter, entry(empty, unit, GoalContent(""))) == GoalsFiled(saved=0)
    assert AnnualGoal.objects.get().version == 1


def test_a_number_only_where_the_unit_has_a_figure(
    plan: Plan, unit: Agency, reporter: User
) -> None:
    measured, other = make_task(plan, leads=[unit]), make_task(plan, leads=[unit])
    make_figure(measured, unit)
    ten = GoalContent("十个。", Decimal(10))
    filed = file(reporter, entry(measured, unit, ten), entry(other, unit, ten))
    assert filed.saved == 1
    assert filed.refused == {(other.pk, unit.pk): ("这一项没有可填的目标值。",)}
    assert AnnualGoal.objects.get().value == 10


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GoalContent("", stages="六月"), "请填写年度目标"),
        (GoalContent("长" * 2001), "年度目标最多 2000 字"),
        (GoalContent("好", outcome="长" * 201), "成果形式最多 200 字"),
        (GoalContent("好", Decimal(0)), "大于零"),
        (GoalContent("好", Decimal("NaN")), "大于零"),
        (GoalContent("好", Decimal("1e15")), "14 位"),
    ],
)
def test_a_wrong_row_keeps_no_other_back(
    plan: Plan, unit: Agency, reporter: User, content: GoalContent, said: str
) -> None:
    wrong, good = make_task(plan, leads=[unit]), make_task(plan, leads=[unit])
    make_figure(wrong, unit)
    filed = file(reporter, entry(wrong, unit, content), entry(good, unit))
    assert filed.saved == 1
    [reasons] = filed.refused.values()
    assert said in reasons[0]
    assert AnnualGoal.objects.get().task == good


def test_the_second_of_two_people_is_told_and_overwrites_nothing(
    plan: Plan, unit: Agency, reporter: User
) -> None:
    task = make_task(plan, leads=[unit])
    file(reporter, entry(task, unit))
    second = make_member(unit, "reporter")
    filed = file(second, entry(task, unit, GoalContent("别的。")))
    assert filed.conflicts == {(task.pk, unit.pk)}
    assert AnnualGoal.objects.get().goal == GOAL.goal


def test_only_the_leads_reporter_and_the_supervisor_may(
    plan: Plan, unit: Agency, reporter: User, supervisor: User
) -> None:
    other = make_agency("乙厅")
    task = make_task(plan, leads=[unit, other], supports=[make_agency("丙厅")])
    for stranger in (make_member(unit, "approver"), make_member(make_agency("丙厅"), "reporter")):
        with pytest.raises(NotAllowed):
            file(stranger, entry(task, unit))
    with pytest.raises(NotAllowed):
        file(reporter, entry(task, other))
    assert file(supervisor, entry(task, unit), entry(task, other)).saved == 2


def test_who_takes_part_is_asked_for_no_goal(plan: Plan, unit: Agency) -> None:
    support = make_agency("丙厅")
    task = make_task(plan, leads=[unit], supports=[support])
    filed = file(make_member(support, "reporter"), entry(task, support))
    assert filed.saved == 0
    assert "不需要" in filed.refused[task.pk, support.pk][0]


def test_where_nobody_leads_the_one_who_puts_together_files(plan: Plan) -> None:
    together = make_agency("丁厅")
    task = make_task(plan, leads=[], consolidator=together, consolidator_basis="会议")
    assert [u.agency for u in goal_units([plan.pk], 2020)] == [together]
    assert task.number in goal_units([plan.pk], 2020)[0].missing


def test_a_year_that_is_over_is_corrected_by_the_supervisor_with_a_reason(
    plan: Plan, unit: Agency, reporter: User, supervisor: User
) -> None:
    task = make_task(plan, leads=[unit])
    with pytest.raises(NotAllowed, match="只有督查员"):
        file(reporter, entry(task, unit), year=2019, reason="补")
    with pytest.raises(Refused, match="写明理由"):
        file(supervisor, entry(task, unit), year=2019)
    assert file(supervisor, entry(task, unit), year=2019, reason="当年漏报").saved == 1
    told = history(task).first()
    assert told is not None
    assert told.reason == "当年漏报"


def test_filed_and_missing_by_unit_with_the_day_the_plan_sets(
    plan: Plan, unit: Agency, reporter: User
) -> None:
    PlanPolicy.objects.filter(plan=plan).update(goals_due_month=2, goals_due_day=30)
    first, second = make_task(plan, leads=[unit]), make_task(plan, leads=[unit])
    make_task(plan, leads=[unit], state=Task.State.CLOSED, closed_on=date(2019, 5, 1))
    file(reporter, entry(first, unit))
    [found] = goal_units([plan.pk], 2020)
    assert (found.filed, found.missing) == ([first.number], [second.number])
    assert found.due_on == date(2020, 2, 29)
    assert f"第{second.number}项还没有报备" in found.chase(2020)
    assert "应于2月29日前报备" in found.chase(2020)


def test_outside_the_plans_span_nothing_is_asked(plan: Plan, unit: Agency) -> None:
    make_task(plan, leads=[unit])
    assert goal_units([plan.pk], 2021) == []
    assert goal_units([plan.pk], 2015) == []


def test_the_page_saves_the_good_rows_and_shows_the_wrong_ones(
    plan: Plan, unit: Agency, reporter: User
) -> None:
    good, wrong = make_task(plan, leads=[unit]), make_task(plan, leads=[unit])
    make_figure(wrong, unit)
    client = client_of(reporter)
    form = {**sent(good, unit, "好目标"), **sent(wrong, unit, "写了", value="十个")}
    answer = client.post(address(), form)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "已保存 1 项" in html
    assert f"第 {wrong.number} 项没有保存" in html
    assert "目标值只填数字" in html
    assert 'value="十个"' in html
    assert ">好目标</textarea>" in html
    # what was saved is not taken for somebody else's when the form is sent again
    form = {**sent(good, unit, "好目标", version=1), **sent(wrong, unit, "写了", value="10")}
    assert client.post(address(), form).status_code == 302
    assert AnnualGoal.objects.count() == 2


def test_the_page_shows_the_others_text_and_keeps_ones_own(
    plan: Plan, unit: Agency, reporter: User
) -> None:
    task = make_task(plan, leads=[unit])
    file(reporter, entry(task, unit))
    client = client_of(make_member(unit, "reporter"))
    html = client.post(address(), sent(task, unit, "我写的")).content.decode()
    assert "别人已改过这一项" in html
    assert GOAL.goal in html
    assert "我写的" in html
    assert client.post(address(), sent(task, unit, "我写的", version=1)).status_code == 302
    assert AnnualGoal.objects.get().goal == "我写的"


def test_past_years_are_for_reading_to_a_reporter(
    plan: Plan, unit: Agency, reporter: User, supervisor: User
) -> None:
    task = make_task(plan, leads=[unit])
    html = client_of(reporter).get(address(2019)).content.decode()
    assert "往年的年度目标只供查看" in html
    assert "<textarea" not in html
    assert client_of(reporter).post(address(2019), sent(task, unit, "补")).status_code == 403
    page = f"{address(2019)}?unit={unit.pk}"
    client = client_of(supervisor)
    assert "更正理由" in client.get(page).content.decode()
    assert client.post(page, sent(task, unit, "补")).status_code == 422
    assert client.post(page, {**sent(task, unit, "补"), "reason": "漏报"}).status_code == 302


def test_the_supervisor_reads_who_has_not_filed(plan: Plan, unit: Agency, supervisor: User) -> None:
    task = make_task(plan, leads=[unit])
    html = client_of(supervisor).get(address()).content.decode()
    assert "各单位报备情况" in html
    assert f"第{task.number}项" in html
    assert "复制催报名单" in html


def test_nothing_owed_says_what_comes_next(reporter: User) -> None:
    html = client_of(reporter).get(address()).content.decode()
    assert "2020年没有需要报备年度目标的任务" in html


def test_an_approver_is_turned_away(unit: Agency) -> None:
    assert client_of(make_member(unit, "approver")).get(address()).status_code == 403


def test_queries_do_not_grow_with_rows(
    plan: Plan, unit: Agency, reporter: User, supervisor: User
) -> None:
    counts = []
    for many in (3, 9):
        tasks = [make_task(plan, leads=[unit, make_agency()]) for _ in range(many)]
        for task in tasks:
            make_figure(task, unit)
        acting = User.objects.get(pk=reporter.pk)
        with CaptureQueriesContext(connection) as written:
            file(acting, *(entry(task, unit) for task in tasks))
        with CaptureQueriesContext(connection) as own:
            client_of(reporter).get(address())
        with CaptureQueriesContext(connection) as whole:
            client_of(supervisor).get(address())
        counts.append((len(written), len(own), len(whole)))
    assert counts[0] == counts[1]
