"""Who has an account and what they are; who may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from apps.accounts.access import Rights
from apps.accounts.models import Line, Membership, SignStep, User
from apps.agencies.models import Agency
from apps.common.text import fold

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a list of people is narrowed; empty narrows nothing."""

    words: str = ""
    unit: int | None = None
    role: str = ""
    duty: str = ""
    # on, off, never (has not come in yet), locked, ending (a role ends soon), none (has no role)
    state: str = ""
    # the units whose roles the reader may know of; None: of all
    within: frozenset[int] | None = None


def people_visible(user: User, rights: Rights) -> QuerySet[User]:
    """System and security administrators: everybody; a unit's own: whoever is or was in it."""
    if user.duty in {User.Duty.SYSTEM, User.Duty.SECURITY}:
        return User.objects.all()
    ours = Membership.objects.filter(user=OuterRef("pk"), agency__in=rights.administers)
    return User.objects.filter(Exists(ours))


def people_listed(people: QuerySet[User], wanted: Wanted, today: date) -> QuerySet[User]:
    """Narrowed, with their roles, administrators first and then by name of the account."""
    for word in fold(wanted.words).split():
        people = people.filter(Q(username__icontains=word) | Q(name__icontains=word))
    if wanted.unit or wanted.role:
        held = _held(wanted, today)
        if wanted.unit:
            held = held.filter(agency=wanted.unit)
        if wanted.role:
            held = held.filter(role=wanted.role)
        people = people.filter(Exists(held))
    if wanted.duty:
        people = people.filter(duty=wanted.duty)
    if wanted.state:
        people = people.filter(_state(wanted, today))
    return people.order_by("-duty", "username").prefetch_related(_roles())


def _roles() -> Prefetch[str, QuerySet[Membership], str]:
    ordered = Membership.objects.select_related("agency").prefetch_related("lines")
    return Prefetch("memberships", ordered.order_by("agency__rank", "agency_id", "pk"))


def _held(wanted: Wanted, today: date) -> QuerySet[Membership]:
    """Of each person: a filter on a role that a reader may not see would tell of it."""
    held = Membership.objects.in_force(today).filter(user=OuterRef("pk"))
    return held if wanted.within is None else held.filter(agency__in=wanted.within)


def _state(wanted: Wanted, today: date) -> Q:
    roles = _held(wanted, today)
    soon = roles.filter(ends_on__lte=today + SOON)
    return {
        "on": Q(is_active=True),
        "off": Q(is_active=False),
        "never": Q(last_login__isnull=True, is_active=True),
        "locked": Q(username__in=locked_usernames()),
        "ending": Exists(soon) & Q(is_active=True),
        "none": ~Exists(roles) & Q(duty="", is_active=True),
    }.get(wanted.state, Q())


def locked_usernames() -> set[str]:
    """Accounts that wrong passwords have locked at this moment."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    locked = AccessAttempt.objects.filter(
        attempt_time__gt=since, failures_since_start__gte=settings.AXES_FAILURE_LIMIT
    )
    return set(locked.values_list("username", flat=True))


@dataclass(frozen=True, slots=True)
class Held:
    """A role of a person as a page shows it."""

    membership: Membership
    in_force: bool
    ends_soon: bool
    # what the sign-off calls the approver's step
    post: str


def roles_of(user: User, today: date) -> list[Held]:
    """What a person is, then what they were."""
    memberships = list(
        user.memberships.select_related("agency")
        .prefetch_related("lines", "agency__sign_steps")
        .order_by("agency__rank", "agency_id", "pk")
    )
    held = [held_of(membership, today) for membership in memberships]
    return sorted(held, key=lambda each: not each.in_force)


def held_of(membership: Membership, today: date) -> Held:
    """Reads the steps that were fetched with the membership's unit."""
    ends_on = membership.ends_on
    posts = {step.position: step.post for step in membership.agency.sign_steps.all()}
    approves = membership.role == Membership.Role.APPROVER
    return Held(
        membership=membership,
        in_force=membership.is_in_force(today),
        ends_soon=ends_on is not None and today <= ends_on <= today + SOON,
        post=posts.get(membership.step, "") if approves else "",
    )


def people_of_unit(agency: Agency, today: date) -> list[Held]:
    """Whoever has a role in a unit now, in the order of the roles."""
    memberships = (
        Membership.objects.in_force(today)
        .filter(agency=agency, user__is_active=True)
        .select_related("user", "agency")
        .prefetch_related("lines", "agency__sign_steps")
    )
    order = Membership.Role.values
    found = sorted(memberships, key=lambda m: (order.index(m.role), m.step, m.pk))
    return [held_of(membership, today) for membership in found]


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step of a unit's sign-off and who signs there now."""

    step: SignStep
    approvers: list[Membership]


def steps_of(agency: Agency, today: date) -> list[StepLine]:
    """In their order."""
    approvers = list(approvers_of(agency, today))
    return [
        StepLine(step, [m for m in approvers if m.step == step.position])
        for step in agency.sign_steps.order_by("position")
    ]


def approvers_of(agency: Agency, today: date) -> QuerySet[Membership]:
    """Approvers of a unit in force, by step."""
    return (
        agency.memberships.in_force(today)
        .filter(role=Membership.Role.APPROVER, user__is_active=True)
        .select_related("user")
        .order_by("step", "pk")
    )


@dataclass(frozen=True, slots=True)
class LineUse:
    """A line with how many people answer for it now."""

    line: Line
    people: int
    unused: bool


def lines_used(today: date) -> list[LineUse]:
    """All lines in the order they were made; `unused` knows of people alone, not of plans."""
    now: dict[int, set[int]] = {}
    ever: set[int] = set()
    through = Membership.lines.through.objects.select_related("membership")
    for link in through:
        ever.add(link.line_id)
        if link.membership.is_in_force(today):
            now.setdefault(link.line_id, set()).add(link.membership.user_id)
    return [
        LineUse(line, len(now.get(line.pk, ())), line.pk not in ever)
        for line in Line.objects.order_by("pk")
    ]
