"""What a person is entitled to, read once per request from the memberships in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import Membership, User

Person = User | AnonymousUser
_Role = Membership.Role


@dataclass(frozen=True, slots=True)
class Rights:
    """The roles of one person on one day. An administrator has none of them."""

    agency_ids: frozenset[int] = frozenset()
    reporter_of: frozenset[int] = frozenset()
    approver_of: frozenset[int] = frozenset()
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
    memberships = list(
        user.memberships.in_force(today)
        .select_related("agency")
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
        administers=units(_Role.UNIT_ADMIN),
        supervises=fields(_Role.SUPERVISOR),
        leads=frozenset(line for _, line in fields(_Role.LEADER)),
        agency_name=first.agency.name,
        role_label=first.get_role_display(),
    )
