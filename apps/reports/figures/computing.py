"""From the facts of a snapshot to the figures of a report (product.md D5, D7, D15). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from apps.reports.figures.kinds import (
    ClassCount,
    Earlier,
    Facts,
    Figures,
    MeasureFact,
    RowClass,
    RowFact,
    RowFigure,
    TargetFact,
    UnitFact,
)
from apps.reports.figures.texts import is_settled, text_of
from apps.reports.figures.wording import CLASS_LABELS, share_of, tenth

# Of several judged parts the worst counts. 其他 says that no other word fits, so it stands before
# all words that say the row goes well.
_WORST_FIRST = (
    RowClass.IMPOSSIBLE,
    RowClass.DIFFICULT,
    RowClass.BEHIND,
    RowClass.NOT_STARTED,
    RowClass.OTHER,
    RowClass.NORMAL,
    RowClass.AHEAD,
    RowClass.DONE_EARLY,
    RowClass.DONE,
)
# what the calendar is not held against: settled, or waiting for its conditions
_OFF_THE_CALENDAR = {"closed", "ended", "suspended"}


def compute(facts: Facts) -> Figures:
    """Everything a report counts. Equal facts give equal figures.

    Rows stand by plan, inside a plan in the order they were given; shares are rounded once, here.
    Raised is ValueError for a row of a plan outside the scope, or an unknown word of 认定.
    """
    facts = _in_order(facts)
    rows = tuple(_row_figure(row) for row in facts.rows)
    counts = Counter(row.row_class for row in rows)
    by_plan = Counter((row.fact.plan_code, row.row_class) for row in rows)
    classes = tuple(_class_count(row_class, counts, facts) for row_class in RowClass)
    assert sum(each.count for each in classes) == len(rows)
    gaps = [gap for row in rows if (gap := row_gap(row)) is not None]
    owed, delivered = _sum(facts, lambda unit: unit.owed), _sum(facts, lambda unit: unit.delivered)
    return Figures(
        facts=facts,
        total=len(rows),
        classes=classes,
        by_plan={
            plan.code: tuple(by_plan[plan.code, each.value] for each in RowClass)
            for plan in facts.plans
        },
        rows=rows,
        met=sum(gap <= 0 for gap in gaps),
        unmet=sum(gap > 0 for gap in gaps),
        overdue=sum(is_overdue(row) for row in rows),
        owed=owed,
        delivered=delivered,
        late=_sum(facts, lambda unit: unit.late),
        missing=owed - delivered,
        self_supervised=sum(row.fact.self_supervised for row in rows),
        nameable=tuple(
            unit.code
            for unit in facts.units
            if unit.delivered < unit.owed and unit.may_be_named and facts.taken_on > unit.cut_off
        ),
    )


def row_class_of(row: RowFact) -> RowClass:
    """The one class of a row: settled or suspended first, then what was judged, then what came."""
    fixed = {
        "ended": RowClass.ENDED,
        "closed": RowClass.DONE,
        "suspended": RowClass.SUSPENDED,
    }.get(row.state)
    if fixed is not None:
        return fixed
    judged = [RowClass(part.judgement) for part in row.parts if part.judgement]
    if judged:
        return min(judged, key=_WORST_FIRST.index)
    if any(part.delivered for part in row.parts):
        return RowClass.UNJUDGED
    return RowClass.MISSING if row.parts else RowClass.NOT_ASKED


def row_gap(row: RowFigure) -> Decimal | None:
    """百分点 behind the calendar; None where the row is not held against it."""
    if row.worst is None or row.fact.state in _OFF_THE_CALENDAR:
        return None
    return row.worst.gap


def is_overdue(row: RowFigure) -> bool:
    return row.fact.overdue_days > 0 and not is_settled(row.fact)


def _in_order(facts: Facts) -> Facts:
    """Rows by plan; shares as they are printed, so that gaps are differences of printed figures."""
    places = {plan.code: place for place, plan in enumerate(facts.plans)}
    if not all(row.plan_code in places for row in facts.rows):
        raise ValueError("a row belongs to no plan of the scope")
    rows = sorted(facts.rows, key=lambda row: places[row.plan_code])
    return replace(
        facts,
        rows=tuple(
            replace(row, measures=tuple(_rounded(each) for each in row.measures)) for row in rows
        ),
        targets=tuple(_rounded_target(target) for target in facts.targets),
    )


def _rounded(measure: MeasureFact) -> MeasureFact:
    expected = None if measure.expected is None else tenth(measure.expected)
    return replace(measure, share=tenth(measure.share), expected=expected)


def _rounded_target(target: TargetFact) -> TargetFact:
    return replace(
        target,
        share=None if target.share is None else tenth(target.share),
        expected=None if target.expected is None else tenth(target.expected),
    )


def _row_figure(row: RowFact) -> RowFigure:
    row_class = row_class_of(row)
    text, by = text_of(row, row_class)
    return RowFigure(
        fact=row,
        row_class=row_class.value,
        class_label=CLASS_LABELS[row_class],
        unjudged=sum(part.delivered and not part.judgement for part in row.parts),
        missing=tuple(part.agency for part in row.parts if not part.delivered),
        worst=_worst(row.measures),
        text=text,
        by=by,
    )


def _worst(measures: Sequence[MeasureFact]) -> MeasureFact | None:
    """The first with the widest gap; without any gap, the first."""
    with_gap = [(gap, each) for each in measures if (gap := each.gap) is not None]
    if with_gap:
        return max(with_gap, key=lambda pair: pair[0])[1]
    return measures[0] if measures else None


def _class_count(row_class: RowClass, counts: Counter[str], facts: Facts) -> ClassCount:
    count = counts[row_class.value]
    return ClassCount(
        key=row_class.value,
        label=CLASS_LABELS[row_class],
        count=count,
        share=share_of(count, len(facts.rows)),
        previous=_earlier(facts.previous, row_class),
        year_ago=_earlier(facts.year_ago, row_class),
    )


def _earlier(report: Earlier | None, row_class: RowClass) -> int | None:
    return None if report is None else report.counts.get(row_class.value, 0)


def _sum(facts: Facts, of: Callable[[UnitFact], int]) -> int:
    return sum(of(unit) for unit in facts.units)
