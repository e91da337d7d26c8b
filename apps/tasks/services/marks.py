"""Keeping the stored 进度灯 and 报送标 of tasks true, and what they were in each period and on each

day (`MarkSpan`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction

from apps.tasks.lights import Light
from apps.tasks.models import Task
from apps.tasks.selectors.judging import Judged, judge

_BATCH = 500
# One statement a batch; Django's bulk_update writes a CASE with a branch per row and field, which
# takes many times as long. Only the plan's newest period is written: with the next one it is
# history. A span is opened only after the one before it was closed (`closed`): a row has one that
# is open. Returned are the rows whose span begins after the day: the day has been moved back.
_STORE = """
    WITH m AS (
        SELECT *
          FROM jsonb_to_recordset(%s::jsonb)
            AS m(id bigint, light text, light_order smallint, light_reason text,
                 light_facts jsonb, report_mark text, report_label text, last_progress_id bigint,
                 marks_on date, marks_next date, plan_period_id bigint)
    ), stored AS (
        UPDATE tasks_task AS t
           SET light = m.light, light_order = m.light_order, light_reason = m.light_reason,
               light_facts = m.light_facts, report_mark = m.report_mark,
               report_label = m.report_label, last_progress_id = m.last_progress_id,
               marks_on = m.marks_on, marks_next = m.marks_next
          FROM m
         WHERE t.id = m.id
        RETURNING t.id, t.plan_id, t.state, t.light, t.light_facts->>'cause' AS cause,
                  t.light_reason, CASE WHEN t.due_kind = 'date' THEN t.due_on END AS due_on,
                  t.marks_on
    ), marked AS (
        INSERT INTO tasks_periodmark AS p (task_id, plan_period_id, light, light_reason,
                                           light_facts, report_mark, report_label, marked_on)
        SELECT m.id, m.plan_period_id, m.light, m.light_reason, m.light_facts, m.report_mark,
               m.report_label, m.marks_on
          FROM m
         WHERE m.plan_period_id IS NOT NULL
            ON CONFLICT (plan_period_id, task_id) DO UPDATE
           SET light = excluded.light, light_reason = excluded.light_reason,
               light_facts = excluded.light_facts, report_mark = excluded.report_mark,
               report_label = excluded.report_label, marked_on = excluded.marked_on
    ), changed AS (
        SELECT stored.*, s.id AS span_id, s.since
          FROM stored
          LEFT JOIN tasks_markspan AS s ON s.task_id = stored.id AND s.until IS NULL
         WHERE stored.cause IS NOT NULL
           AND (s.id IS NULL OR s.since > stored.marks_on OR s.state <> stored.state
                OR s.light <> stored.light OR s.cause <> stored.cause
                OR s.light_reason <> stored.light_reason
                OR s.due_on IS DISTINCT FROM stored.due_on)
    ), closed AS (
        UPDATE tasks_markspan AS s
           SET until = changed.marks_on
          FROM changed
         WHERE s.id = changed.span_id AND changed.since < changed.marks_on
        RETURNING s.id
    ), opened AS (
        INSERT INTO tasks_markspan AS s (task_id, plan_id, since, until, state, light, cause,
                                         light_reason, due_on)
        SELECT changed.id, plan_id, marks_on, NULL::date, state, light, cause, light_reason, due_on
          FROM changed
          LEFT JOIN closed ON closed.id = changed.span_id
         WHERE span_id IS NULL OR since = marks_on OR closed.id IS NOT NULL
            ON CONFLICT (task_id, since) DO UPDATE
           SET state = excluded.state, light = excluded.light, cause = excluded.cause,
               light_reason = excluded.light_reason, due_on = excluded.due_on
    )
    SELECT id FROM changed WHERE since > marks_on
"""
# What came after the day to which it was moved back has not happened.
_FORGET = "DELETE FROM tasks_markspan WHERE task_id = ANY(%(ids)s) AND since > %(today)s"
_REOPEN = """
    UPDATE tasks_markspan SET until = NULL WHERE task_id = ANY(%(ids)s) AND until > %(today)s
"""


def marks_refresh(*, task_ids: Iterable[int], today: date) -> None:
    """Judge these tasks anew and store what came out. Tasks of foreign plans carry no marks.

    The caller holds the tasks' rows: what is read here must not be older than what is stored.
    """
    ids = sorted(task_ids)
    for start in range(0, len(ids), _BATCH):
        _store(judge(ids[start : start + _BATCH], today), today)


def marks_sweep(*, today: date) -> int:
    """Judge anew what passing days have changed, batch by batch; returns how many.

    Each batch commits by itself, and rows that somebody else holds are left to the next sweep, so
    that nobody waits for it and it waits for nobody.
    """
    judged = 0
    while True:
        with transaction.atomic():
            # the order of the index, or the planner may look for them among all rows
            due = Task.objects.filter(marks_next__lte=today).order_by("marks_next", "pk")
            ids = list(
                due.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[
                    :_BATCH
                ]
            )
            marks_refresh(task_ids=ids, today=today)
        judged += len(ids)
        if len(ids) < _BATCH:
            return judged


@transaction.atomic
def marks_stale(*, plan_ids: Iterable[int], today: date) -> None:
    """The next sweep judges all rows of these plans anew: their calendar or the day has moved."""
    rows = Task.objects.filter(plan_id__in=list(plan_ids))
    # held in the order in which everybody holds rows; an UPDATE alone takes them as it finds them
    list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    rows.update(marks_next=today)


def _store(judged: Iterable[Judged], today: date) -> None:
    rows = json.dumps([mark_row(each, today) for each in judged])
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [rows])
        if ahead := [pk for (pk,) in cursor.fetchall()]:
            cursor.execute(_FORGET, {"ids": ahead, "today": today})
            cursor.execute(_REOPEN, {"ids": ahead, "today": today})
            cursor.execute(_STORE, [rows])


def mark_row(judged: Judged, today: date) -> dict[str, object]:
    """What is stored of a judgement, by column."""
    reading = judged.reading
    light = reading.finding.light if reading else Light.NODATA
    return {
        "id": judged.task_id,
        "light": light,
        "light_order": light.order,
        "light_reason": reading.finding.reason if reading else "只作对照，不计灯",
        "light_facts": reading.facts() if reading else {},
        "report_mark": judged.report_mark,
        "report_label": judged.report_label,
        "last_progress_id": judged.last_progress_id,
        "marks_on": today.isoformat(),
        "marks_next": judged.changes_on.isoformat() if judged.changes_on else None,
        "plan_period_id": judged.plan_period_id,
    }
