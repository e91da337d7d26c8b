"""操作日志: what was done and what was refused; for the audit administrator alone."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.accounts.views.desk import Desk, Paged, desk_of
from apps.audit.selectors import entries_wanted, last_verification
from apps.ops.selectors import installation
from apps.reports.log_forms import LogForm
from apps.reports.log_sheet import log_sheet
from apps.reports.log_words import log_line
from apps.reports.services.log import log_taken
from apps.tasks.selectors.rows import COUNT_LIMIT
from apps.tasks.services.export import WORKBOOK_TYPE, workbook
from apps.tasks.tables import PAGE_SIZES, BoundedPaginator

_PER_PAGE = 50
EXPORT_LIMIT = 20_000


@require_safe
def log_list(request: HttpRequest) -> HttpResponse:
    """Newest first, narrowed by the address."""
    _audit_desk(request)
    form = LogForm(request.GET)
    entries = entries_wanted(form.wanted) if form.is_valid() else None
    total = 0 if entries is None else entries[: COUNT_LIMIT + 1].count()
    asked = request.GET.get("per_page", "")
    size = int(asked) if asked in map(str, PAGE_SIZES) else _PER_PAGE
    paginator = BoundedPaginator([] if entries is None else entries, size, total=total)
    page = paginator.get_page(request.GET.get("page"))
    keep = request.GET.copy()
    keep.pop("page", None)
    context = {
        "form": form,
        "lines": [log_line(entry) for entry in page.object_list],
        "table": Paged(page),
        "total": paginator.count_text,
        "verified": last_verification(),
        "keep": keep.urlencode(),
        "limit": EXPORT_LIMIT,
    }
    return render(request, "audit/list.html", context)


@require_safe
def log_export(request: HttpRequest) -> HttpResponseBase:
    """The filtered list as .xlsx; what is too much, or wrong conditions, go back to the page."""
    desk = _audit_desk(request)
    form = LogForm(request.GET)
    back = redirect(f"{reverse('audit:list')}?{request.GET.urlencode()}")
    if not form.is_valid():
        return back
    entries = list(entries_wanted(form.wanted)[: EXPORT_LIMIT + 1])
    if len(entries) > EXPORT_LIMIT:
        said = _("符合条件的超过 %d 条，一次导不出，请缩小时间范围。") % EXPORT_LIMIT
        messages.error(request, said)
        return back
    with transaction.atomic():
        log_taken(actor=desk.user, today=desk.today, conditions=form.told, count=len(entries))
    sheet = log_sheet(
        entries, body=installation().body_name, conditions=form.told, today=desk.today
    )
    return FileResponse(
        workbook(sheet),
        as_attachment=True,
        filename=f"操作日志-{desk.today.isoformat()}.xlsx",
        content_type=WORKBOOK_TYPE,
    )


def _audit_desk(request: HttpRequest) -> Desk:
    """404 for everybody else, the other administrators too."""
    desk = desk_of(request)
    if desk.user.duty != User.Duty.AUDIT:
        raise Http404
    return desk
