"""单位: the tree of units, and one unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.accounts.selectors.people import people_of_unit, steps_of
from apps.accounts.services.steps import may_set_steps
from apps.accounts.services.units import may_edit_units, may_set_contacts
from apps.accounts.views.desk import Desk, desk_of
from apps.agencies.models import Agency
from apps.tasks.access import Scope, scope_of
from apps.tasks.plan_tables import ShortTable
from apps.tasks.selectors.agencies import Part, agencies_visible, agency_page, agency_tree
from apps.tasks.selectors.chase import chases_of
from apps.tasks.selectors.matching import matches_of
from apps.tasks.selectors.plans import plan_names

_WORDS_CHARS = 60


@dataclass(frozen=True, slots=True)
class Registrar:
    """Who is at the register of units: people of units, and the administrators who keep it."""

    desk: Desk
    scope: Scope

    @property
    def keeps(self) -> bool:
        """System and security administrators see every unit, and no row of a plan."""
        return self.desk.is_system or self.desk.is_security

    @property
    def user(self) -> User:
        return self.desk.user

    def unit(self, pk: int) -> Agency:
        """404 for a unit that this reader may not see."""
        return get_object_or_404(agencies_visible(self.scope, whole=self.keeps), pk=pk)


def registrar_of(request: HttpRequest) -> Registrar:
    """404 for those without a role who keep no register either."""
    desk = desk_of(request)
    registrar = Registrar(desk, scope_of(desk.user, desk.today))
    if not (desk.rights.agency_ids or registrar.keeps):
        raise Http404
    return registrar


@require_safe
def agency_list(request: HttpRequest) -> HttpResponse:
    """Units of the visible plans by level and region; ?q= narrows them."""
    reader = registrar_of(request)
    words = request.GET.get("q", "").strip()[:_WORDS_CHARS]
    groups = agency_tree(reader.scope, words, whole=reader.keeps)
    context = {
        "groups": groups,
        "words": words,
        "count": sum(len(g.lines) for g in groups),
        "keeps": reader.keeps or reader.scope.rights.is_supervisor,
        "counts_rows": not reader.keeps,
        "may_register": may_edit_units(reader.user, reader.desk.today),
    }
    return render(request, "agencies/list.html", context)


@require_safe
def agency_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit: its names, telephones, people, and what it leads and supports."""
    reader = registrar_of(request)
    agency = reader.unit(pk)
    page = agency_page(agency, reader.scope)
    today = reader.desk.today
    rights = reader.scope.rights
    knows = reader.keeps or rights.is_supervisor or agency.pk in rights.agency_ids
    context = {
        "page": page,
        "agency": agency,
        "parts": [] if reader.keeps else [_shown(part, reader) for part in page.parts],
        "people": people_of_unit(agency, today) if knows and not agency.collective else None,
        "steps": steps_of(agency, today) if knows and not agency.collective else [],
        "opens_people": reader.keeps or agency.pk in rights.administers,
        "may_edit": may_edit_units(reader.user, today),
        "may_set_contacts": may_set_contacts(reader.user, agency, today),
        "may_set_steps": may_set_steps(reader.user, agency, today),
        "matches": matches_of(agency, reader.scope),
        "chases": chases_of(reader.scope, today, agency=agency),
    }
    return render(request, "agencies/detail.html", context)


def _shown(part: Part, reader: Registrar) -> dict[str, Any]:
    titles = plan_names({row.plan_id for row in part.rows})
    table = ShortTable(part.rows, scope=reader.scope, today=reader.desk.today, plan_titles=titles)
    return {"part": part, "table": table}
