"""How rows stood on a day, from the spans that are kept of their marks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery

from apps.common.periods import PeriodCode
from apps.plans.models import Period, Plan
from apps.reports.selectors.kept import kept
from apps.reports.selectors.rounds import Due, Turns, missing_of
from apps.tasks.lights import Cause, Light
from apps.tasks.models import Duty, MarkSpan, Task

_DAY = timedelta(days=1)
YEAR = timedelta(days=365)
# the condition of the index that these are counted from
WARNED = Q(light__in=[Light.RED.value, Light.AMBER.value])
LATE = Q(cause=Cause.OVERDUE.value)
BEHIND = Q(cause__in=[Cause.GAP.value, Cause.BEHIND.value, Cause.OCCURRENCE.value])
DIFFICULT = Q(cause=Cause.DIFFICULT.value)
IMPOSSIBLE = Q(cause=Cause.IMPOSSIBLE.value)
# in one list, which the index takes; not so alternatives
TROUBLE = Q(cause__in=[Cause.DIFFICULT.value, Cause.IMPOSSIBLE.value])
BEHIND_OR_WORSE = Q(
    cause__in=[
        Cause.GAP.value,
        Cause.BEHIND.value,
        Cause.OCCURRENCE.value,
        Cause.DIFFICULT.value,
        Cause.IMPOSSIBLE.value,
    ]
)


def late_by_a_year(day: date) -> Q:
    """More than 365 days after the last day."""
    return LATE & Q(due_on__lt=day - YEAR)


def stood_on(day: date) -> Q:
    """Of the spans of a row the one in which this day lies."""
    return Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))


def spans_on(plan_ids: Collection[int], day: date, today: date) -> QuerySet[MarkSpan]:
    """One span for each row that was there."""
    lies_in = stood_on(day) if day < today else Q(until__isnull=True)
    return MarkSpan.objects.filter(lies_in, plan_id__in=plan_ids)


def first_day(plan_ids: Collection[int]) -> date | None:
    """Since when anything is known of these plans; one look into the index for each."""
    first = MarkSpan.objects.filter(plan=OuterRef("pk")).order_by("since").values("since")[:1]
    plans = Plan.objects.filter(pk__in=plan_ids).annotate(first=Subquery(first))
    found: date | None = plans.aggregate(Min("first"))["first__min"]
    return found


@dataclass(frozen=True, slots=True)
class Entered:
    """A period that some of the plans have opened; the days are the earliest among them."""

    period: Period
    opened_on: date
    cut_off: date
    # the day before the next one was opened: until then the marks are this period's
    last_day: date | None = None


def periods_until(plan_ids: Collection[int], day: date) -> list[Entered]:
    """In their order, the one under way on this day last; one query."""
    found = [
        (period, period.opened, period.due)
        for period in Period.objects.filter(plan_periods__plan_id__in=plan_ids)
        .annotate(opened=Min("plan_periods__opened_on"), due=Min("plan_periods__cut_off"))
        .filter(opened__lte=day)
        .order_by("ends_on")
    ]
    last_days = [opened - _DAY for _, opened, _ in found[1:]]
    # the one under way has none yet; without any period there is none to have one
    return [Entered(*each, last) for each, last in zip(found, [*last_days, None], strict=False)]


def ended_by(entered: Sequence[Entered], day: date) -> Entered | None:
    """The newest whose cut-off was over."""
    return next((each for each in reversed(entered) if each.cut_off < day), None)


@dataclass(frozen=True, slots=True)
class Figures:
    """The four numbers of a day."""

    overdue: int
    overdue_year: int
    behind: int
    missing: int | None


def earlier_periods(
    entered: Sequence[Entered], first: date | None
) -> tuple[Entered | None, Entered | None]:
    """The period before the one under way, and the one that ended with the same month a year ago.

    None is one of which nothing was kept.
    """
    if not entered:
        return None, None
    span = entered[-1].period.span
    code = PeriodCode(span.year - 1, span.month).code
    before = entered[-2] if len(entered) > 1 else None
    year_ago = next((each for each in entered[:-1] if each.period.code == code), None)
    return _kept(before, first), _kept(year_ago, first)


def _kept(entered: Entered | None, first: date | None) -> Entered | None:
    known = entered and entered.last_day and first and first <= entered.last_day
    return entered if known else None


def figures_on(
    plan_ids: Collection[int], days: Collection[date], entered: Sequence[Entered]
) -> dict[date, Figures]:
    """The four numbers of past days, counted again only when something before them has changed."""
    if not days:
        return {}
    periods = tuple(each.period.pk for each in entered)
    key = ("figures", tuple(plan_ids), tuple(sorted(days)), periods)
    return kept(key, lambda: _figures_on(plan_ids, days, entered), until=max(days))


def _figures_on(
    plan_ids: Collection[int], days: Collection[date], entered: Sequence[Entered]
) -> dict[date, Figures]:
    """Two queries for all days together."""
    wanted = {
        f"{name}_{place}": Count("plan_id", filter=stood_on(day) & kind)
        for place, day in enumerate(days)
        for name, kind in _kinds(day).items()
    }
    rows = MarkSpan.objects.filter(WARNED, plan_id__in=plan_ids)
    counted = rows.aggregate(**wanted)
    missing = _missing_on(plan_ids, {day: ended_by(entered, day) for day in days})
    return {
        day: Figures(
            **{name: counted[f"{name}_{place}"] for name in _kinds(day)}, missing=missing[day]
        )
        for place, day in enumerate(days)
    }


def _kinds(day: date) -> dict[str, Q]:
    return {"overdue": LATE, "overdue_year": late_by_a_year(day), "behind": BEHIND}


def _missing_on(
    plan_ids: Collection[int], ended: dict[date, Entered | None]
) -> dict[date, int | None]:
    """By day how many reports of the period that was over then had not come."""
    wanted = {
        f"missing_{place}": Count(
            "pk",
            filter=Q(plan_period__period=each.period, plan_period__cut_off__lt=day)
            & ~Q(delivered_on__lte=day)
            & Q(ran_on(day)),
        )
        for place, (day, each) in enumerate(ended.items())
        if each is not None
    }
    periods = [each.period for each in ended.values() if each is not None]
    duties = Duty.objects.filter(plan_period__plan_id__in=plan_ids, plan_period__period__in=periods)
    counted = duties.aggregate(**wanted) if wanted else {}
    return {day: counted.get(f"missing_{place}") for place, day in enumerate(ended)}


def ran_on(day: date, task: str = "task_id") -> Exists:
    """Rows that still owed something on a day; `task` is the field that names the row."""
    settled = Q(state__in=Task.SETTLED)
    return Exists(MarkSpan.objects.filter(stood_on(day), ~settled, task=OuterRef(task)))


def turns_on(plan_ids: Collection[int], entered: Sequence[Entered], day: date) -> Turns:
    """The period that was reported on then, and the newest whose cut-off was over; one query."""
    ahead = [each for each in entered if each.cut_off >= day]
    current = min(ahead, key=lambda each: each.cut_off) if ahead else _last(entered)
    ended = ended_by(entered, day)
    now = Due(current.period, current.cut_off, day) if current else None
    if ended is None:
        return Turns(now, None)
    over = Due(ended.period, ended.cut_off, day)
    return Turns(now, missing_of(over, missing_duties_on(plan_ids, over)))


def _last(entered: Sequence[Entered]) -> Entered | None:
    return entered[-1] if entered else None


def missing_duties_on(plan_ids: Collection[int], ended: Due) -> QuerySet[Duty]:
    """Those for the period that was over whose report had not come by that day."""
    return Duty.objects.filter(
        ran_on(ended.today),
        plan_period__plan_id__in=plan_ids,
        plan_period__period=ended.period,
        plan_period__cut_off__lt=ended.today,
    ).exclude(delivered_on__lte=ended.today)
