"""The rows of the ledger: which ones, how many, and what a list shows of them.

The list reads its rows in one query and what it counts in one other, whatever the number of rows.
Columns that need other tables are subqueries, worked out for the rows of one page only: joined,
they would be worked out for all rows before these are sorted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    F,
    Func,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.db.models.lookups import IsNull

from apps.agencies.models import Agency, Alias
from apps.agencies.parties import Role
from apps.common.text import fold_tight
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.lights import Light
from apps.tasks.models import Assignment, Deadline, OpeningStanding, Progress, Task

# Counted exactly up to here, so that the cost of a list does not grow with the ledger.
COUNT_LIMIT = 10_000
PLAN_COUNT_LIMIT = 300
UNIT_LIMIT = 200
# `light_seen` of rows without lights (foreign plans, D0) and of those whose marks this reader may
# not see; sorts behind all lights.
HIDDEN = 99
# flagged and still to be done
FLAGGED = Q(overdue_since__isnull=False, state__in=Task.RUNNING)

_SHOWN = (
    "plan_id", "number", "position", "title", "content", "consolidator_id", "state", "due_kind",
    "due_on", "due_soft", "light", "light_reason", "report_mark", "report_label",
    "last_progress_id",
)  # fmt: skip


class _BoundedCount(Subquery):
    """The number of rows of a sliced queryset."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS bounded)"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """A plan one may filter by, with its number of rows as far as it was counted."""

    pk: int
    title: str
    region: str
    is_own: bool
    rows: int
    # every level of them; only of the plan that is chosen
    categories: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """实施方案（2017年，45 项）."""
        many = f"{self.rows} 项" if self.rows <= PLAN_COUNT_LIMIT else f"超过 {PLAN_COUNT_LIMIT} 项"
        if self.title.endswith("）"):
            return f"{self.title[:-1]}，{many}）"
        return f"{self.title}（{many}）"


def plan_choices(scope: Scope, chosen: str = "") -> list[PlanChoice]:
    """The plans whose rows may be seen, our own first; those without rows are left out."""
    tasks = Task.objects.filter(plan=OuterRef("pk")).order_by()
    categories = ArraySubquery(tasks.values("category").distinct())
    plans = (
        Plan.objects.filter(_among("pk", scope.visible))
        .annotate(rows=_BoundedCount(tasks.values("pk")[: PLAN_COUNT_LIMIT + 1]))
        .annotate(
            categories=Case(
                When(pk=int(chosen) if chosen.isdecimal() else 0, then=categories), default=None
            )
        )
        .order_by("pk")
        .values_list("pk", "short_title", "region", "relation", "rows", "categories")
    )
    choices = [
        PlanChoice(pk, title, region, relation == Plan.Relation.OWN, rows, _flat(found or ()))
        for pk, title, region, relation, rows, found in plans
        if rows
    ]
    return sorted(choices, key=lambda choice: not choice.is_own)


def _flat(categories: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in categories for name in names}))


@dataclass(frozen=True, slots=True)
class UnitGroup:
    """Units of one region, as (id, name)."""

    region: str
    units: list[tuple[int, str]]


# Limited inside, so that units are sorted first and then asked one after the other until there are
# enough; and one look into the index for each: EXISTS may be answered by reading all assignments.
_FIRST_NAMED = """
    SELECT pk, name, region FROM ({units} LIMIT 1000000) AS unit WHERE named IS NOT NULL LIMIT %s
"""


def unit_choices(regions: Sequence[str], chosen: str = "") -> list[UnitGroup]:
    """Units of these regions that any row names, at most UNIT_LIMIT, and the chosen one."""
    named = Assignment.objects.filter(agency=OuterRef("pk")).order_by().values("pk")
    fields = ("pk", "name", "region")
    units = (
        Agency.objects.filter(region__in=regions, collective=False)
        .order_by("rank", "pk")
        .values(*fields, named=Subquery(named[:1]))
    )
    found = _fetched(_FIRST_NAMED, units=units, limit=UNIT_LIMIT)
    if chosen.isdecimal() and int(chosen) not in {pk for pk, _, _ in found}:
        found += Agency.objects.filter(pk=int(chosen)).values_list(*fields)
    groups = {region: UnitGroup(region, []) for region in regions}
    for pk, name, region in found:
        groups.setdefault(region, UnitGroup(region, [])).units.append((pk, name))
    return [group for group in groups.values() if group.units]


