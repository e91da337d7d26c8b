"""统稿: words for the report alone, and figures that nobody types."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Entry
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.reports.models import QuarterlyReport, ReportPart, ReportText
from apps.reports.selectors.reports import body_of, report_page
from apps.reports.services.asking import report_refresh
from apps.reports.services.editing import (
    PartEdit,
    RowEdit,
    head_edit,
    part_edit,
    row_text_edit,
    units_name,
)
from apps.reports.services.files import report_file
from apps.reports.services.heads import Head
from apps.tasks.models import Progress
from tests.builders import TODAY, make_task
from tests.reports.report_cast import CUT_OFF, Cast, done, drafted, finalised, make_cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_papers")]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def report(cast: Cast) -> QuarterlyReport:
    return drafted(cast)


def edit_part(cast: Cast, report: QuarterlyReport, text: str, **more: Any) -> ReportPart:
    wanted = {"report_id": report.pk, "seen_version": 1, "edit": PartEdit("closing", text)}
    return part_edit(**{**cast.by(), **wanted, **more})


def edit_row(cast: Cast, report: QuarterlyReport, text: str, **more: Any) -> ReportText:
    edit = RowEdit(cast.tasks[0].pk, text, more.pop("left_out", False))
    wanted = {"report_id": report.pk, "seen_version": 0, "edit": edit}
    return row_text_edit(**{**cast.by(), **wanted, **more})


def entry() -> Entry:
    return Entry.objects.latest("pk")


def test_a_part_is_written_and_the_files_are_out_of_date(
    cast: Cast, report: QuarterlyReport
) -> None:
    part = edit_part(cast, report, " 请审阅。\r\n共{任务总数}。 ")
    assert (part.text, part.version, part.changed_by) == ("请审阅。\n共{任务总数}。", 2, "某人")
    before = report.version
    report.refresh_from_db()
    assert (report.version, report.document, report.data) == (before + 1, None, None)
    assert (entry().action, entry().changes["正文"][1]) == ("修改报告文字：结尾", part.text)
    # the same once more is no change
    again = edit_part(cast, report, part.text, seen_version=2)
    assert again.version == 2


def test_a_figure_cannot_be_typed(cast: Cast, report: QuarterlyReport) -> None:
    for text, said in (("共 2 项任务。", "任务总数"), ("共{没有这个}。", "没有这个")):
        with pytest.raises(Refused) as caught:
            edit_part(cast, report, text)
        assert said in "".join(caught.value.reasons)
    assert ReportPart.objects.get(key="closing").version == 1


def test_two_write_two_parts_and_neither_loses_anything(
    cast: Cast, report: QuarterlyReport
) -> None:
    edit_part(cast, report, "请审阅。")
    edit_part(cast, report, "另一处。", edit=PartEdit("preamble", "另一处。"))
    with pytest.raises(Conflict, match="别人改过这一处"):
        edit_part(cast, report, "我的。")
    texts = dict(report.parts.values_list("key", "text"))
    assert (texts["closing"], texts["preamble"]) == ("请审阅。", "另一处。")


def test_what_cannot_be_kept_is_refused(cast: Cast, report: QuarterlyReport) -> None:
    for text, said in (("长" * 20_001, "最多 20000 字"), ("坏\0", "无法保存的字符")):
        with pytest.raises(Refused, match=said):
            edit_part(cast, report, text)
        with pytest.raises(Refused, match=said):
            edit_row(cast, report, text)
    with pytest.raises(Refused, match="没有这一部分"):
        edit_part(cast, report, "", edit=PartEdit("nothing", ""))
    with pytest.raises(Refused, match="没有这一项"):
        edit_row(cast, report, "", edit=RowEdit(0, "字"))
    with pytest.raises(NotAllowed):
        edit_part(cast, report, "请审阅。", **cast.by(cast.leader))
    assert not ReportText.objects.exists()


def test_a_row_is_told_otherwise_and_the_units_words_stay(
    cast: Cast, report: QuarterlyReport
) -> None:
    own = Progress.objects.values_list("text", flat=True)
    before = list(own)
    edit_row(cast, report, "两家单位合力办成。", left_out=True)
    row = body_of(QuarterlyReport.objects.get()).rows[0]
    assert (row.text, row.left_out) == ("两家单位合力办成。", True)
    assert entry().changes == {
        "报告用文字": ["沿用单位报送", "两家单位合力办成。"], "写入正文": ["是", "否"],
    }  # fmt: skip
    with pytest.raises(Conflict):
        edit_row(cast, report, "我的。")
    # what the units wrote, sent back as it is, is no text of the report's
    back = edit_row(cast, report, row.figure.text, seen_version=1)
    assert (back.text, back.left_out) == ("", False)
    assert body_of(QuarterlyReport.objects.get()).rows[0].text == row.figure.text
    assert list(own) == before


def test_head_and_units_are_held_against_the_whole_report(
    cast: Cast, report: QuarterlyReport
) -> None:
    by = {**cast.by(), "report_id": report.pk}
    head = Head(" 关于 进展的报告 ", "省政府", "省发展改革委")
    now = head_edit(**by, seen_version=report.version, head=head)
    assert (now.title, now.addressee, now.signatory) == (
        "关于 进展的报告",
        "省政府",
        "省发展改革委",
    )
    with pytest.raises(Conflict):
        head_edit(**by, seen_version=report.version, head=Head("又一个"))
    for wrong in (Head(" "), Head("长" * 201), Head("好", "长" * 501), Head("坏\0")):
        with pytest.raises(Refused):
            head_edit(**by, seen_version=now.version, head=wrong)
    same = head_edit(**by, seen_version=now.version, head=head)
    assert same.version == now.version


def test_only_who_is_late_and_ours_is_named(cast: Cast, report: QuarterlyReport) -> None:
    by = {**cast.by(), "report_id": report.pk, "seen_version": report.version}
    with pytest.raises(Refused, match="省科技厅不能列为未按时报送"):
        units_name(**by, codes=[cast.unit.code, cast.silent.code])
    now = units_name(**by, codes=[cast.silent.code])
    assert now.named_units == [cast.silent.code]
    assert [unit.name for unit in body_of(now).named_units] == ["省教育厅"]
    page = report_page(now, by["scope"], TODAY)
    assert [(line.unit.name, line.missing, line.ticked) for line in page.units] == [
        ("省教育厅", 1, True),
    ]  # fmt: skip
    nobody = units_name(**{**by, "seen_version": now.version}, codes=[])
    assert nobody.named_units == []


def test_before_the_cut_off_nobody_is_named(cast: Cast) -> None:
    report = drafted(cast, today=CUT_OFF)
    by = {**cast.by(), "report_id": report.pk, "seen_version": report.version}
    with pytest.raises(Refused, match="截止日未到"):
        units_name(**by, codes=[cast.silent.code])
    page = report_page(report, by["scope"], CUT_OFF)
    assert (page.cut_off, page.cut_off_over) == (CUT_OFF, False)
    assert [line.may_be_ticked for line in page.units] == [False]


def test_a_closed_text_is_not_edited(cast: Cast) -> None:
    report = finalised(cast)
    by = {**cast.by(), "report_id": report.pk, "seen_version": report.version}
    said = "现在是“送审稿”"
    with pytest.raises(Refused, match=said):
        edit_part(cast, report, "请审阅。")
    with pytest.raises(Refused, match=said):
        edit_row(cast, report, "改写。")
    with pytest.raises(Refused, match=said):
        head_edit(**by, head=Head("标题"))
    with pytest.raises(Refused, match=said):
        units_name(**by, codes=[])


def test_before_its_figures_there_is_nothing_to_write(cast: Cast, report: QuarterlyReport) -> None:
    QuarterlyReport.objects.filter(pk=report.pk).update(figures={})
    report.refresh_from_db()
    with pytest.raises(Refused, match="还没有取数"):
        edit_row(cast, report, "改写。")
    with pytest.raises(Refused, match="还没有取数"):
        report_file(report, "document")
    page = report_page(report, cast.by()["scope"], TODAY)
    assert (page.body, page.rows, page.units, page.cut_off) == (None, [], [], None)


def test_a_draft_that_changed_is_made_anew_for_a_download(
    cast: Cast, report: QuarterlyReport
) -> None:
    kept = report_file(report, "document")
    assert kept.name == f"{report.title}.docx"
    with kept.content as source:
        assert source.read().decode().startswith("document 草稿")
    edit_part(cast, report, "请审阅。")
    report.refresh_from_db()
    with report_file(report, "document").content as source:
        assert source.read(2) == b"PK"
    with report_file(report, "data").content as source:
        assert "请审阅。" in source.read().decode()


def test_queries_of_a_page_do_not_grow_with_rows(cast: Cast, report: QuarterlyReport) -> None:
    small = counted(cast, report, rows=2)
    for number in range(3, 13):
        make_task(cast.plan, number=str(number), leads=[cast.unit])
    run = report_refresh(**cast.by(), report_id=report.pk, seen_version=report.version)
    assert counted(cast, done(run), rows=12) == small


def counted(cast: Cast, report: QuarterlyReport, *, rows: int) -> int:
    found, scope = QuarterlyReport.objects.get(pk=report.pk), cast.by()["scope"]
    with CaptureQueriesContext(connection) as queries:
        page = report_page(found, scope, TODAY)
    assert len(page.rows) == rows
    return len(queries)
