"""草稿 → 送审稿 → 印发, and the ways back out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.ops.models import JobRun
from apps.ops.services import job_cancel
from apps.reports.figures.tokens import text_reasons
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.reports import figures_of, may_edit
from apps.reports.services.asking import FINAL, ISSUE
from apps.reports.services.held import (
    NOT_YOURS,
    State,
    check_text,
    checked_reason,
    hold,
    locked,
    number_written,
    open_run,
    save,
    tell,
    want,
)
from apps.tasks.access import Scope

_NUMBER_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Imprint:
    """文号 and 印发日期."""

    number: str
    issued_on: date


@transaction.atomic
def report_finalise(
    *, actor: Actor, scope: Scope, report_id: int, seen_version: int, today: date
) -> JobRun:
    """Close the text: 送审稿, once its files are made."""
    report = hold(scope=scope, report_id=report_id, states=[State.DRAFT], seen_version=seen_version)
    figures = figures_of(report)
    if figures is None:
        raise Refused("这份报告还没有取数，请先生成草稿。")
    # figures taken anew may know other names than the text was written with
    reasons = [
        f"{part.heading}：{reason}"
        for part in report.parts.order_by("position")
        for reason in text_reasons(part.text, figures)
    ]
    if reasons:
        raise Refused(*reasons)
    tell(report, actor, today, "提交生成送审稿")
    return want(report=report, actor=actor, step=FINAL)


@transaction.atomic
def report_reopen(
    *,
    actor: Actor,
    scope: Scope,
    report_id: int,
    seen_version: int,
    reason: str,
    today: date,
) -> QuarterlyReport:
    """送审稿 → 草稿, with a reason."""
    reason = checked_reason(reason)
    report = hold(scope=scope, report_id=report_id, states=[State.FINAL], seen_version=seen_version)
    before = report.get_state_display()
    report.state = State.DRAFT
    save(report, "state", stale=True)
    states = (before, report.get_state_display())
    tell(report, actor, today, "退回草稿", {"状态": states}, reason)
    return report


@transaction.atomic
def report_issue(
    *,
    actor: Actor,
    scope: Scope,
    report_id: int,
    seen_version: int,
    imprint: Imprint,
    today: date,
) -> JobRun:
    """Register 文号 and 印发日期; with its final files the report is closed for good."""
    report = hold(scope=scope, report_id=report_id, states=[State.FINAL], seen_version=seen_version)
    number = number_written(imprint.number)
    check_text("文号", number, _NUMBER_LIMIT)
    reasons = imprint_reasons(report, Imprint(number, imprint.issued_on), today)
    if reasons:
        raise Refused(*reasons)
    tell(report, actor, today, "提交登记印发", reason=number)
    issued_on = imprint.issued_on.isoformat()
    return want(report=report, actor=actor, step=ISSUE, number=number, issued_on=issued_on)


def imprint_reasons(report: QuarterlyReport, imprint: Imprint, today: date) -> list[str]:
    """What is wrong with number and day."""
    reasons = []
    if not imprint.number:
        reasons.append("请填写文号。")
    elif QuarterlyReport.objects.filter(number=imprint.number).exclude(pk=report.pk).exists():
        reasons.append(f"文号“{imprint.number}”已经用于另一份报告，请核对。")
    if imprint.issued_on > today:
        reasons.append("印发日期不能晚于今天。")
    elif report.taken_on is not None and imprint.issued_on < report.taken_on:
        reasons.append(f"印发日期不能早于取数日期（{report.taken_on.isoformat()}）。")
    return reasons


@transaction.atomic
def report_discard(
    *,
    actor: Actor,
    scope: Scope,
    report_id: int,
    seen_version: int,
    reason: str,
    today: date,
) -> QuarterlyReport:
    """作废, with a reason: what was never issued; another may be asked for in its place."""
    reason = checked_reason(reason)
    report = hold(
        scope=scope,
        report_id=report_id,
        states=QuarterlyReport.OPEN,
        seen_version=seen_version,
    )
    _discard(report, actor, today, reason)
    return report


@transaction.atomic
def report_job_cancel(*, actor: Actor, scope: Scope, report_id: int, today: date) -> None:
    """Give up what is being made; the report stays as it was before."""
    report = locked(report_id)
    if report is None or not may_edit(report, scope):
        raise NotAllowed(NOT_YOURS)
    run = open_run(report)
    if run is None:
        raise Refused("没有正在生成的内容，不需要取消。")
    _cancel(run, report, actor, today)


@transaction.atomic
def report_run_cancel(*, run: JobRun, actor: Actor, today: date) -> None:
    """The same, asked for on the job's own page, which only they may see who may edit."""
    report = locked(run.wanted["report"])
    if report is None:
        raise Refused("这份报告已经不在了，请刷新后再看。")
    _cancel(run, report, actor, today)


def _cancel(run: JobRun, report: QuarterlyReport, actor: Actor, today: date) -> None:
    """A report that never got figures says nothing: it goes with its first job."""
    job_cancel(run=run, actor=actor)
    tell(report, actor, today, "取消生成报告")
    if not report.figures and report.state == State.DRAFT:
        _discard(report, actor, today, "首次生成被取消")


def _discard(report: QuarterlyReport, actor: Actor, today: date, reason: str) -> None:
    before = report.get_state_display()
    report.state = State.DISCARDED
    save(report, "state", stale=False)
    states = (before, report.get_state_display())
    tell(report, actor, today, "作废报告", {"状态": states}, reason)
