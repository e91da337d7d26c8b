"""The lines that stand under a part's text, one per row or figure, made of frozen figures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apps.reports.figures.computing import is_overdue, row_gap
from apps.reports.figures.kinds import (
    Facts,
    Figures,
    MeasureFact,
    PartFact,
    RowClass,
    RowFact,
    RowFigure,
    TargetFact,
    UnitFact,
)
from apps.reports.figures.texts import UNCHECKED, is_settled
from apps.reports.figures.wording import amount, on_one_line, percent, points, quoted, titled
from apps.tasks.assessments import Assessment

# judged behind: most rows have no figure that could say so
LAGGING_CLASSES = {RowClass.BEHIND.value, RowClass.IMPOSSIBLE.value}
# what the unit cannot solve by itself
_STUCK = {Assessment.DIFFICULT.value, Assessment.IMPOSSIBLE.value}
_JUDGED = {assessment.value for assessment in Assessment}


def lagging_rows(figures: Figures) -> list[RowFigure]:
    """Behind the calendar, judged behind, or overdue; a row that is several of these is one."""
    return [
        row for row in figures.rows if is_behind(row) or is_judged_behind(row) or is_overdue(row)
    ]


def is_behind(row: RowFigure) -> bool:
    gap = row_gap(row)
    return gap is not None and gap > 0


def is_judged_behind(row: RowFigure) -> bool:
    return row.row_class in LAGGING_CLASSES


def problem_rows(figures: Figures) -> list[RowFigure]:
    return [row for row in figures.rows if _open(row) and any(map(_has_problems, row.fact.parts))]


def coordination_rows(figures: Figures) -> list[RowFigure]:
    return [row for row in figures.rows if _open(row) and any(map(_is_stuck, row.fact.parts))]


def partly_judged_rows(figures: Figures) -> list[RowFigure]:
    """In the class of the 认定 there is, while other units' parts are 未核 or 未报."""
    return [
        row
        for row in figures.rows
        if row.row_class in _JUDGED and _open(row) and (row.unjudged or row.missing)
    ]


def lagging_lines(figures: Figures) -> list[str]:
    """未达到序时进度和逾期事项, one by one, by the row number of the original table."""
    rows = lagging_rows(figures)
    return _numbered([f"{_row(row, figures.facts)}：{_why_lagging(row)}。" for row in rows])


def problem_lines(figures: Figures) -> list[str]:
    """存在问题, in the words of the units."""
    return _numbered(
        [
            f"{_row(row, figures.facts)}：{_said(row, _has_problems, _problem)}。"
            for row in problem_rows(figures)
        ]
    )


def coordination_lines(figures: Figures) -> list[str]:
    """需协调解决的事项: what is judged 有困难 or 不能完成, or called so by the unit and 未核."""
    return _numbered(
        [
            f"{_row(row, figures.facts)}：{_said(row, _is_stuck, _stuck)}。"
            for row in coordination_rows(figures)
        ]
    )


def indicator_lines(figures: Figures) -> list[str]:
    """主要指标, each with its target, value, share and span."""
    facts = figures.facts
    return _numbered([f"{_target(target, facts)}。" for target in facts.targets])


def named_lines(units: Sequence[UnitFact]) -> list[str]:
    """未按时报送单位: those the supervisor ticked."""
    return _numbered(
        [f"{unit.name}：应报{unit.owed}份，未报{unit.owed - unit.delivered}份。" for unit in units]
    )


def lines_of(key: str, figures: Figures, ticked: Sequence[UnitFact] = ()) -> list[str]:
    """The lines under the part with this key; `ticked`: the units that are to be named."""
    if key == "unreported":
        return named_lines(ticked)
    lines = {
        "indicators": indicator_lines,
        "lagging": lagging_lines,
        "problems": problem_lines,
        "coordination": coordination_lines,
    }.get(key)
    return lines(figures) if lines else []


def _numbered(lines: Sequence[str]) -> list[str]:
    return [f"{number}.{line}" for number, line in enumerate(lines, start=1)]


def _open(row: RowFigure) -> bool:
    return not is_settled(row.fact)


