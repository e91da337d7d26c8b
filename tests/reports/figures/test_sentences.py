"""The report's own sentences, for any figures and for some that are known."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings

from apps.reports.figures.computing import compute
from apps.reports.figures.kinds import Facts, Figures
from apps.reports.figures.lines import lines_of
from apps.reports.figures.sentences import WITHOUT_HEADING, parts_of
from apps.reports.figures.tokens import fill, text_reasons
from tests.reports.figures import made
from tests.reports.figures.any_facts import any_facts

KEYS = [
    *("preamble", "overall", "progress", "indicators", "lagging", "problems", "coordination"),
    *("unreported", "next", "closing"),
]
GENRES = ("report", "bulletin")


def _part(key: str, facts: Facts, genre: str = "report") -> str:
    figures = compute(facts)
    return fill(_texts(figures, genre)[key], figures)


def _texts(figures: Figures, genre: str) -> dict[str, str]:
    return {part.key: part.text for part in parts_of(figures, genre)}


@settings(deadline=None, max_examples=30)
@given(any_facts())
def test_generated_texts_keep_the_rules_for_texts(facts: Facts) -> None:
    figures = compute(facts)
    for genre in GENRES:
        parts = parts_of(figures, genre)
        assert [part.key for part in parts] == KEYS
        assert parts == parts_of(figures, genre)
        for part in parts:
            assert text_reasons(part.text, figures) == []
            assert not re.search("[{}]", fill(part.text, figures))
            assert all(line.endswith("。") for line in part.text.splitlines())


@settings(deadline=None, max_examples=30)
@given(any_facts())
def test_only_classes_with_rows_are_enumerated(facts: Facts) -> None:
    figures = compute(facts)
    overall = _texts(figures, "report")["overall"]
    for each in figures.classes:
        assert (f"{{{each.label}项数}}" in overall) == (each.count > 0)


@settings(deadline=None, max_examples=30)
@given(any_facts())
def test_lines_are_numbered_and_stand_under_their_parts_only(facts: Facts) -> None:
    figures = compute(facts)
    for key in KEYS:
        lines = lines_of(key, figures, facts.units)
        assert [line.split(".", 1)[0] for line in lines] == [
            str(number) for number in range(1, len(lines) + 1)
        ]
        assert all(line.endswith("。") for line in lines)
    assert bool(lines_of("lagging", figures)) == (
        "逐项列示" in _texts(figures, "report")["lagging"]
    )
    assert len(lines_of("indicators", figures)) == len(facts.targets)


def test_headings_are_those_of_a_report() -> None:
    parts = parts_of(compute(made.facts()), "report")
    assert [part.heading for part in parts if part.key not in WITHOUT_HEADING] == [
        *("总体情况", "主要进展和成效", "主要指标", "未达到序时进度和逾期事项", "存在问题及原因"),
        *("需协调解决的事项", "未按时报送单位", "下一步"),
    ]


def test_it_names_its_basis_and_closes_by_genre() -> None:
    facts = made.facts(made.row(made.part()))
    preamble = _part("preamble", facts)
    assert preamble.startswith(
        "根据《广东省战略性新兴产业发展“十三五”规划实施方案》（粤发改产业〔2017〕38号）"
    )
    assert "1项任务2020年前三季度推进情况" in preamble
    assert "报告如下（数据截至2020年9月30日" in preamble
    assert _part("closing", facts) == "特此报告。"
    assert "通报如下" in _part("preamble", facts, "bulletin")
    assert _part("closing", facts, "bulletin").endswith("特此通报。")


def test_whom_to_ask_for_help_depends_on_whom_it_goes_to() -> None:
    facts = made.facts(made.row(made.part(judgement="difficult")))
    figures = compute(facts)
    told = {genre: _texts(figures, genre)["coordination"] for genre in ("report", "bulletin")}
    assert "建议予以协调解决" in told["report"]
    assert "请有关单位会商解决" in told["bulletin"]


def test_it_begins_with_what_it_is_about() -> None:
    assert _part("preamble", made.facts(made.row())) == (
        "根据《广东省战略性新兴产业发展“十三五”规划实施方案》（粤发改产业〔2017〕38号）的部署和任务分工，"
        "省发展改革委对所列1项任务2020年前三季度推进情况逐项作了汇总。"
        "现将有关情况报告如下（数据截至2020年9月30日，系统取数日期2020年10月12日）。"
    )


def test_sample_progress_is_called_so() -> None:
    assert "演示数据" in _part("preamble", made.facts(is_sample=True))
    assert "演示数据" not in _part("preamble", made.facts())


def test_the_whole_says_counts_shares_and_the_rounding_note() -> None:
    rows = [made.row(made.part(judgement="normal")), made.row(made.part(judgement="behind"))]
    overall = _part("overall", made.facts(*rows, made.row(made.part())))
    assert "任务共3项" in overall
    assert "正常推进1项，占33.3%；滞后1项，占33.3%；" in overall
    assert "已报送、尚未认定（未核）的1项，占33.3%。" in overall
    assert "因四舍五入合计可能不等于100%" in overall
    assert "以督办单位的认定为准" in overall
    assert "没有已印发的报告，本期不作与上期的比较" in overall
    assert "没有逾期未办结的任务" in overall
    assert "本单位自督" not in overall


def test_rows_the_supervisor_leads_are_said() -> None:
    overall = _part("overall", made.facts(made.row(made.part(), self_supervised=True)))
    assert "（本单位自督）1项，其中认定由督办单位自行作出。" in overall


def test_rows_of_several_units_and_settled_ones_are_explained() -> None:
    parts = made.part(judgement="normal"), made.absent()
    overall = _part("overall", made.facts(made.row(*parts), made.row(state="closed")))
    assert "认定为准，已办结的任务按其状态归类；由多个单位分别报送的任务，以最差的" in overall
    assert "1项尚有单位的进展未核或未报" in overall
    assert "“已完成”中已办结1项" in overall
    alone = _part("overall", made.facts(made.row(made.part(judgement="normal"))))
    assert "由多个单位分别报送" not in alone
    assert "已办结" not in alone
    assert "尚有单位的进展未核或未报" not in alone


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (("99",), "可按序时进度衡量的任务1项，均达到序时进度。"),
        (("62.5",), "任务1项，均未达到序时进度，最大差距31.3个百分点。"),
        (
            ("62.5", "99"),
            "其中达到序时进度1项，占50.0%；未达到序时进度1项，最大差距31.3个百分点。",
        ),
        ((), ""),
    ],
)
def test_figures_are_held_against_the_calendar(shares: tuple[str, ...], said: str) -> None:
    rows = [made.row(measures=(made.measure(share=Decimal(share)),)) for share in shares]
    overall = _part("overall", made.facts(*rows, made.row()))
    assert said in overall
    assert ("序时" in overall) == bool(shares)


def test_it_compares_with_the_earlier_report() -> None:
    rows = [made.row(made.part(judgement=word)) for word in ("normal", "normal", "done")]
    facts = made.facts(*rows, previous=made.earlier())
    assert (
        "与2020年上半年报告（任务3项）相比，“已完成”增加1项，占比上升33.3个百分点；"
        "“滞后”减少1项，占比下降33.3个百分点；逾期减少1项。"
    ) in _part("overall", facts)


def test_equal_reports_are_said_to_be_equal() -> None:
    row = made.row(made.part(judgement="normal"))
    same = made.earlier(total=1, counts={"normal": 1}, overdue=0)
    overall = _part("overall", made.facts(row, previous=same, year_ago=same))
    assert overall.count("各类项数、占比和逾期项数均持平") == 2
    assert "与去年同期（2020年上半年，任务1项）相比" in overall


def test_a_changed_total_is_said() -> None:
    row = made.row(made.part(judgement="normal"))
    facts = made.facts(row, row, row, row, previous=made.earlier(counts={"normal": 3}))
    overall = _part("overall", facts)
    assert "任务总数增加1项；“正常推进”增加1项，占比持平" in overall


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("overall", "本期没有纳入督办的任务。"),
        ("progress", "本期没有需要列示的进展。"),
        ("indicators", "本期范围内没有列入监测的量化指标。"),
        ("lagging", "本期没有可按序时进度衡量的任务，也没有认定为滞后或逾期的任务。"),
        ("problems", "本期尚无单位报送进展，暂无反映的问题。"),
        ("coordination", "本期没有需要提请协调解决的事项。"),
        ("unreported", "本期没有需要报送进展的单位。"),
    ],
)
def test_empty_parts_read_well(key: str, said: str) -> None:
    assert _part(key, made.facts()) == said


def test_a_scope_without_plans_reads_well() -> None:
    assert _part("preamble", made.facts(plans=())) == "本期没有选定任务来源。"
    assert "所列任务2020年前三季度" in _part("preamble", made.facts())


def test_nothing_behind_reads_well() -> None:
    row = made.row(made.part(judgement="normal"), measures=(made.measure(share=Decimal(99)),))
    assert _part("lagging", made.facts(row)) == (
        "可按序时进度衡量的任务均达到序时进度，没有认定为滞后或逾期的任务。"
    )


def test_lagging_rows_are_counted_by_reason() -> None:
    behind = made.row(made.part(judgement="normal"), measures=(made.measure(),))
    assert _part("lagging", made.facts(behind)) == (
        "完成比例低于序时进度的1项，逐项列示如下，序号为原表序号。"
    )
    both = made.row(made.part(judgement="behind"), overdue_days=12)
    assert _part("lagging", made.facts(both)) == (
        "认定为滞后或不能完成的1项，逾期未办结的1项（逾期天数计至2020年10月12日）。"
        "同一任务有多种情形的只列一次，共1项，逐项列示如下，序号为原表序号。"
    )


def test_problems_of_none_are_said_to_be_none() -> None:
    facts = made.facts(made.row(made.part()), units=(made.unit(),))
    assert _part("problems", facts) == "已报送进展的单位未反映存在问题。"


def test_progress_explains_its_marks() -> None:
    facts = made.facts(made.row(made.part()), made.row(made.absent()), units=(made.unit(),))
    progress = _part("progress", facts)
    assert progress == (
        "各项任务进展按原任务分工表的次序列示如下，序号为原表序号。"
        "注明“未核”的，为单位已报送、督办单位尚未认定的内容。"
        "尚有单位未报送的，在相应任务下注明。"
    )
    clean = _part("progress", made.facts(made.row(made.part(judgement="normal"))))
    assert clean == "各项任务进展按原任务分工表的次序列示如下，序号为原表序号。"


def test_indicators_are_counted_by_state() -> None:
    facts = made.facts(targets=(made.target(), made.target(state="no_data")))
    assert _part("indicators", facts).startswith(
        "列入监测的指标共2个，其中达到预期进度1个，暂无数据1个。"
    )
    assert "差距以百分点表示" in _part("indicators", facts)
    judged = made.facts(targets=(made.target(share=None),))
    assert "差距以百分点表示" not in _part("indicators", judged)


def test_before_the_cut_off_nobody_is_named() -> None:
    facts = made.facts(made.row(made.absent()), units=(made.unit(late=1),), taken_on=made.CUT_OFF)
    assert _part("unreported", facts) == (
        "截至2020年10月20日，应报进展3份，已报1份，报送率33.3%，其中迟报1份。"
        "报送截止日（2020年10月20日）未到，本期不列未按时报送单位。"
    )


def test_after_the_cut_off_what_is_missing_is_counted() -> None:
    facts = made.facts(made.row(made.absent()), units=(made.unit(),), taken_on=made.AFTER)
    said = (
        "截至2020年10月21日，应报进展3份，已报1份，报送率33.3%；未报2份，涉及单位1个。"
        "未按时报送单位由督办单位逐一核定，不属督办范围的单位不列名。"
    )
    assert _part("unreported", facts) == said
    assert _part("unreported", facts, "bulletin") == f"{said}对经核定未按时报送的单位予以通报。"


def test_all_in_reads_well() -> None:
    facts = made.facts(units=(made.unit(delivered=3),), taken_on=made.AFTER)
    assert _part("unreported", facts).endswith("报送率100.0%，没有未报送的单位。")


def test_plans_with_different_cut_offs_are_told_apart() -> None:
    later = made.plan(code="b", cut_off=made.AFTER)
    facts = made.facts(plans=(made.plan(), later), units=(made.unit(),), taken_on=made.AFTER)
    assert "部分任务来源的报送截止日未到" in _part("unreported", facts)


def test_next_steps_follow_from_the_figures() -> None:
    quiet = _part("next", made.facts())
    assert quiet.splitlines()[1:] == ["继续按任务分工和完成时限推进各项任务，按期报送进展。"]
    rows = [made.row(made.part(judgement=word)) for word in ("behind", "difficult", "normal", "")]
    full = _part("next", made.facts(*rows, units=(made.unit(),)))
    assert [line[:2] for line in full.splitlines()[1:]] == ["一是", "二是", "三是", "四是", "五是"]
    assert "1项任务" in full
    single = _part("next", made.facts(rows[0])).splitlines()
    assert single[1].startswith("加快滞后事项。")
