"""Each page on a telephone: quiet, whole, our own, and accessible."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.every_page import ROLES, walk


@pytest.mark.parametrize("username", ROLES)
def test_the_page_is_quiet_whole_and_accessible(visit: Any, username: str) -> None:
    walk(visit, username, 390)
