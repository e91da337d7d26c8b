"""A report as a workbook: the ledger, and the figures as numbers."""

from __future__ import annotations

from pathlib import Path

from apps.common.spreadsheets import OutSheet, write_sheets
from apps.reports.body import Body
from apps.reports.figures.computing import row_gap
from apps.reports.figures.kinds import Figures, RowFact
from apps.reports.figures.lines import lagging_rows
from apps.reports.figures.wording import day
from apps.reports.papers.ledger import (
    AHEAD_NOTE,
    ANNEX_NAME,
    ROUNDING_NOTE,
    SAMPLE_NOTE,
    ahead,
    next_step_text,
    number_of,
    plan_line,
    problems_text,
    reporters_text,
)
from apps.reports.papers.sheets import Rows, overall_sheet, report_sheet

# header, width in Latin characters
_LEDGER = (
    ("序号", 5.0),
    ("任务来源", 14.0),
    ("类别", 10.0),
    ("重点工作", 32.0),
    ("牵头单位", 13.0),
    ("参加单位", 13.0),
    ("完成时限", 11.0),
    ("完成比例（%）", 9.0),
    ("比序时（百分点）", 10.0),
    ("本期进展", 38.0),
    ("存在问题", 18.0),
    ("下一步措施", 18.0),
    ("状态", 9.0),
    ("认定", 9.0),
    ("进度灯", 15.0),
    ("逾期（天）", 7.0),
    ("报送单位", 13.0),
)
_PLAN, _CATEGORY = 1, 2
_LAGGING = (
    ("序号", 6.0),
    ("任务来源", 20.0),
    ("重点工作", 50.0),
    ("牵头单位", 20.0),
    ("完成时限", 15.0),
    ("完成比例（%）", 10.0),
    ("序时（%）", 10.0),
    ("比序时（百分点）", 10.0),
    ("序时口径", 22.0),
    ("逾期（天）", 8.0),
    ("认定", 12.0),
    ("进度灯", 24.0),
)
_MEASURES = (
    ("序号", 6.0),
    ("任务来源", 20.0),
    ("单位", 20.0),
    ("指标", 30.0),
    ("计量单位", 10.0),
    ("完成值", 12.0),
    ("目标值", 12.0),
    ("完成比例（%）", 10.0),
    ("序时（%）", 10.0),
    ("比序时（百分点）", 10.0),
    ("序时口径", 24.0),
)
_TARGETS = (
    ("任务来源", 20.0),
    ("指标", 30.0),
    ("计量单位", 10.0),
    ("年度", 8.0),
    ("目标", 18.0),
    ("完成值", 18.0),
    ("口径", 16.0),
    ("数据来源", 20.0),
    ("去年同期", 16.0),
    ("完成比例（%）", 10.0),
    ("序时（%）", 10.0),
    ("比序时（百分点）", 10.0),
    ("序时口径", 22.0),
    ("状态", 12.0),
)


def write_workbook(path: Path, body: Body) -> None:
    """Write `body` to `path` as .xlsx; the same body gives the same bytes."""
    figures = body.figures
    titles = {plan.code: plan.short_title for plan in figures.facts.plans}
    write_sheets(
        path,
        [
            _ledger_sheet(body, titles),
            overall_sheet(figures),
            report_sheet("指标", "主要指标", figures, _TARGETS, _targets(figures, titles)),
            report_sheet(
                "未达序时和逾期", "未达到序时进度和逾期事项", figures, _LAGGING,
                _lagging(figures, titles),
            ),
            report_sheet("量化进展", "量化进展", figures, _MEASURES, _measures(figures, titles)),
            _about(body),
        ],
    )  # fmt: skip


def _ledger_sheet(body: Body, titles: dict[str, str]) -> OutSheet:
    """Without the columns of plan and category where they say nothing."""
    dropped = set() if len(titles) > 1 else {_PLAN}
    if not any(row.figure.fact.category for row in body.rows):
        dropped.add(_CATEGORY)
    kept = [place for place in range(len(_LEDGER)) if place not in dropped]
    columns = [_LEDGER[place] for place in kept]
    rows = ([row[place] for place in kept] for row in _ledger(body, titles))
    return report_sheet("台账", ANNEX_NAME, body.figures, columns, rows)


def _ledger(body: Body, titles: dict[str, str]) -> Rows:
    for row in body.rows:
        fact, worst = row.figure.fact, row.figure.worst
        yield [
            number_of(fact),
            titles[fact.plan_code],
            " ".join(fact.category),
            fact.content,
            "、".join(fact.leads),
            "、".join(fact.supports),
            fact.due_text,
            worst.share if worst else None,
            ahead(worst.gap) if worst else None,
            row.text,
            problems_text(fact),
            next_step_text(fact),
            fact.state_label,
            row.figure.class_label,
            _light(fact),
            fact.overdue_days or None,
            reporters_text(fact),
        ]


def _light(fact: RowFact) -> str:
    return f"{fact.light_label} {fact.light_reason}".strip()


def _targets(figures: Figures, titles: dict[str, str]) -> Rows:
    for target in figures.facts.targets:
        yield [
            titles[target.plan_code],
            target.indicator,
            target.unit,
            target.year,
            target.target,
            target.value,
            target.basis,
            target.source,
            target.year_ago,
            target.share,
            target.expected,
            ahead(target.gap),
            target.span,
            target.state_label,
        ]


def _lagging(figures: Figures, titles: dict[str, str]) -> Rows:
    for row in lagging_rows(figures):
        fact = row.fact
        # a settled row is not held against the calendar
        worst = row.worst if row_gap(row) is not None else None
        yield [
            number_of(fact),
            titles[fact.plan_code],
            fact.content,
            "、".join(fact.leads),
            fact.due_text,
            worst.share if worst else None,
            worst.expected if worst else None,
            ahead(worst.gap) if worst else None,
            worst.span if worst else None,
            fact.overdue_days or None,
            row.class_label,
            _light(fact),
        ]


def _measures(figures: Figures, titles: dict[str, str]) -> Rows:
    for fact in figures.facts.rows:
        for measure in fact.measures:
            yield [
                number_of(fact),
                titles[fact.plan_code],
                measure.agency,
                measure.indicator,
                measure.unit,
                measure.value.normalize() + 0,
                measure.target.normalize() + 0,
                measure.share,
                measure.expected,
                ahead(measure.gap),
                measure.span,
            ]


def _about(body: Body) -> OutSheet:
    figures, facts = body.figures, body.figures.facts
    pairs = [
        ("标题", body.title),
        ("文号", body.number),
        ("印发日期", day(body.issued_on) if body.issued_on else ""),
        ("状态", body.state_label),
        ("更正的报告", body.corrects),
        ("主送", body.addressee),
        ("落款", body.signatory),
        ("报告期", facts.period_name),
        ("数据截至", day(facts.data_as_of)),
        ("取数日期", day(facts.taken_on)),
        ("任务来源", "\n".join(plan_line(plan) for plan in facts.plans)),
        ("占比", ROUNDING_NOTE),
        ("比序时", AHEAD_NOTE),
        ("未按时报送单位", "、".join(unit.name for unit in body.named_units)),
        ("数据性质", SAMPLE_NOTE if facts.is_sample else ""),
    ]
    rows: Rows = ([name, text] for name, text in pairs if text)
    return report_sheet("数据说明", "数据说明", figures, (("项目", 18.0), ("内容", 90.0)), rows)
