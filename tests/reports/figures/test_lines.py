"""The lines under a part: one per row, in frozen figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.reports.figures.computing import compute
from apps.reports.figures.kinds import RowFact
from apps.reports.figures.lines import (
    coordination_lines,
    indicator_lines,
    lagging_lines,
    lines_of,
    named_lines,
    problem_lines,
)
from tests.reports.figures import made

HEAD = "1.《实施方案（2017年）》第12项“建设科技企业孵化器”（牵头单位：省科技厅）："
FIGURE = "孵化器25家（目标40家），完成比例62.5%，序时93.8%（2017年9月—2020年12月），差31.3个百分点"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            made.row(made.part(judgement="behind"), measures=(made.measure(),), overdue_days=12),
            f"{HEAD}{FIGURE}；逾期12天；认定为滞后。",
        ),
        (made.row(made.part(), overdue_days=12), f"{HEAD}逾期12天；未核。"),
        (made.row(made.absent(), overdue_days=12), f"{HEAD}逾期12天；未报。"),
        (made.row(made.part(judgement="impossible")), f"{HEAD}认定为不能完成。"),
        (
            made.row(made.part(judgement="normal"), measures=(made.measure(),)),
            f"{HEAD}{FIGURE}；认定为正常推进。",
        ),
        (
            made.row(made.part(judgement="behind"), made.part("省商务厅")),
            f"{HEAD}认定为滞后，部分单位进展未核。",
        ),
        # however little it lacks
        (
            made.row(
                made.part(judgement="normal"), measures=(made.measure(share=Decimal("93.3")),)
            ),
            f"{HEAD}{FIGURE.replace('62.5', '93.3').replace('31.3', '0.5')}；认定为正常推进。",
        ),
        # of several figures those behind, with their units
        (
            made.row(
                made.part(judgement="normal"),
                measures=(
                    made.measure(agency="省商务厅", share=Decimal(99)),
                    made.measure(span=""),
                ),
            ),
            f"{HEAD}省科技厅{FIGURE.replace('（2017年9月—2020年12月）', '')}；认定为正常推进。",
        ),
        (
            made.row(overdue_days=1, state="suspended", leads=(), consolidator="省商务厅"),
            f"{HEAD.replace('牵头单位：省科技厅', '汇总单位：省商务厅')}逾期1天；挂起。",
        ),
        (
            made.row(overdue_days=1, leads=()),
            f"{HEAD.replace('牵头单位：省科技厅', '原表未列牵头单位')}逾期1天；未列入本期报送。",
        ),
    ],
)
def test_a_lagging_row_says_why(row: RowFact, said: str) -> None:
    assert lagging_lines(compute(made.facts(row))) == [said]


def test_a_row_without_a_number_is_told_by_its_words() -> None:
    (line,) = lagging_lines(compute(made.facts(made.row(overdue_days=1, number=""))))
    assert line.startswith("1.《实施方案（2017年）》“建设科技企业孵化器”（牵头单位")


@pytest.mark.parametrize(
    "row",
    [
        made.row(made.part(judgement="normal")),
        made.row(made.part(judgement="difficult")),
        made.row(made.part(judgement="normal"), measures=(made.measure(share=Decimal("93.8")),)),
        made.row(measures=(made.measure(),), overdue_days=3, state="closed"),
        made.row(measures=(made.measure(),), state="suspended"),
    ],
)
def test_other_rows_do_not_lag(row: RowFact) -> None:
    assert lagging_lines(compute(made.facts(row))) == []


def test_long_and_quoted_rows_are_shortened() -> None:
    row = made.row(overdue_days=1, content="推进“互联网+”\n先进制造业，" * 9)
    (line,) = lagging_lines(compute(made.facts(row)))
    assert line.startswith("1.《实施方案（2017年）》第12项“推进‘互联网+’ 先进制造业，推进")
    assert "……”（牵头单位" in line


def test_rows_stand_in_the_order_of_their_tables() -> None:
    rows = [
        made.row(overdue_days=1, plan_code="b", number="1"),
        made.row(overdue_days=1, number="7"),
        made.row(overdue_days=1, number="3.1"),
    ]
    plans = (made.plan(), made.plan(code="b", short_title="《意见》"))
    lines = lagging_lines(compute(made.facts(*rows, plans=plans)))
    assert [line.split("“")[0] for line in lines] == [
        "1.《实施方案（2017年）》第7项",
        "2.《实施方案（2017年）》第3.1项",
        "3.《意见》第1项",
    ]


def test_problems_are_told_in_the_units_words() -> None:
    alone = made.row(made.part(judgement="behind", problems="用地\n紧张。"))
    several = made.row(
        made.part(problems="资金缺口大"),
        made.part("省商务厅", judgement="normal"),
        made.part("省教育厅", judgement="normal", problems="师资不足；"),
    )
    settled = made.row(made.part(problems="已解决"), state="closed")
    lines = problem_lines(compute(made.facts(alone, several, settled)))
    assert [line.removeprefix(HEAD) for line in lines[:1]] == ["用地 紧张。"]
    assert lines[1].endswith("：省科技厅：资金缺口大（未核）；省教育厅：师资不足。")
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"judgement": "difficult"}, "认定为有困难。"),
        (
            {"judgement": "impossible", "next_step": "请求调整。"},
            "认定为不能完成，下一步措施：请求调整。",
        ),
        ({"judgement": "difficult", "problems": "缺资金"}, "认定为有困难，缺资金。"),
        (
            {"self_assessment": "difficult", "problems": "缺资金", "next_step": "报请支持"},
            "自评有困难（未核），下一步措施：报请支持。",
        ),
    ],
)
def test_what_needs_coordinating_says_who_judged_it(changes: dict[str, Any], said: str) -> None:
    figures = compute(made.facts(made.row(made.part(**changes))))
    assert coordination_lines(figures) == [f"{HEAD}{said}"]


def test_a_judgement_overrules_the_units_own_view() -> None:
    part = made.part(self_assessment="difficult", judgement="normal")
    assert coordination_lines(compute(made.facts(made.row(part)))) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "2020年目标不低于40家，2020年前三季度38家（累计，快报，省科技厅），去年同期31家，"
            "完成比例95.0%，序时75.0%（年度目标×9/12），超20.0个百分点，达到预期进度。",
        ),
        (
            {"share": Decimal(50), "year_ago": "", "basis": "", "span": ""},
            "2020年目标不低于40家，2020年前三季度38家（省科技厅），"
            "完成比例50.0%，序时75.0%，差25.0个百分点，达到预期进度。",
        ),
        (
            {"share": Decimal("74.5"), "year_ago": "", "basis": "", "source": "", "span": ""},
            "2020年目标不低于40家，2020年前三季度38家，"
            "完成比例74.5%，序时75.0%，差0.5个百分点，达到预期进度。",
        ),
        (
            {"share": Decimal(75), "year_ago": "", "basis": "", "source": ""},
            "2020年目标不低于40家，2020年前三季度38家，"
            "完成比例75.0%，序时75.0%（年度目标×9/12），与序时持平，达到预期进度。",
        ),
        (
            {"share": None, "year_ago": "", "value": "", "state_label": "暂无数据"},
            "2020年目标不低于40家，暂无数据。",
        ),
        (
            {"expected": None, "target": "", "year_ago": ""},
            "2020年前三季度38家（累计，快报，省科技厅），完成比例95.0%，达到预期进度。",
        ),
    ],
)
def test_an_indicator_says_its_figures_and_span(changes: dict[str, Any], said: str) -> None:
    figures = compute(made.facts(targets=(made.target(**changes),)))
    assert indicator_lines(figures) == [f"1.《实施方案（2017年）》孵化器数量：{said}"]


def test_only_ticked_units_are_named() -> None:
    figures = compute(made.facts(units=(made.unit("省林业局"), made.unit())))
    assert named_lines([made.unit()]) == ["1.省商务厅：应报3份，未报2份。"]
    assert lines_of("unreported", figures) == []
    assert lines_of("unreported", figures, [made.unit()]) == named_lines([made.unit()])
    assert lines_of("overall", figures) == []
