"""批量导入: a workbook of people, previewed, confirmed."""

from __future__ import annotations

import base64
from http import HTTPStatus
from io import BytesIO
from typing import IO, Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.roster import RosterRow, roster_template
from apps.accounts.services.bulk import (
    bulk_grant,
    bulk_open,
    bulk_preview,
    passwords_sheet,
    roster_again,
    roster_read,
)
from apps.accounts.views.desk import Desk, deny, people_desk
from apps.common.errors import Conflict, Refused, Unreadable
from apps.common.made_files import made_file
from apps.common.spreadsheets import OutSheet, write_sheet
from apps.ops.models import StoredFile
from apps.ops.services import file_keep

WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_MEBIBYTES = 5
_SHOWN = 100
_NAME_CHARS = 100
# In the session, so that nobody confirms a file by its hash alone.
_KEPT = "roster"


class RosterForm(forms.Form):
    """One workbook."""

    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("用户和身份导入表"),
        help_text=gettext_lazy("Excel 工作簿（.xlsx、.xls），不超过 5 MB、1000 行。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls"}),
        error_messages={
            "required": gettext_lazy("请选择要导入的文件。"),
            "missing": gettext_lazy("请选择要导入的文件。"),
            "invalid": gettext_lazy("没有收到文件，请重新选择。"),
            "empty": gettext_lazy("文件是空的，请重新选择文件。"),
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people_bulk(request: HttpRequest) -> HttpResponse:
    """Upload, preview and confirmation stand under one address; the file waits in the session."""
    desk = _desk(request)
    if request.method != "POST":
        return _preview(request, desk) if _KEPT in request.session else _upload(request, desk)
    action = request.POST.get("action")
    if action == "discard":
        request.session.pop(_KEPT, None)
        return redirect("people:bulk")
    return _confirm(request, desk) if action == "confirm" else _keep(request, desk)


@require_safe
def people_bulk_template(request: HttpRequest) -> FileResponse:
    """The empty workbook."""
    _desk(request)
    return FileResponse(
        _written(roster_template()),
        as_attachment=True,
        filename="用户和身份导入表.xlsx",
        content_type=WORKBOOK_TYPE,
    )


def _desk(request: HttpRequest) -> Desk:
    desk = people_desk(request)
    if not (desk.is_system or desk.is_security):
        deny(desk, ("user", ""), "批量导入用户", _("只有系统管理员和安全管理员可以批量导入。"))
    return desk


def _upload(request: HttpRequest, desk: Desk, form: RosterForm | None = None) -> HttpResponse:
    form = form or RosterForm()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "people/bulk.html", {"desk": desk, "form": form}, status=status)


def _keep(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = RosterForm(request.POST, request.FILES)
    if not form.is_valid():
        return _upload(request, desk, form)
    upload: UploadedFile[Any] = form.cleaned_data["file"]
    name = "".join(filter(str.isprintable, upload.name or ""))[-_NAME_CHARS:] or "未命名"
    try:
        if (upload.size or 0) > _MOST_MEBIBYTES * 1024 * 1024:
            raise Unreadable(_("文件“%s”超过 5 MB 的上限，请拆分后分别上传。") % name)
        content = upload.read()
        roster_read(content, name)
    except Refused as refused:
        for reason in refused.reasons:
            form.add_error("file", reason)
        return _upload(request, desk, form)
    kept = file_keep(source=BytesIO(content))
    request.session[_KEPT] = {"file": kept.sha256, "name": name}
    return redirect("people:bulk")


def _rows(request: HttpRequest) -> tuple[list[RosterRow], str]:
    """The kept file, read anew. Raises Refused."""
    kept = request.session.get(_KEPT)
    file = StoredFile.objects.filter(sha256=kept["file"]).first() if kept else None
    if kept is None or file is None:
        raise Unreadable(_("没有等待确认的文件，请重新上传。"))
    return roster_again(file, kept["name"]), kept["name"]


def _preview(
    request: HttpRequest,
    desk: Desk,
    said: tuple[str, ...] = (),
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context: dict[str, Any] = {"desk": desk, "said": said, "shown": _SHOWN}
    try:
        rows, context["file_name"] = _rows(request)
        preview = bulk_preview(actor=desk.user, rows=rows, today=desk.today)
    except Refused as refused:
        request.session.pop(_KEPT, None)
        for reason in refused.reasons:
            messages.error(request, reason)
        return redirect("people:bulk")
    context |= {
        "preview": preview,
        "rows": len(rows),
        "problems": preview.problems[:_SHOWN],
        "new": preview.new[:_SHOWN],
    }
    return render(request, "people/bulk_preview.html", context, status=status)


def _confirm(request: HttpRequest, desk: Desk) -> HttpResponse:
    seen = request.POST.get("seen", "")
    try:
        rows, _name = _rows(request)
        if desk.is_system:
            opened = bulk_open(actor=desk.user, today=desk.today, rows=rows, seen=seen)
        else:
            given = bulk_grant(actor=desk.user, today=desk.today, rows=rows, seen=seen)
    except Conflict as conflict:
        return _preview(request, desk, conflict.reasons, HTTPStatus.CONFLICT)
    except Refused as refused:
        return _preview(request, desk, refused.reasons, HTTPStatus.UNPROCESSABLE_ENTITY)
    del request.session[_KEPT]
    if not desk.is_system:
        messages.success(request, _("已授予 %d 项身份。") % given)
        return redirect("people:list")
    # The passwords are in this answer alone; the file travels inside it, because a second request
    # could only be answered by keeping them somewhere.
    with _written(passwords_sheet(opened)) as file:
        workbook = base64.b64encode(file.read()).decode("ascii")
    context = {"opened": opened, "address": f"data:{WORKBOOK_TYPE};base64,{workbook}"}
    return render(request, "people/bulk_done.html", context)


def _written(sheet: OutSheet) -> IO[bytes]:
    return made_file(".xlsx", lambda path: write_sheet(path, sheet))
