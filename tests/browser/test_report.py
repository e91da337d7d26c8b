"""进展报告: from its figures to the paper that came back, at the screens of both who work on it."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from typing import Any

from tests.browser.round_cast import assert_quiet_whole_and_accessible, go, press, said
from tests.conftest import NAME, database_url
from tests.tasks.test_worker import worker

WIDTHS = (1366, 390)
# a worker on a busy machine takes its time
PATIENCE_MS = 120_000
NUMBER = "粤发改督〔2020〕12号"
SENTENCE = "请各牵头单位对照{任务总数}任务抓紧推进。"
FILLED = "请各牵头单位对照45项任务抓紧推进。"
ROW = "省级创新平台建设按计划推进，年内可以建成。"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def test_a_report_from_its_figures_to_the_paper_that_came_back(visit: Any, tmp_path: Path) -> None:
    supervisor = visit(1366).log_in("fgw_dc")
    site = {**os.environ, "DATABASE_URL": database_url(f"{NAME}_site")}
    with worker(site):
        report = asks(supervisor)
        has_figures(supervisor)
        edits_a_sentence(supervisor)
        is_refused_a_typed_figure(supervisor)
        edits_a_row(supervisor)
        looks_right(visit, "fgw_dc", [report, f"{report}?class=all", f"{report}write/"])
        closes_the_text(supervisor)
        leader_reads(visit, report)
        issues(supervisor, report)
    brings_the_paper(supervisor, tmp_path)
    downloads(supervisor, tmp_path)
    looks_right(visit, "fgw_dc", ["/reports/", report, f"{report}preview/"])
    assert supervisor.complaints == []


def asks(supervisor: Any) -> str:
    """The address of the new report, whose figures a worker takes."""
    press(supervisor, "nav a:text-is('进展报告与通报')")
    press(supervisor, ".head .btn:text-is('新建报告')")
    assert supervisor.page.locator("#id_period").input_value() == "2020Q3"
    assert supervisor.page.locator("input[name=plan]:checked").count() == 1
    press(supervisor, "button:text-is('取数并生成草稿')")
    assert supervisor.page.locator(".stages .now").inner_text().endswith("草稿")
    return str(supervisor.page.url).removeprefix(supervisor.site)


def has_figures(supervisor: Any) -> None:
    """They come without a touch, sum up, and each opens its rows."""
    page = supervisor.page
    page.wait_for_selector("#classes", timeout=PATIENCE_MS)
    counts = page.locator("#classes tbody tr:not(.sum) td[data-label='项数']").all_inner_texts()
    assert sum(int(re.sub(r"\D", "", count)) for count in counts) == 45
    assert "截止日未到（10月20日" in page.inner_text("#units")
    assert page.locator("#units input[name=unit]").count() == 0
    number = page.locator("#classes tbody a").first
    wanted = int(re.sub(r"\D", "", str(number.inner_text())))
    with page.expect_navigation():
        number.click()
    assert page.locator("#rows tbody tr").count() == wanted


def part(supervisor: Any) -> Any:
    return supervisor.page.locator("#part-overall")


def save_part(supervisor: Any, written: str) -> None:
    part(supervisor).locator("textarea").fill(written)
    part(supervisor).get_by_role("button", name="保存").click()


def edits_a_sentence(supervisor: Any) -> None:
    press(supervisor, ".head .btn:text-is('统稿')")
    before = part(supervisor).locator("textarea").input_value()
    save_part(supervisor, f"{before}\n{SENTENCE}")
    supervisor.page.wait_for_selector("#part-overall .done")
    assert FILLED in part(supervisor).locator(".part-filled").inner_text()


def is_refused_a_typed_figure(supervisor: Any) -> None:
    """The field keeps what was typed, and the sentence names the name to use instead."""
    good = part(supervisor).locator("textarea").input_value()
    save_part(supervisor, f"{good}\n共有45项任务。")
    supervisor.page.wait_for_selector("#part-overall.wrong")
    assert "{任务总数}" in part(supervisor).locator(".err").first.inner_text()
    assert "共有45项任务。" in part(supervisor).locator("textarea").input_value()
    # the browser says of a 422 that it was one
    supervisor.complaints.clear()
    save_part(supervisor, good)
    supervisor.page.wait_for_selector("#part-overall:not(.wrong) .tag")


def edits_a_row(supervisor: Any) -> None:
    row = supervisor.page.locator(".row-text").nth(2)
    theirs = row.locator(".said").inner_text()
    row.locator("textarea").fill(ROW)
    press(supervisor, "#texts button.btn-primary")
    assert "已保存 1 项" in said(supervisor)
    row = supervisor.page.locator(".row-text").nth(2)
    assert row.locator("textarea").input_value() == ROW
    assert row.locator(".said").inner_text() == theirs


def closes_the_text(supervisor: Any) -> None:
    press(supervisor, ".head .btn:text-is('看印出来的样子')")
    is_printed(supervisor)
    press(supervisor, ".head button:text-is('生成送审稿')")
    supervisor.page.wait_for_selector("#issue", timeout=PATIENCE_MS)


def is_printed(visitor: Any) -> None:
    paper = visitor.page.locator("article.paper").inner_text()
    assert FILLED in paper
    assert ROW in paper
    assert "{" not in paper


def leader_reads(visit: Any, report: str) -> None:
    """Preview first, and nothing to press that changes anything."""
    leader = visit(1366).log_in("fgw_ld")
    go(leader, "/reports/")
    press(leader, f".reports a[href='{report}preview/']")
    is_printed(leader)
    press(leader, ".head .btn:text-is('看数字')")
    assert leader.page.locator("main form").count() == 0
    assert leader.complaints == []


def issues(supervisor: Any, report: str) -> None:
    go(supervisor, report)
    page = supervisor.page
    press(supervisor, "#issue button")
    assert "请填写文号。" in page.inner_text("#issue")
    supervisor.complaints.clear()
    page.fill("#issue [name=number]", NUMBER)
    press(supervisor, "#issue button")
    page.wait_for_selector("#copy form", timeout=PATIENCE_MS)
    assert NUMBER in page.inner_text(".head")


def brings_the_paper(supervisor: Any, folder: Path) -> None:
    paper = folder / "印发稿.pdf"
    paper.write_bytes(PDF)
    supervisor.page.set_input_files("#copy [name=file]", paper)
    press(supervisor, "#copy form button[type=submit]")
    assert "没有发现和系统数据不一致的地方" in said(supervisor)
    assert supervisor.page.locator(".stages .now").count() == 0
    with supervisor.page.expect_download() as download:
        supervisor.page.click("#copy li a")
    assert download.value.suggested_filename == "印发稿.pdf"


def downloads(supervisor: Any, folder: Path) -> None:
    for ending in ("docx", "xlsx", "json"):
        with supervisor.page.expect_download() as download:
            supervisor.page.click(f"#files a:has-text('.{ending}')")
        file = folder / f"报告.{ending}"
        download.value.save_as(file)
        assert download.value.suggested_filename.endswith(f"进展情况的报告.{ending}")
    with zipfile.ZipFile(folder / "报告.docx") as archive:
        words = re.sub(r"<[^>]+>", "", archive.read("word/document.xml").decode())
    assert FILLED in words
    assert ROW in words
    assert FILLED in (folder / "报告.json").read_text(encoding="utf-8")


def looks_right(visit: Any, who: str, paths: list[str]) -> None:
    for width in WIDTHS:
        visitor = visit(width).log_in(who)
        for path in paths:
            go(visitor, path)
            assert_quiet_whole_and_accessible(visitor, width)
