"""回收: sheets that came back, each beside what the system holds now (product.md D10)."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from apps.plans.models import Period
from apps.tasks.access import Scope
from apps.tasks.content import fields_of
from apps.tasks.models import Duty, SheetReturn
from apps.tasks.selectors.unit_sheets import Line, View, duties_of, lines_of, units_owing
from apps.tasks.sheet_compare import Compared, Known, Outcome, compare
from apps.tasks.sheet_form import Returned, ReturnedRow


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row of a file with its duty; without one it is WRONG."""

    line: Line | None
    compared: Compared

    @property
    def is_open_question(self) -> bool:
        return self.compared.conflict and self.compared.outcome is Outcome.CHANGED


@dataclass(frozen=True, slots=True)
class Sorted:
    """A returned sheet row by row. `foreign`: rows of plans that somebody else supervises."""

    rows: tuple[RowShown, ...]
    foreign: int

    def of(self, outcome: str) -> list[RowShown]:
        return [row for row in self.rows if row.compared.outcome == outcome]

    @property
    def is_whole(self) -> bool:
        """Whether every row is of a plan that the reader supervises."""
        return not self.foreign and all(row.line is not None for row in self.rows)

    @property
    def changed(self) -> list[RowShown]:
        return self.of(Outcome.CHANGED)

    @property
    def wrong(self) -> list[RowShown]:
        return self.of(Outcome.WRONG)

    @property
    def unchanged(self) -> list[RowShown]:
        return self.of(Outcome.UNCHANGED)

    @property
    def empty(self) -> list[RowShown]:
        return self.of(Outcome.EMPTY)

    @property
    def digest(self) -> str:
        """What was shown: confirming something else is refused."""
        said = [
            (row.compared.row, row.compared.outcome, row.line.version if row.line else 0)
            for row in self.rows
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ReturnShown:
    """A file that waits to be taken. `again`: another one of the same unit came later."""

    kept: SheetReturn
    rows: Sorted
    again: bool

    @property
    def may_take(self) -> bool:
        return bool(self.rows.changed) and not self.rows.wrong


def returns_seen(period: Period, scope: Scope, person_id: str) -> QuerySet[SheetReturn]:
    """What this supervisor brought, or what came from units that answer to them."""
    units = units_owing(period.code, scope.supervised)
    return (
        SheetReturn.objects.filter(period=period)
        .filter(Q(by_id=person_id) | Q(agency__in=units))
        .select_related("agency", "file", "period")
        .order_by("-created_at", "-pk")
    )


def returns_waiting(kept: Sequence[SheetReturn], scope: Scope) -> list[ReturnShown]:
    """These files of one period against the reports; a fixed number of queries for all of them.

    Newest first, as they come.
    """
    if not kept:
        return []
    lines = _lines_by_unit(kept, scope)
    shown = []
    seen: set[int | None] = set()
    for one in kept:
        rows = sort_rows(Returned.from_dict(one.reading), lines[one.agency_id or 0])
        shown.append(ReturnShown(one, rows, again=one.agency_id in seen))
        seen.add(one.agency_id)
    return shown


def _lines_by_unit(kept: Sequence[SheetReturn], scope: Scope) -> Mapping[int, dict[int, Line]]:
    units = {one.agency_id for one in kept}
    duties = duties_of(kept[0].period.code, plans=scope.supervised).filter(agency__in=units)
    found: defaultdict[int, dict[int, Line]] = defaultdict(dict)
    for pk, line in lines_of(list(duties), View(inside=False, plans=scope.supervised)).items():
        found[line.duty.agency_id][pk] = line
    return found


def sort_rows(returned: Returned, lines: Mapping[int, Line]) -> Sorted:
    """Each row of the sheet with the unit's duty it means, by its id, else by plan and number."""
    numbered = _numbered(lines.values())
    by_id = bool(returned.period_code)
    rows: list[RowShown] = []
    taken: dict[int, int] = {}
    foreign = 0
    for came in returned.rows:
        line = lines.get(came.duty_id or 0) if by_id else None
        if line is None and by_id and came.duty_id is not None:
            foreign += 1
            continue
        line = line or numbered.get((came.plan, came.number))
        row = _row(came, line, returned.columns)
        if line is not None:
            row = _once(row, came, line.duty, taken)
        # a line of remarks below the table is nobody's row
        if row.line is not None or row.compared.outcome is not Outcome.EMPTY:
            rows.append(row)
    return Sorted(tuple(rows), foreign)


def _numbered(lines: Iterable[Line]) -> dict[tuple[str, str], Line]:
    """By plan and number; of two plans with the same short title neither can be meant by it."""
    found: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        found[line.task.plan.short_title, line.task.number].append(line)
    return {key: same[0] for key, same in found.items() if len(same) == 1}


def _row(came: ReturnedRow, line: Line | None, columns: Mapping[str, str]) -> RowShown:
    if line is not None:
        return RowShown(line, compare(came, _known(line), columns))
    if not any(came.fields.values()):
        return RowShown(None, Compared(came.row, Outcome.EMPTY, {}))
    said = (
        f"第{came.row}行（{came.plan or '未写来源'} 第{came.number or '？'}项）"
        "不是该单位本期的应报事项。"
    )
    return RowShown(None, Compared(came.row, Outcome.WRONG, {}, problems=(said,)))


def _once(row: RowShown, came: ReturnedRow, duty: Duty, taken: dict[int, int]) -> RowShown:
    """The second row for the same duty is wrong: nobody knows which one is meant."""
    first = taken.setdefault(duty.pk, came.row)
    if first == came.row or row.compared.outcome is Outcome.EMPTY:
        return row
    said = f"第{came.row}行与第{first}行是同一项任务，请只留一行。"
    wrong = replace(row.compared, outcome=Outcome.WRONG, problems=(said,))
    return RowShown(row.line, wrong)


def _known(line: Line) -> Known:
    """From inside the person's own draft counts as what is there: that is what they would lose."""
    report = fields_of(line.readable) if line.readable else {}
    return Known(
        fields=line.fields if line.draft else report,
        facts=line.facts,
        version=line.version,
        closed=line.closed,
    )
