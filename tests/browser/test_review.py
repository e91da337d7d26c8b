"""审核 with the keyboard alone, and without JavaScript."""

from __future__ import annotations

from typing import Any


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_one_key_judges_enter_approves_and_the_next_one_is_in_focus(visit: Any) -> None:
    supervisor = visit().log_in("fgw_dc")
    supervisor.open("/reviews/")
    page = supervisor.page
    rows = page.locator("[data-review]")
    many = rows.count()
    assert many >= 2
    first, second = (rows.nth(place).get_attribute("id") for place in (0, 1))
    page.keyboard.press("j")
    assert focused(page) == first
    page.keyboard.press("j")
    assert focused(page) == second
    page.keyboard.press("k")
    assert focused(page) == first
    page.keyboard.press("4")
    assert page.locator(f"#{first} [data-judge]").input_value() == "behind"
    # 认定 differs from 自评: Enter asks for the reason instead of sending
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.type("444 电话核实")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/reviews/#{second}")
    assert "认定：滞后" in page.inner_text("#alerts")
    assert page.locator("[data-review]").count() == many - 1
    assert focused(page) == second
    assert supervisor.complaints == []


def test_stock_reasons_fill_the_text_and_ticks_are_counted(visit: Any) -> None:
    supervisor = visit().log_in("fgw_dc")
    supervisor.open("/reviews/")
    page = supervisor.page
    row = page.locator("[data-review]").first
    row.locator("[data-stock='未写具体进展']").click()
    row.locator("[data-stock='数据与上期矛盾']").click()
    assert row.locator("[name=why]").input_value() == "未写具体进展；数据与上期矛盾"
    ticked = page.locator("[name=ticked]:checked")
    many = ticked.count()
    assert page.inner_text("[data-ticked]") == str(many)
    ticked.first.uncheck()
    assert page.inner_text("[data-ticked]") == str(many - 1)
    assert supervisor.complaints == []


def test_without_javascript_the_list_and_the_buttons_do_it(visit: Any) -> None:
    supervisor = visit(script=False).log_in("fgw_dc")
    supervisor.open("/reviews/")
    page = supervisor.page
    row = page.locator("[data-review]").first
    many = page.locator("[data-review]").count()
    row.locator("[name=assessment]").select_option("")
    row.locator("[value=approve]").click()
    assert "认定：未核" in page.inner_text("#alerts")
    assert page.locator("[data-review]").count() == many - 1
