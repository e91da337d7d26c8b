"""同报: written once for two rows, each with its own value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.audit.selectors import history
from apps.common.errors import NotAllowed, Refused
from apps.plans.models import PlanPeriod
from apps.tasks.access import scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content
from apps.tasks.models import Draft, Duty, Progress, SameReport, Task
from apps.tasks.services.same_reports import same_report_clear, same_report_set
from apps.tasks.services.submitting import Entry, progress_submit
from tests.builders import TODAY, make_agency, make_duty, make_figure, make_task
from tests.reporting import GOOD, approve, reporter_of, submit, supervisor

pytestmark = pytest.mark.django_db
HARD = Content("难。", Assessment.DIFFICULT, problems="缺人。", next_step="月底补人。")


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.fixture
def reporter(unit: Agency) -> User:
    return reporter_of(unit)


@pytest.fixture
def source(unit: Agency) -> Duty:
    return make_duty(make_task(leads=[unit]), unit)


@pytest.fixture
def linked(unit: Agency) -> Duty:
    """In another plan, for the same period."""
    return make_duty(make_task(leads=[unit]), unit)


def link(user: User, task: Task, source: Task, unit: Agency | None = None) -> SameReport:
    return same_report_set(
        actor=user,
        scope=scope_of(user, TODAY),
        agency_id=unit.pk if unit else user.memberships.get().agency_id,
        task_id=task.pk,
        source_id=source.pk,
        today=TODAY,
    )


def clear(user: User, task: Task) -> None:
    agency_id = user.memberships.get().agency_id
    scope = scope_of(user, TODAY)
    same_report_clear(actor=user, scope=scope, agency_id=agency_id, task_id=task.pk, today=TODAY)


@pytest.fixture
def _together(reporter: User, linked: Duty, source: Duty) -> None:
    link(reporter, linked.task, source.task)


@pytest.mark.usefixtures("_together")
def test_the_linked_row_is_handed_in_with_the_same_words(
    reporter: User, source: Duty, linked: Duty
) -> None:
    submit(source, reporter, HARD)
    along = Progress.objects.get(duty=linked)
    assert (along.text, along.self_assessment) == ("难。", "difficult")
    assert (along.problems, along.next_step, along.value) == ("缺人。", "月底补人。", None)
    entry = history(linked.task).first()
    assert entry is not None
    assert entry.reason == f"同报，文字取自{source.task}"


@pytest.mark.usefixtures("_together")
def test_its_value_is_its_own(reporter: User, source: Duty, linked: Duty, unit: Agency) -> None:
    make_figure(source.task, unit)
    make_figure(linked.task, unit)
    before = make_duty(linked.task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
    submit(before, reporter, replace(GOOD, value=Decimal(7)))
    submit(source, reporter, replace(GOOD, value=Decimal(31)))
    assert Progress.objects.get(duty=linked).value == 7
    fields = {"value": "８"}
    Draft.objects.create(duty=linked, user=reporter, fields=fields, saved_at="2020-10-12T08:00Z")
    submit(source, reporter, replace(GOOD, value=Decimal(32)))
    assert Progress.objects.get(duty=linked).value == 8
    assert not Draft.objects.exists()
    # a draft that could not be sent by itself is not sent along either
    fields = {"value": "6"}
    Draft.objects.create(duty=linked, user=reporter, fields=fields, saved_at="2020-10-12T08:00Z")
    submit(source, reporter, replace(GOOD, value=Decimal(33)))
    assert Progress.objects.get(duty=linked).value == 8


@pytest.mark.usefixtures("_together")
def test_its_lower_value_is_sent_where_it_was_confirmed_and_stays_so(
    reporter: User, source: Duty, linked: Duty, unit: Agency
) -> None:
    make_figure(linked.task, unit)
    before = make_duty(linked.task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
    submit(before, reporter, replace(GOOD, value=Decimal(7)))
    fields = {"value": "6", "falling_confirmed": "on"}
    Draft.objects.create(duty=linked, user=reporter, fields=fields, saved_at="2020-10-12T08:00Z")
    submit(source, reporter)
    assert Progress.objects.get(duty=linked).value == 6
    entry = history(linked.task).first()
    assert entry is not None
    assert entry.changes["数值减少"] == [None, "填报员已确认"]
    submit(source, reporter, HARD)
    assert Progress.objects.get(duty=linked).value == 6


@pytest.mark.usefixtures("_together")
def test_what_it_says_for_the_whole_row_stays(reporter: User, source: Duty, linked: Duty) -> None:
    make_duty(linked.task, make_agency("省教育厅"))
    submit(source, reporter)
    submit(linked, reporter, replace(GOOD, whole_text="全项已完成。"))
    submit(source, reporter, HARD)
    along = Progress.objects.get(duty=linked)
    assert (along.text, along.whole_text) == ("难。", "全项已完成。")
    assert along.whole_missing == ["省教育厅"]


@pytest.mark.usefixtures("_together")
def test_a_row_that_is_on_the_sheet_itself_keeps_its_own_words(
    reporter: User, source: Duty, linked: Duty
) -> None:
    entries = [Entry(source.pk, HARD, 0), Entry(linked.pk, GOOD, 0)]
    scope = scope_of(reporter, TODAY)
    sent = progress_submit(actor=reporter, scope=scope, entries=entries, today=TODAY)
    assert [(p.duty_id, p.text) for p in sent] == [(source.pk, "难。"), (linked.pk, GOOD.text)]


@pytest.mark.usefixtures("_together")
def test_what_somebody_wrote_for_the_linked_row_itself_is_not_overwritten(
    reporter: User, source: Duty, linked: Duty
) -> None:
    submit(source, reporter)
    submit(source, reporter, HARD)
    assert Progress.objects.get(duty=linked).text == "难。"
    submit(linked, reporter, replace(HARD, text="另有说法。"))
    submit(source, reporter)
    assert Progress.objects.get(duty=linked).text == "另有说法。"


@pytest.mark.usefixtures("_together")
def test_what_takes_no_report_stays_out(reporter: User, source: Duty, linked: Duty) -> None:
    submit(source, reporter, HARD)
    approve(supervisor(), Progress.objects.get(duty=linked))
    submit(source, reporter, replace(HARD, problems="更难。"))
    assert Progress.objects.get(duty=linked).problems == "缺人。"
    Progress.objects.filter(duty=linked).update(state="returned")
    PlanPeriod.objects.filter(pk=linked.plan_period_id).update(state="closed", closed_on=TODAY)
    submit(source, reporter, replace(HARD, problems="还是难。"))
    assert Progress.objects.get(duty=linked).problems == "缺人。"


@pytest.mark.usefixtures("_together")
def test_another_unit_and_another_period_have_nothing_to_do_with_it(
    reporter: User, source: Duty, linked: Duty, unit: Agency
) -> None:
    other = make_agency("省财政厅")
    for task in (source.task, linked.task):
        make_duty(task, other)
        make_duty(task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
    theirs = Duty.objects.get(task=source.task, agency=other)
    submit(theirs, reporter_of(other))
    assert Progress.objects.count() == 1
    submit(source, reporter)
    assert set(Progress.objects.values_list("duty", flat=True)) == {
        theirs.pk,
        source.pk,
        linked.pk,
    }


@pytest.mark.usefixtures("_together")
def test_without_news_goes_along_only_where_the_last_words_were_the_same(
    reporter: User, source: Duty, linked: Duty, unit: Agency
) -> None:
    for duty in (source, linked):
        make_duty(duty.task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
    earlier = Duty.objects.exclude(pk__in=[source.pk, linked.pk])
    submit(earlier.get(task=source.task), reporter)
    unchanged = Content("", Assessment.NORMAL, unchanged=Progress.Unchanged.NO_STAGE)
    submit(source, reporter, unchanged)
    assert Progress.objects.get(duty=linked).unchanged == "no_stage"
    Progress.objects.filter(duty=earlier.get(task=linked.task)).update(text="别的话。")
    submit(source, reporter, unchanged)
    assert Progress.objects.get(duty=linked).unchanged == ""
    assert Progress.objects.get(duty=linked).text == GOOD.text


@pytest.mark.usefixtures("_together")
def test_taken_apart_each_is_written_by_itself(reporter: User, source: Duty, linked: Duty) -> None:
    clear(reporter, linked.task)
    clear(reporter, linked.task)
    submit(source, reporter)
    assert not Progress.objects.filter(duty=linked).exists()
    told = [entry.changes for entry in history(linked.task)]
    assert told == [{"同报": [str(source.task), None]}, {"同报": [None, str(source.task)]}]


@pytest.mark.usefixtures("_together")
def test_no_chains_and_no_circles(reporter: User, source: Duty, linked: Duty, unit: Agency) -> None:
    third = make_duty(make_task(leads=[unit]), unit)
    with pytest.raises(Refused, match="自己也是同报"):
        link(reporter, third.task, linked.task)
    with pytest.raises(Refused, match="不能再让它与另一项同报"):
        link(reporter, source.task, third.task)
    with pytest.raises(Refused, match="自己也是同报"):
        link(reporter, source.task, linked.task)
    with pytest.raises(Refused, match="不能与自己同报"):
        link(reporter, third.task, third.task)
    link(reporter, linked.task, third.task)
    assert SameReport.objects.get().source == third.task
    assert history(linked.task).count() == 2


def test_the_unit_must_owe_both_in_one_period(reporter: User, source: Duty, unit: Agency) -> None:
    early = make_duty(make_task(leads=[unit]), unit, code="2020Q2", cut_off=date(2020, 7, 20))
    with pytest.raises(Refused, match="同一报告期"):
        link(reporter, early.task, source.task)
    stranger = make_agency("省财政厅")
    theirs = make_duty(make_task(leads=[stranger]), stranger)
    with pytest.raises(NotAllowed, match="不由本单位报送"):
        link(reporter, theirs.task, source.task)
    with pytest.raises(NotAllowed, match="只有本单位填报员"):
        link(reporter, theirs.task, source.task, stranger)
    assert not SameReport.objects.exists()
