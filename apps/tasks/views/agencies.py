"""单位: the tree of units, and one unit."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.tasks.plan_tables import ShortTable
from apps.tasks.selectors.agencies import Part, agencies_visible, agency_page, agency_tree
from apps.tasks.selectors.plans import plan_names
from apps.tasks.views.rows import Reader, reader_of

_WORDS_CHARS = 60


@require_safe
def agency_list(request: HttpRequest) -> HttpResponse:
    """Units of the visible plans by level and region; ?q= narrows them."""
    reader = reader_of(request)
    words = request.GET.get("q", "").strip()[:_WORDS_CHARS]
    groups = agency_tree(reader.scope, words)
    context = {"groups": groups, "words": words, "count": sum(len(g.lines) for g in groups)}
    return render(request, "agencies/list.html", context)


@require_safe
def agency_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit: its names, telephones, and what it leads and supports."""
    reader = reader_of(request)
    agency = get_object_or_404(agencies_visible(reader.scope), pk=pk)
    page = agency_page(agency, reader.scope)
    context = {
        "page": page,
        "agency": agency,
        "parts": [_shown(part, reader) for part in page.parts],
    }
    return render(request, "agencies/detail.html", context)


def _shown(part: Part, reader: Reader) -> dict[str, Any]:
    titles = plan_names({row.plan_id for row in part.rows})
    table = ShortTable(part.rows, scope=reader.scope, today=reader.today, plan_titles=titles)
    return {"part": part, "table": table}
