"""What a workbook of people would do: accounts to open, or roles to give."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models.functions import Lower

from apps.accounts.models import Line, Membership, SignStep, User
from apps.accounts.roster import COLUMNS, RosterRow
from apps.agencies.models import Agency
from apps.agencies.selectors import names_everywhere
from apps.common.days import parse_day
from apps.common.errors import Refused
from apps.common.text import fold_tight

_SPLIT = re.compile(r"[、,，;；/\s]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell."""

    row: int
    column: str
    cell: str
    message: str


@dataclass(frozen=True, slots=True)
class RoleWanted:
    """A role that a row asks for."""

    user: User
    agency: Agency
    role: str
    lines: tuple[Line, ...]
    ends_on: date | None
    # None where the row does not say
    step: int | None


@dataclass(slots=True)
class Preview:
    """What confirming would do. Rows in `new` are to be created; with problems nothing is."""

    new: list[RosterRow] = field(default_factory=list)
    unchanged: list[RosterRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    roles: list[RoleWanted] = field(default_factory=list)

    @property
    def may_confirm(self) -> bool:
        return bool(self.new) and not self.problems

    @property
    def error_rows(self) -> int:
        return len({problem.row for problem in self.problems})

    @property
    def digest(self) -> str:
        """Stands for what the page showed: the same file may do something else tomorrow."""
        written = [
            [str(row.row), *sorted(f"{k}={v}" for k, v in row.texts.items())] for row in self.new
        ]
        return hashlib.sha256(repr(written).encode()).hexdigest()

    def add(self, row: RosterRow, name: str, message: str) -> None:
        self.problems.append(Problem(row.row, COLUMNS[name][0], row.cell(name), message))


def _people(rows: Iterable[RosterRow]) -> dict[str, User]:
    """By the account's name in small letters."""
    wanted = {row["username"].lower() for row in rows}
    users = User.objects.annotate(lowered=Lower("username")).filter(lowered__in=wanted)
    return {user.username.lower(): user for user in users}


def accounts_preview(rows: list[RosterRow]) -> Preview:
    """Accounts that the rows name and that are not there yet; wording is checked by the service."""
    preview = Preview()
    known = _people(rows)
    seen: dict[str, RosterRow] = {}
    for row in rows:
        key = row["username"].lower()
        first, user = seen.setdefault(key, row), known.get(key)
        if not key:
            preview.add(row, "username", "没有写用户名。")
        elif first is not row:
            _again(preview, row, first)
        elif user is None:
            preview.new.append(row)
        elif (user.username, user.name) != (row["username"], row["name"]):
            preview.add(row, "name", f"用户名“{user.username}”已是“{user.name}”的账号，请核对。")
        else:
            preview.unchanged.append(row)
    return preview


def _again(preview: Preview, row: RosterRow, first: RosterRow) -> None:
    """A further row of somebody: a role more, as long as it is the same person."""
    if (row["username"], row["name"]) != (first["username"], first["name"]):
        preview.add(row, "name", f"用户名与第 {first.row} 行相同，姓名不同，请核对。")
    elif row["email"] and row["email"] != first["email"]:
        preview.add(row, "email", f"与第 {first.row} 行同一个人，邮箱不同，请核对。")


@dataclass(frozen=True, slots=True)
class _Known:
    """All that rows may refer to, read at once."""

    people: dict[str, User]
    agencies: dict[int, Agency]
    names: dict[str, set[int]]
    lines: dict[str, Line]
    held: dict[tuple[int, int, str], Membership]
    # by unit: the place of each post of its sign-off
    steps: dict[int, dict[str, int]]


def roles_preview(rows: list[RosterRow], today: date) -> Preview:
    """Roles that the rows ask for and that are not in force yet."""
    preview = Preview()
    people = _people(rows)
    held = Membership.objects.filter(user__in=people.values()).prefetch_related("lines")
    known = _Known(
        people=people,
        agencies={agency.pk: agency for agency in Agency.objects.all()},
        names=names_everywhere(),
        lines={fold_tight(line.name): line for line in Line.objects.all()},
        held={(m.user_id, m.agency_id, m.role): m for m in held},
        steps=_steps(),
    )
    seen: dict[tuple[int, int, str], int] = {}
    for row in rows:
        before = len(preview.problems)
        wanted = _role(preview, row, known)
        if wanted is None or len(preview.problems) > before:
            continue
        key = (wanted.user.pk, wanted.agency.pk, wanted.role)
        if key in seen:
            preview.add(row, "role", f"与第 {seen[key]} 行重复，请删去一行。")
            continue
        seen[key] = row.row
        _compare(preview, row, wanted, known.held.get(key), today)
    return preview


def _steps() -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for step in SignStep.objects.all():
        found.setdefault(step.agency_id, {})[fold_tight(step.post)] = step.position
    return found


def _role(preview: Preview, row: RosterRow, known: _Known) -> RoleWanted | None:
    user = _user(preview, row, known)
    agency = _agency(preview, row, known)
    role = {label: value for value, label in Membership.Role.choices}.get(row["role"], "")
    if not role:
        labels = "、".join(str(label) for label in Membership.Role.labels)
        said = f"没有“{row['role']}”这种身份" if row["role"] else "没有写身份"
        preview.add(row, "role", f"{said}，请写{labels}之一。")
    lines = _lines(preview, row, known)
    ends_on = _day(preview, row)
    if user is None or agency is None or not role:
        return None
    step = _step(preview, row, role, known.steps.get(agency.pk, {}))
    return RoleWanted(user, agency, role, lines, ends_on, step)


def _user(preview: Preview, row: RosterRow, known: _Known) -> User | None:
    user = known.people.get(row["username"].lower())
    if user is None:
        said = f"没有用户“{row['username']}”，请系统管理员先建立账号。"
        preview.add(row, "username", said if row["username"] else "没有写用户名。")
    elif user.name != row["name"]:
        preview.add(row, "name", f"用户名“{user.username}”是“{user.name}”的账号，请核对。")
    return user


def _agency(preview: Preview, row: RosterRow, known: _Known) -> Agency | None:
    found = known.names.get(fold_tight(row["agency"]), set())
    if len(found) == 1:
        return known.agencies[next(iter(found))]
    if not row["agency"]:
        preview.add(row, "agency", "没有写单位。")
    elif found:
        said = f"有 {len(found)} 个单位叫“{row['agency']}”，请写全称。"
        preview.add(row, "agency", said)
    else:
        preview.add(row, "agency", f"单位库里没有“{row['agency']}”，请先登记单位或改用库里的名称。")
    return None


def _lines(preview: Preview, row: RosterRow, known: _Known) -> tuple[Line, ...]:
    found = []
    for name in filter(None, _SPLIT.split(row["lines"])):
        line = known.lines.get(fold_tight(name))
        if line is None:
            preview.add(row, "lines", f"没有“{name}”这条条线，请先在“条线”里增加。")
        elif line not in found:
            found.append(line)
    return tuple(found)


def _day(preview: Preview, row: RosterRow) -> date | None:
    if not row["ends_on"]:
        return None
    try:
        return parse_day(row["ends_on"])
    except Refused as refused:
        preview.add(row, "ends_on", refused.reasons[0])
        return None


def _step(preview: Preview, row: RosterRow, role: str, posts: dict[str, int]) -> int | None:
    """By its number or its post; whether the unit has as many steps is for the service to say."""
    said = fold_tight(row["step"])
    if not said:
        return None
    if role != Membership.Role.APPROVER:
        preview.add(row, "step", "只有审签人有审签环节，请清空这一格。")
    elif said in posts or re.fullmatch("[1-9]", said):
        return posts[said] if said in posts else int(said)
    else:
        preview.add(
            row, "step", f"没有“{row['step']}”这个审签环节，请写岗位或 1、2、3 这样的数字。"
        )
    return None


def _compare(
    preview: Preview, row: RosterRow, wanted: RoleWanted, held: Membership | None, today: date
) -> None:
    if held is None or not held.is_in_force(today):
        preview.new.append(row)
        preview.roles.append(wanted)
    elif (held.ends_on, held.step, {*held.lines.all()}) == (
        wanted.ends_on, wanted.step or held.step, {*wanted.lines}
    ):  # fmt: skip
        preview.unchanged.append(row)
    else:
        said = "已有这项身份，条线、审签环节或截止日期不同，请在该用户的页面上改。"
        preview.add(row, "role", said)
