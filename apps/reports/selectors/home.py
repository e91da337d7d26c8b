"""工作台 of a supervisor: what waits, what is late, who is still missing, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.agencies.models import Contact
from apps.common.periods import PeriodCode
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.board import OVERDUE, own_rows
from apps.reports.selectors.compare import Compared, compared
from apps.reports.selectors.compare_reports import Missing, missing_compared
from apps.reports.selectors.ledger import Ledger, ledger_of
from apps.reports.selectors.lines import LIST_LIMIT, Line, lines_of
from apps.reports.selectors.rounds import Rounds, UnitRound, rounds_of, units_of
from apps.reports.selectors.waiting import UNDESIGNATED, UNREAD, Counted, counted, unmatched_open
from apps.tasks.access import Scope
from apps.tasks.models import Assignment, Progress
from apps.tasks.selectors.chase import Chase, chase_of
from apps.tasks.selectors.reviews import WAITING, to_review


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which something ends; `count` rows of the ledger at `url`, or a period."""

    day: date
    text: str
    count: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Returns:
    """填报表 of one period that came back and wait."""

    code: str
    many: int

    @property
    def name(self) -> str:
        return PeriodCode.parse(self.code).name


@dataclass(frozen=True, slots=True)
class MissingUnit:
    """A unit that has not reported everything, with whom to telephone."""

    unit: UnitRound
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class SupervisorHome:
    """Lists are cut at LIST_LIMIT rows; the numbers beside them are whole."""

    counted: Counted
    rounds: Rounds
    # how the rows stood a period and a year before now
    compared: Compared
    # what was not reported for the period that is over, beside those before it
    ended: Missing
    overdue: Sequence[Line]
    unread: Sequence[Line]
    undesignated: Sequence[Line]
    unmatched: Sequence[Assignment]
    waiting: Sequence[Progress]
    units: Sequence[UnitRound]
    # of the period that is being reported on, for the person's own plans
    chase: Chase | None
    days: Sequence[Day]
    year: int

    @property
    def many(self) -> Mapping[str, int]:
        return self.counted.many

    @property
    def drafts(self) -> int:
        return self.counted.split("reports").get(QuarterlyReport.State.DRAFT, 0)

    @property
    def finals(self) -> int:
        return self.counted.split("reports").get(QuarterlyReport.State.FINAL, 0)

    @property
    def returns(self) -> Sequence[Returns]:
        """The newest period first."""
        found = self.counted.split("returns")
        return [Returns(code, found[code]) for code in sorted(found, key=PeriodCode.parse)[::-1]]

    @property
    def units_missing(self) -> Sequence[MissingUnit]:
        chased = {unit.agency.pk: unit for unit in self.chase.units} if self.chase else {}
        return [
            MissingUnit(unit, next(iter(chased[unit.agency_id].contacts), None))
            if unit.agency_id in chased
            else MissingUnit(unit, None)
            for unit in self.units
            if unit.delivered < unit.owed
        ]


def supervisor_home(scope: Scope, today: date, *, actor_id: str) -> SupervisorHome:
    """Over all our own plans that this person oversees."""
    ledger = ledger_of(scope)
    rows = own_rows(ledger.plan_ids)
    numbers = counted(scope, ledger.plan_ids, actor_id=actor_id, today=today)
    lines = lines_of(
        {
            "overdue": rows.filter(OVERDUE),
            "unread": rows.filter(UNREAD),
            "undesignated": rows.filter(UNDESIGNATED),
        },
        scope=scope,
        today=today,
    )
    rounds = rounds_of(ledger.plan_ids, today)
    current = rounds.current.period if rounds.current else None
    ended = rounds.ended.period if rounds.ended else None
    return SupervisorHome(
        counted=numbers,
        rounds=rounds,
        compared=compared(ledger.plan_ids, current),
        ended=missing_compared(ledger.plan_ids, ended, today),
        overdue=lines["overdue"],
        unread=lines["unread"],
        undesignated=lines["undesignated"],
        unmatched=_unmatched(ledger) if numbers.of("unmatched") else [],
        waiting=list(_waiting(scope)[:LIST_LIMIT]),
        units=units_of(ledger.plan_ids, current) if current else [],
        chase=chase_of(scope, today, period=current) if current else None,
        days=_days(ledger, numbers),
        year=today.year,
    )


def _unmatched(ledger: Ledger) -> Sequence[Assignment]:
    names = unmatched_open(ledger.plan_ids).select_related("task__plan")
    return list(names.order_by("task__plan_id", "task__position", "position")[:LIST_LIMIT])


def _waiting(scope: Scope) -> QuerySet[Progress]:
    """In the order in which they came."""
    return (
        to_review(scope, WAITING)
        .select_related("duty__task__plan", "duty__agency", "duty__plan_period__period")
        .order_by("submitted_on", "pk")
    )


def _days(ledger: Ledger, numbers: Counted) -> list[Day]:
    """Cut-offs and last days that are near."""
    days = [
        Day(day, _("%s报送截止") % name)
        for day, names in numbers.cut_offs.items()
        for name in names
    ]
    for day, many in numbers.due.items():
        url = ledger.url(due_from=day.isoformat(), due_to=day.isoformat(), state="open")
        days.append(Day(day, _("到完成时限"), many, url))
    return sorted(days, key=lambda each: (each.day, each.text))
