"""年度目标: filed by the leads, many rows on one page; filed and missing for the supervisor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.agencies.models import Agency
from apps.common.days import FIRST_YEAR, LAST_YEAR
from apps.common.errors import NotAllowed, Refused
from apps.tasks.goal_forms import GoalForm
from apps.tasks.selectors.goals import GoalUnit, goal_rows, goal_units, goals_due, own_plan_ids
from apps.tasks.services.goals import GoalsFiled, goals_file
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Whose rows of which plans stand on the page, and whether they can be written on."""

    year: int
    plan_ids: Collection[int]
    agency_ids: Collection[int]
    # a supervisor's: the unit that was chosen
    unit: Agency | None
    writable: bool
    needs_reason: bool

    def forms(self, data: Any = None) -> list[GoalForm]:
        rows = goal_rows(self.plan_ids, self.year, self.agency_ids)
        return [GoalForm(data, row=row) for row in rows]


@require_http_methods(["GET", "HEAD", "POST"])
def goal_list(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """Reporters: the rows of their units. Supervisors: who has filed, and with ?unit= its rows."""
    reader = reader_of(request)
    rights = reader.scope.rights
    year = year or reader.today.year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    if not (rights.reporter_of or reader.scope.supervised):
        reason = _("年度目标只对填报员和督查员开放。")
        deny(request, reader, ("annualgoal", str(year)), _("报备年度目标"), reason)
    sheet = _sheet(request, reader, year)
    if request.method == "POST":
        return _received(request, reader, sheet)
    return _page(request, reader, sheet, sheet.forms())


def _sheet(request: HttpRequest, reader: Reader, year: int) -> _Sheet:
    scope = reader.scope
    past = year < reader.today.year
    asked = request.GET.get("unit", "")
    if asked and scope.supervised:
        unit = Agency.objects.filter(pk=int(asked)).first() if asked.isdecimal() else None
        if unit is None:
            raise Http404
        plans = own_plan_ids(scope, scope.supervised)
        return _Sheet(year, plans, [unit.pk], unit, writable=True, needs_reason=past)
    plans = own_plan_ids(scope, scope.visible)
    mine = scope.rights.reporter_of
    return _Sheet(year, plans, mine, None, writable=not past, needs_reason=False)


def _received(request: HttpRequest, reader: Reader, sheet: _Sheet) -> HttpResponse:
    forms = sheet.forms(request.POST)
    good = [form for form in forms if form.is_valid()]
    try:
        filed = goals_file(
            actor=person(request),
            scope=reader.scope,
            year=sheet.year,
            entries=[form.entry for form in good],
            today=reader.today,
            reason=request.POST.get("reason", ""),
        )
    except NotAllowed as refused:
        about = ("annualgoal", str(sheet.year))
        deny(request, reader, about, _("报备年度目标"), refused.reasons[0])
    except Refused as refused:
        return _page(request, reader, sheet, forms, reasons=refused.reasons)
    wrong = _mark(sheet, forms, filed)
    if filed.saved:
        messages.success(request, _("已保存 %(many)d 项。") % {"many": filed.saved})
    elif not wrong:
        messages.info(request, _("没有改动，不用保存。"))
    if wrong:
        said = _("第 %(numbers)s 项没有保存，请看各项下面的说明。") % {"numbers": "、".join(wrong)}
        return _page(request, reader, sheet, forms, reasons=(said,))
    return redirect(request.get_full_path())


def _mark(sheet: _Sheet, forms: list[GoalForm], filed: GoalsFiled) -> list[str]:
    """Each refusal below its row, and the version of what was saved; numbers of those refused."""
    newest = {form.row.pair: form.row for form in sheet.forms()}
    for form in forms:
        for reason in filed.refused.get(form.row.pair, ()):
            form.add_error(None, reason)
        if not form.errors or form.row.pair in filed.conflicts:
            form.use_newer(newest[form.row.pair])
    return [form.row.task.number for form in forms if form.errors]


def _page(
    request: HttpRequest,
    reader: Reader,
    sheet: _Sheet,
    forms: list[GoalForm],
    *,
    reasons: tuple[str, ...] = (),
) -> HttpResponse:
    units = _units(reader, sheet)
    due = goals_due(sheet.plan_ids, sheet.year)
    context: dict[str, Any] = {
        "year": sheet.year,
        "years": _years(reader, sheet),
        "sheet": sheet,
        "forms": forms,
        "filed": sum(form.row.goal is not None for form in forms),
        "several_units": len({form.row.agency.pk for form in forms}) > 1,
        "several_plans": len({form.row.task.plan_id for form in forms}) > 1,
        "has_figures": any(form.row.figure for form in forms),
        "due_days": sorted({due[f.row.task.plan_id] for f in forms if f.row.task.plan_id in due}),
        "units": units,
        "units_filed": sum(len(unit.filed) for unit in units),
        "units_missing": sum(len(unit.missing) for unit in units),
        "chase": "\n\n".join(filter(None, (unit.chase(sheet.year) for unit in units))),
        "typed": request.POST,
        "reasons": reasons,
        "today": reader.today,
        "supervises": bool(reader.scope.supervised),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if reasons else HTTPStatus.OK
    return render(request, "goals/list.html", context, status=status)


def _units(reader: Reader, sheet: _Sheet) -> list[GoalUnit]:
    if not reader.scope.supervised or sheet.unit is not None:
        return []
    plans = own_plan_ids(reader.scope, reader.scope.supervised)
    return goal_units(plans, sheet.year)


def _years(reader: Reader, sheet: _Sheet) -> list[tuple[int, str]]:
    """Last year, this one and the next, and the one that was asked for."""
    now = reader.today.year
    keep = f"?unit={sheet.unit.pk}" if sheet.unit else ""
    years = sorted({now - 1, now, now + 1, sheet.year})
    return [(year, f"{reverse('goals:list', args=[year])}{keep}") for year in years]
