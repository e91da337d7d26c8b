"""The report's own sentences, part by part, for both 文种 (product.md D15). Pure.

Figures stand in them as names in braces. What has no row is not enumerated, and every part reads
as a whole sentence when there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apps.reports.figures.kinds import Figures, RowClass
from apps.reports.figures.lines import (
    coordination_rows,
    is_judged_behind,
    lagging_rows,
    problem_rows,
)
from apps.reports.figures.overall import overall
from apps.reports.figures.tokens import cut_offs
from apps.reports.figures.wording import TARGET_STATES

BULLETIN = "bulletin"
# these open and close the paper and print without their heading
WITHOUT_HEADING = frozenset({"preamble", "closing"})


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a report's text as it is generated."""

    key: str
    heading: str
    text: str


def parts_of(figures: Figures, genre: str) -> list[Part]:
    """All parts in their order; `genre` is a QuarterlyReport.Genre value."""
    return [Part(key, heading, "\n".join(write(figures, genre))) for key, heading, write in _PARTS]


def _preamble(figures: Figures, genre: str) -> list[str]:
    if not figures.facts.plans:
        return ["本期没有选定任务来源。"]
    rows = "所列{任务总数}任务" if figures.total else "所列任务"
    about = f"根据{{任务来源}}的部署和任务分工，{{督办单位}}对{rows}{{报告期}}推进情况逐项作了汇总"
    ending = "现将有关情况通报如下" if genre == BULLETIN else "现将有关情况报告如下"
    said = [f"{about}。{ending}（数据截至{{数据截至}}，系统取数日期{{取数日期}}）。"]
    if figures.facts.is_sample:
        said.append("本文所列进展为演示数据，不反映实际工作情况。")
    return said


def _progress(figures: Figures, _genre: str) -> list[str]:
    if not figures.total:
        return ["本期没有需要列示的进展。"]
    said = ["各项任务进展按原任务分工表的次序列示如下，序号为原表序号。"]
    if any(row.unjudged for row in figures.rows):
        said.append("注明“未核”的，为单位已报送、督办单位尚未认定的内容。")
    if figures.missing:
        said.append("尚有单位未报送的，在相应任务下注明。")
    return ["".join(said)]


def _indicators(figures: Figures, _genre: str) -> list[str]:
    targets = figures.facts.targets
    if not targets:
        return ["本期范围内没有列入监测的量化指标。"]
    states = {target.state for target in targets}
    counted = "，".join(
        f"{label}{{指标{label}数}}" for state, label in TARGET_STATES.items() if state in states
    )
    said = [f"列入监测的指标共{{指标总数}}，其中{counted}。"]
    if any(target.gap is not None for target in targets):
        said.append("完成比例按当年目标计算，序时进度按所注时段计算，差距以百分点表示。")
    said.append("逐项情况如下。")
    return ["".join(said)]


def _lagging(figures: Figures, _genre: str) -> list[str]:
    rows = lagging_rows(figures)
    if not rows:
        if figures.met:
            return ["可按序时进度衡量的任务均达到序时进度，没有认定为滞后或逾期的任务。"]
        return ["本期没有可按序时进度衡量的任务，也没有认定为滞后或逾期的任务。"]
    counted = []
    if figures.unmet:
        counted.append("完成比例低于序时进度的{未达到序时项数}")
    if any(map(is_judged_behind, rows)):
        counted.append("认定为滞后或不能完成的{认定滞后项数}")
    if figures.overdue:
        counted.append("逾期未办结的{逾期项数}（逾期天数计至{取数日期}）")
    said = "，".join(counted)
    if len(counted) > 1:
        said += "。同一任务有多种情形的只列一次，共{滞后事项数}"
    return [f"{said}，逐项列示如下，序号为原表序号。"]


def _problems(figures: Figures, _genre: str) -> list[str]:
    if problem_rows(figures):
        return [
            "责任单位反映存在问题的任务{存在问题项数}，问题及原因由责任单位填报，逐项列示如下。"
        ]
    if not figures.delivered:
        return ["本期尚无单位报送进展，暂无反映的问题。"]
    return ["已报送进展的单位未反映存在问题。"]


