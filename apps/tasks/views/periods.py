"""报告期: opening one after a preview, and one plan's period with what may be done to it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.audit.selectors import history
from apps.common.errors import NotAllowed, Refused
from apps.common.periods import PeriodCode
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.period_forms import ConfirmForm, MoveForm, OpeningForm, ReopenForm
from apps.tasks.selectors.chase import chase_of
from apps.tasks.selectors.history import event_of
from apps.tasks.selectors.openings import OpeningPreview, opening_preview, period_choices
from apps.tasks.selectors.periods import figures_of, unit_figures
from apps.tasks.services.periods import cut_off_move, period_close, period_reopen, periods_open
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of

_ACTION = "开启、关闭报告期或改截止日"
_HISTORY = 50


@require_http_methods(["GET", "HEAD", "POST"])
def period_open(request: HttpRequest) -> HttpResponse:
    """Choose a period and plans, see what it would create, confirm."""
    reader = reader_of(request)
    if not reader.scope.rights.is_supervisor:
        deny(request, reader, ("planperiod", ""), _ACTION, _("只有督查员可以开启报告期。"))
    plans = list(
        Plan.objects.filter(pk__in=reader.scope.supervised, relation=Plan.Relation.OWN)
        .select_related("policy")
        .order_by("pk")
    )
    codes = period_choices([plan.policy for plan in plans], reader.today)
    data = request.POST if request.method == "POST" else request.GET
    # another period alone may be asked for: what would create something is ticked anew
    ticked = request.method == "POST" or "plan" in data
    form = OpeningForm(data if ticked else None, codes=codes, plans=plans)
    code = _wanted(data.get("period"), codes, strict=ticked)
    whole = opening_preview(plans, code, reader.today) if code else None
    chosen = _chosen(form, whole)
    context = {"form": form, "codes": codes, "code": code, "whole": whole}
    if not (chosen and code):
        return _answer(request, "periods/open.html", {**context, "ticked": set()}, form.errors)
    preview = opening_preview(chosen, code, reader.today, foreign=reader.scope.overseen)
    confirm = ConfirmForm(request.POST if request.method == "POST" else None, preview=preview)
    if request.method == "POST" and _opened(request, reader, preview, confirm):
        return redirect("reports:periods")
    lines = [
        (each, confirm[f"cut_off_{each.plan.pk}"] if each.entered is None else None)
        for each in preview.plans
    ]
    context |= {
        "ticked": {plan.pk for plan in chosen},
        "preview": preview,
        "confirm": confirm,
        "lines": lines,
    }
    return _answer(request, "periods/open.html", context, confirm.errors)


def _answer(
    request: HttpRequest, template: str, context: dict[str, object], errors: object
) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return render(request, template, context, status=status)


def _wanted(asked: str | None, codes: Sequence[PeriodCode], *, strict: bool) -> PeriodCode | None:
    """The period that was asked for, else the one now due; `strict`: nothing else than that."""
    found = next((code for code in codes if code.code == asked), None)
    return found if found or strict or not codes else codes[0]


def _chosen(form: OpeningForm, whole: OpeningPreview | None) -> list[Plan]:
    """What was ticked; before anybody has ticked, whatever would create something."""
    if form.is_bound:
        return list(form.cleaned_data["plan"]) if form.is_valid() else []
    plans = whole.plans if whole else []
    return [each.plan for each in plans if each.in_cadence and each.new and each.may_open]


def _opened(
    request: HttpRequest, reader: Reader, preview: OpeningPreview, confirm: ConfirmForm
) -> bool:
    """Whether it is done; else the form says why not."""
    if not confirm.is_valid():
        return False
    if confirm.cleaned_data["seen"] != preview.new:
        confirm.data = {**request.POST.dict(), "seen": str(preview.new)}
        confirm.add_error(None, _("您预览以后任务或分工有变化，以下是现在的数，请核对后再确认。"))
        return False
    try:
        done = periods_open(
            actor=person(request),
            scope=reader.scope,
            plans=[each.plan for each in preview.plans],
            code=preview.code,
            today=reader.today,
            cut_offs=confirm.chosen,
        )
    except Refused as refused:
        for reason in refused.reasons:
            confirm.add_error(None, reason)
        return False
    said = {"period": preview.code.name, "many": done.created, "units": done.units}
    messages.success(
        request,
        _("%(period)s已开启，产生 %(many)d 份应报，已通知 %(units)d 个单位。") % said,
    )
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def period_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan's period: figures by unit, and what a supervisor may do with it."""
    reader = reader_of(request)
    entered = (
        PlanPeriod.objects.filter(pk=pk, plan_id__in=reader.scope.overseen)
        .select_related("plan", "period")
        .first()
    )
    if entered is None:
        raise Http404
    act = request.POST.get("act", "") if request.method == "POST" else ""
    move = MoveForm(request.POST if act == "move" else None)
    reopen = ReopenForm(request.POST if act == "reopen" else None)
    if request.method == "POST":
        if entered.plan_id not in reader.scope.supervised:
            about = ("planperiod", str(entered.pk))
            deny(request, reader, about, _ACTION, _("只有本任务来源的督查员可以改报告期。"))
        if _done(request, reader, entered, move if act == "move" else reopen):
            return redirect("periods:detail", entered.pk)
        entered.refresh_from_db()
    figures = figures_of([entered.pk])[entered.pk]
    log = history(entered)
    may_act = entered.plan_id in reader.scope.supervised
    is_open = entered.state == PlanPeriod.State.OPEN
    past = entered.past_cut_off(reader.today)
    context = {
        "entered": entered,
        "figures": figures,
        "units": unit_figures(entered),
        "chase": chase_of(reader.scope, reader.today, period=entered.period, plan=entered.plan),
        "past": past,
        "days_left": (entered.cut_off - reader.today).days,
        "may_move": may_act and is_open,
        "may_close": may_act and is_open and (past or not figures.missing),
        "may_reopen": may_act and not is_open,
        "move": move,
        "reopen": reopen,
        "events": [event_of(entry) for entry in log[:_HISTORY]],
        "total": log.count(),
        "today": reader.today,
    }
    return _answer(request, "periods/detail.html", context, move.errors or reopen.errors)


