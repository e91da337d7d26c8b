"""导入: bring a table, then its one page: how far it is, the preview, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from apps.common.errors import Refused
from apps.plans.models import Plan
from apps.tasks.answers import Answers
from apps.tasks.import_answers import AnswerForm
from apps.tasks.import_forms import UploadForm
from apps.tasks.import_page import PAGE_PARTS, page_of
from apps.tasks.import_reading import ReadingForm
from apps.tasks.jobs import run_at_once
from apps.tasks.models import TableImport
from apps.tasks.selectors.imports import (
    done_since,
    finder,
    imports_listed,
    imports_of,
    others_waiting,
    plan_print,
    rows_of,
    unit_names,
)
from apps.tasks.selectors.plans import unsettled
from apps.tasks.services.import_steps import preview_refresh
from apps.tasks.services.imports import (
    IN_HAND,
    import_run,
    imports_settle,
    is_small,
)
from apps.tasks.services.uploads import upload_keep
from apps.tasks.views.import_acts import Shown, answered
from apps.tasks.views.plans import deny, person, visible_plan
from apps.tasks.views.rows import HtmxRequest, Reader, reader_of

_PAST_PER_PAGE = 20
_ROWS_PER_PAGE = 100
_PAGE_DIGITS = 8
State = TableImport.State


@require_http_methods(["GET", "HEAD", "POST"])
def import_upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a file or paste a table; what is small and cannot be read is said here."""
    reader = reader_of(request)
    plan = importable_plan(request, pk, reader)
    imports_settle(plan)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        kept = _brought(request, reader, plan, form)
        if kept is not None:
            return redirect("plans:import_preview", plan.pk, kept.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    past = Paginator(imports_listed(plan), _PAST_PER_PAGE)
    context = {
        "plan": plan,
        "form": form,
        "past": past.get_page(request.GET.get("page")),
    }
    return render(request, "imports/upload.html", context, status=status)


def _brought(
    request: HttpRequest, reader: Reader, plan: Plan, form: UploadForm
) -> TableImport | None:
    """None with what is wrong written at its field."""
    field = "file" if form.cleaned_data.get("file") else "pasted"
    try:
        kept, run = upload_keep(
            actor=person(request),
            scope=reader.scope,
            plan=plan,
            upload=form.upload,
            kind=form.cleaned_data["kind"],
        )
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error(field, reason)
        return None
    run_at_once(run, reader.today)
    imports_settle(plan)
    kept.refresh_from_db()
    if kept.state == State.FAILED:
        for reason in kept.error.split("\n"):
            form.add_error(field, reason)
        return None
    return kept


@require_http_methods(["GET", "HEAD", "POST"])
def import_preview(request: HtmxRequest, pk: int, import_pk: int) -> HttpResponse:
    """What confirming would do; once done, what came of it."""
    reader = reader_of(request)
    plan = importable_plan(request, pk, reader)
    imports_settle(plan)
    kept = import_of(plan, import_pk)
    if request.method == "POST":
        response = answered(request, reader, kept)
        if isinstance(response, HttpResponse):
            return response
        return preview_page(request, reader, kept, response)
    return _opened(request, reader, kept)


def _opened(request: HtmxRequest, reader: Reader, kept: TableImport) -> HttpResponse:
    if kept.state in IN_HAND:
        return _running(request, kept)
    if request.htmx:
        # the job that this page waited for has ended: another page, in its place
        return HttpResponseClientRefresh()
    if kept.state == State.PREVIEW:
        return preview_page(request, reader, kept, Shown())
    if kept.state == State.FAILED:
        return render(request, "imports/failed.html", {"plan": kept.plan, "kept": kept})
    return _result(request, kept)


def _running(request: HtmxRequest, kept: TableImport) -> HttpResponse:
    template = "imports/_running.html" if request.htmx else "imports/running.html"
    context = {"plan": kept.plan, "kept": kept, "run": import_run(kept.pk)}
    return render(request, template, context)


def _result(request: HttpRequest, kept: TableImport) -> HttpResponse:
    rows = Paginator(rows_of(kept), _ROWS_PER_PAGE)
    context = {
        "plan": kept.plan,
        "kept": kept,
        "rows": rows.get_page(request.GET.get("page")),
        "left": unsettled(kept.plan),
    }
    return render(request, "imports/result.html", context)


def preview_page(
    request: HttpRequest, reader: Reader, kept: TableImport, shown: Shown
) -> HttpResponse:
    """The preview, with what was typed where something was; compared anew if its plan changed."""
    said, status = list(shown.said), shown.status
    if kept.error:
        said += kept.error.split("\n")
    is_old = kept.preview.get("plan") != plan_print(kept.plan)
    if is_old and is_small(kept):
        try:
            preview_refresh(kept, reader.today)
            is_old = False
        except Refused as refused:
            said += refused.reasons
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    answers = shown.answers or AnswerForm(
        kept.preview, Answers.from_dict(kept.answers), finder(kept.plan.region)
    )
    reading = shown.reading or ReadingForm(kept.preview, kept.decisions)
    context: dict[str, Any] = {
        "plan": kept.plan,
        "kept": kept,
        "preview": kept.preview,
        "said": dict.fromkeys(said),
        "is_old": is_old,
        "answers": answers,
        "reading": reading,
        "page": page_of(kept.preview, answers, *_place(request.GET)),
        "units": unit_names(kept.plan.region) if kept.preview.get("names") else [],
        "done_since": done_since(kept),
        "others": others_waiting(kept),
    }
    return render(request, "imports/preview.html", context, status=status)


def _place(asked: Mapping[str, str]) -> tuple[str, int]:
    """Which part of the preview alone, and which of its pages; all parts where none is named."""
    part, number = asked.get("part", ""), asked.get("page", "1")[:_PAGE_DIGITS]
    known = part if part in PAGE_PARTS else ""
    return known, int(number) if number.isascii() and number.isdigit() else 1


def importable_plan(request: HttpRequest, pk: int, reader: Reader) -> Plan:
    """404 for whom it does not exist, 403 for whoever may not import it."""
    plan = visible_plan(pk, reader)
    if not reader.scope.may_import(plan):
        reason = _("只有本任务来源的督查员可以导入。")
        deny(request, reader, ("plan", str(plan.pk)), _("导入"), reason)
    return plan


def import_of(plan: Plan, pk: int) -> TableImport:
    """An import of this plan and of no other."""
    kept = imports_of(plan).filter(pk=pk).first()
    if kept is None:
        raise Http404
    kept.plan = plan
    return kept
