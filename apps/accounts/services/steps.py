"""The steps of a unit's sign-off, and who stands at which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.accounts.access import holds, looks_after
from apps.accounts.models import Membership, SignStep, User
from apps.agencies.models import Agency
from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.common.text import fold

MOST_STEPS = 5
_POST_CHARS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it is wanted; `was` is its place so far, 0 for a new one."""

    post: str
    was: int = 0


def may_set_steps(actor: Actor, agency: Agency, today: date) -> bool:
    """The unit's own administrator and the system administrator."""
    return holds(actor, User.Duty.SYSTEM) or looks_after(actor, agency.pk, today)


@transaction.atomic
def sign_steps_set(
    *, actor: Actor, today: date, agency: Agency, steps: Sequence[Step], seen: Sequence[str]
) -> bool:
    """Replace the steps, in this order; `seen` are the posts the actor had before him.

    Places stay 1 to n without gaps. An approver moves with his step; one whose step is gone goes
    to the step that now has its place, or to the last: what waits there is not left without
    somebody who may sign it.
    """
    _check(actor, agency, today)
    agency = Agency.objects.select_for_update().get(pk=agency.pk)
    posts = [fold(step.post) for step in steps]
    _refuse_posts(posts)
    before = list(agency.sign_steps.order_by("position").values_list("post", flat=True))
    if before != list(seen):
        raise Conflict("审签环节刚被别人改过，请按现在的环节再改。")
    if posts == before and [step.was for step in steps] == list(range(1, len(posts) + 1)):
        return False
    agency.sign_steps.all().delete()
    SignStep.objects.bulk_create(
        SignStep(agency=agency, position=place, post=post)
        for place, post in enumerate(posts, start=1)
    )
    moves = {step.was: place for place, step in enumerate(steps, start=1) if step.was}
    _move_approvers(agency, moves, len(posts))
    changes = {"审签环节": (_said(before), _said(posts))}
    act = Act("更新审签环节", agency, changes, about_agency=agency)
    record(actor=actor, today=today, act=act)
    return True


def _refuse_posts(posts: Sequence[str]) -> None:
    reasons = []
    if len(posts) > MOST_STEPS:
        reasons.append(f"审签环节不超过 {MOST_STEPS} 个。")
    if any(not post for post in posts):
        reasons.append("每个环节都要写岗位。")
    reasons += [
        f"岗位“{post}”超过 {_POST_CHARS} 字，请写短些。"
        for post in posts
        if len(post) > _POST_CHARS
    ]
    reasons += [
        f"岗位“{post}”写了两次。" for post in sorted({p for p in posts if posts.count(p) > 1})
    ]
    if reasons:
        raise Refused(*reasons)


def _move_approvers(agency: Agency, moves: Mapping[int, int], many: int) -> None:
    approvers = agency.memberships.filter(role=Membership.Role.APPROVER).order_by("pk")
    moved = list(approvers.select_for_update())
    for membership in moved:
        kept = min(max(membership.step, 1), max(many, 1))
        membership.step = moves.get(membership.step, kept)
    Membership.objects.bulk_update(moved, ["step"])


def _said(posts: Sequence[str]) -> str | None:
    return " → ".join(posts) or None


@transaction.atomic
def approvers_place(*, actor: Actor, today: date, agency: Agency, places: Mapping[int, int]) -> int:
    """At which step each approver signs: {membership: step}; returns how many moved."""
    _check(actor, agency, today)
    agency = Agency.objects.select_for_update().get(pk=agency.pk)
    many = max(agency.sign_steps.count(), 1)
    approvers = agency.memberships.in_force(today).filter(role=Membership.Role.APPROVER)
    rows = {m.pk: m for m in approvers.select_for_update(of=("self",)).select_related("user")}
    if places.keys() - rows.keys():
        raise Conflict("审签人刚有变动，请按现在的名单再改。")
    if any(not 1 <= step <= many for step in places.values()):
        raise Refused(f"本单位的审签只有 {many} 个环节，请重新选择。")
    moved = [rows[pk] for pk, step in sorted(places.items()) if rows[pk].step != step]
    changes: dict[str, tuple[object, object]] = {}
    for membership in moved:
        changes[f"{membership.user.name}的环节"] = (membership.step, places[membership.pk])
        membership.step = places[membership.pk]
    Membership.objects.bulk_update(moved, ["step"])
    if moved:
        act = Act("更新审签人环节", agency, changes, about_agency=agency)
        record(actor=actor, today=today, act=act)
    return len(moved)


def _check(actor: Actor, agency: Agency, today: date) -> None:
    if not may_set_steps(actor, agency, today):
        raise NotAllowed("审签环节由本单位管理员或系统管理员设置。")
