"""Figures as names in braces: {任务总数} prints 45项, so that nobody types a figure. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from apps.reports.figures.computing import is_overdue, row_gap
from apps.reports.figures.kinds import ClassCount, Earlier, Facts, Figures, PlanFact
from apps.reports.figures.lines import (
    coordination_rows,
    is_judged_behind,
    lagging_rows,
    partly_judged_rows,
    problem_rows,
)
from apps.reports.figures.typed import typed_reasons
from apps.reports.figures.unknown import brace_reasons
from apps.reports.figures.wording import (
    TARGET_STATES,
    day,
    percent,
    points,
    share_of,
    titled,
)

NAME = re.compile(r"\{([^{}]*)\}")
# a figure that is a name cannot be followed by a name
_NO_BRACES = str.maketrans("{}", "｛｝")


def values(figures: Figures) -> dict[str, str]:
    """Name and what it prints. Comparisons are there only where there is an earlier report."""
    found = {
        **_scope(figures),
        **_rows(figures),
        **_classes(figures),
        **_reports(figures),
        **_targets(figures),
        **_comparison("上期", "比上期", figures.facts.previous, figures),
        **_comparison("去年同期", "比去年同期", figures.facts.year_ago, figures),
    }
    return {name: value.translate(_NO_BRACES) for name, value in found.items()}


def fill(text: str, figures: Figures) -> str:
    """The text as it prints; a name that is not known stays as it was typed."""
    return fill_with(text, values(figures))


def fill_with(text: str, known: Mapping[str, str]) -> str:
    """As `fill`, for many texts with the values of one report."""
    return NAME.sub(lambda found: known.get(found[1].strip(), found[0]), text)


def text_reasons(text: str, figures: Figures) -> list[str]:
    """Why the text cannot be kept, each a sentence that says what to write instead."""
    known = values(figures)
    return [*brace_reasons(text, known), *typed_reasons(text, known)]


def _scope(figures: Figures) -> dict[str, str]:
    facts = figures.facts
    supervisors = dict.fromkeys(plan.supervisor for plan in facts.plans if plan.supervisor)
    found = {
        "报告期": facts.period_name,
        "数据截至": day(facts.data_as_of),
        "取数日期": day(facts.taken_on),
        "督办单位": "、".join(supervisors) or facts.body_name,
        "任务来源": "、".join(_document(plan) for plan in facts.plans),
        "任务来源数": f"{len(facts.plans)}个",
        "应报单位数": f"{sum(unit.owed > 0 for unit in facts.units)}个",
    }
    if days := cut_offs(facts):
        found["报送截止日"] = _days(days[0], days[-1])
    return found


def cut_offs(facts: Facts) -> list[date]:
    """All cut-offs of the scope, the first one first."""
    of_plans = {plan.cut_off for plan in facts.plans}
    return sorted(of_plans | {unit.cut_off for unit in facts.units})


def _document(plan: PlanFact) -> str:
    number = f"（{plan.document_number}）" if plan.document_number else ""
    return f"{titled(plan.title)}{number}"


def _days(first: date, last: date) -> str:
    return day(first) if first == last else f"{day(first)}至{day(last)}"


def _rows(figures: Figures) -> dict[str, str]:
    rows = figures.rows
    gaps = [gap for row in rows if (gap := row_gap(row)) is not None and gap > 0]
    overdue = [row.fact.overdue_days for row in rows if is_overdue(row)]
    counts = {
        "任务总数": figures.total,
        "已办结项数": sum(row.fact.state == "closed" for row in rows),
        "认定不全项数": len(partly_judged_rows(figures)),
        "自督项数": figures.self_supervised,
        "可比序时项数": figures.met + figures.unmet,
        "达到序时项数": figures.met,
        "未达到序时项数": figures.unmet,
        "认定滞后项数": sum(map(is_judged_behind, rows)),
        "逾期项数": figures.overdue,
        "滞后事项数": len(lagging_rows(figures)),
        "存在问题项数": len(problem_rows(figures)),
        "需协调项数": len(coordination_rows(figures)),
    }
    found = {name: f"{count}项" for name, count in counts.items()}
    if figures.met + figures.unmet:
        found["达到序时占比"] = percent(share_of(figures.met, figures.met + figures.unmet))
    if gaps:
        found["最大差距"] = points(max(gaps))
    if overdue:
        found["最长逾期"] = f"{max(overdue)}天"
    return found


def _classes(figures: Figures) -> dict[str, str]:
    found = {}
    for each in figures.classes:
        found[f"{each.label}项数"] = f"{each.count}项"
        found[f"{each.label}占比"] = percent(each.share)
    return found


def _reports(figures: Figures) -> dict[str, str]:
    units = figures.facts.units
    return {
        "应报份数": f"{figures.owed}份",
        "已报份数": f"{figures.delivered}份",
        "迟报份数": f"{figures.late}份",
        "未报份数": f"{figures.missing}份",
        "报送率": percent(share_of(figures.delivered, figures.owed)),
        "迟报单位数": f"{sum(unit.late > 0 for unit in units)}个",
        "未报单位数": f"{sum(unit.delivered < unit.owed for unit in units)}个",
    }


def _targets(figures: Figures) -> dict[str, str]:
    targets = figures.facts.targets
    counts = Counter(target.state for target in targets)
    return {
        "指标总数": f"{len(targets)}个",
        **{f"指标{label}数": f"{counts[state]}个" for state, label in TARGET_STATES.items()},
    }


def _comparison(
    prefix: str, suffix: str, report: Earlier | None, figures: Figures
) -> dict[str, str]:
    if report is None:
        return {}
    found = {
        f"{prefix}报告": titled(report.title),
        f"{prefix}报告期": report.period_name,
        f"{prefix}任务总数": f"{report.total}项",
        f"任务总数{suffix}": changed(figures.total - report.total, "项"),
        f"{prefix}逾期项数": f"{report.overdue}项",
        f"逾期{suffix}": changed(figures.overdue - report.overdue, "项"),
        f"{prefix}未报份数": f"{report.missing}份",
        f"未报份数{suffix}": changed(figures.missing - report.missing, "份"),
    }
    for each in figures.classes:
        before = report.counts.get(each.key, 0)
        found[f"{prefix}{each.label}项数"] = f"{before}项"
        found[f"{prefix}{each.label}占比"] = percent(share_of(before, report.total))
        found[f"{each.label}{suffix}"] = changed(each.count - before, "项")
        found[f"{each.label}占比{suffix}"] = _moved(share_change(each, report))
    return found


def share_change(each: ClassCount, report: Earlier) -> Decimal:
    """百分点 since the earlier report: a difference of the two printed shares."""
    return each.share - share_of(report.counts.get(each.key, 0), report.total)


def changed(difference: int, unit: str) -> str:
    if not difference:
        return "持平"
    return f"{'增加' if difference > 0 else '减少'}{abs(difference)}{unit}"


def _moved(difference: Decimal) -> str:
    if not difference:
        return "持平"
    return f"{'上升' if difference > 0 else '下降'}{points(difference)}"
