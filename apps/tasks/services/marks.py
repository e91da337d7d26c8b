"""Keeping the stored 进度灯 and 报送标 of tasks true."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction
from django.db.models import Prefetch

from apps.agencies.parties import Role
from apps.plans.models import PlanPeriod
from apps.tasks.assessments import Assessment
from apps.tasks.lights import (
    Light,
    PeriodDuties,
    Report,
    Standing,
    next_change,
    read_light,
    read_mark,
)
from apps.tasks.models import Assignment, Deadline, Duty, Progress, Task, TaskIndicator

_BATCH = 500
# One statement a batch; Django's bulk_update writes a CASE with a branch per row and field, which
# takes many times as long.
_STORE = """
    UPDATE tasks_task AS t
       SET light = m.light, light_order = m.light_order, light_reason = m.light_reason,
           light_facts = m.light_facts, report_mark = m.report_mark,
           report_label = m.report_label, last_progress_id = m.last_progress_id,
           marks_on = m.marks_on, marks_next = m.marks_next
      FROM jsonb_to_recordset(%s::jsonb)
        AS m(id bigint, light text, light_order smallint, light_reason text, light_facts jsonb,
             report_mark text, report_label text, last_progress_id bigint, marks_on date,
             marks_next date)
     WHERE t.id = m.id
"""


def marks_refresh(*, task_ids: Iterable[int], today: date) -> None:
    """Judge these tasks anew and store what came out. Tasks of foreign plans carry no marks.

    The caller holds the tasks' rows: what is read here must not be older than what is stored.
    """
    ids = sorted(task_ids)
    for start in range(0, len(ids), _BATCH):
        tasks = list(_with_everything(ids[start : start + _BATCH]))
        cut_offs = _cut_offs({task.plan_id for task in tasks})
        for task in tasks:
            _judge(task, cut_offs.get(task.plan_id, []), today)
        _store(tasks)


def marks_sweep(*, today: date) -> int:
    """Judge anew what passing days have changed, batch by batch; returns how many.

    Each batch commits by itself, and rows that somebody else holds are left to the next sweep, so
    that nobody waits for it and it waits for nobody.
    """
    judged = 0
    while True:
        with transaction.atomic():
            due = Task.objects.filter(marks_next__lte=today).order_by("pk")
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


def _store(tasks: list[Task]) -> None:
    rows = [
        {
            "id": task.pk,
            "light": task.light,
            "light_order": task.light_order,
            "light_reason": task.light_reason,
            "light_facts": task.light_facts,
            "report_mark": task.report_mark,
            "report_label": task.report_label,
            "last_progress_id": task.last_progress_id,
            "marks_on": task.marks_on.isoformat() if task.marks_on else None,
            "marks_next": task.marks_next.isoformat() if task.marks_next else None,
        }
        for task in tasks
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [json.dumps(rows)])


def _with_everything(ids: list[int]) -> Iterable[Task]:
    return (
        Task.objects.filter(pk__in=ids)
        .select_related("plan")
        .prefetch_related(
            Prefetch(
                "duties",
                Duty.objects.select_related("agency", "progress", "plan_period__period").order_by(
                    "-plan_period__period__ends_on", "pk"
                ),
            ),
            Prefetch("deadlines", Deadline.objects.filter(current=True)),
            Prefetch("assignments", Assignment.objects.filter(role=Role.LEAD)),
            Prefetch("task_indicators", TaskIndicator.objects.select_related("indicator")),
        )
    )


def _cut_offs(plan_ids: set[int]) -> dict[int, list[date]]:
    """The cut-offs of each plan's periods, oldest first."""
    found: dict[int, list[date]] = {}
    rows = PlanPeriod.objects.filter(plan_id__in=plan_ids).order_by("cut_off")
    for plan_id, cut_off in rows.values_list("plan_id", "cut_off"):
        found.setdefault(plan_id, []).append(cut_off)
    return found


