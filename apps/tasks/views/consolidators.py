"""Designating the 汇总单位 of many rows at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.common.errors import Refused
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.selectors.consolidators import (
    ALL,
    DESIGNATED,
    WITHOUT_LEAD,
    agency_named,
    agency_names,
    consolidator_counts,
    consolidator_rows,
)
from apps.tasks.services.consolidators import BASIS_LIMIT, Designation, consolidators_set
from apps.tasks.views.plans import deny, person, visible_plan
from apps.tasks.views.rows import Reader, reader_of

_PAGE_ROWS = 100
_NAME_CHARS = 120
# a longer number is no key
_KEY_DIGITS = 19
_WHICH = (WITHOUT_LEAD, ALL, DESIGNATED)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_consolidators(request: HttpRequest, pk: int) -> HttpResponse:
    """Rows without a lead first; tick, name the unit and the basis, one act."""
    reader = reader_of(request)
    plan = visible_plan(pk, reader)
    if plan.pk not in reader.scope.supervised or not plan.is_own:
        reason = _("只有本级督办文件的督查员可以指定汇总单位。")
        deny(request, reader, ("plan", str(plan.pk)), _("指定汇总单位"), reason)
    if request.method == "POST":
        return _received(request, reader, plan)
    return _page(request, reader, plan)


def _received(request: HttpRequest, reader: Reader, plan: Plan) -> HttpResponse:
    sent = request.POST.getlist("task")
    ticked = [int(value) for value in sent if value.isdecimal() and len(value) < _KEY_DIGITS]
    try:
        many = _set(request, reader, plan, ticked)
    except Refused as refused:
        return _page(request, reader, plan, reasons=refused.reasons, ticked=ticked)
    if not many:
        messages.info(request, _("选中的项已经由这个单位汇总，没有改动。"))
    else:
        said = _("已指定 %(many)d 项的汇总单位。") % {"many": many}
        messages.success(request, f"{said}{_later(plan)}")
    return redirect(f"{request.path}?show={_which(request)}")


def _set(request: HttpRequest, reader: Reader, plan: Plan, ticked: list[int]) -> int:
    name = request.POST.get("agency", "").strip()[:_NAME_CHARS]
    if not name:
        raise Refused(_("请写明由哪个单位汇总。"))
    agency = agency_named(reader.scope, plan, name)
    if agency is None:
        raise Refused(
            _("没有找到单位“%(name)s”，请从列表里选，或按简称、全称写。") % {"name": name}
        )
    return consolidators_set(
        actor=person(request),
        scope=reader.scope,
        plan=plan,
        task_ids=ticked,
        wanted=Designation(agency, request.POST.get("basis", "")),
        today=reader.today,
    )


def _later(plan: Plan) -> str:
    """Open periods ask nothing new of anybody by themselves."""
    if not _reopen_url(plan):
        return ""
    return _("已开启的报告期不会因此增加应报，要增加的请补开。")


def _page(
    request: HttpRequest,
    reader: Reader,
    plan: Plan,
    *,
    reasons: tuple[str, ...] = (),
    ticked: list[int] | None = None,
) -> HttpResponse:
    which = _which(request)
    counts = consolidator_counts(plan)
    page = Paginator(consolidator_rows(plan, which), _PAGE_ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "plan": plan,
        "page": page,
        "which": which,
        "choices": [(key, _labels()[key], counts[key]) for key in _WHICH],
        "names": agency_names(reader.scope, plan),
        "basis_limit": BASIS_LIMIT,
        "reasons": reasons,
        "ticked": ticked or [],
        "typed": request.POST,
        "reopen_url": _reopen_url(plan),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if reasons else HTTPStatus.OK
    return render(request, "plans/consolidators.html", context, status=status)


def _labels() -> dict[str, str]:
    return {
        WITHOUT_LEAD: _("没有牵头单位的"),
        ALL: _("全部在办的"),
        DESIGNATED: _("已指定的"),
    }


def _which(request: HttpRequest) -> str:
    asked = request.POST.get("show") or request.GET.get("show", "")
    return asked if asked in _WHICH else WITHOUT_LEAD


def _reopen_url(plan: Plan) -> str:
    """Where the newest open period is opened once more for what it lacks; empty without one."""
    newest = (
        plan.plan_periods.filter(state=PlanPeriod.State.OPEN)
        .order_by("-period__ends_on")
        .values_list("period__code", flat=True)
        .first()
    )
    asked = urlencode({"period": newest, "plan": plan.pk})
    return f"{reverse('periods:open')}?{asked}" if newest else ""
