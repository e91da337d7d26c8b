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
    Recurring,
    Report,
    ReportMark,
    Standing,
    Thresholds,
    next_change,
    read_light,
    read_mark,
)

TODAY = date(2020, 10, 12)
YESTERDAY = date(2020, 10, 11)
CUT_OFF = date(2020, 10, 20)


def report(
    judgement: Assessment | None = Assessment.NORMAL, share: str | None = None, **facts: object
) -> Report:
    plain = Report(
        agency="省科技厅",
        period="上半年",
        data_as_of=date(2020, 6, 30),
        judged_by="督查员" if judgement else "",
        judgement=judgement,
        share=None if share is None else Decimal(share),
        indicator="省工程实验室",
    )
    return replace(plain, **facts)  # type: ignore[arg-type]  # named fields


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
        "ongoing, whatever day it is",
        standing(today=date(2099, 1, 1)),
        Light.GREEN,
        "正常推进",
    ),
    (
        "ongoing and behind its calendar: judged, never late",
        standing(today=date(2099, 1, 1), reports=(report(Assessment.BEHIND),)),
        Light.AMBER,
        "认定：滞后",
    ),
    (
        "the last day itself of a soft deadline",
        standing(due_on=TODAY, soft=True),
        Light.AMBER,
        "临近时限",
    ),
    (
        "soft and passed, judged impossible",
        standing(due_on=YESTERDAY, soft=True, reports=(report(Assessment.IMPOSSIBLE),)),
        Light.RED,
        "认定：不能完成",
    ),
    (
        "the next cut-off on the last day itself",
        standing(due_on=date(2021, 1, 20), next_cut_off=date(2021, 1, 20)),
        Light.GREEN,
        "正常推进",
    ),
    (
        "the next cut-off the day after the last day",
        standing(due_on=date(2021, 1, 19), next_cut_off=date(2021, 1, 20)),
        Light.AMBER,
        "本期是时限前最后一次报送",
    ),
    (
        "near, although another report fits in before it",
        standing(due_on=date(2020, 11, 11), next_cut_off=date(2020, 11, 11)),
        Light.AMBER,
        "临近时限",
    ),
    (
        "a plan that warns of ten days, ten before",
        standing(due_on=date(2020, 10, 22), thresholds=Thresholds(near_days=10)),
        Light.AMBER,
        "临近时限",
    ),
    (
        "a plan that warns of ten days, eleven before",
        standing(due_on=date(2020, 10, 23), thresholds=Thresholds(near_days=10)),
        Light.GREEN,
        "正常推进",
    ),
    ("not started", standing(reports=(report(Assessment.NOT_STARTED),)), Light.GREEN, "未启动"),
    (
        "a figure without any span",
        standing(reports=(report(share="1.0"),)),
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
        ("90.1", Light.GREEN, "达到序时进度"),
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


def test_the_figure_says_which_span_was_used() -> None:
    """Seen at the end of June 2020, 34 of 40 months from September 2017 to December 2020."""
    whole = standing(
        due_on=date(2020, 12, 31), starts_on=date(2017, 9, 1), reports=(report(share="80.0"),)
    )
    assert (
        read_light(whole).finding.figure == "省工程实验室 80.0%，序时 85.0%（2017年9月—2020年12月）"
    )


# A 年度目标 takes the place of the whole span; it needs no last day.
@pytest.mark.parametrize(
    ("as_of", "share", "light", "reason", "span"),
    [
        ("2020-09-30", "75.0", Light.GREEN, "达到序时进度", "序时 75.0%（年度目标×9/12）"),
        ("2020-09-30", "74.9", Light.GREEN, "略低于序时", "序时 75.0%（年度目标×9/12）"),
        ("2020-09-30", "65.1", Light.GREEN, "略低于序时", "序时 75.0%（年度目标×9/12）"),
        ("2020-09-30", "65.0", Light.AMBER, "差 10.0 个百分点", "序时 75.0%（年度目标×9/12）"),
        ("2020-09-30", "45.0", Light.AMBER, "差 30.0 个百分点", "序时 75.0%（年度目标×9/12）"),
        ("2020-09-30", "44.9", Light.RED, "差 30.1 个百分点", "序时 75.0%（年度目标×9/12）"),
        ("2020-11-20", "61.7", Light.AMBER, "差 30.0 个百分点", "序时 91.7%（年度目标×11/12）"),
        ("2020-11-20", "61.6", Light.RED, "差 30.1 个百分点", "序时 91.7%（年度目标×11/12）"),
        ("2020-12-31", "120.0", Light.GREEN, "达到序时进度", "序时 100.0%（年度目标×12/12）"),
    ],
)
def test_an_annual_goal_is_held_against_the_months_of_its_year(
    as_of: str, share: str, light: Light, reason: str, span: str
) -> None:
    told = report(share=share, annual=True, data_as_of=date.fromisoformat(as_of))
    for due_on in (None, date(2022, 12, 31)):
        facts = standing(due_on=due_on, starts_on=date(2016, 1, 1), reports=(told,))
        found = read_light(facts).finding
        assert (found.light, found.reason) == (light, reason)
        assert found.figure.endswith(span)


# 90 % expected, as above.
@pytest.mark.parametrize(
    ("share", "red", "amber", "light", "rule"),
    [
        ("70.0", "20", "5", Light.AMBER, "落后序时 5—20 个百分点"),
        ("69.9", "20", "5", Light.RED, "落后序时 20 个百分点以上"),
        ("85.0", "20", "5", Light.AMBER, "落后序时 5—20 个百分点"),
        ("85.1", "20", "5", Light.GREEN, "落后序时不到 5 个百分点"),
        ("77.5", "12.5", "12.5", Light.AMBER, "落后序时 12.5—12.5 个百分点"),
        ("90.0", "20", "0", Light.GREEN, "不低于序时进度"),
        ("89.9", "20", "0", Light.AMBER, "落后序时 0—20 个百分点"),
    ],
)
def test_a_plan_has_thresholds_of_its_own(
    share: str, red: str, amber: str, light: Light, rule: str
) -> None:
    facts = standing(
        due_on=date(2020, 12, 31),
        starts_on=date(2016, 1, 1),
        reports=(report(share=share),),
        thresholds=Thresholds(Decimal(red), Decimal(amber)),
    )
    found = read_light(facts).finding
    assert (found.light, found.rule) == (light, rule)


JUNE = date(2020, 6, 30)


def each_time(*judged: Report, **days: object) -> Recurring:
    """每年6月底前, seen in October."""
    plain = Recurring(last=JUNE, next=date(2021, 6, 30), warns=True, judged=judged)
    return replace(plain, **days)  # type: ignore[arg-type]  # named fields


BEFORE, ON, AFTER = date(2020, 6, 29), JUNE, date(2020, 9, 30)
GOOD, BAD = Assessment.NORMAL, Assessment.BEHIND
OTHER_UNIT = "省财政厅"


@pytest.mark.parametrize(
    ("judged", "light", "reason"),
    [
        ([], Light.GREEN, "正常推进"),
        ([report(GOOD, data_as_of=ON)], Light.GREEN, "正常推进"),
        ([report(BAD, data_as_of=ON)], Light.RED, "本次逾期"),
        ([report(BAD, data_as_of=AFTER)], Light.RED, "本次逾期"),
        ([report(BAD, data_as_of=BEFORE)], Light.GREEN, "正常推进"),
        ([report(Assessment.NOT_STARTED, data_as_of=AFTER)], Light.RED, "本次逾期"),
        ([report(Assessment.DIFFICULT, data_as_of=AFTER)], Light.RED, "本次逾期"),
        ([report(Assessment.IMPOSSIBLE, data_as_of=AFTER)], Light.RED, "本次逾期"),
        ([report(Assessment.OTHER, data_as_of=AFTER)], Light.GREEN, "正常推进"),
        ([report(Assessment.AHEAD, data_as_of=AFTER)], Light.GREEN, "正常推进"),
        ([report(Assessment.DONE, data_as_of=AFTER)], Light.GREEN, "正常推进"),
        ([report(Assessment.DONE_EARLY, data_as_of=AFTER)], Light.GREEN, "正常推进"),
        # done late
        (
            [report(GOOD, data_as_of=AFTER), report(BAD, data_as_of=ON)],
            Light.GREEN,
            "正常推进",
        ),
        # done in time; what is behind now is the next time
        (
            [report(BAD, data_as_of=AFTER), report(GOOD, data_as_of=ON)],
            Light.GREEN,
            "正常推进",
        ),
        # one unit's good report does not speak for another
        (
            [report(GOOD, data_as_of=ON), report(BAD, data_as_of=ON, agency=OTHER_UNIT)],
            Light.RED,
            "本次逾期",
        ),
    ],
)
def test_an_occurrence_that_has_passed_is_judged_by_the_reports_after_it(
    judged: list[Report], light: Light, reason: str
) -> None:
    found = read_light(standing(recurring=each_time(*judged))).finding
    assert (found.light, found.reason) == (light, reason)
    gentle = read_light(standing(recurring=each_time(*judged), soft=True)).finding
    assert gentle.light is (Light.AMBER if light is Light.RED else light)


def test_an_occurrence_says_its_day_and_who_judged_it() -> None:
    bad = report(BAD, data_as_of=AFTER, period="前三季度")
    found = read_light(standing(recurring=each_time(bad))).finding
    assert found.figure == "本次时限 2020-06-30，前三季度认定：滞后"
    assert (found.as_of, found.who) == (AFTER, "省科技厅报，督查员认定")
    assert found.rule == "本次时限已过，其后的进展认定为未完成"


def test_each_unit_is_named_once_for_a_missed_occurrence() -> None:
    twice = [report(BAD, data_as_of=AFTER), report(BAD, data_as_of=ON)]
    reading = read_light(standing(recurring=each_time(*twice)))
    assert [other.reason for other in reading.others] == []


@pytest.mark.parametrize(
    ("facts", "light", "reason"),
    [
        ({"next": date(2020, 11, 11)}, Light.AMBER, "临近本次时限"),
        ({"next": date(2020, 11, 12)}, Light.GREEN, "正常推进"),
        ({"next": TODAY}, Light.AMBER, "临近本次时限"),
        ({"next": date(2020, 11, 11), "warns": False}, Light.GREEN, "正常推进"),
        ({"next": None}, Light.GREEN, "正常推进"),
        ({"last": None, "judged": (report(BAD),)}, Light.GREEN, "正常推进"),
    ],
)
def test_the_next_occurrence_is_warned_of_where_there_are_few(
    facts: dict[str, object], light: Light, reason: str
) -> None:
    found = read_light(standing(recurring=each_time(**facts))).finding
    assert (found.light, found.reason) == (light, reason)


def test_the_last_report_before_an_occurrence_is_said() -> None:
    facts = standing(recurring=each_time(next=date(2020, 12, 31)), next_cut_off=date(2021, 1, 20))
    assert read_light(facts).finding.reason == "本期是本次时限前最后一次报送"


def test_a_suspended_row_misses_no_occurrence() -> None:
    bad = each_time(report(BAD, data_as_of=AFTER), next=TODAY)
    assert read_light(standing(recurring=bad, suspended=True)).finding.light is Light.GREEN


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


def period(*days: date | None, closed: bool = False) -> PeriodDuties:
    return PeriodDuties(CUT_OFF, days, closed=closed)


# the cut-off of the newest period was moved to this day
MOVED = date(2020, 10, 30)
LATE = CUT_OFF + timedelta(1)


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
        # closed before its cut-off, for some or for all
        ([period(None, closed=True)], TODAY, ReportMark.MISSING, "未报"),
        ([period(TODAY, None, closed=True)], TODAY, ReportMark.MISSING, "已报 1/2"),
        ([period(TODAY, closed=True)], TODAY, ReportMark.IN, "已报"),
        ([period(None, closed=True), PAST], TODAY, ReportMark.MISSING, "连续2期未报"),
        # the day that counts is the first one within the window, the new one outside of it
        ([period(TODAY)], LATE, ReportMark.IN, "已报"),
        ([period(LATE)], LATE, ReportMark.LATE, "迟报"),
        # a cut-off moved later, or earlier, changes what was late
        ([PeriodDuties(MOVED, (LATE,))], LATE, ReportMark.IN, "已报"),
        ([PeriodDuties(MOVED, (None,))], LATE, ReportMark.DUE, "未到期"),
        ([PeriodDuties(TODAY, (CUT_OFF,))], CUT_OFF, ReportMark.LATE, "迟报"),
        ([PeriodDuties(TODAY, (None,))], CUT_OFF, ReportMark.MISSING, "未报"),
        # several leads
        ([period(None, None, None)], LATE, ReportMark.MISSING, "未报"),
        ([period(CUT_OFF, LATE, TODAY)], LATE, ReportMark.LATE, "迟报 3/3"),
        ([period(LATE, None, TODAY)], LATE, ReportMark.MISSING, "已报 2/3"),
        # silence is counted back to the last period with a report
        ([period(None), PAST, PAST, HALF, PAST], LATE, ReportMark.MISSING, "连续3期未报"),
        ([period(None), HALF], TODAY, ReportMark.MISSING, "未报"),
        (
            [period(None), PeriodDuties(date(2020, 7, 20), (TODAY,))],
            TODAY,
            ReportMark.DUE,
            "未到期",
        ),
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


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (standing(recurring=each_time()), date(2021, 5, 31)),
        (standing(recurring=each_time(next=date(2020, 10, 30))), date(2020, 10, 31)),
        (standing(recurring=each_time(next=TODAY)), date(2020, 10, 13)),
        (standing(recurring=each_time(next=None)), None),
        (
            standing(due_on=date(2020, 12, 31), thresholds=Thresholds(near_days=60)),
            date(2020, 11, 1),
        ),
        (standing(due_on=TODAY, settled=Light.CLOSED), None),
    ],
)
def test_the_next_day_follows_occurrences_and_thresholds(
    facts: Standing, expected: date | None
) -> None:
    assert next_change(facts, []) == expected


