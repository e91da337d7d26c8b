"""The rows of the ledger: which ones, how many, and what a list shows of them.

The list reads its rows in one query and what it counts in one other, whatever the number of rows.
Columns that need other tables are subqueries, worked out for the rows of one page only: joined,
they would be worked out for all rows before these are sorted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Count,
    Exists,
    Expression,
    F,
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
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, JSONObject, NullIf

from apps.agencies.models import Agency, Alias
from apps.agencies.parties import Role
from apps.common.text import fold_tight
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.lights import Light
from apps.tasks.models import Assignment, Deadline, Progress, Task

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
        Plan.objects.filter(pk__in=scope.visible)
        .annotate(rows=_BoundedCount(tasks.values("pk")[: PLAN_COUNT_LIMIT + 1]))
        .annotate(
            categories=Case(
                When(pk=int(chosen) if chosen.isdecimal() else 0, then=categories), default=None
            )
        )
        .only("short_title", "region", "relation")
        .order_by("pk")
    )
    choices = [
        PlanChoice(p.pk, p.short_title, p.region, p.is_own, p.rows, _flat(p.categories or ()))
        for p in plans
        if p.rows
    ]
    return sorted(choices, key=lambda choice: not choice.is_own)


def _flat(categories: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in categories for name in names}))


@dataclass(frozen=True, slots=True)
class UnitGroup:
    """Units of one region, as (id, name)."""

    region: str
    units: list[tuple[int, str]]


def unit_choices(regions: Sequence[str], chosen: str = "") -> list[UnitGroup]:
    """Units of these regions that any row names, at most UNIT_LIMIT, and the chosen one."""
    named = Assignment.objects.filter(agency=OuterRef("pk")).order_by().values("pk")
    fields = ("pk", "name", "region")
    found = list(
        Agency.objects.filter(region__in=regions, collective=False)
        # one look into the index for each unit; EXISTS may be answered by reading all assignments
        .annotate(named=Subquery(named[:1]))
        .filter(named__isnull=False)
        .order_by("rank", "pk")
        .values_list(*fields)[:UNIT_LIMIT]
    )
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


def of_own_plans(rows: QuerySet[Task], plan_ids: Sequence[int], scope: Scope) -> QuerySet[Task]:
    """Rows of `tasks_visible` in these plans, all our own: no row needs to be asked for its plan.

    With every mark visible, `light_seen` is the stored column, whose index sorts the list.
    """
    rows = rows.filter(plan_id__in=plan_ids)
    if scope.overseen.issuperset(plan_ids):
        return rows.annotate(light_seen=F("light_order"))
    return rows.annotate(light_seen=_light_where(scope.reports_visible_to()))


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

    Progress is searched only where it may be read, so that a search tells nothing more.
    """
    mine = scope.rights.agency_ids
    readable = (
        Q(plan_id__in=scope.overseen)
        | Q(consolidator_id__in=mine)
        | Q(last_progress__duty__agency_id__in=mine)
    )
    left = _left_its_unit("last_progress__")
    rows = rows.alias(last_text=_whole_or_part(left["whole_text"], left["text"]))
    for word in text.split():
        alias = Alias.objects.filter(name__icontains=fold_tight(word))
        named = (
            Q(name__icontains=word)
            | Q(agency__name__icontains=word)
            | Q(agency_id__in=alias.values("agency_id"))
        )
        rows = rows.filter(
            Q(number=word)
            | Q(content__icontains=word)
            | Q(title__icontains=word)
            | Exists(Assignment.objects.filter(named, task=OuterRef("pk")))
            | (Q(last_text__icontains=word) & readable)
        )
    return rows


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

    @property
    def is_exact(self) -> bool:
        return self.total <= COUNT_LIMIT


def tally(rows: QuerySet[Task]) -> Tally:
    """Count rows of `tasks_visible`, no more than COUNT_LIMIT and one of them."""
    counts: dict[str, Any] = {
        light.value: Count("pk", filter=Q(light_seen=light.order)) for light in Light
    }
    bounded = rows.order_by()[: COUNT_LIMIT + 1]
    found = bounded.aggregate(total=Count("pk"), **counts)
    return Tally(found["total"], {light: found[light.value] for light in Light})


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
    """With `last` (see `told`): the newest progress that may be read, the 汇总单位's first."""
    mine = scope.rights.agency_ids
    if scope.visible <= scope.overseen:
        last = Progress.objects.filter(pk=OuterRef("last_progress"))
    else:
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
        last = Progress.objects.filter(
            readable, duty__task=OuterRef("pk"), delivered_on__isnull=False
        ).order_by("-duty__plan_period__period__ends_on", puts_together, "duty_id")
    return rows.annotate(last=told(last, mine, state="state", judgement="judgement"))


def told(reports: QuerySet[Progress], mine: Collection[int] = (), **more: str) -> Subquery:
    """The first of these reports as JSON: {text, whole, missing, unchanged, agency_id, agency,

    period} and `more`. `text` is the 汇总 text of the row where there is one (`whole`, and without
    the parts `missing`). Units of `mine` read their newest text, others what has left the unit.
    """
    left = _left_its_unit()
    fields = {
        name: Case(
            When(duty__agency_id__in=mine, then=F(name)),
            default=sent,
            output_field=sent.output_field,
        )
        for name, sent in left.items()
    }
    shown = JSONObject(
        text=_whole_or_part(fields["whole_text"], fields["text"]),
        whole=NullIf(fields["whole_text"], Value("")),
        missing=fields["whole_missing"],
        unchanged=fields["unchanged"],
        agency_id="duty__agency_id",
        agency="duty__agency__name",
        period="duty__plan_period__period__code",
        **more,
    )
    return Subquery(reports.values(json=shown)[:1])


def _left_its_unit(prefix: str = "") -> dict[str, Case]:
    """The fields of a report as they were when they left the unit."""
    found = {
        name: Case(
            When(**{f"{prefix}delivered": {}}, then=F(f"{prefix}{name}")),
            default=KeyTextTransform(name, f"{prefix}delivered"),
            output_field=TextField(),
        )
        for name in ("text", "whole_text", "unchanged")
    }
    found["whole_missing"] = Case(
        When(**{f"{prefix}delivered": {}}, then=F(f"{prefix}whole_missing")),
        default=KeyTransform("whole_missing", f"{prefix}delivered"),
        output_field=JSONField(),
    )
    return found


def _whole_or_part(whole: Expression, part: Expression) -> Coalesce:
    return Coalesce(NullIf(whole, Value("")), part, output_field=TextField())
