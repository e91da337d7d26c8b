"""What stands between the server and the views for every app."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    QueryDict,
    UnreadablePostError,
)
from django.template.loader import render_to_string

_FLAG = "fengong.database_away"
_RETRY_SECONDS = "30"
# SQLSTATEs that PostgreSQL sends as it goes down, comes up or is full (class 08: connection lost).
# Deadlocks, time limits and full disks are OperationalErrors too, and waiting does not cure them.
_AWAY_STATES = frozenset({"57P01", "57P02", "57P03", "53300"})


def is_database_away(error: BaseException | None) -> bool:
    """Whether the error, or one it arose from, says that the database cannot be reached."""
    while error is not None:
        if isinstance(error, InterfaceError):
            return True
        if isinstance(error, OperationalError):
            state: str | None = getattr(error.__cause__, "pgcode", None)
            return state is None or state.startswith("08") or state in _AWAY_STATES
        error = error.__cause__ or error.__context__
    return False


def database_away_page() -> HttpResponse:
    """503 with a page that needs neither database nor request."""
    page = HttpResponse(render_to_string("503.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)
    page["Retry-After"] = _RETRY_SECONDS
    page["Cache-Control"] = "no-store"
    return page


@receiver(got_request_exception, dispatch_uid="apps.common.middleware.note_database_away")
def note_database_away(request: HttpRequest | None = None, **_kwargs: Any) -> None:
    """Remember why a request failed: Django turns the exception into a plain 500 in each layer."""
    if request is not None and is_database_away(sys.exc_info()[1]):
        request.META[_FLAG] = True


class DatabaseAwayMiddleware:
    """Answers 503 instead of 500 while the database is away; as it comes back, so do the pages.

    Catching the exception here would not do: it never leaves the layer it was raised in, be that a
    view, a template, a session or an error page. Django's signal for it is heard in all of them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.META.get(_FLAG) and response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return database_away_page()
        return response


class MethodMiddleware:
    """Gives Django's empty 405 a page; its header Allow stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            response.content = render_to_string("405.html")
            # counted by CommonMiddleware when there was nothing yet: browsers would show no more
            response["Content-Length"] = str(len(response.content))
        return response


_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class NulMiddleware:
    """Answers 400 to a request whose texts hold a NUL, which PostgreSQL stores in no column.

    Headers are left out: the server itself refuses them; a quoted cookie can write one as \\000.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if any("\0" in text for text in _texts(request)):
            raise BadRequest("the request holds a NUL")
        return self.get_response(request)


def _texts(request: HttpRequest) -> Iterable[str]:
    """All that was sent as text; a form is parsed once and kept, as for the view behind."""
    yield request.path_info
    yield from request.COOKIES.values()
    yield from _fields(request.GET)
    if request.method == "POST" and request.content_type in _FORMS:
        try:
            yield from _fields(request.POST)
        except UnreadablePostError as error:
            raise BadRequest("the form did not arrive") from error


def _fields(data: QueryDict) -> Iterable[str]:
    for name, values in data.lists():
        yield name
        yield from values
