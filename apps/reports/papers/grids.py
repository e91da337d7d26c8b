"""The tables in the text of a report: classes, plans, targets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from apps.common.papers import TEXT_WIDTH, Grid, Part, TextLine
from apps.reports.figures.kinds import ClassCount, Earlier, Facts, Figures, TargetFact
from apps.reports.figures.wording import titled
from apps.reports.papers.ledger import (
    NOTHING,
    ROUNDING_NOTE,
    ahead,
    several_plans,
    shown_classes,
)

# rows
_ON_A_PAGE = 20
_CLASS_WIDTH, _PLAN_WIDTH = 40.0, 44.0
# header, share of the width, whether it is left out where nothing stands in it
_TARGETS = (
    ("指标", 30.5, False),
    ("目标", 25.0, False),
    ("完成值", 27.0, False),
    ("去年同期", 19.0, True),
    ("完成比例\n（%）", 20.5, False),
    ("序时\n（%）", 16.0, False),
    ("比序时\n（百分点）", 25.0, False),
    ("状态", 16.5, False),
)


def class_grid(figures: Figures) -> Iterator[Part]:
    """Counts that sum to the total, each with its share; beside them what was before."""
    facts = figures.facts
    earlier = [
        (name, pick, report)
        for name, pick, report in (
            ("比上期", _previous, facts.previous),
            ("比去年同期", _year_ago, facts.year_ago),
        )
        if report is not None
    ]
    headers = ["类别", "项数", "占比（%）", *(name for name, _, _ in earlier)]
    rows = [
        [each.label, str(each.count), f"{each.share:f}"]
        + [_change(each.count, pick(each)) for _, pick, _ in earlier]
        for each in shown_classes(figures)
    ]
    total = ["合计", str(figures.total), "100.0" if figures.total else NOTHING]
    rows.append(total + [_change(figures.total, report.total) for _, _, report in earlier])
    yield _whole(headers, rows, _CLASS_WIDTH)
    yield TextLine(
        f"注：{'；'.join([ROUNDING_NOTE.rstrip('。'), *_compared(facts)])}。", small=True
    )


def plan_grid(figures: Figures) -> Iterator[Part]:
    """Which classes the rows of each plan are in."""
    if not several_plans(figures):
        return
    places = [place for place, each in enumerate(figures.classes) if each.count]
    headers = ["任务来源", "合计", *(figures.classes[place].label for place in places)]
    rows = [
        [
            titled(plan.short_title),
            str(sum(figures.by_plan[plan.code])),
            *(str(figures.by_plan[plan.code][place]) for place in places),
        ]
        for plan in figures.facts.plans
    ]
    yield TextLine("各任务来源情况（项）：", small=True, together=True)
    yield _whole(headers, rows, _PLAN_WIDTH)
    yield TextLine("", small=True)


def target_grids(figures: Figures) -> Iterator[Part]:
    """The targets of each plan, and the span that each figure is held against."""
    for plan in figures.facts.plans:
        targets = [each for each in figures.facts.targets if each.plan_code == plan.code]
        if not targets:
            continue
        if several_plans(figures):
            yield TextLine(f"{titled(plan.short_title)}：", small=True, together=True)
        spans = list(dict.fromkeys(each.span for each in targets if each.span))
        yield _target_grid([_target(each, several=len(spans) > 1) for each in targets])
        yield TextLine(f"注：序时按{spans[0]}计。" if len(spans) == 1 else "", small=True)


def _target_grid(rows: list[list[str]]) -> Grid:
    used = [
        place
        for place, (_, _, optional) in enumerate(_TARGETS)
        if not optional or any(row[place] != NOTHING for row in rows)
    ]
    whole = sum(_TARGETS[place][1] for place in used)
    return Grid(
        headers=[_TARGETS[place][0] for place in used],
        rows=[[row[place] for place in used] for row in rows],
        widths=[TEXT_WIDTH * _TARGETS[place][1] / whole for place in used],
        centred=range(1, len(used)),
    )


def _target(target: TargetFact, *, several: bool) -> list[str]:
    value = "\n".join(part for part in (target.value, target.basis) if part)
    span = f"\n{target.span}" if several and target.span and target.expected is not None else ""
    return [
        target.indicator,
        f"{target.year}年\n{target.target}",
        value or "暂无数据",
        target.year_ago or NOTHING,
        _figure(target.share),
        f"{_figure(target.expected)}{span}",
        _figure(ahead(target.gap)),
        target.state_label,
    ]


def _figure(value: Decimal | None) -> str:
    return NOTHING if value is None else f"{value:f}"


def _whole(headers: list[str], rows: list[list[str]], first: float) -> Grid:
    """With the line after it on one page, unless it is longer than that."""
    others = len(headers) - 1
    return Grid(
        headers,
        rows,
        [first, *([(TEXT_WIDTH - first) / others] * others)],
        together=len(rows) <= _ON_A_PAGE,
        centred=range(1, len(headers)),
    )


def _previous(each: ClassCount) -> int | None:
    return each.previous


def _year_ago(each: ClassCount) -> int | None:
    return each.year_ago


def _change(count: int, before: int | None) -> str:
    if before is None:
        return NOTHING
    return f"{count - before:+d}" if count != before else "持平"


def _compared(facts: Facts) -> list[str]:
    reports: list[tuple[str, Earlier | None]] = [
        ("上期", facts.previous), ("去年同期", facts.year_ago),
    ]  # fmt: skip
    return [f"{name}为{report.period_name}" for name, report in reports if report is not None]
