"""单位: the units of the visible plans as a tree, and what one unit leads and supports."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from apps.agencies.models import Agency, Alias, Contact
from apps.agencies.parties import Role
from apps.common.text import fold_tight
from apps.tasks.access import Scope
from apps.tasks.models import Assignment, Task
from apps.tasks.selectors.plans import short_list
from apps.tasks.selectors.rows import of_unit, tasks_visible

_LEVELS = [level.value for level in Agency.Level]


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """A unit with the rows it leads and those it has another part in, among the visible ones."""

    agency: Agency
    led: int
    supported: int


@dataclass(frozen=True, slots=True)
class RegionGroup:
    """The units of one level and region."""

    level: str
    region: str
    lines: list[AgencyLine] = field(default_factory=list)


def agencies_visible(scope: Scope, *, whole: bool = False) -> QuerySet[Agency]:
    """Units that visible plans name, and the person's own; all for those who keep the register."""
    if whole or scope.rights.is_supervisor:
        return Agency.objects.all()
    named = Assignment.objects.filter(agency=OuterRef("pk"), task__plan_id__in=scope.visible)
    return Agency.objects.filter(Exists(named) | Q(pk__in=scope.rights.agency_ids))


def agency_tree(scope: Scope, words: str, *, whole: bool = False) -> list[RegionGroup]:
    """By level, region and rank; `words` narrow it by short name, full name or alias."""
    agencies = agencies_visible(scope, whole=whole)
    for word in words.split():
        alias = Alias.objects.filter(agency=OuterRef("pk"), name__icontains=fold_tight(word))
        agencies = agencies.filter(
            Q(name__icontains=word) | Q(full_name__icontains=word) | Exists(alias)
        )
    counts = _counts(scope)
    found = sorted(agencies, key=lambda a: (_LEVELS.index(a.level), a.region, a.rank, a.pk))
    return [
        RegionGroup(level, region, [AgencyLine(a, *counts.get(a.pk, (0, 0))) for a in group])
        for (level, region), group in groupby(found, key=lambda a: (a.level, a.region))
    ]


def _counts(scope: Scope) -> dict[int, tuple[int, int]]:
    rows = (
        Assignment.objects.filter(task__plan_id__in=scope.visible, agency__isnull=False)
        .order_by()
        .values("agency_id")
        .annotate(
            led=Count("task_id", filter=Q(role=Role.LEAD), distinct=True),
            supported=Count("task_id", filter=~Q(role=Role.LEAD), distinct=True),
        )
    )
    return {row["agency_id"]: (row["led"], row["supported"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Part:
    """The rows in which a unit has one kind of part; `rows` are the first of them."""

    role: str
    title: str
    count: int
    rows: list[Task]


@dataclass(frozen=True, slots=True)
class AgencyPage:
    """What a unit's page shows; contacts are None where the reader may not have them."""

    agency: Agency
    aliases: list[Alias]
    contacts: list[Contact] | None
    parts: list[Part]


def agency_page(agency: Agency, scope: Scope) -> AgencyPage:
    """One unit. Telephones are for the unit itself and for those who oversee plans."""
    may_call = bool(scope.overseen) or agency.pk in scope.rights.agency_ids
    visible = tasks_visible(scope)
    parts = []
    for role, title in (("lead", "牵头的任务"), ("support", "参加的任务")):
        rows = of_unit(visible, agency.pk, role)
        parts.append(Part(role, title, rows.count(), list(short_list(rows))))
    return AgencyPage(
        agency=agency,
        aliases=list(agency.aliases.order_by("pk")),
        contacts=list(agency.contacts.order_by("position")) if may_call else None,
        parts=parts,
    )
