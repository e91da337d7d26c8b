"""Who sits at an administrator's page, and how a page refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.http import Http404, HttpRequest

from apps.accounts.access import Rights, rights_of
from apps.accounts.models import User
from apps.audit.services import record_refusal
from apps.common.errors import Refused
from apps.ops.selectors import business_date


@dataclass(frozen=True, slots=True)
class Desk:
    """Who is asking, on which day, with which rights."""

    user: User
    rights: Rights
    today: date

    @property
    def is_system(self) -> bool:
        return self.user.duty == User.Duty.SYSTEM

    @property
    def is_security(self) -> bool:
        return self.user.duty == User.Duty.SECURITY


def desk_of(request: HttpRequest) -> Desk:
    """Anybody who has logged in."""
    assert isinstance(request.user, User), "the log-in middleware lets nobody else through"
    today = business_date()
    return Desk(request.user, rights_of(request.user, today), today)


def people_desk(request: HttpRequest) -> Desk:
    """404 for those to whom other people's accounts are no business at all."""
    desk = desk_of(request)
    if not (desk.is_system or desk.is_security or desk.rights.administers):
        raise Http404
    return desk


def deny(desk: Desk, about: tuple[str, str], action: str, reason: str) -> NoReturn:
    """403, written into the log (product.md D18)."""
    record_refusal(actor=desk.user, today=desk.today, action=action, about=about, reason=reason)
    raise PermissionDenied(reason)


def say(form: forms.Form, refused: Refused) -> None:
    """Each reason above the form."""
    for reason in refused.reasons:
        form.add_error(None, reason)


@dataclass(frozen=True, slots=True)
class Paged:
    """A page of a plain list, as pieces/pager.html wants it."""

    page: Page[Any]
    prefix: str = ""
    prefixed_page_field: str = "page"
    prefixed_per_page_field: str = "per_page"
    foot_note: str = ""
