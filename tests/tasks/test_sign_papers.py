"""签批单 and the registration of what was signed with a pen."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from docx import Document

from apps.accounts.models import SignStep
from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.tasks.models import Progress, Signature
from tests.builders import TODAY, make_agency, make_member
from tests.tasks.returned_sheets import CODE, World, client_of

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"


@pytest.fixture(autouse=True)
def _place(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def world() -> World:
    made = World()
    for position, post in enumerate(("科室负责人", "分管领导"), start=1):
        SignStep.objects.create(agency=made.unit, position=position, post=post)
    return made


def waiting(world: World, place: int, **fields: Any) -> Progress:
    fields = {
        "text": "新建三家。", "self_assessment": "behind", "problems": "缺钱。",
        "next_step": "补上。", "state": "signing", "first_submitted_on": TODAY,
        "submitted_on": TODAY, "submitted_by": "某人", **fields,
    }  # fmt: skip
    return Progress.objects.create(duty=world.duties[place], **fields)


def paper(client: Client, world: World) -> Any:
    address = reverse("progress:paper", args=[CODE])
    answer: Any = client.get(address, {"unit": world.unit.pk})
    assert answer.status_code == 200
    assert "%E7%AD%BE%E6%89%B9%E5%8D%95" in answer["Content-Disposition"]
    return Document(BytesIO(answer.getvalue()))


def register(client: Client, world: World, rows: list[Progress], **fields: Any) -> Any:
    data = {
        "progress": [f"{p.pk}:{p.version}" for p in rows], "post": "分管领导",
        "signer": "李某", "signed_on": TODAY.isoformat(), **fields,
    }  # fmt: skip
    address = f"{reverse('progress:signed', args=[CODE])}?unit={world.unit.pk}"
    return client.post(address, data, follow=True)


def test_the_paper_has_what_waits_and_a_line_for_each_step(world: World) -> None:
    waiting(world, 1, value=31)
    waiting(world, 2, state="approved", delivered_on=TODAY)
    document = paper(client_of(world.reporter), world)
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert text.startswith("2020年前三季度进展报送签批单\n填报单位：省科技厅\n")
    assert "报告期：2020年前三季度（数据截至2020年9月30日）\n本单 1 项，应报 3 项" in text
    assert text.index("科室负责人意见：") < text.index("分管领导意见：")
    assert text.count("年　　月　　日") == 2
    assert "非涉密" in text
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert rows[1][0] == "2"
    assert rows[1][2:] == [
        "新建三家。\n存在问题：缺钱。\n下一步措施：补上。", "31 家\n目标 40 家", "滞后"
    ]  # fmt: skip
    assert len(rows) == 2


def test_outside_the_unit_the_paper_has_only_what_was_sent(world: World) -> None:
    waiting(world, 0)
    answer = client_of(world.supervisor).get(
        reverse("progress:paper", args=[CODE]), {"unit": world.unit.pk}, follow=True
    )
    assert "还没有填报的内容，没有可签批的" in answer.content.decode()
    waiting(world, 1, state="submitted", delivered_on=TODAY, text="送出的。")
    document = paper(client_of(world.supervisor), world)
    assert document.tables[0].rows[1].cells[2].text.startswith("送出的。")
    assert len(document.tables[0].rows) == 2


def test_what_was_signed_on_paper_goes_on_with_its_scan(world: World) -> None:
    rows = [waiting(world, 0), waiting(world, 1)]
    client = client_of(world.reporter)
    scan = SimpleUploadedFile("签批单.pdf", PDF)
    answer = register(client, world, rows, scan=scan)
    assert "已登记线下审签 2 项，待督查员审核" in answer.content.decode()
    assert {p.state for p in Progress.objects.all()} == {"submitted"}
    signature = Signature.objects.first()
    assert signature is not None
    assert (signature.signer, signature.post, signature.on_paper) == ("李某", "分管领导", True)
    assert (signature.scan_name, signature.registered_by) == ("签批单.pdf", "某人")
    assert signature.scan is not None
    assert Entry.objects.filter(action__startswith="登记线下审签").count() == 2
    assert "没有待审签的项" in answer.content.decode()
    where = reverse("progress:scan", args=[signature.pk])
    reviewer = client_of(world.supervisor)
    assert where in reviewer.get(reverse("reviews:list")).content.decode()
    got: Any
    for reader in (client, reviewer):
        got = reader.get(where)
        assert got.getvalue() == PDF
        assert got["Content-Type"] == "application/octet-stream"
    assert client_of(make_member(world.other_unit, "reporter")).get(where).status_code == 404
    # what has not left the unit is its own
    Progress.objects.update(delivered_on=None, state="signing")
    got = client.get(where)
    assert got.getvalue() == PDF
    assert reviewer.get(where).status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"signed_on": date(2020, 10, 13).isoformat()}, "审签日期不能晚于今天。"),
        ({"signed_on": "13月"}, "日期"),
        ({"signer": " "}, "请填写签字人姓名。"),
        ({"post": "厅长"}, "请从列表里选"),
        ({"progress": []}, "没有勾选任何一项。"),
        ({"progress": ["x"]}, "选中的项无法识别"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_signed(
    world: World, fields: dict[str, Any], said: str
) -> None:
    answer = register(client_of(world.reporter), world, [waiting(world, 0)], **fields)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Signature.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"), [("扫描.pdf", b"MZ\x90"), ("表.xlsx", b"PK\x03\x04"), ("空.pdf", b"")]
)
def test_what_is_no_scan_is_refused_by_name(world: World, name: str, content: bytes) -> None:
    scan = SimpleUploadedFile(name, content)
    answer = register(client_of(world.reporter), world, [waiting(world, 0)], scan=scan)
    assert answer.status_code == 422
    assert not Signature.objects.exists()


def test_another_text_than_the_one_that_was_signed_is_refused(world: World) -> None:
    row = waiting(world, 0)
    seen = Progress(pk=row.pk, version=row.version)
    Progress.objects.filter(pk=row.pk).update(text="改过。", version=row.version + 1)
    answer = register(client_of(world.reporter), world, [seen])
    assert answer.status_code == 422
    assert "又改过" in answer.content.decode()
    assert not Signature.objects.exists()


def test_other_units_rows_are_not_registered(world: World) -> None:
    row = waiting(world, 0)
    theirs = Progress.objects.create(
        duty=world.other_duty, text="别家的。", self_assessment="normal", state="signing",
        first_submitted_on=TODAY, submitted_on=TODAY, submitted_by="某人",
    )  # fmt: skip
    answer = register(client_of(world.reporter), world, [row, theirs])
    assert answer.status_code == 422
    assert not Signature.objects.exists()
    stranger = client_of(make_member(make_agency("省档案局"), "reporter"))
    assert register(stranger, world, [row]).status_code == 404
    assert (
        stranger.get(reverse("progress:paper", args=[CODE]), {"unit": world.unit.pk}).status_code
        == 404
    )
