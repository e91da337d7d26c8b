"""The supervisor's answer: approved, judged, sent back; one row or many, all or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.audit.models import Entry as LogEntry
from apps.audit.selectors import breaks, history
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.notices.models import Message
from apps.plans.models import PlanPeriod
from apps.tasks.access import scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content, RowFacts
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.selectors.filling import row_facts
from apps.tasks.services.reviewing import Verdict, progress_approve, progress_judge, warnings_of
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
from tests.reporting import (
    GOOD,
    approve,
    approver_of,
    reporter_of,
    seen,
    send_back,
    submit,
    supervisor,
)

pytestmark = pytest.mark.django_db
EARLIER = date(2020, 7, 20)


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.fixture
def duty(unit: Agency) -> Duty:
    return make_duty(make_task(leads=[unit]), unit)


@pytest.fixture
def watch() -> User:
    return supervisor()


def judge(user: User, progress: Progress, said: Assessment | None, reason: str = "") -> Progress:
    verdict = Verdict(progress.pk, progress.version, said, reason)
    return progress_judge(actor=user, scope=scope_of(user, TODAY), verdict=verdict, today=TODAY)


def newest(duty: Duty) -> Progress:
    return Progress.objects.select_related("duty__task").get(duty=duty)


def last_entry(task: Task) -> LogEntry:
    entry = history(task).first()
    assert entry is not None
    return entry


def test_what_is_approved_without_a_judgement_stays_open_to_one(duty: Duty, watch: User) -> None:
    assert approve(watch, submit(duty, reporter_of(duty.agency))) == 1
    progress = newest(duty)
    assert (progress.state, progress.judgement, progress.judged_on) == ("approved", "", None)
    assert last_entry(duty.task).changes["认定"] == [None, "未核"]


def test_a_judgement_turns_the_light(duty: Duty, watch: User) -> None:
    progress = submit(duty, reporter_of(duty.agency))
    approve(watch, progress, assessment=Assessment.BEHIND, reason="电话核实")
    task = Task.objects.get()
    assert (task.light, task.light_reason) == ("amber", "认定：滞后")
    assert last_entry(task).reason == "电话核实"


def test_a_judgement_over_the_units_own_says_why(duty: Duty, watch: User) -> None:
    progress = submit(duty, reporter_of(duty.agency))
    with pytest.raises(Refused, match="认定“滞后”与自评“正常推进”不同，请写明理由"):
        approve(watch, progress, assessment=Assessment.BEHIND)
    with pytest.raises(Refused, match="认定理由最多 500 字"):
        approve(watch, progress, assessment=Assessment.NORMAL, reason="长" * 501)
    assert newest(duty).state == Progress.State.SUBMITTED
    approve(watch, progress, assessment=Assessment.NORMAL)
    assert newest(duty).judgement == Assessment.NORMAL


def test_many_are_approved_at_once_or_none_of_them(unit: Agency, watch: User) -> None:
    plan = make_plan()
    reporter = reporter_of(unit)
    first, second = (make_duty(make_task(plan, leads=[unit]), unit) for _ in range(2))
    reports = [submit(duty, reporter) for duty in (first, second)]
    submit(second, reporter)
    with pytest.raises(Conflict, match=f"第{second.task.number}项在您打开后又改过"):
        approve(watch, *reports)
    assert {p.state for p in Progress.objects.all()} == {Progress.State.SUBMITTED}
    assert approve(watch, *Progress.objects.all()) == 2
    with pytest.raises(Conflict, match="已经被别人处理过"):
        approve(watch, *Progress.objects.all())
    assert breaks() == []


def test_nothing_ticked_is_said(watch: User) -> None:
    with pytest.raises(Refused, match="没有选中任何一项"):
        approve(watch)


def test_only_a_supervisor_of_this_plan_reviews(duty: Duty) -> None:
    progress = submit(duty, reporter_of(duty.agency))
    elsewhere = make_member(
        make_agency("省财政厅"), Membership.Role.SUPERVISOR, lines=[make_line()]
    )
    for act in (approve, send_back):
        with pytest.raises(NotAllowed, match="只有本任务来源的督查员"):
            act(elsewhere, progress)
    with pytest.raises(NotAllowed):
        approve(reporter_of(duty.agency), progress)


def test_what_the_unit_has_not_signed_yet_is_not_reviewed(duty: Duty, watch: User) -> None:
    approver_of(duty.agency)
    progress = submit(duty, reporter_of(duty.agency))
    with pytest.raises(Conflict):
        approve(watch, progress)


def test_who_reviews_his_own_units_report_is_named_so() -> None:
    own = make_agency("省发展改革委")
    duty = make_duty(make_task(leads=[own]), own)
    watch = supervisor()
    send_back(watch, submit(duty, reporter_of(own)))
    assert "退回修改（本单位自督）：" in last_entry(duty.task).action
    approve(watch, submit(duty, reporter_of(own)))
    assert "审核通过（本单位自督）：" in last_entry(duty.task).action
    judge(watch, newest(duty), Assessment.NORMAL)
    assert "认定（本单位自督）：" in last_entry(duty.task).action


# Sending back


def test_sent_back_it_has_a_reason_a_window_and_no_judgement(duty: Duty, watch: User) -> None:
    progress = submit(duty, reporter_of(duty.agency))
    with pytest.raises(Refused, match="要写明理由"):
        send_back(watch, progress, reason=" ")
    with pytest.raises(Refused, match="退回理由最多 500 字"):
        send_back(watch, progress, reason="长" * 501)
    approve(watch, progress, assessment=Assessment.NORMAL)
    send_back(watch, newest(duty))
    progress = newest(duty)
    assert (progress.state, progress.return_reason) == ("returned", "请补数字")
    assert (progress.judgement, progress.judged_on) == ("", None)
    assert progress.resubmit_by == date(2020, 10, 14)
    entry = last_entry(duty.task)
    assert entry.changes["认定"] == ["正常推进", "未核"]
    assert entry.changes["状态"] == ["审核通过", "退回修改"]


def test_a_closed_period_sends_nothing_back_and_is_still_reviewed(duty: Duty, watch: User) -> None:
    progress = submit(duty, reporter_of(duty.agency))
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    with pytest.raises(Refused, match="已关闭"):
        send_back(watch, progress)
    assert approve(watch, progress) == 1


def test_each_unit_is_told_once_of_each_act(unit: Agency, watch: User) -> None:
    plan, other = make_plan(), make_agency("省财政厅")
    duties = [make_duty(make_task(plan, leads=[unit]), unit) for _ in range(2)]
    duties.append(make_duty(make_task(plan, leads=[other]), other))
    reporters = {each.pk: reporter_of(each) for each in (unit, other)}
    for duty in duties:
        submit(duty, reporters[duty.agency_id])
    send_back(watch, *Progress.objects.all())
    told = Message.objects.order_by("pk")
    assert {(m.agency, m.role, m.subject) for m in told} == {
        (unit, "reporter", "2020年前三季度进展退回修改 2 项"),
        (other, "reporter", "2020年前三季度进展退回修改 1 项"),
    }
    assert all("理由：请补数字。请最晚于10月20日重报。" in m.body for m in told)
    for duty in duties:
        submit(duty, reporters[duty.agency_id])
    send_back(watch, *Progress.objects.all())
    assert Message.objects.count() == 4


def test_a_message_names_the_rows_of_a_plan_in_one_line(unit: Agency, watch: User) -> None:
    plan, reporter = make_plan("a"), reporter_of(unit)
    for number in ("1", "2", "3"):
        submit(make_duty(make_task(plan, number=number, leads=[unit]), unit), reporter)
    approve(watch, *Progress.objects.all())
    assert Message.objects.get().body.split("\n")[1:] == ["2020年前三季度：《文件a》第1、2、3项"]


def test_the_unit_is_told_of_a_judgement_other_than_its_own(unit: Agency, watch: User) -> None:
    duty = make_duty(make_task(make_plan("a"), number="7", leads=[unit]), unit)
    submit(duty, reporter_of(unit))
    approve(watch, Progress.objects.get(), assessment=Assessment.BEHIND, reason="数据没有更新")
    said = Message.objects.get().body.split("\n")[-1]
    assert said == "第7项自评“正常推进”，认定“滞后”：数据没有更新"


# Judging afterwards


def test_a_judgement_may_follow_and_be_changed_with_a_reason(duty: Duty, watch: User) -> None:
    approve(watch, submit(duty, reporter_of(duty.agency)))
    judge(watch, newest(duty), Assessment.NORMAL)
    with pytest.raises(Refused, match="请写明理由"):
        judge(watch, newest(duty), Assessment.BEHIND)
    judge(watch, newest(duty), Assessment.BEHIND, "现场查看")
    entry = last_entry(duty.task)
    assert (entry.changes, entry.reason) == ({"认定": ["正常推进", "滞后"]}, "现场查看")
    # back to what the unit says itself: no difference to the 自评, but to what was judged
    with pytest.raises(Refused, match="改变原来的认定要写明理由"):
        judge(watch, newest(duty), Assessment.NORMAL)
    assert Task.objects.get().light == "amber"


def test_what_is_not_approved_is_not_judged(duty: Duty, watch: User) -> None:
    progress = submit(duty, reporter_of(duty.agency))
    with pytest.raises(Conflict):
        judge(watch, progress, Assessment.NORMAL)
    approve(watch, progress)
    with pytest.raises(Refused, match="请选择认定"):
        judge(watch, newest(duty), None)
    with pytest.raises(Conflict, match="又改过"):
        judge(watch, progress, Assessment.NORMAL)


def test_verdicts_differ_by_row(unit: Agency, watch: User) -> None:
    plan, reporter = make_plan(), reporter_of(unit)
    one, other = (
        submit(make_duty(make_task(plan, leads=[unit]), unit), reporter) for _ in range(2)
    )
    verdicts = [
        Verdict(one.pk, one.version, Assessment.BEHIND, "电话核实"),
        Verdict(other.pk, other.version),
    ]
    scope = scope_of(watch, TODAY)
    assert progress_approve(actor=watch, scope=scope, verdicts=verdicts, today=TODAY) == 2
    assert dict(Progress.objects.values_list("pk", "judgement")) == {
        one.pk: "behind",
        other.pk: "",
    }
    assert seen(*Progress.objects.all()) == {one.pk: 2, other.pk: 2}


# What a careful supervisor wants to see first


def warned(duty: Duty, content: Content, today: date = TODAY) -> list[str]:
    submit(duty, reporter_of(duty.agency), content, today=today)
    progress = Progress.objects.select_related("duty__plan_period").get(duty=duty)
    return warnings_of(progress, row_facts([duty])[duty.pk])


@pytest.mark.parametrize(
    ("content", "last", "sentences"),
    [
        (replace(GOOD, value=Decimal(33)), "31", []),
        (GOOD, "31", ["没有填完成值"]),
        (
            replace(GOOD, value=Decimal(30), falling_confirmed=True),
            "31",
            ["完成值比上期（31）减少"],
        ),
        (
            replace(GOOD, value=Decimal(310000)),
            "31",
            ["完成值是上期（31）的 10 倍以上，请核对单位"],
        ),
        (replace(GOOD, value=Decimal(5)), "0", []),
        (replace(GOOD, text="上期的话。", value=Decimal(31)), "31", ["与上期一字不差"]),
        (
            Content("", Assessment.NORMAL, unchanged=Progress.Unchanged.NOT_READY),
            "31",
            ["同上期，无新增进展：条件不具备"],
        ),
        (
            Content("难。", Assessment.DIFFICULT, Decimal(31), "缺人。", "补人。"),
            "31",
            ["自评有困难"],
        ),
        (
            replace(GOOD, self_assessment=Assessment.DONE, value=Decimal(40)),
            "31",
            ["自评已完成，请核实"],
        ),
    ],
)
def test_a_report_that_needs_a_look_of_its_own_says_why(
    duty: Duty, content: Content, last: str, sentences: list[str]
) -> None:
    make_figure(duty.task, duty.agency)
    before = make_duty(duty.task, duty.agency, code="2020Q2", cut_off=EARLIER)
    earlier = Content("上期的话。", Assessment.NORMAL, Decimal(last))
    submit(before, reporter_of(duty.agency), earlier, today=EARLIER)
    assert warned(duty, content) == sentences


def test_a_late_one_says_so(duty: Duty) -> None:
    assert warned(duty, GOOD, today=date(2020, 10, 21)) == ["迟报（10月21日）"]


def test_one_put_together_without_a_part_or_typed_for_the_unit_says_so(duty: Duty) -> None:
    progress = submit(duty, reporter_of(duty.agency))
    progress.whole_missing, progress.entered_by = ["省财政厅"], "张督查"
    assert warnings_of(progress, RowFacts(None, None)) == ["由张督查代录", "汇总时缺省财政厅"]
