"""Each page of units and administrators: quiet, whole, our own, and accessible."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.every_page import OVERSEERS, ROLES, walk


@pytest.mark.parametrize("username", [who for who in ROLES if who not in OVERSEERS])
def test_the_page_is_quiet_whole_and_accessible(visit: Any, username: str) -> None:
    walk(visit, username)
