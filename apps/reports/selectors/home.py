"""工作台 of those who oversee plans: supervisors and leaders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.plans.models import PlanPeriod
from apps.reports.selectors.board import OVERDUE, overdue_by_a_year, own_rows
from apps.reports.selectors.ledger import Ledger, ledger_of
from apps.reports.selectors.lines import LIST_LIMIT, Line, lines_of
from apps.reports.selectors.rounds import Rounds, UnitRound, rounds_of, units_of
from apps.tasks.access import Scope
from apps.tasks.deadlines import Kind
from apps.tasks.lights import Light
from apps.tasks.models import Assignment, Progress, Task
from apps.tasks.selectors.reviews import UNJUDGED, WAITING, review_counts, to_review

ATTENTION = 10
_AHEAD = timedelta(days=90)
_UNREAD = Q(due_kind=Kind.UNRESOLVED.value) & ~Q(state__in=Task.SETTLED)


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which something ends; `count` rows of the ledger at `url`, or a period."""

    day: date
    text: str
    count: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class SupervisorHome:
    """What waits for the supervisor, what is late, who is still missing, what comes next.

    Lists are cut at LIST_LIMIT rows; the numbers beside them are whole.
    """

    rounds: Rounds
    overdue_total: int
    overdue_year: int
    overdue: Sequence[Line]
    unread_total: int
    unread: Sequence[Line]
    unmatched_total: int
    unmatched: Sequence[Assignment]
    # of the person's own plans alone, as 审核 lists them
    to_review: int
    unjudged: int
    waiting: Sequence[Progress]
    units: Sequence[UnitRound]
    days: Sequence[Day]

    @property
    def units_missing(self) -> Sequence[UnitRound]:
        return [unit for unit in self.units if unit.delivered < unit.owed]


def supervisor_home(scope: Scope, today: date) -> SupervisorHome:
    """Over all our own plans that this person oversees."""
    ledger = ledger_of(scope)
    rows = own_rows(ledger.plan_ids)
    counted = rows.aggregate(
        overdue_total=Count("pk", filter=OVERDUE),
        overdue_year=Count("pk", filter=overdue_by_a_year(today)),
        unread_total=Count("pk", filter=_UNREAD),
    )
    lines = lines_of(
        {"overdue": rows.filter(OVERDUE), "unread": rows.filter(_UNREAD)}, scope=scope, today=today
    )
    rounds = rounds_of(ledger.plan_ids, today)
    unmatched = _unmatched(ledger.plan_ids)
    first_unmatched = list(unmatched[:LIST_LIMIT])
    several = len(first_unmatched) == LIST_LIMIT
    counts = review_counts(scope)
    return SupervisorHome(
        rounds=rounds,
        **counted,
        overdue=lines["overdue"],
        unread=lines["unread"],
        unmatched_total=unmatched.count() if several else len(first_unmatched),
        unmatched=first_unmatched,
        to_review=counts[WAITING],
        unjudged=counts[UNJUDGED],
        waiting=list(_waiting(scope)[:LIST_LIMIT]),
        units=units_of(ledger.plan_ids, rounds.current.period) if rounds.current else [],
        days=_days(ledger, today),
    )


def _unmatched(plan_ids: Collection[int]) -> QuerySet[Assignment]:
    """Names of units in our rows of which nobody has said which unit they mean."""
    return (
        Assignment.objects.filter(task__plan_id__in=plan_ids, agency=None, collective=False)
        .exclude(task__state__in=Task.SETTLED)
        .select_related("task__plan")
        .order_by("task__plan_id", "task__position", "position")
    )


def _waiting(scope: Scope) -> QuerySet[Progress]:
    """In the order in which they came."""
    return (
        to_review(scope, WAITING)
        .select_related("duty__task__plan", "duty__agency", "duty__plan_period__period")
        .order_by("submitted_on", "pk")
    )


def _days(ledger: Ledger, today: date) -> list[Day]:
    """Cut-offs and last days within the next ninety days."""
    until = today + _AHEAD
    cut_offs = PlanPeriod.objects.filter(
        plan_id__in=ledger.plan_ids, cut_off__range=(today, until)
    ).select_related("period")
    found = {(p.cut_off, p.period.name) for p in cut_offs}
    days = [Day(day, _("%s报送截止") % name) for day, name in found]
    due = (
        own_rows(ledger.plan_ids)
        .filter(due_on__range=(today, until))
        .exclude(state__in=Task.SETTLED)
        .order_by()
        .values_list("due_on")
        .annotate(Count("pk"))
    )
    for day, count in due:
        assert day is not None
        url = ledger.url(due_from=day.isoformat(), due_to=day.isoformat(), state="open")
        days.append(Day(day, _("到完成时限"), count, url))
    return sorted(days, key=lambda each: (each.day, each.text))


@dataclass(frozen=True, slots=True)
class LightCount:
    """How many rows have one light, with the ledger's rows behind the number."""

    light: str
    name: str
    note: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class LeaderHome:
    """The whole, and what needs attention; printable."""

    plans: int
    total: int
    lights: Sequence[LightCount]
    rounds: Rounds
    attention: Sequence[Line]
    attention_total: int


def leader_home(scope: Scope, today: date) -> LeaderHome:
    """Over our own plans of this leader's lines."""
    ledger = ledger_of(scope)
    rows = own_rows(ledger.plan_ids)
    counted = dict(rows.order_by().values_list("light").annotate(Count("pk")))
    warned = rows.filter(light__in=[Light.RED, Light.AMBER])
    lines = lines_of({"warned": warned}, scope=scope, today=today, limit=ATTENTION)
    return LeaderHome(
        plans=len(ledger.plan_ids),
        total=sum(counted.values()),
        lights=_light_counts(counted, ledger),
        rounds=rounds_of(ledger.plan_ids, today),
        attention=lines["warned"],
        attention_total=counted.get(Light.RED.value, 0) + counted.get(Light.AMBER.value, 0),
    )


def _light_counts(counted: dict[str, int], ledger: Ledger) -> list[LightCount]:
    """Every row is in one of them; a light without a note only where there are such rows."""
    notes = {
        Light.RED: _("逾期、落后 30 个百分点以上、不能完成"),
        Light.AMBER: _("落后、有困难、临近时限"),
        Light.GREEN: _("正常推进"),
        Light.PENDING: _("已报，督查员未核"),
        Light.NODATA: _("还没有报来进展"),
        Light.CLOSED: _("不再计灯"),
    }
    others = [light for light in Light if light not in notes and counted.get(light.value)]
    return [
        LightCount(
            light.value,
            light.label,
            notes.get(light, ""),
            counted.get(light.value, 0),
            ledger.url(light=light.value),
        )
        for light in [*notes, *others]
    ]
