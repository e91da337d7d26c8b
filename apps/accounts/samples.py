"""The accounts of the trial run; their passwords are known, so they exist in sample mode only."""

from __future__ import annotations

import functools
import json
from typing import Any, NamedTuple

from django.conf import settings

from apps.accounts.models import Membership, User


class SampleAccount(NamedTuple):
    """A row of the box on the log-in page."""

    username: str
    agency: str
    role: str


@functools.cache
def sample_fixture() -> dict[str, Any]:
    """fixtures/sample/accounts.json."""
    text = (settings.BASE_DIR / "fixtures/sample/accounts.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def sample_password() -> str:
    """The one password of all sample accounts."""
    return str(sample_fixture()["password"])


def sample_accounts() -> list[SampleAccount]:
    """The sample accounts in force, as the log-in page and `make run` list them."""
    names = [account["username"] for account in sample_fixture()["accounts"]]
    users = {
        user.username: user
        for user in User.objects.filter(username__in=names).prefetch_related("memberships__agency")
    }
    return [_row(users[name]) for name in names if name in users]


def sample_box() -> dict[str, Any]:
    """Context of the log-in page's box; empty outside the sample."""
    if not settings.SAMPLE:
        return {}
    return {"sample_accounts": sample_accounts(), "sample_password": sample_password()}


def _row(user: User) -> SampleAccount:
    membership: Membership | None = next(iter(user.memberships.all()), None)
    if membership is None:
        return SampleAccount(user.username, "", user.get_duty_display())
    return SampleAccount(user.username, membership.agency.name, membership.get_role_display())
