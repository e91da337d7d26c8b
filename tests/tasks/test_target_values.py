"""Values of indicators and judgements of targets: entered, revised, read, by whom they may be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.common.periods import PeriodCode
from apps.plans.models import Period, Plan
from apps.targets.models import Indicator, Measurement, TargetJudgement
from apps.tasks.access import everything, scope_of
from apps.tasks.models import AnnualGoal
from apps.tasks.selectors.targets import TargetRow, target_lines, target_rows
from apps.tasks.services.measurements import Figure, measurement_record
from apps.tasks.services.target_judgements import TargetVerdict, target_judge
from tests.builders import TODAY, make_agency, make_duty, make_member, make_plan, make_task
from tests.reporting import reporter_of, supervisor
from tests.tasks.targets import figure, link, make_indicator, report

pytestmark = pytest.mark.django_db


def enter(indicator: Indicator, wanted: Figure, user: User | None = None) -> Measurement:
    user = user or supervisor()
    return measurement_record(
        actor=user,
        scope=scope_of(user, TODAY),
        indicator_id=indicator.pk,
        figure=wanted,
        today=TODAY,
    )


def judge(
    indicator: Indicator, state: str = "on_track", user: User | None = None, **more: Any
) -> TargetJudgement:
    user = user or supervisor()
    more = {"reason": "专家评估。", "period": PeriodCode.parse("2020Q2"), **more}
    return target_judge(
        actor=user,
        scope=scope_of(user, TODAY),
        target_id=indicator.targets.get().pk,
        verdict=TargetVerdict(state=state, **more),
        today=TODAY,
    )


def row_of(indicator: Indicator, user: User | None = None) -> TargetRow:
    scope = scope_of(user, TODAY) if user else everything()
    found = target_rows([indicator.plan_id], scope=scope, today=TODAY)
    return next(row for row in found if row.indicator.pk == indicator.pk)


# entering


def test_a_value_is_kept_with_its_source_and_stands_in_the_log() -> None:
    indicator = make_indicator(make_plan())
    made = enter(indicator, figure("31", year_ago=Decimal("26.5")))
    assert (made.value, made.year_ago, made.revision) == (Decimal(31), Decimal("26.5"), 1)
    entry = Entry.objects.get(object_type="indicator", object_id=str(indicator.pk))
    assert entry.action == "录入完成值（2020年上半年）"
    assert entry.changes["完成值"] == [None, "31 家"]
    assert entry.changes["去年同期"] == [None, "26.5 家"]
    assert entry.changes["来源"] == [None, "统计年报"]


def test_a_revision_says_why_and_leaves_the_old_value() -> None:
    indicator = make_indicator(make_plan())
    enter(indicator, figure("31", release="flash"))
    with pytest.raises(Refused, match="修订要写明修订说明"):
        enter(indicator, figure("30", seen_revision=1))
    enter(indicator, figure("30", seen_revision=1, reason="统计部门核定。"))
    kept = Measurement.objects.order_by("revision").values_list("revision", "value", "current")
    assert list(kept) == [(1, Decimal(31), False), (2, Decimal(30), True)]
    entry = Entry.objects.order_by("-pk")[0]
    assert (entry.action, entry.reason) == ("修订完成值（2020年上半年）", "统计部门核定。")
    assert entry.changes == {"完成值": ["31 家", "30 家"], "发布": ["快报", "正式"]}
    assert row_of(indicator).value_text == "30 家"


def test_two_who_enter_at_once_do_not_overwrite_each_other() -> None:
    indicator = make_indicator(make_plan())
    enter(indicator, figure("31"))
    with pytest.raises(Conflict, match="别人已录入或改过"):
        enter(indicator, figure("32", reason="重算。"))
    assert Measurement.objects.get().value == Decimal(31)


def test_the_same_value_again_is_no_revision() -> None:
    indicator = make_indicator(make_plan())
    enter(indicator, figure("31"))
    with pytest.raises(Refused, match="没有要改的"):
        enter(indicator, figure("31.0", seen_revision=1, reason="再存一次。"))


def test_a_value_in_another_step_of_the_same_unit_is_converted() -> None:
    indicator = make_indicator(make_plan(), value="1", unit="万亿元")
    made = enter(indicator, figure("8123.45", unit="亿元", year_ago=Decimal(7000)))
    assert (made.value, made.year_ago) == (Decimal("0.812345"), Decimal("0.7"))
    assert row_of(indicator).value_text == "0.812345 万亿元"
    with pytest.raises(Refused, match="“家”不能换算成“万亿元”"):
        enter(indicator, figure("1", "2020Q1"))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (figure("-1"), "完成值不能小于零"),
        (figure("NaN"), "完成值须是数字"),
        (figure("1E+14"), "位数太多"),
        (figure("31", year_ago=Decimal(-1)), "去年同期不能小于零"),
        (figure("31", "2020Q4"), "2020年全年还没有结束"),
        (figure("31", source="  "), "请写明来源"),
        (figure("31", source="长" * 201), "来源最多 200 字，现在 201 字"),
        (figure("0.0000001", unit="家", year_ago=Decimal("0.000000001")), "最多八位小数"),
    ],
)
def test_a_wrong_value_is_refused_by_a_sentence(wanted: Figure, said: str) -> None:
    indicator = make_indicator(make_plan())
    with pytest.raises(Refused, match=said):
        enter(indicator, wanted)
    assert not Measurement.objects.exists()


def test_a_share_ends_at_a_hundred_and_a_rate_may_fall() -> None:
    plan = make_plan()
    share = make_indicator(plan, kind="share", unit="%")
    with pytest.raises(Refused, match="不会超过 100%"):
        enter(share, figure("101", unit="%"))
    rate = make_indicator(plan, kind="growth", unit="%")
    assert enter(rate, figure("-3.5", unit="%")).value == Decimal("-3.5")


def test_only_a_supervisor_of_the_plan_enters() -> None:
    plan = make_plan()
    indicator = make_indicator(plan)
    lead = make_agency("省科技厅")
    link(indicator, make_duty(make_task(plan, leads=[lead]), lead))
    leader = make_member(make_agency("省发展改革委"), "leader", lines=[plan.line])  # type: ignore[list-item]  # made with one
    for user in (reporter_of(lead), leader):
        with pytest.raises(NotAllowed, match="只有本任务来源的督查员"):
            enter(indicator, figure(), user)
    above = make_indicator(make_plan("above", relation="upper"))
    with pytest.raises(NotAllowed):
        enter(above, figure())


# judging


def test_words_are_judged_with_a_reason_and_the_log_keeps_what_was_said_before() -> None:
    indicator = make_indicator(make_plan(), value="")
    judge(indicator)
    assert row_of(indicator).standing is not None
    with pytest.raises(Conflict, match="别人已作了认定"):
        judge(indicator, "behind")
    with pytest.raises(Refused, match="请写明认定的理由"):
        judge(indicator, "behind", seen_state="on_track", reason=" ")
    judge(indicator, "behind", seen_state="on_track", reason="一项未落实。")
    with pytest.raises(Refused, match="没有要改的"):
        judge(indicator, "behind", seen_state="behind", reason="一项未落实。")
    entry = Entry.objects.order_by("-pk")[0]
    assert entry.changes == {"状态": ["达到预期进度", "进度滞后"]}
    assert (entry.action, entry.reason) == ("认定2020年目标（2020年上半年）", "一项未落实。")
    standing = row_of(indicator).standing
    assert standing
    assert (standing.state, "一项未落实。" in standing.reason) == ("behind", True)


def test_what_cannot_be_judged_is_refused() -> None:
    plan = make_plan()
    words, number = make_indicator(plan, value=""), make_indicator(plan)
    with pytest.raises(Refused, match="有数字的目标按完成值计算"):
        judge(number)
    with pytest.raises(Refused, match="请从列表里选"):
        judge(words, "great")
    with pytest.raises(Refused, match="还没有结束"):
        judge(words, period=PeriodCode.parse("2020Q4"))
    with pytest.raises(Refused, match="理由最多 500 字，现在 501 字"):
        judge(words, reason="长" * 501)
    with pytest.raises(NotAllowed):
        judge(words, user=reporter_of(make_agency("省科技厅")))
    with pytest.raises(Refused, match="定性指标，没有完成值"):
        enter(words, figure())


def test_a_judgement_holds_until_the_next_one() -> None:
    indicator = make_indicator(make_plan(), value="")
    judge(indicator, "behind", period=PeriodCode.parse("2019Q4"))
    judge(indicator, "on_track", period=PeriodCode.parse("2020Q2"))
    states = [
        target_rows([indicator.plan_id], scope=everything(), today=TODAY, until=until)[0].standing
        for until in (date(2019, 9, 30), date(2020, 3, 31), TODAY)
    ]
    assert [each.state for each in states if each] == ["no_data", "behind", "on_track"]


# period_value


def linked(value: str = "31", code: str = "2020Q3", **fields: Any) -> tuple[Indicator, Any]:
    plan, lead = make_plan(), make_agency("省科技厅")
    duty = make_duty(make_task(plan, number="3", leads=[lead]), lead, code=code)
    indicator = make_indicator(plan)
    link(indicator, duty)
    return indicator, report(duty, value, **fields)


def test_a_units_report_stands_in_where_nothing_was_typed() -> None:
    indicator, progress = linked()
    row = row_of(indicator)
    assert row.period_value
    assert (row.value_text, row.period_value.basis_label) == ("31 家", "累计")
    assert row.period_value.source == "第3项 省科技厅填报（未核）"
    progress.state, progress.judgement, progress.judged_on = "approved", "normal", TODAY
    progress.save()
    row = row_of(indicator)
    assert row.period_value
    assert row.period_value.source == "第3项 省科技厅填报（已认定）"


def test_what_was_typed_for_the_same_period_goes_first_and_a_later_report_after_it() -> None:
    indicator, _ = linked("31", "2020Q3")
    enter(indicator, figure("30", "2020Q2"))
    assert row_of(indicator).value_text == "31 家"
    enter(indicator, figure("29", "2020Q3"))
    assert row_of(indicator).value_text == "29 家"


def test_a_report_that_has_not_left_its_unit_is_nobodys() -> None:
    indicator, progress = linked(state="signing", delivered_on=None)
    assert row_of(indicator).period_value is None
    progress.delivered_on = TODAY
    progress.keep_delivered(log_no=1)
    progress.value = Decimal(99)
    progress.save()
    assert row_of(indicator).value_text == "31 家"


def test_parts_of_several_units_are_not_taken_for_the_whole() -> None:
    indicator, progress = linked()
    other = make_agency("省教育厅")
    link(indicator, make_duty(make_task(indicator.plan, leads=[other]), other))
    assert row_of(indicator).period_value is None
    assert progress.value == Decimal(31)


def test_what_counts_towards_an_annual_goal_does_not_stand_in() -> None:
    indicator, progress = linked()
    AnnualGoal.objects.create(
        task=progress.duty.task, agency=progress.duty.agency, year=2020, goal="建成十家",
        value=Decimal(10), filed_on=TODAY, filed_by="某人",
    )  # fmt: skip
    assert row_of(indicator).period_value is None


def test_values_are_seen_by_overseers_and_the_units_that_lead_a_linked_row() -> None:
    indicator, _ = linked()
    plan, lead = indicator.plan, make_agency("省科技厅")
    typed = make_indicator(plan)
    enter(typed, figure("20"))
    beside = make_agency("省教育厅")
    make_task(plan, leads=[beside])
    assert plan.line
    overseers = [
        supervisor(),
        make_member(make_agency("省发展改革委"), "leader", lines=[plan.line]),
    ]
    for user, sees in [*((o, True) for o in overseers), (reporter_of(lead), True)]:
        assert row_of(indicator, user).sees is sees
    hidden = row_of(indicator, reporter_of(beside))
    assert (hidden.sees, hidden.period_value, hidden.standing) == (False, None, None)
    assert hidden.target.quote == "到2020年，建成40家。"
    assert row_of(typed, overseers[0]).value_text == "20 家"
    assert not row_of(typed, reporter_of(lead)).sees


def test_a_second_lead_does_not_learn_what_the_first_reported() -> None:
    indicator, progress = linked()
    second = make_agency("省教育厅")
    task = progress.duty.task
    task.assignments.create(agency=second, name=second.name, role="lead", position=9)
    assert not row_of(indicator, reporter_of(second)).sees


def test_a_value_after_the_targets_year_does_not_count_for_it() -> None:
    indicator = make_indicator(make_plan(), year=2019)
    enter(indicator, figure("41", "2019Q4"))
    enter(indicator, figure("10", "2020Q2"))
    row = row_of(indicator)
    assert row.standing
    assert (row.value_text, row.standing.state) == ("41 家", "done")


def test_of_several_years_the_next_one_counts() -> None:
    indicator = make_indicator(make_plan(), year=2018)
    for year in (2020, 2025):
        indicator.targets.create(year=year, operator=">", value=year, quote="建成。")
    assert row_of(indicator).target.year == 2020
    ahead = target_rows(
        [indicator.plan_id], scope=everything(), today=TODAY, until=date(2026, 1, 1)
    )
    assert ahead[0].target.year == 2025


# for a report


def period_of(code: str = "2020Q3") -> Period:
    ends_on = PeriodCode.parse(code).ends_on
    return Period.objects.get_or_create(code=code, defaults={"ends_on": ends_on})[0]


def test_a_line_of_a_report_says_everything_as_it_is_printed() -> None:
    indicator = make_indicator(make_plan("ours"), name="新建实验室")
    enter(indicator, figure("28", "2019Q2"))
    enter(indicator, figure("31", "2020Q2"))
    enter(indicator, figure("40", "2019Q4"))
    [line] = target_lines(plans=[indicator.plan], period=period_of(), today=TODAY)
    assert (line.plan_code, line.indicator, line.unit, line.year) == (
        "ours", "新建实验室", "家", 2020
    )  # fmt: skip
    assert (line.target, line.value, line.year_ago) == ("不低于 40 家", "31 家", "28 家")
    assert (line.basis, line.source) == ("累计，正式，2020年上半年", "统计年报")
    assert (line.share, line.expected) == (Decimal("77.5"), Decimal("90.0"))
    assert (line.span, line.state_label) == ("2016年1月—2020年12月", "进度滞后")


def test_a_report_knows_nothing_of_what_came_after_its_period() -> None:
    indicator = make_indicator(make_plan())
    enter(indicator, figure("30", "2020Q1"))
    enter(indicator, figure("31", "2020Q3"))
    lines = [
        target_lines(plans=[indicator.plan], period=period_of(code), today=TODAY)[0]
        for code in ("2019Q4", "2020Q2", "2020Q3")
    ]
    assert [line.value for line in lines] == ["", "30 家", "31 家"]
    assert lines[0].state == "no_data"


def test_a_typed_year_ago_goes_before_the_ledgers_own() -> None:
    indicator = make_indicator(make_plan())
    enter(indicator, figure("28", "2019Q2"))
    enter(indicator, figure("31", "2020Q2", year_ago=Decimal("27.5")))
    [line] = target_lines(plans=[indicator.plan], period=period_of(), today=TODAY)
    assert line.year_ago == "27.5 家"


def test_lines_come_plan_by_plan_as_asked() -> None:
    first, second = make_plan(), make_plan()
    make_indicator(first, name="甲")
    make_indicator(second, name="乙")
    lines = target_lines(plans=[second, first], period=period_of(), today=TODAY)
    assert [line.indicator for line in lines] == ["乙", "甲"]


def test_reading_costs_the_same_for_few_and_for_many() -> None:
    plan = make_plan()

    def add(many: int) -> None:
        for _ in range(many):
            indicator = make_indicator(plan)
            enter(indicator, figure("31"))
            enter(indicator, figure("25", "2019Q4"))
            lead = make_agency()
            duty = make_duty(make_task(plan, leads=[lead]), lead)
            other = make_indicator(plan)
            link(other, duty)
            report(duty, "12")
            judge(make_indicator(plan, value=""))

    period = period_of()
    user = supervisor()

    def lines() -> int:
        return len(target_lines(plans=[plan], period=period, today=TODAY))

    def rows() -> int:
        return len(target_rows([plan.pk], scope=scope_of(user, TODAY), today=TODAY))

    add(1)
    # the scope is read once for a request
    assert scope_of(user, TODAY).overseen == {plan.pk}
    few = [counted(lines), counted(rows)]
    add(4)
    many = [counted(lines), counted(rows)]
    assert [found for found, _ in few] == [3, 3]
    assert [found for found, _ in many] == [15, 15]
    assert [queries for _, queries in few] == [queries for _, queries in many]


def counted(read: Callable[[], int]) -> tuple[int, int]:
    with CaptureQueriesContext(connection) as queries:
        found = read()
    return found, len(queries)


def test_an_indicator_without_a_target_is_not_listed() -> None:
    plan: Plan = make_plan()
    Indicator.objects.create(plan=plan, name="没有目标", unit="家")
    assert target_rows([plan.pk], scope=everything(), today=TODAY) == []
