"""Putting messages into the outbox, in the transaction of what they tell."""

from __future__ import annotations

from collections.abc import Iterable

from apps.notices.models import OutboxMessage


def outbox_add(*, messages: Iterable[OutboxMessage]) -> None:
    """Each key once: what was told before is not told again."""
    OutboxMessage.objects.bulk_create(messages, batch_size=1000, ignore_conflicts=True)
