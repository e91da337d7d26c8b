"""督办看板 in a browser: a past day, the charts, and one sheet of paper for each tab."""

from __future__ import annotations

import re
from typing import Any

import pytest


@pytest.mark.parametrize("path", ["/overdue/", "/overdue/charts/", "/overdue/?on=2020-07-15"])
def test_a_tab_prints_on_one_sheet(visit: Any, path: str) -> None:
    leader = visit().log_in("fgw_ld")
    leader.open(path)
    paper = leader.page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


def test_a_past_day_is_asked_for_without_script_and_the_way_back_is_a_link(visit: Any) -> None:
    supervisor = visit(script=False).log_in("fgw_dc")
    supervisor.open("/overdue/")
    supervisor.page.fill("[name=on]", "2020年7月15日")
    supervisor.page.click(".asof button")
    assert "截至 2020-07-15 的情况" in supervisor.page.inner_text("main")
    supervisor.page.click(".tabs a:text-is('图表')")
    assert "截至 2020-07-15 的情况" in supervisor.page.inner_text("main")
    supervisor.page.click("text=回到今天")
    assert "的情况" not in supervisor.page.inner_text(".head")


def test_last_year_is_three_clicks_from_the_first_page(visit: Any) -> None:
    supervisor = visit().log_in("fgw_dc")
    supervisor.page.click("nav >> text=督办看板")
    supervisor.page.locator(".tile-then").first.locator("a").nth(1).click()
    assert "截至 2019-12-23 的情况" in supervisor.page.inner_text("main")
    assert supervisor.complaints == []
