"""While the database is away every page is a calm 503; anything else stays what it was."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template import engines
from django.test import Client, RequestFactory
from django.urls import include, path
from django.views.decorators.http import require_POST

from apps.common.middleware import is_database_away
from apps.common.views import bad_request, csrf_refused


class _ToldError(Exception):
    """Stands for psycopg2's exception, whose SQLSTATE cannot be set from outside."""

    def __init__(self, pgcode: str | None) -> None:
        super().__init__(pgcode)
        self.pgcode = pgcode


def _failed(pgcode: str | None) -> OperationalError:
    error = OperationalError("server closed the connection unexpectedly")
    error.__cause__ = _ToldError(pgcode)
    return error


def _in_view(_request: HttpRequest) -> HttpResponse:
    raise _failed(None)


def _in_template(request: HttpRequest) -> HttpResponse:
    def rows() -> list[str]:
        raise _failed("57P01")

    page = engines["django"].from_string("{% for row in rows %}{{ row }}{% endfor %}")
    return HttpResponse(page.render({"rows": rows}, request))


def _to_a_dead_port(_request: HttpRequest) -> HttpResponse:
    with connection.wrap_database_errors:
        connection.get_new_connection({"host": "127.0.0.1", "port": 1, "dbname": "none"})
    return HttpResponse()


def _deadlock(_request: HttpRequest) -> HttpResponse:
    raise _failed("40P01")


def _other(_request: HttpRequest) -> HttpResponse:
    raise ValueError("no business of the database")


def _fine(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("好")


def _bad(_request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("raw English")


def _saving_fails(_request: HttpRequest) -> HttpResponse:
    raise SessionInterrupted("raw English") from _failed(None)


urlpatterns = [
    path("", include(([path("", _fine, name="home")], "reports"))),
    path("tasks/", include(([path("", _fine, name="list")], "tasks"))),
    path("login/", include(([path("o/", _fine, name="logout")], "accounts"))),
    path("view/", _in_view),
    path("template/", _in_template),
    path("port/", _to_a_dead_port),
    path("deadlock/", _deadlock),
    path("other/", _other),
    path("bad/", _bad),
    path("saving/", _saving_fails),
    path("fine/", _fine),
    path("posted/", require_POST(_fine)),
]
handler400 = bad_request


class SessionGoneMiddleware:
    """Fails in a later layer, as the session and log-in middleware do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "before" in request.GET:
            raise _failed(None)
        response = self.get_response(request)
        if "after" in request.GET:
            raise InterfaceError("connection already closed")
        return response


def test_a_page_that_only_takes_forms_says_so_with_a_length_of_its_own(
    visitor: Client, settings: LazySettings
) -> None:
    settings.MIDDLEWARE = [
        "apps.common.middleware.MethodMiddleware",
        "django.middleware.common.CommonMiddleware",
    ]
    response = visitor.get("/posted/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "不能这样打开" in response.content.decode()
    # a browser reads no further
    assert response["Content-Length"] == str(len(response.content))


@pytest.fixture
def visitor(settings: LazySettings) -> Client:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [
        "apps.common.middleware.DatabaseAwayMiddleware",
        f"{__name__}.SessionGoneMiddleware",
    ]
    templates: list[dict[str, Any]] = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["context_processors"] = []
    settings.TEMPLATES = templates
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    "address",
    [
        "/view/",
        "/template/",
        "/port/",
        "/saving/",
        "/fine/?before",
        "/fine/?after",
        "/nowhere/?after",
    ],
)
def test_it_answers_503_wherever_the_database_was_missed(visitor: Client, address: str) -> None:
    response = visitor.get(address)
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert response["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "系统暂时无法使用" in page
    assert "server closed" not in page


@pytest.mark.parametrize("address", ["/deadlock/", "/other/"])
def test_an_error_that_waiting_does_not_cure_stays_an_error(visitor: Client, address: str) -> None:
    response = visitor.get(address)
    assert response.status_code == 500
    assert "系统出错了" in response.content.decode()


def test_pages_are_back_as_soon_as_the_database_is(visitor: Client) -> None:
    assert visitor.get("/fine/?before").status_code == 503
    assert visitor.get("/fine/").content.decode() == "好"


def test_a_bad_request_is_answered_in_chinese(visitor: Client) -> None:
    response = visitor.get("/bad/")
    assert response.status_code == 400
    assert "这个请求系统看不懂" in response.content.decode()
    assert "raw English" not in response.content.decode()


def test_a_stale_form_is_told_that_nothing_was_sent(visitor: Client) -> None:
    request = RequestFactory().post("/fine/")
    assert visitor.get("/fine/").status_code == 200
    response = csrf_refused(request, reason="CSRF token missing.")
    assert response.status_code == 403
    assert "页面已过期，没有提交" in response.content.decode()
    assert "CSRF token" not in response.content.decode()


@pytest.mark.parametrize("page", ["403.html", "404.html"])
def test_error_pages_draw_without_any_context(visitor: Client, page: str) -> None:
    assert visitor.get("/fine/").status_code == 200
    drawn = render(RequestFactory().get("/"), page).content.decode()
    assert "回到工作台" in drawn


@pytest.mark.parametrize("pgcode", [None, "08006", "57P01", "57P03", "53300"])
def test_it_knows_the_states_of_a_server_that_is_away(pgcode: str | None) -> None:
    assert is_database_away(_failed(pgcode))


@pytest.mark.parametrize("pgcode", ["40P01", "57014", "55P03", "53100"])
def test_it_knows_the_failures_that_are_none(pgcode: str) -> None:
    assert not is_database_away(_failed(pgcode))
    assert not is_database_away(ValueError())
    assert not is_database_away(None)
