"""Recording what a unit has done, and the approver's answer to it."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.errors import NotAllowed, Refused
from apps.plans.models import PlanPeriod
from apps.tasks.content import RowFacts
from apps.tasks.forms import UNSIGNED, ProgressForm, SignForm, initial_of
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.selectors.detail import (
    all_of_own_units,
    own_duty,
    progress_of,
    takes_reports,
)
from apps.tasks.selectors.filling import row_facts
from apps.tasks.services import signing
from apps.tasks.services.submitting import Entry, RowsRefused, progress_submit
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of
from apps.tasks.wording import plain_number

_ACTION = "填报或审签"


@require_http_methods(["GET", "HEAD", "POST"])
def progress_record(request: HttpRequest, pk: int, duty_pk: int) -> HttpResponse:
    """Record or correct what one's unit reports for a row and period."""
    reader = reader_of(request)
    duty = own_duty(pk, duty_pk, reader.scope)
    if duty is None:
        raise Http404
    if not reader.scope.may_report(duty):
        deny(request, reader, ("duty", str(duty.pk)), _ACTION, _("只有本单位填报员可以填报。"))
    facts = row_facts([duty])[duty.pk]
    if request.method == "POST":
        return _received(request, reader, duty, facts)
    if not takes_reports(duty):
        messages.warning(request, _("这一期进展已审核通过、已关闭或任务已办结，不能再填报。"))
        return redirect(duty.task)
    form = ProgressForm(facts=facts, initial=initial_of(progress_of(duty)))
    return _page(request, reader, duty, form)


def _received(request: HttpRequest, reader: Reader, duty: Duty, facts: RowFacts) -> HttpResponse:
    form = ProgressForm(request.POST, facts=facts)
    if not form.is_valid():
        return _page(request, reader, duty, form)
    entry = Entry(duty.pk, form.content, form.cleaned_data["version"])
    try:
        sent = progress_submit(
            actor=person(request), scope=reader.scope, entries=[entry], today=reader.today
        )
    except RowsRefused as refused:
        reasons = refused.by_duty[duty.pk]
        if not refused.conflicts:
            form.add_reasons(reasons)
            return _page(request, reader, duty, form)
        newer = Progress.objects.filter(duty=duty).first()
        # With the other's text beside it, sending once more is a decision.
        version = newer.version if newer else 0
        form.data = {**request.POST.dict(), "version": str(version)}
        form.add_error(None, reasons[0])
        return _page(request, reader, duty, form, newer)
    said = _("已报送，%s。") % sent[0].get_state_display()
    if sent[1:]:
        said += _("同报的 %d 项一并报送。") % len(sent[1:])
    messages.success(request, format_html("{}{}", said, _next_owed(reader)))
    return redirect(duty.task)


def _next_owed(reader: Reader) -> SafeString:
    """Where to go on: what came back first, then by period and table, as on 工作台."""
    empty = Q(progress__isnull=True) | Q(progress__state=Progress.State.RETURNED)
    owed = (
        Duty.objects.filter(empty, agency_id__in=reader.scope.rights.reporter_of)
        .filter(plan_period__state=PlanPeriod.State.OPEN, task__plan_id__in=reader.scope.visible)
        .exclude(task__state__in=Task.SETTLED)
        .select_related("task")
        # PostgreSQL sorts those without a report, NULL, to the end
        .order_by(
            "progress__state",
            "plan_period__period__ends_on",
            "task__plan_id",
            "task__position",
            "pk",
        )
    )
    following = owed.first()
    if following is None:
        return SafeString("")
    return format_html(
        _('下一项：<a href="{}">第 {} 项</a>（还有 {} 项未填）'),
        reverse("tasks:record", args=[following.task_id, following.pk]),
        following.task.number,
        owed.count(),
    )


def _page(
    request: HttpRequest,
    reader: Reader,
    duty: Duty,
    form: ProgressForm,
    newer: Progress | None = None,
) -> HttpResponse:
    form.focus_first_error()
    period, mine = duty.plan_period, progress_of(duty)
    figure, before = form.facts.figure, form.facts.previous
    context = {
        "duty": duty,
        "task": duty.task,
        "deadline": duty.task.deadlines.filter(current=True).first(),
        "period": period,
        "days_left": (period.cut_off - reader.today).days,
        "is_late": period.past_cut_off(reader.today) and mine is None,
        "before": before,
        "before_value": _value(before),
        "mine": mine,
        # by when a report that was sent back still keeps its day
        "again_by": max(period.cut_off, mine.resubmit_by) if mine and mine.resubmit_by else None,
        "newer": newer,
        "newer_value": _value(newer),
        "figure": figure,
        "target": plain_number(figure.target_value) if figure else "",
        "form": form,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "tasks/progress.html", context, status=status)


def _value(progress: Progress | None) -> str:
    return plain_number(progress.value) if progress and progress.value is not None else ""


@require_POST
def progress_sign(request: HttpRequest) -> HttpResponse:
    """同意报送 or 退回修改, for all that are ticked or for none of them."""
    reader = reader_of(request)
    form = SignForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, "；".join(map(str, errors)))
        return _again(request, form)
    ids = list(form.cleaned_data["progress"])
    if not all_of_own_units(ids, reader.scope):
        raise Http404
    try:
        messages.success(request, _answer(request, reader, form))
    except NotAllowed as refused:
        deny(request, reader, ("progress", str(ids[0])), _ACTION, refused.reasons[0])
    except Refused as refused:
        messages.error(request, "；".join(refused.reasons))
        return _again(request, form)
    request.session.pop(UNSIGNED, None)
    return redirect(_target(request))


def _again(request: HttpRequest, form: SignForm) -> HttpResponse:
    """Back to where they were, with the ticks and the reason as they left them.

    The session keeps both, as a reason belongs into no address; the page draws on it only while
    its address says so, and everywhere else all is ticked as usual.
    """
    request.session[UNSIGNED] = {
        "ticked": list(form.cleaned_data.get("progress", {})),
        "reason": request.POST.get("reason", ""),
    }
    parts = urlsplit(_target(request))
    query = QueryDict(parts.query, mutable=True)
    query[UNSIGNED] = "1"
    return redirect(urlunsplit(parts._replace(query=query.urlencode())))


def _answer(request: HttpRequest, reader: Reader, form: SignForm) -> str:
    actor, seen = person(request), form.cleaned_data["progress"]
    if form.cleaned_data["action"] == SignForm.SIGN:
        many = signing.progress_sign(actor=actor, scope=reader.scope, seen=seen, today=reader.today)
        left = Progress.objects.filter(pk__in=seen, state=Progress.State.SIGNING).count()
        if left:
            said = _("已同意 %(many)d 项，其中 %(left)d 项待下一环节审签。")
            return said % {"many": many, "left": left}
        return _("已同意报送 %(many)d 项，待督查员审核。") % {"many": many}
    many = signing.progress_return(
        actor=actor,
        scope=reader.scope,
        seen=seen,
        reason=form.cleaned_data["reason"],
        today=reader.today,
    )
    return _("已退回修改 %(many)d 项，等填报员修改后重报。") % {"many": many}


def _target(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if ours else reverse("reports:home")
