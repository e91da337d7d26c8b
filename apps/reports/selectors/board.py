"""督办看板: what is late and who is late — not done, or not reported?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext as _

from apps.ops.selectors import last_finished
from apps.reports.selectors.ledger import ledger_of
from apps.reports.selectors.lines import Line, Unit, lines_of
from apps.reports.selectors.rounds import Rounds, missing_units, rounds_of
from apps.tasks.access import Scope
from apps.tasks.lights import Cause, Light
from apps.tasks.models import Task

_YEAR = timedelta(days=365)
_WARNED = Q(light__in=[Light.RED, Light.AMBER])
# flagged and still to be done
OVERDUE = Q(overdue_since__isnull=False, state__in=Task.RUNNING)
_BEHIND = _WARNED & Q(
    light_facts__cause__in=[Cause.GAP.value, Cause.BEHIND.value, Cause.OCCURRENCE.value]
)
_DIFFICULT = _WARNED & Q(light_facts__cause=Cause.DIFFICULT.value)
_IMPOSSIBLE = _WARNED & Q(light_facts__cause=Cause.IMPOSSIBLE.value)


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
    rounds: Rounds
    groups: Sequence[Group]
    # rows of more than one plan: each says which
    several: bool
    checked_at: datetime | None


def overdue_by_a_year(today: date) -> Q:
    """More than 365 days after the last day."""
    return OVERDUE & Q(due_on__lt=today - _YEAR)


def own_rows(plan_ids: Collection[int]) -> QuerySet[Task]:
    """The rows that count in figures."""
    return Task.objects.filter(plan_id__in=plan_ids)


def board(scope: Scope, today: date) -> Board:
    """The board of the plans this person oversees; the queries grow neither with rows nor plans."""
    ledger = ledger_of(scope)
    rows = own_rows(ledger.plan_ids)
    year = overdue_by_a_year(today)
    counted = rows.aggregate(
        tasks=Count("pk"),
        open=Count("pk", filter=~Q(state__in=Task.SETTLED)),
        overdue=Count("pk", filter=OVERDUE),
        overdue_year=Count("pk", filter=year),
        oldest=Min("due_on", filter=OVERDUE),
        behind=Count("pk", filter=_BEHIND),
        difficult=Count("pk", filter=_DIFFICULT),
        impossible=Count("pk", filter=_IMPOSSIBLE),
    )
    oldest = counted.pop("oldest")
    rounds = rounds_of(ledger.plan_ids, today)
    missing = missing_units(ledger.plan_ids, rounds.ended) if rounds.ended else {}
    lines = lines_of(
        {
            "year": rows.filter(year),
            "recent": rows.filter(OVERDUE).exclude(year),
            "behind": rows.filter(_BEHIND),
            "trouble": rows.filter(_DIFFICULT | _IMPOSSIBLE),
            "missing": rows.filter(pk__in=missing),
        },
        scope=scope,
        today=today,
    )
    red = ledger.url(light=Light.RED.value, sort="due")
    groups = [
        Group(
            "year",
            _("逾期一年以上"),
            counted["overdue_year"],
            lines["year"],
            _("没有逾期一年以上的任务。"),
            more_url=red,
        ),
        Group(
            "recent",
            _("逾期不到一年"),
            counted["overdue"] - counted["overdue_year"],
            lines["recent"],
            _("没有逾期不到一年的任务。"),
            more_url=red,
        ),
        Group(
            "behind",
            _("滞后"),
            counted["behind"],
            lines["behind"],
            _("没有滞后的任务。"),
            more_url=ledger.url(light=Light.AMBER.value),
        ),
        _trouble(counted["difficult"], counted["impossible"], lines["trouble"]),
        _missing(rounds, missing, lines["missing"]),
    ]
    shown = {line.task.plan_id for group in groups for line in group.lines}
    return Board(
        plans=len(ledger.plan_ids),
        **counted,
        longest_days=(today - oldest).days if oldest else 0,
        rounds=rounds,
        groups=[group for group in groups if group.total or group.key != "trouble"],
        several=len(shown) > 1,
        checked_at=last_finished("flag_overdue"),
    )


def _trouble(difficult: int, impossible: int, lines: list[Line]) -> Group:
    """Judged worse than behind: in the reports a class of their own, so not among 滞后."""
    return Group("trouble", _("有困难、不能完成"), difficult + impossible, lines, "")


def _missing(rounds: Rounds, missing: dict[int, list[Unit]], lines: list[Line]) -> Group:
    """Rows with a report missing in the last period that is over, with the units that owe it."""
    if rounds.ended is None:
        return Group("missing", _("未报"), 0, [], _("还没有截止的报告期。"))
    return Group(
        "missing",
        _("未报（%s）") % rounds.ended.period.name,
        len(missing),
        [replace(line, units=missing[line.task.pk]) for line in lines],
        _("%s都已报齐。") % rounds.ended.period.name,
        reports=sum(map(len, missing.values())),
    )
