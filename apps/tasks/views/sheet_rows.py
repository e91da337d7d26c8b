"""One row of the sheet at a time: kept while it is typed, evidence, 同报."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import NotAllowed, Refused
from apps.tasks import sheet_fields
from apps.tasks.access import Scope
from apps.tasks.models import Duty, Evidence, Signature
from apps.tasks.selectors.detail import progress_of
from apps.tasks.selectors.filling import row_facts
from apps.tasks.services.drafts import DraftSaved, OtherText, draft_save
from apps.tasks.services.evidence import Offered, evidence_add, evidence_remove
from apps.tasks.services.same_reports import same_report_clear, same_report_set
from apps.tasks.services.sheet_drafts import drafts_save
from apps.tasks.views.kept_files import kept_file
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import reader_of
from apps.tasks.views.sheet import (
    OTHER_ACCOUNT,
    Desk,
    desk_of,
    is_of_another_account,
    kept_sheet,
    refuse_rows,
)

_ACTION = "一表填报"


@require_POST
def sheet_save(request: HttpRequest, code: str) -> HttpResponse:
    """Keep one row as it is typed. JSON: when it was saved, what is missing, who else wrote."""
    desk = desk_of(request, code)
    if is_of_another_account(request):
        return JsonResponse({"reason": OTHER_ACCOUNT}, status=HTTPStatus.CONFLICT)
    duty = _duty(request, desk)
    try:
        return JsonResponse(_save(request, desk, duty))
    except NotAllowed as refused:
        deny(request, desk.reader, ("duty", str(duty.pk)), _ACTION, refused.reasons[0])
    except Refused as refused:
        return JsonResponse({"reason": str(refused)}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _duty(request: HttpRequest, desk: Desk) -> Duty:
    """404, recorded, for a row that is not this unit's."""
    named = sheet_fields.duties_named(request.POST)
    found = (
        Duty.objects.filter(pk__in=named, agency=desk.unit, plan_period__period__code=desk.code)
        .filter(task__plan_id__in=desk.reader.scope.visible)
        .select_related("task", "agency", "plan_period__period", "progress")
    )
    duties = list(found)
    if len(named) != 1 or len(duties) != 1:
        refuse_rows(request, desk, named)
    return duties[0]


def _save(request: HttpRequest, desk: Desk, duty: Duty) -> dict[str, Any]:
    base = sheet_fields.of_progress(progress_of(duty))
    fields = sheet_fields.posted(request.POST, duty.pk)
    touched = sheet_fields.touched(request.POST, duty.pk, base)
    scope, now = desk.reader.scope, timezone.now()
    saved = draft_save(
        actor_user=person(request),
        scope=scope,
        duty_id=duty.pk,
        fields=fields,
        seen_version=sheet_fields.posted_version(request.POST, duty.pk),
        now=now,
    )
    if not touched:
        # reads again as it is reported: nothing is left to be kept
        drafts_save(actor_user=person(request), scope=scope, typed={}, dropped=[duty.pk], now=now)
    reading = sheet_fields.read(fields, row_facts([duty])[duty.pk])
    return {
        "saved": timezone.localtime(saved.saved_at).strftime("%H:%M"),
        "stamp": f"{saved.version}/{saved.saved_at.isoformat() if touched else ''}",
        "wrong": reading.wrong if touched else {},
        "others": _others(saved),
    }


def _others(saved: DraftSaved) -> list[dict[str, Any]]:
    return [
        {
            "who": other.who,
            "when": _when(other),
            "handed_in": other.handed_in,
            "fields": sheet_fields.of_draft(other.fields),
        }
        for other in saved.others
    ]


def _when(other: OtherText) -> str:
    """A day for what was handed in, a minute for a draft."""
    if other.handed_in:
        return f"{other.when:%Y-%m-%d}"
    return f"{timezone.localtime(other.when):%m-%d %H:%M}"  # type: ignore[arg-type]


# Evidence and 同报: buttons of the same form, so all that is typed is kept first


