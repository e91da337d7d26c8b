"""How rows stood before an import, written so that undoing gives back every column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Max

from apps.tasks.models import (
    Assignment,
    Deadline,
    Duty,
    ImportedRow,
    OpeningStanding,
    TableImport,
    Task,
)

_BATCH = 1000
# attributes of a row that an import may write
KEPT = (
    "number", "position", "category", "title", "content", "note", "cells", "consolidator_id",
    "due_kind", "due_on", "due_soft", "overdue_since", "state", "closed_on", "version",
)  # fmt: skip
ASSIGNMENT = (
    "id", "task_id", "agency_id", "name", "role", "word", "also", "collective", "derived_from",
    "position",
)  # fmt: skip
OPENING = (
    "id", "task_id", "text", "percent", "reported_on", "closing", "entered_on", "file_name",
)  # fmt: skip
_DAYS = ("due_on", "overdue_since", "closed_on")


def task_state(task: Task) -> dict[str, Any]:
    """The row's own columns as JSON."""
    return {name: _plain(getattr(task, name)) for name in KEPT}


def give_back(task: Task, kept: dict[str, Any]) -> None:
    """The columns as they were kept."""
    for name in KEPT:
        value = kept[name]
        setattr(task, name, date.fromisoformat(value) if value and name in _DAYS else value)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _written(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


@dataclass(slots=True)
class Before:
    """What is kept of the rows that one import touches, by row."""

    kept: TableImport | None
    _states: dict[int, dict[str, Any]] = field(default_factory=dict)
    _actions: dict[int, str] = field(default_factory=dict)

    def tasks(self, tasks: Iterable[Task], action: str) -> None:
        """Of rows that are about to change; the first state counts."""
        if self.kept is None:
            return
        for task in tasks:
            if task.pk not in self._states:
                self._states[task.pk] = {"task": task_state(task)}
            self._actions[task.pk] = action

    def assignments(self, tasks: Collection[int]) -> None:
        """Of rows whose units are about to be written anew."""
        if self.kept is None:
            return
        rows = Assignment.objects.filter(task__in=tasks).order_by("task_id", "position")
        for pk in tasks:
            self._states[pk]["assignments"] = []
        for values in rows.values_list(*ASSIGNMENT):
            self._states[values[1]]["assignments"].append(list(values))

    def deadlines(self, tasks: Collection[int]) -> None:
        """Of rows that are about to get another reading: the last one, and which one counts."""
        if self.kept is None:
            return
        rows = Deadline.objects.filter(task__in=tasks).order_by()
        for pk, last in rows.values_list("task_id").annotate(last=Max("sequence")):
            self._states[pk]["deadlines"] = {"last": last, "current": None}
        for pk, sequence in rows.filter(current=True).values_list("task_id", "sequence"):
            self._states[pk]["deadlines"]["current"] = sequence

    def openings(self, tasks: Sequence[Task]) -> None:
        """What another ledger said of them before; None where none did."""
        if self.kept is None:
            return
        known = {
            each.task_id: each
            for each in OpeningStanding.objects.filter(task__in=[task.pk for task in tasks])
        }
        for task in tasks:
            each = known.get(task.pk)
            kept = each and {name: _written(getattr(each, name)) for name in OPENING}
            self._states[task.pk]["opening"] = kept

    def duties(self, duties: Sequence[Duty]) -> None:
        """What is about to be withdrawn."""
        if self.kept is None:
            return
        for duty in duties:
            kept = self._states[duty.task_id].setdefault("duties", [])
            kept.append([duty.plan_period_id, duty.agency_id])

    def created(self, tasks: Sequence[Task]) -> None:
        """New rows, written at once: nothing was there before."""
        if self.kept is not None:
            self._store(
                ImportedRow(
                    table_import=self.kept, task=task, action="created", version=task.version
                )
                for task in tasks
            )

    def write(self, versions: dict[int, int]) -> None:
        """Others, with the versions they have now; nothing more is kept of them."""
        if self.kept is not None:
            states = {pk: self._states.pop(pk) for pk in versions}
            self._store(
                ImportedRow(
                    table_import=self.kept,
                    task_id=pk,
                    action=self._actions[pk],
                    version=versions[pk],
                    before=state,
                )
                for pk, state in states.items()
            )

    def _store(self, rows: Iterable[ImportedRow]) -> None:
        ImportedRow.objects.bulk_create(rows, batch_size=_BATCH)
