"""The address of the ledger's rows behind a number."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from apps.plans.models import Plan
from apps.tasks.access import Scope


@dataclass(frozen=True, slots=True)
class Ledger:
    """Our own plans that a person oversees, and how the ledger is made to list them alone."""

    # only these count in figures (product.md D0)
    plan_ids: tuple[int, ...]
    # those the ledger lists by itself: also plans that merely name the person's unit
    listed_ids: tuple[int, ...]

    def url(self, **conditions: str) -> str:
        """The ledger under these conditions of its filter; empty where it would list other rows."""
        if "plan" not in conditions and set(self.plan_ids) != set(self.listed_ids):
            if len(self.plan_ids) != 1:
                return ""
            conditions = {"plan": str(self.plan_ids[0]), **conditions}
        return f"{reverse('tasks:list')}?{urlencode(conditions)}"


def ledger_of(scope: Scope) -> Ledger:
    """One query."""
    own = Plan.objects.filter(pk__in=scope.visible, relation=Plan.Relation.OWN).order_by("pk")
    listed = tuple(own.values_list("pk", flat=True))
    return Ledger(tuple(pk for pk in listed if pk in scope.overseen), listed)