def _done(
    request: HttpRequest, reader: Reader, entered: PlanPeriod, form: MoveForm | ReopenForm
) -> bool:
    """Do what was asked; a refusal stands in the form, or in a message where that is not shown."""
    is_open = entered.state == PlanPeriod.State.OPEN
    shown = form.is_bound and isinstance(form, MoveForm) == is_open
    if form.is_bound and not form.is_valid() and shown:
        return False
    try:
        messages.success(request, _act(request, reader, entered, form))
    except NotAllowed as refused:
        deny(request, reader, ("planperiod", str(entered.pk)), _ACTION, refused.reasons[0])
    except Refused as refused:
        if shown:
            form.add_error(None, "；".join(refused.reasons))
            return False
        messages.error(request, "；".join(refused.reasons))
    return True


def _act(
    request: HttpRequest, reader: Reader, entered: PlanPeriod, form: MoveForm | ReopenForm
) -> str:
    actor, scope, today = person(request), reader.scope, reader.today
    if request.POST.get("act") == "close":
        period_close(actor=actor, scope=scope, plan_period=entered, today=today)
        return _("已关闭，不再接收这一期的进展。")
    if not form.is_bound:
        raise Refused(_("没有认出要做什么，请用页面上的按钮。"))
    reason = form.cleaned_data.get("reason", "")
    if isinstance(form, ReopenForm):
        period_reopen(actor=actor, scope=scope, plan_period=entered, reason=reason, today=today)
        return _("已重新开启。截止日没有变，要按时计的请再改截止日。")
    cut_off_move(
        actor=actor,
        scope=scope,
        plan_period=entered,
        cut_off=form.cleaned_data.get("cut_off") or entered.cut_off,
        reason=reason,
        today=today,
    )
    return _("截止日已改，报送标已随之更新，未报的单位已通知。")
