"""一表填报 at the screen: kept by itself, pasted from Excel, by keyboard, wide and narrow."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

PAGE = "/progress/2020Q3/"
SAVED = "#saved:has-text('已自动保存')"


def sheet(visit: Any, who: str = "kjt_tb", width: int = 1366, *, script: bool = True) -> Any:
    visitor = visit(width, script=script).log_in(who)
    visitor.open(PAGE)
    return visitor


def field(visitor: Any, number: int, name: str) -> Any:
    """A field of the row with this number."""
    return visitor.page.locator(f".duty[data-number='{number}'] [name$='-{name}']")


def state(visitor: Any, number: int) -> str:
    return str(visitor.page.inner_text(f".duty[data-number='{number}'] td.c-state")).strip()


def paste(place: Any, text: str, html: str = "") -> None:
    """As the browser hands over what Excel put on the clipboard."""
    place.focus()
    place.evaluate(
        """(field, [text, html]) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          if (html) data.setData("text/html", html);
          const event = new ClipboardEvent(
            "paste", { clipboardData: data, bubbles: true, cancelable: true });
          field.dispatchEvent(event);
        }""",
        [text, html],
    )


def violations(visitor: Any) -> list[tuple[str, str]]:
    return [
        (found["id"], found["nodes"][0]["html"][:160])
        for found in Axe().run(visitor.page).response["violations"]
        if found["impact"] in {"serious", "critical"}
    ]


def test_what_is_typed_is_there_again_after_the_browser_was_closed(visit: Any) -> None:
    first = sheet(visit)
    field(first, 4, "text").fill("奖补办法已印发。")
    first.page.wait_for_selector(SAVED)
    first.page.context.close()
    again = sheet(visit)
    assert field(again, 4, "text").input_value() == "奖补办法已印发。"
    assert "缺 1 处" in state(again, 4)
    assert again.complaints == []


def test_without_the_server_it_is_kept_in_the_browser_and_saved_afterwards(visit: Any) -> None:
    visitor = sheet(visit)
    visitor.page.context.set_offline(True)
    field(visitor, 6, "text").fill("断网时写的。")
    visitor.page.wait_for_selector("#saved:has-text('未能保存，已记在本机')")
    visitor.page.context.set_offline(False)
    visitor.page.wait_for_selector(SAVED)
    visitor.open(PAGE)
    assert field(visitor, 6, "text").input_value() == "断网时写的。"
    assert visitor.page.locator(".restore").count() == 0


def test_what_never_reached_the_server_is_offered_on_the_next_visit(visit: Any) -> None:
    visitor = sheet(visit)
    context = visitor.page.context
    context.set_offline(True)
    field(visitor, 11, "text").fill("没有存上的一段。")
    visitor.page.wait_for_selector("#saved:has-text('已记在本机')")
    visitor.page.close()
    context.set_offline(False)
    visitor.page = context.new_page()
    visitor.open(PAGE)
    assert field(visitor, 11, "text").input_value() == ""
    assert "没有存上的一段。" in visitor.page.inner_text(".restore")
    visitor.page.click(".restore >> text=恢复")
    visitor.page.wait_for_selector(SAVED)
    visitor.open(PAGE)
    assert field(visitor, 11, "text").input_value() == "没有存上的一段。"
    assert visitor.page.locator(".restore").count() == 0


def test_a_session_that_ends_while_typing_is_told_and_nothing_is_lost(visit: Any) -> None:
    visitor = sheet(visit)
    context = visitor.page.context
    context.clear_cookies(name="fengong_session")
    field(visitor, 12, "text").fill("会话过期后写的。")
    visitor.page.wait_for_selector("#saved:has-text('登录已过期')")
    link = visitor.page.get_attribute("#saved a", "href")
    assert link.startswith("/accounts/login/?next=%2Fprogress%2F2020Q3%2F")
    second = context.new_page()
    second.goto(f"{visitor.site}{link}")
    second.fill("[name=username]", "kjt_tb")
    second.fill("[name=password]", "yanshi-2020")
    second.click("main button[type=submit]")
    second.wait_for_url(f"{visitor.site}{PAGE}")
    second.close()
    visitor.page.evaluate("window.dispatchEvent(new Event('focus'))")
    visitor.page.wait_for_selector(SAVED)
    visitor.open(PAGE)
    assert field(visitor, 12, "text").input_value() == "会话过期后写的。"


def test_cells_from_excel_fill_the_rows_below_and_can_be_taken_back(visit: Any) -> None:
    visitor = sheet(visit, "fgw_tb")
    rows = '第二项进展\t\r\n"第三项\n两行，含""引号"""\t45\r\n不该进第五项\t1\r\n'
    paste(field(visitor, 2, "text"), rows, "<table><tr><td>…</td></tr></table>")
    assert field(visitor, 2, "text").input_value() == "第二项进展"
    assert field(visitor, 3, "text").input_value() == '第三项\n两行，含"引号"'
    assert field(visitor, 3, "value").input_value() == "45"
    said = visitor.page.inner_text("#pasted")
    assert "已填入 2 项，另有 1 行没有可填的地方" in said
    visitor.page.click("#pasted >> text=撤销")
    assert field(visitor, 2, "text").input_value() == ""
    assert field(visitor, 3, "value").input_value() == ""


