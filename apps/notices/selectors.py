"""What stands in a person's inbox, and how the mails are getting on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Value
from django.db.models.lookups import Exact

from apps.accounts.access import Person
from apps.accounts.models import Membership, User
from apps.notices.models import Delivery, Message, Reading

# a mail server has answered long before
_UNCERTAIN = timedelta(minutes=15)
# older troubles are no longer anybody's work
_SHOWN = timedelta(days=30)


def messages_for(person: Person, today: date) -> QuerySet[Message]:
    """To the units the person belongs to today, in that role; newest first."""
    if not isinstance(person, User) or person.duty:
        return Message.objects.none()
    concerned = Membership.objects.in_force(today).filter(
        Q(role=OuterRef("role")) | Exact(OuterRef("role"), Value("")),
        user=person,
        agency=OuterRef("agency"),
    )
    return Message.objects.filter(Exists(concerned)).order_by("-created_at", "-pk")


def unread_count(person: Person, today: date) -> int:
    """One query; none for who has no inbox."""
    return unread(messages_for(person, today), person).count()


def unread(messages: QuerySet[Message], person: Person) -> QuerySet[Message]:
    """Those of them the person has not opened."""
    return messages.exclude(_read_by(person))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages an inbox holds; `newest` is the key of the last one, 0 for none."""

    all: int
    unread: int
    newest: int


def inbox_counts(person: Person, today: date) -> Counts:
    """One query."""
    counted = messages_for(person, today).aggregate(
        all=Count("pk"), unread=Count("pk", filter=~_read_by(person)), newest=Max("pk", default=0)
    )
    return Counts(**counted)


def with_reading(messages: QuerySet[Message], person: Person) -> QuerySet[Message]:
    """Each with `is_read` and its unit."""
    return messages.annotate(is_read=_read_by(person)).select_related("agency")


def _read_by(person: Person) -> Exists:
    return Exists(Reading.objects.filter(message=OuterRef("pk"), user_id=person.pk or 0))


@dataclass(frozen=True, slots=True)
class InboxHead:
    """The newest messages, for the side of a page; `unread` counts all."""

    unread: int
    messages: tuple[Message, ...]


def inbox_head(person: Person, today: date, most: int = 4) -> InboxHead:
    """Unread ones first; two queries."""
    found = messages_for(person, today)
    marked = found.annotate(is_read=_read_by(person))
    newest = marked.order_by("is_read", "-created_at", "-pk")[:most]
    return InboxHead(unread(found, person).count(), tuple(newest))


def deliveries_due(now: datetime) -> QuerySet[Delivery]:
    """Mails that may be sent now."""
    return Delivery.objects.filter(claimed_at__isnull=True, due_at__lte=now)


def no_longer_concerned(now: datetime, today: date) -> QuerySet[Delivery]:
    """Due mails to people who have left or lost the role since they were written down."""
    concerned = Membership.objects.in_force(today).filter(
        Q(role=OuterRef("message__role")) | Exact(OuterRef("message__role"), Value("")),
        user=OuterRef("user"),
        user__is_active=True,
        agency=OuterRef("message__agency"),
    )
    return deliveries_due(now).exclude(Exists(concerned))


@dataclass(frozen=True, slots=True)
class MailTroubles:
    """Mails of the last thirty days that did not go, or of which nobody knows."""

    failed: int
    unconfirmed: int
    # due for a while and not yet taken up: no worker, or no mail server
    waiting: int


def mail_troubles(now: datetime) -> MailTroubles:
    """For whoever keeps the system running; one query over what is not sent."""
    taken, since = Q(claimed_at__isnull=False), now - _SHOWN
    late = now - _UNCERTAIN
    counted = Delivery.objects.filter(
        Q(claimed_at__gte=since) | Q(claimed_at__isnull=True), sent_at__isnull=True
    ).aggregate(
        failed=Count("pk", filter=taken & ~Q(error="")),
        unconfirmed=Count("pk", filter=Q(claimed_at__lt=late, error="")),
        waiting=Count("pk", filter=Q(claimed_at__isnull=True, due_at__lt=late)),
    )
    return MailTroubles(**counted)
