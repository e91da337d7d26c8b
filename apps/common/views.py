"""Pages for what went wrong before a view could answer; named in settings and config.urls."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.common.middleware import database_away_page, is_database_away


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django calls it with reason=
    """CSRF_FAILURE_VIEW: mostly a page left open too long; says that and nothing technical."""
    return render(request, "403_csrf.html", status=HTTPStatus.FORBIDDEN)


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400. A session that cannot be saved arrives here too, as SessionInterrupted."""
    if is_database_away(exception):
        return database_away_page()
    return HttpResponse(render_to_string("400.html"), status=HTTPStatus.BAD_REQUEST)
