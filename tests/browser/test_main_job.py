"""The job of the product, on the real rows: a unit records, signs, and the supervisor sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.common.spreadsheets import read_sheets

TABLE = Path(__file__).parents[1] / "data/tables/guangdong_2017_45.xlsx"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_unit_records_and_signs_and_the_supervisor_sees_it(visit: Any, script: bool) -> None:
    text = f"科技型中小微企业入库 3.1 万家（{'有' if script else '无'}脚本）。"
    reporter = visit(script=script).log_in("kjt_tb")
    reporter.page.click(".head .btn:text-is('一表填报')")
    row = reporter.page.locator(".duty:has(td.no:text-is('6'))")
    row.locator("[name$='-text']").fill(text)
    row.locator("[name$='-self_assessment']").select_option("normal")
    reporter.page.click("#submit")
    assert "已提交 1 项，待单位审签" in reporter.page.inner_text("main")
    task = str(row.locator("a.task").get_attribute("href"))

    approver = visit(script=script).log_in("kjt_sq")
    assert text in approver.page.inner_text("main")
    approver.page.click("button[value=sign]")
    assert "已同意报送" in approver.page.inner_text("main")

    supervisor = visit(script=script).log_in("fgw_dc")
    supervisor.open(task)
    assert text in supervisor.page.inner_text("main")
    assert "未核" in supervisor.page.inner_text("main")


def test_what_is_missing_is_said_at_its_field_and_nothing_written_is_lost(visit: Any) -> None:
    reporter = visit().log_in("kjt_tb")
    reporter.open("/tasks/")
    reporter.page.click("a.task >> nth=2")
    reporter.page.locator("a[href*='/duties/']").first.click()
    reporter.page.fill("[name=text]", "只写了进展")
    reporter.page.select_option("[name=self_assessment]", "behind")
    reporter.page.click("main button[type=submit]")
    said = reporter.page.inner_text("main")
    assert "请填写存在问题" in said
    assert "请填写下一步措施" in said
    assert reporter.page.input_value("[name=text]") == "只写了进展"


def test_the_published_table_goes_in_and_out_unchanged(visit: Any, tmp_path: Path) -> None:
    supervisor = visit().log_in("fgw_dc")
    supervisor.open("/plans/")
    supervisor.page.click("a:has-text('加快我省战略性新兴产业')")
    plan = supervisor.page.url.removeprefix(supervisor.site)
    supervisor.open(f"{plan}import/")
    supervisor.page.set_input_files("input[type=file]", TABLE)
    supervisor.page.click("main button[type=submit]")
    assert "与现有内容完全一致" in supervisor.page.inner_text("main")
    supervisor.open(plan)
    with supervisor.page.expect_download() as download:
        supervisor.page.click("a:has-text('导出原表')")
    saved = tmp_path / "out.xlsx"
    download.value.save_as(saved)
    [before], [after] = read_sheets(TABLE, name="a.xlsx"), read_sheets(saved, name="b.xlsx")
    assert (after.rows, after.merges) == (before.rows, before.merges)
