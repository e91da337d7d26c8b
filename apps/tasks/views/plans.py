"""任务来源: the tree of plans, one plan, registering one, giving its table back."""

from __future__ import annotations

from http import HTTPStatus
from typing import NoReturn

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
)
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.models import User
from apps.audit.services import record_refusal
from apps.common.errors import Refused
from apps.ops.selectors import installation
from apps.plans.models import Plan
from apps.plans.services import plan_create
from apps.tasks.import_forms import PlanForm
from apps.tasks.import_preview import columns_shown, placed
from apps.tasks.plan_tables import ForeignTable, ShortTable
from apps.tasks.selectors.plans import plan_page, plan_tree, suggested_code
from apps.tasks.views.rows import Reader, reader_of


@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    """The tree of plans."""
    reader = reader_of(request)
    lines = plan_tree(reader.scope, reader.today)
    context = {
        "lines": lines,
        "own": sum(line.plan.is_own for line in lines),
        "rows": sum(line.rows for line in lines),
        "may_register": reader.scope.rights.is_supervisor,
    }
    return render(request, "plans/list.html", context)


@require_safe
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan with its facts, rules, rows, passages, targets, table and imports."""
    reader = reader_of(request)
    plan = visible_plan(pk, reader)
    page = plan_page(plan, reader.scope, reader.today)
    kind = ShortTable if plan.is_own else ForeignTable
    context = {
        "page": page,
        "plan": plan,
        "table": kind(page.rows, scope=reader.scope, today=reader.today, plan_titles={}),
        "may_import": reader.scope.may_import(plan),
        "oversees": plan.pk in reader.scope.overseen,
        "columns": columns_shown(page.layout) if page.layout else [],
        "placed": placed(page.layout) if page.layout else "",
        "parent_visible": plan.parent_id in reader.scope.visible,
    }
    return render(request, "plans/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: HttpRequest) -> HttpResponse:
    """Register a plan; only for supervisors, under their own unit and line."""
    reader = reader_of(request)
    supervises = sorted(reader.scope.rights.supervises)
    if not supervises:
        deny(request, reader, ("plan", ""), "登记任务来源", _("只有督查员可以登记任务来源。"))
    initial = {
        "code": suggested_code(reader.today),
        "level": "省",
        "region": installation().body_name,
        "relation": Plan.Relation.OWN,
    }
    form = PlanForm(request.POST or None, scope=reader.scope, initial=initial)
    if request.method == "POST" and form.is_valid():
        plan = form.save(commit=False)
        plan.supervisor_id, plan.line_id = supervises[0]
        try:
            plan_create(actor=person(request), today=reader.today, plan=plan)
        except Refused as refused:
            form.add_error(None, "；".join(refused.reasons))
        else:
            messages.success(request, _("已登记。下一步：导入任务分工表。"))
            return redirect("plans:detail", plan.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "plans/new.html", {"form": form}, status=status)


def visible_plan(pk: int, reader: Reader) -> Plan:
    """404 for a plan that this reader may not see."""
    plan = (
        Plan.objects.select_related("parent", "supervisor", "line")
        .filter(pk=pk, pk__in=reader.scope.visible)
        .first()
    )
    if plan is None:
        raise Http404
    return plan


def person(request: HttpRequest) -> User:
    """Who acts."""
    assert isinstance(request.user, User), "nobody else has a scope"
    return request.user


def deny(
    request: HttpRequest, reader: Reader, about: tuple[str, str], action: str, reason: str
) -> NoReturn:
    """403, written into the log (product.md D18)."""
    record_refusal(
        actor=person(request), today=reader.today, action=action, about=about, reason=reason
    )
    raise PermissionDenied(reason)
