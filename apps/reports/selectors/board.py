"""督办看板: what is late and who is late — not done, or not reported?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet

from apps.ops.selectors import last_finished
from apps.plans.models import PlanPeriod
from apps.reports.selectors.lines import Line, lines_of, own_plans
from apps.reports.selectors.rounds import Round, duties_of, last_ended_round, newest_round
from apps.tasks.access import Scope
from apps.tasks.lights import Cause, Light
from apps.tasks.models import Task

# A board is read, not searched: what is beyond this many rows is in the ledger.
LIST_LIMIT = 100
_YEAR = timedelta(days=365)
_BEHIND = [Cause.GAP.value, Cause.BEHIND.value]


@dataclass(frozen=True, slots=True)
class Group:
    """One group of the board; `total` may be more than the lines shown."""

    key: str
    title: str
    total: int
    lines: list[Line]
    empty: str
    # how many reports are missing, by task; only in the group of missing reports
    missing: dict[int, int] | None = None

    @property
    def missing_total(self) -> int:
        return sum((self.missing or {}).values())


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the first tab shows."""

    plans: int
    tasks: int
    open: int
    overdue: int
    overdue_year: int
    longest_days: int
    behind: int
    difficult: int
    impossible: int
    ended: Round | None
    newest: Round | None
    groups: Sequence[Group]
    checked_at: datetime | None


def overdue_rows(plan_ids: Sequence[int]) -> QuerySet[Task]:
    """Flagged and still to be done, the oldest first."""
    return Task.objects.filter(
        plan_id__in=plan_ids, overdue_since__isnull=False, state__in=Task.RUNNING
    ).order_by("due_on", "plan_id", "position")


def board(scope: Scope, today: date) -> Board:
    """The board of the plans this person oversees; queries do not grow with rows or history."""
    plan_ids = list(own_plans(scope).values_list("pk", flat=True))
    rows = Task.objects.filter(plan_id__in=plan_ids)
    counted = rows.aggregate(tasks=Count("pk"), open=Count("pk", filter=~Q(state__in=Task.SETTLED)))
    late = overdue_rows(plan_ids)
    year = Q(due_on__lt=today - _YEAR)
    ages = late.order_by().aggregate(
        overdue=Count("pk"), overdue_year=Count("pk", filter=year), oldest=Min("due_on")
    )
    oldest = ages.pop("oldest")
    warned = rows.filter(light__in=[Light.RED, Light.AMBER])
    judged = warned.aggregate(
        behind=Count("pk", filter=Q(light_facts__cause__in=_BEHIND)),
        difficult=Count("pk", filter=Q(light_facts__cause=Cause.DIFFICULT.value)),
        impossible=Count("pk", filter=Q(light_facts__cause=Cause.IMPOSSIBLE.value)),
    )
    ended = last_ended_round(plan_ids, today)

    def shown(some: QuerySet[Task]) -> list[Line]:
        return lines_of(some[:LIST_LIMIT], scope=scope, today=today)

    lines_late = shown(late)
    long_ago = [line for line in lines_late if line.task.due_on < today - _YEAR]
    recent = [line for line in lines_late if line.task.due_on >= today - _YEAR]
    behind = warned.filter(light_facts__cause__in=_BEHIND)
    groups = [
        Group("year", "逾期一年以上", ages["overdue_year"], long_ago, "没有逾期一年以上的任务。"),
        Group(
            "recent",
            "逾期不到一年",
            ages["overdue"] - ages["overdue_year"],
            recent,
            "没有新近逾期的任务。",
        ),
        Group(
            "behind",
            "滞后",
            judged["behind"],
            shown(behind.order_by("light_order", "plan_id", "position")),
            "没有滞后的任务。",
        ),
        _missing(plan_ids, ended, scope, today),
    ]
    return Board(
        plans=len(plan_ids),
        **counted,
        **ages,
        longest_days=(today - oldest).days if oldest else 0,
        **judged,
        ended=ended,
        newest=newest_round(plan_ids, today),
        groups=groups,
        checked_at=last_finished("flag_overdue"),
    )


def _missing(plan_ids: Sequence[int], ended: Round | None, scope: Scope, today: date) -> Group:
    """Rows with a report missing in the last period that is over."""
    title = f"未报（{ended.period.name}）" if ended else "未报"
    if ended is None:
        return Group("missing", title, 0, [], "还没有截止的报告期。")
    entered = PlanPeriod.objects.filter(plan_id__in=plan_ids, cut_off__lt=today)
    owing = duties_of(entered, ended.period).exclude(progress__delivered_on__isnull=False)
    counted = dict(owing.values_list("task_id").annotate(Count("pk")))
    rows = Task.objects.filter(pk__in=counted).order_by("plan_id", "position")[:LIST_LIMIT]
    return Group(
        "missing",
        title,
        len(counted),
        lines_of(rows, scope=scope, today=today),
        "都已报齐。",
        missing=counted,
    )