def tasks_visible(scope: Scope) -> QuerySet[Task]:
    """Rows one may see, with `light_seen`: the light's order, or HIDDEN.

    Rows of plans that are not ours carry no light (D0): theirs is hidden from everybody.
    """
    lit = marks_visible(scope)
    return Task.objects.filter(scope.visible_to()).annotate(light_seen=_light_where(lit))


def marks_visible(scope: Scope) -> Q:
    """Rows whose light and mark may be seen: the one rule for lists, filters and exports."""
    own = Q(plan_id__in=Plan.objects.filter(relation=Plan.Relation.OWN).values("pk"))
    return own & scope.reports_visible_to()


def of_own_plans(plan_ids: Collection[int], scope: Scope) -> QuerySet[Task]:
    """Rows of `tasks_visible` in these plans, all our own: no row needs to be asked for its plan.

    With every mark visible, `light_seen` is the stored column, whose index sorts the list.
    """
    # one condition: of two long ones on the same column PostgreSQL takes its time to think
    rows = Task.objects.filter(_among("plan_id", scope.visible.intersection(plan_ids)))
    if scope.overseen.issuperset(plan_ids):
        return rows.annotate(light_seen=F("light_order"))
    return rows.annotate(light_seen=_light_where(scope.reports_visible_to()))


def _among(column: str, keys: Collection[int]) -> Func:
    """As `column__in`, which Django puts together key by key each time it is used."""
    array = Value(sorted(keys), output_field=ArrayField(BigIntegerField()))
    return Func(
        F(column),
        array,
        template="%(expressions)s)",
        arg_joiner=" = ANY (",
        output_field=BooleanField(),
    )


def _light_where(lit: Q) -> Case:
    return Case(
        When(lit, then=F("light_order")), default=Value(HIDDEN), output_field=IntegerField()
    )


def own_first(rows: QuerySet[Task], plans: Sequence[PlanChoice]) -> QuerySet[Task]:
    """With `foreign`, by which the table sorts first where own and foreign plans are mixed."""
    own = [plan.pk for plan in plans if plan.is_own]
    foreign = Case(When(plan_id__in=own, then=0), default=1, output_field=IntegerField())
    return rows.annotate(foreign=foreign)


def with_words(rows: QuerySet[Task], scope: Scope, text: str) -> QuerySet[Task]:
    """Rows in which every one of these words stands: in the row, its units, its last progress.

    Progress is searched only where it may be read, so that a search tells nothing more. Units and
    progress are asked row by row, and only of rows whose own text lacks the word: joined, all rows
    and all reports would be laid into memory, where those without a report fall into one heap that
    PostgreSQL tries to divide until the machine has no memory left.
    """
    rows = rows.alias(last_text=_last_text(scope))
    for word in text.split():
        called = Agency.objects.filter(name__icontains=word).order_by()
        also_called = Alias.objects.filter(name__icontains=fold_tight(word))
        named = Assignment.objects.filter(
            Q(name__icontains=word)
            | Q(agency_id__in=called.values("pk"))
            | Q(agency_id__in=also_called.values("agency_id")),
            task=OuterRef("pk"),
        )
        rows = rows.filter(
            # in this order, the cheapest first
            Q(number=word)
            | Q(content__icontains=word)
            | Q(title__icontains=word)
            | Q(last_text__icontains=word)
            # EXISTS may be answered by keeping all assignments that are named so
            | IsNull(Subquery(named.order_by().values("pk")[:1]), rhs=False)
        )
    return rows


def _last_text(scope: Scope) -> Subquery:
    """What the list shows of the newest progress, where that may be read."""
    last = Progress.objects.filter(pk=OuterRef("last_progress"))
    if not scope.visible <= scope.overseen:
        mine = scope.rights.agency_ids
        last = last.filter(
            Q(duty__task__plan_id__in=scope.overseen)
            | Q(duty__task__consolidator_id__in=mine)
            | Q(duty__agency_id__in=mine)
        )
    said = _left("whole_text"), _left("text")
    text = Coalesce(NullIf(said[0], Value("")), said[1], output_field=TextField())
    return Subquery(last.values(shown=text)[:1])


