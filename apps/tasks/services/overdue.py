"""Flagging what is late: one set-based statement, its log rows and its messages.

Overdue is *day passed and not yet flagged*, never *day equals yesterday*: a missed night is
caught up, a second run finds nothing (product.md D4).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.text import Truncator

from apps.audit.services import Act, record_all
from apps.common.actor import Actor
from apps.notices.models import Message
from apps.notices.services import tell
from apps.ops.services import job_finished
from apps.tasks.lights import Light
from apps.tasks.models import Task
from apps.tasks.services.marks import marks_sweep
from apps.tasks.wording import rows_in_words

# rows of which the subject has no room stand in the message's body
_SUBJECT_LENGTH = 120

# The index of what may become late, walked from its beginning. Rows that another process holds are
# left to it, so that ten sweeps at once neither wait in a circle nor flag a row twice. So many rows
# a statement that the planner, which cannot know how few are late, never reads the whole table to
# find them again.
_LATE = """
        SELECT t.id, p.short_title
          FROM tasks_task AS t
          JOIN plans_plan AS p ON p.id = t.plan_id AND p.relation = 'own'
         WHERE t.due_kind = 'date' AND NOT t.due_soft AND t.overdue_since IS NULL
           AND t.state IN ('unassigned', 'assigned', 'signed', 'active', 'closing')
           AND t.due_on >= %(first)s AND t.due_on < %(today)s
         ORDER BY t.due_on, t.id
         LIMIT %(most)s
"""
_BATCH = 2_000
_FLAGGED = """
           FOR UPDATE OF t SKIP LOCKED
    ), flagged AS (
        UPDATE tasks_task AS t
           SET overdue_since = t.due_on + 1, version = t.version + 1,
               light = 'red', light_order = 0, light_reason = '逾期', marks_next = %(today)s
          FROM late
         WHERE t.id = late.id
        RETURNING t.id, t.number, t.due_on, t.overdue_since, late.short_title
    ), logged AS (
        INSERT INTO audit_entry (business_date, actor_id, actor_name, agency_name, action,
                                 object_type, object_id, object_label, about_agency_id, changes,
                                 reason, result, chain_no, previous_hash, hash)
        SELECT %(today)s, %(actor_id)s, %(actor_name)s, '', '标记逾期',
               'task', id::text, short_title || '第' || number || '项', '',
               jsonb_build_object('逾期起', jsonb_build_array(NULL, overdue_since::text)),
               '完成时限 ' || due_on::text || ' 已过，任务未办结', 'done', 0, '', ''
          FROM flagged
         ORDER BY id
    )
    SELECT id, number, short_title, due_on,
           ARRAY(SELECT agency_id FROM tasks_assignment
                  WHERE task_id = flagged.id AND role = 'lead' AND agency_id IS NOT NULL)
      FROM flagged
"""
_FLAG = "".join(("WITH late AS (", _LATE, _FLAGGED))


@dataclass(frozen=True, slots=True)
class Flagged:
    """A row that this run found late."""

    id: int
    number: str
    plan: str
    due_on: date
    leads: list[int]


def overdue_flag(*, actor: Actor, today: date) -> list[Flagged]:
    """Flag every open row of our own plans whose hard last day lies before `today`.

    The row turns red here; what else its light says is filled in by `marks_sweep` after it. Where
    nothing is late, nothing is written, not even the beginning of a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LATE, {"first": date.min, "today": today, "most": 1})
        if cursor.fetchone() is None:
            return []
    return _flag(actor, today)


@transaction.atomic
def _flag(actor: Actor, today: date) -> list[Flagged]:
    """All that is late now, and one message to each lead."""
    flagged: list[Flagged] = []
    first, many = date.min, _BATCH
    while many == _BATCH:
        values: dict[str, date | int | str] = {
            "today": today,
            "actor_id": actor.actor_id,
            "actor_name": actor.actor_name,
            "first": first,
            "most": _BATCH,
        }
        with connection.cursor() as cursor:
            cursor.execute(_FLAG, values)
            found = [Flagged(*row) for row in cursor.fetchall()]
        many = len(found)
        first = max((row.due_on for row in found), default=today)
        flagged += found
    flagged.sort(key=lambda row: row.id)
    _tell(flagged, today)
    return flagged


def _tell(flagged: list[Flagged], today: date) -> None:
    """One message to each lead for all its rows of this run.

    Sweeps at once flag different rows; the first row in the key keeps their messages apart.
    """
    late: dict[int, list[Flagged]] = defaultdict(list)
    for row in flagged:
        for agency_id in dict.fromkeys(row.leads):
            late[agency_id].append(row)
    tell(messages=[_message(agency_id, rows, today) for agency_id, rows in late.items()])


def _message(agency_id: int, rows: list[Flagged], today: date) -> Message:
    listed = rows_in_words((row.plan, row.number) for row in rows)
    if len(rows) == 1:
        subject, path = f"{listed}已过完成时限", Task(pk=rows[0].id).get_absolute_url()
    else:
        subject = f"{len(rows)} 项已过完成时限：{listed}"
        path = f"{reverse('tasks:list')}?unit={agency_id}&light={Light.RED.value}"
    fits = len(subject) <= _SUBJECT_LENGTH
    return Message(
        key=f"overdue:{today}:{agency_id}:{rows[0].id}",
        agency_id=agency_id,
        subject=subject if fits else Truncator(subject).chars(_SUBJECT_LENGTH),
        body="" if fits else listed,
        path=path,
        business_date=today,
    )


def sweep(*, actor: Actor, today: date) -> list[Flagged]:
    """Every ten minutes: flag what is late, judge anew what passing days have changed.

    Each step commits by itself: what one of them did stays done if the next one fails.
    """
    flagged = overdue_flag(actor=actor, today=today)
    marks_sweep(today=today)
    job_finished(kind="flag_overdue", key=today.isoformat(), done=len(flagged))
    return flagged


@transaction.atomic
def overdue_take_back(*, actor: Actor, today: date, reason: str) -> int:
    """Clear flags of rows whose last day is not over after all: the sample's day moved back."""
    rows = list(
        Task.objects.select_for_update(of=("self",))
        .filter(overdue_since__gt=today)
        .select_related("plan")
        .order_by("pk")
    )
    acts = [Act("撤销逾期标记", t, {"逾期起": (t.overdue_since, None)}, reason) for t in rows]
    Task.objects.filter(pk__in=[task.pk for task in rows]).update(
        overdue_since=None, marks_next=today, version=F("version") + 1
    )
    record_all(actor=actor, today=today, acts=acts)
    return len(rows)
