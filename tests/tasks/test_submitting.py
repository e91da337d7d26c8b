"""Handing in: one row or a whole sheet, all or none; nobody's text is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.audit.selectors import breaks, history
from apps.common.errors import NotAllowed, Refused
from apps.plans.models import PlanPeriod
from apps.tasks.access import scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content
from apps.tasks.models import AnnualGoal, Draft, Duty, Progress, Task
from apps.tasks.services.submitting import Entry, RowsRefused, progress_submit
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_figure,
    make_member,
    make_plan,
    make_task,
)
from tests.reporting import GOOD, approve, approver_of, reporter_of, sign, submit, supervisor

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.fixture
def duty(unit: Agency) -> Duty:
    return make_duty(make_task(leads=[unit]), unit)


def rows(unit: Agency, many: int) -> list[Duty]:
    plan = make_plan()
    return [make_duty(make_task(plan, leads=[unit]), unit) for _ in range(many)]


def entries(duties: Sequence[Duty], content: Content = GOOD, version: int = 0) -> list[Entry]:
    return [Entry(duty.pk, content, version) for duty in duties]


def hand_in(user: User, wanted: Sequence[Entry], today: date = TODAY) -> list[Progress]:
    scope = scope_of(user, today)
    return progress_submit(actor=user, scope=scope, entries=wanted, today=today)


def with_scope(user: User) -> User:
    """What a request reads of a person once is not to be counted."""
    scope_of(user, TODAY)
    return user


def test_a_unit_without_an_approver_reports_straight_to_the_supervisor(duty: Duty) -> None:
    progress = submit(duty, reporter_of(duty.agency))
    assert progress.state == Progress.State.SUBMITTED
    task = Task.objects.get(pk=duty.task_id)
    assert (task.report_mark, task.report_label) == ("in", "已报")
    assert task.last_progress == progress


def test_a_whole_sheet_goes_in_at_once_in_its_order(unit: Agency) -> None:
    duties = rows(unit, 3)[::-1]
    reporter = reporter_of(unit)
    texts = [replace(GOOD, text=f"第{n}项的进展。") for n in range(3)]
    wanted = [Entry(d.pk, text, 0) for d, text in zip(duties, texts, strict=True)]
    sent = hand_in(reporter, wanted)
    assert [progress.duty_id for progress in sent] == [duty.pk for duty in duties]
    kept = dict(Progress.objects.values_list("duty_id", "text"))
    assert [kept[duty.pk] for duty in duties] == [text.text for text in texts]
    assert {task.report_label for task in Task.objects.all()} == {"已报"}
    assert all(history(duty.task).count() == 1 for duty in duties)
    assert breaks() == []


def test_a_sheet_takes_no_more_statements_for_more_rows(unit: Agency) -> None:
    """New rows, rows written anew with a sign-off, and rows that had left the unit."""
    reporter, approver = with_scope(reporter_of(unit)), with_scope(approver_of(unit))
    counts = []
    for many in (2, 18):
        duties = rows(unit, many)
        for duty in duties:
            make_figure(duty.task, unit)
            make_duty(duty.task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
        with CaptureQueriesContext(connection) as first:
            sent = hand_in(reporter, entries(duties))
        sign(approver, *sent)
        with CaptureQueriesContext(connection) as again:
            hand_in(reporter, entries(duties, replace(GOOD, text="改。", value=Decimal(3)), 2))
        counts.append((len(first), len(again)))
    assert counts[0] == counts[1]
    assert Progress.objects.filter(value=3).count() == 20


def test_signing_and_approving_take_no_more_statements_for_more_rows(unit: Agency) -> None:
    reporter, approver = with_scope(reporter_of(unit)), with_scope(approver_of(unit))
    counts = []
    for many in (2, 18):
        watch = supervisor()
        sent = hand_in(reporter, entries(rows(unit, many)))
        ids = [progress.pk for progress in sent]
        with CaptureQueriesContext(connection) as signing:
            sign(approver, *sent)
        signed = list(Progress.objects.filter(pk__in=ids))
        with CaptureQueriesContext(connection) as approving:
            approve(watch, *signed)
        counts.append((len(signing), len(approving)))
    assert counts[0] == counts[1]
    assert Progress.objects.filter(state="approved").count() == 20


def test_one_wrong_row_holds_back_all_and_is_named(unit: Agency) -> None:
    good, bad = rows(unit, 2)
    wanted = [Entry(good.pk, GOOD, 0), Entry(bad.pk, replace(GOOD, text=""), 0)]
    with pytest.raises(RowsRefused) as refused:
        hand_in(reporter_of(unit), wanted)
    assert refused.value.by_duty == {bad.pk: ("请填写本期进展。",)}
    assert refused.value.reasons == (f"{bad.task}：请填写本期进展。",)
    assert not refused.value.conflicts
    assert not Progress.objects.exists()
    assert history(good.task).count() == 0


def test_of_a_single_row_only_the_reason_is_said(duty: Duty) -> None:
    with pytest.raises(RowsRefused) as refused:
        submit(duty, reporter_of(duty.agency), replace(GOOD, text=""))
    assert refused.value.reasons == ("请填写本期进展。",)


def test_the_second_of_two_people_is_told_and_overwrites_nothing(unit: Agency) -> None:
    one, other = rows(unit, 2)
    submit(one, reporter_of(unit))
    second = replace(GOOD, text="我写的")
    with pytest.raises(RowsRefused, match="别人已改过") as refused:
        hand_in(reporter_of(unit), entries([one, other], second))
    assert refused.value.conflicts == {one.pk}
    assert [progress.text for progress in Progress.objects.all()] == [GOOD.text]


def test_a_report_may_be_changed_until_it_is_approved(duty: Duty) -> None:
    user = reporter_of(duty.agency)
    submit(duty, user)
    changed = submit(duty, user, Content("又完成一批。", Assessment.AHEAD))
    assert (changed.text, changed.version) == ("又完成一批。", 2)
    assert history(duty.task).count() == 2
    approve(supervisor(), changed)
    with pytest.raises(Refused, match="已审核通过"):
        submit(duty, user)


def test_the_log_tells_what_was_reported(duty: Duty) -> None:
    user = reporter_of(duty.agency)
    submit(duty, user)
    entry = history(duty.task).first()
    assert entry is not None
    assert entry.changes["本期进展"] == [None, GOOD.text]
    assert (entry.actor_name, entry.agency_name) == (user.name, "省科技厅")


def test_other_units_rows_are_not_taken(duty: Duty) -> None:
    stranger = make_agency("省档案局")
    own = make_duty(make_task(leads=[stranger]), stranger)
    for wanted in (entries([duty]), entries([own, duty]), [Entry(10**9, GOOD, 0)]):
        with pytest.raises(NotAllowed):
            hand_in(reporter_of(stranger), wanted)
    with pytest.raises(NotAllowed, match="本单位填报员"):
        submit(duty, make_member(duty.agency, Membership.Role.APPROVER))
    assert not Progress.objects.exists()


def test_an_empty_sheet_and_a_row_twice_are_refused(duty: Duty) -> None:
    reporter = reporter_of(duty.agency)
    with pytest.raises(Refused, match="没有要报送"):
        hand_in(reporter, [])
    with pytest.raises(Refused, match="填了两次"):
        hand_in(reporter, entries([duty, duty]))


def test_a_closed_period_and_a_settled_task_take_no_report(unit: Agency) -> None:
    closed, settled = (make_duty(make_task(leads=[unit]), unit) for _ in range(2))
    PlanPeriod.objects.filter(pk=closed.plan_period_id).update(state="closed", closed_on=TODAY)
    Task.objects.filter(pk=settled.task_id).update(state=Task.State.CLOSED)
    with pytest.raises(RowsRefused) as refused:
        hand_in(reporter_of(unit), entries([closed, settled]))
    assert refused.value.by_duty == {
        closed.pk: ("2020年前三季度已关闭，不能再填报。",),
        settled.pk: ("任务已办结，不再填报。",),
    }


def test_a_value_may_pass_its_target_and_is_kept_whole(duty: Duty) -> None:
    figure = make_figure(duty.task, duty.agency, target="200")
    submit(duty, reporter_of(duty.agency), replace(GOOD, value=Decimal(203)))
    value = Progress.objects.get().value
    assert value is not None
    assert figure.share(value) == Decimal("101.5")


@pytest.mark.parametrize("value", ["0", "0.0001", "99999999999999.9999"])
def test_the_least_and_the_largest_value_are_taken(duty: Duty, value: str) -> None:
    make_figure(duty.task, duty.agency)
    submit(duty, reporter_of(duty.agency), replace(GOOD, value=Decimal(value)))
    assert Progress.objects.get().value == Decimal(value)


@pytest.mark.parametrize(("day", "mark"), [(20, "in"), (21, "late")])
def test_the_cut_off_day_is_still_on_time_and_the_next_is_late(
    duty: Duty, day: int, mark: str
) -> None:
    submit(duty, reporter_of(duty.agency), today=date(2020, 10, day))
    assert Task.objects.get().report_mark == mark


def test_a_falling_value_is_asked_about_and_the_answer_is_logged(duty: Duty) -> None:
    make_figure(duty.task, duty.agency)
    earlier = make_duty(duty.task, duty.agency, code="2020Q2", cut_off=date(2020, 7, 20))
    reporter = reporter_of(duty.agency)
    submit(earlier, reporter, replace(GOOD, value=Decimal(31)))
    fewer = replace(GOOD, text="核减一家。", value=Decimal(30))
    with pytest.raises(Refused, match="完成值比上期（31）减少"):
        submit(duty, reporter, fewer)
    submit(duty, reporter, replace(fewer, falling_confirmed=True))
    entry = history(duty.task).first()
    assert entry is not None
    assert entry.changes["数值减少"] == [None, "填报员已确认"]


def test_towards_an_annual_goal_the_first_value_of_a_year_may_be_lower(duty: Duty) -> None:
    make_figure(duty.task, duty.agency)
    earlier = make_duty(duty.task, duty.agency, code="2019Q4", cut_off=date(2020, 1, 20))
    same_year = make_duty(duty.task, duty.agency, code="2020Q2", cut_off=date(2020, 7, 20))
    AnnualGoal.objects.create(
        task=duty.task, agency=duty.agency, year=2020, goal="五家", value=5, filed_on=TODAY
    )
    reporter = reporter_of(duty.agency)
    submit(earlier, reporter, replace(GOOD, value=Decimal(31)))
    submit(same_year, reporter, replace(GOOD, value=Decimal(3)))
    with pytest.raises(Refused, match="完成值比上期（3）减少"):
        submit(duty, reporter, replace(GOOD, value=Decimal(2)))
    without_news = Content("", Assessment.NORMAL, unchanged=Progress.Unchanged.NO_STAGE)
    Progress.objects.filter(duty=same_year).delete()
    assert submit(duty, reporter, without_news).value is None


def test_without_news_the_last_text_goes_in_with_its_reason(duty: Duty) -> None:
    make_figure(duty.task, duty.agency)
    earlier = make_duty(duty.task, duty.agency, code="2020Q2", cut_off=date(2020, 7, 20))
    reporter = reporter_of(duty.agency)
    submit(earlier, reporter, replace(GOOD, value=Decimal(31)))
    unchanged = Content("", Assessment.NORMAL, unchanged=Progress.Unchanged.AWAITING)
    progress = submit(duty, reporter, unchanged)
    progress.refresh_from_db()
    assert (progress.text, progress.unchanged) == (GOOD.text, "awaiting")
    assert progress.value == Decimal(31)


def test_the_last_report_is_the_units_own_and_the_newest_before_the_period(unit: Agency) -> None:
    """Not another unit's on the row, not a later period's, not the oldest."""
    other = make_agency("省财政厅")
    task = make_task(leads=[unit, other])
    days = {"2020Q1": date(2020, 4, 20), "2020Q2": date(2020, 7, 20), "2020Q3": date(2020, 10, 20)}
    own = {code: make_duty(task, unit, code=code, cut_off=day) for code, day in days.items()}
    theirs = make_duty(task, other, code="2020Q2", cut_off=days["2020Q2"])
    later = make_duty(task, unit, code="2020Q4", cut_off=date(2021, 1, 20))
    reporter = reporter_of(unit)
    for duty in (own["2020Q1"], own["2020Q2"], later):
        submit(duty, reporter, replace(GOOD, text=f"{duty.plan_period.period.name}的话。"))
    submit(theirs, reporter_of(other), replace(GOOD, text="别家的话。"))
    unchanged = Content("", Assessment.NORMAL, unchanged=Progress.Unchanged.NO_STAGE)
    assert submit(own["2020Q3"], reporter, unchanged).text == "2020年上半年的话。"


# 汇总


def test_the_consolidator_writes_for_the_whole_row_and_names_who_is_missing() -> None:
    first, silent, signing, third = (make_agency(f"省{name}厅") for name in "甲乙丙丁")
    task = make_task(leads=[first, silent, signing, third])
    duties = {unit: make_duty(task, unit) for unit in (first, silent, signing, third)}
    approver_of(signing)
    submit(duties[signing], reporter_of(signing))
    submit(duties[third], reporter_of(third))
    whole = replace(GOOD, whole_text="全省合计。")
    with pytest.raises(Refused, match="汇总进展只由"):
        submit(duties[third], reporter_of(third), whole)
    progress = submit(duties[first], reporter_of(first), whole)
    progress.refresh_from_db()
    assert (progress.whole_text, progress.whole_missing) == ("全省合计。", ["省乙厅", "省丙厅"])
    entry = history(task).first()
    assert entry is not None
    assert entry.changes["缺报单位"] == [None, "省乙厅、省丙厅"]


def test_who_owes_alone_puts_nothing_together(duty: Duty) -> None:
    with pytest.raises(Refused, match="汇总进展只由"):
        submit(duty, reporter_of(duty.agency), replace(GOOD, whole_text="合计。"))


def test_ones_own_drafts_go_with_what_was_handed_in(unit: Agency) -> None:
    sent, kept = rows(unit, 2)
    me, colleague = reporter_of(unit), reporter_of(unit)
    for duty, user in ((sent, me), (sent, colleague), (kept, me)):
        Draft.objects.create(
            duty=duty, user=user, fields={"text": "草稿"}, saved_at="2020-10-12T08:00Z"
        )
    hand_in(me, entries([sent]))
    assert set(Draft.objects.values_list("duty", "user")) == {
        (sent.pk, colleague.pk),
        (kept.pk, me.pk),
    }
