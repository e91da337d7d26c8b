"""What every act on a report does first: hold its row, and see that it may be done now."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.ops.models import JobRun
from apps.ops.services import job_ask
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.reports import REPORT_JOB, may_edit, run_key
from apps.tasks.access import Scope
from apps.tasks.content import storable

State = QuarterlyReport.State
REASON_LIMIT = 500
# what a change of the text makes out of date; a download makes them anew
FILES = ("document", "workbook", "data")
_YEAR = re.compile(r"[〔\[［【（(〈<{](\d{4})[〕\]］】）)〉>}]")
_HALF_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
NOT_YOURS = "只有督办本报告全部任务来源的督查员可以办理。"


def hold(
    *, scope: Scope, report_id: int, states: Collection[str], seen_version: int | None = None
) -> QuarterlyReport:
    """The report's row, locked: everybody holds it before its job, its parts and its texts.

    Raises NotAllowed; Conflict where it has changed since it was seen; Refused in another state,
    and while a job is at it.
    """
    report = locked(report_id)
    if report is None or not may_edit(report, scope):
        raise NotAllowed(NOT_YOURS)
    check_idle(report)
    if report.state not in states:
        labels = "、".join(State(state).label for state in states)
        raise Refused(f"这份报告现在是“{report.get_state_display()}”，只有“{labels}”可以这样办理。")
    if seen_version is not None and report.version != seen_version:
        raise Conflict("这份报告在您打开后有改动，没有办理。请看最新内容再办理。")
    return report


def locked(report_id: int) -> QuarterlyReport | None:
    return (
        QuarterlyReport.objects.select_for_update(of=("self",))
        .select_related("period", "corrects")
        .prefetch_related("plans")
        .filter(pk=report_id)
        .first()
    )


def check_idle(report: QuarterlyReport) -> None:
    """What is printed must be what is kept."""
    if open_run(report) is not None:
        raise Refused("这份报告正在生成，请等它完成，或先取消生成。")


def open_run(report: QuarterlyReport) -> JobRun | None:
    return JobRun.objects.filter(
        kind=REPORT_JOB, key=run_key(report), state__in=JobRun.OPEN
    ).first()


def want(*, report: QuarterlyReport, actor: Actor, step: str, **more: Any) -> JobRun:
    """Ask for a step of the job; the caller holds the report."""
    return job_ask(
        kind=REPORT_JOB,
        key=run_key(report),
        wanted={
            "report": report.pk,
            "step": step,
            "period": report.period.code,
            "plans": sorted(plan.pk for plan in report.plans.all()),
            # whoever ends the job writes the log in the name of who asked for it
            "agency": actor.agency_name,
            **more,
        },
        actor=actor,
    )


def save(report: QuarterlyReport, *fields: str, stale: bool) -> None:
    """The next version; `stale`: the files that were made say something else now."""
    report.version += 1
    if stale:
        report.document = report.workbook = report.data = None
    report.save(update_fields=[*fields, *(FILES if stale else ()), "version"])


def tell(
    report: QuarterlyReport,
    actor: Actor,
    today: date,
    action: str,
    changes: Mapping[str, tuple[object, object]] | None = None,
    reason: str = "",
) -> None:
    """The log."""
    record(actor=actor, today=today, act=Act(action, report, changes or {}, reason))


def checked_reason(reason: str) -> str:
    """Refused without one."""
    reason = reason.strip()
    if not reason:
        raise Refused("请写明理由。")
    check_text("理由", reason, REASON_LIMIT)
    return reason


def number_written(text: str) -> str:
    """A 文号 without spaces, its year in 〔〕 and digits as GB/T 9704 has them: 〔2020〕12号.

    Else two ways of writing one number would be two numbers.
    """
    return _YEAR.sub(r"〔\1〕", "".join(text.split()).translate(_HALF_WIDTH))


def check_text(name: str, text: str, limit: int) -> None:
    """Too long for its place, or not to be stored."""
    if len(text) > limit:
        raise Refused(f"{name}最多 {limit} 字，现在 {len(text)} 字。")
    if not storable(text):
        raise Refused(f"{name}里有无法保存的字符，请删去后再填。")
