"""Creating people and their roles, and recording who came in and who was turned away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from apps.accounts.models import Line, Membership, User
from apps.agencies.models import Agency
from apps.audit.services import Act, record, record_refusal
from apps.common.actor import Actor, System


@transaction.atomic
def user_create(
    *, actor: Actor, today: date, username: str, name: str, password: str, duty: str = ""
) -> User:
    """A new log-in; duty is empty for everybody but the three administrators."""
    user = User(username=username, name=name, duty=duty)
    user.set_password(password)
    user.save()
    changes = {"管理职责": (None, user.get_duty_display())} if duty else {}
    record(actor=actor, today=today, act=Act("建立用户", user, changes))
    return user


@transaction.atomic
def membership_grant(
    *, actor: Actor, today: date, user: User, agency: Agency, role: str, lines: Iterable[Line] = ()
) -> Membership:
    """Give a person a role in a unit. The database refuses it for an administrator."""
    membership = Membership.objects.create(user=user, agency=agency, role=role)
    membership.lines.set(lines)
    changes: dict[str, tuple[object, object]] = {"身份": (None, membership)}
    named = "、".join(membership.lines.order_by("pk").values_list("name", flat=True))
    if named:
        changes["条线"] = (None, named)
    record(actor=actor, today=today, act=Act("授予身份", user, changes))
    return membership


def login_recorded(*, user: User, today: date) -> None:
    """A successful log-in."""
    record(actor=user, today=today, act=Act("登录", user))


def login_refused(*, username: str, address: str, today: date) -> None:
    """A refused log-in, under the name that was typed."""
    record_refusal(
        actor=System(username[:60] or "（未填）", actor_id="anonymous"),
        today=today,
        action="登录",
        about=("login", username or "（未填）"),
        reason=f"用户名或密码不对，来自 {address}",
    )
