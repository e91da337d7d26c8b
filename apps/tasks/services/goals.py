"""年度目标: what a lead means to reach within a year, filed row by row (product.md D7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction

from apps.agencies.models import Agency
from apps.audit.services import Act, Changes, record_all
from apps.common.actor import Actor
from apps.common.days import FIRST_YEAR, LAST_YEAR
from apps.common.errors import NotAllowed, Refused
from apps.tasks.access import Scope
from apps.tasks.content import VALUE_DIGITS, VALUE_LIMIT
from apps.tasks.models import AnnualGoal, Task, TaskIndicator
from apps.tasks.selectors.goals import owed_pairs
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.reports_locked import check_reason, lock_tasks
from apps.tasks.wording import plain_number

TEXT_LIMIT = 2000
OUTCOME_LIMIT = 200
_FIELDS = ("goal", "value", "stages", "outcome")

# a task and an agency
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class GoalContent:
    """What a unit writes; `value` is of its own figure for this row, for the year alone."""

    goal: str
    value: Decimal | None = None
    stages: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class GoalEntry:
    """One row of the form. `seen_version`: what the person had before them, 0 for nothing."""

    task_id: int
    agency_id: int
    content: GoalContent
    seen_version: int

    @property
    def pair(self) -> Pair:
        return self.task_id, self.agency_id


@dataclass(frozen=True, slots=True)
class GoalsFiled:
    """What came of a form: rows are saved one by one, and a wrong one keeps no other back."""

    saved: int = 0
    refused: dict[Pair, tuple[str, ...]] = field(default_factory=dict)
    # of those refused: somebody else has written in between
    conflicts: frozenset[Pair] = frozenset()


@transaction.atomic
def goals_file(
    *,
    actor: Actor,
    scope: Scope,
    year: int,
    entries: Sequence[GoalEntry],
    today: date,
    reason: str = "",
) -> GoalsFiled:
    """File the rows that can be filed; what was not changed is left alone.

    A reporter of the lead files for its unit, a supervisor of the plan for any. Years that are
    over are corrected by supervisors only, with a reason. Raises NotAllowed, and Refused for what
    is wrong with the form as a whole.
    """
    tasks = lock_tasks(entry.task_id for entry in entries)
    _check_rights(scope, entries, tasks, past=year < today.year)
    _check_year(year, today, reason)
    owed = owed_pairs(tasks.values(), year=year)
    known = {
        (goal.task_id, goal.agency_id): goal
        for goal in AnnualGoal.objects.select_for_update()
        .filter(task_id__in=tasks, year=year)
        .order_by("pk")
    }
    figures = set(
        TaskIndicator.objects.filter(task_id__in=tasks).values_list("task_id", "agency_id")
    )
    agencies = Agency.objects.in_bulk({entry.agency_id for entry in entries})
    refused: dict[Pair, tuple[str, ...]] = {}
    goals, acts = [], []
    entries = [each for each in entries if _differs(known.get(each.pair), each.content)]
    stale = frozenset(each.pair for each in entries if _is_stale(known.get(each.pair), each))
    for entry in entries:
        reasons = _reasons(entry, has_figure=entry.pair in figures, owed=entry.pair in owed)
        if entry.pair in stale:
            reasons = ["您打开后别人已改过这一项，您写的没有保存。请对照再填。"]
        if reasons:
            refused[entry.pair] = tuple(reasons)
            continue
        task, agency = tasks[entry.task_id], agencies[entry.agency_id]
        goal = known.get(entry.pair) or AnnualGoal(task=task, agency=agency, year=year, version=0)
        before = _shown(goal)
        _fill(goal, entry.content, actor, today)
        goals.append(goal)
        label = f"报备{year}年度目标（{agency.name}）"
        changes = _changes(before, _shown(goal))
        acts.append(Act(label, task, changes, reason.strip(), about_agency=agency))
    updated = [goal for goal in goals if goal.pk]
    AnnualGoal.objects.bulk_create(goal for goal in goals if not goal.pk)
    AnnualGoal.objects.bulk_update(updated, [*_FIELDS, "filed_on", "filed_by", "version"])
    record_all(actor=actor, today=today, acts=acts)
    marks_refresh(task_ids={goal.task_id for goal in goals}, today=today)
    return GoalsFiled(len(goals), refused, stale)


def _check_year(year: int, today: date, reason: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(f"没有{year}年度的目标可以报备。")
    if year < today.year and not reason.strip():
        raise Refused(f"{year}年已经过去，更正年度目标要写明理由。")
    check_reason("更正理由", reason)


def _check_rights(
    scope: Scope, entries: Iterable[GoalEntry], tasks: dict[int, Task], *, past: bool
) -> None:
    for entry in entries:
        task = tasks.get(entry.task_id)
        if task is None or task.plan_id not in scope.visible:
            raise NotAllowed("年度目标只能报备在看得到的任务上。")
        supervises = task.plan_id in scope.supervised
        if past and not supervises:
            raise NotAllowed("往年的年度目标只有督查员可以更正。")
        if not supervises and entry.agency_id not in scope.rights.reporter_of:
            raise NotAllowed("只有本单位填报员和督查员可以报备年度目标。")


def _reasons(entry: GoalEntry, *, has_figure: bool, owed: bool) -> list[str]:
    if not owed:
        return ["这个单位在这一年不需要为这一项报备年度目标。"]
    content = entry.content
    reasons = []
    if not content.goal.strip():
        reasons.append("请填写年度目标。")
    for name, text, most in (
        ("年度目标", content.goal, TEXT_LIMIT),
        ("阶段节点", content.stages, TEXT_LIMIT),
        ("成果形式", content.outcome, OUTCOME_LIMIT),
    ):
        if len(text) > most:
            reasons.append(f"{name}最多 {most} 字，现在 {len(text)} 字。")
    return reasons + _impossible_value(content.value, has_figure=has_figure)


def _impossible_value(value: Decimal | None, *, has_figure: bool) -> list[str]:
    if value is None:
        return []
    if not has_figure:
        return ["这一项没有可填的目标值。"]
    if not value.is_finite() or value <= 0:
        return ["目标值须是大于零的数字。"]
    if value > VALUE_LIMIT:
        return [f"目标值小数点前最多 {VALUE_DIGITS} 位，请核对单位。"]
    return []


def _differs(goal: AnnualGoal | None, content: GoalContent) -> bool:
    """An empty row that was never filed is no entry."""
    wanted = tuple(getattr(content, name) for name in _FIELDS)
    if goal is None:
        return any(value not in {"", None} for value in wanted)
    return wanted != tuple(getattr(goal, name) for name in _FIELDS)


def _is_stale(goal: AnnualGoal | None, entry: GoalEntry) -> bool:
    return (goal.version if goal else 0) != entry.seen_version


def _fill(goal: AnnualGoal, content: GoalContent, actor: Actor, today: date) -> None:
    for name in _FIELDS:
        setattr(goal, name, getattr(content, name))
    goal.filed_on = today
    goal.filed_by = actor.actor_name
    goal.version += 1


def _shown(goal: AnnualGoal) -> dict[str, str]:
    return {
        "年度目标": goal.goal,
        "目标值": "" if goal.value is None else plain_number(goal.value),
        "阶段节点": goal.stages,
        "成果形式": goal.outcome,
    }


def _changes(before: dict[str, str], after: dict[str, str]) -> Changes:
    return {
        name: (before[name] or None, value)
        for name, value in after.items()
        if value != before[name]
    }
