"""督办看板: what is late and who is late — not done, or not reported? Today, or on a past day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext as _

from apps.ops.selectors import last_finished
from apps.reports.selectors.board_numbers import Counted, Earlier, Number, earlier_of, numbers_of
from apps.reports.selectors.ledger import Ledger, ledger_of
from apps.reports.selectors.lines import Line, lines_of
from apps.reports.selectors.past import (
    BEHIND,
    BEHIND_OR_WORSE,
    DIFFICULT,
    IMPOSSIBLE,
    LATE,
    TROUBLE,
    WARNED,
    YEAR,
    late_by_a_year,
    missing_duties_on,
    periods_until,
    spans_on,
    turns_on,
)
from apps.reports.selectors.past_lines import past_lines
from apps.reports.selectors.rounds import (
    Turns,
    missing_duties,
    turns_of,
    units_by_task,
    with_missing,
)
from apps.tasks.access import Scope
from apps.tasks.lights import Light
from apps.tasks.models import Duty, MarkSpan, Task
from apps.tasks.selectors.rows import FLAGGED

OVERDUE = FLAGGED


@dataclass(frozen=True, slots=True)
class Group:
    """One group of the board; `total` may be more than the lines shown."""

    key: str
    title: str
    total: int
    lines: list[Line]
    empty: str
    # how many reports are missing; only in the group of missing reports
    reports: int = 0
    # where the ledger has the rest
    more_url: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the first tab shows; of a past day everything as it was then."""

    day: date
    is_past: bool
    plans: int
    counted: Counted
    rounds: Turns
    numbers: Sequence[Number]
    groups: Sequence[Group]
    earlier: Sequence[Earlier]
    # rows of more than one plan: each says which
    several: bool
    checked_at: datetime | None


def overdue_by_a_year(today: date) -> Q:
    """More than 365 days after the last day."""
    return OVERDUE & Q(due_on__lt=today - YEAR)


def own_rows(plan_ids: Collection[int]) -> QuerySet[Task]:
    """The rows that count in figures."""
    return Task.objects.filter(plan_id__in=plan_ids)


def board(scope: Scope, today: date, day: date | None = None) -> Board:
    """The board of the plans this person oversees; the queries grow neither with rows nor plans."""
    day = day or today
    ledger = ledger_of(scope)
    if day < today:
        counted, rounds, groups = _past(scope, ledger, day, today)
    else:
        counted, rounds, groups = _present(scope, ledger, today)
    earlier = earlier_of(ledger.plan_ids, day, today)
    shown = {line.task.plan_id for group in groups for line in group.lines}
    return Board(
        day=day,
        is_past=day < today,
        plans=len(ledger.plan_ids),
        counted=counted,
        rounds=rounds,
        numbers=numbers_of(counted, rounds, day, earlier),
        groups=[group for group in groups if group.total or group.key != "trouble"],
        earlier=earlier,
        several=len(shown) > 1,
        checked_at=last_finished("flag_overdue"),
    )


_Parts = tuple[Counted, Turns, list[Group]]


def _present(scope: Scope, ledger: Ledger, today: date) -> _Parts:
    rows = own_rows(ledger.plan_ids)
    spans = spans_on(ledger.plan_ids, today, today)
    late = rows.filter(OVERDUE)
    counted = _counted(
        _states(rows),
        late.aggregate(
            overdue=Count("*"),
            overdue_year=Count("plan_id", filter=Q(due_on__lt=today - YEAR)),
            oldest=Min("due_on"),
        ),
        spans,
    )
    rounds = turns_of(ledger.plan_ids, today)
    missing, silent = Duty.objects.none(), rows.none()
    if rounds.ended:
        missing = missing_duties(ledger.plan_ids, rounds.ended)
        silent = with_missing(rows, rounds.ended)
    year = overdue_by_a_year(today)
    lines = lines_of(
        {
            "year": rows.filter(year),
            # with a range, not as the rest: an index of late rows is looked into for that
            "recent": late.filter(due_on__gte=today - YEAR),
            "behind": spans.filter(WARNED, BEHIND),
            "trouble": spans.filter(WARNED, TROUBLE),
            "missing": silent,
        },
        scope=scope,
        today=today,
    )
    amber = ledger.url(light=Light.AMBER.value)
    red = ledger.url(state="overdue", sort="due")
    more = {"year": red, "recent": red, "behind": amber, "trouble": amber}
    return counted, rounds, _groups(counted, rounds, lines, missing, more)


