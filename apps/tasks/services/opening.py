"""期初: a ledger that is already running enters with what happened before (product.md D9).

States, closings, extensions and past reports are taken over as they were, in the log under the
day on which they happened and marked 期初; nothing is asked of anybody for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from apps.audit.services import Act, record_all
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.deadlines import Kind
from apps.tasks.models import Deadline, Duty, Progress, Task
from apps.tasks.services.marks import marks_refresh


@dataclass(frozen=True, slots=True)
class Closing:
    """A row that was closed before."""

    number: str
    closed_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Extension:
    """A later last day that was granted before."""

    number: str
    due_on: date
    recorded_on: date
    basis: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What is taken over for one plan; `reports` belong to duties that exist already."""

    closings: Sequence[Closing] = ()
    extensions: Sequence[Extension] = ()
    reports: Sequence[Progress] = field(default=())


_Acts = dict[date, list[Act]]


@transaction.atomic
def opening_enter(*, actor: Actor, scope: Scope, plan: Plan, opening: Opening, today: date) -> None:
    """Take over what happened before. Refused when a row does not exist or owes no such report."""
    if plan.pk not in scope.supervised:
        raise NotAllowed("只有本任务来源的督查员可以登记期初情况。")
    tasks = {
        task.number: task
        for task in plan.tasks.select_for_update(of=("self",)).select_related("plan").order_by("pk")
    }
    wanted = {c.number for c in opening.closings} | {e.number for e in opening.extensions}
    if unknown := sorted(wanted - tasks.keys()):
        raise Refused(f"没有第{'、'.join(unknown)}项，请核对期初情况。")
    acts: _Acts = defaultdict(list)
    closed = {closing.number for closing in opening.closings}
    _start([task for number, task in tasks.items() if number not in closed], acts, today)
    for closing in opening.closings:
        _close(tasks[closing.number], closing, acts)
    for extension in opening.extensions:
        _extend(tasks[extension.number], extension, acts)
    _report(opening.reports, acts)
    for day, happened in sorted(acts.items()):
        record_all(actor=actor, today=day, acts=happened)
    marks_refresh(task_ids=[task.pk for task in tasks.values()], today=today)


def _start(tasks: Sequence[Task], acts: _Acts, today: date) -> None:
    waiting = [task for task in tasks if task.state == Task.State.UNASSIGNED]
    for task in waiting:
        task.state = Task.State.ACTIVE
        changes = {"状态": (Task.State.UNASSIGNED.label, Task.State.ACTIVE.label)}
        acts[today].append(Act("期初：已在推进", task, changes))
    Task.objects.bulk_update(waiting, ["state"])


def _close(task: Task, closing: Closing, acts: _Acts) -> None:
    changes = {"状态": (task.get_state_display(), Task.State.CLOSED.label)}
    task.state = Task.State.CLOSED
    task.closed_on = closing.closed_on
    task.save(update_fields=["state", "closed_on"])
    acts[closing.closed_on].append(Act("期初：办结", task, changes, closing.reason))


def _extend(task: Task, extension: Extension, acts: _Acts) -> None:
    current = task.deadlines.get(current=True)
    current.current = False
    current.save(update_fields=["current"])
    Deadline.objects.create(
        task=task,
        sequence=current.sequence + 1,
        text=current.text,
        kind=Kind.DATE.value,
        due_on=extension.due_on,
        starts_on=current.starts_on,
        basis=extension.basis,
        recorded_on=extension.recorded_on,
    )
    changes = {"完成时限": (current.due_on, extension.due_on)}
    task.due_kind = Kind.DATE.value
    task.due_on = extension.due_on
    task.due_soft = False
    task.overdue_since = None
    task.save(update_fields=["due_kind", "due_on", "due_soft", "overdue_since"])
    acts[extension.recorded_on].append(Act("期初：延期", task, changes, extension.basis))


def _report(reports: Sequence[Progress], acts: _Acts) -> None:
    Progress.objects.bulk_create(reports, batch_size=500)
    duties = Duty.objects.select_related("task__plan", "agency", "plan_period__period").in_bulk(
        [progress.duty_id for progress in reports]
    )
    for progress in reports:
        duty = duties[progress.duty_id]
        told = f"{duty.plan_period.period.name}进展（{duty.agency.name}）"
        assessed = {"自评": (None, progress.get_self_assessment_display())}
        act = Act(f"期初：报送{told}", duty.task, assessed, about_agency=duty.agency)
        acts[progress.submitted_on].append(act)
        if progress.judged_on:
            judged = {"认定": (None, progress.get_judgement_display())}
            acts[progress.judged_on].append(
                Act(
                    f"期初：审核通过{told}",
                    duty.task,
                    judged,
                    progress.judgement_reason,
                    about_agency=duty.agency,
                )
            )
