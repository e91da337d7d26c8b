"""Opening accounts and giving roles from a workbook: read, previewed, then done as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.db import transaction

from apps.accounts.access import holds
from apps.accounts.models import User
from apps.accounts.roster import RosterRow, roster_rows
from apps.accounts.selectors.bulk import Preview, RoleWanted, accounts_preview, roles_preview
from apps.accounts.services.memberships import (
    Grant,
    grant_reasons,
    memberships_grant,
    step_counts,
)
from apps.accounts.services.users import NewAccount, Opened, account_reasons, accounts_open
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused, Unreadable
from apps.common.spreadsheets import OutSheet, read_sheets
from apps.ops.models import StoredFile
from apps.ops.services import file_bytes

_FIELDS = {"用户名": "username", "姓名": "name", "邮箱": "email"}
_TERMS = {
    "条线": "lines",
    "环节": "step",
    "截止日期": "ends_on",
    "账号": "username",
    "集合名称": "agency",
}


def roster_read(content: bytes, name: str) -> list[RosterRow]:
    """The rows of a workbook; Unreadable says why not."""
    with NamedTemporaryFile() as copy:
        copy.write(content)
        copy.flush()
        return roster_rows(read_sheets(Path(copy.name), name=name), name)


def roster_again(file: StoredFile, name: str) -> list[RosterRow]:
    """The rows of a workbook that was kept since its preview."""
    try:
        return roster_read(file_bytes(file), name)
    except FileNotFoundError as error:
        raise Unreadable(f"保存的文件“{name}”找不到了，请重新上传。") from error


def bulk_preview(*, actor: Actor, rows: list[RosterRow], today: date) -> Preview:
    """What confirming would do: accounts for the system administrator, roles for the security's."""
    if holds(actor, User.Duty.SYSTEM):
        return _accounts(rows)
    if holds(actor, User.Duty.SECURITY):
        return _roles(rows, today)
    raise NotAllowed("只有系统管理员和安全管理员可以批量导入。")


def _accounts(rows: list[RosterRow]) -> Preview:
    preview = accounts_preview(rows)
    for row in preview.new:
        for reason in account_reasons(_account(row)):
            preview.add(row, _named(reason, _FIELDS, "username"), reason)
    return preview


def _roles(rows: list[RosterRow], today: date) -> Preview:
    preview = roles_preview(rows, today)
    steps = step_counts({wanted.agency.pk for wanted in preview.roles})
    for row, wanted in zip(preview.new, preview.roles, strict=True):
        for reason in grant_reasons(
            wanted.user, _grant(wanted), steps.get(wanted.agency.pk, 1), today
        ):
            preview.add(row, _named(reason, _TERMS, "username"), reason)
    return preview


def _named(reason: str, words: dict[str, str], otherwise: str) -> str:
    return next((field for word, field in words.items() if word in reason), otherwise)


def _grant(wanted: RoleWanted) -> Grant:
    return Grant(wanted.agency, wanted.role, wanted.lines, wanted.ends_on, wanted.step or 1)


def _account(row: RosterRow) -> NewAccount:
    return NewAccount(row["username"], row["name"], row["email"])


@transaction.atomic
def bulk_open(*, actor: Actor, today: date, rows: list[RosterRow], seen: str) -> list[Opened]:
    """Open the accounts that were previewed; Conflict where it would be others by now."""
    if not holds(actor, User.Duty.SYSTEM):
        raise NotAllowed("只有系统管理员可以批量建立用户。")
    preview = _checked(_accounts(rows), seen)
    return accounts_open(actor=actor, today=today, accounts=[_account(row) for row in preview.new])


@transaction.atomic
def bulk_grant(*, actor: Actor, today: date, rows: list[RosterRow], seen: str) -> int:
    """Give the roles that were previewed; returns how many."""
    if not holds(actor, User.Duty.SECURITY):
        raise NotAllowed("只有安全管理员可以批量授予身份。")
    preview = _checked(_roles(rows, today), seen)
    grants = [(wanted.user, _grant(wanted)) for wanted in preview.roles]
    return len(memberships_grant(actor=actor, today=today, grants=grants))


def _checked(preview: Preview, seen: str) -> Preview:
    if preview.digest != seen:
        raise Conflict("预览以后用户或身份有了变动，没有写入。下面是新的预览，请核对后再确认。")
    if preview.problems:
        raise Refused(*(problem.message for problem in preview.problems))
    if not preview.new:
        raise Refused("表里的内容系统中都有了，不需要导入。")
    return preview


def passwords_sheet(opened: Sequence[Opened]) -> OutSheet:
    """The list to hand out."""
    return OutSheet(
        name="临时密码",
        headers=["用户名", "姓名", "临时密码"],
        rows=[[each.user.username, each.user.name, each.password] for each in opened],
        title_rows=[["临时密码（首次登录须修改，交本人后请销毁）", "", ""]],
        merges=[(0, 0, 0, 2)],
        widths=[20, 16, 24],
    )
