"""回收: many returned sheets at once for a supervisor, and a unit's own sheet for its reporter."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.errors import NotAllowed, Refused
from apps.ops.selectors import runs_of
from apps.plans.models import Period
from apps.tasks.models import SheetReturn
from apps.tasks.selectors.returns import returns_seen, returns_waiting
from apps.tasks.selectors.unit_sheets import owes, units_owing
from apps.tasks.services.own_sheet import own_sheet_take
from apps.tasks.services.returns import (
    Choices,
    Pick,
    return_discard,
    return_take,
    returns_receive,
)
from apps.tasks.services.sheet_files import SHEETS_JOB, sheets_key
from apps.tasks.sheet_forms import OwnSheetForm, ReturnsForm
from apps.tasks.views.kept_files import kept_file
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of
from apps.tasks.views.sheet_files import asked_period

_HISTORY = 50
_RUNS = 3


@require_http_methods(["GET", "HEAD", "POST"])
def returns(request: HttpRequest, code: str) -> HttpResponse:
    """Bring files, see what each would change, take them."""
    reader = reader_of(request)
    period = asked_period(code)
    if not reader.scope.supervised:
        reason = _("只有督查员可以回收填报表。")
        deny(request, reader, ("period", code), _("回收填报表"), reason)
    form = ReturnsForm()
    if request.method == "POST":
        if request.POST.get("action") == "upload":
            form = ReturnsForm(request.POST, request.FILES)
            if form.is_valid() and _received(request, reader, period, form):
                return redirect("progress:returns", code)
        else:
            _answered(request, reader, period)
            return redirect("progress:returns", code)
    return _page(request, reader, period, form)


def _page(request: HttpRequest, reader: Reader, period: Period, form: ReturnsForm) -> HttpResponse:
    seen = returns_seen(period, reader.scope, person(request).actor_id)
    waiting = returns_waiting(list(seen.filter(state=SheetReturn.State.READ)), reader.scope)
    past = seen.exclude(state=SheetReturn.State.READ)
    context = {
        "period": period,
        "form": form,
        "units": units_owing(period.code, reader.scope.supervised),
        "waiting": waiting,
        "may_take": any(shown.may_take for shown in waiting),
        "past": past[:_HISTORY],
        "past_count": past.count(),
        "runs": runs_of(SHEETS_JOB, sheets_key(period, reader.scope), _RUNS),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "progress/returns.html", context, status=status)


def _received(request: HttpRequest, reader: Reader, period: Period, form: ReturnsForm) -> bool:
    try:
        kept = returns_receive(
            actor=person(request), scope=reader.scope, period=period, uploads=form.uploads
        )
    except Refused as refused:
        form.add_error("sheets", refused.reasons[0])
        return False
    read = [one for one in kept if one.state == SheetReturn.State.READ]
    if read:
        messages.success(request, _("读到 %(many)d 份填报表，请核对后代录。") % {"many": len(read)})
    for one in kept:
        for reason in one.reasons:
            messages.error(request, reason)
    return True


def _answered(request: HttpRequest, reader: Reader, period: Period) -> None:
    """Take the ticked files, each by itself, or give one up."""
    own = set(
        returns_seen(period, reader.scope, person(request).actor_id).values_list("pk", flat=True)
    )
    actor, scope, today = person(request), reader.scope, reader.today
    discard = _numbers([request.POST.get("discard", "")])
    if discard:
        if not discard <= own:
            raise Http404
        for pk in discard:
            try:
                kept = return_discard(actor=actor, scope=scope, return_id=pk, today=today)
                said = _("已放弃“%(name)s”，没有代录。") % {"name": kept.file_name}
                messages.info(request, said)
            except Refused as refused:
                messages.error(request, refused.reasons[0])
        return
    picks = _picks(request)
    if not {pick.return_id for pick in picks} <= own:
        raise Http404
    if not picks:
        messages.error(request, _("没有勾选任何一份填报表。"))
        return
    _taken(request, reader, picks)


def _taken(request: HttpRequest, reader: Reader, picks: list[Pick]) -> None:
    twice = _twice(picks)
    if twice:
        said = _("%(units)s勾选了不止一份，每个单位只能代录一份，请核对后再确认。")
        messages.error(request, said % {"units": "、".join(twice)})
        return
    choices = Choices(
        overwrite=frozenset(_numbers(request.POST.getlist("overwrite"))),
        falling=frozenset(_numbers(request.POST.getlist("falling"))),
    )
    for pick in picks:
        try:
            kept = return_take(
                actor=person(request),
                scope=reader.scope,
                pick=pick,
                choices=choices,
                today=reader.today,
            )
        except NotAllowed as refused:
            about = ("sheetreturn", str(pick.return_id))
            deny(request, reader, about, _("代录"), refused.reasons[0])
        except Refused as refused:
            for reason in refused.reasons:
                messages.error(request, reason)
        else:
            unit = kept.agency.name if kept.agency else ""
            said = _("已代录%(unit)s %(many)d 项（%(name)s）。")
            messages.success(
                request, said % {"unit": unit, "many": kept.taken, "name": kept.file_name}
            )


def _twice(picks: list[Pick]) -> list[str]:
    """Names of units of which more than one file was ticked."""
    names = list(
        SheetReturn.objects.filter(pk__in=[pick.return_id for pick in picks])
        .order_by("agency__rank", "agency_id")
        .values_list("agency__name", flat=True)
    )
    return [str(name) for name in dict.fromkeys(names) if names.count(name) > 1]


def _picks(request: HttpRequest) -> list[Pick]:
    """take=12:0a1b…; anything else picks nothing."""
    found = []
    for said in request.POST.getlist("take"):
        pk, _colon, digest = said.partition(":")
        found += [Pick(number, digest) for number in _numbers([pk])]
    return found


def _numbers(said: list[str]) -> set[int]:
    return {int(one[:18]) for one in said if one.isascii() and one.isdigit()}


@require_safe
def return_file(request: HttpRequest, code: str, pk: int) -> HttpResponseBase:
    """The file that was returned: for those who see it here, and for its unit once it was taken."""
    reader = reader_of(request)
    period = asked_period(code)
    kept = SheetReturn.objects.filter(pk=pk, period=period).select_related("file").first()
    if kept is None or kept.file is None or not _may_download(request, reader, kept):
        raise Http404
    return kept_file(kept.file, kept.file_name)


def _may_download(request: HttpRequest, reader: Reader, kept: SheetReturn) -> bool:
    mine = kept.agency_id in reader.scope.rights.agency_ids
    if mine and kept.state == SheetReturn.State.TAKEN:
        return True
    me = person(request).actor_id
    seen = returns_seen(kept.period, reader.scope, me).filter(pk=kept.pk)
    if not reader.scope.supervised or not seen.exists():
        return False
    # a unit's own sheet goes over all plans: what it says of one is for that one's supervisors
    return kept.by_id == me or returns_waiting([kept], reader.scope)[0].rows.is_whole


@require_http_methods(["GET", "HEAD", "POST"])
def own_upload(request: HttpRequest, code: str) -> HttpResponse:
    """A reporter's own sheet: what differs becomes drafts, told cell by cell."""
    reader = reader_of(request)
    period = asked_period(code)
    if not reader.scope.rights.reporter_of:
        reason = _("只有本单位填报员可以上传本单位的填报表。")
        deny(request, reader, ("period", code), _("上传填报表"), reason)
    if not owes(code, reader.scope.rights.reporter_of):
        raise Http404
    form = OwnSheetForm(request.POST, request.FILES) if request.method == "POST" else OwnSheetForm()
    context: dict[str, Any] = {"period": period, "form": form, "taken": None}
    if form.is_bound and form.is_valid():
        try:
            context["taken"] = own_sheet_take(
                user=person(request),
                scope=reader.scope,
                period=period,
                upload=form.upload,
                now=timezone.now(),
            )
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error("file", reason)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "progress/upload.html", context, status=status)
