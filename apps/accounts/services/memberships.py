"""Giving, changing and ending what a person is in a unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction

from apps.accounts.access import holds, looks_after
from apps.accounts.models import Line, Membership, SignStep, User
from apps.agencies.models import Agency
from apps.audit.services import Act, record, record_all
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused

_Role = Membership.Role
# answer for fields of work; the others for their unit as a whole
LINED = frozenset({_Role.SUPERVISOR.value, _Role.LEADER.value})


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a unit; `lines` for supervisors and leaders, `step` for approvers."""

    agency: Agency
    role: str
    lines: Sequence[Line] = field(default=())
    ends_on: date | None = None
    step: int = 1


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms somebody holds a role."""

    lines: Sequence[Line] = field(default=())
    ends_on: date | None = None
    step: int = 1


def membership_grant(*, actor: Actor, today: date, user: User, grant: Grant) -> Membership:
    """Give a person a role in a unit; one that has ended comes into force again."""
    return memberships_grant(actor=actor, today=today, grants=[(user, grant)])[0]


@transaction.atomic
def memberships_grant(
    *, actor: Actor, today: date, grants: Sequence[tuple[User, Grant]]
) -> list[Membership]:
    """Many at once, all or none. The database refuses it for administrators besides."""
    if not holds(actor, User.Duty.SECURITY):
        raise NotAllowed("只有安全管理员可以授予身份。")
    people = people_locked(user.pk for user, _ in grants)
    steps = step_counts({grant.agency.pk for _, grant in grants})
    current = _held(people)
    reasons: list[str] = []
    for user, grant in grants:
        person = people[user.pk]
        known = current.get((person.pk, grant.agency.pk, grant.role))
        reasons += grant_reasons(person, grant, steps.get(grant.agency.pk, 1), today)
        if known is not None and known.is_in_force(today):
            reasons.append(f"{person.name}已经是{known}，不用再授予。")
    if reasons:
        raise Refused(*dict.fromkeys(reasons))
    if len({(user.pk, grant.agency.pk, grant.role) for user, grant in grants}) < len(grants):
        raise Refused("同一个人的同一项身份写了两次，请删去一次。")
    granted = _granted([(people[user.pk], grant) for user, grant in grants], current)
    record_all(
        actor=actor,
        today=today,
        acts=[
            Act("授予身份", people[m.user_id], terms_said(None, m, grant.lines), "", m.agency)
            for m, (_, grant) in zip(granted, grants, strict=True)
        ],
    )
    return granted


def grant_reasons(user: User, grant: Grant, steps: int, today: date) -> list[str]:
    """Why this person cannot have this role, one sentence each."""
    reasons = []
    if user.duty:
        reasons.append(
            f"{user.name}是{user.get_duty_display()}，系统、安全、审计管理员不能兼任业务身份。"
        )
    if not user.is_active:
        reasons.append(f"{user.name}的账号已停用，请先启用或另选一人。")
    if grant.agency.collective:
        reasons.append(f"“{grant.agency}”是集合名称，不能在里面授予身份。")
    if grant.role not in _Role.values:
        return [*reasons, "没有这种身份，请从列表里选。"]
    return reasons + _terms_reasons(
        grant.role, Terms(grant.lines, grant.ends_on, grant.step), steps, today
    )


def _terms_reasons(role: str, terms: Terms, steps: int, today: date) -> list[str]:
    reasons = []
    label = _Role(role).label
    if role in LINED and not terms.lines:
        reasons.append(f"{label}须选至少一条条线。")
    if role not in LINED and terms.lines:
        reasons.append(f"{label}不分条线，请把条线清空。")
    if terms.ends_on is not None and terms.ends_on < today:
        reasons.append(f"截止日期 {terms.ends_on.isoformat()} 已经过去，请改为今天或以后。")
    if role == _Role.APPROVER and not 1 <= terms.step <= steps:
        reasons.append(f"本单位的审签只有 {steps} 个环节，没有第 {terms.step} 环节。")
    return reasons


def _granted(
    grants: Sequence[tuple[User, Grant]], current: dict[tuple[int, int, str], Membership]
) -> list[Membership]:
    """Saved set by set: a workbook brings hundreds."""
    granted = []
    for user, grant in grants:
        key = (user.pk, grant.agency.pk, grant.role)
        membership = current.get(key) or Membership(user=user, agency=grant.agency, role=grant.role)
        membership.ends_on = grant.ends_on
        membership.step = grant.step if grant.role == _Role.APPROVER else 1
        granted.append(membership)
    Membership.objects.bulk_update([m for m in granted if m.pk], ["ends_on", "step"])
    Membership.lines.through.objects.filter(membership__in=[m for m in granted if m.pk]).delete()
    Membership.objects.bulk_create([m for m in granted if not m.pk], batch_size=500)
    Membership.lines.through.objects.bulk_create(
        [
            Membership.lines.through(membership=membership, line=line)
            for membership, (_user, grant) in zip(granted, grants, strict=True)
            for line in dict.fromkeys(grant.lines)
        ],
        batch_size=500,
    )
    return granted


@transaction.atomic
def membership_change(
    *, actor: Actor, today: date, membership: Membership, seen: date | None, terms: Terms
) -> bool:
    """New lines, end date or step. `seen` is the end date the actor saw.

    The security administrator changes all of it, the unit's own administrator the step alone.
    """
    membership = _locked(membership)
    if membership.ends_on != seen:
        raise Conflict(f"{membership.user.name}的“{membership}”刚被别人改过，请核对后再改。")
    before = _said_of(membership, list(membership.lines.order_by("pk")))
    _check_change(actor, membership, terms, today)
    membership.ends_on = terms.ends_on
    membership.step = terms.step
    after = _said_of(membership, terms.lines)
    changes = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    if not changes:
        return False
    membership.save(update_fields=["ends_on", "step"])
    membership.lines.set(terms.lines)
    act = Act("改动身份", membership.user, changes, f"{membership}", membership.agency)
    record(actor=actor, today=today, act=act)
    return True


def _check_change(actor: Actor, membership: Membership, terms: Terms, today: date) -> None:
    same = set(terms.lines) == set(membership.lines.all()) and terms.ends_on == membership.ends_on
    if not holds(actor, User.Duty.SECURITY) and not (
        same and looks_after(actor, membership.agency_id, today)
    ):
        raise NotAllowed("身份、条线和截止日期只有安全管理员可以改；审签环节由本单位管理员改。")
    if not membership.is_in_force(today):
        raise Refused(f"“{membership}”已经结束，请重新授予。")
    steps = step_counts({membership.agency_id}).get(membership.agency_id, 1)
    if reasons := _terms_reasons(membership.role, terms, steps, today):
        raise Refused(*reasons)


@transaction.atomic
def membership_end(*, actor: Actor, today: date, membership: Membership, reason: str = "") -> None:
    """Take a role at once; it stays on the person's page as one that has ended."""
    if not holds(actor, User.Duty.SECURITY):
        raise NotAllowed("只有安全管理员可以收回身份。")
    membership = _locked(membership)
    if not membership.is_in_force(today):
        raise Conflict(f"“{membership}”已经结束。")
    before, membership.ends_on = membership.ends_on, today - timedelta(days=1)
    membership.save(update_fields=["ends_on"])
    changes = {"身份": (str(membership), None), "截止日期": (before, membership.ends_on)}
    act = Act("收回身份", membership.user, changes, reason, membership.agency)
    record(actor=actor, today=today, act=act)