def test_paragraphs_from_a_letter_stay_in_their_field(visit: Any) -> None:
    visitor = sheet(visit, "fgw_tb")
    place = field(visitor, 20, "text")
    paste(place, "第一段。\n第二段。\n", "<p>第一段。</p><p>第二段。</p>")
    assert visitor.page.locator("#pasted").count() == 0
    assert field(visitor, 22, "text").input_value() == ""
    paste(place, '"一格\n两行"', "<table><td>一格<br>两行</td></table>")
    assert place.input_value() == "一格\n两行"


def test_all_rows_of_a_unit_stand_on_one_page(visit: Any) -> None:
    visitor = sheet(visit, "fgw_tb")
    rows = visitor.page.locator(".duty")
    assert rows.count() == 16
    assert all(rows.nth(at).is_visible() for at in range(rows.count()))
    assert visitor.page.locator("tr.fill").count() == 10


def test_nothing_new_is_one_click_with_a_reason(visit: Any) -> None:
    visitor = sheet(visit, "fgw_tb")
    assert not field(visitor, 25, "reason").is_visible()
    field(visitor, 25, "same").check()
    assert field(visitor, 25, "reason").is_visible()
    assert not field(visitor, 25, "text").is_visible()
    field(visitor, 25, "self_assessment").select_option("normal")
    assert "已填" in state(visitor, 25)
    visitor.page.wait_for_selector(SAVED)
    visitor.open(PAGE)
    assert field(visitor, 25, "same").is_checked()
    field(visitor, 25, "same").uncheck()
    assert field(visitor, 25, "text").is_visible()


def test_problems_are_asked_only_when_it_is_late_or_hard(visit: Any) -> None:
    visitor = sheet(visit, "fgw_tb")
    assert not field(visitor, 33, "problems").is_visible()
    field(visitor, 33, "text").fill("发行推迟。")
    field(visitor, 33, "self_assessment").select_option("behind")
    assert field(visitor, 33, "problems").is_visible()
    assert "第 33 项 下一步措施" in visitor.page.inner_text("#lacking")
    visitor.page.click("#lacking >> text=第 33 项 下一步措施")
    named = "document.activeElement.name"
    assert str(visitor.page.evaluate(named)).endswith("-next_step")


def test_the_words_of_last_time_are_told_while_they_are_typed(visit: Any) -> None:
    visitor = sheet(visit, "fgw_tb")
    last = visitor.page.get_attribute(".duty[data-number='35']", "data-last")
    told = visitor.page.locator(".duty[data-number='35'] .repeated")
    assert not told.is_visible()
    field(visitor, 35, "text").fill(last)
    assert told.is_visible()


