"""Settings that cannot be: one Chinese sentence and exit code 2, before anything is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import databases
from config.databases import (
    check_hosts,
    check_not_embedded,
    check_url,
    host_names,
    networks,
    site_url,
)
from tests.conftest import database_copy, database_url


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("FENGONG_")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**known, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["business_date", "migrate"])
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"FENGONG_ENV": "prod"}, "FENGONG_ENV 只能是 sample、production 或 test，现在是“prod”。"),
        (
            {"FENGONG_ENV": "production", "DATABASE_URL": "postgres://a:b@h/x", "REDIS_URL": ""},
            "正式环境须设置环境变量 FENGONG_SECRET_KEY、FENGONG_ALLOWED_HOSTS、REDIS_URL。",
        ),
        ({"FENGONG_ENV": "test", "DATABASE_URL": "abc"}, "DATABASE_URL 写法不对"),
    ],
)
def test_settings_that_cannot_be_are_a_sentence(
    environment: dict[str, str], said: str, command: str
) -> None:
    ran = run(command, **environment)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"设置有误：{said}")
    assert ran.stderr.count("\n") == 1


def test_a_traceback_is_shown_to_who_asks_for_it() -> None:
    ran = run("check", "--traceback", FENGONG_ENV="prod")
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr


@pytest.mark.parametrize(
    "url",
    [
        "abc",
        "://",
        "postgres://",
        "postgres://u:p@h:1",
        "postgres://u:p@h:port/x",
        "postgres://u:p@h:99999/x",
        "postgres://u:secret#1@h:1/x",
        "postgres://[::1/x",
        "mysql://u:p@h/x",
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL 写法不对") as caught:
        check_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "postgres:///x", "postgresql://u:p%23@[::1]:5432/x?sslmode=require"]
)
def test_an_address_as_it_should_be_is_taken(url: str) -> None:
    check_url(url)


@pytest.fixture
def bare_database(live_database: dict[str, str]) -> Iterator[dict[str, str]]:
    """A database that nobody has migrated."""
    name = f"{connection.settings_dict['NAME']}_bare"
    with database_copy(name, "template1"):
        yield {**live_database, "DATABASE_URL": database_url(name)}


def test_a_database_without_tables_is_a_sentence(bare_database: dict[str, str]) -> None:
    for command in (["business_date"], ["export_table", "--plan", "a", "--output", "x.xlsx"]):
        ran = run(*command, **bare_database)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr == ("数据库还没有建表，请先运行 make setup 或 manage.py migrate。\n")


_PRODUCTION = {
    "FENGONG_ENV": "production",
    "FENGONG_SECRET_KEY": "k3y-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQ",
    "FENGONG_ALLOWED_HOSTS": "fengong.example.gov.cn,other.example.gov.cn",
    "DATABASE_URL": "postgres://a:b@127.0.0.1:1/x",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"FENGONG_SECRET_KEY": "x" * 49}, "FENGONG_SECRET_KEY 须为 50 个字符以上的随机串"),
        ({"FENGONG_SECRET_KEY": "sample-" + "x" * 60}, "FENGONG_SECRET_KEY 须为"),
        ({"FENGONG_SECRET_KEY": "x" * 60}, "FENGONG_SECRET_KEY 须为"),
        ({"FENGONG_ALLOWED_HOSTS": "*"}, "FENGONG_ALLOWED_HOSTS 须写明网站的域名"),
        ({"FENGONG_METRICS": "1"}, "开了 FENGONG_METRICS，还须设 PROMETHEUS_MULTIPROC_DIR"),
        ({"FENGONG_METRICS_ALLOWED": "here"}, "FENGONG_METRICS_ALLOWED 须是 IP 地址或网段"),
    ],
)
def test_production_refuses_what_is_not_safe(wrong: dict[str, str], said: str) -> None:
    ran = run("check", **{**_PRODUCTION, **wrong})
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"设置有误：{said}")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "hosts", [[], [""], ["*"], ["a.example", "*"], ["127.0.0.1"], ["localhost", "[::1]"]]
)
def test_a_site_needs_a_name_under_which_people_reach_it(hosts: list[str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="FENGONG_ALLOWED_HOSTS"):
        check_hosts(hosts)


@pytest.mark.parametrize("hosts", [["a.example"], ["a.example", "127.0.0.1"], ["10.1.2.3"]])
def test_a_name_of_its_own_is_enough(hosts: list[str]) -> None:
    check_hosts(hosts)


def test_host_names_are_read_with_blanks_around_them() -> None:
    assert host_names("a.gov.cn, b.gov.cn ,,") == ["a.gov.cn", "b.gov.cn"]


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        (["a.gov.cn", "b.gov.cn"], "https://a.gov.cn"),
        (["127.0.0.1", "[::1]", "a.gov.cn"], "https://a.gov.cn"),
        ([".gov.cn"], "https://gov.cn"),
    ],
)
def test_links_in_mails_begin_with_a_name_people_can_reach(hosts: list[str], url: str) -> None:
    assert site_url(hosts) == url


def test_the_servers_of_a_trial_run_are_none_for_real_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "servers.json"
    monkeypatch.setattr(databases, "_SAMPLE_SERVERS", kept)
    theirs = ("postgres://fengong:word@127.0.0.1:5432/fengong", "redis://:other@127.0.0.1:1/0")
    check_not_embedded(*theirs)
    kept.write_text('{"postgres_port": 5432, "password": "deadbeef", "valkey_password": "f00d"}')
    check_not_embedded(*theirs)
    for ours in ("postgres://fengong:deadbeef@127.0.0.1:1/fengong", "redis://:f00d@127.0.0.1:1/0"):
        with pytest.raises(ImproperlyConfigured, match="make run 自带的服务器"):
            check_not_embedded(ours)


def test_addresses_are_read_with_commas_between() -> None:
    assert [str(one) for one in networks("127.0.0.1, 10.0.0.0/8,::1,")] == [
        "127.0.0.1/32",
        "10.0.0.0/8",
        "::1/128",
    ]


_ADDRESSES = """
import django; django.setup()
from axes.helpers import get_client_ip_address
from django.test import RequestFactory
for sent in ("", "202.1.2.3", "6.6.6.6, 7.7.7.7"):
    headers = {"x-forwarded-for": sent} if sent else {}
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers)
    print(get_client_ip_address(request))
