"""进度灯 and 报送标 as product.md D5 and D6 have them, edge by edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tasks.assessments import Assessment
from apps.tasks.lights import (
    Light,
    PeriodDuties,
    Report,
    ReportMark,
    Standing,
    next_change,
    read_light,
    read_mark,
)

TODAY = date(2020, 10, 12)
CUT_OFF = date(2020, 10, 20)


def report(judgement: Assessment | None = Assessment.NORMAL, share: str | None = None) -> Report:
    return Report(
        agency="省科技厅",
        period="上半年",
        data_as_of=date(2020, 6, 30),
        judged_by="督查员" if judgement else "",
        judgement=judgement,
        share=None if share is None else Decimal(share),
        indicator="省工程实验室",
    )


def standing(**facts: object) -> Standing:
    return replace(Standing(today=TODAY, reports=(report(),)), **facts)  # type: ignore[arg-type]  # named fields


CASES: list[tuple[str, Standing, Light, str]] = [
    ("ongoing and normal", standing(), Light.GREEN, "正常推进"),
    ("nothing reported", standing(reports=()), Light.NODATA, "尚无进展"),
    ("the last day itself", standing(due_on=TODAY), Light.AMBER, "临近时限"),
    ("the day after", standing(due_on=date(2020, 10, 11)), Light.RED, "逾期"),
    (
        "overdue without any report",
        standing(due_on=date(2017, 12, 31), reports=()),
        Light.RED,
        "逾期",
    ),
    (
        "soft and passed",
        standing(due_on=date(2020, 10, 11), soft=True),
        Light.AMBER,
        "已过力争时限",
    ),
    ("thirty days before", standing(due_on=date(2020, 11, 11)), Light.AMBER, "临近时限"),
    ("thirty-one days before", standing(due_on=date(2020, 11, 12)), Light.GREEN, "正常推进"),
    (
        "the last report before the deadline",
        standing(due_on=date(2020, 12, 31), next_cut_off=date(2021, 1, 3)),
        Light.AMBER,
        "本期是时限前最后一次报送",
    ),
    (
        "another report fits in before it",
        standing(due_on=date(2021, 1, 3), next_cut_off=date(2021, 1, 3)),
        Light.GREEN,
        "正常推进",
    ),
    (
        "judged impossible",
        standing(reports=(report(Assessment.IMPOSSIBLE),)),
        Light.RED,
        "认定：不能完成",
    ),
    ("judged behind", standing(reports=(report(Assessment.BEHIND),)), Light.AMBER, "认定：滞后"),
    (
        "judged difficult",
        standing(reports=(report(Assessment.DIFFICULT),)),
        Light.AMBER,
        "认定：有困难",
    ),
    ("not judged yet", standing(reports=(report(None),)), Light.PENDING, "上半年进展尚未认定"),
    (
        "the worst of several units",
        standing(reports=(report(), report(Assessment.BEHIND))),
        Light.AMBER,
        "认定：滞后",
    ),
    ("ended", standing(settled=Light.ENDED, due_on=date(2017, 12, 31)), Light.ENDED, ""),
    ("suspended", standing(suspended=True, due_on=date(2017, 12, 31)), Light.GREEN, "正常推进"),
    (
        "a red judgement until a newer one",
        standing(reports=(report(None), report(Assessment.IMPOSSIBLE))),
        Light.RED,
        "认定：不能完成",
    ),
    (
        "no span to spread a figure over",
        standing(
            due_on=date(2020, 12, 31),
            starts_on=date(2021, 1, 1),
            reports=(report(share="10.0"),),
        ),
        Light.GREEN,
        "正常推进",
    ),
    (
        "closed, whatever the calendar says",
        standing(settled=Light.CLOSED, due_on=date(2017, 12, 31)),
        Light.CLOSED,
        "",
    ),
]


@pytest.mark.parametrize(
    ("facts", "light", "reason"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_light_is(facts: Standing, light: Light, reason: str) -> None:
    found = read_light(facts).finding
    assert (found.light, found.reason) == (light, reason)


# 2016-01 to 2022-12 is 84 months; seen at the end of June 2020, 54 of 60 months to 2020-12: 90 %.
@pytest.mark.parametrize(
    ("share", "light", "reason"),
    [
        ("90.0", Light.GREEN, "达到序时进度"),
        ("101.5", Light.GREEN, "达到序时进度"),
        ("89.9", Light.GREEN, "略低于序时"),
        ("80.1", Light.GREEN, "略低于序时"),
        ("80.0", Light.AMBER, "差 10.0 个百分点"),
        ("77.5", Light.AMBER, "差 12.5 个百分点"),
        ("60.0", Light.AMBER, "差 30.0 个百分点"),
        ("59.9", Light.RED, "差 30.1 个百分点"),
    ],
)
def test_points_behind_the_calendar(share: str, light: Light, reason: str) -> None:
    facts = standing(
        due_on=date(2020, 12, 31), starts_on=date(2016, 1, 1), reports=(report(share=share),)
    )
    found = read_light(facts).finding
    assert (found.light, found.reason) == (light, reason)
    assert "序时 90.0%" in found.figure


def test_a_missing_report_never_colours_the_task() -> None:
    silent = read_light(standing(reports=()))
    assert silent.finding.light is Light.NODATA


def test_everything_else_that_warns_is_kept_beside() -> None:
    facts = standing(
        due_on=date(2020, 12, 31),
        starts_on=date(2016, 1, 1),
        next_cut_off=date(2021, 1, 3),
        reports=(report(share="77.5"),),
    )
    reading = read_light(facts)
    assert reading.finding.reason == "差 12.5 个百分点"
    assert [other.reason for other in reading.others] == ["本期是时限前最后一次报送"]


PAST = PeriodDuties(date(2020, 7, 20), (None,))
# one of two units reported
HALF = PeriodDuties(date(2020, 7, 20), (date(2020, 7, 1), None))


def period(*days: date | None) -> PeriodDuties:
    return PeriodDuties(CUT_OFF, days)


@pytest.mark.parametrize(
    ("periods", "today", "mark", "label"),
    [
        ([], TODAY, None, ""),
        ([period(None)], TODAY, ReportMark.DUE, "未到期"),
        ([period(None)], CUT_OFF, ReportMark.DUE, "未到期"),
        ([period(None)], CUT_OFF + timedelta(1), ReportMark.MISSING, "未报"),
        ([period(TODAY)], TODAY, ReportMark.IN, "已报"),
        ([period(CUT_OFF)], CUT_OFF, ReportMark.IN, "已报"),
        ([period(CUT_OFF + timedelta(1))], CUT_OFF + timedelta(1), ReportMark.LATE, "迟报"),
        ([period(TODAY, None, None)], TODAY, ReportMark.IN, "已报 1/3"),
        ([period(TODAY, TODAY, None)], CUT_OFF + timedelta(1), ReportMark.MISSING, "已报 2/3"),
        ([period(TODAY, TODAY)], TODAY, ReportMark.IN, "已报 2/2"),
        ([period(None), PAST], TODAY, ReportMark.MISSING, "未报"),
        ([period(None), PAST, PAST], TODAY, ReportMark.MISSING, "连续2期未报"),
        ([period(None), PAST], CUT_OFF + timedelta(1), ReportMark.MISSING, "连续2期未报"),
        ([period(TODAY), PAST, PAST], TODAY, ReportMark.IN, "已报"),
        ([period(None, None), HALF, HALF], TODAY, ReportMark.MISSING, "未报"),
    ],
)
def test_the_report_mark_is(
    periods: list[PeriodDuties], today: date, mark: ReportMark | None, label: str
) -> None:
    assert read_mark(periods, today) == (mark, label)


@pytest.mark.parametrize(
    ("due_on", "cut_offs", "expected"),
    [
        (None, [], None),
        (date(2020, 12, 31), [], date(2020, 12, 1)),
        (date(2020, 10, 30), [], date(2020, 10, 31)),
        (date(2020, 12, 31), [date(2020, 10, 20)], date(2020, 10, 21)),
        (date(2017, 12, 31), [date(2020, 7, 20)], None),
    ],
)
def test_the_next_day_that_changes_a_mark(
    due_on: date | None, cut_offs: list[date], expected: date | None
) -> None:
    assert next_change(standing(due_on=due_on), cut_offs) == expected


DAYS = st.dates(date(2016, 1, 1), date(2030, 12, 31))


@settings(deadline=None)
@given(
    today=DAYS,
    due_on=st.none() | DAYS,
    soft=st.booleans(),
    judgements=st.lists(st.none() | st.sampled_from(Assessment), max_size=3),
)
def test_a_light_always_comes_with_its_rule(
    today: date, due_on: date | None, soft: bool, judgements: list[Assessment | None]
) -> None:
    facts = Standing(
        today=today, due_on=due_on, soft=soft, reports=tuple(report(j) for j in judgements)
    )
    reading = read_light(facts)
    assert reading.finding.rule
    assert all(reading.finding.light.order <= other.light.order for other in reading.others)
    hard_and_over = due_on is not None and not soft and today > due_on
    assert not hard_and_over or reading.finding.light is Light.RED