def _row(row: RowFigure, facts: Facts) -> str:
    """《简称》第12项“……”（牵头单位：省科技厅）."""
    fact = row.fact
    plan = next(plan for plan in facts.plans if plan.code == fact.plan_code)
    if fact.leads:
        who = f"牵头单位：{'、'.join(fact.leads)}"
    elif fact.consolidator:
        who = f"汇总单位：{fact.consolidator}"
    else:
        who = "原表未列牵头单位"
    return f"{titled(plan.short_title)}{numbered(fact)}{quoted(fact.content)}（{who}）"


def numbered(fact: RowFact) -> str:
    """第12项; a table may number its rows otherwise, or not at all."""
    number = on_one_line(fact.number)
    return f"第{number}项" if number else ""


def _why_lagging(row: RowFigure) -> str:
    measures = row.fact.measures if is_behind(row) else ()
    behind = [each for each in measures if each.gap is not None and each.gap > 0]
    reasons = [_measure(each, alone=len(row.fact.measures) == 1) for each in behind]
    if is_overdue(row):
        reasons.append(f"逾期{row.fact.overdue_days}天")
    return "；".join([*reasons, _judged(row)])


def _measure(measure: MeasureFact, *, alone: bool) -> str:
    assert measure.expected is not None
    assert measure.gap is not None
    who = "" if alone else measure.agency
    span = f"（{measure.span}）" if measure.span else ""
    return (
        f"{who}{measure.indicator}{amount(measure.value)}{measure.unit}"
        f"（目标{amount(measure.target)}{measure.unit}），完成比例{percent(measure.share)}，"
        f"序时{percent(measure.expected)}{span}，差{points(measure.gap)}"
    )


def _judged(row: RowFigure) -> str:
    """认定 is said of every row; so is that there is none, or not of all its units."""
    if row.row_class not in _JUDGED:
        return row.class_label
    judged = f"认定为{row.class_label}"
    return f"{judged}，部分单位进展未核" if row.unjudged else judged


def _has_problems(part: PartFact) -> bool:
    return part.delivered and bool(part.problems.strip())


def _is_stuck(part: PartFact) -> bool:
    return part.delivered and (part.judgement or part.self_assessment) in _STUCK


def _said(
    row: RowFigure, chosen: Callable[[PartFact], bool], words: Callable[[PartFact], str]
) -> str:
    """The words of the chosen parts, with the unit where the row has several."""
    alone = len(row.fact.parts) == 1
    return "；".join(
        words(part) if alone else f"{part.agency}：{words(part)}"
        for part in row.fact.parts
        if chosen(part)
    )


def _problem(part: PartFact) -> str:
    return f"{_ended(part.problems)}{'' if part.judgement else UNCHECKED}"


def _stuck(part: PartFact) -> str:
    word = Assessment(part.judgement or part.self_assessment).label
    judged = f"认定为{word}" if part.judgement else f"自评{word}{UNCHECKED}"
    if part.next_step.strip():
        return f"{judged}，下一步措施：{_ended(part.next_step)}"
    return f"{judged}，{_ended(part.problems)}" if part.problems.strip() else judged


def _ended(text: str) -> str:
    """On one line, without its full stop: the sentence goes on."""
    return on_one_line(text).rstrip("。；;")


def _target(target: TargetFact, facts: Facts) -> str:
    plan = next(plan for plan in facts.plans if plan.code == target.plan_code)
    said = [f"{target.year}年目标{target.target}"] if target.target else []
    if target.value:
        told = "，".join(each for each in (target.basis, target.source) if each)
        said.append(f"{facts.period_name}{target.value}{f'（{told}）' if told else ''}")
    if target.year_ago:
        said.append(f"去年同期{target.year_ago}")
    if target.share is not None:
        said.append(f"完成比例{percent(target.share)}")
    said += _against_calendar(target)
    name = f"{titled(plan.short_title)}{target.indicator}"
    return f"{name}：{'，'.join([*said, target.state_label])}"


def _against_calendar(target: TargetFact) -> list[str]:
    if target.gap is None or target.expected is None:
        return []
    span = f"（{target.span}）" if target.span else ""
    expected = f"序时{percent(target.expected)}{span}"
    if not target.gap:
        return [expected, "与序时持平"]
    return [expected, f"{'差' if target.gap > 0 else '超'}{points(target.gap)}"]
