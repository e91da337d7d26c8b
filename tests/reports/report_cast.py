"""A small plan with a period to report on, and the acts of a report's life in one line each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.ops.models import Installation, JobRun
from apps.ops.services import job_claim
from apps.plans.models import Period, Plan, PlanPeriod
from apps.reports.models import QuarterlyReport
from apps.reports.services.asking import Wish, report_ask
from apps.reports.services.issuing import Imprint, report_finalise, report_issue
from apps.reports.services.making import report_make
from apps.tasks.access import scope_of
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.services.marks import marks_refresh
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

CODE = "2020Q2"
CUT_OFF = date(2020, 7, 20)


@dataclass(frozen=True, slots=True)
class Cast:
    """省科技厅 leads every row and has reported; 省教育厅 leads the first with it and has not."""

    plan: Plan
    period: Period
    entered: PlanPeriod
    supervisor: User
    leader: User
    unit: Agency
    silent: Agency
    tasks: list[Task]
    duties: list[Duty]

    @property
    def wish(self) -> Wish:
        return Wish(self.period, [self.plan], QuarterlyReport.Genre.REPORT)

    def by(self, user: User | None = None, today: date = TODAY) -> dict[str, Any]:
        """Who acts, for services; the scope as a new request reads it."""
        actor = User.objects.get(pk=(user or self.supervisor).pk)
        return {"actor": actor, "scope": scope_of(actor, today), "today": today}


def make_cast(*, rows: int = 2, code: str = CODE, cut_off: date = CUT_OFF) -> Cast:
    Installation.objects.update_or_create(
        pk=1, defaults={"body_name": "广东省", "sample": True, "business_date": TODAY}
    )
    body, line = make_agency("省发展改革委", full_name="广东省发展和改革委员会"), make_line()
    plan = make_plan("impl", title="关于加快发展的实施方案", short_title="实施方案")
    unit, silent = make_agency("省科技厅", rank=1), make_agency("省教育厅", rank=2)
    entered = make_plan_period(plan, code, cut_off)
    tasks, duties = [], []
    for number in range(1, rows + 1):
        leads = [unit, silent] if number == 1 else [unit]
        task = make_task(plan, number=str(number), leads=leads)
        duty = make_duty(task, unit, code=code, cut_off=cut_off)
        report_of(duty, text=f"已办成第{number}件。")
        tasks.append(task)
        duties.append(duty)
    make_duty(tasks[0], silent, code=code, cut_off=cut_off)
    marks_refresh(task_ids=[task.pk for task in tasks], today=TODAY)
    return Cast(
        plan=plan,
        period=entered.period,
        entered=entered,
        supervisor=make_member(body, "supervisor", lines=[line]),
        leader=make_member(body, "leader", lines=[line]),
        unit=unit,
        silent=silent,
        tasks=tasks,
        duties=duties,
    )


def report_of(duty: Duty, **fields: Any) -> Progress:
    """What a unit handed in within the cut-off; approved and judged 正常推进."""
    day = min(duty.plan_period.cut_off, TODAY)
    fields = {
        "text": "已办成一件。",
        "self_assessment": "normal",
        "state": Progress.State.APPROVED,
        "judgement": "normal",
        "judged_by": "某督查员",
        "judged_on": day,
        "first_submitted_on": day,
        "submitted_on": day,
        "delivered_on": day,
        "counted_on": day,
        "submitted_by": "某人",
        **fields,
    }
    if isinstance(fields.get("value"), str):
        fields["value"] = Decimal(fields["value"])
    return Progress.objects.create(duty=duty, **fields)


def done(run: JobRun, today: date = TODAY) -> QuarterlyReport:
    """The job, in this process; and the report as it is then."""
    claimed = job_claim(run.pk)
    assert claimed is not None
    report_make(run=claimed, today=today)
    return QuarterlyReport.objects.get(pk=run.wanted["report"])


def drafted(cast: Cast, wish: Wish | None = None, today: date = TODAY) -> QuarterlyReport:
    report, run = report_ask(**cast.by(today=today), wish=wish or cast.wish)
    return done(run, today) if run.is_open else report


def finalised(cast: Cast, wish: Wish | None = None) -> QuarterlyReport:
    report = drafted(cast, wish)
    if report.state == QuarterlyReport.State.FINAL:
        return report
    return done(report_finalise(**cast.by(), report_id=report.pk, seen_version=report.version))


def issued(
    cast: Cast, wish: Wish | None = None, number: str = "粤发改督〔2020〕12号"
) -> QuarterlyReport:
    report = finalised(cast, wish)
    run = report_issue(
        **cast.by(),
        report_id=report.pk,
        seen_version=report.version,
        imprint=Imprint(number, TODAY),
    )
    return done(run)
