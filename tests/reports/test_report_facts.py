"""The snapshot behind a report: what left the units, as the lists and the lights have it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.agencies.models import Agency
from apps.common.actor import SWEEP
from apps.plans.models import Plan
from apps.reports.figures.computing import compute
from apps.reports.figures.kinds import Facts, RowFact
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.board import OVERDUE, own_rows
from apps.reports.selectors.snapshot import read_facts
from apps.tasks.models import AnnualGoal, MarkSpan, PeriodMark, Progress, Task
from apps.tasks.selectors.periods import figures_of, unit_figures
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.overdue import sweep
from tests.builders import TODAY, make_agency, make_duty, make_figure, make_plan_period, make_task
from tests.reports.report_cast import CODE, CUT_OFF, Cast, issued, make_cast, report_of

pytestmark = pytest.mark.django_db


def facts_of(cast: Cast, **more: Any) -> Facts:
    wanted = {"plans": [cast.plan], "period": cast.period, "today": TODAY, "genre": "report"}
    return read_facts(**{**wanted, **more})


def row(cast: Cast, number: int = 1) -> RowFact:
    return next(row for row in facts_of(cast).rows if row.number == str(number))


def test_what_the_unit_still_keeps_is_not_read() -> None:
    cast = make_cast()
    progress = Progress.objects.get(duty=cast.duties[1])
    progress.keep_delivered(log_no=1)
    progress.text, progress.state = "改写后还在审签", Progress.State.SIGNING
    progress.save()
    first = Progress.objects.get(duty=cast.duties[0])
    first.delivered_on, first.judgement, first.judged_on = None, "", None
    first.state = Progress.State.SIGNING
    first.save()
    assert [part.text for part in row(cast, 2).parts] == ["已办成第2件。"]
    assert [(part.agency, part.delivered, part.text) for part in row(cast, 1).parts] == [
        ("省科技厅", False, ""), ("省教育厅", False, ""),
    ]  # fmt: skip


def test_a_late_and_an_unread_report_say_so() -> None:
    cast = make_cast()
    late = CUT_OFF + timedelta(days=1)
    Progress.objects.filter(duty=cast.duties[0]).update(
        counted_on=late, delivered_on=late, judgement="", judged_on=None, state="submitted"
    )
    part = row(cast).parts[0]
    assert (part.late, part.judgement, part.approved) == (True, "", False)
    facts = facts_of(cast)
    assert [(unit.name, unit.owed, unit.delivered, unit.late) for unit in facts.units] == [
        ("省科技厅", 2, 2, 1), ("省教育厅", 1, 0, 0),
    ]  # fmt: skip


def test_words_of_the_last_period_are_known_again() -> None:
    cast = make_cast()
    before = make_plan_period(cast.plan, "2020Q1", date(2020, 4, 20)).period.code
    report_of(make_duty(cast.tasks[0], cast.unit, code=before), text="已办成\r\n第1件。")
    report_of(make_duty(cast.tasks[1], cast.unit, code=before), text="还在做。")
    # older words count no more than the last ones
    older = make_plan_period(cast.plan, "2019Q4", date(2020, 1, 3)).period.code
    report_of(make_duty(cast.tasks[1], cast.unit, code=older), text="已办成第2件。")
    Progress.objects.filter(duty=cast.duties[0]).update(text="已办成 第1件。")
    assert row(cast, 1).parts[0].repeated
    assert not row(cast, 2).parts[0].repeated
    # taken over on purpose: that has a reason, and is told otherwise
    Progress.objects.filter(duty=cast.duties[0]).update(unchanged="no_stage")
    part = row(cast, 1).parts[0]
    assert (part.repeated, part.unchanged) == (False, "本期无节点")


def test_a_figure_is_held_against_what_the_light_is_held_against() -> None:
    cast = make_cast(rows=3)
    for place, value in enumerate(["10", "10"]):
        make_figure(cast.tasks[place], cast.unit, target="40", unit="家")
        Progress.objects.filter(duty=cast.duties[place]).update(value=value)
    Task.objects.filter(pk=cast.tasks[0].pk).update(due_kind="date", due_on=date(2020, 12, 31))
    cast.tasks[0].deadlines.update(kind="date", due_on=date(2020, 12, 31))
    AnnualGoal.objects.create(
        task=cast.tasks[1], agency=cast.unit, year=2020, goal="二十家", value=20,
        filed_on=TODAY, filed_by="某人",
    )  # fmt: skip
    marks_refresh(task_ids=[task.pk for task in cast.tasks], today=TODAY)
    [whole], [annual] = row(cast, 1).measures, row(cast, 2).measures
    # half a year of five whole years is left: 54 of 60 months
    assert [str(whole.share), str(whole.expected), str(whole.gap)] == ["25.0", "90.0", "65.0"]
    assert whole.span == "2016年1月—2020年12月"
    assert [str(annual.share), str(annual.expected), str(annual.gap)] == ["50.0", "50.0", "0.0"]
    assert (annual.span, annual.unit, annual.target) == ("年度目标×6/12", "家", Decimal(20))
    light = Task.objects.get(pk=cast.tasks[0].pk)
    assert (light.light, light.light_reason) == ("red", "差 65.0 个百分点")
    assert row(cast, 3).measures == ()
    # not read by the supervisor, and its period under way: not ours to measure yet
    Progress.objects.filter(duty=cast.duties[0]).update(state="submitted")
    [whole] = row(cast, 1).measures
    cast.entered.cut_off = TODAY + timedelta(days=1)
    cast.entered.save()
    assert row(cast, 1).measures == ()


def test_the_supervisors_own_rows_and_the_parts_of_others_are_named() -> None:
    cast = make_cast()
    body = Agency.objects.get(name="省发展改革委")
    own = make_task(
        cast.plan, number="9", leads=[body], supports=[cast.unit], category=["一、总体"],
        title="建机制", content="建立联席会议。",
    )  # fmt: skip
    assert row(cast, 9) == replace(
        row(cast, 9),
        task_id=own.pk,
        content="建机制\n建立联席会议。",
        leads=("省发展改革委",),
        supports=("省科技厅",),
        self_supervised=True,
        category=("一、总体",),
        parts=(),
        consolidator="省发展改革委",
        due_text="持续推进",
    )
    assert not row(cast, 1).self_supervised


def test_overdue_rows_are_those_of_the_board() -> None:
    cast = make_cast(code="2020Q3", cut_off=date(2020, 10, 20))
    make_task(cast.plan, number="8", leads=[cast.unit], due_on=date(2020, 9, 30))
    make_task(cast.plan, number="9", leads=[cast.unit], due_on=date(2020, 9, 30), due_soft=True)
    # past its day, and no sweep came by since: on the board tomorrow, and in the report
    assert compute(facts_of(cast)).overdue == 0
    sweep(actor=SWEEP, today=TODAY)
    assert row(cast, 8).overdue_days == 12
    assert row(cast, 8).light_reason == "逾期 12 天"
    board = own_rows([cast.plan.pk]).filter(OVERDUE).count()
    assert compute(facts_of(cast)).overdue == board == 1


def test_a_period_that_is_history_is_told_as_it_ended() -> None:
    cast = make_cast()
    late = make_task(cast.plan, number="9", leads=[cast.unit], due_on=date(2020, 6, 30))
    ended = CUT_OFF + timedelta(days=2)
    for task, light, reason in ((late, "red", "逾期"), (cast.tasks[0], "amber", "认定：滞后")):
        PeriodMark.objects.update_or_create(
            task=task,
            plan_period=cast.entered,
            defaults={"light": light, "light_reason": reason, "marked_on": ended},
        )
    MarkSpan.objects.create(
        task=cast.tasks[1], plan=cast.plan, since=date(2020, 7, 1), until=TODAY,
        state="active", light="red", light_reason="认定：不能完成",
    )  # fmt: skip
    make_plan_period(cast.plan, "2020Q3", date(2020, 10, 20))
    cast.entered.state, cast.entered.closed_on = "closed", ended
    cast.entered.save()
    # decided since: more time, and an end
    late.deadlines.update(current=False)
    late.deadlines.create(
        sequence=2, text="2020年", kind="date", due_on=date(2020, 12, 31), basis="会议议定",
        recorded_on=ended + timedelta(days=1),
    )  # fmt: skip
    Task.objects.filter(pk=late.pk).update(due_on=date(2020, 12, 31))
    Task.objects.filter(pk=cast.tasks[0].pk).update(
        state="closed", closed_on=CUT_OFF + timedelta(days=5)
    )
    then = row(cast, 9)
    assert (then.light, then.light_reason) == ("red", "逾期 22 天")
    assert (then.due_text, then.due_on, then.overdue_days) == ("2020年", date(2020, 6, 30), 22)
    then = row(cast, 1)
    assert (then.light, then.light_reason) == ("amber", "认定：滞后")
    assert (then.state, then.state_label, then.closed_on) == ("active", "推进中", None)
    assert [part.delivered for part in then.parts] == [True, False]
    # the days know more exactly than the period how a row stood
    then = row(cast, 2)
    assert (then.light, then.light_reason) == ("red", "认定：不能完成")


def test_what_was_closed_by_the_cut_off_is_closed() -> None:
    cast = make_cast()
    Task.objects.filter(pk=cast.tasks[0].pk).update(state="closed", closed_on=CUT_OFF)
    then = row(cast, 1)
    assert (then.state, then.closed_on) == ("closed", CUT_OFF)
    # what has not come is not owed any more
    assert [part.agency for part in then.parts] == ["省科技厅"]


def test_figures_are_those_of_the_lists() -> None:
    cast = make_cast(rows=5)
    other = make_agency("省财政厅")
    make_duty(cast.tasks[4], other, code=CODE, cut_off=CUT_OFF)
    facts = facts_of(cast)
    figures, listed = compute(facts), figures_of([cast.entered.pk])[cast.entered.pk]
    assert (figures.owed, figures.delivered, figures.late, figures.missing) == (
        listed.owed, listed.delivered, listed.late, listed.missing,
    )  # fmt: skip
    assert {(unit.name, unit.owed, unit.delivered) for unit in facts.units} == {
        (unit.name, unit.figures.owed, unit.figures.delivered)
        for unit in unit_figures(cast.entered)
    }
    assert figures.owed == sum(len(row.parts) for row in facts.rows) == 7
    assert figures.total == sum(each.count for each in figures.classes) == 5


@pytest.mark.parametrize(
    ("affiliation", "named"),
    [("government", True), ("institution", True), ("party", False), ("vertical", False)],
)
def test_only_supervised_units_may_be_named_and_only_after_the_cut_off(
    affiliation: str, named: bool
) -> None:
    cast = make_cast()
    Agency.objects.filter(pk=cast.silent.pk).update(affiliation=affiliation)
    expected = (cast.silent.code,) if named else ()
    assert compute(facts_of(cast)).nameable == expected
    assert compute(facts_of(cast, today=CUT_OFF)).nameable == ()


def test_several_plans_stand_one_after_the_other() -> None:
    cast = make_cast()
    second = Plan.objects.get(pk=make_task(leads=[cast.silent], number="1").plan_id)
    task = second.tasks.get()
    make_duty(task, cast.silent, code=CODE, cut_off=date(2020, 7, 28))
    facts = facts_of(cast, plans=[cast.plan, second])
    assert [row.plan_code for row in facts.rows] == ["impl", "impl", second.code]
    [unit] = [unit for unit in facts.units if unit.name == "省教育厅"]
    assert (unit.owed, unit.cut_off) == (2, date(2020, 7, 28))
    assert [plan.cut_off for plan in facts.plans] == [CUT_OFF, date(2020, 7, 28)]


@pytest.mark.usefixtures("plain_papers")
def test_it_is_compared_with_what_was_issued_before() -> None:
    cast = make_cast()
    entered = {
        code: make_plan_period(cast.plan, code, TODAY).period for code in ("2019Q2", "2020Q1")
    }
    assert (facts_of(cast).previous, facts_of(cast).year_ago) == (None, None)
    for place, period in enumerate(entered.values(), start=1):
        issued(cast, replace(cast.wish, period=period), number=f"〔2020〕{place}号")
    # what was issued as a bulletin has the same figures, and stands behind one of the same genre
    bulletin = replace(cast.wish, period=entered["2020Q1"], genre="bulletin")
    issued(cast, bulletin, number="〔2020〕3号")
    for genre, title in (("bulletin", "通报"), ("report", "报告")):
        before = facts_of(cast, genre=genre).previous
        assert before is not None
        assert before.title.endswith(title)
    facts = facts_of(cast)
    assert facts.previous is not None
    assert facts.year_ago is not None
    assert facts.previous.period_name == "2020年一季度"
    assert facts.year_ago.period_name == "2019年上半年"
    assert (facts.previous.total, facts.previous.counts["not_asked"]) == (2, 2)
    # what was corrected is not compared with any more
    Task.objects.filter(pk=cast.tasks[0].pk).update(state="suspended")
    old = QuarterlyReport.objects.get(number="〔2020〕2号")
    again = replace(cast.wish, period=entered["2020Q1"], corrects=old)
    issued(cast, again, number="〔2020〕4号")
    previous = facts_of(cast).previous
    assert previous is not None
    assert (previous.counts["suspended"], previous.counts["not_asked"]) == (1, 1)


def test_queries_do_not_grow_with_rows_units_or_periods() -> None:
    cast = make_cast(rows=2)
    small = counted(cast)
    for number in range(3, 12):
        unit = make_agency()
        task = make_task(cast.plan, number=str(number), leads=[unit, cast.unit])
        make_figure(task, unit)
        for code, cut_off in (("2020Q1", date(2020, 4, 20)), (CODE, CUT_OFF)):
            report_of(make_duty(task, unit, code=code, cut_off=cut_off), value="3")
    # once more for a measure's first rows: indicators and goals are asked for where there are any
    assert counted(cast) <= small + 1


def counted(cast: Cast) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        facts_of(cast)
    return len(queries)
