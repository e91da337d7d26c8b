"""The ledger (任务台账), one task, and the ledger as a workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails
from django_tables2 import RequestConfig

from apps.ops.selectors import business_date
from apps.tasks.access import Scope, scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.filters import TaskFilter
from apps.tasks.forms import UNSIGNED, SignForm
from apps.tasks.lights import Light
from apps.tasks.selectors.detail import task_page
from apps.tasks.selectors.history import HISTORY_SHORT, HISTORY_WHOLE
from apps.tasks.selectors.rows import COUNT_LIMIT, Tally, listed, tally, tasks_visible, with_last
from apps.tasks.selectors.targets import task_targets
from apps.tasks.tables import PAGE_SIZES, BoundedPaginator, TaskTable
from apps.tasks.target_charts import state_look
from apps.tasks.wording import due_reading

# which frame the opened light has; amber is the frame's own colour
_PANELS = {Light.RED.value: "red", Light.AMBER.value: "amber", Light.GREEN.value: "green"}
_SORTS = (("number", "原表序号"), ("due", "完成时限"), ("light", "进度灯"))


class HtmxRequest(HttpRequest):
    """A request as the middleware of django-htmx leaves it."""

    htmx: HtmxDetails
    # the entry of the navigation that a page stands under, where its address does not tell
    nav_url: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is asking, on which day."""

    scope: Scope
    today: date


def reader_of(request: HttpRequest) -> Reader:
    """404 for those who have no role in any unit: administrators see no rows."""
    today = business_date()
    scope = scope_of(request.user, today)
    if not scope.rights.agency_ids:
        raise Http404
    return Reader(scope, today)


@require_safe
def task_list(request: HtmxRequest) -> HttpResponse:
    """The ledger; to htmx its part #list alone."""
    reader = reader_of(request)
    filtered = _filter(request, reader.scope)
    rows = filtered.qs
    counted = tally(filtered.but_light, rows)
    total = _total(filtered, counted)
    table = TaskTable(
        with_last(listed(rows), reader.scope),
        scope=reader.scope,
        today=reader.today,
        plan_titles=_titles(filtered),
    )
    RequestConfig(
        request,
        paginate={
            "paginator_class": BoundedPaginator,
            "per_page": PAGE_SIZES[0],
            "total": total,
        },
    ).configure(table)
    context = {
        "filter": filtered,
        "form": filtered.form,
        "table": table,
        "tally": counted,
        "total": total,
        "lights": [(light.value, counted.lights[light]) for light in Light],
        "sorts": _SORTS,
        "sort": (table.order_by or ["number"])[0].lstrip("-"),
        "exact": total <= COUNT_LIMIT,
        "limit": f"{COUNT_LIMIT:,}",
        "chosen_light": filtered.form.data.get("light", ""),
        "extra_errors": any(name != "q" for name in filtered.form.errors),
        "asked": any(request.GET.get(name) for name in filtered.filters),
        "query": request.GET.urlencode(),
    }
    return _answer(request, "tasks/list.html", "tasks/_rows.html", context)


@require_safe
def task_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One row with all that this reader may know of it, and what they may do now."""
    reader = reader_of(request)
    whole_log = request.GET.get("log") == "all"
    limit = HISTORY_WHOLE if whole_log else HISTORY_SHORT
    page = task_page(pk, scope=reader.scope, today=reader.today, limit=limit)
    if page is None:
        raise Http404
    targets = task_targets(page.task, scope=reader.scope, today=reader.today)
    context = {
        "page": page,
        "task": page.task,
        "light_text": page.task.light_text(reader.today),
        "panel": _PANELS.get(page.task.light, "none"),
        "reading": due_reading(page.deadline) if page.deadline else "",
        "deadline_history": [(deadline, due_reading(deadline)) for deadline in page.deadlines],
        "whole_log": whole_log,
        "may_judge": reader.scope.may_review(page.task) and page.task.plan.is_own,
        "assessments": Assessment.choices(),
        "targets": [(row, state_look(row.standing)) for row in targets],
        "sign_form": SignForm(initial=_unsigned(request)) if page.waiting else None,
    }
    return render(request, "tasks/detail.html", context)


def _unsigned(request: HttpRequest) -> dict[str, Any] | None:
    """The reason of an answer that was turned down."""
    return request.session.get(UNSIGNED) if UNSIGNED in request.GET else None


def _filter(request: HttpRequest, scope: Scope) -> Any:
    return TaskFilter(request.GET, tasks_visible(scope), scope=scope)


def _titles(filtered: Any) -> dict[int, str]:
    shown = filtered.shown_plans
    return {plan.pk: plan.title for plan in shown} if len(shown) > 1 else {}


def _total(filtered: Any, counted: Tally) -> int:
    """Rows after the condition on the light."""
    if filtered.form.errors:
        return 0
    wanted = filtered.form.cleaned_data["light"]
    return counted.of(Light(wanted)) if wanted else counted.total


def _answer(request: HtmxRequest, page: str, part: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page or its part; a cache must not give one for the other."""
    is_part = bool(request.htmx) and not request.htmx.history_restore_request
    response = render(
        request, part if is_part else page, {**context, "is_part": is_part}, status=HTTPStatus.OK
    )
    patch_vary_headers(response, ["HX-Request"])
    return response
