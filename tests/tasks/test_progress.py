"""进展: recorded once, handed on, judged; whoever is late with an old page loses nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.audit.selectors import breaks, history
from apps.common.actor import COMMAND_LINE
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.plans.models import PlanPeriod
from apps.tasks.access import Scope, scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.services.progress import (
    Content,
    Judgement,
    duties_create,
    progress_return,
    progress_review,
    progress_sign,
    progress_submit,
)
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_figure,
    make_line,
    make_member,
    make_plan_period,
    make_task,
)

pytestmark = pytest.mark.django_db
GOOD = Content(text="已完成第一批。", self_assessment=Assessment.NORMAL)


def reporter_of(agency: Agency) -> User:
    return make_member(agency, Membership.Role.REPORTER)


def scope(user: User) -> Scope:
    return scope_of(user, TODAY)


def submit(
    duty: Duty, user: User, content: Content = GOOD, *, seen: int = 0, today: date = TODAY
) -> Progress:
    return progress_submit(
        actor=user, scope=scope(user), duty=duty, content=content, seen_version=seen, today=today
    )


def seen(*reports: Progress) -> dict[int, int]:
    """What an approver posts who had these before them."""
    return {progress.pk: progress.version for progress in reports}


@pytest.fixture
def duty() -> Duty:
    agency = make_agency("省科技厅")
    return make_duty(make_task(leads=[agency]), agency)


def test_a_unit_without_an_approver_reports_straight_to_the_supervisor(duty: Duty) -> None:
    progress = submit(duty, reporter_of(duty.agency))
    assert progress.state == Progress.State.SUBMITTED
    task = Task.objects.get(pk=duty.task_id)
    assert (task.report_mark, task.report_label) == ("in", "已报")
    assert task.last_progress == progress


def test_a_unit_with_an_approver_signs_first(duty: Duty) -> None:
    approver = make_member(duty.agency, Membership.Role.APPROVER)
    progress = submit(duty, reporter_of(duty.agency))
    assert progress.state == Progress.State.SIGNING
    assert Task.objects.get().report_mark == "due"
    signed = progress_sign(actor=approver, scope=scope(approver), seen=seen(progress), today=TODAY)
    progress.refresh_from_db()
    assert (signed, progress.state, progress.signed_by) == (1, "submitted", approver.name)
    assert Task.objects.get().report_mark == "in"


def test_signed_after_the_cut_off_is_on_time_when_it_was_written_before(duty: Duty) -> None:
    approver = make_member(duty.agency, Membership.Role.APPROVER)
    progress = submit(duty, reporter_of(duty.agency))
    after = date(2020, 10, 22)
    progress_sign(actor=approver, scope=scope(approver), seen=seen(progress), today=after)
    assert Task.objects.get().report_mark == "in"


def test_the_log_tells_what_was_reported(duty: Duty) -> None:
    user = reporter_of(duty.agency)
    submit(duty, user)
    entry = history(duty.task).first()
    assert entry is not None
    assert entry.changes["本期进展"] == [None, GOOD.text]
    assert (entry.actor_name, entry.agency_name) == (user.name, "省科技厅")
    assert breaks() == []


def test_another_unit_cannot_report_for_it(duty: Duty) -> None:
    stranger = reporter_of(make_agency("省档案局"))
    with pytest.raises(NotAllowed, match="本单位填报员"):
        submit(duty, stranger)
    assert not Progress.objects.exists()


def test_an_approver_is_no_reporter(duty: Duty) -> None:
    with pytest.raises(NotAllowed):
        submit(duty, make_member(duty.agency, Membership.Role.APPROVER))


def test_the_second_of_two_people_is_told_and_overwrites_nothing(duty: Duty) -> None:
    first, second = reporter_of(duty.agency), reporter_of(duty.agency)
    submit(duty, first)
    with pytest.raises(Conflict, match="别人已改过"):
        submit(duty, second, Content(text="我写的", self_assessment=Assessment.NORMAL))
    assert Progress.objects.get().text == GOOD.text


def test_a_report_may_be_changed_until_it_is_approved(duty: Duty) -> None:
    user = reporter_of(duty.agency)
    submit(duty, user)
    changed = submit(
        duty, user, Content(text="又完成一批。", self_assessment=Assessment.AHEAD), seen=1
    )
    assert (changed.text, changed.version) == ("又完成一批。", 2)
    assert history(duty.task).count() == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (Content(text=" ", self_assessment=Assessment.NORMAL), "请填写本期进展"),
        (
            Content(text="字" * 2001, self_assessment=Assessment.NORMAL),
            "最多 2000 字，现在 2001 字",
        ),
        (Content(text="好", self_assessment=Assessment.BEHIND), "请填写存在问题"),
        (
            Content(text="好", self_assessment=Assessment.DIFFICULT, problems="缺人"),
            "请填写下一步措施",
        ),
        (
            Content(text="好", self_assessment=Assessment.NORMAL, value=Decimal(3)),
            "没有可填的完成值",
        ),
    ],
)
def test_what_cannot_be_accepted_is_said_and_nothing_is_saved(
    duty: Duty, content: Content, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        submit(duty, reporter_of(duty.agency), content)
    assert not Progress.objects.exists()
    assert history(duty.task).count() == 0


def test_a_value_below_zero_is_refused(duty: Duty) -> None:
    make_figure(duty.task, duty.agency)
    with pytest.raises(Refused, match="不能小于零"):
        submit(
            duty,
            reporter_of(duty.agency),
            Content(text="好", self_assessment=Assessment.NORMAL, value=Decimal(-1)),
        )


def test_more_than_the_target_is_possible(duty: Duty) -> None:
    figure = make_figure(duty.task, duty.agency, target="200")
    progress = submit(
        duty,
        reporter_of(duty.agency),
        Content(text="好", self_assessment=Assessment.NORMAL, value=Decimal(203)),
    )
    assert progress.value is not None
    assert figure.share(progress.value) == Decimal("101.5")


def test_a_closed_period_takes_no_report(duty: Duty) -> None:
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    with pytest.raises(Refused, match="已关闭"):
        submit(duty, reporter_of(duty.agency))


def test_a_closed_task_takes_no_report(duty: Duty) -> None:
    Task.objects.update(state=Task.State.CLOSED)
    with pytest.raises(Refused, match="已办结"):
        submit(duty, reporter_of(duty.agency))


def test_after_the_cut_off_it_is_possible_and_late(duty: Duty) -> None:
    submit(duty, reporter_of(duty.agency), today=date(2020, 10, 21))
    assert Task.objects.get().report_mark == "late"


def test_the_cut_off_day_is_still_on_time(duty: Duty) -> None:
    submit(duty, reporter_of(duty.agency), today=date(2020, 10, 20))
    assert Task.objects.get().report_mark == "in"


def test_the_approver_sends_back_with_a_reason_only(duty: Duty) -> None:
    approver = make_member(duty.agency, Membership.Role.APPROVER)
    progress = submit(duty, reporter_of(duty.agency))
    with pytest.raises(Refused, match="写明理由"):
        progress_return(
            actor=approver, scope=scope(approver), seen=seen(progress), reason=" ", today=TODAY
        )
    progress_return(
        actor=approver, scope=scope(approver), seen=seen(progress), reason="数字不对", today=TODAY
    )
    progress.refresh_from_db()
    assert (progress.state, progress.return_reason) == ("returned", "数字不对")


def test_a_report_sent_back_and_resubmitted_keeps_its_first_day(duty: Duty) -> None:
    user = reporter_of(duty.agency)
    supervisor = make_member(
        make_agency("省发展改革委"), Membership.Role.SUPERVISOR, lines=[make_line()]
    )
    progress = submit(duty, user)
    progress_review(
        actor=supervisor,
        scope=scope(supervisor),
        progress_id=progress.pk,
        verdict=Judgement(approve=False, reason="请补数字"),
        today=date(2020, 10, 19),
    )
    again = submit(duty, user, seen=2, today=date(2020, 10, 21))
    assert (again.first_submitted_on, again.submitted_on) == (TODAY, date(2020, 10, 21))
    assert Task.objects.get().report_mark == "in"


def test_a_judgement_turns_the_light(duty: Duty) -> None:
    supervisor = make_member(
        make_agency("省发展改革委"), Membership.Role.SUPERVISOR, lines=[make_line()]
    )
    progress = submit(duty, reporter_of(duty.agency))
    progress_review(
        actor=supervisor,
        scope=scope(supervisor),
        progress_id=progress.pk,
        verdict=Judgement(approve=True, assessment=Assessment.BEHIND, reason="电话核实"),
        today=TODAY,
    )
    task = Task.objects.get()
    assert (task.light, task.light_reason) == ("amber", "认定：滞后")
    assert task.light_facts["who"] == f"省科技厅报，{supervisor.name}认定"


def test_only_a_supervisor_of_this_plan_reviews(duty: Duty) -> None:
    elsewhere = make_member(
        make_agency("省财政厅"), Membership.Role.SUPERVISOR, lines=[make_line()]
    )
    progress = submit(duty, reporter_of(duty.agency))
    with pytest.raises(NotAllowed):
        progress_review(
            actor=elsewhere,
            scope=scope(elsewhere),
            progress_id=progress.pk,
            verdict=Judgement(approve=True, assessment=Assessment.NORMAL),
            today=TODAY,
        )


def test_what_somebody_else_already_signed_is_said(duty: Duty) -> None:
    approver = make_member(duty.agency, Membership.Role.APPROVER)
    progress = submit(duty, reporter_of(duty.agency))
    progress_sign(actor=approver, scope=scope(approver), seen=seen(progress), today=TODAY)
    with pytest.raises(Conflict, match="已经被别人处理过"):
        progress_sign(actor=approver, scope=scope(approver), seen=seen(progress), today=TODAY)


def test_nobody_answers_for_a_text_they_have_not_read(duty: Duty) -> None:
    approver = make_member(duty.agency, Membership.Role.APPROVER)
    reporter = reporter_of(duty.agency)
    other = make_duty(make_task(duty.task.plan, leads=[duty.agency]), duty.agency)
    reports = [submit(duty, reporter), submit(other, reporter)]
    before = seen(*reports)
    submit(duty, reporter, Content(text="又改了。", self_assessment=Assessment.NORMAL), seen=1)
    changed = f"第{duty.task.number}项在您打开后又改过，没有处理"
    with pytest.raises(Conflict, match=changed):
        progress_sign(actor=approver, scope=scope(approver), seen=before, today=TODAY)
    with pytest.raises(Conflict, match=changed):
        progress_return(
            actor=approver, scope=scope(approver), seen=before, reason="数字不对", today=TODAY
        )
    assert {p.state for p in Progress.objects.all()} == {Progress.State.SIGNING}
    read = seen(*Progress.objects.all())
    assert progress_sign(actor=approver, scope=scope(approver), seen=read, today=TODAY) == 2


def test_every_step_is_logged_from_state_to_state(duty: Duty) -> None:
    approver = make_member(duty.agency, Membership.Role.APPROVER)
    supervisor = make_member(
        make_agency("省发展改革委"), Membership.Role.SUPERVISOR, lines=[make_line()]
    )
    user = reporter_of(duty.agency)
    progress = submit(duty, user)
    progress_return(
        actor=approver, scope=scope(approver), seen=seen(progress), reason="数字不对", today=TODAY
    )
    again = submit(duty, user, seen=2)
    progress_sign(actor=approver, scope=scope(approver), seen=seen(again), today=TODAY)
    progress_review(
        actor=supervisor,
        scope=scope(supervisor),
        progress_id=progress.pk,
        verdict=Judgement(approve=True, assessment=Assessment.BEHIND),
        today=TODAY,
    )
    entries = list(history(duty.task).order_by("chain_no"))
    assert [entry.changes["状态"] for entry in entries] == [
        [None, "待单位审签"],
        ["待单位审签", "退回修改"],
        ["退回修改", "待单位审签"],
        ["待单位审签", "待审核"],
        ["待审核", "审核通过"],
    ]
    assert entries[-1].changes["认定"] == [None, "滞后"]
    assert {entry.about_agency_id for entry in entries} == {str(duty.agency_id)}


def test_an_earlier_judgement_is_logged_as_what_it_was(duty: Duty) -> None:
    supervisor = make_member(
        make_agency("省发展改革委"), Membership.Role.SUPERVISOR, lines=[make_line()]
    )
    progress = submit(duty, reporter_of(duty.agency))
    Progress.objects.update(judgement=Assessment.NORMAL, judged_on=TODAY)
    progress_review(
        actor=supervisor,
        scope=scope(supervisor),
        progress_id=progress.pk,
        verdict=Judgement(approve=True, assessment=Assessment.BEHIND),
        today=TODAY,
    )
    entry = history(duty.task).first()
    assert entry is not None
    assert entry.changes["认定"] == ["正常推进", "滞后"]


def test_a_reason_that_would_be_cut_is_refused(duty: Duty) -> None:
    approver = make_member(duty.agency, Membership.Role.APPROVER)
    progress = submit(duty, reporter_of(duty.agency))
    long = "长" * 501
    with pytest.raises(Refused, match="退回理由最多 500 字，现在 501 字"):
        progress_return(
            actor=approver, scope=scope(approver), seen=seen(progress), reason=long, today=TODAY
        )
    progress.refresh_from_db()
    assert progress.state == Progress.State.SIGNING


@pytest.mark.parametrize(
    ("approve", "sentence"), [(True, "认定理由最多 500 字"), (False, "退回理由最多 500 字")]
)
def test_a_supervisors_reason_that_is_too_long_is_refused(
    duty: Duty, approve: bool, sentence: str
) -> None:
    supervisor = make_member(
        make_agency("省发展改革委"), Membership.Role.SUPERVISOR, lines=[make_line()]
    )
    progress = submit(duty, reporter_of(duty.agency))
    verdict = Judgement(approve=approve, assessment=Assessment.NORMAL, reason="长" * 501)
    with pytest.raises(Refused, match=sentence):
        progress_review(
            actor=supervisor,
            scope=scope(supervisor),
            progress_id=progress.pk,
            verdict=verdict,
            today=TODAY,
        )
    progress.refresh_from_db()
    assert progress.state == Progress.State.SUBMITTED


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("100000000000000", "小数点前最多 14 位"),
        ("99999999999999.99995", "小数点前最多 14 位"),
        ("1e30", "小数点前最多 14 位"),
        ("NaN", "只填数字"),
        ("Infinity", "只填数字"),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_refused(
    duty: Duty, value: str, sentence: str
) -> None:
    make_figure(duty.task, duty.agency)
    content = Content(text="好", self_assessment=Assessment.NORMAL, value=Decimal(value))
    with pytest.raises(Refused, match=sentence):
        submit(duty, reporter_of(duty.agency), content)


def test_the_largest_value_is_taken(duty: Duty) -> None:
    make_figure(duty.task, duty.agency)
    largest = Decimal("99999999999999.9999")
    content = Content(text="好", self_assessment=Assessment.NORMAL, value=largest)
    submit(duty, reporter_of(duty.agency), content)
    assert Progress.objects.get().value == largest


def test_what_is_owed_is_logged_once_for_its_period() -> None:
    units = [make_agency("省科技厅"), make_agency("省财政厅")]
    task = make_task(leads=units)
    period = make_plan_period(task.plan)
    pairs = [(task.pk, unit.pk) for unit in units]

    def owed(some: list[tuple[int, int]]) -> int:
        return duties_create(actor=COMMAND_LINE, today=TODAY, plan_period=period, pairs=some)

    assert [owed(pairs[:1]), owed(pairs), owed(pairs)] == [1, 1, 0]
    told = [(entry.action, entry.changes) for entry in history(period)]
    assert told == [
        ("产生应报 1 份", {"应报": ["1", "2"]}),
        ("产生应报 1 份", {"应报": [None, "1"]}),
    ]
