"""The barest Django page of the ledger's rows: log-in, one query, a plain table."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

from apps.plans.models import Plan
from apps.tasks.models import Task
from apps.tasks.selectors.rows import listed

MIDDLEWARE = [
    "bench.floor.addresses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
# what the ledger shows of a row, without its looks
_PAGE = """<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>任务台账</title></head>
<body><table><tr><th>序号</th><th>重点工作</th><th>牵头单位</th><th>完成时限</th><th>进度灯</th>
<th>报送标</th><th>最近进展</th></tr>
{% for row in rows %}<tr><td>{{ row.number }}</td><td>{{ row.content }}</td>
<td>{% for party in row.parties %}{{ party.name }} {% endfor %}</td><td>{{ row.deadline.text }}</td>
<td>{{ row.light }} {{ row.light_reason }}</td><td>{{ row.report_label }}</td>
<td>{{ row.last_progress.text }}</td></tr>
{% endfor %}</table></body></html>"""
_TEMPLATE = Engine().from_string(_PAGE)


def addresses(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware: the pages of this module instead of the product's."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return get_response(request)

    return answer


@login_required
def rows(_request: HttpRequest) -> HttpResponse:
    """The same rows as the ledger under `state=open&light=amber&per_page=50`, in one query."""
    own = Plan.objects.filter(relation=Plan.Relation.OWN)
    found = Task.objects.filter(plan__in=own, light="amber").exclude(state__in=Task.SETTLED)
    page = listed(found.select_related("last_progress")).order_by("plan_id", "position")[:50]
    return HttpResponse(_TEMPLATE.render(Context({"rows": page})))


def board() -> list[tuple[int, str, int]]:
    """Rows by plan and state, from one covering index."""
    grouped = Task.objects.order_by().values_list("plan_id", "state")
    return list(grouped.annotate(many=Count("*")))


urlpatterns = [path("rows/", rows)]
