"""Sheets that do not fit, were tampered with, or are no sheets: refused by name, nothing half."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import IntegrityError
from openpyxl import Workbook

from apps.ops.models import Installation
from apps.tasks.models import Progress, SheetReturn
from tests.builders import TODAY, make_duty
from tests.tasks.returned_sheets import (
    COLUMNS,
    HEADERS_AT,
    World,
    bring,
    client_of,
    exported,
    filled,
    opened,
    saved,
    take,
)

pytestmark = pytest.mark.django_db
GOOD = {"本期进展": "新建实验室三家。", "自评": "正常推进"}
FIRST = HEADERS_AT + 1


@pytest.fixture(autouse=True)
def _place(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def world() -> World:
    return World()


def refused(world: World, content: bytes, name: str = "a.xlsx") -> str:
    """What is said of one file that is not taken; nothing of it is kept but its name."""
    answer = bring(client_of(world.supervisor), {name: content})
    assert answer.context["waiting"] == []
    kept = SheetReturn.objects.get()
    assert (kept.state, kept.file, kept.file_name) == ("refused", None, name)
    [reason] = kept.reasons
    assert reason in answer.content.decode().replace("&quot;", '"')
    assert not Progress.objects.exists()
    return str(reason)


def test_the_sheet_of_another_period_is_refused(world: World) -> None:
    make_duty(world.tasks[0], world.unit, code="2020Q2")
    sheet = exported(client_of(world.supervisor), world.unit.pk, "2020Q2")
    said = refused(world, filled(sheet, {0: GOOD}), "上半年.xlsx")
    assert said == (
        "文件“上半年.xlsx”是2020年上半年的填报表，这里回收的是2020年前三季度，没有接收。"
    )


def test_a_row_pasted_from_another_units_sheet_is_refused(world: World) -> None:
    client = client_of(world.supervisor)
    _, theirs = opened(exported(client, world.other_unit.pk))
    book, page = opened(filled(exported(client, world.unit.pk), {0: GOOD}))
    for header in ("行标识", "校验"):
        page.cell(FIRST, COLUMNS[header], theirs.cell(FIRST, COLUMNS[header]).value)
    assert "第4行的隐藏标识与本表不符" in refused(world, saved(book))


@pytest.mark.parametrize("change", ["id", "check", "version", "unit", "period"])
def test_altered_hidden_cells_are_refused(world: World, change: str) -> None:
    book, page = opened(filled(exported(client_of(world.supervisor), world.unit.pk), {0: GOOD}))
    about: Any = book.worksheets[1]
    if change == "id":
        page.cell(FIRST, COLUMNS["行标识"], str(world.other_duty.pk))
    elif change == "check":
        page.cell(FIRST, COLUMNS["校验"], "0" * 16)
    elif change == "version":
        about["B4"] = "7"
    elif change == "unit":
        about["B2"] = world.other_unit.code
    else:
        about["B1"] = "2020Q2"
    assert "没有接收" in refused(world, saved(book))


def test_the_sheet_of_a_unit_that_owes_nothing_is_refused(world: World) -> None:
    sheet = exported(client_of(world.supervisor), world.other_unit.pk)
    world.other_duty.delete()
    assert "是“省教育厅”的填报表，该单位本期" in refused(world, filled(sheet, {0: GOOD}))


def archive(_world: World) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("填报表.xlsx", b"x")
    return out.getvalue()


def bomb(_world: World) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", b"<Types/>")
        packed.writestr("xl/workbook.xml", b" " * 60 * 1024 * 1024)
    return out.getvalue()


def other_table(_world: World) -> bytes:
    book = Workbook()
    book.worksheets[0].append(["姓名", "电话"])
    return saved(book)


def no_sign_of_whose(world: World) -> bytes:
    book, page = opened(exported(client_of(world.supervisor), world.unit.pk))
    book.remove(book.worksheets[1])
    page["A1"] = "填报表"
    return saved(book)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: b"", "文件“a.xlsx”是空的"),
        (lambda _: b"%PDF-1.7 x", "不是 Excel 工作簿（内容是PDF 文件）"),
        (lambda _: b"MZ\x90\x00" + bytes(64), "不是 Excel 工作簿"),
        (lambda _: b"PK" + bytes(10 * 1024 * 1024), "超过 10 MB 的上限"),
        (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
         "设有打开密码"),
        (archive, "内容是压缩包"),
        (bomb, "解压后过大"),
        (other_table, "不是系统导出的填报表"),
        (no_sign_of_whose, "看不出是哪个单位、哪一期"),
    ],
)  # fmt: skip
def test_what_is_no_sheet_of_ours_is_refused(
    world: World, make: Callable[[World], bytes], said: str
) -> None:
    assert said in refused(world, make(world))


def test_more_than_thirty_files_are_refused_at_once(world: World) -> None:
    answer = bring(client_of(world.supervisor), {f"{n}.xlsx": b"x" for n in range(31)})
    assert answer.status_code == 422
    assert "一次最多回收 30 个文件，这次选了 31 个" in answer.content.decode()
    assert not SheetReturn.objects.exists()


def test_no_file_at_all_is_said_so(world: World) -> None:
    answer = bring(client_of(world.supervisor), {})
    assert answer.status_code == 422
    assert "请选择填报表" in answer.content.decode()


def test_a_macro_workbook_is_read_and_its_macros_are_nothing(world: World) -> None:
    content = filled(exported(client_of(world.supervisor), world.unit.pk), {0: GOOD})
    out = BytesIO(content)
    with zipfile.ZipFile(out, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 evil")
    answer = bring(client_of(world.supervisor), {"宏.xlsm": out.getvalue()})
    assert len(answer.context["waiting"][0].rows.changed) == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({**GOOD, "完成值": "三十多家"}, "H5（完成值）填的是“三十多家”，只填数字，单位不用写。"),
        ({**GOOD, "完成值": -3}, "第5行：完成值不能小于零。"),
        ({**GOOD, "完成值": "1e9"}, "H5（完成值）填的是“1e9”"),
        ({**GOOD, "自评": "很好"}, "I5（自评）填的是“很好”，只能是：未启动、正常推进"),
        ({"本期进展": "写了。"}, "I5（自评）没有选。"),
        ({**GOOD, "同上期无新增": "忙"}, "J5（同上期无新增）填的是“忙”"),
        ({"本期进展": "慢。", "自评": "滞后"}, "第5行：自评为“滞后”时请填写存在问题。"),
        ({"自评": "正常推进", "同上期无新增": "本期无节点"}, "第5行：本单位以前没有报过这一项"),
        ({**GOOD, "本期进展": "长" * 2001}, "第5行：本期进展最多 2000 字，现在 2001 字。"),
    ],
)
def test_a_wrong_cell_is_named_and_the_sheet_is_not_taken(
    world: World, cells: dict[str, Any], said: str
) -> None:
    client = client_of(world.supervisor)
    answer = bring(client, {"a.xlsx": filled(exported(client, world.unit.pk), {0: GOOD, 1: cells})})
    [shown] = answer.context["waiting"]
    [wrong] = shown.rows.wrong
    assert wrong.compared.problems[0].startswith(said)
    assert "有错的表不能代录" in answer.content.decode()
    assert not shown.may_take
    ticked = f"{shown.kept.pk}:{shown.rows.digest}"
    address = "/progress/2020Q3/returns/"
    forced = client.post(address, {"action": "take", "take": [ticked]}, follow=True)
    assert "有错误或没有变化，没有代录" in forced.content.decode()
    assert not Progress.objects.exists()


def test_locked_cells_that_were_edited_change_nothing(world: World) -> None:
    client = client_of(world.supervisor)
    content = filled(
        exported(client, world.unit.pk),
        {0: {**GOOD, "重点工作": "改过的工作。", "完成时限": "2099年", "目标": "1 家",
             "原表序号": "90", "完成值": ""}},
    )  # fmt: skip
    answer = bring(client, {"a.xlsx": content})
    [row] = answer.context["waiting"][0].rows.changed
    assert [cell.header for cell in row.compared.cells] == ["本期进展", "自评"]
    take(client, answer)
    assert Progress.objects.get().duty == world.duties[0]
    world.tasks[0].refresh_from_db()
    assert "改过" not in world.tasks[0].content


def test_a_value_in_a_row_without_a_figure_is_named(world: World) -> None:
    client = client_of(world.supervisor)
    content = filled(exported(client, world.unit.pk), {0: {**GOOD, "完成值": 5}})
    [shown] = bring(client, {"a.xlsx": content}).context["waiting"]
    assert shown.rows.wrong[0].compared.problems == ("第4行：这一项没有可填的完成值。",)


def test_an_added_row_is_found_by_its_number_or_named(world: World) -> None:
    client = client_of(world.supervisor)
    added = {"任务来源": "实施方案", **GOOD}
    content = filled(
        exported(client, world.unit.pk),
        {3: {**added, "原表序号": "90"}, 4: {**added, "原表序号": "2"}, 1: GOOD},
    )
    [shown] = bring(client, {"a.xlsx": content}).context["waiting"]
    assert [row.compared.problems[0] for row in shown.rows.wrong] == [
        "第7行（实施方案 第90项）不是该单位本期的应报事项。",
        "第8行与第5行是同一项任务，请只留一行。",
    ]


def test_an_approved_row_is_not_written_over(world: World) -> None:
    client = client_of(world.supervisor)
    content = filled(exported(client, world.unit.pk), {0: GOOD})
    Progress.objects.create(
        duty=world.duties[0], text="好的。", self_assessment="normal", state="approved",
        first_submitted_on=TODAY, submitted_on=TODAY, delivered_on=TODAY, submitted_by="某人",
    )  # fmt: skip
    [shown] = bring(client, {"a.xlsx": content}).context["waiting"]
    assert "第4行本期进展已审核通过，不再接收" in shown.rows.wrong[0].compared.problems[0]


def test_a_closed_period_takes_nothing_any_more(world: World) -> None:
    client = client_of(world.supervisor)
    content = filled(exported(client, world.unit.pk), {0: GOOD})
    period = world.duties[0].plan_period
    period.state, period.closed_on = "closed", TODAY
    period.save()
    [shown] = bring(client, {"a.xlsx": content}).context["waiting"]
    assert "第4行报告期已关闭，不再接收" in shown.rows.wrong[0].compared.problems[0]


def test_a_hostile_name_is_shown_as_text(world: World) -> None:
    name = "<b>科技\u202eexslx.xlsx"
    bring(client_of(world.supervisor), {name: b"%PDF-1.7"})
    page = client_of(world.supervisor).get("/progress/2020Q3/returns/").content.decode()
    assert SheetReturn.objects.get().file_name == "<b>科技exslx.xlsx"
    assert "&lt;b&gt;科技exslx.xlsx" in page


def test_only_a_refused_file_may_be_without_its_content(world: World) -> None:
    period = world.duties[0].plan_period.period
    with pytest.raises(IntegrityError, match="tasks_sheetreturn_kept"):
        SheetReturn.objects.create(period=period, file_name="a", by_id="1", by_name="某人")
