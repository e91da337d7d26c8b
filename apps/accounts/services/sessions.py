"""Recording who came in and who was turned away."""

from __future__ import annotations

from datetime import date

from apps.accounts.models import User
from apps.audit.services import Act, record, record_refusal
from apps.common.actor import System


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
