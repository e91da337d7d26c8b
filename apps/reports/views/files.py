"""The files of a report: what is printed, what is counted with, and the paper that came back."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from apps.common.errors import Refused
from apps.reports.models import QuarterlyReport
from apps.reports.services.files import KINDS, report_file
from apps.reports.views.asked import asked_report
from apps.tasks.views.kept_files import kept_file


@require_safe
def file_download(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """document, workbook or data; all three have the figures and texts of the pages."""
    report = asked_report(request, pk).report
    if kind not in KINDS:
        raise Http404
    try:
        file = report_file(report, kind)
    except Refused as refused:
        messages.error(request, "；".join(refused.reasons))
        return redirect("reports:detail", pk)
    return FileResponse(
        file.content,
        as_attachment=True,
        filename=_name(report, file.name),
        content_type=file.content_type,
    )


def _name(report: QuarterlyReport, name: str) -> str:
    """What is not issued says so in its name, so that nobody takes it for the paper."""
    if report.state == QuarterlyReport.State.ISSUED:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem}（{report.get_state_display()}）{dot}{ending}"


@require_safe
def copy_download(request: HttpRequest, pk: int, copy_pk: int) -> HttpResponseBase:
    """定稿回传: the paper as it went out."""
    report = asked_report(request, pk).report
    copy = report.copies.select_related("file").filter(pk=copy_pk).first()
    if copy is None:
        raise Http404
    return kept_file(copy.file, copy.name)
