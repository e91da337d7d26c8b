"""Which day is held against the cut-off: each way a report can come in, come back, come again."""

from __future__ import annotations

from datetime import date

import pytest

from apps.notices.models import Message
from apps.plans.models import PlanPolicy
from apps.tasks.counted import counted_day
from apps.tasks.models import Duty, Progress
from apps.tasks.selectors.periods import figures_of
from tests.builders import make_agency, make_duty, make_task
from tests.reporting import (
    GOOD,
    approver_of,
    reporter_of,
    return_inside,
    send_back,
    sign,
    submit,
    supervisor,
    version_of,
)


def october(day: int) -> date:
    return date(2020, 10, day)


CUT_OFF = october(20)


@pytest.mark.parametrize(
    ("counted", "came", "resubmit_by", "held"),
    [
        # the first time
        (None, 19, None, 19),
        (None, 20, None, 20),
        (None, 21, None, 21),
        (None, 22, 23, 22),
        # written anew by the unit itself
        (12, 25, None, 12),
        (21, 25, None, 21),
        # sent back: the cut-off or the window, whichever is later
        (12, 20, 14, 12),
        (12, 21, 14, 21),
        (12, 21, 21, 12),
        (12, 22, 22, 12),
        (12, 23, 22, 23),
        # late once stays late
        (21, 22, 22, 21),
        (21, 26, 22, 26),
    ],
)
def test_the_day_that_counts(
    counted: int | None, came: int, resubmit_by: int | None, held: int
) -> None:
    day = counted_day(
        october(counted) if counted else None,
        october(came),
        cut_off=CUT_OFF,
        resubmit_by=october(resubmit_by) if resubmit_by else None,
    )
    assert day == october(held)


@pytest.fixture
def duty(db: None) -> Duty:  # noqa: ARG001  # rows
    agency = make_agency("省科技厅")
    return make_duty(make_task(leads=[agency]), agency)


def held(duty: Duty) -> date | None:
    return Progress.objects.get(duty=duty).counted_on


def newest(duty: Duty) -> Progress:
    return Progress.objects.get(duty=duty)


# 12 October 2020 is a Monday; two working days after Monday 19 is Wednesday 21


@pytest.mark.parametrize(("again", "counted"), [(20, 12), (21, 12), (22, 22)])
def test_a_report_sent_back_has_two_working_days(duty: Duty, again: int, counted: int) -> None:
    reporter, watch = reporter_of(duty.agency), supervisor()
    progress = submit(duty, reporter, today=october(12))
    send_back(watch, progress, today=october(19))
    assert newest(duty).resubmit_by == october(21)
    submit(duty, reporter, today=october(again))
    assert held(duty) == october(counted)
    assert newest(duty).resubmit_by is None


def test_the_window_leaves_out_days_off(duty: Duty) -> None:
    # Friday 23 October: Monday and Tuesday are the two working days after it
    send_back(supervisor(), submit(duty, reporter_of(duty.agency)), today=october(23))
    assert newest(duty).resubmit_by == october(27)


def test_the_window_is_as_long_as_the_plan_says(duty: Duty) -> None:
    PlanPolicy.objects.update(resubmission_days=5)
    send_back(supervisor(), submit(duty, reporter_of(duty.agency)), today=october(19))
    assert newest(duty).resubmit_by == october(26)


@pytest.mark.parametrize(("again", "counted"), [(21, 12), (22, 22)])
def test_sent_back_inside_the_unit_it_has_the_same_window(
    duty: Duty, again: int, counted: int
) -> None:
    reporter, approver = reporter_of(duty.agency), approver_of(duty.agency)
    return_inside(approver, submit(duty, reporter, today=october(12)), today=october(19))
    sign(approver, submit(duty, reporter, today=october(again)), today=october(28))
    assert held(duty) == october(counted)


def test_the_first_submission_counts_whenever_it_is_signed(duty: Duty) -> None:
    approver = approver_of(duty.agency)
    sign(approver, submit(duty, reporter_of(duty.agency)), today=october(28))
    assert held(duty) == october(12)


def test_writing_it_anew_unasked_changes_no_day(duty: Duty) -> None:
    reporter = reporter_of(duty.agency)
    submit(duty, reporter, today=october(12))
    submit(duty, reporter, today=october(28))
    assert held(duty) == october(12)


# by sign-off


@pytest.fixture
def _by_sign_off(duty: Duty) -> None:
    PlanPolicy.objects.filter(plan=duty.task.plan).update(on_time_by="sign_off")


