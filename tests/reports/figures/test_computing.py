"""What a report counts: classes, shares, gaps, who may be named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from apps.reports.figures.computing import compute
from apps.reports.figures.kinds import Facts, PartFact, RowClass, RowFact
from apps.tasks.assessments import Assessment
from tests.reports.figures import made
from tests.reports.figures.any_facts import any_facts


def _judged(*words: str) -> tuple[PartFact, ...]:
    return tuple(made.part(f"单位{place}", judgement=word) for place, word in enumerate(words))


@pytest.mark.parametrize(
    ("row", "row_class"),
    [
        *((made.row(*_judged(each.value)), RowClass(each.value)) for each in Assessment),
        # the worst of several
        (made.row(*_judged("difficult", "impossible")), RowClass.IMPOSSIBLE),
        (made.row(*_judged("behind", "difficult")), RowClass.DIFFICULT),
        (made.row(*_judged("not_started", "behind")), RowClass.BEHIND),
        (made.row(*_judged("other", "not_started")), RowClass.NOT_STARTED),
        (made.row(*_judged("normal", "other")), RowClass.OTHER),
        (made.row(*_judged("ahead", "normal")), RowClass.NORMAL),
        (made.row(*_judged("done_early", "ahead")), RowClass.AHEAD),
        (made.row(*_judged("done", "done_early")), RowClass.DONE_EARLY),
        # what is judged counts before what is not
        (made.row(*_judged("ahead", ""), made.absent()), RowClass.AHEAD),
        (made.row(*_judged(""), made.absent()), RowClass.UNJUDGED),
        (made.row(made.absent(), made.absent("省教育厅")), RowClass.MISSING),
        (made.row(), RowClass.NOT_ASKED),
        # the state counts before all that was judged
        (made.row(*_judged("behind"), state="closed"), RowClass.DONE),
        (made.row(state="closed"), RowClass.DONE),
        (made.row(*_judged("behind"), state="suspended"), RowClass.SUSPENDED),
        (made.row(*_judged("done"), state="ended"), RowClass.ENDED),
        # asked for closing is not closed
        (made.row(made.absent(), state="closing"), RowClass.MISSING),
    ],
)
def test_a_row_is_in_one_class(row: RowFact, row_class: RowClass) -> None:
    figures = compute(made.facts(row))
    assert figures.rows[0].row_class == row_class
    assert [each.key for each in figures.classes if each.count] == [row_class]


def test_classes_stand_in_one_order_with_their_labels() -> None:
    assert [each.label for each in compute(made.facts()).classes] == [
        *("已完成", "提前完成", "超序时进度", "正常推进", "滞后", "有困难", "未启动", "不能完成"),
        *("其他", "未核", "未报", "挂起", "终止", "未列入本期报送"),
    ]


def test_shares_are_rounded_half_up_each_by_itself() -> None:
    normal, behind = made.row(*_judged("normal")), made.row(*_judged("behind"))
    sixteen = compute(made.facts(*[normal] * 15, behind))
    shares = {each.key: each.share for each in sixteen.classes if each.count}
    assert shares == {"normal": Decimal("93.8"), "behind": Decimal("6.3")}
    assert sum(shares.values()) == Decimal("100.1")


def test_a_report_without_rows_has_no_share() -> None:
    figures = compute(made.facts())
    assert figures.total == 0
    assert {str(each.share) for each in figures.classes} == {"0.0"}


@settings(deadline=None, max_examples=30)
@given(any_facts())
def test_every_row_counts_once(facts: Facts) -> None:
    figures = compute(facts)
    assert sum(each.count for each in figures.classes) == figures.total == len(facts.rows)
    columns = zip(*figures.by_plan.values(), strict=True) if figures.by_plan else ()
    assert [sum(column) for column in columns] == [
        each.count for each in figures.classes if facts.plans
    ]
    for code, counts in figures.by_plan.items():
        assert sum(counts) == sum(row.plan_code == code for row in facts.rows)


@settings(deadline=None, max_examples=30)
@given(any_facts())
def test_every_share_is_the_nearest_tenth(facts: Facts) -> None:
    figures = compute(facts)
    for each in figures.classes if figures.total else ():
        exact = Fraction(each.count * 100, figures.total)
        assert -Fraction(1, 20) <= exact - Fraction(each.share) < Fraction(1, 20)
        assert each.share.as_tuple().exponent == -1


@settings(deadline=None, max_examples=30)
@given(any_facts())
def test_rows_keep_their_order_within_their_plan(facts: Facts) -> None:
    figures = compute(facts)
    by_plan = [row for plan in facts.plans for row in facts.rows if row.plan_code == plan.code]
    assert [row.fact.task_id for row in figures.rows] == [row.task_id for row in by_plan]
    assert compute(facts) == figures
    # figures of figures are the same: what was rounded and ordered stays
    assert compute(figures.facts) == figures


@settings(deadline=None, max_examples=30)
@given(any_facts())
def test_only_who_is_late_and_may_be_named_can_be_ticked(facts: Facts) -> None:
    figures = compute(facts)
    assert figures.missing == figures.owed - figures.delivered >= 0
    for unit in facts.units:
        late = unit.delivered < unit.owed and facts.taken_on > unit.cut_off
        if late and unit.may_be_named:
            assert unit.code in figures.nameable
    assert len(figures.nameable) <= sum(unit.may_be_named for unit in facts.units)


def test_a_row_of_a_plan_outside_the_scope_is_an_error() -> None:
    with pytest.raises(ValueError, match="plan"):
        compute(made.facts(made.row(plan_code="else")))


@pytest.mark.parametrize(
    ("changes", "taken_on", "named"),
    [
        ({}, made.AFTER, True),
        # the cut-off's own day is still in time
        ({}, made.CUT_OFF, False),
        ({"delivered": 3}, made.AFTER, False),
        # 党委, 人大 and others outside the supervised kinds
        ({"may_be_named": False}, made.AFTER, False),
    ],
)
def test_it_names_after_the_cut_off_only(
    changes: dict[str, Any], taken_on: date, named: bool
) -> None:
    unit = made.unit(**changes)
    figures = compute(made.facts(units=(unit,), taken_on=taken_on))
    assert figures.nameable == ((unit.code,) if named else ())


def test_reports_are_counted_over_units() -> None:
    units = (made.unit(owed=3, delivered=2, late=1), made.unit("省教育厅", owed=2, delivered=2))
    figures = compute(made.facts(units=units))
    assert (figures.owed, figures.delivered, figures.late, figures.missing) == (5, 4, 1, 1)


@pytest.mark.parametrize(
    ("share", "expected", "state", "counted"),
    [
        ("62.5", "93.8", "active", (0, 1)),
        ("93.8", "93.8", "active", (1, 0)),
        ("94", "93.8", "active", (1, 0)),
        # what prints alike is no gap
        ("93.75", "93.8", "active", (1, 0)),
        ("93.74", "93.75", "active", (0, 1)),
        ("62.5", None, "active", (0, 0)),
        # settled rows are not held against the calendar, nor those that wait
        ("62.5", "93.8", "closed", (0, 0)),
        ("62.5", "93.8", "ended", (0, 0)),
        ("62.5", "93.8", "suspended", (0, 0)),
    ],
)
def test_a_figure_is_held_against_the_calendar(
    share: str, expected: str | None, state: str, counted: tuple[int, int]
) -> None:
    measure = made.measure(
        share=Decimal(share), expected=None if expected is None else Decimal(expected)
    )
    figures = compute(made.facts(made.row(made.part(), measures=(measure,), state=state)))
    assert (figures.met, figures.unmet) == counted


def test_the_worst_of_several_figures_counts() -> None:
    good, bad = made.measure(share=Decimal(99)), made.measure(agency="省商务厅")
    unknown = made.measure(expected=None)
    figures = compute(made.facts(made.row(made.part(), measures=(unknown, good, bad))))
    assert (figures.met, figures.unmet) == (0, 1)
    assert figures.rows[0].worst == bad
    assert figures.rows[0].worst.gap == Decimal("31.3")
    assert compute(made.facts(made.row(measures=(unknown,)))).rows[0].worst == replace(
        unknown, share=unknown.share.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    )


def test_overdue_rows_are_counted_while_they_are_open() -> None:
    late = made.row(made.part(), overdue_days=12)
    figures = compute(made.facts(late, replace(late, state="closed"), made.row(made.part())))
    assert figures.overdue == 1


def test_self_supervised_rows_are_counted() -> None:
    figures = compute(made.facts(made.row(self_supervised=True), made.row()))
    assert figures.self_supervised == 1


def test_it_says_what_the_earlier_reports_counted() -> None:
    figures = compute(
        made.facts(made.row(*_judged("behind")), previous=made.earlier(), year_ago=None)
    )
    told = {each.key: (each.previous, each.year_ago) for each in figures.classes}
    assert told["normal"] == (2, None)
    assert told["behind"] == (1, None)
    assert told["done"] == (0, None)
    year_ago = compute(made.facts(year_ago=made.earlier(counts={"done": 4})))
    assert next(each.year_ago for each in year_ago.classes if each.key == "done") == 4