def test_a_falling_value_asks_once_it_is_seen(visit: Any) -> None:
    visitor = sheet(visit, "fgw_tb")
    confirm = field(visitor, 27, "falling_confirmed")
    assert not confirm.is_visible()
    field(visitor, 27, "text").fill("示范基地 20 家。")
    field(visitor, 27, "self_assessment").select_option("normal")
    field(visitor, 27, "value").fill("20")
    confirm.wait_for(state="visible")
    confirm.check()
    assert "已填" in state(visitor, 27)


def test_enter_goes_down_and_tab_goes_on(visit: Any) -> None:
    visitor = sheet(visit, "kjt_tb")
    named = "document.activeElement.name.split('-')[1]"
    number = "document.activeElement.closest('.duty').dataset.number"
    field(visitor, 3, "value").focus()
    visitor.page.keyboard.press("Enter")
    assert (visitor.page.evaluate(named), visitor.page.evaluate(number)) == ("value", "27")
    assert visitor.page.url.endswith(PAGE)
    field(visitor, 3, "text").focus()
    seen = []
    for _ in range(4):
        visitor.page.keyboard.press("Tab")
        seen.append(str(visitor.page.evaluate("document.activeElement.name || ''")).split("-")[-1])
    assert seen[-2:] == ["value", "self_assessment"]


def test_two_people_on_one_row_see_both_texts(visit: Any) -> None:
    slow = sheet(visit, "kjt_tb")
    field(slow, 26, "text").fill("慢的人写的。")
    field(slow, 26, "self_assessment").select_option("normal")
    slow.page.wait_for_selector(SAVED)
    quick = sheet(visit, "kjt_tb")
    field(quick, 26, "text").fill("快的人写的。")
    quick.page.click("#submit")
    field(slow, 26, "text").fill("慢的人又写的。")
    slow.page.wait_for_selector(".duty[data-number='26'] .clash-box >> text=快的人写的。")
    slow.page.click("#submit")
    said = slow.page.inner_text("main")
    assert "第 26 项在您填写时有了变动" in said
    assert "快的人写的。" in said
    assert field(slow, 26, "text").input_value() == "慢的人又写的。"
    assert violations(slow) == []


@pytest.mark.parametrize("width", [1366, 390])
def test_gaps_are_named_and_the_rest_is_sent(visit: Any, width: int) -> None:
    visitor = sheet(visit, "fgw_tb", width)
    number = 24 if width == 390 else 45
    field(visitor, number, "text").fill("总结评估已报送省政府。")
    field(visitor, number, "self_assessment").select_option("normal")
    field(visitor, 22, "text").fill("只写了进展。")
    assert violations(visitor) == []
    visitor.page.click("#submit")
    said = visitor.page.inner_text("main")
    assert "待审核" in said
    assert "第 22 项 自评" in visitor.page.inner_text("#alerts")
    assert field(visitor, 22, "text").input_value() == "只写了进展。"
    assert "待审核" in state(visitor, number)
    assert violations(visitor) == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
    visitor.page.wait_for_timeout(200)
    assert [text for text in visitor.complaints if "422" not in text] == []


def test_without_a_script_it_is_a_plain_form(visit: Any) -> None:
    visitor = sheet(visit, "kjt_tb", script=False)
    field(visitor, 38, "text").fill("新设工作站 5 个。")
    visitor.page.click("button.without-js")
    assert field(visitor, 38, "text").input_value() == "新设工作站 5 个。"
    field(visitor, 38, "self_assessment").select_option("difficult")
    visitor.page.click("#submit")
    assert "自评为“有困难”时请填写存在问题。" in visitor.page.inner_text("main")
    field(visitor, 38, "problems").fill("编制不足。")
    field(visitor, 38, "next_step").fill("11月底前协调。")
    visitor.page.click("#submit")
    assert "待审签" in state(visitor, 38)
