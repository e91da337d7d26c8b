"""The real site on the sample, served by gunicorn, and a real browser to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.conftest import NAME, database_copy, database_url

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
        if (path := shutil.which(name))
    ),
    None,
)
PASSWORD = "yanshi-2020"
PATIENCE_SECONDS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` says loudly that these are skipped where there is no browser."""
    if CHROMIUM is None:
        for item in items:
            if "tests/browser" in str(item.path):
                item.add_marker(pytest.mark.skip(reason="本机没有 Chromium 或 Chrome"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/accounts/login/", timeout=5).close()  # noqa: S310  # our own address
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


@pytest.fixture(scope="module")
def site(sample_template: str, django_db_blocker: Any) -> Iterator[str]:
    """The address of a site of its own for each module."""
    name = f"{NAME}_site"
    port = _free_port()
    with django_db_blocker.unblock(), database_copy(name, sample_template):
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "config.wsgi:application",
             "--bind", f"127.0.0.1:{port}", "--threads", "4", "--no-control-socket"],
            cwd=Path(settings.BASE_DIR),
            env={**os.environ, "DATABASE_URL": database_url(name)},
        )  # fmt: skip
        try:
            _wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the machine has it; it asks nothing of the network by itself."""
    # playwright runs a loop in this thread, and Django would take every query for a careless one
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        )
        yield chromium
        chromium.close()


@dataclass
class Visitor:
    """Somebody at the screen, and everything that went wrong on it."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def watch(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.complaints.append(f"asked {request.url}")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site}{path}")

    def log_in(self, username: str) -> Visitor:
        self.open("/accounts/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(f"{self.site}/")
        return self


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Any]:
    """visit(width=1366, script=True): a fresh visitor."""
    contexts = []

    def come(width: int = 1366, *, script: bool = True) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=script, locale="zh-CN"
        )
        contexts.append(context)
        page = context.new_page()
        visitor = Visitor(page, site)
        page.on("console", visitor.hear)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        page.on("request", visitor.watch)
        return visitor

    yield come
    for context in contexts:
        context.close()
