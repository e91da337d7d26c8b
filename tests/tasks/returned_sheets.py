"""Filling in exported sheets the way people do, for tests of their return."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, cast

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from apps.accounts.models import User
from tests.builders import make_agency, make_duty, make_figure, make_line, make_member, make_plan
from tests.builders import make_task as _make_task

BACKEND = "apps.accounts.backends.ActiveUserBackend"
CODE = "2020Q3"
HEADERS_AT = 3
# header -> column, of the visible sheet
COLUMNS = {
    "原表序号": 1, "任务来源": 2, "重点工作": 3, "完成时限": 4, "上期进展": 5, "目标": 6,
    "本期进展": 7, "完成值": 8, "自评": 9, "同上期无新增": 10, "存在问题": 11, "下一步措施": 12,
    "汇总进展": 13, "行标识": 14, "校验": 15,
}  # fmt: skip


class World:
    """省科技厅 with three rows in one plan, the second with a figure; 省教育厅 with one."""

    def __init__(self, rows: int = 3) -> None:
        self.line = make_line()
        self.plan = make_plan("impl", short_title="实施方案")
        self.unit = make_agency("省科技厅", code="gd-kjt")
        self.other_unit = make_agency("省教育厅", code="gd-jyt")
        self.supervisor = make_member(make_agency("省发展改革委"), "supervisor", lines=[self.line])
        self.reporter = make_member(self.unit, "reporter")
        self.tasks = [
            _make_task(self.plan, number=str(n), leads=[self.unit]) for n in range(1, rows + 1)
        ]
        self.figure = make_figure(self.tasks[1], self.unit, target="40", unit="家")
        self.duties = [make_duty(task, self.unit) for task in self.tasks]
        self.other_task = _make_task(self.plan, number="90", leads=[self.other_unit])
        self.other_duty = make_duty(self.other_task, self.other_unit)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, BACKEND)
    return client


def exported(client: Client, unit: int, code: str = CODE) -> bytes:
    """The unit's 填报表 as the page gives it."""
    answer = cast("Any", client.get(reverse("progress:export", args=[code]), {"unit": unit}))
    assert answer.status_code == 200, answer.content
    content: bytes = b"".join(answer.streaming_content)
    return content


def opened(content: bytes) -> tuple[Workbook, Worksheet]:
    book = load_workbook(BytesIO(content))
    return book, cast("Worksheet", book.worksheets[0])


def saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def filled(content: bytes, rows: Mapping[int, Mapping[str, Any]]) -> bytes:
    """The workbook with cells changed: by place of the row (0 is the first), by header."""
    book, page = opened(content)
    for place, cells in rows.items():
        for header, value in cells.items():
            page.cell(HEADERS_AT + 1 + place, COLUMNS[header], value)
    return saved(book)


def bring(client: Client, files: Mapping[str, bytes], code: str = CODE) -> Any:
    """Upload to 回收, and the page after it."""
    uploads = [SimpleUploadedFile(name, content) for name, content in files.items()]
    address = reverse("progress:returns", args=[code])
    return client.post(address, {"action": "upload", "sheets": uploads}, follow=True)


def take(client: Client, answer: Any, code: str = CODE, **more: Any) -> Any:
    """Confirm all files that may be taken, as the page shows them."""
    ticked = [
        f"{shown.kept.pk}:{shown.rows.digest}"
        for shown in answer.context["waiting"]
        if shown.may_take and not shown.again
    ]
    address = reverse("progress:returns", args=[code])
    return client.post(address, {"action": "take", "take": ticked, **more}, follow=True)
