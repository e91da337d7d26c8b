"""期初导入: how the rows of a ledger stood before it was kept here, applied all at once (D9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import Max

from apps.audit.services import Act, record_all
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.ops.telling import Heard, nothing
from apps.tasks.access import Scope
from apps.tasks.deadlines import Kind
from apps.tasks.models import Deadline, OpeningStanding, Task
from apps.tasks.selectors.opening_table import OpeningDiff, OpeningRow, Standing, opening_diff
from apps.tasks.selectors.table_types import Action
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.table_history import Before
from apps.tasks.services.table_writing import BATCH, tasks_store
from apps.tasks.services.tables import Import, plan_held
from apps.tasks.standing_words import OPENING

ENTERED = "期初：登记"
# tells of a report: selectors/history.py shows it to those who may read reports
REPORTED = "期初：登记进展（台账）"


@transaction.atomic
def opening_import(
    *, actor: Actor, scope: Scope, wanted: Import, today: date, heard: Heard = nothing
) -> OpeningDiff:
    """Take over what a running ledger says. All or nothing; the same file again changes nothing.

    Nothing is asked of anybody for it, and no report is made of it: it is marked 期初. Raises
    NotAllowed, Conflict when it would do something else than the preview, Refused with reasons.
    """
    if not scope.may_import(wanted.plan):
        raise NotAllowed("只有本任务来源的督查员可以登记期初情况。")
    plan = plan_held(wanted.plan)
    heard("比对", 0, len(wanted.reading.rows))
    diff = opening_diff(plan, wanted.reading, wanted.answers, today=today)
    if wanted.seen and wanted.seen != diff.digest:
        raise Conflict("预览以后任务有了变动，没有导入。下面是新的预览，请核对后再确认。")
    if diff.errors:
        raise Refused(*(problem.message for problem in diff.errors))
    pairs = [(row.task, row) for row in diff.rows if row.task and row.action is Action.UPDATE]
    if not pairs:
        return diff
    heard("写入", 0, len(pairs))
    before = Before(wanted.kept)
    tasks = [task for task, _ in pairs]
    before.tasks(tasks, "updated")
    before.openings(tasks)
    _extend([(t, r) for t, r in pairs if _extends(t, r.standing)], before, today)
    acts = [act for task, row in pairs for act in _fill(task, row, wanted.file_name)]
    tasks_store(tasks, [])
    _keep(pairs, wanted.file_name, today)
    before.write({task.pk: task.version for task in tasks})
    record_all(actor=actor, today=today, acts=acts)
    marks_refresh(task_ids=[task.pk for task in tasks], today=today)
    heard("写入", len(pairs), len(pairs))
    return diff


def _extends(task: Task, standing: Standing) -> bool:
    return standing.extended_to is not None and standing.extended_to != task.due_on


def _extend(pairs: Sequence[tuple[Task, OpeningRow]], before: Before, today: date) -> None:
    """The later day that was granted; every earlier one stays visible."""
    keys = [task.pk for task, _ in pairs]
    before.deadlines(keys)
    deadlines = Deadline.objects.filter(task__in=keys)
    last = dict(deadlines.order_by().values_list("task_id").annotate(last=Max("sequence")))
    texts = dict(deadlines.filter(current=True).values_list("task_id", "text"))
    deadlines.filter(current=True).update(current=False)
    Deadline.objects.bulk_create(
        [
            Deadline(
                task=task,
                sequence=last.get(task.pk, 0) + 1,
                text=texts.get(task.pk, ""),
                kind=Kind.DATE.value,
                due_on=row.standing.extended_to,
                basis=OPENING,
                recorded_on=today,
            )
            for task, row in pairs
        ],
        batch_size=BATCH,
    )


def _fill(task: Task, row: OpeningRow, file_name: str) -> list[Act]:
    standing = row.standing
    if standing.state:
        task.state, task.closed_on = standing.state, standing.closed_on
    if _extends(task, standing):
        task.due_kind, task.due_on = Kind.DATE.value, standing.extended_to
        task.due_soft, task.overdue_since = False, None
    task.version += 1
    changes = {change.column: (change.old or None, change.new) for change in row.changes}
    told = {name: pair for name, pair in changes.items() if name.startswith(OPENING)}
    stands = {name: pair for name, pair in changes.items() if name not in told}
    acts = [(ENTERED, stands), (REPORTED, told)]
    return [Act(action, task, parts, file_name) for action, parts in acts if parts]


def _keep(pairs: Sequence[tuple[Task, OpeningRow]], file_name: str, today: date) -> None:
    """One for each row; what an earlier ledger said gives way."""
    OpeningStanding.objects.filter(task__in=[task.pk for task, _ in pairs]).delete()
    OpeningStanding.objects.bulk_create(
        [
            OpeningStanding(
                task=task,
                text=row.standing.text,
                percent=row.standing.percent,
                reported_on=row.standing.reported_on,
                closing=row.standing.closing,
                entered_on=today,
                file_name=file_name[:255],
            )
            for task, row in pairs
        ],
        batch_size=BATCH,
    )
