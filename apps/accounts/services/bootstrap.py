"""The first three accounts: from them on everything is done on pages, each by its own person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.services.users import NewAccount, Opened, accounts_open
from apps.common.actor import System
from apps.common.errors import Refused
from apps.ops.services import body_name_set


@transaction.atomic
def administrators_create(
    *, actor: System, today: date, usernames: Mapping[str, str], body_name: str = ""
) -> list[Opened]:
    """One of each duty with temporary passwords; refused once there is any administrator."""
    if User.objects.exclude(duty="").exists():
        raise Refused("已有管理员账号，没有再建。忘记密码请由系统管理员在页面上重设。")
    if body_name:
        body_name_set(body_name=body_name)
    return accounts_open(
        actor=actor,
        today=today,
        accounts=[
            NewAccount(usernames[duty.value], str(duty.label), duty=duty.value)
            for duty in (User.Duty.SYSTEM, User.Duty.SECURITY, User.Duty.AUDIT)
        ],
    )
