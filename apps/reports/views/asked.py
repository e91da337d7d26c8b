"""Which report an address asks for, and what its reader may do with it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from apps.reports.models import QuarterlyReport
from apps.reports.selectors.reports import may_edit, reports_visible
from apps.tasks.views.plans import deny
from apps.tasks.views.rows import Reader, reader_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A report, and who has it before them."""

    reader: Reader
    report: QuarterlyReport


def asked_report(request: HttpRequest, pk: int) -> Asked:
    """404 for a report that this reader may not see."""
    reader = reader_of(request)
    report = (
        reports_visible(reader.scope)
        .select_related("corrects", "document", "workbook", "data")
        .filter(pk=pk)
        .first()
    )
    if report is None:
        raise Http404
    return Asked(reader, report)


def asked_to_change(request: HttpRequest, pk: int, action: str) -> Asked:
    """The same for what only its supervisor does; 403, recorded, for its other readers."""
    asked = asked_report(request, pk)
    if not may_edit(asked.report, asked.reader.scope):
        about = ("quarterlyreport", str(pk))
        deny(request, asked.reader, about, action, _("只有任务来源的督查员可以改这份报告。"))
    return asked
