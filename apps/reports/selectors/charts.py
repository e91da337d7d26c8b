"""督办看板, second tab: how rows are spread over units, ages, plans and periods.

Every figure is counted from the spans of one day; earlier periods have the marks they kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from apps.agencies.parties import Role
from apps.plans.models import Plan
from apps.reports.selectors.board_numbers import day_url
from apps.reports.selectors.chart_pieces import Bar, bar_of
from apps.reports.selectors.ledger import Ledger, ledger_of
from apps.reports.selectors.past import LATE, WARNED, spans_on
from apps.reports.selectors.trend import Trend, trend_of
from apps.tasks.access import Scope
from apps.tasks.models import Assignment, MarkSpan, Task

# drawn; the table below a chart goes on to UNIT_LIMIT
SHOWN_UNITS = 20
UNIT_LIMIT = 100
CROSSED_UNITS = 6
CROSSED_PLANS = 4
# the last day of each age in days
_AGES = (30, 90, 180, 365)


@dataclass(frozen=True, slots=True)
class UnitLights:
    """The rows one unit leads."""

    agency_id: int
    name: str
    late: int
    url: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class UnitsPanel:
    """In the order of how much a unit leads; never by result (product.md D20)."""

    total: int
    late: int
    shown: Sequence[UnitLights]
    listed: Sequence[UnitLights]
    # rows that no unit leads
    without: int


@dataclass(frozen=True, slots=True)
class Age:
    """Overdue rows by days since their last day."""

    name: str
    count: int
    width: str
    url: str


@dataclass(frozen=True, slots=True)
class Cell:
    """How many rows one unit leads in one plan."""

    count: int
    url: str


@dataclass(frozen=True, slots=True)
class CrossRow:
    """One unit over the plans."""

    unit: UnitLights
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Cross:
    """Unit × plan; `others` is how many plans share the last column."""

    plans: Sequence[tuple[str, str]]
    others: int
    rows: Sequence[CrossRow]

    @property
    def first(self) -> Sequence[CrossRow]:
        return self.rows[:CROSSED_UNITS]


@dataclass(frozen=True, slots=True)
class Charts:
    """Everything the second tab shows."""

    day: date
    is_past: bool
    plans: int
    tasks: int
    open: int
    units: UnitsPanel
    ages: Sequence[Age]
    overdue: int
    cross: Cross
    trend: Trend

    @property
    def led(self) -> int:
        """Rows that some unit leads."""
        return self.tasks - self.units.without


def charts(scope: Scope, today: date, day: date | None = None) -> Charts:
    """Of the plans this person oversees; the queries grow neither with rows nor plans."""
    day = day or today
    # the ledger lists rows as they are today: figures of a past day do not open it
    ledger = ledger_of(scope)
    spans = spans_on(ledger.plan_ids, day, today)
    states = dict(spans.order_by().values_list("state").annotate(many=Count("*")))
    links = ledger if day == today else None
    units = _units(spans, links)
    ages = _ages(spans, links, day, today)
    return Charts(
        day=day,
        is_past=day < today,
        plans=len(ledger.plan_ids),
        tasks=sum(states.values()),
        open=sum(many for state, many in states.items() if state not in Task.SETTLED),
        units=units,
        ages=ages,
        overdue=sum(age.count for age in ages),
        cross=_cross(spans, units, links),
        trend=trend_of(ledger, spans, day, today),
    )


_LED = {"task__assignments__role": Role.LEAD.value, "task__assignments__agency__isnull": False}
_UNIT = tuple(f"task__assignments__agency{field}" for field in ("_id", "__rank", "__name"))


def _units(spans: QuerySet[MarkSpan], links: Ledger | None) -> UnitsPanel:
    counted: dict[int, Counter[str]] = {}
    late: Counter[int] = Counter()
    names: dict[int, tuple[int, str]] = {}
    rows = spans.filter(**_LED).order_by().values_list(*_UNIT, "light")
    for pk, rank, name, light, many, overdue in rows.annotate(
        many=Count("task", distinct=True), overdue=Count("task", distinct=True, filter=LATE)
    ):
        counted.setdefault(pk, Counter())[light] += many
        late[pk] += overdue
        names[pk] = (rank, name)
    order = sorted(counted, key=lambda pk: (-counted[pk].total(), names[pk][0], pk))
    largest = max((lights.total() for lights in counted.values()), default=1)
    listed = [
        UnitLights(
            agency_id=pk,
            name=names[pk][1],
            late=late[pk],
            url=_unit_url(links, pk),
            bar=bar_of(counted[pk], largest, _unit_urls(links, pk)),
        )
        for pk in order[:UNIT_LIMIT]
    ]
    led = Assignment.objects.filter(task=OuterRef("task"), role=Role.LEAD, agency__isnull=False)
    return UnitsPanel(
        total=len(counted),
        late=sum(1 for pk in counted if late[pk]),
        shown=listed[:SHOWN_UNITS],
        listed=listed,
        without=spans.filter(~Exists(led)).count(),
    )


def _unit_url(links: Ledger | None, agency_id: int, **more: str) -> str:
    return links.url(unit=str(agency_id), role="lead", **more) if links else ""


def _unit_urls(links: Ledger | None, agency_id: int) -> Mapping[str, str]:
    return {light: _unit_url(links, agency_id, light=light) for light in ("red", "amber", "green")}


def _ages(spans: QuerySet[MarkSpan], links: Ledger | None, day: date, today: date) -> list[Age]:
    """Overdue since so many days; the day after the last one is the first."""
    ends = [0, *_AGES]
    bounds: list[tuple[int, int | None]] = [*zip((e + 1 for e in ends), ends[1:], strict=False)]
    bounds.append((ends[-1] + 1, None))
    late = spans.filter(WARNED, LATE).order_by().values_list("due_on").annotate(many=Count("*"))
    by_days: Counter[int] = Counter()
    for due_on, many in late:
        assert due_on is not None, "what is overdue has a last day"
        by_days[(day - due_on).days] += many
    counts = [
        sum(
            many
            for days, many in by_days.items()
            if days >= first and (last is None or days <= last)
        )
        for first, last in bounds
    ]
    largest = max([1, *counts])
    return [
        Age(
            name=_age_name(first, last),
            count=many,
            width=f"{many * 100 / largest:.2f}",
            url=_age_url(links, day, today, first, last) if many else "",
        )
        for (first, last), many in zip(bounds, counts, strict=True)
    ]


def _age_name(first: int, last: int | None) -> str:
    if last is None:
        return _("%d 天以上") % (first - 1)
    return _("%(first)d—%(last)d 天") % {"first": first, "last": last}


def _age_url(links: Ledger | None, day: date, today: date, first: int, last: int | None) -> str:
    if links is None:
        return day_url("reports:overdue", day, today) + ("#year" if last is None else "#recent")
    conditions = {"due_to": (day - timedelta(days=first)).isoformat()}
    if last is not None:
        conditions["due_from"] = (day - timedelta(days=last)).isoformat()
    return links.url(state="overdue", **conditions)


def _cross(spans: QuerySet[MarkSpan], units: UnitsPanel, links: Ledger | None) -> Cross:
    agency = "task__assignments__agency_id"
    wanted = [unit.agency_id for unit in units.listed]
    rows = spans.filter(**_LED, task__assignments__agency_id__in=wanted).order_by()
    cells: dict[int, Counter[int]] = {pk: Counter() for pk in wanted}
    for pk, plan_id, many in rows.values_list(agency, "plan_id").annotate(
        many=Count("task", distinct=True)
    ):
        cells[pk][plan_id] += many
    by_plan = sum(cells.values(), Counter[int]())
    columns = [plan_id for plan_id, _many in by_plan.most_common(CROSSED_PLANS)]
    titles = dict(Plan.objects.filter(pk__in=columns).values_list("pk", "short_title"))
    others = len(by_plan) - len(columns)
    return Cross(
        plans=[(titles[pk], links.url(plan=str(pk)) if links else "") for pk in columns],
        others=others,
        rows=[
            CrossRow(unit, _cells(unit, cells[unit.agency_id], columns, others, links))
            for unit in units.listed
        ],
    )


def _cells(
    unit: UnitLights,
    counted: Counter[int],
    columns: Sequence[int],
    others: int,
    links: Ledger | None,
) -> list[Cell]:
    found = [Cell(counted[pk], _unit_url(links, unit.agency_id, plan=str(pk))) for pk in columns]
    rest = counted.total() - sum(cell.count for cell in found)
    return [*found, Cell(rest, "")] if others else found
