"""A reporting round from its opening to its closing, at the screen of everybody who takes part.

Two units fill in on screen, one sends an Excel sheet, one (省经济和信息化委) says nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.browser.round_cast import (
    PLAN,
    SAVED,
    address_of_row_three,
    assert_quiet_whole_and_accessible,
    day,
    go,
    of_row_three,
    press,
    row,
    rows,
    said,
    second_plan,
    write,
)
from tests.tasks.returned_sheets import filled

WIDTH = 1366
PAGE = "/progress/2020Q4/"
SILENT = "省经济和信息化委"
LEADS = {"省发展改革委", "省科技厅", SILENT}
KJT_ROWS = 10
FGW_ROWS = 18
# completed values, cumulative and above what was reported before
VALUES = {"省发展改革委": {3: "41", 19: "400", 27: "35"}, "省科技厅": {3: "215", 27: "1040"}}
MOVED = "2021-01-08"


def test_of_three_leads_only_the_silent_one_is_missing(visit: Any) -> None:
    day("2020-10-12")
    reporter = visit(WIDTH).log_in("kjt_tb")
    go(reporter, "/progress/2020Q3/")
    write(row(reporter, 3), "新组建省工程技术研究中心 208 家。", value="208")
    press(reporter, "#submit")
    approver = visit(WIDTH).log_in("kjt_sq")
    press(approver, "button[value=sign]")
    assert "已同意报送" in said(approver)

    supervisor = visit(WIDTH).log_in("fgw_dc")
    task = address_of_row_three(supervisor)
    assert of_row_three(supervisor, task) == {
        "省发展改革委": "未到期",
        "省科技厅": "已报",
        SILENT: "已报",
    }
    # the day after the cut-off
    day("2020-10-21")
    assert of_row_three(supervisor, task) == {
        "省发展改革委": "未报",
        "省科技厅": "已报",
        SILENT: "已报",
    }
    page = supervisor.page
    assert "应报 3 个单位，已报 2 个" in page.inner_text("#progress")
    assert page.locator("details.why").get_attribute("class") != "why why-red"
    assert "未报" not in page.inner_text("details.why")
    go(supervisor, "/tasks/")
    line = page.locator("tr:has(a.task)").nth(2)
    assert "已报 2/3" in line.inner_text()
    assert line.locator(".light-red").count() == 0
    day("2020-10-12")


def test_a_round_from_opening_to_closing(visit: Any, tmp_path: Path) -> None:
    day("2021-01-04")
    second_plan(tmp_path)
    supervisor = visit(WIDTH).log_in("fgw_dc")
    supervisor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opens(supervisor)
    kjt_fills_in(visit)
    kjt_agrees(visit, KJT_ROWS)
    fgw_fills_in(visit)
    reviews(supervisor)
    kjt_resubmits(visit)
    kjt_agrees(visit, 1)
    approves_again(supervisor)
    day("2021-01-05")
    chases(supervisor)
    day("2021-01-06")
    by_excel(supervisor, tmp_path)
    late, writing = visit(WIDTH).log_in("fgw_dc"), begins_to_write(visit)
    moves_the_cut_off(late)
    day("2021-01-09")
    closes(late)
    takes_nothing_more(writing)
    assert [supervisor.complaints, late.complaints] == [[], []]
    narrow(visit)


def opens(supervisor: Any) -> None:
    """The whole year's period, after a look at what it would create."""
    page = supervisor.page
    press(supervisor, "nav a:text-is('进展报告与通报')")
    press(supervisor, ".tabs a:text-is('报告期')")
    press(supervisor, ".head .btn:text-is('开启报告期')")
    page.select_option("#id_period", "2020Q4")
    press(supervisor, "button:text-is('预览')")
    creates = page.inner_text("#preview .creates")
    assert creates.startswith(
        "将产生 60 份应报（45 项任务、18 个单位）；对照文件 69 项不产生；备案文件 8 项不产生"
    )
    assert "按规则 1月5日（星期二）" in page.inner_text("#preview")
    press(supervisor, "button:text-is('确认开启2020年全年')")
    assert "2020年全年已开启，产生 60 份应报，已通知 18 个单位" in said(supervisor)


