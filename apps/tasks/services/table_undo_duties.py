"""What undoing an import does to duties: who owes again, and who does not any more."""

from __future__ import annotations

from collections.abc import Sequence

from apps.agencies.parties import Role
from apps.audit.services import Act
from apps.plans.models import PlanPeriod, PlanPolicy
from apps.tasks.models import Assignment, Duty, ImportedRow, TableImport, Task
from apps.tasks.selectors.duties import units_owing
from apps.tasks.selectors.table_consequences import is_silent
from apps.tasks.services.table_history import ASSIGNMENT
from apps.tasks.services.table_writing import BATCH
from apps.tasks.services.tables import withdrawal

_ANSWERS = (Role.LEAD.value, Role.SHARED.value)


def written_since(kept: TableImport) -> list[str]:
    """Of units that owe a report by this import alone, and have begun to write it."""
    return [
        f"第{duty.task.number}项由{duty.agency.name}报送，它的{duty.plan_period.period.name}应报"
        "已有填写，撤销后不再由它报送。"
        for duty in _owed_by_import(kept)
        if not is_silent(duty)
    ]


def duties_withdrawn(kept: TableImport, reason: str) -> list[Act]:
    """What was asked of such units meanwhile goes again; asked before the rows are given back."""
    gone = _owed_by_import(kept)
    Duty.objects.filter(pk__in=[duty.pk for duty in gone]).delete()
    return [withdrawal(duty, reason) for duty in gone]


def _owed_by_import(kept: TableImport) -> list[Duty]:
    """Duties of open periods whose unit answers for its row now and did not before the import."""
    asked = Duty.objects.filter(plan_period__state=PlanPeriod.State.OPEN)
    reassigned = kept.rows.filter(before__has_key="assignments", task__in=asked.values("task"))
    rows = {row.task: row for row in reassigned.select_related("task")}
    if not rows:
        return []
    policy = PlanPolicy.objects.filter(plan=kept.plan_id).first() or PlanPolicy()
    now: dict[int, list[tuple[str, int]]] = {}
    named = Assignment.objects.filter(
        task__in=list(rows), role__in=_ANSWERS, agency__isnull=False, collective=False
    ).order_by("task_id", "position")
    for task_id, role, agency_id in named.values_list("task_id", "role", "agency_id"):
        now.setdefault(task_id, []).append((role, agency_id or 0))
    owed: dict[int, set[int]] = {}
    for task, row in rows.items():
        before = _owing(policy, task, _parts_before(row), row.before["task"]["consolidator_id"])
        owed[task.pk] = _owing(policy, task, now.get(task.pk, []), task.consolidator_id) - before
    duties = (
        asked.filter(task__in=list(rows))
        .select_related("agency", "plan_period__period", "task__plan", "progress")
        .prefetch_related("drafts", "evidence")
        .order_by("pk")
    )
    return [duty for duty in duties if duty.agency_id in owed[duty.task_id]]


def _parts_before(row: ImportedRow) -> list[tuple[str, int]]:
    kept = [dict(zip(ASSIGNMENT, values, strict=True)) for values in row.before["assignments"]]
    return [
        (each["role"], each["agency_id"])
        for each in kept
        if each["role"] in _ANSWERS and each["agency_id"] and not each["collective"]
    ]


def _owing(
    policy: PlanPolicy, task: Task, parts: Sequence[tuple[str, int]], consolidator: int | None
) -> set[int]:
    designated = bool(task.consolidator_basis)
    return set(units_owing(policy.owes, parts, consolidator=consolidator, designated=designated))


def duties_back(rows: Sequence[ImportedRow], reason: str) -> list[Act]:
    """What was withdrawn is owed again, where its period still takes reports."""
    kept = {row.task_id: row for row in rows if row.before.get("duties")}
    periods = PlanPeriod.objects.filter(
        state=PlanPeriod.State.OPEN,
        pk__in={period for row in kept.values() for period, _ in row.before["duties"]},
    )
    still_open = {period.pk: period for period in periods.select_related("period")}
    duties = [
        Duty(task=row.task, agency_id=agency, plan_period=still_open[period])
        for row in kept.values()
        for period, agency in row.before["duties"]
        if period in still_open
    ]
    Duty.objects.bulk_create(duties, batch_size=BATCH, ignore_conflicts=True)
    made = Duty.objects.filter(task__in=kept, plan_period__in=still_open)
    wanted = {(duty.task_id, duty.agency_id, duty.plan_period_id) for duty in duties}
    return [
        Act(
            "恢复应报",
            kept[duty.task_id].task,
            {"应报": (None, f"{still_open[duty.plan_period_id].period.name} {duty.agency.name}")},
            reason,
            about_agency=duty.agency,
        )
        for duty in made.select_related("agency").order_by("pk")
        if (duty.task_id, duty.agency_id, duty.plan_period_id) in wanted
    ]
