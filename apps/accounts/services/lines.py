"""条线: the fields of work under which plans stand."""

from __future__ import annotations

import secrets
from datetime import date

from django.db import transaction
from django.db.models import ProtectedError

from apps.accounts.access import holds
from apps.accounts.models import Line, User
from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.common.text import fold

_NAME_CHARS = 60


@transaction.atomic
def line_create(*, actor: Actor, today: date, name: str) -> Line:
    """A new line; its code, which only exchanged data use, is made here."""
    name = _checked(actor, name)
    line = Line.objects.create(code=f"line-{secrets.token_hex(4)}", name=name)
    record(actor=actor, today=today, act=Act("建立条线", line))
    return line


@transaction.atomic
def line_rename(*, actor: Actor, today: date, line: Line, name: str) -> bool:
    """Another name; plans and roles stay under it."""
    line = Line.objects.select_for_update().get(pk=line.pk)
    name = _checked(actor, name, line)
    before, line.name = line.name, name
    if before == name:
        return False
    line.save(update_fields=["name"])
    record(actor=actor, today=today, act=Act("改名条线", line, {"条线": (before, name)}))
    return True


@transaction.atomic
def line_delete(*, actor: Actor, today: date, line: Line) -> None:
    """Only one that neither a plan nor a role was ever under."""
    _check(actor)
    line = Line.objects.select_for_update().get(pk=line.pk)
    if line.membership_set.exists():
        raise Refused(f"“{line}”有人担任过身份，不能删除。")
    record(actor=actor, today=today, act=Act("删除条线", line))
    try:
        with transaction.atomic():
            line.delete()
    except ProtectedError as error:
        raise Refused(f"“{line}”下有任务来源，不能删除。") from error


def _checked(actor: Actor, name: str, but: Line | None = None) -> str:
    _check(actor)
    name = fold(name)
    if not name or len(name) > _NAME_CHARS:
        raise Refused(f"请填写条线名称，不超过 {_NAME_CHARS} 字。")
    same = Line.objects.filter(name=name)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise Refused(f"已有“{name}”这条条线。")
    return name


def _check(actor: Actor) -> None:
    if not holds(actor, User.Duty.SECURITY):
        raise NotAllowed("条线由安全管理员管理。")
