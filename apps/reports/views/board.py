"""督办看板: 清单 and 图表, of today or as of a past day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.ops.selectors import business_date, last_finished
from apps.reports.board_forms import DayForm
from apps.reports.selectors.board import Board, board
from apps.reports.selectors.charts import Charts, charts
from apps.reports.selectors.kept import kept
from apps.reports.selectors.ledger import ledger_of
from apps.reports.selectors.past import first_day
from apps.tasks.access import Scope, scope_of
from apps.tasks.selectors.chase import Chase, chases_of


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who looks, and as of which day; of a day that cannot be shown it is today."""

    scope: Scope
    today: date
    form: DayForm
    day: date

    @property
    def status(self) -> HTTPStatus:
        return HTTPStatus.BAD_REQUEST if self.form.errors else HTTPStatus.OK

    @property
    def key(self) -> tuple[object, ...]:
        """All that a board hangs on beside the rows: whose plans, who is chased, which day."""
        scope = self.scope
        return scope.supervised, scope.overseen, scope.visible, self.day, self.today


@dataclass(frozen=True, slots=True)
class _Lists:
    """清单 as it is drawn; of the board without its rows what stands around them."""

    board: Board
    chase: Chase | None
    html: SafeString


@dataclass(frozen=True, slots=True)
class _Drawn:
    """图表 as it is drawn."""

    board: Charts
    html: SafeString


@require_safe
def overdue(request: HttpRequest) -> HttpResponse:
    """清单: what is late, and who has not reported."""
    asked = _asked(request)
    lists = kept(("lists", asked.key), lambda: _lists(asked))
    context = {
        "board": replace(lists.board, checked_at=last_finished("flag_overdue")),
        "lists": lists.html,
        "chase": lists.chase,
        "today": asked.today,
        "day_form": asked.form,
    }
    return render(request, "reports/overdue.html", context, status=asked.status)


def _lists(asked: _Asked) -> _Lists:
    found = board(asked.scope, asked.today, asked.day)
    chases = [] if found.is_past else chases_of(asked.scope, asked.today)
    html = render_to_string("reports/_board_lists.html", {"board": found, "chases": chases})
    return _Lists(replace(found, groups=()), next(iter(chases), None), html)


@require_safe
def board_charts(request: HttpRequest) -> HttpResponse:
    """图表: by unit, by age, by plan, by period."""
    asked = _asked(request)
    drawn = kept(("charts", asked.key), lambda: _drawn(asked))
    context = {
        "board": drawn.board,
        "charts": drawn.html,
        "today": asked.today,
        "day_form": asked.form,
    }
    return render(request, "reports/overdue_charts.html", context, status=asked.status)


def _drawn(asked: _Asked) -> _Drawn:
    found = charts(asked.scope, asked.today, asked.day)
    return _Drawn(found, render_to_string("reports/_board_charts.html", {"board": found}))


def _asked(request: HttpRequest) -> _Asked:
    today = business_date()
    scope = scope_of(request.user, today)
    if not (scope.rights.is_supervisor or scope.rights.is_leader):
        raise PermissionDenied(_("督办看板只对督查员和领导开放。"))
    first = first_day(ledger_of(scope).plan_ids) if "on" in request.GET else None
    given = request.GET if "on" in request.GET else {"on": today.isoformat()}
    form = DayForm(given, today=today, first=first)
    return _Asked(scope, today, form, form.cleaned_data["on"] if form.is_valid() else today)
