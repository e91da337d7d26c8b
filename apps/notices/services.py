"""Telling people, in the transaction of what is told."""

from __future__ import annotations

from collections.abc import Iterable

from apps.notices.models import Message


def tell(*, messages: Iterable[Message]) -> None:
    """Each key once: what was told before is not told again."""
    Message.objects.bulk_create(messages, batch_size=1000, ignore_conflicts=True)
