"""A request's number and its lines in the log."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from apps.common.at_work import AtWork, current, doing, sane_id
from apps.common.logs import JsonFormatter, LineFormatter
from config.celery import _begin, _end, _name_the_request
from tests.builders import make_agency, make_member


def _broken(_request: HttpRequest) -> HttpResponse:
    logging.getLogger("apps.somewhere").warning("on the way")
    raise ValueError("行\n行")


pytestmark = pytest.mark.django_db
urlpatterns = [path("broken/", _broken), path("", include("config.urls"))]


class Lines(logging.Handler):
    """What production would have written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.formatter = JsonFormatter()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def of(self, logger: str) -> dict[str, Any]:
        (found,) = [line for line in map(json.loads, self.lines) if line["logger"] == logger]
        return dict(found)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Lines:
    handler = Lines()
    caplog.set_level(logging.INFO, logger="apps.access")
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    return handler


def test_a_line_is_json_that_can_be_written_whatever_it_holds() -> None:
    # half a character: a broken file name, for one
    record = logging.LogRecord("a", logging.INFO, "f", 1, "坏 \ud800 %s", ("\udcff",), None)
    line = JsonFormatter().format(record)
    assert json.loads(line.encode("utf-8"))["message"] == "坏 \ud800 \udcff"


@pytest.mark.parametrize("offered", ["a", "5f3c" * 16, "AZ-09"])
def test_the_number_of_the_proxy_in_front_is_kept(offered: str) -> None:
    answer = Client().get("/accounts/login/?x=1", headers={"x-request-id": offered})
    assert answer["X-Request-ID"] == offered


@pytest.mark.parametrize("offered", ["", "a" * 65, "a b", "a\nb", "编号", "a_b", "½", "<b>"])
def test_what_cannot_be_a_number_is_replaced(offered: str) -> None:
    assert sane_id(offered) == ""
    client = Client(HTTP_X_REQUEST_ID=offered)
    first, second = (client.get("/accounts/login/")["X-Request-ID"] for _ in range(2))
    assert sane_id(first)
    assert offered not in {first, second}
    assert first != second


def test_a_request_leaves_one_line_that_names_nobody(lines: Lines) -> None:
    user = make_member(make_agency("省科技厅"), "reporter", username="kjt_tb")
    client = Client(HTTP_X_REQUEST_ID="abc-1")
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    client.get("/inbox/?q=密级")
    line = lines.of("apps.access")
    assert line.pop("duration_ms") >= 0
    assert line.pop("time")
    assert line == {
        "level": "INFO",
        "logger": "apps.access",
        "message": "GET /inbox/ 200",
        "request_id": "abc-1",
        "user_id": user.pk,
        "method": "GET",
        "path": "/inbox/",
        "status": 200,
    }


def test_what_is_typed_never_stands_in_the_log(lines: Lines) -> None:
    form = {"username": "somebody-typed", "password": "secret-typed"}
    Client().post("/accounts/login/?next=/secret-typed", form)
    assert lines.of("apps.access")["status"] == 422
    assert "typed" not in "".join(lines.lines)


def test_what_went_wrong_can_be_found_by_the_number_on_the_page(
    settings: LazySettings, lines: Lines
) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = settings.MIDDLEWARE[:3]
    client = Client(raise_request_exception=False, HTTP_X_REQUEST_ID="abc-2")
    answer = client.get("/broken/?password=typed")
    assert answer.status_code == 500
    assert '请求编号 <span class="mono">abc-2</span>' in answer.content.decode()
    for logger in ("apps.somewhere", "django.request", "apps.access"):
        line = lines.of(logger)
        assert (line["request_id"], line["path"]) == ("abc-2", "/broken/"), logger
    assert "ValueError: 行\n行" in lines.of("django.request")["exception"]
    assert "typed" not in "".join(lines.lines)
    assert not any("\n" in line for line in lines.lines)


def test_a_line_that_django_writes_after_the_request_has_its_number_too(lines: Lines) -> None:
    Client(HTTP_X_REQUEST_ID="abc-3").get("/nowhere/at/all/")
    line = lines.of("django.request")
    assert (line["level"], line["request_id"]) == ("WARNING", "abc-3")
    assert line["path"] == "/nowhere/at/all/"


def _record(message: str, **extra: Any) -> logging.LogRecord:
    record = logging.makeLogRecord({"name": "apps.x", "levelname": "INFO", "msg": message})
    record.__dict__.update(extra)
    return record


def test_a_record_of_nobody_has_only_what_is_known() -> None:
    line = json.loads(JsonFormatter().format(_record("换\n行", status=3)))
    assert line.keys() == {"time", "level", "logger", "message", "status"}
    assert line["message"] == "换\n行"


def test_people_see_the_number_behind_the_message_and_the_trace_below() -> None:
    formatter = LineFormatter("{message}", style="{")
    assert formatter.format(_record("坏了")) == "坏了"
    record = _record("坏了", exc_info=(ValueError, ValueError("x"), None))
    with doing(AtWork(request_id="abc-4")):
        first, *rest = formatter.format(record).split("\n")
    assert first == "坏了 [abc-4]"
    assert rest[-1] == "ValueError: x"


class _Request:
    asked_by_request = "abc-5"


class _Job:
    name = "tasks.run_job"
    request = _Request()


def test_a_job_logs_under_the_number_of_who_asked_for_it() -> None:
    headers: dict[str, Any] = {}
    _name_the_request(headers)
    assert headers == {}
    with doing(AtWork(request_id="abc-5")):
        _name_the_request(headers)
    assert headers == {"asked_by_request": "abc-5"}

    _begin(task_id="t", task=_Job(), args=(7,))
    try:
        line = json.loads(JsonFormatter().format(_record("做完了")))
    finally:
        _end(task_id="t")
    assert (line["request_id"], line["job"], line["job_run"]) == ("abc-5", "tasks.run_job", 7)
    assert current() == AtWork()
    _end(task_id="t")
