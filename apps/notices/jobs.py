"""Background jobs; each may be run any number of times, also at once."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from apps.notices.services.mail import address_messages, send_deliveries
from apps.ops.selectors import business_date

log = logging.getLogger(__name__)


@shared_task(name="notices.send_mail")
def send_mail() -> None:
    """Every minute: mails of what has been told since, and those that are due again."""
    now, today = timezone.now(), business_date()
    address_messages(now=now, today=today)
    sent = send_deliveries(now=now, today=today)
    if sent:
        log.info("sent %d mails", sent)
