"""The answer to a locked log-in: the log-in page, saying for how long."""

from __future__ import annotations

import math
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts.forms import LoginForm
from apps.accounts.samples import sample_box


def locked_out(
    request: HttpRequest, _response: HttpResponse | None, credentials: dict[str, Any]
) -> HttpResponse:
    """429 with the minutes left and the time of day from which it works again.

    Whoever was in already, and tried to guess the password to be changed, is out.
    """
    logout(request)
    username = credentials.get("username") or request.POST.get("username", "")
    last = AccessAttempt.objects.filter(username=username).order_by("-attempt_time").first()
    until = (last.attempt_time if last else timezone.now()) + settings.AXES_COOLOFF_TIME
    minutes = max(1, math.ceil((until - timezone.now()).total_seconds() / 60))
    context = {
        "form": LoginForm(request, initial={"username": username}),
        "locked_until": until,
        "locked_minutes": minutes,
        "next": request.POST.get("next", ""),
        **sample_box(),
    }
    return render(request, "accounts/login.html", context, status=429)