def kjt_fills_in(visit: Any) -> None:
    reporter = visit(WIDTH).log_in("kjt_tb")
    assert "应报 10 项，已报 0 项，1月5日（星期二）截止，还剩 1 天" in told_at_home(reporter)
    press(reporter, ".head .btn:text-is('一表填报')")
    assert reporter.page.url.endswith(PAGE)
    row(reporter, 4).locator("[name$='-text']").fill("奖补政策已兑现 1.2 亿元。")
    reporter.page.wait_for_selector(SAVED)
    reporter.page.context.close()

    reporter = visit(WIDTH).log_in("kjt_tb")
    go(reporter, PAGE)
    assert row(reporter, 4).locator("[name$='-text']").input_value() == "奖补政策已兑现 1.2 亿元。"
    row(reporter, 4).locator("[name$='-self_assessment']").select_option("normal")
    same = row(reporter, 6)
    same.locator("[name$='-same']").check()
    same.locator("[name$='-reason']").select_option("no_stage")
    same.locator("[name$='-self_assessment']").select_option("normal")
    for number in (1, 3, 11, 12, 26, 27, 28, 38):
        value = VALUES["省科技厅"].get(number, "")
        write(row(reporter, number), f"第 {number} 项全年任务完成。", value=value)
    reporter.page.wait_for_selector("#counts:text-is('（10 项已填，0 项未填）')")
    press(reporter, "#submit")
    assert "已提交 10 项，待单位审签" in said(reporter)
    assert reporter.complaints == []


def told_at_home(visitor: Any) -> str:
    return str(visitor.page.inner_text(".head"))


def kjt_agrees(visit: Any, many: int) -> None:
    """Everything is ticked already: one click from 工作台."""
    approver = visit(WIDTH).log_in("kjt_sq")
    waiting = approver.page.locator("input[name=progress]")
    assert waiting.count() >= many
    assert approver.page.locator("input[name=progress]:checked").count() == waiting.count()
    press(approver, "button[value=sign]")
    assert "已同意报送" in said(approver)
    assert "没有等您审签的进展" in approver.page.inner_text("main")
    assert approver.complaints == []


def fgw_fills_in(visit: Any) -> None:
    """All 18 rows of the unit, over two plans, stand on one page and are sent with one click."""
    reporter = visit(WIDTH).log_in("fgw_tb")
    go(reporter, PAGE)
    places = rows(reporter)
    assert len(places) == reporter.page.locator(".duty").count() == FGW_ROWS
    assert all(place.is_visible() for place in places)
    values = {str(number): value for number, value in VALUES["省发展改革委"].items()}
    for at, place in enumerate(places):
        number = str(place.get_attribute("data-number"))
        has_value = place.locator("input[name$='-value']").count()
        value = values[number] if has_value else ""
        difficult = {"judged": "difficult", "problems": "配套资金尚未到位。"} if at == 1 else {}
        write(place, f"全年工作之{at}：已全部完成。", value=value, **difficult)
    reporter.page.wait_for_selector("#counts:text-is('（18 项已填，0 项未填）')")
    press(reporter, "#submit")
    assert "18 项" in said(reporter)
    assert reporter.page.locator("tr.fill").count() == FGW_ROWS
    assert reporter.complaints == []


