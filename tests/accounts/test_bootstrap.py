"""`create_administrators`, and what administrators find on their first page."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.models import Membership, User
from apps.audit.models import Entry
from apps.ops.models import Installation
from tests.accounts.pages import client_of, security_admin, system_admin
from tests.builders import TODAY, make_agency, make_line, make_member, make_user

pytestmark = pytest.mark.django_db


def run(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("create_administrators", format="json", stdout=out, **options)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_it_makes_the_three_once_and_tells_their_passwords() -> None:
    made = run(system="xt", security="aq", audit="sj", body="广东省")["administrators"]
    assert [(row["duty"], row["username"]) for row in made] == [
        ("system", "xt"), ("security", "aq"), ("audit", "sj")
    ]  # fmt: skip
    for row in made:
        user = User.objects.get(username=row["username"])
        assert user.duty == row["duty"]
        assert user.check_password(row["password"])
        assert user.must_change_password
        assert row["password"] not in repr(list(Entry.objects.values()))
    assert Installation.objects.get().body_name == "广东省"
    assert Entry.objects.filter(action="建立用户", actor_name="系统（命令行）").count() == 3
    with pytest.raises(CommandError, match="已有管理员账号"):
        run()
    assert User.objects.count() == 3


def test_one_administrator_is_enough_to_refuse() -> None:
    make_user(duty="audit")
    with pytest.raises(CommandError, match="已有管理员账号"):
        run()


@pytest.mark.parametrize(
    ("options", "said"),
    [({"system": "a b"}, "中间不能有空格"), ({"system": "x1", "audit": "X1"}, "写了两次")],
)
def test_wrong_names_make_nobody(options: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(**options)
    assert not User.objects.exists()


def home(user: User) -> str:
    text: str = client_of(user).get("/").content.decode()
    return " ".join(text.split())


def test_the_system_administrators_first_page_counts_accounts() -> None:
    make_user(is_active=False)
    make_user(last_login="2020-10-01T00:00Z")
    text = home(system_admin())
    for tile in ("?state=off", "?state=never", "建立用户", "登记单位"):
        assert tile in text
    assert '<span class="tile-num">3<small>人' in text


def test_the_security_administrators_first_page_lists_roles_that_end_soon() -> None:
    Installation.objects.create(pk=1, sample=True, business_date=TODAY)
    unit = make_agency("省科技厅")
    for name, days in (("快到期", 30), ("还早", 31), ("已过", -1)):
        user = make_member(unit, "leader", lines=[make_line()])
        User.objects.filter(pk=user.pk).update(name=name)
        Membership.objects.filter(user=user).update(ends_on=TODAY + timedelta(days=days))
    text = home(security_admin())
    assert "快到期的身份" in text
    assert ">快到期</a>" in text
    assert ">还早</a>" not in text
    assert ">已过</a>" not in text


def test_the_audit_administrators_first_page_counts_refusals() -> None:
    Client().post("/accounts/login/", {"username": "x", "password": "y"})
    client_of(security_admin()).get("/people/new/")
    text = home(make_user(duty="audit"))
    assert text.count('<span class="tile-num">1<small>次') == 2
