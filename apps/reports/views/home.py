"""工作台 by role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.accounts.selectors.offices import security_office, system_office
from apps.audit.selectors import last_verification, refusals_since
from apps.notices.selectors import inbox_head, mail_troubles
from apps.ops.selectors import business_date, last_finished
from apps.reports.selectors.home import supervisor_home
from apps.reports.selectors.leader import leader_home
from apps.reports.selectors.unit import reporter_home, to_sign
from apps.tasks.access import scope_of
from apps.tasks.forms import SignForm
from apps.tasks.views.plans import person

# how far back the audit administrator's first page looks
_LATELY = timedelta(days=7)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page; a person with several roles gets a part for each."""
    today = business_date()
    scope = scope_of(request.user, today)
    rights = scope.rights
    context: dict[str, Any] = {"today": today, "rights": rights}
    if isinstance(request.user, User) and request.user.duty:
        return _administrator(request, request.user, context)
    context["inbox"] = inbox_head(request.user, today)
    if rights.reporter_of:
        context["reporter"] = reporter_home(scope, today)
    if rights.approver_of:
        context["signing"] = to_sign(scope)
        context["sign_form"] = SignForm()
    if rights.is_supervisor:
        actor_id = person(request).actor_id
        context["supervisor"] = supervisor_home(scope, today, actor_id=actor_id)
    elif rights.is_leader:
        # the page is for printing: the whole list only for who asks for it
        whole = request.GET.get("list") == "problems"
        context["leader"] = leader_home(scope, today, whole=whole)
    return render(request, "reports/home.html", context)


def _administrator(request: HttpRequest, user: User, context: dict[str, Any]) -> HttpResponse:
    context["duty"] = user.duty
    if user.duty == User.Duty.SYSTEM:
        mail = mail_troubles(timezone.now()) if settings.MAIL_ENABLED else None
        checked_at = last_finished("flag_overdue")
        context |= {"system": system_office(), "checked_at": checked_at, "mail": mail}
    elif user.duty == User.Duty.SECURITY:
        context["security"] = security_office(context["today"])
    else:
        context["refused"] = refusals_since(timezone.now() - _LATELY)
        context["verified"] = last_verification()
    return render(request, "reports/administrator.html", context)
