"""The report's kind of job; apps.tasks.jobs runs it like every other."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.ops.job_kinds import JobKind, register
from apps.ops.models import JobRun
from apps.reports.selectors.reports import REPORT_JOB
from apps.reports.services.asking import DRAFT, FINAL
from apps.reports.services.issuing import report_run_cancel
from apps.reports.services.making import report_make
from apps.tasks.jobs import send_job

# pages that ask for a report hand it to a worker as every other run
__all__ = ["send_job"]


def _title(run: JobRun) -> str:
    if run.wanted["step"] == DRAFT:
        return _("生成报告草稿")
    return _("生成送审稿") if run.wanted["step"] == FINAL else _("登记印发")


def _home(run: JobRun) -> tuple[str, str]:
    return _("报告"), reverse("reports:detail", args=[run.wanted["report"]])


register(
    REPORT_JOB,
    JobKind(
        make=lambda run, today: report_make(run=run, today=today),
        cancel=lambda run, actor, today: report_run_cancel(run=run, actor=actor, today=today),
        title=_title,
        home=_home,
        ended=lambda _run: _("已做好。"),
    ),
)