DAYS = st.dates(date(2016, 1, 1), date(2030, 12, 31))


@settings(deadline=None)
@given(
    today=DAYS,
    due_on=st.none() | DAYS,
    soft=st.booleans(),
    judgements=st.lists(st.none() | st.sampled_from(Assessment), max_size=3),
    last=st.none() | DAYS,
)
def test_a_light_always_comes_with_its_rule(
    today: date,
    due_on: date | None,
    soft: bool,
    judgements: list[Assessment | None],
    last: date | None,
) -> None:
    reports = tuple(report(judgement) for judgement in judgements)
    judged = tuple(each for each in reports if each.judgement)
    facts = Standing(
        today=today,
        due_on=due_on,
        soft=soft,
        reports=reports,
        recurring=Recurring(last=last, next=None, judged=judged),
    )
    reading = read_light(facts)
    assert reading.finding.rule
    assert all(reading.finding.light.order <= other.light.order for other in reading.others)
    hard_and_over = due_on is not None and not soft and today > due_on
    assert not hard_and_over or reading.finding.light is Light.RED


@settings(deadline=None)
@given(
    today=DAYS,
    due_on=st.none() | DAYS,
    soft=st.booleans(),
    next_cut_off=st.none() | DAYS,
    recurs_on=st.none() | DAYS,
    later=st.integers(1, 400),
)
def test_a_light_stays_until_its_next_change(
    today: date,
    due_on: date | None,
    soft: bool,
    next_cut_off: date | None,
    recurs_on: date | None,
    later: int,
) -> None:
    """Until an occurrence has passed, which is a day of change itself, days alone do nothing."""
    facts = standing(
        today=today,
        due_on=due_on,
        soft=soft,
        next_cut_off=next_cut_off,
        recurring=Recurring(last=None, next=recurs_on, warns=True)
        if recurs_on and recurs_on >= today
        else None,
    )
    change = next_change(facts, [])
    day = today + timedelta(later)
    if change is None or day < change:
        assert read_light(replace(facts, today=day)) == read_light(facts)
