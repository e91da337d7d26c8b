"""Names in braces: what they print, and which are refused."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings

from apps.reports.figures.computing import compute
from apps.reports.figures.kinds import Facts
from apps.reports.figures.tokens import fill, text_reasons, values
from tests.reports.figures import made
from tests.reports.figures.any_facts import WORDS, any_facts


def _whole() -> Facts:
    judged = made.part(judgement="behind", problems="用地紧张")
    return made.facts(
        made.row(judged, measures=(made.measure(),), overdue_days=12, self_supervised=True),
        made.row(judged, measures=(made.measure(share=Decimal("90")),), overdue_days=3),
        made.row(made.part(judgement="difficult"), made.part("省商务厅")),
        made.row(made.absent()),
        made.row(state="closed"),
        made.row(made.part(judgement="normal"), measures=(made.measure(share=Decimal(99)),)),
        units=(made.unit(late=1), made.unit("省科技厅", owed=4, delivered=4)),
        targets=(made.target(), made.target(state="no_data")),
        previous=made.earlier(),
        year_ago=made.earlier(period_name="2019年前三季度", total=6, counts={"behind": 2}),
    )


FIGURES = compute(_whole())


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("报告期", "2020年前三季度"),
        ("数据截至", "2020年9月30日"),
        ("取数日期", "2020年10月12日"),
        ("报送截止日", "2020年10月20日"),
        ("督办单位", "省发展改革委"),
        (
            "任务来源",
            "《广东省战略性新兴产业发展“十三五”规划实施方案》（粤发改产业〔2017〕38号）",
        ),
        ("任务来源数", "1个"),
        ("任务总数", "6项"),
        ("已办结项数", "1项"),
        ("自督项数", "1项"),
        ("认定不全项数", "1项"),
        ("已完成项数", "1项"),
        ("滞后项数", "2项"),
        ("滞后占比", "33.3%"),
        ("提前完成项数", "0项"),
        ("未报占比", "16.7%"),
        ("可比序时项数", "3项"),
        ("达到序时项数", "1项"),
        ("达到序时占比", "33.3%"),
        ("未达到序时项数", "2项"),
        ("最大差距", "31.3个百分点"),
        ("逾期项数", "2项"),
        ("最长逾期", "12天"),
        ("滞后事项数", "2项"),
        ("存在问题项数", "2项"),
        ("需协调项数", "1项"),
        ("应报份数", "7份"),
        ("已报份数", "5份"),
        ("迟报份数", "1份"),
        ("未报份数", "2份"),
        ("报送率", "71.4%"),
        ("应报单位数", "2个"),
        ("未报单位数", "1个"),
        ("迟报单位数", "1个"),
        ("指标总数", "2个"),
        ("指标暂无数据数", "1个"),
        ("指标已完成数", "0个"),
        ("指标达到预期进度数", "1个"),
        ("指标进度滞后数", "0个"),
        ("指标未完成数", "0个"),
        ("上期报告", "《2020年上半年进展情况报告》"),
        ("上期任务总数", "3项"),
        ("任务总数比上期", "增加3项"),
        ("滞后比上期", "增加1项"),
        ("滞后占比比上期", "持平"),
        ("正常推进比上期", "减少1项"),
        # 66.7% and 16.7% as printed
        ("正常推进占比比上期", "下降50.0个百分点"),
        ("逾期比上期", "增加1项"),
        ("上期逾期项数", "1项"),
        ("上期未报份数", "2份"),
        ("上期正常推进项数", "2项"),
        ("上期正常推进占比", "66.7%"),
        ("未报份数比上期", "持平"),
        ("任务总数比去年同期", "持平"),
        ("滞后比去年同期", "持平"),
        ("已完成占比比去年同期", "上升16.7个百分点"),
    ],
)
def test_a_name_prints_its_figure(name: str, printed: str) -> None:
    assert fill(f"共{{{name}}}。", FIGURES) == f"共{printed}。"
    assert text_reasons(f"共{{{name}}}。", FIGURES) == []


def test_without_an_earlier_report_nothing_is_compared() -> None:
    alone = compute(made.facts())
    assert not [name for name in values(alone) if "上期" in name or "去年同期" in name]
    (reason,) = text_reasons("已完成{已完成比上期}", alone)
    assert "没有可比的上期报告" in reason
    (reason,) = text_reasons("已完成{已完成比去年同期}", alone)
    assert "没有可比的去年同期报告" in reason


def test_what_no_row_has_is_no_name() -> None:
    even = made.measure(share=Decimal("93.8"))
    known = values(compute(made.facts(made.row(made.part(), measures=(even,)))))
    assert {"最大差距", "最长逾期"}.isdisjoint(known)
    assert known["达到序时占比"] == "100.0%"
    assert "达到序时占比" not in values(compute(made.facts(made.row())))


def test_a_unit_that_owes_nothing_is_not_counted() -> None:
    units = (made.unit(), made.unit("省林业局", owed=0, delivered=0))
    known = values(compute(made.facts(units=units)))
    assert (known["应报单位数"], known["未报单位数"], known["迟报单位数"]) == ("1个", "1个", "0个")


def test_several_plans_are_all_named() -> None:
    other = made.plan(
        code="b",
        title="《意见》",
        document_number="",
        supervisor="省科技厅",
        cut_off=made.AFTER,
    )
    found = values(compute(made.facts(plans=(made.plan(document_number=""), other))))
    assert found["任务来源"] == "《广东省战略性新兴产业发展“十三五”规划实施方案》、《意见》"
    assert found["督办单位"] == "省发展改革委、省科技厅"
    assert found["报送截止日"] == "2020年10月20日至2020年10月21日"


def test_an_unknown_name_is_refused_with_a_near_one() -> None:
    (reason,) = text_reasons("共{任务总量}", FIGURES)
    assert reason == (
        "没有“任务总量”这个数据名称，是不是 {任务总数}、{上期任务总数}、{任务总数比上期}？"
    )
    assert fill("共{任务总量}", FIGURES) == "共{任务总量}"


def test_a_name_that_is_like_no_other_is_refused_too() -> None:
    (reason,) = text_reasons("共{xyz}和{xyz}", FIGURES)
    assert reason == "没有“xyz”这个数据名称，请从可用名称中选取，如 {任务总数}。"


@pytest.mark.parametrize("text", ["{", "}", "{任务总数", "任务总数}", "{{任务总数}}", "}{", "{}"])
def test_braces_that_hold_no_name_are_refused(text: str) -> None:
    (reason,) = text_reasons(text, FIGURES)
    assert "花括号" in reason


@pytest.mark.parametrize("text", ["｛任务总数｝", "｛任务总数", "任务总数｝"])
def test_full_width_braces_are_refused(text: str) -> None:
    (reason,) = text_reasons(text, FIGURES)
    assert "半角花括号" in reason


def test_spaces_around_a_name_do_no_harm() -> None:
    assert fill("{ 任务总数 }", FIGURES) == "6项"
    assert text_reasons("{ 任务总数 }", FIGURES) == []


@settings(deadline=None, max_examples=30)
@given(any_facts(), WORDS)
def test_a_value_is_never_taken_for_a_name(facts: Facts, text: str) -> None:
    figures = compute(facts)
    known = values(figures)
    assert not re.search("[{}]", "".join(known.values()))
    whole = "".join(f"{{{name}}}" for name in known)
    assert fill(whole, figures) == "".join(known.values())
    # what is filled once stays
    assert fill(fill(text, figures), figures) == fill(text, figures)
