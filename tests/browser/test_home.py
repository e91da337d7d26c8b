"""工作台 in a browser: what a leader prints, and how far a comparison is from a supervisor."""

from __future__ import annotations

import re
from typing import Any

_SHEET = re.compile(rb"/Type\s*/Page\b")


def test_a_leader_prints_one_page(visit: Any) -> None:
    leader = visit().log_in("fgw_ld")
    printed = leader.page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(_SHEET.findall(printed)) == 1
    assert leader.complaints == []


def test_a_supervisor_copies_the_list_and_sees_the_periods_in_two_clicks(visit: Any) -> None:
    supervisor = visit().log_in("fgw_dc")
    assert "与上期 +1 去年同期 持平" in supervisor.page.inner_text("a.tile.red")
    copied = supervisor.page.locator("#units [data-copy]").get_attribute("data-copy")
    assert "省科技厅 演示联络员 020-0000-0012 欠第" in copied
    supervisor.page.click("text=看各期趋势")
    assert supervisor.page.url.endswith("/overdue/charts/")
    assert supervisor.complaints == []