def _past(scope: Scope, ledger: Ledger, day: date, today: date) -> _Parts:
    spans = spans_on(ledger.plan_ids, day, today)
    year = late_by_a_year(day)
    warned = spans.filter(WARNED)
    counted = _counted(
        _states(spans),
        warned.aggregate(
            overdue=Count("plan_id", filter=LATE),
            overdue_year=Count("plan_id", filter=year),
            oldest=Min("due_on", filter=LATE),
        ),
        spans,
    )
    rounds = turns_on(ledger.plan_ids, periods_until(ledger.plan_ids, day), day)
    missing = Duty.objects.none()
    if rounds.ended:
        missing = missing_duties_on(ledger.plan_ids, rounds.ended)
    lines = past_lines(
        {
            "year": warned.filter(year),
            "recent": warned.filter(LATE).exclude(year),
            "behind": warned.filter(BEHIND),
            "trouble": warned.filter(TROUBLE),
            "missing": spans.filter(task_id__in=missing.values("task_id")),
        },
        scope=scope,
        day=day,
    )
    return counted, rounds, _groups(counted, rounds, lines, missing, {})


def _states(rows: QuerySet[Any]) -> Counter[str]:
    """How many rows are in each state; by plan, in the order of an index."""
    found: Counter[str] = Counter()
    counted = rows.order_by().values_list("plan_id", "state").annotate(many=Count("*"))
    for _plan_id, state, many in counted:
        found[state] += many
    return found


def _counted(states: Counter[str], late: dict[str, Any], spans: QuerySet[MarkSpan]) -> Counted:
    causes = spans.filter(WARNED, BEHIND_OR_WORSE).aggregate(
        behind=Count("plan_id", filter=BEHIND),
        difficult=Count("plan_id", filter=DIFFICULT),
        impossible=Count("plan_id", filter=IMPOSSIBLE),
    )
    tasks = states.total()
    settled = sum(states[state] for state in Task.SETTLED)
    return Counted(tasks=tasks, open=tasks - settled, **late, **causes)


def _groups(
    counted: Counted,
    rounds: Turns,
    lines: dict[str, list[Line]],
    missing: QuerySet[Duty],
    more: dict[str, str],
) -> list[Group]:
    said = {
        "year": (_("逾期一年以上"), counted.overdue_year, _("没有逾期一年以上的任务。")),
        "recent": (
            _("逾期不到一年"),
            counted.overdue - counted.overdue_year,
            _("没有逾期不到一年的任务。"),
        ),
        "behind": (_("滞后"), counted.behind, _("没有滞后的任务。")),
        # judged worse than behind: in the reports a class of their own
        "trouble": (_("有困难、不能完成"), counted.difficult + counted.impossible, ""),
    }
    groups = [
        Group(key, title, total, lines[key], empty, more_url=more.get(key, ""))
        for key, (title, total, empty) in said.items()
    ]
    return [*groups, _missing(rounds, missing, lines["missing"])]


def _missing(rounds: Turns, missing: QuerySet[Duty], lines: list[Line]) -> Group:
    """Rows with a report missing in the last period that is over, with the units that owe it."""
    if rounds.ended is None:
        return Group("missing", _("未报"), 0, [], _("还没有截止的报告期。"))
    units = units_by_task(missing, [line.task.pk for line in lines])
    return Group(
        "missing",
        _("未报（%s）") % rounds.ended.period.name,
        rounds.ended.rows,
        [replace(line, units=units[line.task.pk]) for line in lines],
        _("%s都已报齐。") % rounds.ended.period.name,
        reports=rounds.ended.missing,
    )
