"""条线: the list, adding, renaming, deleting."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.models import Line
from apps.accounts.selectors.people import lines_used
from apps.accounts.services.lines import line_create, line_delete, line_rename
from apps.accounts.views.desk import Desk, deny, people_desk
from apps.common.errors import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def people_lines(request: HttpRequest) -> HttpResponse:
    """Every act is a small form of its own: action add, rename or delete."""
    desk = people_desk(request)
    if not desk.is_security:
        deny(desk, ("line", ""), "管理条线", _("条线由安全管理员管理。"))
    said: tuple[str, ...] = ()
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            messages.success(request, _done(request, desk))
        except Refused as refused:
            said, status = refused.reasons, HTTPStatus.UNPROCESSABLE_ENTITY
        else:
            return redirect("people:lines")
    context = {
        "lines": lines_used(desk.today),
        "said": said,
        "typed": request.POST.get("name", "") if request.POST.get("action") == "add" else "",
    }
    return render(request, "people/lines.html", context, status=status)


def _done(request: HttpRequest, desk: Desk) -> str:
    action, name = request.POST.get("action"), request.POST.get("name", "")
    if action == "add":
        line = line_create(actor=desk.user, today=desk.today, name=name)
        return _("已增加“%s”。") % line
    line = _line(request.POST.get("line", ""))
    if action == "delete":
        line_delete(actor=desk.user, today=desk.today, line=line)
        return _("已删除“%s”。") % line
    changed = line_rename(actor=desk.user, today=desk.today, line=line, name=name)
    return _("已改名。") if changed else _("没有改动。")


def _line(chosen: str) -> Line:
    line = Line.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
    if line is None:
        raise Http404
    return line
