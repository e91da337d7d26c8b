"""工作日历: where this body departs from the national working days."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import rights_of
from apps.accounts.models import User
from apps.audit.services import record_refusal
from apps.common.days import parse_day
from apps.common.errors import Refused
from apps.ops.selectors import business_date
from apps.plans.selectors import calendar_year
from apps.plans.services import workday_clear, workday_set
from apps.tasks.period_forms import WorkdayForm
from apps.tasks.views.plans import person

_ACTION = "改工作日历"


@require_http_methods(["GET", "HEAD", "POST"])
def calendar_list(request: HttpRequest) -> HttpResponse:
    """One year; system administrators change it, supervisors look."""
    today = business_date()
    user = person(request)
    may_change = user.duty == User.Duty.SYSTEM
    if not may_change and not rights_of(user, today).is_supervisor:
        raise PermissionDenied(_("工作日历只对系统管理员和督查员开放。"))
    if request.method == "POST" and not may_change:
        reason = _("只有系统管理员可以改工作日历。")
        about = ("workdayoverride", request.POST.get("day", ""))
        record_refusal(actor=user, today=today, action=_ACTION, about=about, reason=reason)
        raise PermissionDenied(reason)
    clears = request.POST.get("act") == "clear"
    form = WorkdayForm(request.POST if request.method == "POST" and not clears else None)
    if request.method == "POST" and (
        year := _clear(request, user, today) if clears else _set(form, user, today)
    ):
        messages.success(request, _("已保存。已开启的报告期截止日不变。"))
        return redirect(f"{reverse('calendar:list')}?year={year}")
    page = calendar_year(request.GET.get("year", ""), today)
    context = {"page": page, "form": form, "may_change": may_change}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "calendar/list.html", context, status=status)


def _set(form: WorkdayForm, user: User, today: date) -> int | None:
    if not form.is_valid():
        return None
    wanted = form.cleaned_data
    try:
        row = workday_set(
            user=user,
            day=wanted["day"],
            is_workday=wanted["is_workday"],
            note=wanted["note"],
            today=today,
        )
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(None, reason)
        return None
    return row.day.year


def _clear(request: HttpRequest, user: User, today: date) -> int | None:
    try:
        day = parse_day(request.POST.get("day", ""))
    except Refused as refused:
        messages.error(request, refused.reasons[0])
        return None
    workday_clear(user=user, day=day, today=today)
    return day.year
