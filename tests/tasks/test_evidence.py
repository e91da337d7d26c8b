"""佐证材料: what is taken, by its content; who may add and take away, until when."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage

from apps.accounts.models import User
from apps.audit.selectors import history
from apps.common.errors import NotAllowed, Refused, Unreadable
from apps.plans.models import PlanPeriod
from apps.tasks.access import scope_of
from apps.tasks.models import Duty, Evidence
from apps.tasks.services import evidence as services
from apps.tasks.services.evidence import Offered, evidence_add, evidence_name, evidence_remove
from tests.builders import TODAY, make_agency, make_duty, make_task
from tests.reporting import approve, approver_of, reporter_of, submit, supervisor

pytestmark = pytest.mark.django_db


def packed(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>")
    return buffer.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
    b"\x90wS\xde\x00\x00\x00\x00IEND\xaeB`\x82"
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
DOCX = packed("[Content_Types].xml", "word/document.xml")
OFD = packed("OFD.xml", "Doc_0/Document.xml")
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1024


def offered(content: bytes = PDF, name: str = "批复.pdf", size: int | None = None) -> Offered:
    return Offered(name, len(content) if size is None else size, io.BytesIO(content))


@pytest.fixture
def duty() -> Duty:
    agency = make_agency("省科技厅")
    return make_duty(make_task(leads=[agency]), agency)


@pytest.fixture
def reporter(duty: Duty) -> User:
    return reporter_of(duty.agency)


def add(user: User, duty: Duty, file: Offered | None = None) -> Evidence:
    return evidence_add(
        actor=user,
        scope=scope_of(user, TODAY),
        duty_id=duty.pk,
        offered=file or offered(),
        today=TODAY,
    )


def remove(user: User, evidence: Evidence) -> None:
    scope = scope_of(user, TODAY)
    evidence_remove(actor=user, scope=scope, evidence_id=evidence.pk, today=TODAY)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PDF, "批复.pdf"),
        (PNG, "现场.PNG"),
        (JPEG, "现场.jpg"),
        (DOCX, "情况.docx"),
        (OFD, "批复.ofd"),
        (OLD, "老文件.doc"),
        (OLD, "表格.et"),
    ],
)
def test_documents_and_pictures_are_taken(content: bytes, name: str) -> None:
    assert evidence_name(offered(content, name)) == name


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (offered(packed("a.txt"), "材料.zip"), "不收压缩包"),
        (offered(packed("a.txt"), "材料.docx"), "不收压缩包"),
        (
            offered(packed("[Content_Types].xml", "word/vbaProject.bin"), "宏.docx"),
            "不是可以上传的类型",
        ),
        (offered(b"PK\x03\x04 broken", "坏.docx"), "不是可以上传的类型"),
        (offered(b"MZ\x90\x00" + b"\0" * 60, "程序.pdf"), "不是可以上传的类型"),
        (offered(b"<html><script>x</script></html>", "页.html"), "不是可以上传的类型"),
        (offered("纯文字".encode(), "说明.txt"), "不是可以上传的类型"),
        (offered(PDF, "批复.docx"), "内容与扩展名不符"),
        (offered(PDF, "批复"), "内容与扩展名不符"),
        (offered(b"", "空.pdf"), "是空的"),
        (offered(PDF, "大.pdf", size=20 * 1024 * 1024 + 1), "超过 20 MB"),
    ],
)
def test_anything_else_is_refused_in_words(file: Offered, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        evidence_name(file)


def test_a_name_is_shown_without_its_folders_and_tricks() -> None:
    assert evidence_name(offered(name="../../etc/批\u202e复\n.pdf")) == "批复.pdf"
    assert len(evidence_name(offered(name="长" * 300 + ".pdf"))) == 255


def test_a_file_is_kept_once_and_logged(duty: Duty, reporter: User) -> None:
    first = add(reporter, duty)
    assert add(reporter, duty, offered(name="改了名.pdf")).pk == first.pk
    assert (first.name, first.added_by, first.added_on) == ("批复.pdf", reporter.name, TODAY)
    entry = history(duty).first()
    assert entry is not None
    assert entry.changes == {"佐证材料": [None, "批复.pdf"]}
    assert entry.action == "上传佐证材料（2020年前三季度，省科技厅）"
    assert history(duty).count() == 1
    # the row's own log is read outside the unit
    assert history(duty.task).count() == 0


def test_ten_files_and_no_more(duty: Duty, reporter: User) -> None:
    for number in range(10):
        add(reporter, duty, offered(PDF + str(number).encode()))
    with pytest.raises(Refused, match="最多上传 10 个"):
        add(reporter, duty, offered(PDF + b"10"))
    assert Evidence.objects.count() == 10


def test_what_is_refused_is_not_kept(duty: Duty, reporter: User, monkeypatch: Any) -> None:
    storage = InMemoryStorage()
    monkeypatch.setattr("apps.ops.services.default_storage", storage)
    with pytest.raises(Unreadable):
        add(reporter, duty, offered(b"MZ", "程序.pdf"))
    assert storage.listdir("") == ([], [])
    assert services.MAX_FILES == 10


def test_taken_away_before_it_left_the_unit(duty: Duty, reporter: User) -> None:
    approver_of(duty.agency)
    evidence = add(reporter, duty)
    submit(duty, reporter)
    remove(reporter, evidence)
    assert not Evidence.objects.exists()
    entry = history(duty).first()
    assert entry is not None
    assert entry.changes == {"佐证材料": ["批复.pdf", None]}
    with pytest.raises(NotAllowed, match="已经不在了"):
        remove(reporter, evidence)


def test_what_left_the_unit_stays_and_more_may_follow(duty: Duty, reporter: User) -> None:
    evidence = add(reporter, duty)
    progress = submit(duty, reporter)
    with pytest.raises(Refused, match="已随进展报出"):
        remove(reporter, evidence)
    add(reporter, duty, offered(PNG, "补.png"))
    approve(supervisor(), progress)
    with pytest.raises(Refused, match="已审核通过"):
        add(reporter, duty, offered(JPEG, "再补.jpg"))


def test_a_closed_period_takes_no_files(duty: Duty, reporter: User) -> None:
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    with pytest.raises(Refused, match="已关闭"):
        add(reporter, duty)


def test_only_the_units_reporters(duty: Duty, reporter: User) -> None:
    evidence = add(reporter, duty)
    for other in (reporter_of(make_agency("省财政厅")), approver_of(duty.agency), supervisor()):
        with pytest.raises(NotAllowed):
            add(other, duty)
        with pytest.raises(NotAllowed):
            remove(other, evidence)
