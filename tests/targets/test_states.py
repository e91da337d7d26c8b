"""How a target stands: against the calendar, against its figure, by a person's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.periods import PeriodCode
from apps.common.spans import share_of
from apps.targets.models import Target
from apps.targets.states import Goal, Judged, Reached, State, TargetStanding, state_of

TODAY = date(2020, 10, 12)
AFTER = date(2021, 3, 1)
AMOUNT = Goal(
    kind="amount",
    direction="higher",
    unit="家",
    year=2020,
    operator=">=",
    value=Decimal(40),
    starts_on=date(2016, 1, 1),
)
SHARE = replace(AMOUNT, kind="share", unit="%", value=Decimal(16))
RATE = replace(AMOUNT, kind="growth", unit="%", value=Decimal(12))
LOWER = replace(AMOUNT, direction="lower", operator="=", unit="吨")


def reached(value: str, code: str = "2020Q3", basis: str = "cumulative") -> Reached:
    period = PeriodCode.parse(code)
    return Reached(Decimal(value), period.name, period.ends_on, basis)


def stands(goal: Goal, value: str, code: str = "2020Q3", **more: str) -> TargetStanding:
    return state_of(goal, reached(value, code, **more), today=TODAY)


@pytest.mark.parametrize(
    ("value", "code", "state", "gap"),
    [
        # 54 of 60 months have gone by at the end of June 2020: 90.0 %
        ("31", "2020Q2", State.BEHIND, "落后 12.5 个百分点"),
        ("36", "2020Q2", State.ON_TRACK, "与序时持平"),
        ("37", "2020Q2", State.ON_TRACK, "超前 2.5 个百分点"),
        ("40", "2020Q2", State.DONE, "超前 10.0 个百分点"),
        ("39", "2020Q4", State.MISSED, "落后 2.5 个百分点"),
        ("0", "2016Q1", State.BEHIND, "落后 5.0 个百分点"),
    ],
)
def test_an_amount_is_held_against_the_span_of_the_plan(
    value: str, code: str, state: State, gap: str
) -> None:
    for basis in ("cumulative", "point"):
        found = stands(AMOUNT, value, code, basis=basis)
        assert (found.state, found.gap_text) == (state, gap)
        assert found.span == "2016年1月—2020年12月"


def test_the_reason_says_the_numbers_it_rests_on() -> None:
    assert stands(AMOUNT, "31", "2020Q2").reason == (
        "2020年上半年 31 家，目标 40 家，完成 77.5%，"
        "序时 90.0%（2016年1月—2020年12月），落后 12.5 个百分点。"
    )


def test_what_is_reached_within_the_year_is_held_against_the_year() -> None:
    found = stands(AMOUNT, "30", "2020Q3", basis="current")
    assert (found.state, found.share, found.expected) == (
        State.ON_TRACK, Decimal("75.0"), Decimal("75.0")
    )  # fmt: skip
    assert found.span == "年度目标×9/12"


def test_what_was_reached_within_an_earlier_year_says_nothing_of_the_target_year() -> None:
    found = stands(AMOUNT, "50", "2019Q4", basis="current")
    assert (found.state, found.gap_text) == (State.NO_DATA, "")
    assert "当期值属于2019年，2020年的数还没有" in found.reason


def test_without_a_first_day_there_is_no_calendar() -> None:
    found = state_of(replace(AMOUNT, starts_on=None), reached("31"), today=TODAY)
    assert (found.state, found.expected) == (State.NO_DATA, None)
    assert "没有写明起算日" in found.reason
    done = state_of(replace(AMOUNT, starts_on=None), reached("40"), today=TODAY)
    assert done.state == State.DONE


@pytest.mark.parametrize(
    ("goal", "value", "state", "gap"),
    [
        (SHARE, "15.6", State.BEHIND, "差 0.4 个百分点"),
        (SHARE, "16", State.ON_TRACK, "与目标持平"),
        (SHARE, "16.3", State.ON_TRACK, "超过 0.3 个百分点"),
        (RATE, "-1.5", State.BEHIND, "差 13.5 个百分点"),
        (LOWER, "41", State.BEHIND, "高出 1 吨"),
        (LOWER, "38", State.ON_TRACK, "低于目标 2 吨"),
    ],
)
def test_shares_rates_and_what_should_fall_are_held_against_the_target(
    goal: Goal, value: str, state: State, gap: str
) -> None:
    found = stands(goal, value)
    assert (found.state, found.gap_text) == (state, gap)
    assert (found.share, found.expected, found.span) == (None, None, "")


def test_a_share_may_turn_back_until_its_year_is_over() -> None:
    assert stands(SHARE, "17", "2020Q3").state == State.ON_TRACK
    assert "2020年全年数据出来后再认完成" in stands(SHARE, "17", "2020Q3").reason
    assert state_of(SHARE, reached("17", "2020Q4"), today=AFTER).state == State.DONE
    assert state_of(SHARE, reached("15", "2020Q4"), today=AFTER).state == State.MISSED


@pytest.mark.parametrize(
    ("operator", "value", "met"),
    [
        (">=", "40", True), (">=", "39.9", False), (">", "40", False), (">", "40.1", True),
        ("=", "40", True), ("=", "41", True), ("=", "39", False),
        ("<=", "40", True), ("<=", "40.1", False), ("<", "40", False), ("<", "39.9", True),
        ("about", "38", True), ("about", "37.9", False), ("about", "60", True),
        ("range", "40", True), ("range", "39", False), ("range", "55", True),
    ],
)  # fmt: skip
def test_each_relation_has_its_own_bound(operator: str, value: str, met: bool) -> None:
    top = Decimal(50) if operator == "range" else None
    goal = replace(AMOUNT, operator=operator, value_max=top)
    assert goal.is_met_by(Decimal(value)) is met


def test_of_what_should_fall_the_upper_bound_counts() -> None:
    within = replace(LOWER, operator="range", value=Decimal(40), value_max=Decimal(50))
    assert within.is_met_by(Decimal(50))
    assert not within.is_met_by(Decimal(51))
    about = replace(LOWER, operator="about")
    assert about.is_met_by(Decimal(42))
    assert not about.is_met_by(Decimal("42.1"))


def test_a_reduction_of_at_least_so_much_is_better_when_it_is_more() -> None:
    goal = replace(AMOUNT, direction="lower", operator=">=", unit="%", value=Decimal(18))
    assert goal.is_met_by(Decimal(20))
    assert not goal.is_met_by(Decimal(17))


def test_a_year_that_is_over_without_its_figures_is_not_called_missed() -> None:
    found = state_of(AMOUNT, reached("31", "2020Q3"), today=AFTER)
    assert found.state == State.BEHIND
    assert found.reason.endswith("2020年已结束，全年数据还没有录入。")
    assert "全年数据还没有" not in stands(AMOUNT, "31", "2020Q3").reason
    assert "全年数据还没有" not in state_of(AMOUNT, reached("50"), today=AFTER).reason


def test_without_a_value_there_is_no_data() -> None:
    found = state_of(AMOUNT, None, today=TODAY)
    assert (found.state, found.gap, found.gap_text) == (State.NO_DATA, None, "")
    assert state_of(AMOUNT, reached("50", "2021Q1"), today=AFTER).state == State.NO_DATA


def test_words_are_judged_by_a_person_whatever_was_entered() -> None:
    goal = replace(AMOUNT, kind="qualitative", operator="qualitative", value=None, unit="")
    assert state_of(goal, reached("50"), today=TODAY).state == State.NO_DATA
    word = Judged("on_track", "三个集群已列入名单。", "2020年上半年", "某督查员")
    found = state_of(goal, None, today=TODAY, judged=word)
    assert found.state == State.ON_TRACK
    assert found.reason == "2020年上半年认定（某督查员）：三个集群已列入名单。"


@pytest.mark.parametrize(
    ("goal", "value", "code", "more", "reason"),
    [
        (AMOUNT, "50", "2019Q4", {"basis": "current"},
         "2019年全年 50 家，目标 40 家，完成 125.0%；当期值属于2019年，2020年的数还没有。"),
        (replace(AMOUNT, starts_on=None), "31", "2020Q3", {},
         "2020年前三季度 31 家，目标 40 家，完成 77.5%，任务来源没有写明起算日，算不出序时进度。"),
        (SHARE, "15.6", "2020Q3", {}, "2020年前三季度 15.6%，目标 16%，差 0.4 个百分点。"),
        (SHARE, "17", "2020Q3", {},
         "2020年前三季度 17%，目标 16%，超过 1 个百分点，2020年全年数据出来后再认完成。"),
        (SHARE, "17", "2020Q4", {}, "2020年全年 17%，目标 16%，超过 1 个百分点。"),
        (SHARE, "15", "2020Q4", {}, "2020年全年 15%，目标 16%，差 1 个百分点。"),
    ],
)  # fmt: skip
def test_the_reason_is_one_whole_sentence(
    goal: Goal, value: str, code: str, more: dict[str, str], reason: str
) -> None:
    assert state_of(goal, reached(value, code, **more), today=TODAY).reason == reason


def test_what_is_not_known_is_said_so() -> None:
    in_words = replace(AMOUNT, operator="qualitative", value=None)
    assert state_of(in_words, None, today=TODAY).reason == "定性目标，由督查员认定，还没有认定。"
    assert state_of(AMOUNT, None, today=TODAY).reason == "还没有录入完成值。"
    late = state_of(AMOUNT, reached("50", "2021Q1"), today=AFTER).reason
    assert late == "2021年一季度的数在目标年之后，不能说明2020年。"


def test_a_year_is_over_on_the_day_after_its_last() -> None:
    missing = "2020年已结束，全年数据还没有录入。"
    for today, over in ((date(2020, 12, 31), False), (date(2021, 1, 1), True)):
        found = state_of(AMOUNT, reached("31"), today=today)
        assert found.reason.endswith(missing) is over
    # the figures of the whole year are there, and it was not reached
    assert missing not in state_of(AMOUNT, reached("31", "2020Q4"), today=AFTER).reason


def test_half_a_point_behind_is_behind() -> None:
    # 57 of 60 months: 95.0 %
    found = stands(AMOUNT, "37.8", "2020Q3")
    assert (found.share, found.expected) == (Decimal("94.5"), Decimal("95.0"))
    assert (found.state, found.gap_text) == (State.BEHIND, "落后 0.5 个百分点")


def test_a_distance_is_told_as_missing_unless_less_is_better() -> None:
    standing = TargetStanding(State.BEHIND, "", "吨", distance=Decimal(1))
    assert standing.gap_text == "差 1 吨"
    assert replace(standing, lower=True).gap_text == "高出 1 吨"


values = st.decimals(0, 10**6, places=2)
figures = st.decimals("0.01", 10**6, places=2)
codes = st.builds(
    lambda year, quarter: f"{year}Q{quarter}", st.integers(2016, 2020), st.integers(1, 4)
)
numeric = st.sampled_from([each.value for each in Target.Operator if each.value not in
                           {"range", "qualitative"}])  # fmt: skip
goals = st.builds(
    replace,
    st.just(AMOUNT),
    kind=st.sampled_from(["amount", "share", "growth"]),
    direction=st.sampled_from(["higher", "lower"]),
    operator=numeric,
    value=figures,
)


@settings(deadline=None)
@given(goals, values, codes)
def test_the_figures_of_the_whole_year_settle_it(goal: Goal, value: Decimal, code: str) -> None:
    found = state_of(goal, reached(str(value), code), today=AFTER)
    if code == "2020Q4":
        assert found.state == (State.DONE if goal.is_met_by(value) else State.MISSED)
    else:
        assert found.state != State.MISSED
        assert found.state != State.DONE or (goal.has_share and goal.is_met_by(value))


@settings(deadline=None)
@given(goals, values, values, codes)
def test_more_of_what_is_good_never_stands_worse(
    goal: Goal, one: Decimal, other: Decimal, code: str
) -> None:
    rank = [State.MISSED, State.BEHIND, State.ON_TRACK, State.DONE]
    worse, better = sorted((one, other), reverse=goal.lower_is_better)
    states = [state_of(goal, reached(str(v), code), today=TODAY).state for v in (worse, better)]
    assert rank.index(states[0]) <= rank.index(states[1])


@settings(deadline=None)
@given(goals, values, codes)
def test_a_printed_gap_is_the_difference_of_the_printed_shares(
    goal: Goal, value: Decimal, code: str
) -> None:
    found = state_of(goal, reached(str(value), code), today=TODAY)
    assert (found.share is None) is (not goal.has_share)
    if found.share is None or found.expected is None:
        assert found.gap is None
        assert found.distance is not None
    else:
        assert found.gap == found.expected - found.share
        assert found.share == share_of(value, goal.figure)
        assert Decimal(0) <= found.expected <= Decimal(100)
    if found.state == State.BEHIND and found.gap is not None:
        assert found.gap > 0
    assert found.reason.endswith("。")
    assert found.gap_text in found.reason
