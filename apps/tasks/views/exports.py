"""Exports: of a plan, of the list as it is filtered, and what jobs have made of large ones."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import Refused
from apps.tasks.jobs import send_job
from apps.tasks.listing import listed, unpaged
from apps.tasks.selectors.exports import exports_of
from apps.tasks.services.export import WORKBOOK_TYPE, Exporter
from apps.tasks.services.exports import (
    AT_ONCE,
    EXPORT_JOB,
    KEPT_DAYS,
    LEDGER,
    ORIGINAL,
    Export,
    Wanted,
    export_ask,
    export_now,
    export_prepare,
)
from apps.tasks.views.plans import person
from apps.tasks.views.rows import Reader, reader_of


@require_safe
def task_export(request: HttpRequest) -> HttpResponseBase:
    """The list as filtered and sorted, as .xlsx; wrong conditions go back to the page."""
    wanted = Wanted(query=unpaged(request.GET), period=request.GET.get("period", ""))
    return _exported(request, wanted, f"{reverse('tasks:list')}?{request.GET.urlencode()}")


@require_safe
def plan_export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The original table, or with ?kind=ledger the ledger, as an .xlsx file."""
    kind = LEDGER if request.GET.get("kind") == LEDGER else ORIGINAL
    period = request.GET.get("period", "") if kind == LEDGER else ""
    wanted = Wanted(kind, pk, period=period)
    return _exported(request, wanted, reverse("plans:detail", args=[pk]))


@require_safe
def export_list(request: HttpRequest) -> HttpResponse:
    """我的导出: the person's own, with who, when, how many rows, checksum."""
    reader_of(request)
    runs = [
        (run, run.finished_at + timedelta(days=KEPT_DAYS) if run.finished_at else None)
        for run in exports_of(person(request), EXPORT_JOB)
    ]
    context = {"runs": runs, "days": KEPT_DAYS, "at_once": AT_ONCE}
    return render(request, "exports/list.html", context)


@require_POST
def export_start(request: HttpRequest) -> HttpResponse:
    """Have an export made by a job, and look on."""
    reader = reader_of(request)
    plan = request.POST.get("plan", "")
    if plan and not (plan.isascii() and plan.isdecimal()):
        raise Http404
    wanted = Wanted(
        what=ORIGINAL if request.POST.get("what") == ORIGINAL and plan else LEDGER,
        plan_id=int(plan[:18]) if plan else None,
        query=request.POST.get("query", ""),
        period=request.POST.get("period", ""),
    )
    try:
        export = _prepared(request, reader, wanted)
        if export is None:
            return redirect(f"{reverse('tasks:list')}?{wanted.query}")
        with transaction.atomic():
            run = export_ask(export=export)
    except Refused as refused:
        messages.error(request, "".join(refused.reasons))
        return redirect("exports:list")
    transaction.on_commit(lambda: _send(run.pk))
    return redirect("jobs:detail", run.pk)


def _send(pk: int) -> None:
    send_job(pk)


def _exported(request: HttpRequest, wanted: Wanted, back: str) -> HttpResponseBase:
    """The file; a page that asks for a job where it would take long; or back with the reason."""
    reader = reader_of(request)
    try:
        export = _prepared(request, reader, wanted)
        if export is None:
            return redirect(back)
        if export.is_large:
            return _large(request, export, back)
        file = export_now(export)
    except Refused as refused:
        messages.error(request, "；".join(refused.reasons))
        # without what was wrong about the address
        return redirect(back.partition("?")[0])
    return FileResponse(
        file, as_attachment=True, filename=export.file_name, content_type=WORKBOOK_TYPE
    )


def _prepared(request: HttpRequest, reader: Reader, wanted: Wanted) -> Export | None:
    """None for wrong conditions of the list; 404 for a plan that this reader may not see."""
    exporter = Exporter(person(request), reader.scope, reader.today)
    export = export_prepare(wanted, exporter, listed)
    if export is None and wanted.plan_id is not None:
        raise Http404
    return export


def _large(request: HttpRequest, export: Export, back: str) -> HttpResponse:
    context = {
        "export": export,
        "wanted": export.wanted,
        "rows": export.rows.count(),
        "back": back,
        "days": KEPT_DAYS,
        "title": _("导出%(name)s") % {"name": export.name},
    }
    return render(request, "exports/large.html", context, status=HTTPStatus.OK)
