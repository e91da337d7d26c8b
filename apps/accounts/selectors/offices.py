"""What stands on the first page of the system and the security administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from apps.accounts.models import Membership, User
from apps.accounts.selectors.people import SOON, Held, held_of, locked_usernames
from apps.agencies.models import Agency

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SystemOffice:
    """Accounts and units in figures."""

    users: int
    off: int
    never: int
    locked: int
    units: int


def system_office() -> SystemOffice:
    """Three queries, whatever there is."""
    counts = User.objects.aggregate(
        users=Count("pk"),
        off=Count("pk", filter=Q(is_active=False)),
        never=Count("pk", filter=Q(last_login__isnull=True, is_active=True)),
        locked=Count("pk", filter=Q(username__in=locked_usernames())),
    )
    return SystemOffice(**counts, units=Agency.objects.count())


@dataclass(frozen=True, slots=True)
class SecurityOffice:
    """Roles in figures, and those that end within thirty days, the next first."""

    roles: int
    without: int
    ending_total: int
    ending: list[Held]


def security_office(today: date) -> SecurityOffice:
    """Switched-off accounts count nowhere."""
    roles = Membership.objects.in_force(today).filter(user__is_active=True)
    ending = roles.filter(ends_on__lte=today + SOON)
    shown = (
        ending.select_related("user", "agency")
        .prefetch_related("agency__sign_steps")
        .order_by("ends_on", "pk")[:_SHOWN]
    )
    without = User.objects.filter(duty="", is_active=True).exclude(pk__in=roles.values("user"))
    return SecurityOffice(
        roles=roles.count(),
        without=without.count(),
        ending_total=ending.count(),
        ending=[held_of(membership, today) for membership in shown],
    )
