"""Logging in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from axes.helpers import get_client_ip_address
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.forms import LoginForm
from apps.accounts.samples import sample_box
from apps.accounts.services import login_recorded, login_refused
from apps.ops.selectors import business_date

_BACKEND = "apps.accounts.backends.ActiveUserBackend"
_POST_ONLY = frozenset(
    {
        "accounts:logout",
        "exports:start",
        "inbox:read_all",
        "jobs:cancel",
        "progress:evidence",
        "progress:evidence_remove",
        "progress:same",
        "progress:save",
        "progress:sheets",
        "reports:copy",
        "reports:correct",
        "reports:discard",
        "reports:finalise",
        "reports:head",
        "reports:issue",
        "reports:part",
        "reports:refresh",
        "reports:reopen",
        "reports:texts",
        "reports:units",
        "reviews:act",
        "tasks:judge",
        "tasks:sign",
    }
)


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def login_view(request: HttpRequest) -> HttpResponse:
    """The log-in page; goes on to `next` where that is a page of ours."""
    target = _target(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = LoginForm(request, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and form.user is not None:
            login(request, form.user, backend=_BACKEND)
            login_recorded(user=form.user, today=business_date())
            return redirect(target)
        status = 422
        login_refused(
            username=request.POST.get("username", ""),
            address=get_client_ip_address(request) or "",
            today=business_date(),
        )
    context = {"form": form, "next": target, **sample_box()}
    return render(request, "accounts/login.html", context, status=status)


@require_POST
def logout_view(request: HttpRequest) -> HttpResponse:
    """Ends the session and goes back to the log-in page."""
    logout(request)
    return redirect("accounts:login")


def _target(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if ours and not _takes_only_post(wanted) else "/"


def _takes_only_post(address: str) -> bool:
    """A form sent after the session ended names its own address, which no browser can open."""
    try:
        return resolve(urlsplit(address).path).view_name in _POST_ONLY
    except Resolver404:
        return False