@pytest.mark.usefixtures("_by_sign_off")
@pytest.mark.parametrize(("signed", "counted"), [(19, 19), (22, 22)])
def test_by_sign_off_the_day_of_the_signature_counts(duty: Duty, signed: int, counted: int) -> None:
    approver = approver_of(duty.agency)
    progress = submit(duty, reporter_of(duty.agency), today=october(12))
    assert held(duty) is None
    sign(approver, progress, today=october(signed))
    assert held(duty) == october(counted)


@pytest.mark.usefixtures("_by_sign_off")
@pytest.mark.parametrize(("signed_again", "counted"), [(21, 13), (22, 22)])
def test_by_sign_off_the_window_runs_until_the_signature(
    duty: Duty, signed_again: int, counted: int
) -> None:
    reporter, approver, watch = reporter_of(duty.agency), approver_of(duty.agency), supervisor()
    sign(approver, submit(duty, reporter, today=october(12)), today=october(13))
    send_back(watch, newest(duty), today=october(19))
    again = submit(duty, reporter, today=october(20))
    sign(approver, again, today=october(signed_again))
    assert held(duty) == october(counted)


@pytest.mark.usefixtures("_by_sign_off")
def test_by_sign_off_a_unit_nobody_signs_for_counts_its_submission(duty: Duty) -> None:
    submit(duty, reporter_of(duty.agency), today=october(12))
    assert held(duty) == october(12)


def test_others_read_the_old_day_until_the_new_text_is_signed(duty: Duty) -> None:
    reporter, approver, watch = reporter_of(duty.agency), approver_of(duty.agency), supervisor()
    sign(approver, submit(duty, reporter, today=october(12)), today=october(12))
    send_back(watch, newest(duty), today=october(19))
    again = submit(duty, reporter, GOOD, seen_version=version_of(duty), today=october(28))
    left = again.as_delivered
    assert left is not None
    assert (left.counted_on, again.counted_on) == (october(12), october(28))
    sign(approver, again, today=october(28))
    assert newest(duty).counted_on == october(28)


@pytest.mark.usefixtures("_by_sign_off")
def test_by_sign_off_the_approver_cannot_make_the_supervisors_window_longer(duty: Duty) -> None:
    reporter, approver, watch = reporter_of(duty.agency), approver_of(duty.agency), supervisor()
    sign(approver, submit(duty, reporter, today=october(19)), today=october(19))
    send_back(watch, newest(duty), today=october(21))
    return_inside(approver, submit(duty, reporter, today=october(22)), today=october(23))
    assert newest(duty).resubmit_by == october(23)
    again = submit(duty, reporter, today=october(26))
    # the window is over: no day is promised any more
    return_inside(approver, again, today=october(26))
    bodies = Message.objects.order_by("pk").values_list("body", flat=True)
    assert ["请最晚于10月23日重报" in body for body in bodies] == [True, True, False]
    sign(approver, submit(duty, reporter, today=october(26)), today=october(26))
    assert held(duty) == october(26)


@pytest.mark.parametrize(("again", "counted"), [(21, 12), (26, 26)])
def test_a_plan_that_goes_over_to_submissions_counts_those_that_wait_by_them(
    duty: Duty, again: int, counted: int
) -> None:
    reporter, approver, watch = reporter_of(duty.agency), approver_of(duty.agency), supervisor()
    PlanPolicy.objects.update(on_time_by="sign_off")
    sign(approver, submit(duty, reporter, today=october(12)), today=october(12))
    send_back(watch, newest(duty), today=october(19))
    submit(duty, reporter, today=october(again))
    PlanPolicy.objects.update(on_time_by="submission")
    sign(approver, newest(duty), today=october(28))
    assert held(duty) == october(counted)


def test_a_first_report_that_waits_counts_by_its_submission_then_too(duty: Duty) -> None:
    reporter, approver = reporter_of(duty.agency), approver_of(duty.agency)
    PlanPolicy.objects.update(on_time_by="sign_off")
    submit(duty, reporter, today=october(19))
    PlanPolicy.objects.update(on_time_by="submission")
    sign(approver, newest(duty), today=october(23))
    assert held(duty) == october(19)


def test_figures_go_by_the_day_of_what_has_left_the_unit(duty: Duty) -> None:
    reporter, approver, watch = reporter_of(duty.agency), approver_of(duty.agency), supervisor()
    sign(approver, submit(duty, reporter, today=october(12)), today=october(12))
    send_back(watch, newest(duty), today=october(19))
    again = submit(duty, reporter, today=october(28))
    assert figures_of([duty.plan_period_id])[duty.plan_period_id].late == 0
    sign(approver, again, today=october(28))
    assert figures_of([duty.plan_period_id])[duty.plan_period_id].late == 1