"""


def test_a_refused_log_in_is_that_of_the_person_and_not_of_the_proxy() -> None:
    assert in_production(_ADDRESSES) == ["10.0.0.1", "202.1.2.3", "10.0.0.1"]


def test_production_writes_one_object_per_line_and_one_line_per_request() -> None:
    script = (
        "import django, logging; django.setup()\n"
        "logging.getLogger('apps.access').info('行')\n"
        "logging.getLogger('somebody.else').info('no')\n"
    )
    (line,) = in_production(f"import sys; sys.stderr = sys.stdout\n{script}")
    assert json.loads(line)["message"] == "行"


def mail_settings(**environment: str) -> list[str]:
    names = ("MAIL_ENABLED", "SITE_URL", "EMAIL_HOST", "EMAIL_USE_TLS", "DEFAULT_FROM_EMAIL")
    script = f"from django.conf import settings as s\nfor name in {names}: print(getattr(s, name))"
    return in_production(script, **environment)


def in_production(script: str, **environment: str) -> list[str]:
    """The lines that a script writes under production settings."""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR,
        env={
            **{name: value for name, value in os.environ.items() if "FENGONG_" not in name},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **_PRODUCTION,
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split("\n")[:-1]


def test_without_a_mail_server_production_mails_nothing() -> None:
    assert mail_settings()[:2] == ["False", "https://fengong.example.gov.cn"]


def test_production_mails_by_the_server_it_is_told() -> None:
    assert mail_settings(
        FENGONG_EMAIL_URL="smtp+tls://u:p@mail.example.gov.cn:587",
        FENGONG_MAIL_FROM="督办 <a@example.gov.cn>",
        FENGONG_SITE_URL="https://du.example.gov.cn/",
    ) == [
        "True",
        "https://du.example.gov.cn",
        "mail.example.gov.cn",
        "True",
        "督办 <a@example.gov.cn>",
    ]


def test_a_mail_server_needs_a_sender() -> None:
    ran = run("check", **_PRODUCTION, FENGONG_EMAIL_URL="smtp://mail.example.gov.cn:25")
    assert ran.returncode == 2
    assert ran.stderr == (
        "设置有误：设了 FENGONG_EMAIL_URL，还须设 FENGONG_MAIL_FROM（发件地址）。\n"
    )
