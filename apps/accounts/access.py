"""What a person is entitled to, read once per request from the memberships in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef

from apps.accounts.models import Membership, SignStep, User
from apps.common.actor import Actor

Person = User | AnonymousUser
_Role = Membership.Role


@dataclass(frozen=True, slots=True)
class Rights:
    """The roles of one person on one day. An administrator has none of them."""

    agency_ids: frozenset[int] = frozenset()
    reporter_of: frozenset[int] = frozenset()
    approver_of: frozenset[int] = frozenset()
    # (agency, step): at which step of the unit's sign-off an approver signs
    signs: frozenset[tuple[int, int]] = frozenset()
    # units whose people, contacts and sign-off steps the person looks after
    administers: frozenset[int] = frozenset()
    # (agency, line): a supervisor answers for the plans of this agency under this line
    supervises: frozenset[tuple[int, int]] = frozenset()
    # the lines a leader has in charge
    leads: frozenset[int] = frozenset()
    agency_name: str = ""
    role_label: str = ""

    @property
    def is_supervisor(self) -> bool:
        return bool(self.supervises)

    @property
    def is_leader(self) -> bool:
        return bool(self.leads)


def rights_of(person: Person, today: date) -> Rights:
    """The person's rights; kept on the person's object for the rest of the request."""
    if not isinstance(person, User):
        return Rights()
    kept: tuple[date, Rights] | None = person.__dict__.get("_rights")
    if kept is None or kept[0] != today:
        kept = today, _read(person, today)
        person.__dict__["_rights"] = kept
    return kept[1]


def _read(user: User, today: date) -> Rights:
    if user.duty:
        return Rights(role_label=user.get_duty_display())
    memberships: list[Any] = list(
        user.memberships.in_force(today)
        .select_related("agency")
        # a step that was laid down and given up since means nothing
        .annotate(steps_laid_down=Exists(SignStep.objects.filter(agency=OuterRef("agency"))))
        .prefetch_related("lines")
        .order_by("pk")
    )
    if not memberships:
        return Rights()
    first = memberships[0]

    def units(role: str) -> frozenset[int]:
        return frozenset(m.agency_id for m in memberships if m.role == role)

    def fields(role: str) -> frozenset[tuple[int, int]]:
        return frozenset(
            (m.agency_id, line.pk) for m in memberships if m.role == role for line in m.lines.all()
        )

    return Rights(
        agency_ids=frozenset(m.agency_id for m in memberships),
        reporter_of=units(_Role.REPORTER),
        approver_of=units(_Role.APPROVER),
        signs=frozenset(
            (m.agency_id, m.step if m.steps_laid_down else 1)
            for m in memberships
            if m.role == _Role.APPROVER
        ),
        administers=units(_Role.UNIT_ADMIN),
        supervises=fields(_Role.SUPERVISOR),
        leads=frozenset(line for _, line in fields(_Role.LEADER)),
        agency_name=first.agency.name,
        role_label=first.get_role_display(),
    )


def holds(actor: Actor, duty: User.Duty) -> bool:
    """Whether the actor has this administrator's duty; commands and the loader act for all."""
    return not isinstance(actor, User) or actor.duty == duty


def looks_after(actor: Actor, agency_id: int, today: date) -> bool:
    """Whether the actor is the unit's own administrator (单位管理员)."""
    return isinstance(actor, User) and agency_id in rights_of(actor, today).administers


def looks_after_person(actor: Actor, person: User, today: date) -> bool:
    """The unit's own administrator, for somebody else whose roles are all in that unit.

    A person with a role elsewhere is left to the system administrator: a new password would open
    the other unit's reports too.
    """
    if not isinstance(actor, User) or actor.pk == person.pk or person.duty:
        return False
    ours = rights_of(actor, today).administers
    theirs = set(person.memberships.in_force(today).values_list("agency_id", flat=True))
    return bool(theirs) and theirs <= ours
