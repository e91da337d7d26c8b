"""Opening, closing and moving a period: once, by whom it is for, with marks that follow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.audit.selectors import breaks, history
from apps.common.errors import NotAllowed, Refused
from apps.common.periods import PeriodCode
from apps.notices.models import Message
from apps.plans.models import Plan, PlanPeriod, PlanPolicy
from apps.tasks.access import Scope, scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.models import Assignment, Duty, Progress, Task
from apps.tasks.selectors.openings import opening_preview
from apps.tasks.selectors.periods import Figures, figures_of
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.periods import (
    Opened,
    cut_off_move,
    period_close,
    period_reopen,
    periods_open,
)
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_line,
    make_member,
    make_plan,
    make_plan_period,
    make_task,
)
from tests.reporting import reporter_of, send_back, submit

pytestmark = pytest.mark.django_db
Q3 = PeriodCode.parse("2020Q3")
CUT_OFF = date(2020, 10, 20)


def a_supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


def fresh(user: User) -> Scope:
    """Not as it was kept before the newest plan."""
    return scope_of(User.objects.get(pk=user.pk), TODAY)


@pytest.fixture
def supervisor() -> User:
    return a_supervisor()


def opening(
    *plans: Plan,
    by: User | None = None,
    code: PeriodCode = Q3,
    today: date = TODAY,
    cut_offs: Mapping[int, date] | None = None,
) -> Opened:
    actor = by or User.objects.filter(memberships__role="supervisor").first() or a_supervisor()
    return periods_open(
        actor=actor,
        scope=fresh(actor),
        plans=plans,
        code=code,
        today=today,
        cut_offs=cut_offs,
    )


def report(duty: Duty, day: date) -> Progress:
    """Delivered on a day, as the marks read it."""
    progress = Progress.objects.create(
        duty=duty,
        text="已完成。",
        self_assessment=Assessment.NORMAL,
        state=Progress.State.SUBMITTED,
        first_submitted_on=day,
        counted_on=day,
        submitted_on=day,
        delivered_on=day,
        submitted_by="某人",
    )
    marks_refresh(task_ids=[duty.task_id], today=day)
    return progress


def mark(task: Task) -> str:
    return Task.objects.get(pk=task.pk).report_mark


def test_each_lead_owes_its_part_and_is_told_once(supervisor: User) -> None:
    plan = make_plan(short_title="实施方案")
    first, second, helper = (
        make_agency("省科技厅"),
        make_agency("省教育厅"),
        make_agency("省财政厅"),
    )
    make_task(plan, leads=[first, second], supports=[helper])
    make_task(plan, leads=[first])
    done = opening(plan, by=supervisor)
    [entered] = done.plan_periods
    assert (done.created, done.units) == (3, 2)
    assert (entered.cut_off, entered.data_as_of) == (CUT_OFF, date(2020, 9, 30))
    assert entered.opened_on == TODAY
    told = {message.agency: message for message in Message.objects.all()}
    assert set(told) == {first, second}
    assert told[first].subject == "2020年前三季度填报已开始：应报 2 项，10月20日截止"
    assert told[first].body == ("实施方案：应报 2 项，2020年10月20日截止，数据截至2020年9月30日。")
    assert (told[first].path, told[first].role) == ("/progress/2020Q3/", "reporter")
    entry = history(entered).get()
    assert (entry.action, entry.actor_name) == ("开启报告期", supervisor.name)
    assert entry.changes["应报"] == [None, "3"]
    assert set(Task.objects.values_list("report_mark", flat=True)) == {"due"}
    assert breaks() == []


def test_opening_again_changes_nothing_and_tells_nobody(supervisor: User) -> None:
    plan = make_plan()
    make_task(plan)
    opening(plan, by=supervisor)
    again = opening(plan, by=supervisor)
    assert (again.created, again.units) == (0, 0)
    assert Duty.objects.count() == 1
    assert Message.objects.count() == 1
    assert history(again.plan_periods[0]).count() == 1


def test_opening_again_adds_what_is_owed_newly(supervisor: User) -> None:
    plan, unit = make_plan(), make_agency("省科技厅")
    make_task(plan, leads=[unit])
    opening(plan, by=supervisor)
    task = make_task(plan, leads=[])
    Task.objects.filter(pk=task.pk).update(consolidator=unit, consolidator_basis="省领导批示")
    again = opening(plan, by=supervisor)
    assert (again.created, again.units) == (1, 1)
    newest = Message.objects.order_by("-pk")[0]
    assert newest.subject == "2020年前三季度新增应报 1 项，共 2 项，10月20日截止"
    entry = history(again.plan_periods[0])[0]
    assert (entry.action, entry.changes["应报"]) == ("产生应报 1 份", ["1", "2"])


def test_units_that_change_rows_are_told_of_the_new_one(supervisor: User) -> None:
    plan, one, other = make_plan(), make_agency("省科技厅"), make_agency("省教育厅")
    rows = {agency: make_task(plan, leads=[agency]) for agency in (one, other)}
    opening(plan, by=supervisor)
    for agency, task in ((other, rows[one]), (one, rows[other])):
        task.assignments.update(agency=agency)
    assert opening(plan, by=supervisor).created == 2
    assert Message.objects.filter(agency=one).count() == 2
    assert Message.objects.filter(agency=other).count() == 2


def test_one_act_over_several_plans_tells_each_unit_once(supervisor: User) -> None:
    unit = make_agency("省科技厅")
    plans = [make_plan(), make_plan()]
    for plan in plans:
        make_task(plan, leads=[unit])
    later = date(2020, 10, 23)
    done = opening(*plans, by=supervisor, cut_offs={plans[1].pk: later})
    assert [each.cut_off for each in done.plan_periods] == [CUT_OFF, later]
    message = Message.objects.get()
    assert message.subject == "2020年前三季度填报已开始：应报 2 项，最早10月20日截止"
    assert len(message.body.splitlines()) == 2


def test_with_many_plans_the_key_still_has_room(supervisor: User) -> None:
    unit = make_agency("省科技厅")
    plans = [make_plan() for _ in range(40)]
    for plan in plans:
        make_task(plan, leads=[unit])
    opening(*plans, by=supervisor)
    assert len(Message.objects.get().key) <= 120


@pytest.mark.parametrize("relation", ["upper", "lower"])
def test_foreign_plans_create_nothing(supervisor: User, relation: str) -> None:
    foreign = make_plan(relation=relation)
    make_task(foreign)
    with pytest.raises(Refused, match="不产生应报"):
        opening(foreign, by=supervisor)
    assert not Duty.objects.exists()
    assert not PlanPeriod.objects.exists()


def test_only_a_supervisor_of_the_plan_opens_closes_and_moves(supervisor: User) -> None:
    mine, other = make_plan(), make_plan(line=make_line("other"))
    make_task(mine)
    make_task(other)
    with pytest.raises(NotAllowed):
        opening(mine, other, by=supervisor)
    assert not PlanPeriod.objects.exists()
    leader = make_member(make_agency("省发展改革委"), "leader", lines=[make_line()])
    entered = make_plan_period(mine)
    rights = scope_of(leader, TODAY)
    for act in (
        lambda: opening(mine, by=leader),
        lambda: period_close(actor=leader, scope=rights, plan_period=entered, today=TODAY),
        lambda: reopen(entered, leader, rights),
        lambda: move(entered, date(2020, 10, 25), by=leader),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_nothing_chosen_is_said(supervisor: User) -> None:
    with pytest.raises(Refused, match="没有选中"):
        opening(by=supervisor)


@pytest.mark.parametrize(
    ("fields", "code", "cut_off", "said"),
    [
        ({"ends_on": date(2020, 6, 30)}, "2020Q3", None, "实施期到2020年6月30日为止"),
        ({"ends_on": None}, "2021Q1", None, "从2021年1月1日起才能开启"),
        ({}, "2020Q2", None, "截止日2020年7月20日已经过去"),
        ({}, "2020Q3", date(2020, 10, 11), "已经过去，请另定"),
        ({}, "2020Q3", date(2031, 10, 11), "太远"),
    ],
)
def test_what_cannot_be_opened_says_why(
    supervisor: User, fields: dict[str, Any], code: str, cut_off: date | None, said: str
) -> None:
    plan = make_plan(**fields)
    make_task(plan)
    chosen = {plan.pk: cut_off} if cut_off else None
    with pytest.raises(Refused, match=said):
        opening(plan, by=supervisor, code=PeriodCode.parse(code), cut_offs=chosen)
    assert not PlanPeriod.objects.exists()


def test_a_period_may_be_opened_as_soon_as_its_months_have_begun(supervisor: User) -> None:
    plan = make_plan()
    make_task(plan)
    assert opening(plan, by=supervisor, code=PeriodCode.parse("2020Q4")).created == 1


def test_a_period_does_not_open_before_the_one_before_it_is_over(supervisor: User) -> None:
    plan = make_plan()
    make_task(plan)
    [entered] = opening(plan, by=supervisor).plan_periods
    following = PeriodCode.parse("2020Q4")
    with pytest.raises(Refused, match="前三季度要到2020年10月20日才截止"):
        opening(plan, by=supervisor, code=following)
    assert not opening_preview([plan], following, TODAY).plans[0].may_open
    later = date(2020, 10, 21)
    assert opening_preview([plan], following, later).plans[0].may_open
    assert opening(plan, by=supervisor, code=following, today=later).created == 1
    assert entered.state == "open"


def test_a_plan_that_ends_within_the_period_still_reports_on_it(supervisor: User) -> None:
    plan = make_plan(ends_on=date(2020, 7, 1))
    make_task(plan)
    assert opening(plan, by=supervisor).created == 1


def test_one_plan_that_cannot_be_opened_keeps_all_back(supervisor: User) -> None:
    good, ended = make_plan(), make_plan(ends_on=date(2019, 12, 31))
    make_task(good)
    with pytest.raises(Refused, match="实施期"):
        opening(good, ended, by=supervisor)
    assert not PlanPeriod.objects.exists()


def test_a_closed_period_is_not_opened_again_by_opening(supervisor: User) -> None:
    plan = make_plan()
    make_task(plan)
    [entered] = opening(plan, by=supervisor).plan_periods
    close(entered, supervisor, date(2020, 10, 21))
    with pytest.raises(Refused, match="已经关闭"):
        opening(plan, by=supervisor)


def test_an_open_period_keeps_its_cut_off(supervisor: User) -> None:
    plan = make_plan()
    make_task(plan)
    opening(plan, by=supervisor)
    with pytest.raises(Refused, match="要改请在这一期的页面上改截止日"):
        opening(plan, by=supervisor, cut_offs={plan.pk: date(2020, 10, 25)})
    PlanPolicy.objects.update(cut_off_day=10)
    assert opening(plan, by=supervisor).plan_periods[0].cut_off == CUT_OFF


def close(entered: PlanPeriod, user: User, today: date) -> PlanPeriod:
    return period_close(actor=user, scope=fresh(user), plan_period=entered, today=today)


def reopen(
    entered: PlanPeriod, user: User, rights: Scope, reason: str = "省领导要求补报"
) -> PlanPeriod:
    return period_reopen(
        actor=user, scope=rights, plan_period=entered, reason=reason, today=date(2020, 10, 26)
    )


def move(
    entered: PlanPeriod,
    day: date,
    *,
    by: User,
    reason: str = "国庆后工作安排",
    today: date = TODAY,
) -> PlanPeriod:
    return cut_off_move(
        actor=by,
        scope=fresh(by),
        plan_period=entered,
        cut_off=day,
        reason=reason,
        today=today,
    )


def test_closing_marks_the_missing(supervisor: User) -> None:
    plan, unit = make_plan(), make_agency()
    silent, late = make_task(plan, leads=[unit]), make_task(plan, leads=[unit])
    [entered] = opening(plan, by=supervisor).plan_periods
    report(Duty.objects.get(task=late), date(2020, 10, 21))
    closed = close(entered, supervisor, date(2020, 10, 26))
    assert (closed.state, closed.closed_on) == ("closed", date(2020, 10, 26))
    assert (mark(silent), mark(late)) == ("miss", "late")
    entry = history(entered)[0]
    assert entry.action == "关闭报告期"
    assert {name: entry.changes[name][1] for name in ("应报", "已报", "迟报", "未报")} == {
        "应报": "2", "已报": "1", "迟报": "1", "未报": "1",
    }  # fmt: skip
    with pytest.raises(Refused, match="已经关闭"):
        close(entered, supervisor, date(2020, 10, 26))


def test_before_the_cut_off_only_a_complete_period_is_closed(supervisor: User) -> None:
    task = make_task()
    [entered] = opening(task.plan, by=supervisor).plan_periods
    with pytest.raises(Refused, match="还有 1 份未报，2020年10月20日截止"):
        close(entered, supervisor, CUT_OFF)
    report(Duty.objects.get(), TODAY)
    assert close(entered, supervisor, CUT_OFF).state == "closed"


def test_what_was_sent_back_keeps_the_period_open_for_its_window(supervisor: User) -> None:
    unit = make_agency()
    task = make_task(leads=[unit])
    [entered] = opening(task.plan, by=supervisor).plan_periods
    watch = User.objects.get(pk=supervisor.pk)
    back = submit(Duty.objects.get(), reporter_of(unit), today=CUT_OFF)
    send_back(watch, back, today=CUT_OFF)
    with pytest.raises(Refused, match="有退回修改的还在重报期限内，最晚到2020年10月22日"):
        close(entered, supervisor, date(2020, 10, 22))
    assert close(entered, supervisor, date(2020, 10, 23)).state == "closed"


def test_reopening_wants_a_reason_and_leaves_a_trace(supervisor: User) -> None:
    task = make_task()
    [entered] = opening(task.plan, by=supervisor).plan_periods
    rights = scope_of(supervisor, TODAY)
    with pytest.raises(Refused, match="不用重新开启"):
        reopen(entered, supervisor, rights)
    close(entered, supervisor, date(2020, 10, 22))
    with pytest.raises(Refused, match="请写明重新开启的理由"):
        reopen(entered, supervisor, rights, reason=" ")
    opened = reopen(entered, supervisor, rights)
    assert (opened.state, opened.closed_on, opened.opened_on) == ("open", None, date(2020, 10, 26))
    entry = history(entered)[0]
    assert (entry.action, entry.reason) == ("重新开启报告期", "省领导要求补报")


def test_a_moved_cut_off_takes_the_marks_along_both_ways(supervisor: User) -> None:
    plan, unit, silent_unit = make_plan(), make_agency(), make_agency()
    task, silent = make_task(plan, leads=[unit]), make_task(plan, leads=[silent_unit])
    [entered] = opening(plan, by=supervisor).plan_periods
    Message.objects.all().delete()
    report(Duty.objects.get(task=task), date(2020, 10, 22))
    marks_refresh(task_ids=[silent.pk], today=date(2020, 10, 22))
    assert (mark(task), mark(silent)) == ("late", "miss")
    assert figures_of([entered.pk])[entered.pk] == Figures(2, 1, 1)
    move(entered, date(2020, 10, 23), by=supervisor, today=date(2020, 10, 22))
    assert (mark(task), mark(silent)) == ("in", "due")
    assert figures_of([entered.pk])[entered.pk] == Figures(2, 1, 0)
    move(entered, date(2020, 10, 21), by=supervisor, today=date(2020, 10, 21))
    assert (mark(task), mark(silent)) == ("late", "due")
    assert {message.agency for message in Message.objects.all()} == {silent_unit}
    assert [message.subject for message in Message.objects.order_by("pk")] == [
        "2020年前三季度截止日改为10月23日：还有 1 项未报",
        "2020年前三季度截止日改为10月21日：还有 1 项未报",
    ]
    entry = history(entered)[1]
    assert (entry.action, entry.reason) == ("改报送截止", "国庆后工作安排")
    assert entry.changes == {"报送截止": ["2020-10-20", "2020-10-23"]}


def test_each_move_is_told_also_there_and_back_on_one_day(supervisor: User) -> None:
    make_task(plan := make_plan())
    [entered] = opening(plan, by=supervisor).plan_periods
    Message.objects.all().delete()
    for day in (23, 20, 23):
        move(entered, date(2020, 10, day), by=supervisor)
    newest = Message.objects.order_by("-pk")[0]
    assert Message.objects.count() == 3
    assert "改为10月23日" in newest.subject


def test_a_cut_off_before_the_periods_end_moves_what_figures_speak_of(supervisor: User) -> None:
    plan = make_plan()
    make_task(plan)
    entered = make_plan_period(plan, "2020Q4", date(2020, 12, 20))
    assert entered.data_as_of == date(2020, 12, 20)
    moved = move(entered, date(2021, 1, 5), by=supervisor)
    assert moved.data_as_of == date(2020, 12, 31)
    assert history(entered).get().changes["数据截至"] == ["2020-12-20", "2020-12-31"]


@pytest.mark.parametrize(
    ("day", "reason", "said"),
    [
        (date(2020, 10, 11), "理由", "已经过去"),
        (CUT_OFF, "理由", "没有改动"),
        (date(2020, 10, 25), " ", "请写明改截止日的理由"),
        (date(2020, 10, 25), "长" * 501, "理由最多 500 字，现在 501 字"),
        (date(2022, 10, 25), "理由", "太远"),
    ],
)
def test_a_cut_off_that_cannot_be_moved_says_why(
    supervisor: User, day: date, reason: str, said: str
) -> None:
    entered = make_plan_period(make_plan())
    with pytest.raises(Refused, match=said):
        move(entered, day, by=supervisor, reason=reason)
    entered.refresh_from_db()
    assert entered.cut_off == CUT_OFF


def test_a_closed_periods_cut_off_stays(supervisor: User) -> None:
    entered = make_plan_period(make_plan())
    close(entered, supervisor, date(2020, 10, 21))
    with pytest.raises(Refused, match="请先重新开启"):
        move(entered, date(2020, 10, 28), by=supervisor)


def test_the_figures_of_a_past_period_stay_when_rows_are_settled_later() -> None:
    plan, unit = make_plan(), make_agency()
    over, after = make_task(plan, leads=[unit]), make_task(plan, leads=[unit])
    for task in (over, after):
        make_duty(task, unit)
    settled = {over: date(2020, 10, 19), after: date(2021, 3, 1)}
    for task, day in settled.items():
        Task.objects.filter(pk=task.pk).update(state=Task.State.CLOSED, closed_on=day)
    entered = PlanPeriod.objects.get()
    assert figures_of([entered.pk])[entered.pk] == Figures(1, 0, 0)


def rows(plan: Plan, many: int) -> None:
    unit: Agency = make_agency("省科技厅")
    for _ in range(many):
        make_task(plan, leads=[unit, make_agency()])


@pytest.mark.parametrize("act", ["open", "move", "close"])
def test_the_number_of_queries_does_not_grow_with_rows(supervisor: User, act: str) -> None:
    def queries(many: int) -> int:
        plan = make_plan()
        rows(plan, many)
        entered = None if act == "open" else opening(plan, by=supervisor).plan_periods[0]
        with CaptureQueriesContext(connection) as captured:
            if entered is None:
                opening(plan, by=supervisor)
            elif act == "move":
                move(entered, date(2020, 10, 25), by=supervisor)
            else:
                close(entered, supervisor, date(2020, 10, 26))
        return len(captured)

    queries(1)
    assert queries(2) == queries(12)


def test_supports_and_guides_are_left_alone(supervisor: User) -> None:
    task = make_task()
    Assignment.objects.create(
        task=task, agency=make_agency(), name="省审计厅", role="guide", position=9
    )
    assert opening(task.plan, by=supervisor).created == 1
