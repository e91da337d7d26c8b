"""The list of reports, and asking for a new one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

import apps.reports.jobs  # noqa: F401  # registers the kind of job, for the pages of jobs
from apps.common.errors import NotAllowed, Refused
from apps.ops.models import JobRun
from apps.ops.selectors import business_date
from apps.plans.models import Period, Plan, PlanPeriod
from apps.reports.forms import NewForm
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.reports import report_counts, reports_for, reports_visible
from apps.reports.services.asking import Wish, report_ask
from apps.reports.services.heads import Head, proposed_head
from apps.tasks.access import scope_of
from apps.tasks.jobs import send_job
from apps.tasks.selectors.periods import Figures, figures_of
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of

_PAGE_ROWS = 30
# what a tab of the list shows
_TABS: dict[str, Sequence[str]] = {
    "open": QuarterlyReport.OPEN,
    "issued": (QuarterlyReport.State.ISSUED,),
    "discarded": (QuarterlyReport.State.DISCARDED,),
}
_ACTION = "生成进展报告"


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan that may go into the report."""

    entered: PlanPeriod
    figures: Figures
    past: bool
    ticked: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a report of one 文种 would be called, and the one that there is already."""

    label: str
    head: Head
    report: QuarterlyReport | None


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """All reports that this reader may see, newest first."""
    today = business_date()
    scope = scope_of(request.user, today)
    if not (scope.rights.is_supervisor or scope.rights.is_leader):
        raise PermissionDenied(_("进展报告与通报只对督查员和领导开放。"))
    visible = reports_visible(scope)
    asked = request.GET.get("state", "")
    state = asked if asked in _TABS else ""
    found = visible.filter(state__in=_TABS[state]) if state else visible
    found = found.select_related("corrects").prefetch_related("plans")
    context = {
        "page": Paginator(found, _PAGE_ROWS).get_page(request.GET.get("page")),
        "may_make": scope.rights.is_supervisor,
        "tabs": _tabs(report_counts(visible), state),
        "state": state,
        "keep": urlencode({"state": state}) if state else "",
    }
    return render(request, "reports/report_list.html", context)


def _tabs(counts: Mapping[str, int], state: str) -> list[tuple[str, str, int]]:
    """(key, name, how many); of what is done, one that nothing is in is left out."""
    names = {"open": _("待办"), "issued": _("已印发"), "discarded": _("已作废")}
    many = {key: sum(counts.get(each, 0) for each in states) for key, states in _TABS.items()}
    tabs = [
        (key, name, many[key]) for key, name in names.items() if many[key] or key in {"open", state}
    ]
    return [("", _("全部"), sum(counts.values())), *tabs]


@require_http_methods(["GET", "HEAD", "POST"])
def report_new(request: HttpRequest) -> HttpResponse:
    """Choose a period and plans; the job takes the figures, the report's page shows how far."""
    reader = reader_of(request)
    if not reader.scope.rights.is_supervisor:
        deny(request, reader, ("quarterlyreport", ""), _ACTION, _("只有督查员可以生成报告。"))
    mine = PlanPeriod.objects.filter(
        plan_id__in=reader.scope.supervised, plan__relation=Plan.Relation.OWN
    )
    periods = list(Period.objects.filter(plan_periods__in=mine).distinct().order_by("-ends_on"))
    data = request.POST if request.method == "POST" else request.GET
    period = _wanted(data.get("period"), periods)
    if period is None:
        return render(request, "reports/report_new.html", {"periods": [], "period": None})
    entered = list(
        mine.filter(period=period).select_related("plan").order_by("plan__issued_on", "plan_id")
    )
    # to look at what it would be called is to ask for nothing yet
    is_look = "look" in request.POST
    form = NewForm(
        request.POST if request.method == "POST" and not is_look else None,
        plans=[each.plan for each in entered],
        initial={"genre": request.POST["genre"]} if request.POST.get("genre") else {},
    )
    if form.is_bound and form.is_valid():
        report = _asked_for(request, reader, period, form)
        if report is not None:
            return redirect("reports:detail", report.pk)
    is_typed = form.is_bound or is_look
    ticked = set(request.POST.getlist("plan")) if is_typed else _first(entered)
    context = {
        "periods": periods,
        "period": period,
        "form": form,
        "choices": _choices(entered, ticked, reader),
        "proposed": _proposed(
            period, [each.plan for each in entered if str(each.plan_id) in ticked], reader
        ),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "reports/report_new.html", context, status=status)


def _wanted(asked: str | None, periods: list[Period]) -> Period | None:
    """The one that was asked for, else the newest."""
    return next((each for each in periods if each.code == asked), next(iter(periods), None))


def _first(entered: list[PlanPeriod]) -> set[str]:
    """One plan needs no tick of a person; of several somebody has to say which."""
    return {str(entered[0].plan_id)} if len(entered) == 1 else set()


def _choices(entered: list[PlanPeriod], ticked: Collection[str], reader: Reader) -> list[Choice]:
    figures = figures_of([each.pk for each in entered])
    return [
        Choice(each, figures[each.pk], each.past_cut_off(reader.today), str(each.plan_id) in ticked)
        for each in entered
    ]


def _proposed(period: Period, plans: Sequence[Plan], reader: Reader) -> list[Proposed]:
    """By 文种; nothing before a plan is ticked."""
    if not plans:
        return []
    known = reports_for(reports_visible(reader.scope), period, plans)
    return [
        Proposed(
            label=genre.label,
            head=proposed_head(period=period, plans=plans, genre=genre.value),
            report=known.get(genre.value),
        )
        for genre in QuarterlyReport.Genre
    ]


def _asked_for(
    request: HttpRequest, reader: Reader, period: Period, form: NewForm
) -> QuarterlyReport | None:
    """The report; None with what is wrong written on the form."""
    try:
        report, run = report_ask(
            actor=person(request),
            scope=reader.scope,
            wish=Wish(period, list(form.cleaned_data["plan"]), form.cleaned_data["genre"]),
            today=reader.today,
        )
    except NotAllowed as refused:
        deny(request, reader, ("quarterlyreport", ""), _ACTION, refused.reasons[0])
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(None, reason)
        return None
    send_after_commit(run)
    return report


def send_after_commit(run: JobRun) -> None:
    """Hand a run to a worker once it is there for others."""
    transaction.on_commit(lambda: _send(run.pk))


def _send(pk: int) -> None:
    send_job(pk)