def _left(name: str) -> Case:
    """A field of a report as it was when it left the unit."""
    return Case(
        When(delivered={}, then=F(name)),
        default=KeyTextTransform(name, "delivered"),
        output_field=TextField(),
    )


def of_unit(rows: QuerySet[Task], agency_id: int, role: str) -> QuerySet[Task]:
    """Rows that name the unit; `role` is "lead", "support" for any other part, or "" for both."""
    parts = Assignment.objects.filter(task=OuterRef("pk"), agency_id=agency_id)
    if role == "lead":
        parts = parts.filter(role=Role.LEAD)
    elif role:
        parts = parts.exclude(role=Role.LEAD)
    return rows.filter(Exists(parts))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows there are, and of each light; above COUNT_LIMIT nothing is exact."""

    total: int
    lights: dict[Light, int]
    # of the rows `chosen`, where `lights` does not tell
    chosen: int = 0

    @property
    def is_exact(self) -> bool:
        return self.total <= COUNT_LIMIT

    def of(self, light: Light) -> int:
        """How many rows of one light, which was the one chosen."""
        return self.lights[light] if self.is_exact else self.chosen


# The chosen rows are looked at only where there are more rows than were counted.
_TALLY = """
    WITH counted AS (
        SELECT light_seen, COUNT(*) AS many FROM ({found}) AS found GROUP BY light_seen
    )
    SELECT light_seen, many FROM counted
     UNION ALL
    SELECT NULL, COUNT(*) FROM ({chosen}) AS chosen
     WHERE (SELECT SUM(many) FROM counted) > %s
