"""Imports of a plan, and whether a plan is still what a preview was made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

from django.db.models import CharField, Count, Func, Max, QuerySet, Sum, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from apps.agencies.models import Agency, Alias
from apps.agencies.selectors import NATION, AgencyIndex, agency_index
from apps.plans.models import Plan
from apps.tasks.models import Assignment, ImportedRow, SourceTable, TableImport

_SUGGESTED = 4
_LISTED = 3_000
_FEW = 5


def plan_print(plan: Plan) -> str:
    """Changes with whatever a comparison with this plan goes by; costs three small queries."""
    rows = plan.tasks.aggregate(rows=Count("pk"), last=Max("pk"), versions=Sum("version"))
    # a layout names the sheet row of each task: too much to be fetched for this
    layout = Func(Cast("layout", TextField()), function="md5", output_field=CharField())
    source = SourceTable.objects.filter(plan=plan).values_list(layout, flat=True).first()
    units = Agency.objects.aggregate(units=Count("pk"), last=Max("pk"))
    aliases = Alias.objects.aggregate(aliases=Count("pk"), last=Max("pk"))
    rules = sorted(plan.row_rules.values_list("code", flat=True))
    gone_by = [rows, source, units, aliases, rules, str(plan.issued_on)]
    return hashlib.sha256(json.dumps(gone_by, sort_keys=True).encode()).hexdigest()


def imports_of(plan: Plan) -> QuerySet[TableImport]:
    """Newest first."""
    return plan.imports.select_related("file").order_by("-created_at", "-pk")


def imports_listed(plan: Plan) -> QuerySet[TableImport]:
    """The same for lists, without the pages of their previews: only `what` each would do."""
    listed = imports_of(plan).defer("preview", "answers", "decisions", "layout_before")
    return listed.annotate(what=KT("preview__what"))


def suggester(region: str) -> Callable[[str], Sequence[Agency]]:
    """Units that a name nobody knows may mean, the likeliest first."""
    known: list[AgencyIndex] = []

    def suggest(name: str) -> Sequence[Agency]:
        # most tables name nobody unknown: the index is made for the first who is
        if not known:
            known.append(agency_index(region))
        return known[0].suggest(name)[:_SUGGESTED]

    return suggest


def names_waiting(plan: Plan) -> set[str]:
    """Names in the plan's rows by which no unit was known, and which are none by themselves."""
    waiting = Assignment.objects.filter(task__plan=plan, agency=None, collective=False)
    return set(waiting.values_list("name", flat=True))


def finder(region: str) -> Callable[[str], Agency | None]:
    """The unit of a name that a person typed; the index is made when the first is."""
    known: list[AgencyIndex] = []

    def find(name: str) -> Agency | None:
        if not known:
            known.append(agency_index(region))
        return known[0].find(name)

    return find


def unit_names(region: str) -> list[str]:
    """Names to choose from while typing: units of the region and of the nation."""
    found = Agency.objects.filter(region__in=[region, NATION]).order_by("rank", "pk")
    return list(found.values_list("name", flat=True)[:_LISTED])


def done_since(kept: TableImport) -> TableImport | None:
    """The newest import of the same plan that was done after this one was brought."""
    done = kept.plan.imports.filter(
        state=TableImport.State.DONE, finished_at__gt=kept.created_at
    ).exclude(pk=kept.pk)
    return done.order_by("-finished_at").first()


def others_waiting(kept: TableImport) -> list[TableImport]:
    """Other imports of the plan that somebody still has to confirm."""
    waiting = imports_listed(kept.plan).filter(state=TableImport.State.PREVIEW)
    return list(waiting.exclude(pk=kept.pk)[:_FEW])


def rows_of(kept: TableImport) -> QuerySet[ImportedRow]:
    """What an import did, row by row, in the present order of the rows."""
    rows = kept.rows.select_related("task").order_by("task__position", "task_id")
    return rows.only("action", "task__number", "task__content", "task__plan_id")
