"""A NUL in a request is answered with the ordinary page, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.test import Client, RequestFactory

from apps.common.middleware import NulMiddleware
from tests.builders import PASSWORD, make_agency, make_member

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture
def reader() -> Client:
    client = Client()
    client.force_login(make_member(make_agency("省科技厅"), "reporter", username="tb"))
    return client


def refused(answer: Any) -> bool:
    return answer.status_code == 400 and "这个请求系统看不懂" in answer.content.decode()


@pytest.mark.parametrize(
    "address",
    ["/tasks/?category=%00", "/tasks/?q=a%00b", "/tasks/?%00=1", "/agencies/?q=%00", "/a%00b/"],
)
def test_a_nul_in_an_address_is_refused(reader: Client, address: str) -> None:
    assert refused(reader.get(address))


@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded"])
def test_a_nul_in_a_form_is_refused_before_anybody_looks_at_it(content_type: str | None) -> None:
    if content_type:
        answer = Client().post(LOGIN, f"username=a%00b&password={PASSWORD}", content_type)
    else:
        answer = Client().post(LOGIN, {"username": "a\0b", "password": PASSWORD})
    assert refused(answer)


def test_a_nul_in_a_session_cookie_is_refused() -> None:
    answer = Client().get(LOGIN, headers={"cookie": r'fengong_session="\000aaaaaaaaaaaa"'})
    assert refused(answer)


def test_a_percent_sign_before_zeros_is_no_nul(reader: Client) -> None:
    assert reader.get("/tasks/?q=%2500").status_code == 200


def test_a_file_may_hold_what_it_likes_and_arrives_whole() -> None:
    seen: list[bytes] = []

    def view(request: HttpRequest) -> HttpResponse:
        file = request.FILES["file"]
        assert isinstance(file, UploadedFile)
        seen.append(file.read())
        return HttpResponse(request.POST["note"])

    content = b"PK\x00\x03" * 1000
    upload = {"file": SimpleUploadedFile("表.xlsx", content), "note": "好"}
    answer = NulMiddleware(view)(RequestFactory().post("/", upload))
    assert isinstance(answer, HttpResponse)
    assert (answer.content.decode(), seen) == ("好", [content])


def test_a_form_that_breaks_off_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_off(_request: HttpRequest) -> None:
        raise UnreadablePostError("connection reset")

    monkeypatch.setattr("django.core.handlers.wsgi.WSGIRequest._load_post_and_files", broken_off)
    assert refused(Client().post(LOGIN, {"username": "甲"}))