def _judge(task: Task, cut_offs: list[date], today: date) -> None:
    duties = list(task.duties.all())
    task.marks_on, task.marks_next = today, None
    if not task.plan.is_own:
        task.light, task.light_order = Light.NODATA, Light.NODATA.order
        task.light_reason, task.light_facts = "只作对照，不计灯", {}
        return
    deadline = next(iter(task.deadlines.all()), None)
    standing = Standing(
        today=today,
        settled=_SETTLED.get(task.state),
        suspended=task.state == Task.State.SUSPENDED,
        due_on=task.due_on if task.due_kind == "date" else None,
        soft=task.due_soft,
        starts_on=(deadline.starts_on if deadline else None) or task.plan.starts_on,
        next_cut_off=_following(cut_offs, today),
        reports=_reports(task, duties, today),
    )
    reading = read_light(standing)
    found = reading.finding
    task.light, task.light_order = found.light, found.light.order
    task.light_reason, task.light_facts = found.reason, reading.facts()
    mark, label = (None, "") if task.is_settled else read_mark(_periods(duties), today)
    task.report_mark, task.report_label = mark or "", label
    task.last_progress = _last(duties)
    task.marks_next = next_change(standing, cut_offs)


_SETTLED = {Task.State.CLOSED.value: Light.CLOSED, Task.State.ENDED.value: Light.ENDED}


def _following(cut_offs: list[date], today: date) -> date | None:
    """The cut-off after the one now due. Where the calendar ends, it goes on by quarters."""
    if not cut_offs:
        return None
    ahead = [day for day in cut_offs if day >= today]
    last = cut_offs[-1]
    while len(ahead) < _DUE_AND_NEXT:
        last = _a_quarter_later(last)
        if last >= today:
            ahead.append(last)
    return ahead[1]


_DUE_AND_NEXT = 2


def _a_quarter_later(day: date) -> date:
    month = day.month + 3
    return date(day.year + (month - 1) // 12, (month - 1) % 12 + 1, min(day.day, 28))


def _delivered(duty: Duty) -> Progress | None:
    """The unit's report once it has left the unit."""
    progress: Progress | None = getattr(duty, "progress", None)
    return progress and progress.as_delivered


def _last(duties: list[Duty]) -> Progress | None:
    handed_in = [p for duty in duties if (p := _delivered(duty)) is not None]
    return handed_in[0] if handed_in else None


def _reports(task: Task, duties: list[Duty], today: date) -> tuple[Report, ...]:
    """Per unit its newest judged report, and a newer one that waits for its judgement.

    A report of a period still open counts once it is approved; one that was sent back lies with
    its unit and is not ours to judge.
    """
    figures = {link.agency_id: link for link in task.task_indicators.all()}
    waiting: set[int] = set()
    judged: set[int] = set()
    found = []
    for duty in duties:
        progress = _delivered(duty)
        if progress is None or duty.agency_id in judged or not _counts(duty, progress, today):
            continue
        if progress.judgement:
            judged.add(duty.agency_id)
        elif duty.agency_id in waiting:
            continue
        waiting.add(duty.agency_id)
        found.append(_report(duty, progress, figures.get(duty.agency_id)))
    return tuple(found)


def _counts(duty: Duty, progress: Progress, today: date) -> bool:
    if progress.state == Progress.State.APPROVED:
        return True
    return progress.state == Progress.State.SUBMITTED and duty.plan_period.past_cut_off(today)


def _report(duty: Duty, progress: Progress, figure: TaskIndicator | None) -> Report:
    measured = figure is not None and progress.value is not None
    return Report(
        agency=duty.agency.name,
        period=duty.plan_period.period.short_name,
        data_as_of=duty.plan_period.period.ends_on,
        judged_by=progress.judged_by,
        judgement=Assessment(progress.judgement) if progress.judgement else None,
        share=figure.share(progress.value) if measured and figure and progress.value else None,
        indicator=figure.indicator.name if figure else "",
    )


def _periods(duties: list[Duty]) -> list[PeriodDuties]:
    grouped: dict[int, list[Duty]] = {}
    for duty in duties:
        grouped.setdefault(duty.plan_period_id, []).append(duty)
    return [
        PeriodDuties(
            cut_off=group[0].plan_period.cut_off,
            first_submitted=tuple(
                progress.first_submitted_on if (progress := _delivered(duty)) else None
                for duty in group
            ),
        )
        for group in grouped.values()
    ]
