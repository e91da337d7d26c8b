"""What people do in a reporting round, one act each, on the screen of a `visit`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from tests.conftest import NAME, database_url
from tests.tasks.workbooks import book

SAVED = "#saved:has-text('已自动保存')"
PLAN, SECOND_PLAN = "实施方案（2017年）", "产业集群意见（2020年）"
# with these the round is as large as product.md's: 45 rows, 60 duties, 18 units
MORE_ROWS = (
    ("1", "建立省战略性产业集群联席会议制度。", "省发展改革委", "2025年"),
    ("2", "编制产业集群行动计划。", "省发展改革委", "持续推进"),
    ("3", "开展产业集群统计监测。", "省统计局", "持续推进"),
    ("4", "完善产业集群机构编制保障。", "省编办", "持续推进"),
)


def manage(*arguments: str) -> str:
    """A command of ours on the site's own database."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_url(f"{NAME}_site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def day(of: str) -> None:
    assert f"业务日期 {of}" in manage("business_date", of)


def second_plan(folder: Path) -> None:
    """Another of the body's own plans gets its table."""
    table = book(folder / "产业集群.xlsx", MORE_ROWS)
    manage("import_table", str(table), "--plan", "yue-2020-clusters", "--as", "fgw_dc")


def go(visitor: Any, path: str) -> None:
    """To a page; without the half second of silence that `open` waits for."""
    visitor.page.goto(f"{visitor.site}{path}")


def said(visitor: Any) -> str:
    """What the page told after an act."""
    return str(visitor.page.inner_text("#alerts"))


def press(visitor: Any, button: str) -> None:
    """A click that leads to another page, which is there afterwards."""
    with visitor.page.expect_navigation():
        visitor.page.click(button)


def assert_quiet_whole_and_accessible(visitor: Any, width: int) -> None:
    where = visitor.page.url
    assert visitor.complaints == [], where
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, where
    violations = [
        (found["id"], found["nodes"][0]["html"][:120])
        for found in Axe().run(visitor.page).response["violations"]
        if found["impact"] in {"serious", "critical"}
    ]
    assert violations == [], where


def rows(visitor: Any) -> list[Any]:
    """The rows of 一表填报 that may be filled in, in order."""
    return list(visitor.page.locator(".duty:has(tr.fill)").all())


def row(visitor: Any, number: int) -> Any:
    return visitor.page.locator(f".duty[data-number='{number}']")


def write(
    place: Any, text: str, *, value: str = "", judged: str = "normal", problems: str = ""
) -> None:
    """Fill in one row of the sheet."""
    place.locator("[name$='-text']").fill(text)
    if value:
        place.locator("[name$='-value']").fill(value)
    place.locator("[name$='-self_assessment']").select_option(judged)
    if problems:
        place.locator("[name$='-problems']").fill(problems)
        place.locator("[name$='-next_step']").fill("1月底前协调解决。")


def of_row_three(visitor: Any, address: str) -> dict[str, str]:
    """By unit the 报送标 on the page of the row that three units lead."""
    go(visitor, address)
    lines = visitor.page.locator("#progress table.who tbody tr").all()
    return {
        str(line.locator(".c-unit b").inner_text()): str(
            line.locator(".c-mark").inner_text()
        ).split("\n")[0]
        for line in lines
    }


def address_of_row_three(visitor: Any) -> str:
    go(visitor, "/tasks/")
    return str(visitor.page.locator("a.task").nth(2).get_attribute("href"))