def _coordination(figures: Figures, genre: str) -> list[str]:
    if not coordination_rows(figures):
        return ["本期没有需要提请协调解决的事项。"]
    asked = "请有关单位会商解决" if genre == BULLETIN else "建议予以协调解决"
    return [
        "认定为有困难或不能完成的任务，以及责任单位自评有困难或不能完成、尚未认定的任务，"
        f"共{{需协调项数}}，{asked}，逐项列示如下。"
    ]


def _unreported(figures: Figures, genre: str) -> list[str]:
    facts = figures.facts
    if not figures.owed:
        return ["本期没有需要报送进展的单位。"]
    counted = "截至{取数日期}，应报进展{应报份数}，已报{已报份数}，报送率{报送率}"
    late = "，其中迟报{迟报份数}" if figures.late else ""
    if facts.taken_on <= cut_offs(facts)[0]:
        return [f"{counted}{late}。报送截止日（{{报送截止日}}）未到，本期不列未按时报送单位。"]
    if not figures.missing:
        return [f"{counted}{late}，没有未报送的单位。"]
    said = [f"{counted}{late}；未报{{未报份数}}，涉及单位{{未报单位数}}。"]
    if facts.taken_on <= cut_offs(facts)[-1]:
        said.append("部分任务来源的报送截止日未到，相应单位不列入未按时报送单位。")
    said.append("未按时报送单位由督办单位逐一核定，不属督办范围的单位不列名。")
    if genre == BULLETIN and figures.nameable:
        said.append("对经核定未按时报送的单位予以通报。")
    return ["".join(said)]


def _next(figures: Figures, genre: str) -> list[str]:
    """Only steps that the figures give cause for, numbered as they come."""
    steps = [step for wanted, step in _steps(figures) if wanted]
    if not steps:
        steps = ["继续按任务分工和完成时限推进各项任务，按期报送进展。"]
    who = (
        "各责任单位和督办单位要做好以下工作。"
        if genre == BULLETIN
        else "{督办单位}将会同有关单位做好以下工作。"
    )
    if len(steps) == 1:
        return [who, steps[0]]
    return [who, *(f"{_ORDINALS[place]}是{step}" for place, step in enumerate(steps))]


_ORDINALS = "一二三四五六"


def _steps(figures: Figures) -> list[tuple[bool, str]]:
    return [
        (
            bool(lagging_rows(figures)),
            "加快滞后事项。对未达到序时进度、认定滞后和逾期的{滞后事项数}任务，由牵头单位逐项"
            "查明原因，明确措施、责任人和完成时间。",
        ),
        (
            bool(coordination_rows(figures)),
            "推动解决困难。对需要协调的{需协调项数}任务，由督办单位组织会商，"
            "需上级决定的及时报请研究。",
        ),
        (
            bool(figures.missing),
            "严格按时报送。尚有{未报份数}进展未报，有关单位要尽快补报，并说明未报原因。",
        ),
        (
            any(row.row_class == RowClass.UNJUDGED.value for row in figures.rows),
            "抓紧核实认定。对已报送尚未认定的{未核项数}任务，由督办单位尽快核实，结果计入下期。",
        ),
        (
            any(each.count for each in figures.classes if each.key in _GOING_ON),
            "保持推进力度。对正在推进的任务，按分工和完成时限抓好落实，确保如期完成。",
        ),
    ]


_GOING_ON = {RowClass.NORMAL.value, RowClass.AHEAD.value, RowClass.NOT_STARTED.value}


def _closing(_figures: Figures, genre: str) -> list[str]:
    if genre == BULLETIN:
        return ["请各有关单位对照本通报认真抓好落实，有关情况及时报送{督办单位}。", "特此通报。"]
    return ["特此报告。"]


_PARTS: tuple[tuple[str, str, Callable[[Figures, str], list[str]]], ...] = (
    ("preamble", "由头", _preamble),
    ("overall", "总体情况", overall),
    ("progress", "主要进展和成效", _progress),
    ("indicators", "主要指标", _indicators),
    ("lagging", "未达到序时进度和逾期事项", _lagging),
    ("problems", "存在问题及原因", _problems),
    ("coordination", "需协调解决的事项", _coordination),
    ("unreported", "未按时报送单位", _unreported),
    ("next", "下一步", _next),
    ("closing", "结尾", _closing),
)
