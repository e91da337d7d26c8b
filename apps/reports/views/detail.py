"""One report's page: its state, its figures with the rows behind them, and what may be done now."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.audit.selectors import history
from apps.reports.figures.kinds import Figures
from apps.reports.forms import CopyForm, HeadForm, IssueForm, ReasonForm
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.reports import ReportPage, report_page
from apps.reports.views.asked import Asked, asked_report
from apps.reports.views.shown import (
    chosen_rows,
    class_lines,
    lagging_lines,
    plan_lines,
    shown_classes,
    total_line,
)
from apps.tasks.selectors.history import event_of
from apps.tasks.views.rows import HtmxRequest

_State = QuarterlyReport.State
_HISTORY = 20
_PAGE_ROWS = 50
# of 草稿, 送审稿, 印发, 定稿回传: where a report is; issued, it waits for the paper
_STEPS = {_State.DRAFT: 1, _State.FINAL: 2, _State.ISSUED: 4}
_ALL_DONE = 5


@require_safe
def report_detail(request: HtmxRequest, pk: int) -> HttpResponse:
    """The page; to htmx how far the figures are, and that the page is new once they are taken."""
    asked = asked_report(request, pk)
    if request.htmx:
        return _progress(request, asked)
    response = detail_answer(request, asked)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _progress(request: HttpRequest, asked: Asked) -> HttpResponse:
    page = report_page(asked.report, asked.reader.scope, asked.reader.today)
    if page.is_busy:
        response = render(request, "reports/_report_job.html", _of_job(page))
    else:
        response = HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _of_job(page: ReportPage) -> dict[str, Any]:
    """A run that came to a good end says nothing: the figures are there."""
    said = page.run if page.run and page.run.state != "done" else None
    return {"report": page.report, "run": said, "may_change": page.may_edit}


def detail_answer(
    request: HttpRequest,
    asked: Asked,
    forms: dict[str, Any] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page with forms as they stand, `forms` those that were turned down."""
    page = report_page(asked.report, asked.reader.scope, asked.reader.today)
    figures = page.body.figures if page.body else None
    log = history(asked.report)
    context: dict[str, Any] = {
        "page": page,
        **_of_job(page),
        "figures": figures,
        "copies": page.copies,
        "corrections": page.corrections,
        "step": _step(page),
        "may_tick": page.may_write and any(line.may_be_ticked for line in page.units),
        "events": [event_of(entry) for entry in log[:_HISTORY]],
        "total": log.count(),
        **_forms(asked),
        **(forms or {}),
    }
    if figures:
        context |= _of_figures(figures) | _of_rows(request, figures)
    return render(request, "reports/report_detail.html", context, status=status)


def _step(page: ReportPage) -> int:
    return _ALL_DONE if page.copies else _STEPS.get(_State(page.report.state), 1)


def _forms(asked: Asked) -> dict[str, Any]:
    report, today = asked.report, asked.reader.today
    seen = {"seen": report.version}
    head = {"title": report.title, "addressee": report.addressee, "signatory": report.signatory}
    copied = {"number": report.number, "dated": report.issued_on}
    return {
        "head_form": HeadForm(initial=seen | head),
        "reopen_form": ReasonForm(initial=seen, auto_id="reopen_%s"),
        "discard_form": ReasonForm(initial=seen, auto_id="discard_%s"),
        "issue_form": IssueForm(initial={**seen, "issued_on": today}, auto_id="issue_%s"),
        "copy_form": CopyForm(initial=copied, auto_id="copy_%s"),
    }


def _of_figures(figures: Figures) -> dict[str, Any]:
    many = len(figures.facts.plans)
    said = {"owed": figures.owed, "delivered": figures.delivered, "late": figures.late}
    return {
        "classes": class_lines(figures),
        "sum": total_line(figures),
        "columns": shown_classes(figures),
        "plan_lines": plan_lines(figures),
        "lagging": lagging_lines(figures),
        "plans_note": _("%(many)d 个任务来源") % {"many": many},
        "met_note": _("达到序时进度 %(met)d 项") % {"met": figures.met},
        "owed_note": _("应报 %(owed)d 份，已报 %(delivered)d 份，其中迟报 %(late)d 份") % said,
    }


def _of_rows(request: HttpRequest, figures: Figures) -> dict[str, Any]:
    """The rows behind the number that was pressed."""
    wanted, plan_code = request.GET.get("class", ""), request.GET.get("plan", "")
    chosen = chosen_rows(figures, wanted, plan_code)
    if chosen is None:
        return {"chosen": None}
    keep = urlencode({"class": wanted, **({"plan": plan_code} if plan_code else {})})
    return {
        "chosen": chosen,
        "chosen_page": Paginator(chosen.rows, _PAGE_ROWS).get_page(request.GET.get("page")),
        "keep": keep,
    }
