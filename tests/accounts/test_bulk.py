"""People from a workbook: read in any order, previewed, confirmed as a whole."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership, SignStep, User
from apps.accounts.roster import roster_rows
from apps.accounts.services.bulk import bulk_grant, bulk_open, bulk_preview
from apps.agencies.models import Alias
from apps.audit.models import Entry
from apps.common.errors import Conflict, NotAllowed, Unreadable
from apps.common.spreadsheets import OutSheet, read_sheets, write_sheet
from apps.ops.models import Installation, StoredFile
from tests.accounts.pages import client_of, security_admin, system_admin
from tests.builders import TODAY, make_agency, make_line, make_member, make_user

pytestmark = pytest.mark.django_db
BULK = "/people/bulk/"
HEADS = ["用户名", "姓名", "单位", "身份", "条线", "截止日期", "邮箱"]
Row = list[str]


@pytest.fixture(autouse=True)
def _day(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    Installation.objects.create(pk=1, sample=True, business_date=TODAY)


def workbook(tmp_path: Path, rows: list[Row], heads: list[str] = HEADS) -> SimpleUploadedFile:
    path = tmp_path / "人员.xlsx"
    write_sheet(path, OutSheet(name="人员", headers=heads, rows=rows))
    return SimpleUploadedFile("人员.xlsx", path.read_bytes())


def upload(client: Client, file: Any) -> Any:
    answer = client.post(BULK, {"action": "upload", "file": file})
    return client.get(BULK) if answer.status_code == 302 else answer


def confirm(client: Client, page: Any) -> Any:
    seen = re.search(r'name="seen" value="(\w+)"', page.content.decode())
    return client.post(BULK, {"action": "confirm", "seen": seen[1] if seen else ""})


def test_accounts_are_opened_with_passwords_that_are_offered_once(tmp_path: Path) -> None:
    client = client_of(system_admin())
    rows = [
        ["li", "李明", "省科技厅", "填报员", "", "", "li@b.cn"],
        ["li", "李明", "省科技厅", "审签人", "", "", ""],
        ["wang", "王芳", "", "", "", "", ""],
    ]
    page = upload(client, workbook(tmp_path, rows))
    assert "确认建立 2 个账号" in page.content.decode()
    assert '<td class="no">4</td>' in page.content.decode()
    assert User.objects.filter(duty="").count() == 0
    done = confirm(client, page)
    text = done.content.decode()
    assert "已建立 2 个账号" in text
    assert "no-store" in done.headers["Cache-Control"]
    encoded = re.search(r"base64,([^\"]+)\"", text)
    assert encoded
    path = tmp_path / "passwords.xlsx"
    path.write_bytes(base64.b64decode(unquote(encoded[1].replace("&#x3D;", "="))))
    [sheet] = read_sheets(path, name="临时密码.xlsx")
    given = {row[0]: row[2] for row in sheet.rows[2:]}
    assert given.keys() == {"li", "wang"}
    for user in User.objects.filter(duty=""):
        assert user.check_password(given[user.username])
        assert user.must_change_password
        assert given[user.username] not in repr(list(Entry.objects.values()))
    assert User.objects.get(username="li").email == "li@b.cn"
    assert not Membership.objects.exists()
    assert Entry.objects.filter(action="建立用户").count() == 2
    # the file is gone from the session: nothing is left to confirm, and no password to see
    again = client.get(BULK).content.decode()
    assert "下载模板" in again
    assert not set(given.values()) & set(re.findall(r"[\w-]+", again))


def test_the_same_workbook_gives_the_roles(tmp_path: Path) -> None:
    unit, line = make_agency("省科技厅", full_name="广东省科学技术厅"), make_line("数字")
    Alias.objects.create(agency=unit, name="科技厅", basis="来文")
    li, wang = make_user("li", name="李明"), make_user("wang", name="王芳")
    rows = [
        ["li", "李明", "科技厅", "填报员", "", "2021/12/31", ""],
        ["wang", "王芳", "广东省科学技术厅", "督查员", "条线数字", "", ""],
    ]
    client = client_of(security_admin())
    page = upload(client, workbook(tmp_path, rows))
    assert "确认授予 2 项身份" in page.content.decode()
    assert confirm(client, page).status_code == 302
    assert str(li.memberships.get().ends_on) == "2021-12-31"
    assert list(wang.memberships.get().lines.all()) == [line]
    assert Entry.objects.filter(action="授予身份").count() == 2
    page = upload(client, workbook(tmp_path, rows))
    assert "系统中都有了" in page.content.decode()
    assert confirm(client, page).status_code == 409


def test_an_approver_is_put_at_a_step_by_its_number_or_its_post(tmp_path: Path) -> None:
    unit = make_agency("省科技厅")
    for place, post in enumerate(("科室负责人", "分管领导"), start=1):
        SignStep.objects.create(agency=unit, position=place, post=post)
    heads = ["用户名", "姓名", "单位", "身份", "审签环节"]
    rows = [
        [name, make_user(name, name=name).name, "省科技厅", "审签人", step]
        for name, step in (("li", "2"), ("wang", "分管领导"), ("chen", ""))
    ]
    client = client_of(security_admin())
    page = upload(client, workbook(tmp_path, rows, heads))
    assert confirm(client, page).status_code == 302
    assert list(unit.memberships.order_by("pk").values_list("step", flat=True)) == [2, 2, 1]
    page = upload(client, workbook(tmp_path, [[*row[:4], ""] for row in rows], heads))
    assert "系统中都有了" in page.content.decode()
    wrong = [
        [*rows[0][:4], "1"],
        ["zhou", make_user("zhou", name="zhou").name, "省科技厅", "审签人", "3"],
        ["wu", make_user("wu", name="wu").name, "省科技厅", "审签人", "主要领导"],
        ["xu", make_user("xu", name="xu").name, "省科技厅", "填报员", "1"],
    ]
    text = said_of(client, workbook(tmp_path, wrong, heads))
    for cell, said in (
        ("D2", "审签环节或截止日期不同"),
        ("E3", "没有第 3 环节"),
        ("E4", "没有“主要领导”这个审签环节"),
        ("E5", "只有审签人有审签环节"),
    ):
        assert f">{cell}<" in text, cell
        assert said in text, said
    assert unit.memberships.count() == 3


def test_columns_stand_in_any_order_below_a_title(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    sheet = OutSheet(
        name="甲",
        headers=["备注", "姓 名", "邮箱", "用户名"],
        rows=[["无", " 李明 ", "", "ＬＩ"], ["", "", "", ""]],
        title_rows=[["人员表", "", "", ""]],
    )
    write_sheet(path, sheet)
    [row] = roster_rows(read_sheets(path, name="a.xlsx"), "a.xlsx")
    assert (row.row, row["username"], row["name"], row["agency"]) == (3, "LI", "李明", "")
    assert (row.cell("username"), row.cell("agency")) == ("D3", "")


def said_of(client: Client, file: Any) -> str:
    text: str = upload(client, file).content.decode()
    assert "整份表都不能导入" in text
    assert confirm(client, client.get(BULK)).status_code in {409, 422}
    return text


def test_each_error_of_an_account_names_its_cell(tmp_path: Path) -> None:
    make_user("taken", name="别人")
    rows = [
        ["taken", "李明"] + [""] * 5,
        ["", "无名"] + [""] * 5,
        ["a b", "某"] + [""] * 5,
        ["li", "李明"] + [""] * 5,
        ["li", "李四"] + [""] * 5,
        ["wang", "王芳", "", "", "", "", "nowhere"],
    ]
    text = said_of(client_of(system_admin()), workbook(tmp_path, rows))
    for cell, said in (
        ("B2", "已是“别人”的账号"),
        ("A3", "没有写用户名"),
        ("A4", "中间不能有空格"),
        ("B6", "与第 5 行相同，姓名不同"),
        ("G7", "不是电子邮箱地址"),
    ):
        assert f">{cell}<" in text, cell
        assert said in text, said
    assert not User.objects.filter(username="li").exists()


def test_each_error_of_a_role_names_its_cell(tmp_path: Path) -> None:
    make_agency("省科技厅")
    for region in ("广东省", "湖南省"):
        make_agency("省档案局", region=region)
    make_line("数字")
    for name in ("li", "wang", "chen", "zhou", "wu", "xu"):
        make_user(name, name=name)
    make_user("guan", name="guan", duty="audit")
    SignStep.objects.create(agency=make_agency("省科技厅"), position=1, post="甲")
    rows = [
        ["nobody", "无名", "省科技厅", "填报员", "", "", ""],
        ["li", "李四", "省科技厅", "填报员", "", "", ""],
        ["wang", "wang", "省档案局", "填报员", "", "", ""],
        ["chen", "chen", "不存在厅", "厅长", "没有的", "明年", ""],
        ["zhou", "zhou", "省科技厅", "督查员", "", "", ""],
        ["wu", "wu", "省科技厅", "填报员", "", "2019-01-01", ""],
        ["guan", "guan", "省科技厅", "填报员", "", "", ""],
        ["xu", "xu", "省科技厅", "填报员", "", "", ""],
        ["xu", "xu", "省科技厅", "填报员", "", "", ""],
    ]
    text = said_of(client_of(security_admin()), workbook(tmp_path, rows))
    for cell, said in (
        ("A2", "没有用户“nobody”"),
        ("B3", "是“li”的账号"),
        ("C4", "有 2 个单位叫“省档案局”"),
        ("C5", "单位库里没有“不存在厅”"),
        ("D5", "没有“厅长”这种身份"),
        ("E5", "没有“没有的”这条条线"),
        ("F5", "不是日期"),
        ("E6", "督查员须选至少一条条线"),
        ("F7", "已经过去"),
        ("A8", "不能兼任业务身份"),
        ("D10", "与第 9 行重复"),
    ):
        assert f">{cell}<" in text, cell
        assert said in text, said
    assert not Membership.objects.exists()


def test_what_changed_since_the_preview_is_previewed_again(tmp_path: Path) -> None:
    client = client_of(system_admin())
    page = upload(client, workbook(tmp_path, [["li", "李明"] + [""] * 5, ["w", "王"] + [""] * 5]))
    page = upload(client, workbook(tmp_path, [["li", "李明"] + [""] * 5, ["wa", "王"] + [""] * 5]))
    make_user("wa", name="王")
    answer = confirm(client, page)
    assert answer.status_code == 409
    assert "预览以后" in answer.content.decode()
    assert not User.objects.filter(username="li").exists()
    assert confirm(client, answer).status_code == 200
    assert User.objects.filter(username="li").exists()


def test_who_gives_no_roles_confirms_none(tmp_path: Path) -> None:
    make_agency("省科技厅")
    make_user("li", name="李明")
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(tmp_path, [["li", "李明", "省科技厅", "填报员", "", "", ""]]).read())
    rows = roster_rows(read_sheets(path, name="a"), "a")
    system, security = system_admin(), security_admin()
    seen = bulk_preview(actor=security, rows=rows, today=TODAY).digest
    with pytest.raises(NotAllowed):
        bulk_grant(actor=system, today=TODAY, rows=rows, seen=seen)
    with pytest.raises(NotAllowed):
        bulk_open(actor=security, today=TODAY, rows=rows, seen=seen)
    with pytest.raises(NotAllowed):
        bulk_preview(actor=make_user(duty="audit"), rows=rows, today=TODAY)
    with pytest.raises(Conflict):
        bulk_grant(actor=security, today=TODAY, rows=rows, seen="x")
    local = make_member(make_agency("省科技厅"), "unit_admin")
    assert client_of(local).get(BULK).status_code == 403
    assert client_of(make_member(make_agency(), "reporter")).get(BULK).status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04broken", "已损坏或不完整"),
        (b"not a workbook", "没有同时写着"),
        (b"", "文件是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "不是 Excel 工作簿"),
    ],
)
def test_a_hostile_file_is_refused_with_a_sentence_and_not_kept(content: bytes, said: str) -> None:
    client = client_of(system_admin())
    answer = upload(client, SimpleUploadedFile("坏.xlsx", content))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not StoredFile.objects.exists()


def test_too_much_or_too_little_is_refused(tmp_path: Path) -> None:
    client = client_of(system_admin())
    large = SimpleUploadedFile("大.xlsx", b"PK" + b"0" * (5 * 1024 * 1024))
    for file, said in (
        (workbook(tmp_path, []), "表头下面没有内容"),
        (workbook(tmp_path, [["a"] * 2], heads=["账户", "名字"]), "没有同时写着"),
        (workbook(tmp_path, [[f"u{n}", "某"] + [""] * 5 for n in range(1001)]), "1000 行的上限"),
        (large, "超过 5 MB"),
        ("", "请选择要导入的文件"),
    ):
        answer = upload(client, file)
        assert answer.status_code == 422, said
        assert said in answer.content.decode()
    assert confirm(client, client.get(BULK)).status_code == 302


def test_the_template_is_read_back(tmp_path: Path) -> None:
    answer = client_of(security_admin()).get("/people/bulk/template/")
    path = tmp_path / "t.xlsx"
    path.write_bytes(BytesIO(answer.getvalue()).read())
    with pytest.raises(Unreadable, match="表头下面没有内容"):
        roster_rows(read_sheets(path, name="t"), "t")


def test_the_number_of_queries_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    make_agency("省科技厅")
    security, system = security_admin(), system_admin()

    def queries(many: int, start: int) -> tuple[int, int]:
        people = [make_user(f"u{n}", name=f"u{n}") for n in range(start, start + many)]
        written = [[p.username, p.name, "省科技厅", "填报员", "", "", ""] for p in people]
        path = tmp_path / "a.xlsx"
        path.write_bytes(workbook(tmp_path, written).read())
        known = roster_rows(read_sheets(path, name="a"), "a")
        path.write_bytes(workbook(tmp_path, [[f"n{r[0]}", *r[1:]] for r in written]).read())
        new = roster_rows(read_sheets(path, name="a"), "a")
        with CaptureQueriesContext(connection) as roles:
            wanted = bulk_preview(actor=security, rows=known, today=TODAY).digest
            assert bulk_grant(actor=security, today=TODAY, rows=known, seen=wanted) == many
        with CaptureQueriesContext(connection) as accounts:
            seen = bulk_preview(actor=system, rows=new, today=TODAY).digest
            assert len(bulk_open(actor=system, today=TODAY, rows=new, seen=seen)) == many
        return len(roles), len(accounts)

    assert queries(2, 0) == queries(20, 100)


def test_a_second_confirmation_does_nothing(tmp_path: Path) -> None:
    client = client_of(system_admin())
    page = upload(client, workbook(tmp_path, [["li", "李明"] + [""] * 5]))
    assert confirm(client, page).status_code == 200
    before = User.objects.get(username="li").password
    answer = confirm(client, page)
    assert answer.status_code in {302, 409, 422}
    assert User.objects.get(username="li").password == before
