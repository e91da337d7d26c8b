"""Coming in, being turned away, being locked out, going out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.audit.selectors import breaks
from tests.builders import PASSWORD, make_agency, make_member, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture
def user() -> User:
    return make_member(make_agency("省科技厅"), "reporter", username="kjt_tb")


def enter(client: Client, password: str = PASSWORD, **more: str) -> int:
    answer = client.post(LOGIN, {"username": "kjt_tb", "password": password, **more})
    return answer.status_code


@pytest.mark.usefixtures("user")
def test_a_right_password_leads_home_and_is_recorded() -> None:
    client = Client()
    answer = client.post(LOGIN, {"username": "kjt_tb", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    entry = Entry.objects.get(action="登录")
    assert (entry.result, entry.agency_name) == ("done", "省科技厅")


@pytest.mark.usefixtures("user")
def test_a_wrong_password_is_refused_in_chinese_and_recorded() -> None:
    client = Client()
    answer = client.post(LOGIN, {"username": "kjt_tb", "password": "wrong"})
    assert answer.status_code == 422
    assert "用户名或密码不对" in answer.content.decode()
    entry = Entry.objects.get(action="登录")
    assert (entry.result, entry.object_id) == ("refused", "kjt_tb")
    assert breaks() == []


def test_an_unknown_name_is_answered_like_a_wrong_password() -> None:
    answer = Client().post(LOGIN, {"username": "nobody", "password": "x"})
    assert answer.status_code == 422
    assert "用户名或密码不对" in answer.content.decode()


def test_somebody_switched_off_does_not_come_in(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert enter(Client()) == 422


def test_empty_fields_are_named() -> None:
    answer = Client().post(LOGIN, {})
    assert "请填写用户名" in answer.content.decode()
    assert "请填写密码" in answer.content.decode()


@pytest.mark.usefixtures("user")
def test_five_failures_lock_and_the_page_says_for_how_long() -> None:
    client = Client()
    for _ in range(4):
        assert enter(client, "wrong") == 422
    assert enter(client, "wrong") == 429
    answer = client.post(LOGIN, {"username": "kjt_tb", "password": PASSWORD})
    assert answer.status_code == 429
    page = answer.content.decode()
    assert "锁定" in page
    assert "分钟" in page
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert enter(client) == 302


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:1"]
)
def test_it_never_leads_to_another_site(target: str) -> None:
    client = Client()
    answer = client.post(LOGIN, {"username": "kjt_tb", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


@pytest.mark.usefixtures("user")
def test_thirty_idle_minutes_end_the_session() -> None:
    client = Client()
    enter(client)
    assert client.get("/tasks/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=29)):
        assert client.get("/tasks/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=60)):
        answer = client.get("/tasks/")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(LOGIN)


@pytest.mark.usefixtures("user")
def test_going_out_is_a_post() -> None:
    client = Client()
    enter(client)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/tasks/").status_code == 302


def test_a_form_without_its_token_is_refused_in_chinese() -> None:
    answer = Client(enforce_csrf_checks=True).post(LOGIN, {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "CSRF" not in answer.content.decode()


def test_pages_carry_the_strict_policy() -> None:
    make_user("somebody")
    headers = Client().get(LOGIN).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert headers["X-Frame-Options"] == "DENY"
