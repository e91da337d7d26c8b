"""Reminding units that still owe reports: three days before the cut-off and on its day.

A run that finds the first day missed tells it then, as long as the cut-off is still to come; what
was told is known by the message's key, so a second run and ten at once tell nothing twice. A
cut-off that was moved is another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from apps.accounts.models import Membership
from apps.common.periods import PeriodCode
from apps.common.templatetags.pieces import cn_date_weekday
from apps.notices.models import Message
from apps.notices.services import tell
from apps.plans.models import PlanPeriod
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.wording import rows_in_words

_AHEAD = timedelta(days=3)


@dataclass(slots=True)
class _Owing:
    """What one unit has not sent for one cut-off of a period."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    signing: int = 0


@transaction.atomic
def reminders_tell(*, today: date) -> int:
    """One message to each unit for all its rows of a cut-off; how many are new."""
    messages = [
        _message(agency_id, code, cut_off, owing, today)
        for (agency_id, code, cut_off), owing in _owing(today).items()
    ]
    keys = [message.key for message in messages]
    told = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
    new = [message for message in messages if message.key not in told]
    tell(messages=new)
    return len(new)


def _owing(today: date) -> dict[tuple[int, str, date], _Owing]:
    """By unit, period and cut-off: duties whose report has not left the unit."""
    rows = (
        Duty.objects.filter(
            Q(progress__isnull=True) | Q(progress__delivered_on__isnull=True),
            plan_period__state=PlanPeriod.State.OPEN,
            plan_period__cut_off__range=(today, today + _AHEAD),
        )
        .exclude(task__state__in=Task.SETTLED)
        .order_by("plan_period__plan__pk", "task__position", "pk")
        .values_list(
            "agency_id",
            "plan_period__period__code",
            "plan_period__cut_off",
            "task__plan__short_title",
            "task__number",
            "progress__state",
        )
    )
    owing: dict[tuple[int, str, date], _Owing] = defaultdict(_Owing)
    for agency_id, code, cut_off, plan, number, state in rows:
        unit = owing[agency_id, code, cut_off]
        unit.rows.append((plan, number))
        unit.signing += state == Progress.State.SIGNING
    return owing


def _message(agency_id: int, code: str, cut_off: date, owing: _Owing, today: date) -> Message:
    name, many = PeriodCode.parse(code).name, len(owing.rows)
    last = cut_off == today
    day = "今天" if last else cn_date_weekday(cut_off)
    return Message(
        key=f"remind:{code}:{cut_off}:{'last' if last else 'ahead'}:{agency_id}",
        agency_id=agency_id,
        role=Membership.Role.REPORTER,
        subject=f"{name}还有 {many} 项未报，{day}截止",
        body="。".join(_details(owing)),
        path=reverse("progress:sheet", args=[code]),
        business_date=today,
    )


def _details(owing: _Owing) -> Iterable[str]:
    yield rows_in_words(owing.rows)
    if owing.signing:
        yield f"其中 {owing.signing} 项已填好，待本单位审签"
