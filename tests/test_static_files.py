"""Static files of our own and of the wheels, as production collects and names them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "FENGONG_ENV": "production",
    "FENGONG_SECRET_KEY": "k3y-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQ",
    "FENGONG_ALLOWED_HOSTS": "fengong.example",
    "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def test_what_the_frame_asks_for_is_found() -> None:
    for name in (
        "css/app.css",
        "js/app.js",
        "django_htmx/htmx-2.min.js",
        "vendor/tabler/tabler.min.css",
        "vendor/bootstrap-icons/bootstrap-icons.min.css",
    ):
        assert finders.find(name), name


def test_production_collects_them_under_names_of_their_content(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput"],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, **PRODUCTION, "FENGONG_STATIC": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "staticfiles.json").exists()
    assert list(tmp_path.glob("vendor/tabler/tabler.min.*.css"))
    assert list(tmp_path.glob("css/app.*.css.gz"))


def test_production_does_not_start_with_a_known_key_or_without_its_secrets() -> None:
    for missing in ({"FENGONG_SECRET_KEY": "sample-" + "x" * 60}, {"FENGONG_SECRET_KEY": "short"}):
        done = subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=Path(settings.BASE_DIR),
            env={**os.environ, **PRODUCTION, **missing},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "FENGONG_SECRET_KEY" in done.stderr
