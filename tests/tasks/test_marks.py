"""What is stored of 进度灯 and 报送标: by which plan's rules, for which period, and until when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.agencies.models import Agency
from apps.common.actor import COMMAND_LINE
from apps.plans.models import Plan, PlanPeriod, PlanPolicy
from apps.tasks.models import AnnualGoal, Deadline, Duty, PeriodMark, Progress, Task
from apps.tasks.services.marks import marks_refresh, marks_sweep
from apps.tasks.services.overdue import sweep
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_figure,
    make_plan,
    make_plan_period,
    make_task,
)

pytestmark = pytest.mark.django_db
CUT_OFF = date(2020, 10, 20)
Q2: dict[str, Any] = {"code": "2020Q2", "cut_off": date(2020, 7, 20)}


def reported(duty: Duty, judgement: str = "normal", **fields: Any) -> Progress:
    """Sent, approved and judged; `judgement` "" is not judged yet."""
    day = fields.pop("day", TODAY)
    fields = {
        "text": "进展。",
        "self_assessment": "normal",
        "state": "approved",
        "first_submitted_on": day,
        "counted_on": day,
        "submitted_on": day,
        "delivered_on": day,
        "judgement": judgement,
        "judged_by": "督查员" if judgement else "",
        "judged_on": day if judgement else None,
        **fields,
    }
    return Progress.objects.create(duty=duty, **fields)


def judged(task: Task, today: date = TODAY) -> Task:
    marks_refresh(task_ids=[task.pk], today=today)
    task.refresh_from_db()
    return task


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.fixture
def plan() -> Plan:
    return make_plan()


def dated(plan: Plan, *leads: Agency) -> Task:
    return make_task(plan, leads=list(leads), due_on=date(2022, 12, 31))


class TestHistory:
    def test_a_period_keeps_its_marks_when_the_next_one_opens(
        self, plan: Plan, unit: Agency
    ) -> None:
        task = dated(plan, unit)
        reported(make_duty(task, unit, **Q2), "behind")
        judged(task, date(2020, 7, 20))
        reported(make_duty(task, unit), "normal")
        judged(task)
        marks = PeriodMark.objects.order_by("plan_period__period__ends_on")
        assert list(marks.values_list("plan_period__period__code", "light", "light_reason")) == [
            ("2020Q2", "amber", "认定：滞后"),
            ("2020Q3", "green", "正常推进"),
        ]
        assert list(marks.values_list("marked_on", flat=True)) == [date(2020, 7, 20), TODAY]

    def test_the_newest_period_follows_the_row(self, plan: Plan, unit: Agency) -> None:
        task = dated(plan, unit)
        duty = make_duty(task, unit)
        judged(task)
        reported(duty, "impossible", day=CUT_OFF)
        judged(task, CUT_OFF)
        mark = PeriodMark.objects.get()
        task.refresh_from_db()
        assert (mark.light, mark.light_reason) == ("red", "认定：不能完成")
        assert (mark.light_facts, mark.report_label) == (task.light_facts, "已报")
        assert mark.marked_on == CUT_OFF

    def test_a_row_that_owes_nothing_has_its_light_too(self, plan: Plan) -> None:
        make_plan_period(plan)
        judged(make_task(plan, leads=[], due_on=date(2017, 12, 31)))
        assert list(PeriodMark.objects.values_list("light", "report_mark")) == [("red", "")]

    def test_without_a_period_there_is_no_history(self, plan: Plan) -> None:
        assert judged(make_task(plan)).light == "nodata"
        assert not PeriodMark.objects.exists()

    def test_foreign_plans_have_neither(self) -> None:
        task = judged(make_task(make_plan(relation="upper"), due_on=date(2017, 12, 31)))
        assert (task.light, task.light_reason, task.marks_next) == (
            "nodata",
            "只作对照，不计灯",
            None,
        )
        assert not PeriodMark.objects.exists()


class TestRules:
    def test_each_plan_has_its_own_thresholds(self, unit: Agency) -> None:
        """77.5 % of a target, 95 % of the time: 17.5 points behind."""
        found = []
        for red, amber in ((30, 10), (17, 5), (30, 18)):
            task = make_task(make_plan(), leads=[unit], due_on=date(2020, 12, 31))
            PlanPolicy.objects.filter(plan=task.plan).update(red_points=red, amber_points=amber)
            make_figure(task, unit, target="40")
            reported(make_duty(task, unit), value=Decimal(31))
            found.append((judged(task).light_reason, task.light))
        assert found == [
            ("差 17.5 个百分点", "amber"),
            ("差 17.5 个百分点", "red"),
            ("本期是时限前最后一次报送", "amber"),
        ]

    def test_a_plan_says_when_a_day_is_near(self, plan: Plan) -> None:
        task = make_task(plan, due_on=date(2020, 12, 1))
        assert judged(task).light == "nodata"
        PlanPolicy.objects.update(near_days=50)
        assert judged(task).light_reason == "临近时限"

    def test_nothing_done_is_a_figure(self, plan: Plan, unit: Agency) -> None:
        task = dated(plan, unit)
        make_figure(task, unit, target="40")
        reported(make_duty(task, unit), value=Decimal(0))
        assert judged(task).light_facts["figure"].startswith("指标")
        assert " 0.0%，序时 67.9%" in task.light_facts["figure"]
        assert task.light == "red"

    def test_a_figure_is_seen_on_the_day_of_its_data(self, plan: Plan, unit: Agency) -> None:
        task = dated(plan, unit)
        make_figure(task, unit)
        reported(make_duty(task, unit), value=Decimal(31))
        PlanPeriod.objects.update(data_as_of=date(2020, 8, 31))
        assert judged(task).light_facts["as_of"] == "2020-08-31"
        assert "序时 66.7%（2016年1月—2022年12月）" in task.light_facts["figure"]

    def test_an_annual_goal_is_the_measure_of_its_unit_and_year(
        self, plan: Plan, unit: Agency
    ) -> None:
        other = make_agency("省财政厅")
        task = dated(plan, unit, other)
        for agency in (unit, other):
            make_figure(task, agency, target="1000")
            reported(make_duty(task, agency), value=Decimal(7))
        facts = {"task": task, "goal": "十家", "filed_on": TODAY, "filed_by": "某人"}
        AnnualGoal.objects.create(agency=unit, year=2019, value=Decimal(7), **facts)
        AnnualGoal.objects.create(agency=unit, year=2020, value=Decimal(10), **facts)
        AnnualGoal.objects.create(agency=other, year=2020, value=None, **facts)
        said = str(judged(task).light_facts)
        # 0.7 % of all that is asked for until 2022; 7 of this year's 10
        assert " 0.7%，序时 67.9%（2016年1月—2022年12月）" in said
        assert task.light == "red"
        AnnualGoal.objects.filter(agency=other).update(value=Decimal(8))
        assert judged(task).light_reason == "略低于序时"
        assert task.light_facts["figure"].endswith(" 70.0%，序时 75.0%（年度目标×9/12）")

    def test_a_recurring_row_turns_when_its_day_passes(self, plan: Plan, unit: Agency) -> None:
        plan.issued_on = date(2020, 1, 2)
        plan.save()
        task = make_task(plan, leads=[unit], due_kind="recurring")
        Deadline.objects.update(
            every="year", every_due={"month": 9, "nth_month": None, "day": "last"}
        )
        reported(make_duty(task, unit, **Q2), "behind")
        assert judged(task, date(2020, 8, 3)).light_reason == "认定：滞后"
        reported(make_duty(task, unit), "behind")
        assert judged(task, date(2020, 9, 30)).marks_next == date(2020, 10, 1)
        assert task.light == "amber"
        assert marks_sweep(today=date(2020, 10, 1)) == 1
        task.refresh_from_db()
        assert (task.light, task.light_reason) == ("red", "本次逾期")
        assert task.light_facts["figure"] == "本次时限 2020-09-30，前三季度认定：滞后"
        assert task.overdue_since is None

    @pytest.mark.parametrize(
        ("every", "light"),
        [("year", "amber"), ("half_year", "amber"), ("quarter", "green"), ("month", "green")],
    )
    def test_only_what_is_asked_for_seldom_is_warned_of(
        self, plan: Plan, unit: Agency, every: str, light: str
    ) -> None:
        task = make_task(plan, leads=[unit], due_kind="recurring")
        Deadline.objects.update(every=every)
        reported(make_duty(task, unit))
        assert judged(task, date(2020, 12, 5)).light == light

    def test_nothing_recurs_before_its_document(self, plan: Plan, unit: Agency) -> None:
        plan.issued_on = date(2020, 10, 1)
        plan.save()
        task = make_task(plan, leads=[unit], due_kind="recurring")
        Deadline.objects.update(every="quarter")
        reported(make_duty(task, unit), "behind")
        assert judged(task).light_reason == "认定：滞后"

    def test_a_soft_day_is_never_flagged(self, plan: Plan) -> None:
        task = make_task(plan, due_on=date(2020, 10, 12), due_soft=True)
        judged(task)
        sweep(actor=COMMAND_LINE, today=date(2020, 10, 13))
        task.refresh_from_db()
        assert (task.light, task.light_reason) == ("amber", "已过力争时限")
        assert task.overdue_since is None


class TestReportMark:
    def test_the_day_that_counts_is_held_against_the_cut_off(
        self, plan: Plan, unit: Agency
    ) -> None:
        task = dated(plan, unit)
        late = date(2020, 10, 21)
        progress = reported(make_duty(task, unit), counted_on=late)
        assert judged(task, late).report_mark == "late"
        Progress.objects.filter(pk=progress.pk).update(counted_on=CUT_OFF, submitted_on=late)
        assert judged(task, late).report_mark == "in"
        PlanPeriod.objects.update(cut_off=date(2020, 10, 19))
        assert judged(task, late).report_mark == "late"

    def test_what_still_lies_with_its_unit_is_not_in(self, plan: Plan, unit: Agency) -> None:
        task = dated(plan, unit)
        reported(make_duty(task, unit), "", state="signing", delivered_on=None)
        assert judged(task).report_label == "未到期"
        assert judged(task, date(2020, 10, 21)).report_label == "未报"

    def test_a_closed_period_is_over_before_its_cut_off(self, plan: Plan, unit: Agency) -> None:
        task = dated(plan, unit)
        make_duty(task, unit)
        assert judged(task).report_mark == "due"
        PlanPeriod.objects.update(state="closed", closed_on=TODAY)
        assert judged(task).report_mark == "miss"

    def test_a_closed_periods_report_waits_for_us(self, plan: Plan, unit: Agency) -> None:
        task = dated(plan, unit)
        reported(make_duty(task, unit), "", state="submitted")
        assert judged(task).light == "nodata"
        PlanPeriod.objects.update(state="closed", closed_on=TODAY)
        assert judged(task).light == "pending"

    def test_one_silent_lead_of_three_does_not_colour_the_row(self, plan: Plan) -> None:
        leads = [make_agency(name) for name in ("省发展改革委", "省科技厅", "省经济和信息化委")]
        task = dated(plan, *leads)
        for agency in leads:
            duty = make_duty(task, agency)
            if agency != leads[2]:
                reported(duty)
        assert judged(task).report_label == "已报 2/3"
        over = judged(task, date(2020, 10, 21))
        assert (over.report_mark, over.report_label, over.light) == ("miss", "已报 2/3", "green")


class TestLastReport:
    @pytest.fixture
    def leads(self) -> list[Agency]:
        return [make_agency("省科技厅"), make_agency("省财政厅")]

    def test_the_one_who_puts_the_row_together_speaks_for_it(
        self, plan: Plan, leads: list[Agency]
    ) -> None:
        task = dated(plan, *leads)
        Task.objects.update(consolidator=leads[1])
        reported(make_duty(task, leads[0]))
        whole = reported(make_duty(task, leads[1]))
        assert judged(task).last_progress == whole

    def test_until_it_has_reported_the_newest_one_does(
        self, plan: Plan, leads: list[Agency]
    ) -> None:
        task = dated(plan, *leads)
        Task.objects.update(consolidator=leads[1])
        before = reported(make_duty(task, leads[1], **Q2))
        first, second = make_duty(task, leads[0]), make_duty(task, leads[1])
        assert judged(task).last_progress == before
        newer = reported(first)
        assert judged(task).last_progress == newer
        reported(second, state="signing", delivered_on=None)
        assert judged(task).last_progress == newer

    def test_its_light_is_the_worst_of_all_parts(self, plan: Plan, leads: list[Agency]) -> None:
        task = dated(plan, *leads)
        reported(make_duty(task, leads[0]), "normal")
        reported(make_duty(task, leads[1]), "impossible")
        assert judged(task).light_facts["who"] == "省财政厅报，督查员认定"
        assert task.light == "red"


class TestNextChange:
    def test_it_is_the_first_day_on_which_something_turns(self, plan: Plan, unit: Agency) -> None:
        task = make_task(plan, leads=[unit], due_on=date(2022, 12, 31))
        make_duty(task, unit)
        assert judged(task).marks_next == date(2020, 10, 21)
        # then the day on which the next report, by the plan's rule, is over
        assert judged(task, date(2020, 10, 21)).marks_next == date(2021, 1, 21)

    def test_the_last_report_before_a_deadline_goes_by_the_plans_rule(
        self, plan: Plan, unit: Agency
    ) -> None:
        task = make_task(plan, leads=[unit], due_on=date(2021, 1, 19))
        reported(make_duty(task, unit))
        assert judged(task).light_facts["figure"] == "时限 2021-01-19，下次截止 2021-01-20"
        PlanPolicy.objects.update(year_end_month=1, year_end_day=4)
        assert judged(task).light == "green"
        PlanPolicy.objects.update(cadence=1, year_end_month=None, year_end_day=None)
        assert judged(task).light == "green"

    def test_on_its_cut_off_a_period_is_still_the_one_now_due(
        self, plan: Plan, unit: Agency
    ) -> None:
        task = make_task(plan, leads=[unit], due_on=date(2021, 2, 10))
        reported(make_duty(task, unit))
        assert judged(task, CUT_OFF).light == "green"
        assert judged(task, date(2020, 10, 21)).light_reason == "本期是时限前最后一次报送"

    def test_a_sweep_reads_only_what_may_have_turned(self, plan: Plan, unit: Agency) -> None:
        task = make_task(plan, leads=[unit], due_on=date(2022, 12, 31))
        make_duty(task, unit)
        judged(task)
        assert marks_sweep(today=CUT_OFF) == 0
        assert marks_sweep(today=date(2020, 10, 21)) == 1
        assert marks_sweep(today=date(2020, 10, 22)) == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(plan: Plan) -> None:
    counts = []
    for many in (2, 30):
        for _ in range(many):
            agency = make_agency()
            task = dated(plan, agency)
            make_figure(task, agency)
            AnnualGoal.objects.create(
                task=task, agency=agency, year=2020, goal="十家", value=Decimal(10),
                filed_on=TODAY, filed_by="某人",
            )  # fmt: skip
            reported(make_duty(task, agency), value=Decimal(7))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            marks_refresh(task_ids=Task.objects.values_list("pk", flat=True), today=TODAY)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert PeriodMark.objects.count() == 32
