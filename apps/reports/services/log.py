"""Taking the log out of the system is itself an act."""

from __future__ import annotations

from datetime import date

from apps.accounts.models import User
from apps.audit.services import Act, record


def log_taken(*, actor: User, today: date, conditions: str, count: int) -> None:
    """Write down who took how much of the log, and which part of it."""
    changes = {"条件": (None, conditions), "条数": (None, str(count))}
    record(actor=actor, today=today, act=Act("导出操作日志", actor, changes))