"""


def tally(rows: QuerySet[Task], chosen: QuerySet[Task] | None = None) -> Tally:
    """Count rows of `tasks_visible`, no more than COUNT_LIMIT and one of them, in one statement.

    `chosen` are those of them that have a certain light.
    """
    wanted = rows if chosen is None else chosen
    counts = dict(
        _fetched(_TALLY, found=_lights_only(rows), chosen=_lights_only(wanted), limit=COUNT_LIMIT)
    )
    of_chosen = counts.pop(None, 0)
    lights = {light: counts.get(light.order, 0) for light in Light}
    return Tally(sum(counts.values()), lights, of_chosen)


def _lights_only(rows: Any) -> QuerySet[Any, Any]:
    lights: QuerySet[Any, Any] = rows.order_by().values("light_seen")
    return lights[: COUNT_LIMIT + 1]


def _fetched(statement: str, *, limit: int, **parts: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """Rows of a statement around querysets, which stand in it in this order, then the limit."""
    try:
        compiled = {name: part.query.sql_with_params() for name, part in parts.items()}
    except EmptyResultSet:
        return []
    params = [value for _, values in compiled.values() for value in values]
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(**{name: sql for name, (sql, _) in compiled.items()}), [*params, limit]
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def listed(rows: QuerySet[Task]) -> QuerySet[Task]:
    """With what a list shows: `parties` [{name, role}] and `deadline` {text, …}."""
    parties = Assignment.objects.filter(
        task=OuterRef("pk"), role__in=[Role.LEAD, Role.SHARED]
    ).order_by("position")
    deadline = Deadline.objects.filter(task=OuterRef("pk"), current=True)
    return rows.only(*_SHOWN).annotate(
        parties=ArraySubquery(parties.values(json=JSONObject(name="name", role="role"))),
        deadline=Subquery(
            deadline.values(
                json=JSONObject(
                    text="text", due_on="due_on", every="every", from_table="from_table"
                )
            )[:1]
        ),
    )


def with_last(rows: QuerySet[Task], scope: Scope) -> QuerySet[Task]:
    """With `last` (see `told`): the newest progress that may be read, the 汇总单位's first.

    And `told_before` (期初) {text, percent, closing}, as far as there was never any.
    """
    mine = scope.rights.agency_ids
    if scope.visible <= scope.overseen:
        last, before = _of_overseers()
        told_last: Any = RawSQL(*last, output_field=_Told(mine))  # noqa: S611  # our own, compiled
        told_before: Any = RawSQL(*before, output_field=JSONField())  # noqa: S611  # as above
        return rows.annotate(last=told_last, told_before=told_before)
    readable = (
        Q(duty__task__plan_id__in=scope.overseen)
        | Q(duty__task__consolidator_id__in=mine)
        | Q(duty__agency_id__in=mine)
    )
    puts_together = Case(
        When(duty__agency_id=F("duty__task__consolidator_id"), then=0),
        default=1,
        output_field=IntegerField(),
    )
    reports = Progress.objects.filter(
        readable, duty__task=OuterRef("pk"), delivered_on__isnull=False
    ).order_by("-duty__plan_period__period__ends_on", puts_together, "duty_id")
    return rows.annotate(
        last=told(reports, mine, **_JUDGED), told_before=_told_before(openings_told(scope))
    )


_JUDGED: dict[str, Any] = {"state": "state", "judgement": "judgement"}
_Compiled = tuple[str, tuple[Any, ...]]


@cache
def _of_overseers() -> tuple[_Compiled, _Compiled]:
    """`last` and `told_before` of rows that are read with everything: nothing in them changes.

    To compile them for each page takes longer than to read its rows.
    """
    reports = Progress.objects.filter(pk=OuterRef("last_progress"))
    openings = OpeningStanding.objects.filter(task__last_progress=None)
    rows = Task.objects.annotate(
        last=told(reports, **_JUDGED), told_before=_told_before(openings)
    ).query
    compiler = rows.get_compiler(connection=connection)
    last, before = (compiler.compile(rows.annotations[name]) for name in ("last", "told_before"))
    return (last[0], tuple(last[1])), (before[0], tuple(before[1]))


def _told_before(openings: QuerySet[OpeningStanding]) -> Subquery:
    shown = JSONObject(text="text", percent="percent", closing="closing")
    return Subquery(openings.filter(task=OuterRef("pk")).values(json=shown)[:1])


def openings_told(scope: Scope) -> QuerySet[OpeningStanding]:
    """期初 of rows that were never reported on here, where this reader may read it (D17)."""
    found = OpeningStanding.objects.filter(task__last_progress=None)
    rows = Task.objects.filter(scope.told_whole_to(), pk=OuterRef("task_id"))
    return found if scope.visible <= scope.overseen else found.filter(Exists(rows))


def told(reports: QuerySet[Progress], mine: Collection[int] = (), **more: str) -> Subquery:
    """The first of these reports as {text, whole, missing, unchanged, agency_id, agency, period}

    and `more`. `text` is the 汇总 text of the row where there is one (`whole`, and without the
    parts `missing`). Units of `mine` read their newest text, others what has left the unit.
    """
    shown = JSONObject(
        **{name: name for name in (*_LEAVES, "delivered")},
        agency_id="duty__agency_id",
        agency="duty__agency__name",
        period="duty__plan_period__period__code",
        **more,
    )
    return Subquery(reports.values(json=shown)[:1], output_field=_Told(mine))


# the fields of a report that `delivered` keeps as they were when they left the unit
_LEAVES = ("text", "whole_text", "whole_missing", "unchanged")


class _Told(JSONField):
    """Chooses, here and not in SQL, between what a report says now and what has left its unit.

    As expressions of SQL the choice takes longer to put together than the page's rows to be read.
    """

    def __init__(self, mine: Collection[int]) -> None:
        super().__init__()
        self._mine = frozenset(mine)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> dict[str, Any] | None:
        report = super().from_db_value(value, expression, connection)
        if report is None:
            return None
        now = {name: report.pop(name) for name in _LEAVES}
        delivered = report.pop("delivered")
        left = now if not delivered or report["agency_id"] in self._mine else delivered
        return {
            "text": left.get("whole_text") or left.get("text"),
            "whole": left.get("whole_text") or None,
            "missing": left.get("whole_missing"),
            "unchanged": left.get("unchanged"),
            **report,
        }