def terms_said(
    before: dict[str, object] | None, membership: Membership, lines: Iterable[Line]
) -> dict[str, tuple[object, object]]:
    """For the log: what somebody is now, on which terms, against what was."""
    after = {"身份": str(membership), **_said_of(membership, lines)}
    old = before or {}
    return {name: (old.get(name), value) for name, value in after.items() if value != old.get(name)}


def _said_of(membership: Membership, lines: Iterable[Line]) -> dict[str, object]:
    said: dict[str, object] = {
        "条线": "、".join(line.name for line in lines) or None,
        "截止日期": membership.ends_on,
    }
    if membership.role == _Role.APPROVER:
        said["审签环节"] = membership.step
    return said


def people_locked(pks: Iterable[int]) -> dict[int, User]:
    """In the order in which everybody takes them."""
    found = User.objects.select_for_update().filter(pk__in=set(pks)).order_by("pk")
    return {user.pk: user for user in found}


def _held(people: dict[int, User]) -> dict[tuple[int, int, str], Membership]:
    held = Membership.objects.filter(user__in=people).select_related("agency")
    return {(m.user_id, m.agency_id, m.role): m for m in held}


def step_counts(agency_ids: Iterable[int]) -> dict[int, int]:
    """How many steps the sign-off of these units has; one without any is left out: it has 1."""
    counts: dict[int, int] = {}
    for agency_id in SignStep.objects.filter(agency__in=agency_ids).values_list(
        "agency_id", flat=True
    ):
        counts[agency_id] = counts.get(agency_id, 0) + 1
    return counts


def _locked(membership: Membership) -> Membership:
    people_locked([membership.user_id])
    return (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "agency")
        .get(pk=membership.pk)
    )
