"""单位: registering, changing, telephones, sign-off steps, names that were imported before."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.selectors.people import approvers_of, steps_of
from apps.accounts.services.steps import approvers_place, may_set_steps, sign_steps_set
from apps.accounts.services.units import (
    may_edit_units,
    may_set_contacts,
    unit_change,
    unit_contacts_set,
    unit_register,
)
from apps.accounts.views.desk import deny, say
from apps.agencies.models import Agency
from apps.agencies.services import contacts_digest, facts_digest
from apps.common.errors import Conflict, Refused
from apps.ops.selectors import installation
from apps.tasks.selectors.matching import matches_of
from apps.tasks.services.matching import names_match
from apps.tasks.services.signing import waiting_realign
from apps.tasks.unit_forms import (
    UnitForm,
    alias_rows,
    aliases_in,
    contact_rows,
    contacts_in,
    step_rows,
    steps_in,
    unit_initial,
)
from apps.tasks.views.agencies import Registrar, registrar_of

_METHODS = ["GET", "HEAD", "POST"]
_UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@require_http_methods(_METHODS)
def agency_new(request: HttpRequest) -> HttpResponse:
    """Register a unit."""
    reader = registrar_of(request)
    _refuse_editing(reader, "")
    initial = {
        "level": Agency.Level.PROVINCE,
        "region": installation().body_name,
        "affiliation": Agency.Affiliation.GOVERNMENT,
        "rank": 0,
    }
    data = request.POST if request.method == "POST" else None
    form, rows = UnitForm(data, initial=initial), alias_rows(data)
    if data is not None and form.is_valid() and rows.is_valid():
        try:
            agency = unit_register(
                actor=reader.user,
                today=reader.desk.today,
                facts=form.facts,
                aliases=aliases_in(rows),
            )
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("已登记“%s”。") % agency)
            return redirect("agencies:detail", agency.pk)
    return _edit_page(request, form, rows, None)


@require_http_methods(_METHODS)
def agency_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a unit's facts and other names."""
    reader = registrar_of(request)
    agency = reader.unit(pk)
    _refuse_editing(reader, str(pk))
    data = request.POST if request.method == "POST" else None
    form = UnitForm(data, initial=unit_initial(agency))
    rows = alias_rows(data, agency)
    if data is not None and form.is_valid() and rows.is_valid():
        try:
            changed = unit_change(
                actor=reader.user,
                today=reader.desk.today,
                agency=agency,
                facts=form.facts,
                aliases=aliases_in(rows),
                seen=request.POST.get("seen", ""),
            )
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("已保存。") if changed else _("没有改动。"))
            return redirect("agencies:detail", pk)
    return _edit_page(request, form, rows, agency)


def _refuse_editing(reader: Registrar, pk: str) -> None:
    if not may_edit_units(reader.user, reader.desk.today):
        reason = _("单位由督查员和系统管理员登记、修改。")
        deny(reader.desk, ("agency", pk), "修改单位", reason)


def _edit_page(
    request: HttpRequest, form: UnitForm, rows: Any, agency: Agency | None
) -> HttpResponse:
    wrong = form.errors or (rows.is_bound and not rows.is_valid())
    status = _UNPROCESSABLE if wrong else HTTPStatus.OK
    # read anew: the form may have been filled with what is not to be saved
    known = Agency.objects.get(pk=agency.pk) if agency else None
    context = {
        "form": form,
        "rows": rows,
        "agency": known,
        "seen": facts_digest(known) if known else "",
    }
    return render(request, "agencies/edit.html", context, status=status)


