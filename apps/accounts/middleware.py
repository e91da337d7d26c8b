"""Ends a session after thirty idle minutes, asks for a first password to be changed (等保三级)."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

_SEEN = "seen"
# Writing the session on each click would cost a query each; a minute's grain is enough.
_GRAIN_SECONDS = 60


class IdleLogoutMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            idle = now - request.session.get(_SEEN, now)
            if idle > settings.IDLE_TIMEOUT.total_seconds():
                logout(request)
                messages.warning(request, _("您已 30 分钟没有操作，请重新登录。"))
                return redirect_to_login(request.get_full_path())
            if idle >= _GRAIN_SECONDS or _SEEN not in request.session:
                request.session[_SEEN] = now
        return self.get_response(request)


class PasswordChangeMiddleware:
    """Keeps whoever came in with a password set by somebody else on the page that changes it.

    Static files are answered further out, before anybody is known.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if getattr(request.user, "must_change_password", False):
            page = reverse("accounts:password")
            if request.path not in {page, reverse("accounts:logout")}:
                return redirect(page)
        return self.get_response(request)
