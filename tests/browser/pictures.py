"""The pictures of README and manual: `make screenshots` takes them anew. Not a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.conftest import NAME, database_url

TARGET = Path(settings.BASE_DIR, "docs", "pictures")
# name, who, where, width
PICTURES = [
    ("login", "", "/accounts/login/", 1366),
    ("home-reporter", "kjt_tb", "/", 1366),
    ("home-supervisor", "fgw_dc", "/", 1366),
    ("home-leader", "fgw_ld", "/", 1366),
    ("ledger", "fgw_dc", "/tasks/", 1366),
    ("sheet", "kjt_tb", "/progress/2020Q3/", 1366),
    ("sheet-phone", "kjt_tb", "/progress/2020Q3/", 390),
    ("review", "fgw_dc", "/reviews/", 1366),
    ("board", "fgw_dc", "/overdue/", 1366),
    ("charts", "fgw_dc", "/overdue/charts/", 1366),
    ("targets", "fgw_dc", "/targets/", 1366),
]


@pytest.mark.parametrize(("name", "who", "path", "width"), PICTURES, ids=str)
def test_picture(visit: Any, name: str, who: str, path: str, width: int) -> None:
    visitor = visit(width)
    if who:
        visitor.log_in(who)
    visitor.open(path)
    visitor.page.screenshot(path=TARGET / f"{name}.png")


def test_pictures_of_a_report(visit: Any, site: str, tmp_path: Path) -> None:
    del site  # its database is what the command finds
    subprocess.run(
        [sys.executable, "manage.py", "quarterly_report", "2020Q3", "--as", "fgw_dc",
         "--plan", "yue-2017-impl", "--output", str(tmp_path)],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "DATABASE_URL": database_url(f"{NAME}_site")},
        check=True,
    )  # fmt: skip
    visitor = visit().log_in("fgw_dc")
    visitor.open("/reports/")
    visitor.page.click("main table tbody a >> nth=0")
    visitor.page.wait_for_load_state()
    where = visitor.page.url.rstrip("/").removeprefix(visitor.site)
    for name in ("write", "preview"):
        visitor.open(f"{where}/{name}/")
        visitor.page.screenshot(path=TARGET / f"report-{name}.png")
