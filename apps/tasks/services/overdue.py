"""Flagging what is late: one set-based statement, its log rows and its messages.

Overdue is *day passed and not yet flagged*, never *day equals yesterday*: a missed night is
caught up, a second run finds nothing (product.md D4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import F

from apps.agencies.parties import Role
from apps.audit.services import Act, record_all
from apps.common.actor import Actor
from apps.notices.models import Message
from apps.notices.services import tell
from apps.ops.services import job_finished
from apps.tasks.models import Assignment, Task
from apps.tasks.services.marks import marks_sweep

# Rows are claimed in order of their keys and those another process holds are left to it, so that
# ten sweeps at once neither wait in a circle nor flag a row twice.
_FLAG = """
    WITH late AS (
        SELECT t.id
          FROM tasks_task AS t
          JOIN plans_plan AS p ON p.id = t.plan_id AND p.relation = 'own'
         WHERE t.due_kind = 'date' AND NOT t.due_soft AND t.overdue_since IS NULL
           AND t.state IN ('unassigned', 'assigned', 'signed', 'active', 'closing')
           AND t.due_on < %(today)s
         ORDER BY t.id
           FOR UPDATE OF t SKIP LOCKED
    ), flagged AS (
        UPDATE tasks_task AS t
           SET overdue_since = t.due_on + 1, version = t.version + 1,
               light = 'red', light_order = 0, light_reason = '逾期', marks_next = %(today)s
          FROM late, plans_plan AS p
         WHERE t.id = late.id AND p.id = t.plan_id
        RETURNING t.id, t.number, t.due_on, t.overdue_since, p.short_title
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
    SELECT id, number, short_title FROM flagged ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Flagged:
    """A row that this run found late."""

    id: int
    number: str
    plan: str


@transaction.atomic
def overdue_flag(*, actor: Actor, today: date) -> list[Flagged]:
    """Flag every open row of our own plans whose hard last day lies before `today`.

    The row turns red here; what else its light says is filled in by `marks_sweep` after it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _FLAG,
            {"today": today, "actor_id": actor.actor_id, "actor_name": actor.actor_name},
        )
        flagged = [Flagged(*row) for row in cursor.fetchall()]
    _tell(flagged, today)
    return flagged


def _tell(flagged: list[Flagged], today: date) -> None:
    by_id = {row.id: row for row in flagged}
    leads = Assignment.objects.filter(
        task_id__in=by_id, role=Role.LEAD, agency__isnull=False
    ).values_list("task_id", "agency_id", "task__due_on")
    tell(
        messages=[
            Message(
                key=f"overdue:{task_id}:{agency_id}:{due_on}",
                agency_id=agency_id,
                subject=f"{by_id[task_id].plan}第{by_id[task_id].number}项已过完成时限",
                path=Task(pk=task_id).get_absolute_url(),
                business_date=today,
            )
            for task_id, agency_id, due_on in leads
        ]
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
