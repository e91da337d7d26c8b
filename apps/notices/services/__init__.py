"""Telling people, in the transaction of what is told; and what they have read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from apps.accounts.models import User
from apps.notices.models import Message, Reading
from apps.notices.selectors import messages_for, unread

_BATCH = 1000


def tell(*, messages: Iterable[Message]) -> None:
    """Each key once: what was told before is not told again."""
    Message.objects.bulk_create(messages, batch_size=_BATCH, ignore_conflicts=True)


def message_read(*, user: User, message: Message) -> None:
    """The person has opened it; a second time changes nothing."""
    Reading.objects.bulk_create([Reading(message=message, user=user)], ignore_conflicts=True)


@transaction.atomic
def messages_read_all(*, user: User, today: date, newest: int) -> int:
    """All that were there when the person looked: what came after `newest` stays unread."""
    seen = unread(messages_for(user, today).filter(pk__lte=newest), user)
    readings = [Reading(message_id=pk, user=user) for pk in seen.values_list("pk", flat=True)]
    Reading.objects.bulk_create(readings, batch_size=_BATCH, ignore_conflicts=True)
    return len(readings)
