"""草稿 → 送审稿 → 印发 → 定稿回传, and what the database refuses after that."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.common.errors import Conflict, NotAllowed, Refused, Unreadable
from apps.ops.services import file_bytes, file_keep
from apps.plans.models import Plan
from apps.reports.models import IssuedCopy, QuarterlyReport, ReportPart
from apps.reports.selectors.reports import body_of, report_page
from apps.reports.services.asking import report_ask
from apps.reports.services.copies import Imprinted, copy_upload
from apps.reports.services.editing import PartEdit, RowEdit, part_edit, row_text_edit
from apps.reports.services.freezing import checksum_of
from apps.reports.services.issuing import (
    Imprint,
    report_discard,
    report_finalise,
    report_issue,
    report_reopen,
)
from apps.reports.sql import TRIGGERS
from apps.tasks.models import Progress, Task
from apps.tasks.services.evidence import Offered
from tests.builders import TODAY, make_plan
from tests.reports.report_cast import Cast, done, drafted, finalised, issued, make_cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_papers")]
NUMBER = "粤发改督〔2020〕12号"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def by(cast: Cast, report: QuarterlyReport, **more: Any) -> dict[str, Any]:
    return {**cast.by(), "report_id": report.pk, "seen_version": report.version, **more}


def test_the_text_is_closed_opened_again_and_closed(cast: Cast) -> None:
    report = finalised(cast)
    assert report.state == "final"
    assert report.document is not None
    assert file_bytes(report.document).decode().startswith("document 送审稿")
    for reason, said in (("  ", "请写明理由"), ("长" * 501, "理由最多 500 字")):
        with pytest.raises(Refused, match=said):
            report_reopen(**by(cast, report), reason=reason)
    with pytest.raises(Conflict):
        report_reopen(**by(cast, report, seen_version=1), reason="改一处")
    with pytest.raises(NotAllowed):
        report_reopen(**by(cast, report, **cast.by(cast.leader)), reason="改一处")
    opened = report_reopen(**by(cast, report), reason=" 改一处 ")
    assert (opened.state, opened.document) == ("draft", None)
    entry = Entry.objects.latest("pk")
    assert (entry.reason, entry.changes) == ("改一处", {"状态": ["送审稿", "草稿"]})
    with pytest.raises(Refused, match="现在是“草稿”"):
        report_reopen(**by(cast, opened), reason="再改")
    assert done(report_finalise(**by(cast, opened))).state == "final"


def test_a_text_that_names_what_is_no_more_is_not_closed(cast: Cast) -> None:
    report = drafted(cast)
    ReportPart.objects.filter(report=report, key="closing").update(text="共{没有这个}。")
    with pytest.raises(Refused, match=r"结尾：.*没有这个"):
        report_finalise(**by(cast, report))
    QuarterlyReport.objects.filter(pk=report.pk).update(figures={})
    with pytest.raises(Refused, match="还没有取数"):
        report_finalise(**by(cast, report))


def test_it_is_issued_with_number_day_and_checksum(cast: Cast) -> None:
    report = issued(cast)
    assert (report.state, report.number, report.issued_on) == ("issued", NUMBER, TODAY)
    assert report.issued_by == "某人"
    body = body_of(report)
    assert report.checksum == checksum_of(report.figures, body)
    other = replace(body, parts=[replace(body.parts[0], text="别的"), *body.parts[1:]])
    assert report.checksum != checksum_of(report.figures, other)
    assert report.checksum != checksum_of({**report.figures, "total": 9}, body)
    for kept in (report.document, report.workbook, report.data):
        assert kept is not None
        assert f"已印发 {report.title} {NUMBER}" in file_bytes(kept).decode()
    assert Entry.objects.filter(action="印发").get().changes["文号"] == [None, NUMBER]
    assert breaks() == []


@pytest.mark.parametrize(
    ("number", "days", "said"),
    [
        (" ", 0, "请填写文号"),
        ("长" * 61, 0, "文号最多 60 字"),
        (NUMBER, 1, "不能晚于今天"),
        (NUMBER, -1, "不能早于取数日期"),
    ],
)
def test_a_wrong_number_or_day_is_refused(cast: Cast, number: str, days: int, said: str) -> None:
    report = finalised(cast)
    imprint = Imprint(number, TODAY + timedelta(days=days))
    with pytest.raises(Refused, match=said):
        report_issue(**by(cast, report), imprint=imprint)


@pytest.mark.parametrize(
    "typed", ["粤发改督[2020]12号", "粤发改督（2020） １２ 号", "粤发改督【2020】12号"]
)
def test_a_number_is_written_in_one_way(cast: Cast, typed: str) -> None:
    report = issued(cast, number=typed)
    assert report.number == NUMBER
    copy = copied(cast, report, imprinted=Imprinted(typed, TODAY))
    assert copy.differences == ""


def test_a_number_is_given_once(cast: Cast) -> None:
    issued(cast)
    other = finalised(cast, replace(cast.wish, genre="bulletin"))
    with pytest.raises(Refused, match="已经用于另一份报告"):
        report_issue(**by(cast, other), imprint=Imprint(f" {NUMBER} ", TODAY))
    # two at once: the second finds it when its files are ready
    run = report_issue(**by(cast, other), imprint=Imprint("〔2020〕13号", TODAY))
    run.wanted["number"] = NUMBER
    run.save()
    with pytest.raises(Refused, match="已经用于另一份报告"), transaction.atomic():
        done(run)
    other.refresh_from_db()
    assert other.state == "final"


def test_only_the_closed_text_is_issued(cast: Cast) -> None:
    report = drafted(cast)
    imprint = Imprint(NUMBER, TODAY)
    with pytest.raises(Refused, match="现在是“草稿”，只有“送审稿”"):
        report_issue(**by(cast, report), imprint=imprint)
    report = finalised(cast)
    with pytest.raises(NotAllowed):
        report_issue(**by(cast, report, **cast.by(cast.leader)), imprint=imprint)
    with pytest.raises(Conflict):
        report_issue(**by(cast, report, seen_version=1), imprint=imprint)


def test_what_was_never_issued_is_discarded_with_a_reason(cast: Cast) -> None:
    report = drafted(cast)
    with pytest.raises(Refused, match="理由"):
        report_discard(**by(cast, report), reason="")
    gone = report_discard(**by(cast, report), reason="口径有误")
    assert gone.state == "discarded"
    with pytest.raises(Refused, match="现在是“已作废”"):
        report_discard(**by(cast, gone), reason="再来")
    assert report_ask(**cast.by(), wish=cast.wish)[0] != gone
    final = finalised(cast)
    assert report_discard(**by(cast, final), reason="不发了").state == "discarded"


def test_nothing_of_an_issued_report_is_changed_by_services(cast: Cast) -> None:
    report = issued(cast)
    with pytest.raises(Refused, match="现在是“已印发”"):
        report_discard(**by(cast, report), reason="收回")
    with pytest.raises(Refused, match="现在是“已印发”"):
        report_reopen(**by(cast, report), reason="改")
    with pytest.raises(Refused, match="现在是“已印发”"):
        part_edit(**by(cast, report, seen_version=1), edit=PartEdit("closing", "改"))


def test_what_changes_afterwards_changes_no_issued_report(cast: Cast) -> None:
    report = issued(cast)
    frozen = body_of(report)
    Progress.objects.update(text="改了", judgement="behind")
    Task.objects.update(content="另一件事", state="suspended")
    Plan.objects.update(title="另一个标题", short_title="另一个")
    assert body_of(QuarterlyReport.objects.get()) == frozen


TABLES = (
    "reports_quarterlyreport", "reports_reportpart", "reports_reporttext",
    "reports_quarterlyreport_plans", "reports_issuedcopy",
)  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reports_quarterlyreport SET title = 'x'",
        "UPDATE reports_quarterlyreport SET state = 'draft'",
        "UPDATE reports_quarterlyreport SET figures = '{}'",
        "DELETE FROM reports_quarterlyreport",
        "UPDATE reports_reportpart SET text = 'x'",
        "DELETE FROM reports_reportpart",
        "INSERT INTO reports_reportpart"
        " (report_id, key, position, heading, generated, text, changed_by, version)"
        " SELECT id, 'more', 99, '', '', '', '', 1 FROM reports_quarterlyreport",
        "UPDATE reports_reporttext SET text = 'x'",
        "DELETE FROM reports_reporttext",
        "UPDATE reports_quarterlyreport_plans SET plan_id = (SELECT max(id) FROM plans_plan)",
        "DELETE FROM reports_quarterlyreport_plans",
        "INSERT INTO reports_quarterlyreport_plans (quarterlyreport_id, plan_id)"
        " SELECT r.id, max(p.id) FROM reports_quarterlyreport r, plans_plan p GROUP BY r.id",
        "UPDATE reports_issuedcopy SET differences = ''",
        "DELETE FROM reports_issuedcopy",
        *(f"TRUNCATE {table} CASCADE" for table in TABLES),
    ],
)
def test_the_database_itself_refuses(cast: Cast, statement: str) -> None:
    make_plan("other")
    report = drafted(cast)
    row_text_edit(
        **by(cast, report, seen_version=0), edit=RowEdit(cast.tasks[0].pk, "改写。", left_out=True)
    )
    report = issued(cast)
    copied(cast, report)
    with connection.cursor() as cursor:
        # no TRUNCATE before what was inserted in this transaction is checked
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        refusal = pytest.raises(IntegrityError, match="已印发的报告不能修改或删除")
        with refusal, transaction.atomic():
            cursor.execute(statement)


def test_drafts_are_free_and_no_part_is_moved_into_an_issued_report(cast: Cast) -> None:
    first = issued(cast)
    draft = drafted(cast, replace(cast.wish, genre="bulletin"))
    with pytest.raises(IntegrityError, match="已印发的报告"), transaction.atomic():
        draft.parts.filter(key="closing").update(report=first, key="more")
    with pytest.raises(IntegrityError, match="已印发的报告"), transaction.atomic():
        first.delete()
    QuarterlyReport.objects.filter(pk=draft.pk).update(title="改过")
    draft.delete()
    assert QuarterlyReport.objects.get() == first


def test_all_triggers_are_there() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname LIKE 'reports_%' AND tgenabled = 'O'"
        )
        found = dict(cursor.fetchall())
    assert found.items() >= {name: table for name, (table, _) in TRIGGERS.items()}.items()


def copied(
    cast: Cast,
    report: QuarterlyReport,
    content: bytes = PDF,
    name: str = "定稿.pdf",
    imprinted: Imprinted | None = None,
    **more: Any,
) -> IssuedCopy:
    return copy_upload(
        **{**cast.by(), "report_id": report.pk, **more},
        offered=Offered(name, len(content), io.BytesIO(content)),
        imprinted=imprinted or Imprinted(NUMBER, TODAY),
    )


def test_the_paper_comes_back_and_both_are_kept(cast: Cast) -> None:
    report = issued(cast)
    copy = copied(cast, report, imprinted=Imprinted(f" {NUMBER} ", TODAY, " 第三段多一句。 "))
    assert (copy.number, copy.dated, copy.differences) == (NUMBER, TODAY, "第三段多一句。")
    assert file_bytes(copy.file) == PDF
    assert copied(cast, report) == copy
    page = report_page(QuarterlyReport.objects.get(), cast.by()["scope"], TODAY)
    assert list(page.copies) == [copy]
    assert Entry.objects.filter(action="定稿回传").get().changes["差异"] == [None, "第三段多一句。"]


def test_another_number_and_day_are_noted_by_themselves(cast: Cast) -> None:
    report = issued(cast)
    imprinted = Imprinted("粤发改督〔2020〕21号", TODAY - timedelta(days=1))
    assert copied(cast, report, imprinted=imprinted).differences.split("\n") == [
        f"文号：定稿为“粤发改督〔2020〕21号”，系统登记为“{NUMBER}”。",
        "日期：定稿为2020年10月11日，系统登记为2020年10月12日。",
    ]


def docx(text: str, struck: str = "") -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        # runs are torn in the middle of a word as editors tear them
        runs = "".join(f"<w:r><w:t>{letter}</w:t></w:r>" for letter in text)
        runs += f"<w:del><w:r><w:delText>{struck}</w:delText></w:r></w:del>"
        archive.writestr("word/document.xml", f"<w:document><w:p>{runs}</w:p></w:document>")
    return kept.getvalue()


def test_figures_that_a_docx_does_not_have_are_named(cast: Cast) -> None:
    report = drafted(cast)
    parts = {part.key: part for part in report.parts.all()}
    for key, part in parts.items():
        text = "共{ 任务总数 }，应报{应报份数}，未报{未报份数}。" if key == "overall" else ""
        part_edit(**by(cast, report, seen_version=part.version), edit=PartEdit(key, text))
    report = issued(cast)
    copy = copied(cast, report, docx("共2项，应报 3 份。"), "定稿.docx")
    assert copy.differences == "未报份数：系统为1份，定稿里没有找到。"
    # the end of a longer figure is none, nor what was struck out
    longer = copied(cast, report, docx("共12项，应报3份，未报1.1份。"), "定稿.docx")
    assert longer.differences.splitlines() == [
        "任务总数：系统为2项，定稿里没有找到。",
        "未报份数：系统为1份，定稿里没有找到。",
    ]
    struck = docx("共2项，应报3份，未报2份。", struck="1份")
    assert copied(cast, report, struck, "定稿.docx").differences == copy.differences


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "定稿.pdf", "是空的"),
        (b"plain words", "定稿.pdf", "不是可以上传的类型"),
        (PDF, "定稿.docx", "与扩展名不符"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "扫描.png", "只收 PDF、OFD 和 .docx"),
    ],
)
def test_other_files_are_not_taken(cast: Cast, content: bytes, name: str, said: str) -> None:
    report = issued(cast)
    with pytest.raises(Unreadable, match=said):
        copied(cast, report, content, name)
    assert not IssuedCopy.objects.exists()


def test_a_workbook_that_calls_itself_a_paper_is_not_taken(cast: Cast) -> None:
    report = issued(cast)
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(Unreadable, match=r"不是可以读取的 \.docx"):
        copied(cast, report, kept.getvalue(), "定稿.docx")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_torn_paper_is_not_taken(cast: Cast, method: int) -> None:
    report = issued(cast)
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", method) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "共2项" * 500)
        begins = archive.getinfo("word/document.xml").header_offset + 30 + len("word/document.xml")
    torn = bytearray(kept.getvalue())
    torn[begins : begins + 24] = bytes(24)
    with pytest.raises(Unreadable, match=r"不是可以读取的 \.docx"):
        copied(cast, report, bytes(torn), "定稿.docx")


def test_who_may_not_and_what_is_wrong_with_a_copy(cast: Cast) -> None:
    report = finalised(cast)
    with pytest.raises(Refused, match="现在是“送审稿”，只有“已印发”"):
        copied(cast, report)
    report = issued(cast)
    with pytest.raises(NotAllowed):
        copied(cast, report, **cast.by(cast.leader))
    for wrong, said in (
        (Imprinted(" ", TODAY), "请填写定稿上的文号"),
        (Imprinted("长" * 61, TODAY), "文号最多"),
        (Imprinted(NUMBER, TODAY + timedelta(days=1)), "不能晚于今天"),
        (Imprinted(NUMBER, TODAY, "长" * 2001), "差异最多 2000 字"),
    ):
        with pytest.raises(Refused, match=said):
            copied(cast, report, imprinted=wrong)
    assert not IssuedCopy.objects.exists()


def test_a_copy_is_added_beside_and_never_changed(cast: Cast) -> None:
    report = issued(cast)
    copy = copied(cast, report)
    other = file_keep(source=io.BytesIO(b"other"))
    with pytest.raises(IntegrityError, match="已印发的报告"), transaction.atomic():
        IssuedCopy.objects.filter(pk=copy.pk).update(file=other)
    with pytest.raises(IntegrityError, match="已印发的报告"), transaction.atomic():
        copy.delete()
