"""The trial run's data as a whole: what apps.tasks loads, then the report of its last period.

The report goes through the services and the job that a person's own would go through.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.common.actor import System
from apps.ops.models import JobRun
from apps.ops.services import job_claim
from apps.plans.models import Period, Plan
from apps.reports.models import QuarterlyReport
from apps.reports.services.asking import Wish, report_ask
from apps.reports.services.issuing import Imprint, report_finalise, report_issue
from apps.reports.services.making import report_make
from apps.tasks.access import Scope, everything
from apps.tasks.samples import samples_load

_PLAN, _PERIOD = "yue-2017-impl", "2020Q2"
_NUMBER = "演示数据〔2020〕7号"
# three days after the cut-off the figures are taken, the day after it is issued
_TAKEN_ON, _ISSUED_ON = date(2020, 7, 23), date(2020, 7, 24)


@transaction.atomic
def sample_load() -> bool:
    """All of it once, in one transaction; False when it is there already."""
    if not samples_load():
        return False
    plan = Plan.objects.select_related("supervisor").get(code=_PLAN)
    supervisor = plan.supervisor.name if plan.supervisor else ""
    _Desk(System("演示督查员", agency_name=supervisor), everything()).issue(plan)
    return True


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who makes the report."""

    actor: System
    scope: Scope

    def issue(self, plan: Plan) -> None:
        wish = Wish(Period.objects.get(code=_PERIOD), [plan], QuarterlyReport.Genre.REPORT)
        made, run = report_ask(actor=self.actor, scope=self.scope, wish=wish, today=_TAKEN_ON)
        report = _done(made, run, _TAKEN_ON)
        run = report_finalise(
            actor=self.actor,
            scope=self.scope,
            report_id=report.pk,
            seen_version=report.version,
            today=_TAKEN_ON,
        )
        report = _done(report, run, _TAKEN_ON)
        run = report_issue(
            actor=self.actor,
            scope=self.scope,
            report_id=report.pk,
            seen_version=report.version,
            imprint=Imprint(_NUMBER, _ISSUED_ON),
            today=_ISSUED_ON,
        )
        _done(report, run, _ISSUED_ON)


def _done(report: QuarterlyReport, run: JobRun, today: date) -> QuarterlyReport:
    claimed = job_claim(run.pk)
    assert claimed is not None, "nobody else works in this transaction"
    report_make(run=claimed, today=today)
    return QuarterlyReport.objects.get(pk=report.pk)
