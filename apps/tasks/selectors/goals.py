"""年度目标: which rows owe one for a year, what was filed, what is missing (product.md D7)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from apps.agencies.models import Agency, Contact
from apps.agencies.parties import Role
from apps.plans.models import Plan, PlanPolicy
from apps.tasks.access import Scope
from apps.tasks.models import AnnualGoal, Assignment, Task, TaskIndicator
from apps.tasks.selectors.chase import contacts_of
from apps.tasks.wording import plain_number


@dataclass(frozen=True, slots=True)
class GoalRow:
    """One row and unit of a year; `figure` where the unit reports a number for the row."""

    task: Task
    agency: Agency
    goal: AnnualGoal | None
    figure: TaskIndicator | None

    @property
    def pair(self) -> tuple[int, int]:
        return self.task.pk, self.agency.pk

    @property
    def value_text(self) -> str:
        return plain_number(self.goal.value) if self.goal and self.goal.value is not None else ""


@dataclass(frozen=True, slots=True)
class GoalUnit:
    """How far one unit is with one plan. A settled row is asked for nothing any more."""

    plan: Plan
    agency: Agency
    due_on: date | None
    contact: Contact | None
    filed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def owed(self) -> int:
        return len(self.filed) + len(self.missing)

    def chase(self, year: int) -> str:
        """To paste into a message; empty where nothing is missing."""
        if not self.missing:
            return ""
        due = f"应于{self.due_on.month}月{self.due_on.day}日前报备，" if self.due_on else ""
        return (
            f"{self.agency.name}：《{self.plan.short_title}》{year}年度工作方案"
            f"（年度目标、阶段节点、成果形式）{due}贵单位第{'、'.join(self.missing)}项还没有报备，"
            "请在系统“年度目标”页填写。"
        )


def owed_pairs(tasks: Iterable[Task], *, year: int) -> set[tuple[int, int]]:
    """(task, unit) that file for this year: the leads, where nobody leads the 汇总单位.

    `tasks` with their plans; one query.
    """
    asked = {task.pk: task for task in tasks if _is_asked(task, year)}
    leads = Assignment.objects.filter(
        task_id__in=asked, role=Role.LEAD, agency__isnull=False, collective=False
    )
    found = set(leads.values_list("task_id", "agency_id"))
    led = {task_id for task_id, _ in found}
    for task in asked.values():
        if task.pk not in led and task.consolidator_id is not None:
            found.add((task.pk, task.consolidator_id))
    return found


def _is_asked(task: Task, year: int) -> bool:
    """Within the plan's 实施期, and not settled before the year."""
    plan = task.plan
    started = plan.starts_on is None or plan.starts_on.year <= year
    over = plan.ends_on is not None and plan.ends_on.year < year
    settled = task.closed_on is not None and task.closed_on.year < year
    return plan.is_own and started and not over and not (task.is_settled and settled)


def goal_rows(plan_ids: Collection[int], year: int, agency_ids: Collection[int]) -> list[GoalRow]:
    """What these units file for a year, in the order of plans and tables."""
    if not agency_ids:
        return []
    named = Q(assignments__agency_id__in=agency_ids, assignments__role=Role.LEAD)
    tasks = {t.pk: t for t in _tasks(plan_ids).filter(named | Q(consolidator_id__in=agency_ids))}
    pairs = {pair for pair in owed_pairs(tasks.values(), year=year) if pair[1] in agency_ids}
    goals = _goals(tasks, year)
    links = TaskIndicator.objects.filter(task_id__in=tasks).select_related("indicator")
    figures = {(link.task_id, link.agency_id): link for link in links}
    agencies = Agency.objects.in_bulk({unit for _, unit in pairs})
    rows = [
        GoalRow(tasks[pk], agencies[unit], goals.get((pk, unit)), figures.get((pk, unit)))
        for pk, unit in pairs
    ]
    return sorted(rows, key=lambda r: (r.task.plan_id, r.task.position, r.agency.rank, r.pair))


def goal_units(plan_ids: Collection[int], year: int) -> list[GoalUnit]:
    """Filed and missing by plan and unit, those who lead most first; never ranked (D20)."""
    tasks = {task.pk: task for task in _tasks(plan_ids)}
    goals = _goals(tasks, year)
    pairs = owed_pairs(tasks.values(), year=year)
    agencies = Agency.objects.in_bulk({unit for _, unit in pairs})
    contacts = contacts_of(agencies)
    due = goals_due(plan_ids, year)
    units: dict[tuple[int, int], GoalUnit] = {}
    for pk, unit in sorted(pairs, key=lambda pair: tasks[pair[0]].position):
        task = tasks[pk]
        key = (task.plan_id, unit)
        if key not in units:
            of_plan = due.get(task.plan_id)
            units[key] = GoalUnit(task.plan, agencies[unit], of_plan, contacts.get(unit))
        if (pk, unit) in goals:
            units[key].filed.append(task.number)
        elif not task.is_settled:
            units[key].missing.append(task.number)
    listed = [unit for unit in units.values() if unit.owed]
    return sorted(listed, key=lambda u: (u.plan.pk, -u.owed, u.agency.rank, u.agency.pk))


def goals_due(plan_ids: Collection[int], year: int) -> dict[int, date]:
    """By plan, until which day of the year goals are filed, where the plan's policy sets one."""
    policies = PlanPolicy.objects.filter(plan_id__in=plan_ids, goals_due_month__isnull=False)
    days = policies.values_list("plan_id", "goals_due_month", "goals_due_day")
    return {
        plan_id: date(year, month, min(day, monthrange(year, month)[1]))
        for plan_id, month, day in days
        if month is not None and day is not None
    }


def own_plan_ids(scope: Scope, among: Collection[int]) -> Sequence[int]:
    """Those of our own: only they ask for anything (D0)."""
    own = Plan.objects.filter(pk__in=scope.visible, relation=Plan.Relation.OWN)
    return list(own.filter(pk__in=among).order_by("pk").values_list("pk", flat=True))


def _tasks(plan_ids: Collection[int]) -> QuerySet[Task]:
    return (
        Task.objects.filter(plan_id__in=plan_ids)
        .select_related("plan")
        .defer("cells", "light_facts", "note")
        .distinct()
    )


def _goals(task_ids: Collection[int], year: int) -> dict[tuple[int, int], AnnualGoal]:
    goals = AnnualGoal.objects.filter(task_id__in=task_ids, year=year)
    return {(goal.task_id, goal.agency_id): goal for goal in goals}
