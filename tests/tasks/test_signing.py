"""The unit's own sign-off: one step or several, on screen or on paper."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest

from apps.accounts.models import Membership, SignStep, User
from apps.agencies.models import Agency
from apps.audit.selectors import history
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.notices.models import Message
from apps.ops.services import file_keep
from apps.plans.models import PlanPeriod
from apps.tasks.access import scope_of
from apps.tasks.models import Duty, Progress, Signature, Task
from apps.tasks.selectors.filling import Step, sign_steps, step_at
from apps.tasks.services.signing import PaperSign, paper_sign, progress_sign, waiting_realign
from tests.builders import TODAY, make_agency, make_duty, make_member, make_task
from tests.reporting import (
    approver_of,
    reporter_of,
    return_inside,
    seen,
    send_back,
    sign,
    submit,
    supervisor,
)

pytestmark = pytest.mark.django_db
POSTS = ("科室负责人", "分管领导", "主要领导")
PAPER = PaperSign(signer="王主任", post="主要领导", signed_on=TODAY)


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.fixture
def duty(unit: Agency) -> Duty:
    return make_duty(make_task(leads=[unit]), unit)


@pytest.fixture
def _three_steps(unit: Agency) -> None:
    SignStep.objects.bulk_create(
        SignStep(agency=unit, position=place, post=post)
        for place, post in enumerate(POSTS, start=1)
    )


def fresh(progress: Progress) -> Progress:
    return Progress.objects.select_related("duty__task").get(pk=progress.pk)


def on_paper(user: User, *reports: Progress, paper: PaperSign = PAPER, today: date = TODAY) -> int:
    scope = scope_of(user, today)
    return paper_sign(actor=user, scope=scope, seen=seen(*reports), paper=paper, today=today)


def test_with_an_approver_and_no_steps_laid_down_one_signature_hands_it_on(duty: Duty) -> None:
    approver = approver_of(duty.agency)
    progress = submit(duty, reporter_of(duty.agency))
    assert progress.state == Progress.State.SIGNING
    assert Task.objects.get().report_mark == "due"
    assert sign(approver, progress) == 1
    progress = fresh(progress)
    assert (progress.state, progress.signed_by) == ("submitted", approver.name)
    assert Task.objects.get().report_mark == "in"
    signature = Signature.objects.get()
    assert (signature.post, signature.version, signature.on_paper) == ("审签人", 1, False)


def test_an_approver_whose_role_has_ended_is_no_step(duty: Duty) -> None:
    approver_of(duty.agency).memberships.update(ends_on=TODAY - timedelta(days=1))
    assert submit(duty, reporter_of(duty.agency)).state == Progress.State.SUBMITTED


@pytest.mark.usefixtures("_three_steps")
def test_each_step_signs_in_its_turn_and_the_last_hands_it_on(duty: Duty) -> None:
    approvers = [approver_of(duty.agency, step) for step in (1, 2, 3)]
    progress = submit(duty, reporter_of(duty.agency))
    for step, approver in enumerate(approvers, start=1):
        progress = fresh(progress)
        assert (progress.state, progress.sign_step) == ("signing", step)
        assert progress.delivered_on is None
        for other in approvers:
            assert scope_of(other, TODAY).may_sign(progress) == (other == approver)
            mine = Progress.objects.filter(scope_of(other, TODAY).waits_for_me())
            assert mine.exists() == (other == approver)
        early = [other for other in approvers if other != approver]
        with pytest.raises(NotAllowed, match="不在您负责的审签环节"):
            sign(early[0], progress)
        sign(approver, progress)
    assert fresh(progress).state == Progress.State.SUBMITTED
    signed = Signature.objects.order_by("pk").values_list("post", flat=True)
    assert tuple(signed) == POSTS
    told = [entry.changes for entry in history(duty.task).order_by("chain_no")]
    assert [changes.get("审签环节") for changes in told] == [None, *([None, p] for p in POSTS)]


@pytest.mark.usefixtures("_three_steps")
def test_sent_back_by_the_second_it_starts_with_the_first_again(duty: Duty) -> None:
    approvers = [approver_of(duty.agency, step) for step in (1, 2)]
    reporter = reporter_of(duty.agency)
    progress = submit(duty, reporter)
    sign(approvers[0], progress)
    return_inside(approvers[1], fresh(progress))
    again = submit(duty, reporter)
    assert (again.state, again.sign_step) == ("signing", 1)


@pytest.mark.usefixtures("_three_steps")
def test_a_step_nobody_signs_on_screen_waits_for_paper(duty: Duty) -> None:
    reporter = reporter_of(duty.agency)
    progress = submit(duty, reporter)
    assert progress.state == Progress.State.SIGNING
    scan = file_keep(source=io.BytesIO(b"scan"))
    paper = PaperSign("王主任", "主要领导", TODAY, scan, "签批单.pdf")
    assert on_paper(reporter, progress, paper=paper) == 1
    progress = fresh(progress)
    assert (progress.state, progress.signed_by) == ("submitted", "王主任")
    signature = Signature.objects.get()
    assert signature.on_paper
    assert (signature.registered_by, signature.scan_name) == (reporter.name, "签批单.pdf")
    entry = history(duty.task).first()
    assert entry is not None
    assert entry.changes["线下审签"] == [None, "主要领导 王主任 2020-10-12"]


@pytest.mark.usefixtures("_three_steps")
def test_paper_signs_all_steps_that_are_left(duty: Duty) -> None:
    approver = approver_of(duty.agency, 1)
    progress = submit(duty, reporter_of(duty.agency))
    sign(approver, progress)
    on_paper(approver, fresh(progress))
    assert fresh(progress).state == Progress.State.SUBMITTED
    assert Signature.objects.count() == 2


@pytest.mark.parametrize("role", ["reporter", "approver", "unit_admin"])
def test_the_units_own_people_register_paper(duty: Duty, role: str) -> None:
    approver_of(duty.agency)
    progress = submit(duty, reporter_of(duty.agency))
    assert on_paper(make_member(duty.agency, role), progress) == 1


def test_the_plans_supervisor_registers_paper_and_nobody_else(duty: Duty) -> None:
    approver_of(duty.agency)
    progress = submit(duty, reporter_of(duty.agency))
    stranger = reporter_of(make_agency("省财政厅"))
    with pytest.raises(NotAllowed, match="线下审签"):
        on_paper(stranger, progress)
    leader = make_member(duty.agency, Membership.Role.LEADER)
    with pytest.raises(NotAllowed):
        on_paper(leader, progress)
    assert on_paper(supervisor(), progress) == 1


@pytest.mark.parametrize(
    ("paper", "sentence"),
    [
        (PaperSign(" ", "主要领导", TODAY), "请填写审签人"),
        (PaperSign("王", "", TODAY), "请填写岗位"),
        (PaperSign("王" * 41, "主要领导", TODAY), "审签人最多 40 字"),
        (PaperSign("王", "主" * 21, TODAY), "岗位最多 20 字"),
        (PaperSign("王", "主要领导", TODAY + timedelta(days=1)), "不能晚于今天"),
        (PaperSign("王", "主要领导", TODAY - timedelta(days=1)), "不能早于报送日期"),
    ],
)
def test_what_cannot_stand_on_paper_is_refused(duty: Duty, paper: PaperSign, sentence: str) -> None:
    approver_of(duty.agency)
    reporter = reporter_of(duty.agency)
    progress = submit(duty, reporter)
    with pytest.raises(Refused, match=sentence):
        on_paper(reporter, progress, paper=paper)
    assert fresh(progress).state == Progress.State.SIGNING
    assert not Signature.objects.exists()


def test_the_approver_sends_back_with_a_reason_only(duty: Duty) -> None:
    approver = approver_of(duty.agency)
    progress = submit(duty, reporter_of(duty.agency))
    with pytest.raises(Refused, match="写明理由"):
        return_inside(approver, progress, reason=" ")
    with pytest.raises(Refused, match="退回理由最多 500 字，现在 501 字"):
        return_inside(approver, progress, reason="长" * 501)
    assert fresh(progress).state == Progress.State.SIGNING
    return_inside(approver, progress)
    progress = fresh(progress)
    assert (progress.state, progress.return_reason) == ("returned", "数字不对")
    message = Message.objects.get()
    assert (message.agency, message.role) == (duty.agency, "reporter")


def test_what_somebody_else_already_signed_is_said(duty: Duty) -> None:
    approver = approver_of(duty.agency)
    progress = submit(duty, reporter_of(duty.agency))
    sign(approver, progress)
    with pytest.raises(Conflict, match="已经被别人处理过"):
        sign(approver, progress)


def test_nobody_answers_for_a_text_they_have_not_read(duty: Duty) -> None:
    approver, reporter = approver_of(duty.agency), reporter_of(duty.agency)
    other = make_duty(make_task(duty.task.plan, leads=[duty.agency]), duty.agency)
    before = seen(*[submit(each, reporter) for each in (duty, other)])
    submit(duty, reporter)
    changed = f"第{duty.task.number}项在您打开后又改过，没有处理"
    with pytest.raises(Conflict, match=changed):
        progress_sign(actor=approver, scope=scope_of(approver, TODAY), seen=before, today=TODAY)
    assert {p.state for p in Progress.objects.all()} == {Progress.State.SIGNING}
    assert sign(approver, *Progress.objects.all()) == 2


def test_a_closed_period_takes_no_signature(duty: Duty) -> None:
    approver = approver_of(duty.agency)
    progress = submit(duty, reporter_of(duty.agency))
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    for act in (sign, return_inside, on_paper):
        with pytest.raises(Refused, match="已关闭，不能再改"):
            act(approver, progress)
    assert fresh(progress).state == Progress.State.SIGNING


def test_every_act_is_logged_from_state_to_state(duty: Duty) -> None:
    approver, reporter, watch = approver_of(duty.agency), reporter_of(duty.agency), supervisor()
    return_inside(approver, submit(duty, reporter))
    sign(approver, submit(duty, reporter))
    send_back(watch, Progress.objects.get())
    entries = list(history(duty.task).order_by("chain_no"))
    assert [entry.changes["状态"] for entry in entries] == [
        [None, "待单位审签"],
        ["待单位审签", "退回修改"],
        ["退回修改", "待单位审签"],
        ["待单位审签", "待审核"],
        ["待审核", "退回修改"],
    ]
    assert {entry.about_agency_id for entry in entries} == {str(duty.agency_id)}


def test_steps_of_units_with_and_without_approvers(unit: Agency) -> None:
    plain, none = make_agency("省财政厅"), make_agency("省教育厅")
    approver_of(plain)
    SignStep.objects.create(agency=unit, position=2, post="分管领导")
    SignStep.objects.create(agency=unit, position=1, post="科室负责人")
    found = sign_steps([unit.pk, plain.pk, none.pk], TODAY)
    assert found[unit.pk] == (Step(1, "科室负责人"), Step(2, "分管领导"))
    assert found[plain.pk] == (Step(1, "审签人"),)
    assert found[none.pk] == ()


def test_a_step_that_was_given_up_meanwhile_is_the_next_one_there_is() -> None:
    steps = (Step(1, "科室负责人"), Step(3, "主要领导"))
    assert step_at(steps, 2).post == "主要领导"
    assert step_at(steps, 9).post == "主要领导"


@pytest.mark.usefixtures("_three_steps")
def test_what_waits_at_a_step_given_up_waits_at_the_last(duty: Duty) -> None:
    first, second = approver_of(duty.agency, 1), approver_of(duty.agency, 2)
    progress = submit(duty, reporter_of(duty.agency))
    sign(first, progress)
    sign(second, fresh(progress))
    assert fresh(progress).sign_step == 3
    SignStep.objects.filter(position=3).delete()
    assert waiting_realign(agency_id=duty.agency_id) == 1
    sign(second, fresh(progress))
    assert fresh(progress).state == Progress.State.SUBMITTED
    assert waiting_realign(agency_id=duty.agency_id) == 0


def test_an_approver_of_a_step_given_up_signs_where_no_steps_are_left(duty: Duty) -> None:
    approver = approver_of(duty.agency, step=3)
    assert sign(approver, submit(duty, reporter_of(duty.agency))) == 1
