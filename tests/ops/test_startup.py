"""Production does not start on the sample's database, whatever is started."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from apps.ops import startup
from apps.ops.models import Installation
from apps.ops.startup import check_start
from config.celery import _refuse_samples


@pytest.fixture
def production(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> LazySettings:
    settings.SAMPLE = False
    # this test's transaction goes with its connection
    monkeypatch.setattr(connection, "close", lambda: None)
    return settings


@pytest.mark.django_db
def test_it_starts_on_a_database_of_its_own(production: LazySettings) -> None:
    assert not production.DEBUG
    Installation.objects.create(pk=1, body_name="广东省")
    check_start()
    _refuse_samples()


@pytest.mark.django_db
def test_it_does_not_start_on_samples(
    production: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    Installation.objects.create(pk=1, sample=True)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL 指向的是演示库"):
        check_start()
    with pytest.raises(SystemExit) as caught:
        _refuse_samples()
    assert caught.value.code == 2
    assert "设置有误：DATABASE_URL 指向的是演示库" in capsys.readouterr().err
    production.SAMPLE = True
    check_start()


def test_it_does_not_start_with_debugging_on(production: LazySettings) -> None:
    production.DEBUG = True
    with pytest.raises(ImproperlyConfigured, match="不能打开 DEBUG"):
        check_start()


def test_a_database_that_is_away_is_waited_for(
    production: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not production.SAMPLE

    def fail() -> bool:
        raise OperationalError

    monkeypatch.setattr(startup, "holds_forbidden_samples", fail)
    check_start()


def test_neither_web_nor_checks_take_a_database_with_samples(
    live_database: dict[str, str],
) -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True)
    environment = {
        **live_database,
        "FENGONG_ENV": "production",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "FENGONG_SECRET_KEY": "real-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
        "FENGONG_ALLOWED_HOSTS": "fengong.example",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    check = ["manage.py", "check", "--database", "default", "--tag", "database"]
    for command in (["-c", "import config.wsgi"], check):
        ran = subprocess.run(
            [sys.executable, *command],
            cwd=django_settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 1, ran
        assert "DATABASE_URL 指向的是演示库" in ran.stderr
