"""Each page of those who oversee: quiet, whole, our own, and accessible."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.every_page import OVERSEERS, walk


@pytest.mark.parametrize("username", OVERSEERS)
def test_the_page_is_quiet_whole_and_accessible(visit: Any, username: str) -> None:
    walk(visit, username)


def test_the_log_in_page_shows_the_sample_accounts_and_asks_nobody(visit: Any) -> None:
    visitor = visit()
    visitor.open("/accounts/login/")
    assert "fgw_dc" in visitor.page.inner_text("main")
    assert visitor.complaints == []


def test_the_keyboard_alone_reaches_the_first_row(visit: Any) -> None:
    visitor = visit().log_in("fgw_dc")
    visitor.open("/tasks/")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.className") == "skip"
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        if "task" in str(visitor.page.evaluate("document.activeElement.className")).split():
            return
    pytest.fail("Tab never came to a row")
