"""报告期."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.ops.selectors import business_date
from apps.reports.selectors.periods import period_page
from apps.tasks.access import scope_of


@require_safe
def periods(request: HttpRequest) -> HttpResponse:
    """报告期: what was asked for and what came in, by period and plan."""
    today = business_date()
    scope = scope_of(request.user, today)
    if not (scope.rights.is_supervisor or scope.rights.is_leader):
        raise PermissionDenied(_("报告期只对督查员和领导开放。"))
    page = period_page(scope, request.GET.get("year", ""), today)
    return render(request, "reports/periods.html", {"page": page, "today": today})
