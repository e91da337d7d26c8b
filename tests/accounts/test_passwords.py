"""First log-in, changing and resetting passwords, and what a password must be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.accounts.models import Membership, User
from apps.accounts.passwords import StrengthValidator, temporary_hash, temporary_password
from apps.audit.models import Entry
from tests.accounts.pages import act, client_of, security_admin, system_admin
from tests.builders import PASSWORD, make_agency, make_line, make_member, make_user

pytestmark = pytest.mark.django_db
PAGE = "/accounts/password/"
NEW = "Xin-mima-2020"


def newcomer() -> User:
    user = make_member(make_agency("省科技厅"), "reporter", username="kjt_tb")
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    user.refresh_from_db()
    return user


def change(client: Client, old: str | None = PASSWORD, new: str = NEW, again: str = "") -> Any:
    data = {"new": new, "again": again or new, **({"old": old} if old is not None else {})}
    return client.post(PAGE, data)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Ab1-", "至少 10 个字符，现在是 4 个"),
        ("abcdefghij", "四类中的至少三类"),
        ("abcdefgh12", "四类中的至少三类"),
    ],
)
def test_a_weak_password_is_refused_in_chinese(password: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        StrengthValidator().validate(password)


@pytest.mark.parametrize("password", ["Abcdefgh12", "abcdefg-12", "密码abcdefg1", "ABCDEFG-12"])
def test_three_kinds_of_four_will_do(password: str) -> None:
    StrengthValidator().validate(password)


def test_a_temporary_password_is_readable_strong_and_never_the_same() -> None:
    made = [temporary_password() for _ in range(300)]
    assert len(set(made)) == 300
    for password in made:
        assert not set(password) & set("0O1lIo")
        StrengthValidator().validate(password)


def test_a_temporary_password_is_hashed_fast_and_raised_at_the_first_log_in(
    settings: Any,
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user = make_user("zhang")
    User.objects.filter(pk=user.pk).update(password=temporary_hash("kmPa-7tGh-x4Wd"))
    user.refresh_from_db()
    assert "$20000$" in user.password
    assert user.check_password("kmPa-7tGh-x4Wd")
    assert f"${PBKDF2PasswordHasher.iterations}$" in user.password


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from addresses(entry, inner)
        elif isinstance(entry, URLPattern):
            numbers = [1] * entry.pattern.regex.groups
            try:
                yield reverse(f"{prefix}{entry.name}", args=numbers)
            except Exception:  # noqa: BLE001  # asks for words instead of numbers
                yield reverse(f"{prefix}{entry.name}", args=["2020Q3", *numbers[1:]])


def test_a_first_password_cannot_be_kept_by_going_elsewhere() -> None:
    client = client_of(newcomer())
    stays = {PAGE, "/accounts/logout/"}
    others = [address for address in addresses(get_resolver()) if address not in stays]
    assert len(others) > 20
    for address in [*others, "/nowhere/", "//tasks/", "/accounts/password"]:
        for method in (client.get, client.post):
            answer = method(address)
            assert answer.status_code == 302, address
            assert answer.headers["Location"] == PAGE, address
    page = client.get(PAGE)
    assert page.status_code == 200
    assert 'name="old"' not in page.content.decode()
    assert "主导航" not in page.content.decode()


def test_after_the_change_everything_opens_and_the_session_goes_on() -> None:
    user = newcomer()
    client = client_of(user)
    answer = change(client, old=None)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/tasks/").status_code == 200
    user.refresh_from_db()
    assert not user.must_change_password
    assert user.check_password(NEW)


def test_other_sessions_end_with_the_old_password() -> None:
    user = make_member(make_agency(), "reporter")
    here, elsewhere = client_of(user), client_of(user)
    assert change(here).status_code == 302
    assert here.get("/tasks/").status_code == 200
    assert elsewhere.get("/tasks/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"old": "wrong"}, "原密码不对"),
        ({"old": ""}, "请填写“原密码”"),
        ({"old": None}, "请填写“原密码”"),
        ({"new": PASSWORD}, "不能和原来的密码相同"),
        ({"new": "Short-1"}, "至少 10 个字符"),
        ({"new": "zhangsan-2020"}, "相似"),
        ({"again": "Other-2020"}, "两遍输入的新密码不一样"),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(sent: dict[str, Any], said: str) -> None:
    user = make_user("zhangsan", name="张三")
    answer = change(client_of(user), **sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_first_password_may_not_become_the_same_again() -> None:
    answer = change(client_of(newcomer()), old=None, new=PASSWORD)
    assert "不能和原来的密码相同" in answer.content.decode()


def test_changes_and_failures_are_logged_without_the_password() -> None:
    client = client_of(make_user("zhangsan"))
    change(client, old="Wrong-secret-1")
    change(client)
    entries = Entry.objects.filter(action="修改密码").order_by("pk")
    assert [entry.result for entry in entries] == ["refused", "done"]
    written = repr(list(Entry.objects.values()))
    assert "Wrong-secret-1" not in written
    assert NEW not in written


def test_guessing_the_old_password_locks_as_log_in_does_and_ends_the_session() -> None:
    client = client_of(make_user("zhangsan"))
    found = [change(client, old=f"Wrong-secret-{n}").status_code for n in range(5)]
    assert found == [422] * 4 + [429]
    assert client.get("/").headers["Location"].startswith("/accounts/login/")
    entering = {"username": "zhangsan", "password": PASSWORD}
    assert client.post("/accounts/login/", entering).status_code == 429
    kept = repr(list(AccessAttempt.objects.values()))
    assert "zhangsan" in kept
    assert "Wrong-secret" not in kept
    assert NEW not in kept


def test_the_log_in_page_says_whom_to_ask() -> None:
    assert "忘记密码请联系本单位管理员" in Client().get("/accounts/login/").content.decode()


def shown(answer: Any) -> str:
    found = re.search(r'id="once">([^<]+)<', answer.content.decode())
    assert found
    return found[1]


def test_a_reset_shows_a_password_once_that_must_be_changed() -> None:
    admin, person = system_admin(), make_member(make_agency(), "reporter", username="zhang")
    session = client_of(person)
    answer = act(admin, person, "reset")
    password = shown(answer)
    assert answer.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    page = client_of(admin).get(reverse("people:detail", args=[person.pk]))
    assert password not in page.content.decode()
    assert password not in repr(list(Entry.objects.values()))
    assert Entry.objects.get(action="重设密码").actor_name == "系统员"
    assert session.get("/").headers["Location"].startswith("/accounts/login/")
    entered = Client()
    entered.post("/accounts/login/", {"username": "zhang", "password": password})
    assert entered.get("/").headers["Location"] == PAGE


def unit_admin(*units: Any) -> User:
    user = make_member(units[0], "unit_admin")
    for unit in units[1:]:
        Membership.objects.create(user=user, agency=unit, role="unit_admin")
    return user


def test_a_units_administrator_resets_for_its_own_people_only() -> None:
    ours, theirs = make_agency("省科技厅"), make_agency("省教育厅")
    mine, stranger = make_member(ours, "reporter"), make_member(theirs, "reporter")
    both = make_member(ours, "approver")
    Membership.objects.create(user=both, agency=theirs, role="reporter")
    past = make_member(ours, "reporter")
    past.memberships.update(ends_on="2020-10-11")
    admin = unit_admin(ours)
    found = {
        name: act(admin, person, "reset").status_code
        for name, person in (
            ("mine", mine), ("stranger", stranger), ("both", both), ("past", past),
            ("myself", admin), ("administrator", system_admin()),
        )
    }  # fmt: skip
    assert found == {
        "mine": 200,
        "stranger": 404,
        "both": 403,
        "past": 403,
        "myself": 403,
        "administrator": 404,
    }
    for person in (stranger, both, past, admin):
        person.refresh_from_db()
        assert person.check_password(PASSWORD)
    refused = Entry.objects.filter(result="refused", actor_id=str(admin.pk))
    assert set(refused.values_list("object_id", flat=True)) == {
        str(both.pk), str(past.pk), str(admin.pk)
    }  # fmt: skip
    # who looks after both units may
    assert act(unit_admin(ours, theirs), both, "reset").status_code == 200


def test_the_system_administrator_resets_for_everybody_but_himself() -> None:
    admin = system_admin()
    assert act(admin, security_admin(), "reset").status_code == 200
    assert act(admin, admin, "reset").status_code == 403


@pytest.mark.parametrize("role", ["reporter", "approver", "supervisor", "leader"])
def test_nobody_else_resets(role: str) -> None:
    unit = make_agency()
    person = make_member(unit, "reporter")
    other = make_member(unit, role, lines=[make_line()])
    assert act(other, person, "reset").status_code == 404
    assert act(security_admin(), person, "reset").status_code == 403
    assert act(make_user(duty="audit"), person, "reset").status_code == 404
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
