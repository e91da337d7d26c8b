"""Nobody types a figure: what is refused, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.reports.figures.computing import compute
from apps.reports.figures.tokens import text_reasons
from tests.reports.figures import made

FIGURES = compute(made.facts(made.row(made.part()), made.row(made.absent())))

REFUSED = [
    *("完成38项", "完成３８项", "完成 38 项", "完成38余项", "完成38\u200b项", "完成38個", "38項"),
    *(
        "三十八项",
        "十二个",
        "两家已完成",
        "一百二十份",
        "新增九名",
        "二十户",
        "三倍",
        "十天",
        "五个单位",
    ),
    *("27.3%", "27.3％", "占百分之二十七点三", "百分之 30", "占比九成", "三分之二", "2分之1"),
    *("差31.3个百分点", "提高3百分点", "一个百分点", "二点五个百分点"),
    *("1.2万家", "3万", "5亿", "1,200.5亿元", "３００万元", "十二亿元", "3千", "20倍", "壹佰万元"),
    *("逾期12天", "12天", "25台", "3次", "16条", "5公里", "8人", "2020年45项", "前三季度完成45项"),
    # numbering does not cover what follows it
    *("1.38项", "（一）三十八项", "一、完成三十八项", "第一，38项", "《规划》三十八项"),
    # a digit in front of a name becomes part of its figure
    *("1{任务总数}", "共3.{任务总数}", "1 {任务总数}"),
    "“十三五”期间完成三十八项",
    "“四个意识”方面三十八项",
    "统一部署，一项未报",
    # without a counting word
    *("完成45，滞后5", "滞后（5）", "增长12", "3.5", "2/3", "10—20", "四十五，其中三十八已办结"),
    # small, but of what the report counts
    *("一项滞后", "三项重点工作", "两个责任单位", "一份进展", "三家", "五个", "一个指标"),
    # from eleven on, or with a unit
    *("十二个基地", "十余家企业", "几十项", "二十五家企业", "一亿", "千亿元", "1个平台"),
    # what is no figure by itself hides none
    *("表1 45项", "表45项", "12号38项", "5G38项", "1+45项", "电话38项", "序号45项", "9月38项"),
]

ALLOWED = [
    "",
    *("2020年9月30日", "2020 年前三季度", "2017—2020年", "二〇二〇年九月", "1—9月", "上半年"),
    *("粤发改产业〔2017〕38号", "国发〔2016〕67号文", "〔2017〕38 号"),
    *("第12项", "第3、5项", "第3项和第12项", "第十二项", "第3期", "第 7 号", "第三条", "第一家"),
    *("1.项目建设", "1、个人", "12.项目", "一、项目", "（一）项目建设", "(1)项目", "①项目；②家庭"),
    *("一是加快项目建设", "二是抓紧核实", "“十三五”规划", "十三五项目", "十四五时期"),
    *("进一步", "统一项目标准", "同一个单位", "逐一项目", "每一个单位", "单一家庭", "一次性"),
    *("“四个意识”", "四个自信", "两个维护", "一家一策", "千方百计", "千家万户", "千万不要"),
    *("3个月内", "12个月", "5个工作日内", "三个季度", "10天内报送", "三天之内", "24小时"),
    *("《关于30个项目的通知》", "因四舍五入合计可能不等于100%", "不一定等于100%"),
    *(
        "建成",
        "成立",
        "一成不变",
        "项目",
        "亿元",
        "单位：万元",
        "5G",
        "1+1+9",
        "国家",
        "百分点",
        "几项",
    ),
    *("一项一策", "一件事", "一个个", "两个一百年", "两个毫不动摇", "十四五以来"),
    *("百家争鸣", "百千万工程", "唯一一家", "另一项任务", "单一家族"),
    # ordinary words
    *("一个平台", "三个国家级平台", "两家企业", "三项制度", "一份清单", "一批项目", "五个方面"),
    *(
        "一个都不能少",
        "一个不能少",
        "一件一件",
        "一个超级计算中心",
        "千亿级产业集群",
        "二十大精神",
        "二十条措施",
    ),
    *("2020-10-12", "三年行动", "3年行动计划", "90年代", "17:30", "17时30分前", "7×24小时"),
    *("PM2.5", "COVID-19", "12345热线", "附件1", "表1", "序号12、15", "粤府[2020]12号"),
    *("联系电话：020-83132222", "邮箱：dc1@gd2.gov.cn", "包括：（1）项目；（2）平台", "十一、其他"),
    *("{任务总数}任务", "共{任务总数}", "2020年{任务总数}", "1.{任务总数}"),
    *("两{任务总数}", "第12项：{任务总数}"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_a_typed_figure_is_refused(text: str) -> None:
    assert text_reasons(text, FIGURES)
    # wherever it stands
    assert text_reasons(f"截至目前，{text}。", FIGURES)
    assert text_reasons(f"正常推进{{正常推进项数}}；{text}，继续。", FIGURES)


@pytest.mark.parametrize("text", ALLOWED)
def test_what_is_no_figure_may_be_typed(text: str) -> None:
    assert text_reasons(text, FIGURES) == []


@pytest.mark.parametrize("text", ALLOWED)
def test_an_allowed_number_does_not_hide_a_figure(text: str) -> None:
    assert text_reasons(f"{text}\n另有三十八项。", FIGURES)
    assert text_reasons(f"另有38项。\n{text}", FIGURES)


def test_the_reason_quotes_the_figure_and_names_what_prints_it() -> None:
    assert text_reasons("共2项。", FIGURES) == [
        "“2项”是手工填写的数字，报告中的数字只能由系统填入，请改用 {任务总数}。"
    ]
    (reason,) = text_reasons("共99项，又99项。", FIGURES)
    assert "“99项”" in reason
    assert "{任务总数}" in reason


def test_what_stands_against_a_name_is_quoted_without_it() -> None:
    assert text_reasons("共3.{任务总数}", FIGURES) == [
        "“3.”紧接着名称，会和它的数字连在一起，请删去。"
    ]


def test_a_long_figure_is_quoted_by_its_beginning() -> None:
    (reason,) = text_reasons("9" * 30, FIGURES)
    assert f"“{'9' * 20}”" in reason


@settings(deadline=None)
@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    for reason in text_reasons(text, FIGURES):
        assert reason.endswith(("。", "？"))


@settings(deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["项", "个", "家", "份", "%", "个百分点", "倍", "万", "亿元", "元"]),
    st.sampled_from(["", "完成", "2020年", "《规划》", "第12项，", "〔2017〕38号，", "1.共"]),
)
def test_any_number_next_to_a_counting_word_is_refused(number: int, word: str, before: str) -> None:
    assert text_reasons(f"{before}{number}{word}", FIGURES)


@pytest.mark.parametrize(
    "piece", ["1", "1,", "一", "一点", "百分之", "第一、", "{", "《", "1.", "十"]
)
def test_long_texts_are_read_in_one_go(piece: str) -> None:
    # a pattern that reads back and forth would not come to an end within the test's patience
    assert isinstance(text_reasons(piece * 20_000, FIGURES), list)
