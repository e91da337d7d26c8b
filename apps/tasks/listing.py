"""The rows of the list of tasks, filtered and sorted as its address says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from apps.tasks.access import Scope
from apps.tasks.filters import TaskFilter
from apps.tasks.models import Task
from apps.tasks.selectors.rows import tasks_visible
from apps.tasks.tables import TaskTable

# of the address, what says which page of the list is looked at
_PAGING = ("page", "per_page")


@dataclass(frozen=True, slots=True)
class Listed:
    """`conditions` say in words what the rows were filtered by."""

    rows: QuerySet[Task]
    conditions: list[str]


def listed(query: str, scope: Scope, today: date) -> Listed | None:
    """What the list shows at an address with this query, on all its pages; None if it is wrong."""
    asked = QueryDict(query)
    filtered: Any = TaskFilter(asked, tasks_visible(scope), scope=scope)
    if filtered.form.errors:
        return None
    table = TaskTable(filtered.qs, scope=scope, today=today, plan_titles={})
    if order := asked.getlist("sort"):
        table.order_by = order
    return Listed(table.data.data, list(_conditions(filtered.form)))


def unpaged(asked: QueryDict) -> str:
    """The conditions and the order of an address, without the page."""
    kept = asked.copy()
    for name in _PAGING:
        kept.pop(name, None)
    return kept.urlencode()


def _conditions(form: Any) -> Iterator[str]:
    for name, value in form.cleaned_data.items():
        if value:
            field = form.fields[name]
            shown = _flat(getattr(field, "choices", ())).get(str(value), value)
            yield f"{field.label}：{shown}"


def _flat(choices: Any) -> dict[str, str]:
    """Choices by their value; those of units stand in groups."""
    found: dict[str, str] = {}
    for value, label in choices:
        found |= _flat(label) if isinstance(label, list | tuple) else {str(value): str(label)}
    return found
