"""人员交接: somebody leaves, and somebody else goes on where they stopped, in one act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.access import holds, rights_of
from apps.accounts.models import Line, Membership, User
from apps.accounts.services.memberships import people_locked, step_counts, terms_said
from apps.audit.services import Act, record_all
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.tasks.models import Draft

# Both may act until the day. Without an end to it a unit's own administrator, who gives no roles,
# could double any role of the unit.
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Handover:
    """Who leaves, who goes on, and the last day of the one who leaves."""

    leaving: User
    successor: User
    day: date
    switch_off: bool = False


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What was passed on; `kept` are the drafts of rows on which the successor has one already."""

    roles: int
    drafts: int
    kept: int


@transaction.atomic
def hand_over(*, actor: Actor, handover: Handover, today: date) -> HandedOver:
    """Give the successor all roles of the one who leaves, and the drafts.

    The roles of the one who leaves end on the day; where both have a draft of the same row, the
    successor's counts and the other stays with its writer.
    """
    _refuse_people(actor, handover)
    people = people_locked([handover.leaving.pk, handover.successor.pk])
    leaving, successor = people[handover.leaving.pk], people[handover.successor.pk]
    roles = _roles(leaving, today)
    _refuse_rights(actor, successor, roles, today)
    _refuse_state(handover, leaving, successor, roles, today)
    acts: list[Act] = []
    held = {(m.agency_id, m.role): m for m in successor.memberships.select_for_update()}
    steps = step_counts({role.agency_id for role in roles})
    for role in roles:
        mine = held.get((role.agency_id, role.role))
        acts += _pass_on(role, mine, successor, today, steps.get(role.agency_id, 1))
        acts += _end(role, leaving, successor, handover.day)
    moved, kept = _move_drafts(drafts_of(leaving, roles), successor)
    if moved:
        changes = {"草稿": (f"{leaving.name} {moved} 份", f"{successor.name} {moved} 份")}
        acts += [Act("移交草稿", leaving, changes), Act("接收草稿", successor, changes)]
    if handover.switch_off:
        leaving.is_active = False
        leaving.save(update_fields=["is_active"])
        acts.append(Act("修改用户", leaving, {"启用": ("是", "否")}, "人员交接"))
    record_all(actor=actor, today=today, acts=acts)
    return HandedOver(len(roles), moved, kept)


def _refuse_people(actor: Actor, handover: Handover) -> None:
    leaving, successor = handover.leaving, handover.successor
    if leaving.pk == successor.pk:
        raise Refused("不能交接给本人，请另选接手人。")
    if leaving.duty or successor.duty:
        raise Refused("管理员的职责由安全管理员授予和收回，不能交接。")
    if isinstance(actor, User) and actor.pk in {leaving.pk, successor.pk}:
        raise NotAllowed("自己的身份不能自己交出或接手，请由安全管理员办理。")


def _refuse_rights(actor: Actor, successor: User, roles: list[Membership], today: date) -> None:
    """A unit's own administrator stays inside the unit, with both of them."""
    if holds(actor, User.Duty.SECURITY):
        return
    ours = rights_of(actor, today).administers if isinstance(actor, User) else frozenset()
    theirs = set(successor.memberships.in_force(today).values_list("agency_id", flat=True))
    if not ours or not {role.agency_id for role in roles} <= ours or not theirs:
        raise NotAllowed("单位管理员只能在本单位的人员之间办理交接。")
    if not theirs <= ours:
        raise NotAllowed("接手人在别的单位有身份，请由安全管理员办理交接。")


def _refuse_state(
    handover: Handover, leaving: User, successor: User, roles: list[Membership], today: date
) -> None:
    reasons = []
    if not roles:
        reasons.append(f"{leaving.name}没有在用的身份，不用交接。")
    if not successor.is_active:
        reasons.append(f"{successor.name}的账号已停用，请另选接手人或先启用。")
    if handover.day < today:
        reasons.append("交接日期不能早于今天。")
    if handover.day > today + LONGEST:
        reasons.append(f"交接日期最晚在 {LONGEST.days} 天以内；要更晚的，请到时再办理。")
    if handover.switch_off and handover.day > today:
        reasons.append("停用账号时交接日期须是今天；要留任到以后，请先不停用。")
    if reasons:
        raise Refused(*reasons)


def _roles(leaving: User, today: date) -> list[Membership]:
    found = leaving.memberships.in_force(today).select_for_update(of=("self",))
    return list(found.select_related("agency").prefetch_related("lines").order_by("pk"))


def _pass_on(
    role: Membership, mine: Membership | None, successor: User, today: date, steps: int
) -> list[Act]:
    """The successor's role becomes as wide as both together."""
    lines: set[Line] = set(role.lines.all())
    step = min(role.step, steps)
    if mine is None:
        mine = Membership(user=successor, agency=role.agency, role=role.role, step=step)
        mine.ends_on = role.ends_on
    elif mine.is_in_force(today):
        lines |= set(mine.lines.all())
        mine.ends_on = _later(mine.ends_on, role.ends_on)
    else:
        mine.ends_on, mine.step = role.ends_on, step
    mine.save()
    mine.lines.set(lines)
    ordered = sorted(lines, key=lambda line: line.pk)
    return [Act("接手身份", successor, terms_said(None, mine, ordered), "人员交接", role.agency)]


def _later(one: date | None, other: date | None) -> date | None:
    """Without a day a role lasts."""
    return None if one is None or other is None else max(one, other)


def _end(role: Membership, leaving: User, successor: User, day: date) -> list[Act]:
    before = role.ends_on
    role.ends_on = day if before is None else min(before, day)
    role.save(update_fields=["ends_on"])
    changes = {
        "身份": (str(role), f"由{successor.name}接手"),
        "截止日期": (before, role.ends_on),
    }
    return [Act("交出身份", leaving, changes, "人员交接", role.agency)]


def drafts_of(leaving: User, roles: Iterable[Membership]) -> QuerySet[Draft]:
    """Those of the units whose roles are passed on: what was begun elsewhere is not theirs."""
    return Draft.objects.filter(user=leaving, duty__agency__in={role.agency_id for role in roles})


def _move_drafts(theirs: QuerySet[Draft], successor: User) -> tuple[int, int]:
    taken = Draft.objects.filter(user=successor).values("duty")
    moved = theirs.exclude(duty__in=taken).update(user=successor)
    return moved, theirs.count()
