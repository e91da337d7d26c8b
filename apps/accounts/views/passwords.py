"""Changing one's own password: of one's own accord, or because somebody else has set it."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.forms import PasswordForm
from apps.accounts.models import User
from apps.accounts.services.users import password_change
from apps.accounts.views.desk import desk_of
from apps.audit.services import record_refusal
from apps.common.errors import NotAllowed, Refused


@sensitive_post_parameters("old", "new", "again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_page(request: HttpRequest) -> HttpResponse:
    """The session goes on; all others of the person end with the old password."""
    desk = desk_of(request)
    forced = desk.user.must_change_password
    form = PasswordForm(request.POST or None, asks_old=not forced)
    if request.method == "POST" and form.is_valid():
        try:
            if not forced:
                _check_old(request, desk.user, form.cleaned_data["old"])
            password_change(
                user=desk.user,
                today=desk.today,
                new=form.cleaned_data["new"],
                old=form.cleaned_data.get("old", ""),
            )
        except NotAllowed as refused:
            record_refusal(
                actor=desk.user,
                today=desk.today,
                action="修改密码",
                about=("user", str(desk.user.pk)),
                reason="原密码不对",
            )
            form.add_error("old", refused.reasons[0])
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error("new", reason)
        else:
            update_session_auth_hash(request, desk.user)
            messages.success(request, _("密码已修改，其他地方的登录都已退出。"))
            return redirect("reports:home" if forced else "people:me")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "forced": forced}
    return render(request, "accounts/password.html", context, status=status)


def _check_old(request: HttpRequest, user: User, old: str) -> None:
    """Counted as a log-in is, and locked with it: an open session is no way to try passwords."""
    if authenticate(request, username=user.username, password=old) is None:
        raise NotAllowed(_("原密码不对，请重新输入。"))
