"""导入: upload, preview, confirm or give up, result. Upload is one page, the rest another."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.common.errors import Conflict, Refused
from apps.plans.models import Plan
from apps.tasks.import_forms import UploadForm
from apps.tasks.import_preview import MOST_SHOWN, preview_of
from apps.tasks.models import TableImport
from apps.tasks.selectors.plans import rows_touched, unsettled
from apps.tasks.selectors.tables import table_diff
from apps.tasks.services.uploads import (
    upload_confirm,
    upload_discard,
    upload_keep,
    upload_reading,
)
from apps.tasks.views.plans import deny, person, visible_plan
from apps.tasks.views.rows import Reader, reader_of


@require_http_methods(["GET", "HEAD", "POST"])
def import_upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a file; it is read at once, and what cannot be read is said here."""
    reader = reader_of(request)
    plan = _plan(request, pk, reader)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        try:
            kept = upload_keep(
                actor=person(request), scope=reader.scope, plan=plan, upload=form.upload
            )
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error("file", reason)
        else:
            return redirect("plans:import_preview", plan.pk, kept.pk)
    waiting = plan.imports.filter(state=TableImport.State.PREVIEW).order_by("-created_at")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"plan": plan, "form": form, "waiting": waiting[:5]}
    return render(request, "imports/upload.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def import_preview(request: HttpRequest, pk: int, import_pk: int) -> HttpResponse:
    """What confirming would do; once done, what came of it."""
    reader = reader_of(request)
    plan = _plan(request, pk, reader)
    kept = plan.imports.select_related("plan", "file").filter(pk=import_pk).first()
    if kept is None:
        raise Http404
    if request.method == "POST":
        return _answered(request, reader, kept)
    if kept.state == TableImport.State.PREVIEW:
        return _preview(request, kept)
    touched = []
    if kept.state == TableImport.State.DONE and kept.finished_at is not None:
        touched = rows_touched(kept, kept.finished_at, MOST_SHOWN)
    context = {"plan": plan, "kept": kept, "touched": touched, "left": unsettled(plan)}
    return render(request, "imports/result.html", context)


def _answered(request: HttpRequest, reader: Reader, kept: TableImport) -> HttpResponse:
    try:
        if request.POST.get("action") == "discard":
            upload_discard(scope=reader.scope, kept=kept)
            messages.info(request, _("已放弃，什么都没有改。"))
            return redirect("plans:detail", kept.plan_id)
        upload_confirm(
            actor=person(request),
            scope=reader.scope,
            kept=kept,
            seen=request.POST.get("seen", ""),
            today=reader.today,
        )
    except Conflict as conflict:
        kept.refresh_from_db()
        if kept.state == TableImport.State.PREVIEW:
            return _preview(request, kept, conflict.reasons, HTTPStatus.CONFLICT)
        messages.warning(request, conflict.reasons[0])
    except Refused as refused:
        return _preview(request, kept, refused.reasons, HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("plans:import_preview", kept.plan_id, kept.pk)


def _preview(
    request: HttpRequest,
    kept: TableImport,
    said: tuple[str, ...] = (),
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context: dict[str, Any] = {"plan": kept.plan, "kept": kept, "said": said, "preview": None}
    try:
        context["preview"] = preview_of(table_diff(kept.plan, upload_reading(kept)))
    except Refused as refused:
        context["said"] = refused.reasons
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "imports/preview.html", context, status=status)


def _plan(request: HttpRequest, pk: int, reader: Reader) -> Plan:
    plan = visible_plan(pk, reader)
    if not reader.scope.may_import(plan):
        reason = _("只有本任务来源的督查员可以导入。")
        deny(request, reader, ("plan", str(plan.pk)), _("导入"), reason)
    return plan