def _on_row(request: HttpRequest, desk: Desk, pk: int, act: Callable[[Duty], str]) -> HttpResponse:
    """Keep the sheet, do it, say it, and go back to the row."""
    if is_of_another_account(request):
        messages.error(request, OTHER_ACCOUNT)
        return redirect(desk.address)
    found = kept_sheet(request, desk)
    row = next((row for row in found.rows if row.duty.pk == pk), None)
    if row is None:
        refuse_rows(request, desk, {pk})
    try:
        messages.success(request, act(row.duty))
    except NotAllowed as refused:
        deny(request, desk.reader, ("duty", str(pk)), _ACTION, refused.reasons[0])
    except Refused as refused:
        messages.error(request, _("第 %s 项：") % row.task.number + "；".join(refused.reasons))
    return redirect(f"{desk.address}#d{pk}")


@require_POST
def evidence_upload(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A file beside what the unit reports."""
    desk = desk_of(request, code)

    def add(duty: Duty) -> str:
        offered = request.FILES.get(f"d{duty.pk}-file")
        if offered is None or offered.file is None:
            raise Refused(_("请先选择要上传的文件。"))
        evidence = evidence_add(
            actor=person(request),
            scope=desk.reader.scope,
            duty_id=duty.pk,
            offered=Offered(offered.name or "", offered.size or 0, cast("BinaryIO", offered.file)),
            today=desk.reader.today,
        )
        return _("已上传“%s”。") % evidence.name

    return _on_row(request, desk, pk, add)


@require_POST
def evidence_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file away again."""
    evidence = get_object_or_404(
        Evidence.objects.select_related("duty__plan_period__period"), pk=pk
    )
    desk = desk_of(request, evidence.duty.plan_period.period.code)

    def remove(_duty: Duty) -> str:
        evidence_remove(
            actor=person(request),
            scope=desk.reader.scope,
            evidence_id=pk,
            today=desk.reader.today,
        )
        return _("已删去“%s”。") % evidence.name

    return _on_row(request, desk, evidence.duty_id, remove)


@require_safe
def evidence_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Whoever may read what it stands beside."""
    reader = reader_of(request)
    evidence = (
        Evidence.objects.filter(pk=pk, duty__task__plan_id__in=reader.scope.visible)
        .select_related("file", "duty__task", "duty__progress")
        .first()
    )
    if evidence is None or not _may_read(evidence.duty, reader.scope):
        raise Http404
    return kept_file(evidence.file, evidence.name)


@require_safe
def scan_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The signed paper, for the same readers as evidence."""
    reader = reader_of(request)
    signature = (
        Signature.objects.filter(pk=pk, progress__duty__task__plan_id__in=reader.scope.visible)
        .select_related("scan", "progress__duty__task", "progress__duty__progress")
        .first()
    )
    if signature is None or not _may_read(signature.progress.duty, reader.scope):
        raise Http404
    return kept_file(signature.scan, signature.scan_name)


def _may_read(duty: Duty, scope: Scope) -> bool:
    """Its unit at any time; others once the report has left the unit (D17)."""
    if duty.agency_id in scope.rights.agency_ids:
        return True
    progress = progress_of(duty)
    sent = progress is not None and progress.delivered_on is not None
    return sent and scope.sees_reports_of(duty.task, duty.agency_id)


@require_POST
def same_report(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """同报: report this row with the text of another, or by itself again."""
    desk = desk_of(request, code)

    def link(duty: Duty) -> str:
        source = request.POST.get(f"d{duty.pk}-source", "")
        if not re.fullmatch(r"[0-9]{1,18}", source):
            raise Refused(_("请先选择与哪一项同报。"))
        same_report_set(
            actor=person(request),
            scope=desk.reader.scope,
            agency_id=desk.unit.pk,
            task_id=duty.task_id,
            source_id=int(source),
            today=desk.reader.today,
        )
        return _("已设为同报，只写一次。")

    def part(duty: Duty) -> str:
        same_report_clear(
            actor=person(request),
            scope=desk.reader.scope,
            agency_id=desk.unit.pk,
            task_id=duty.task_id,
            today=desk.reader.today,
        )
        return _("已取消同报，这一项单独填写。")

    return _on_row(request, desk, pk, part if "apart" in request.POST else link)
