"""What the tests of people's pages share: somebody at a page, and three administrators."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from tests.builders import make_user

BACKEND = "apps.accounts.backends.ActiveUserBackend"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, BACKEND)
    return client


def system_admin() -> User:
    return make_user(duty="system", name="系统员")


def security_admin() -> User:
    return make_user(duty="security", name="安全员")


def act(user: User, person: User, action: str, **data: Any) -> Any:
    """A button on a person's page, pressed."""
    address = reverse("people:detail", args=[person.pk])
    return client_of(user).post(address, {"action": action, **data})
