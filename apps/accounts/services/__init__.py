"""Changing who is who: accounts, roles, sign-off steps, lines; always with a row in the log."""

from __future__ import annotations

from apps.accounts.services.memberships import Grant, membership_grant
from apps.accounts.services.sessions import login_recorded, login_refused
from apps.accounts.services.users import user_create

__all__ = ["Grant", "login_recorded", "login_refused", "membership_grant", "user_create"]
