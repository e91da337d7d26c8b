"""进度灯 and 报送标 of rows that an import writes for the first time, kept with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from apps.plans.models import Plan
from apps.tasks.models import Deadline, MarkSpan, PeriodMark, Task
from apps.tasks.selectors.judging import Judged, judge_new
from apps.tasks.services.marks import mark_row

_OF_TASK = (
    "light", "light_order", "light_reason", "light_facts", "report_mark", "report_label",
    "marks_on", "marks_next",
)  # fmt: skip


def mark_new(
    plan: Plan, tasks: Sequence[Task], deadlines: Sequence[Deadline], today: date
) -> list[Judged]:
    """Fill in how these rows stand, before they are written."""
    judged = judge_new(plan, zip(tasks, deadlines, strict=True), today)
    rows = {id(each): mark_row(each, today) for each in judged}
    for task, each in zip(tasks, judged, strict=True):
        for name in _OF_TASK:
            setattr(task, name, rows[id(each)][name])
    return judged


def marks_begin(tasks: Sequence[Task], judged: Sequence[Judged], today: date) -> None:
    """From this day on, and in the plan's newest period, they stand so."""
    told = [
        (t, j, j.reading.finding.cause) for t, j in zip(tasks, judged, strict=True) if j.reading
    ]
    MarkSpan.objects.bulk_create(
        MarkSpan(
            task=task,
            plan_id=task.plan_id,
            since=today,
            state=task.state,
            light=task.light,
            cause=cause,
            light_reason=task.light_reason,
            due_on=task.due_on if task.due_kind == "date" else None,
        )
        for task, _, cause in told
    )
    PeriodMark.objects.bulk_create(
        PeriodMark(
            task=task,
            plan_period_id=each.plan_period_id,
            light=task.light,
            light_reason=task.light_reason,
            light_facts=task.light_facts,
            report_mark=task.report_mark,
            report_label=task.report_label,
            marked_on=today,
        )
        for task, each in zip(tasks, judged, strict=True)
        if each.plan_period_id is not None
    )