@require_http_methods(_METHODS)
def agency_contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to telephone, replaced as a list."""
    reader = registrar_of(request)
    agency = reader.unit(pk)
    if not may_set_contacts(reader.user, agency, reader.desk.today):
        reason = _("联系人由督查员和本单位的管理员、填报员登记。")
        deny(reader.desk, ("agency", str(pk)), "更新联系人", reason)
    data = request.POST if request.method == "POST" else None
    rows = contact_rows(data, agency)
    said: tuple[str, ...] = ()
    if data is not None and rows.is_valid():
        try:
            unit_contacts_set(
                actor=reader.user,
                today=reader.desk.today,
                agency=agency,
                contacts=contacts_in(rows),
                seen=request.POST.get("seen", ""),
            )
        except Refused as refused:
            said = refused.reasons
        else:
            messages.success(request, _("联系人已保存。"))
            return redirect("agencies:detail", pk)
    status = _UNPROCESSABLE if data is not None else HTTPStatus.OK
    context = {"agency": agency, "rows": rows, "said": said, "seen": contacts_digest(agency)}
    return render(request, "agencies/contacts.html", context, status=status)


@require_http_methods(_METHODS)
def agency_steps(request: HttpRequest, pk: int) -> HttpResponse:
    """The steps of the sign-off, and at which each approver stands: two forms."""
    reader = registrar_of(request)
    agency = reader.unit(pk)
    if not may_set_steps(reader.user, agency, reader.desk.today):
        reason = _("审签环节由本单位管理员或系统管理员设置。")
        deny(reader.desk, ("agency", str(pk)), "更新审签环节", reason)
    said: tuple[str, ...] = ()
    rows = step_rows(agency=agency)
    if request.method == "POST":
        try:
            if request.POST.get("action") == "approvers":
                return _placed(request, reader, agency)
            rows = step_rows(request.POST, agency)
            if rows.is_valid():
                return _stepped(request, reader, agency, rows)
        except Conflict as conflict:
            said, rows = conflict.reasons, step_rows(agency=agency)
        except Refused as refused:
            said = refused.reasons
    lines = steps_of(agency, reader.desk.today)
    context = {
        "agency": agency,
        "rows": rows,
        "lines": lines,
        "seen": [line.step.post for line in lines],
        "empty": [line.step for line in lines if not line.approvers],
        "approvers": list(approvers_of(agency, reader.desk.today)),
        "said": said,
    }
    status = _UNPROCESSABLE if request.method == "POST" else HTTPStatus.OK
    return render(request, "agencies/steps.html", context, status=status)


def _stepped(request: HttpRequest, reader: Registrar, agency: Agency, rows: Any) -> HttpResponse:
    changed = sign_steps_set(
        actor=reader.user,
        today=reader.desk.today,
        agency=agency,
        steps=steps_in(rows),
        seen=request.POST.getlist("seen"),
    )
    waiting_realign(agency_id=agency.pk)
    messages.success(request, _("审签环节已保存。") if changed else _("没有改动。"))
    return redirect("agencies:steps", agency.pk)


def _placed(request: HttpRequest, reader: Registrar, agency: Agency) -> HttpResponse:
    """Fields place-<membership>: the step."""
    whole = forms.IntegerField()
    try:
        places = {
            whole.clean(name.removeprefix("place-")): whole.clean(step)
            for name, step in request.POST.items()
            if name.startswith("place-")
        }
    except forms.ValidationError as error:
        raise Refused(_("环节无法识别，请刷新页面后再试。")) from error
    moved = approvers_place(
        actor=reader.user, today=reader.desk.today, agency=agency, places=places
    )
    messages.success(request, _("%d 位审签人的环节已更改。") % moved if moved else _("没有改动。"))
    return redirect("agencies:steps", agency.pk)


@require_http_methods(_METHODS)
def agency_match(request: HttpRequest, pk: int) -> HttpResponse:
    """Names imported before that mean this unit: shown, then linked."""
    reader = registrar_of(request)
    agency = reader.unit(pk)
    if not reader.scope.rights.is_supervisor:
        reason = _("已有名称由任务来源的督查员对应。")
        deny(reader.desk, ("agency", str(pk)), "对应单位", reason)
    said: tuple[str, ...] = ()
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            linked = names_match(
                actor=reader.user,
                scope=reader.scope,
                agency=agency,
                seen=request.POST.get("seen", ""),
                today=reader.desk.today,
            )
        except Refused as refused:
            said = refused.reasons
            status = HTTPStatus.CONFLICT if isinstance(refused, Conflict) else _UNPROCESSABLE
        else:
            messages.success(request, _("已对应，%d 项任务有变动。") % linked)
            return redirect("agencies:detail", pk)
    context = {"agency": agency, "matches": matches_of(agency, reader.scope), "said": said}
    return render(request, "agencies/match.html", context, status=status)
