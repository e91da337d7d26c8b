"""Background jobs; each calls one service and may be run any number of times."""

from __future__ import annotations

import logging

from celery import shared_task

from apps.common.actor import SWEEP
from apps.ops.selectors import business_date
from apps.tasks.services.overdue import sweep

log = logging.getLogger(__name__)


@shared_task(name="tasks.flag_overdue")
def flag_overdue() -> None:
    """The sweep of every ten minutes, and of every worker's start."""
    flagged = sweep(actor=SWEEP, today=business_date())
    if flagged:
        log.info("flagged %d tasks as overdue", len(flagged))
