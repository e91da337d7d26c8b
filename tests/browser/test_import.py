"""An import at the screen: asked, answered, confirmed, brought again, taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.browser.import_cast import ANOTHER, NEW, PLAN, UNKNOWN, UNREAD, revised
from tests.browser.round_cast import assert_quiet_whole_and_accessible, go, press, said

WIDTHS = (1366, 390)
WORD = """<html><head><style>.mso{color:red}</style></head><body>
<table class="mso" style="mso-table:1"><tr><td>序号</td><td>重点工作</td><td>牵头部门</td>
<td>完成时限</td></tr><tr><td>101</td><td style="mso-x:1">粘贴的第一件事。</td>
<td rowspan="2">省科技厅</td><td>2020年</td></tr><tr><td>102</td><td>粘贴的第二件事。</td>
<td>2021年</td></tr></table></body></html>"""
# what a browser does when somebody presses Ctrl+V
PASTE = """([html, text]) => {
  const area = document.querySelector("[name=pasted]");
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", text);
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}"""
BRING = "main button:text-is('上传并预览')"
SAVE = "button:text-is('保存核对')"


def test_a_revised_table_from_its_questions_to_its_undoing(visit: Any, tmp_path: Path) -> None:
    supervisor = visit(WIDTHS[0]).log_in("fgw_dc")
    table = revised(tmp_path / "任务分工表（2020年9月修订）.xlsx")
    upload = to_upload(supervisor)
    looks_right(supervisor)
    brings(supervisor, table)
    assert supervisor.page.locator(".ask").count() == 4
    looks_right(supervisor)
    is_told_what_is_wrong(supervisor)
    answers(supervisor)
    looks_right(supervisor)
    press(supervisor, "button:has-text('确认导入（新增 1 行')")
    assert supervisor.page.inner_text("h1").startswith("导入结果")
    looks_right(supervisor)
    result = supervisor.page.url.removeprefix(supervisor.site)

    go(supervisor, upload)
    brings(supervisor, table)
    assert "与现有内容完全一致，不需要导入" in supervisor.page.inner_text("main")
    press(supervisor, "button:text-is('不用导入，结束')")

    go(supervisor, result)
    press(supervisor, "a:text-is('撤销本次导入')")
    looks_right(supervisor)
    supervisor.page.fill("[name=reason]", "文件拿错了")
    press(supervisor, "main button:text-is('撤销本次导入')")
    assert supervisor.page.inner_text("h1").startswith("导入已撤销")
    go(supervisor, upload)
    assert "已撤销" in supervisor.page.inner_text("#past tbody")
    looks_right(supervisor)


def test_a_table_from_the_clipboard_keeps_its_cells(visit: Any) -> None:
    supervisor = visit(WIDTHS[0]).log_in("fgw_dc")
    to_upload(supervisor)
    supervisor.page.evaluate(PASTE, [WORD, "序号\n重点工作"])
    kept = "document.querySelector('[name=html]').value"
    supervisor.page.wait_for_function(f"{kept} !== ''")
    table = supervisor.page.evaluate(kept)
    assert table.startswith("<table")
    assert 'rowspan="2"' in table
    assert "mso" not in table
    press(supervisor, BRING)
    assert supervisor.page.inner_text("h1").startswith("导入预览")
    assert "粘贴的第二件事" in supervisor.page.inner_text("#new")
    looks_right(supervisor)


def to_upload(supervisor: Any) -> str:
    go(supervisor, "/plans/")
    press(supervisor, f"a:has-text('{PLAN}')")
    press(supervisor, ".head a:has-text('导入')")
    return str(supervisor.page.url).removeprefix(supervisor.site)


def brings(supervisor: Any, table: Path) -> None:
    supervisor.page.set_input_files("[name=file]", table)
    press(supervisor, BRING)


def looks_right(supervisor: Any) -> None:
    for width in WIDTHS:
        supervisor.page.set_viewport_size({"width": width, "height": 800})
        assert_quiet_whole_and_accessible(supervisor, width)
    supervisor.page.set_viewport_size({"width": WIDTHS[0], "height": 800})


def question(supervisor: Any, about: str) -> Any:
    return supervisor.page.locator(f".ask:has(h3:has-text('{about}'))")


def is_told_what_is_wrong(supervisor: Any) -> None:
    """What was typed stays, each error at its field."""
    question(supervisor, UNKNOWN).locator("[name^=other-]").fill("没有这个单位")
    question(supervisor, UNREAD).locator("[name^=day-]").fill("2021-13-40")
    press(supervisor, SAVE)
    # the browser says of a 422 that it was one
    supervisor.complaints.clear()
    unknown = question(supervisor, UNKNOWN)
    assert "单位库里没有“没有这个单位”" in unknown.locator(".err").inner_text()
    assert unknown.locator("[name^=other-]").input_value() == "没有这个单位"
    assert "不是日期" in question(supervisor, UNREAD).locator(".err").inner_text()


def answers(supervisor: Any) -> None:
    question(supervisor, UNKNOWN).locator("[name^=other-]").fill("省国土资源厅")
    question(supervisor, ANOTHER).locator("input[value=new]").check()
    question(supervisor, UNREAD).locator("[name^=day-]").fill("2021-06-30")
    question(supervisor, "文字相近").locator("input[value=same]").check()
    press(supervisor, SAVE)
    assert "已保存核对" in said(supervisor)
    assert supervisor.page.locator(".ask.answered").count() == 4
    assert NEW in supervisor.page.inner_text("#new")