def reviews(supervisor: Any) -> None:
    """One judged by itself, one sent back, all without a warning approved at once."""
    page = supervisor.page
    go(supervisor, "/reviews/")
    page.select_option("[name=period]", label="2020年全年")
    press(supervisor, ".filters button:text-is('查询')")
    assert page.locator("[data-review]").count() == KJT_ROWS + FGW_ROWS

    one = review(supervisor, 26, "省科技厅")
    one.locator("[name=assessment]").select_option("behind")
    one.locator("[name=reason]").fill("评价结果尚未公布。")
    with page.expect_navigation():
        one.locator("[value=approve]").click()
    assert "认定：滞后" in said(supervisor)

    back = review(supervisor, 38, "省科技厅")
    back.locator("[data-stock='未写具体进展']").click()
    with page.expect_navigation():
        back.locator("[value=return]").click()
    assert "已退回修改" in said(supervisor)

    warned = page.locator("[data-review]:has(.tag-warn)")
    # 同上期, and the one that is in difficulty
    assert warned.count() == 2
    press(supervisor, "#batch button[value=batch]")
    assert f"已审核通过 {KJT_ROWS + FGW_ROWS - 4} 项，按自评认定" in said(supervisor)
    assert page.locator("[data-review]").count() == 2
    unchanged = review(supervisor, 6, "省科技厅")
    with page.expect_navigation():
        unchanged.locator("[value=approve]").click()
    assert "已审核通过" in said(supervisor)


def review(supervisor: Any, number: int, unit: str) -> Any:
    head = f"h2:has(.num:text-is('第 {number} 项')):has(b:text-is('{unit}'))"
    return supervisor.page.locator(f"[data-review]:has({head})")


def kjt_resubmits(visit: Any) -> None:
    """From 消息 to the sheet, where the reason stands at the row."""
    reporter = visit(WIDTH).log_in("kjt_tb")
    press(reporter, "a[href='/inbox/']")
    message = reporter.page.locator(".inbox li.new:has-text('退回修改')").first
    assert "未写具体进展" in message.inner_text()
    with reporter.page.expect_navigation():
        message.locator("a.task").press("Enter")
    returned = row(reporter, 38)
    assert reporter.page.url.endswith(f"{PAGE}#{returned.get_attribute('id')}")
    assert "退回理由：未写具体进展" in returned.inner_text()
    write(returned, "新设博士后科研工作站 6 个，累计 41 个。")
    press(reporter, "#submit")
    assert "已提交 1 项，待单位审签" in said(reporter)
    assert reporter.complaints == []


def approves_again(supervisor: Any) -> None:
    go(supervisor, "/reviews/")
    again = review(supervisor, 38, "省科技厅")
    assert "累计 41 个" in again.inner_text()
    with supervisor.page.expect_navigation():
        again.locator("[value=approve]").click()
    assert "第38项（省科技厅）已审核通过" in said(supervisor)


def chases(supervisor: Any) -> None:
    """The list is on the clipboard two clicks from 工作台."""
    page = supervisor.page
    go(supervisor, "/")
    press(supervisor, "a.more:text-is('催报名单')")
    chase = page.locator("#chase-2020Q4")
    unit = chase.locator(f"tr:has(a:text-is('{SILENT}'))")
    assert "020-0000-0009" in unit.inner_text()
    assert "第2、3、9、14、15、16、20、32项" in unit.inner_text()
    chase.locator("button:text-is('复制催报名单')").click()
    chase.locator("button:text-is('已复制')").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"{SILENT} 演示联络员 020-0000-0009 欠第2、3、9、14、15、16、20、32项" in copied
    assert "省科技厅" not in copied


def by_excel(supervisor: Any, folder: Path) -> None:
    """A unit without anybody at a screen: its sheet goes out, comes back, and is compared."""
    page = supervisor.page
    go(supervisor, "/progress/2020Q4/returns/")
    with page.expect_download() as download:
        page.click(".unit-links a:text-is('省教育厅')")
    sheet = folder / "省教育厅.xlsx"
    download.value.save_as(sheet)
    done = {"本期进展": "二级学院全年新增 5 所，累计 16 所。", "自评": "正常推进"}
    hard = {
        "本期进展": "子女入学办理 261 人次。",
        "自评": "有困难",
        "存在问题": "学位紧张。",
        "下一步措施": "1月底前协调。",
    }
    sheet.write_bytes(filled(sheet.read_bytes(), {0: done, 1: hard}))
    page.set_input_files("[name=sheets]", sheet)
    press(supervisor, "button:text-is('上传并对照')")
    cells = page.locator("table.returned tbody tr")
    seen = [
        (line.locator(".c-unit").inner_text(), line.locator("[data-label='文件里']").inner_text())
        for line in cells.all()
    ]
    assert sorted(seen) == sorted([*done.items(), *hard.items()])
    press(supervisor, "button:text-is('代录勾选的填报表')")
    assert "2 项" in said(supervisor)
    go(supervisor, "/reviews/")
    entered = review(supervisor, 37, "省教育厅")
    # the cut-off was yesterday
    assert "迟报（1月6日）" in entered.inner_text()
    assert "代录（省教育厅.xlsx）" in entered.inner_text()


