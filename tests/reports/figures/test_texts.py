"""What a report prints of one row."""

from __future__ import annotations

from datetime import date

import pytest

from apps.reports.figures.computing import compute
from apps.reports.figures.kinds import RowFact
from tests.reports.figures import made

JUDGED = {"judgement": "normal"}


@pytest.mark.parametrize(
    ("row", "text", "by"),
    [
        (made.row(made.part(**JUDGED)), "已建成孵化器25家。", "省科技厅报"),
        (made.row(made.part()), "已建成孵化器25家。（未核）", "省科技厅报"),
        (
            made.row(made.part(**JUDGED), made.part("省商务厅", text="出口增长。")),
            "省科技厅：已建成孵化器25家。\n省商务厅：出口增长。（未核）",
            "省科技厅、省商务厅报",
        ),
        (
            made.row(made.absent(), made.part(**JUDGED)),
            "省科技厅：已建成孵化器25家。\n尚有1个单位未报送。",
            "省科技厅报",
        ),
        (made.row(made.absent(), made.absent("省教育厅")), "尚未报送进展。", ""),
        (made.row(), "未列入本期报送。", ""),
        # words of an earlier period are not printed again
        (
            made.row(made.part(unchanged="已完成待验收", **JUDGED)),
            "与上期相同，无新增进展（已完成待验收）。",
            "省科技厅报",
        ),
        (
            made.row(made.part(repeated=True)),
            "与上期相同，无新增进展。（未核）",
            "省科技厅报",
        ),
        (made.row(made.part(text=" ", **JUDGED)), "已报送，未填写进展情况。", "省科技厅报"),
        # settled: nothing is waited for
        (
            made.row(made.absent(), state="closed", closed_on=date(2020, 3, 5)),
            "已于2020年3月5日办结。",
            "",
        ),
        (made.row(state="closed"), "已办结。", ""),
        (made.row(state="ended", state_label="终止"), "任务终止。", ""),
        (made.row(made.absent(), state="suspended", state_label="挂起"), "任务挂起。", ""),
        (
            made.row(made.part(**JUDGED), made.absent(), state="closed"),
            "省科技厅：已建成孵化器25家。",
            "省科技厅报",
        ),
    ],
)
def test_a_row_prints_what_its_units_say(row: RowFact, text: str, by: str) -> None:
    figure = compute(made.facts(row)).rows[0]
    assert (figure.text, figure.by) == (text, by)


def test_the_consolidated_text_stands_for_the_row() -> None:
    whole = made.part(whole_text="全省已建成25家，出口增长", **JUDGED)
    figure = compute(made.facts(made.row(made.part("省商务厅", **JUDGED), whole))).rows[0]
    assert (figure.text, figure.by) == ("全省已建成25家，出口增长。", "省科技厅汇总")


def test_it_takes_the_text_of_the_consolidating_unit_of_today() -> None:
    former = made.part("省商务厅", whole_text="旧的汇总", **JUDGED)
    whole = made.part(whole_text="新的汇总", **JUDGED)
    figure = compute(made.facts(made.row(former, whole, consolidator="省科技厅"))).rows[0]
    assert (figure.text, figure.by) == ("新的汇总。", "省科技厅汇总")


def test_what_the_consolidated_text_did_without_is_said() -> None:
    whole = made.part(whole_text="全省进展顺利", whole_missing=("省商务厅", "省教育厅", "省林业局"))
    since = made.part("省教育厅", text="已补报", **JUDGED)
    figure = compute(made.facts(made.row(whole, made.absent(), since))).rows[0]
    assert figure.text.splitlines() == [
        "全省进展顺利。（未核）",
        "省教育厅：已补报。",
        "尚缺2个单位的情况。",
    ]


def test_it_counts_what_is_not_judged_and_names_what_is_missing() -> None:
    row = made.row(made.part(**JUDGED), made.part("省教育厅"), made.absent())
    figure = compute(made.facts(row)).rows[0]
    assert (figure.unjudged, figure.missing) == (1, ("省商务厅",))
