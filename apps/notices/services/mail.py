"""Mails: written down with an address for each message, then sent one by one, never twice.

Any number of workers may do both at once: each takes other rows.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from smtplib import SMTPException, SMTPServerDisconnected

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import Membership, User
from apps.notices.letters import last_morning, letter, next_morning
from apps.notices.models import Delivery, Message
from apps.notices.selectors import deliveries_due, no_longer_concerned

log = logging.getLogger(__name__)

_BATCH = 1000
# Mails of one run; the next minute's run goes on. More would keep a worker from other jobs.
_MOST = 300
# after the first and the second refusal; a third is the last
_WAITS = (timedelta(minutes=5), timedelta(hours=1))
_ERROR_LENGTH = 300


def address_messages(*, now: datetime, today: date) -> int:
    """Write down who gets a mail of each new message; how many mails that makes.

    Where there is no mail server the messages count as addressed: one that is named later must
    not begin with the news of years.
    """
    made = 0
    while (batch := _address(now, today)) is not None:
        made += batch
    return made


@transaction.atomic
def _address(now: datetime, today: date) -> int | None:
    """One batch; None when nothing waits."""
    waiting = Message.objects.filter(addressed_at__isnull=True).order_by("created_at")
    messages = list(waiting.select_for_update(skip_locked=True, no_key=True)[:_BATCH])
    if not messages:
        return None
    mails = _mails(messages, now, today) if settings.MAIL_ENABLED else []
    Delivery.objects.bulk_create(mails, batch_size=_BATCH, ignore_conflicts=True)
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(addressed_at=now)
    return len(mails)


def _mails(messages: Sequence[Message], now: datetime, today: date) -> list[Delivery]:
    """One for each person, whatever the number of their roles."""
    members = defaultdict(list)
    for member in _reachable(messages, today).order_by("pk"):
        members[member.agency_id].append(member)
    morning = next_morning(now)
    mails = {}
    for message in messages:
        for member in members[message.agency_id]:
            if message.role in {"", member.role}:
                user = member.user
                mails[message.pk, user.pk] = Delivery(
                    message=message,
                    user=user,
                    address=user.email,
                    digest=user.digest,
                    due_at=morning if user.digest else now,
                )
    return list(mails.values())


def _reachable(messages: Sequence[Message], today: date) -> QuerySet[Membership]:
    """Who of their units can be written to."""
    return (
        Membership.objects.in_force(today)
        .filter(agency_id__in={message.agency_id for message in messages}, user__is_active=True)
        .exclude(user__email="")
        .select_related("user")
    )


def send_deliveries(*, now: datetime, today: date, most: int = _MOST) -> int:
    """Send what is due; how many mails the mail server took.

    While the server cannot be reached nothing is claimed: it all waits, and uses up no attempt.
    """
    if not settings.MAIL_ENABLED or not deliveries_due(now).exists():
        return 0
    no_longer_concerned(now, today).delete()
    lots = _lots(now)
    post = _Post(now, today)
    for _ in range(most):
        if not post.is_open() or not (lot := next(lots, [])):
            break
        post.send(lot)
    post.close()
    return post.sent


def _lots(now: datetime) -> Iterator[list[Delivery]]:
    """What goes into one mail each, claimed as it is asked for."""
    digests = deliveries_due(now).filter(digest=True).order_by("user_id")
    for user_id in list(digests.values_list("user_id", flat=True).distinct()):
        if lot := _claim_digest(user_id, now):
            yield lot
    while lot := _claim_one(now):
        yield lot


@transaction.atomic(durable=True)
def _claim_one(now: datetime) -> list[Delivery]:
    return _claimed(deliveries_due(now).filter(digest=False).order_by("due_at", "pk")[:1], now)


@transaction.atomic(durable=True)
def _claim_digest(user_id: int, now: datetime) -> list[Delivery]:
    """All of a person's, once a day; the lock keeps two workers from sending half each."""
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    mine = Delivery.objects.filter(user_id=user_id, digest=True)
    if mine.filter(claimed_at__gte=last_morning(now)).exists():
        return []
    return _claimed(deliveries_due(now).filter(user_id=user_id, digest=True).order_by("pk"), now)


def _claimed(rows: QuerySet[Delivery], now: datetime) -> list[Delivery]:
    lot = list(
        rows.select_for_update(skip_locked=True, of=("self",)).select_related("message", "user")
    )
    Delivery.objects.filter(pk__in=[row.pk for row in lot]).update(claimed_at=now, error="")
    return lot


class _Post:
    """The way to the mail server, for one run."""

    def __init__(self, now: datetime, today: date) -> None:
        self.sent = 0
        self._now = now
        self._today = today
        self._server = get_connection()
        self._unsure = False

    def is_open(self) -> bool:
        """Whether another mail may be handed over; opens what is shut."""
        if self._unsure:
            return False
        try:
            self._server.open()
        except OSError as error:
            log.warning("the mail server cannot be reached: %s", error)
            return False
        return True

    def send(self, lot: Sequence[Delivery]) -> None:
        """Hand over one mail and write down what became of it."""
        try:
            self._server.send_messages([self._mail(lot)])
        except SMTPServerDisconnected as error:
            self._lost(lot, error)
        except (SMTPException, ValueError) as error:
            self._refused(lot, error)
        except OSError as error:
            self._lost(lot, error)
        else:
            self.sent += 1
            Delivery.objects.filter(pk__in=[row.pk for row in lot]).update(sent_at=self._now)

    def close(self) -> None:
        # what was accepted has been: a server that is in a hurry to hang up changes nothing
        with suppress(OSError):
            self._server.close()

    def _mail(self, lot: Sequence[Delivery]) -> EmailMessage:
        written = letter(
            [row.message for row in lot],
            name=lot[0].user.name,
            site=settings.SITE_URL,
            today=self._today,
        )
        return EmailMessage(
            written.subject,
            written.text,
            to=[lot[0].address],
            headers={"Auto-Submitted": "auto-generated"},
        )

    def _refused(self, lot: Sequence[Delivery], error: Exception) -> None:
        """The server has said no: again after a while, and a third time is the last."""
        self.close()
        for row in lot:
            row.error = str(error)[:_ERROR_LENGTH]
            last = row.attempts >= len(_WAITS)
            row.claimed_at = self._now if last else None
            row.due_at = self._now if last else self._now + _WAITS[row.attempts]
            row.attempts += 1
        Delivery.objects.bulk_update(lot, ["error", "claimed_at", "due_at", "attempts"])
        log.warning("the mail server refused %d messages: %s", len(lot), error)

    def _lost(self, lot: Sequence[Delivery], error: Exception) -> None:
        """No answer: it may have gone out. One such a run, or a sick server eats them all."""
        self._unsure = True
        log.warning("%d messages stay unconfirmed: %s", len(lot), error)
