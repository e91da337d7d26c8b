"""Moving the day in which the sample lives, with everything that hangs on the day."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.ops.selectors import business_date
from apps.ops.services import business_date_set
from apps.plans.models import Plan
from apps.tasks.services.marks import marks_stale
from apps.tasks.services.overdue import Flagged, overdue_take_back, sweep


@transaction.atomic
def sample_day_move(*, actor: Actor, day: date) -> list[Flagged]:
    """What is late by the new day is flagged, what no longer is loses its flag; returns the first.

    Refused outside the sample.
    """
    before = business_date()
    installation = business_date_set(day=day)
    changes = {"业务日期": (before, day)}
    record(actor=actor, today=before, act=Act("改业务日期", installation, changes))
    overdue_take_back(actor=actor, today=day, reason="业务日期改早")
    own = Plan.objects.filter(relation=Plan.Relation.OWN)
    marks_stale(plan_ids=own.values_list("pk", flat=True), today=day)
    return sweep(actor=actor, today=day)