def begins_to_write(visit: Any) -> Any:
    """Not approved yet, it may still be changed: a page left open while the period closes."""
    reporter = visit(WIDTH).log_in("fgw_tb")
    go(reporter, PAGE)
    return reporter


def figures(supervisor: Any) -> dict[str, str]:
    """The four numbers above a period."""
    tiles = supervisor.page.locator(".tiles .tile").all()
    return {
        str(tile.locator(".tile-name").inner_text()): re.sub(
            r"\D", "", str(tile.locator(".tile-num").inner_text())
        )
        for tile in tiles
    }


def to_the_period(supervisor: Any) -> None:
    go(supervisor, "/reports/periods/?year=2020")
    press(supervisor, f".periods tr:has-text('2021-01-0') a.task:has-text('{PLAN}')")


def moves_the_cut_off(supervisor: Any) -> None:
    page = supervisor.page
    task = address_of_row_three(supervisor)
    before = {"省发展改革委": "已报", "省科技厅": "已报", SILENT: "未报"}
    assert of_row_three(supervisor, task) == before
    to_the_period(supervisor)
    # two plans: the second has a cut-off of its own
    assert figures(supervisor) == {"应报": "56", "已报": "28", "未报": "28", "迟报": "2"}
    page.fill("#move [name=cut_off]", MOVED)
    page.fill("#move [name=reason]", "元旦假期，各单位反映时间紧")
    press(supervisor, "#move button")
    assert "1月8日" in told_at_home(supervisor)
    assert figures(supervisor)["迟报"] == "0"
    assert "元旦假期，各单位反映时间紧" in page.inner_text("main")
    assert of_row_three(supervisor, task) == {**before, SILENT: "未到期"}


def closes(supervisor: Any) -> None:
    task = address_of_row_three(supervisor)
    after = {"省发展改革委": "已报", "省科技厅": "已报", SILENT: "未报"}
    assert of_row_three(supervisor, task) == after
    to_the_period(supervisor)
    press(supervisor, "#close button")
    assert "已关闭" in told_at_home(supervisor)
    assert figures(supervisor) == {"应报": "56", "已报": "28", "未报": "28", "迟报": "0"}
    assert of_row_three(supervisor, task) == after


def takes_nothing_more(reporter: Any) -> None:
    """What somebody was writing meanwhile is refused, and not lost."""
    place = rows(reporter)[0]
    number = str(place.get_attribute("data-number"))
    write(place, "关闭以后写的一段。")
    reporter.page.click("#submit")
    told = reporter.page.locator(f".duty[data-number='{number}'].is-read .clash-box").first
    told.wait_for()
    assert "关闭以后写的一段。" in told.inner_text()
    go(reporter, PAGE)
    assert reporter.page.locator(f".duty[data-number='{number}'] textarea").count() == 0


def narrow(visit: Any) -> None:
    """The same pages, full, on a telephone."""
    for who, paths in {
        "fgw_dc": ["/", "/reports/periods/", "/reviews/", "/progress/2020Q4/returns/", "/inbox/"],
        "kjt_tb": ["/", PAGE, "/inbox/"],
        "fgw_tb": [PAGE],
    }.items():
        visitor = visit(390).log_in(who)
        for path in paths:
            go(visitor, path)
            assert_quiet_whole_and_accessible(visitor, 390)
