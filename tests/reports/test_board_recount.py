"""The figures of 督办看板 against a plain count of the sample: today and on past days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from apps.accounts.models import User
from apps.plans.models import Plan
from apps.reports.selectors.board import Board, board
from apps.tasks.access import scope_of
from apps.tasks.models import Duty, MarkSpan, Task
from tests.builders import TODAY

DAYS = [TODAY, date(2020, 7, 15), date(2020, 8, 3), date(2020, 9, 30)]
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Stood:
    """How one row stood on the day."""

    task: Task
    state: str
    light: str
    cause: str
    due_on: date | None

    @property
    def late(self) -> bool:
        return self.cause == "overdue" and self.light in {"red", "amber"}

    def is_warned(self, *causes: str) -> bool:
        return self.light in {"red", "amber"} and self.cause in causes


def stood_on(day: date) -> list[Stood]:
    """Of each row of our own plans the one span in which the day lies, found by looking at all."""
    tasks = Task.objects.filter(plan__relation=Plan.Relation.OWN)
    return [
        Stood(task, span.state, span.light, span.cause, span.due_on)
        for task in tasks
        for span in MarkSpan.objects.filter(task=task)
        if span.since <= day and (span.until is None or span.until > day)
    ]


def missing_on(day: date, running: set[int]) -> list[Duty]:
    """What was owed for the newest period that was over, and had not come by the end of the day."""
    duties = [
        duty
        for duty in Duty.objects.select_related("plan_period__period", "progress")
        if duty.task_id in running and duty.plan_period.cut_off < day
    ]
    newest = max(duty.plan_period.period.ends_on for duty in duties)

    def has_come(duty: Duty) -> bool:
        report = getattr(duty, "progress", None)
        return bool(report and report.delivered_on and report.delivered_on <= day)

    return [
        duty for duty in duties if duty.plan_period.period.ends_on == newest and not has_come(duty)
    ]


def keys(found: Board) -> dict[str, set[int]]:
    return {group.key: {line.task.pk for line in group.lines} for group in found.groups}


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("day", DAYS)
def test_every_figure_is_that_of_a_plain_count(day: date) -> None:
    found = board(scope_of(User.objects.get(username="fgw_dc"), TODAY), TODAY, day)
    rows = stood_on(day)
    assert rows
    running = {row.task.pk for row in rows if row.state not in {"closed", "ended"}}
    late = [row for row in rows if row.late]
    year = [row for row in late if row.due_on and row.due_on < day - YEAR]
    behind = [row for row in rows if row.is_warned("gap", "behind", "occurrence")]
    trouble = [row for row in rows if row.is_warned("difficult", "impossible")]
    missing = missing_on(day, running)
    counted = found.counted
    assert (counted.tasks, counted.open) == (len(rows), len(running))
    assert (counted.overdue, counted.overdue_year) == (len(late), len(year))
    assert counted.oldest == min((row.due_on for row in late if row.due_on), default=None)
    assert counted.behind == len(behind)
    assert counted.difficult + counted.impossible == len(trouble)
    assert [number.value for number in found.numbers] == [
        len(late),
        len(year),
        len(behind),
        len(missing),
    ]
    listed = {
        "year": {row.task.pk for row in year},
        "recent": {row.task.pk for row in late} - {row.task.pk for row in year},
        "behind": {row.task.pk for row in behind},
        "trouble": {row.task.pk for row in trouble},
        "missing": {duty.task_id for duty in missing},
    }
    assert keys(found) == {key: pks for key, pks in listed.items() if pks or key != "trouble"}
    assert {group.key: group.total for group in found.groups} == {
        key: len(pks) for key, pks in listed.items() if pks or key != "trouble"
    }
