"""填报表 and 签批单 as files, and the registration of a signature on paper."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.errors import NotAllowed, Refused
from apps.common.papers import PAPER_TYPE
from apps.plans.models import Period
from apps.tasks.jobs import send_job
from apps.tasks.models import Progress
from apps.tasks.selectors.filling import ONLY_STEP, sign_steps
from apps.tasks.selectors.unit_sheets import (
    Line,
    UnitSheet,
    own_units,
    period_of,
    unit_sheet,
    view_of,
)
from apps.tasks.services.export import WORKBOOK_TYPE
from apps.tasks.services.paper_signing import paper_register
from apps.tasks.services.sheet_files import sheet_file, sheets_ask
from apps.tasks.services.sign_papers import sign_paper
from apps.tasks.services.signing import PaperSign
from apps.tasks.sheet_form import sheet_name
from apps.tasks.sheet_forms import PaperSignForm
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of


@require_safe
def sheet_export(request: HttpRequest, code: str) -> HttpResponseBase:
    """One unit's 填报表; ?unit= says whose, and may be left out for one's own."""
    reader = reader_of(request)
    sheet = asked_sheet(request, reader, code)
    try:
        file = sheet_file(sheet, reader.today)
    except Refused as refused:
        messages.error(request, "；".join(refused.reasons))
        return redirect("reports:home")
    return FileResponse(
        file,
        as_attachment=True,
        filename=sheet_name(sheet.period.name, sheet.agency.name),
        content_type=WORKBOOK_TYPE,
    )


@require_POST
def sheets_all(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the sheets of all units in one archive; a job makes it."""
    reader = reader_of(request)
    period = asked_period(code)
    try:
        run = sheets_ask(actor=person(request), scope=reader.scope, period=period)
    except NotAllowed as refused:
        deny(request, reader, ("period", code), _("导出填报表"), refused.reasons[0])
    except Refused as refused:
        messages.error(request, refused.reasons[0])
        return redirect("progress:returns", code)
    transaction.on_commit(lambda: _send(run.pk))
    return redirect("jobs:detail", run.pk)


def _send(pk: int) -> None:
    send_job(pk)


@require_safe
def sheet_paper(request: HttpRequest, code: str) -> HttpResponseBase:
    """The 签批单 of a unit."""
    reader = reader_of(request)
    sheet = asked_sheet(request, reader, code)
    try:
        file = sign_paper(sheet, reader.today)
    except Refused as refused:
        messages.error(request, refused.reasons[0])
        return redirect(_signed_url(sheet))
    name = f"签批单-{sheet.period.name}-{sheet.agency.name}.docx".replace("/", "／")
    return FileResponse(file, as_attachment=True, filename=name, content_type=PAPER_TYPE)


@require_http_methods(["GET", "HEAD", "POST"])
def paper_signed(request: HttpRequest, code: str) -> HttpResponse:
    """线下审签: who signed the paper, when, for which rows."""
    reader = reader_of(request)
    sheet = asked_sheet(request, reader, code)
    steps = sign_steps([sheet.agency.pk], reader.today)[sheet.agency.pk]
    posts = [step.post for step in steps] or [ONLY_STEP.post]
    waiting = [
        line
        for line in sheet.lines
        if line.newest is not None and line.newest.state == Progress.State.SIGNING
    ]
    form = PaperSignForm(
        request.POST or None,
        request.FILES or None,
        posts=posts,
        initial={"signed_on": reader.today, "post": posts[-1]},
    )
    if request.method == "POST" and form.is_valid():
        done = _registered(request, reader, form, waiting)
        if done is not None:
            said = _("已登记线下审签 %(many)d 项，待督查员审核。") % {"many": done}
            messages.success(request, said)
            return redirect(_signed_url(sheet))
    context = {
        "sheet": sheet,
        "form": form,
        "waiting": waiting,
        "ticked": _ticked(request, waiting),
        "reported": sum(line.readable is not None for line in sheet.lines),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "progress/signed.html", context, status=status)


def _registered(
    request: HttpRequest, reader: Reader, form: PaperSignForm, waiting: list[Line]
) -> int | None:
    """How many rows; None with what is wrong written on the form."""
    seen = form.cleaned_data["progress"]
    own = {line.newest.pk for line in waiting if line.newest is not None}
    if not seen.keys() <= own:
        form.add_error(None, _("有的项已经被别人处理过，请刷新后再看。"))
        return None
    try:
        return paper_register(
            actor=person(request),
            scope=reader.scope,
            seen=seen,
            paper=PaperSign(
                signer=form.cleaned_data["signer"],
                post=form.cleaned_data["post"],
                signed_on=form.cleaned_data["signed_on"],
            ),
            scan=form.scan_offered,
            today=reader.today,
        )
    except NotAllowed as refused:
        about = ("progress", str(next(iter(seen), "")))
        deny(request, reader, about, _("登记线下审签"), refused.reasons[0])
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error("scan" if reason.startswith("文件") else None, reason)
        return None


def _ticked(request: HttpRequest, waiting: list[Line]) -> set[str]:
    """All at first; after a refusal as they were."""
    if request.method == "POST":
        return set(request.POST.getlist("progress"))
    return {f"{line.newest.pk}:{line.newest.version}" for line in waiting if line.newest}


def _signed_url(sheet: UnitSheet) -> str:
    return f"{reverse('progress:signed', args=[sheet.period.code])}?unit={sheet.agency.pk}"


def asked_period(code: str) -> Period:
    """404 for a period that nobody ever opened."""
    period = period_of(code)
    if period is None:
        raise Http404
    return period


def asked_sheet(request: HttpRequest, reader: Reader, code: str) -> UnitSheet:
    """The sheet an address asks for; 404 where this reader may see nothing of it."""
    wanted = request.GET.get("unit", "")
    own = sorted(own_units(reader.scope))
    if wanted.isascii() and wanted.isdigit():
        agency_id = int(wanted[:18])
    elif not wanted and own:
        agency_id = own[0]
    else:
        raise Http404
    view = view_of(reader.scope, agency_id, person(request))
    sheet = None if view is None else unit_sheet(agency_id=agency_id, code=code, view=view)
    if sheet is None:
        raise Http404
    return sheet
