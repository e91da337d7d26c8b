"""What the sheets of a report's workbook share, and the one that counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from apps.common.papers import straight
from apps.common.spreadsheets import MAX_CELL_CHARS, OutSheet, OutValue
from apps.reports.figures.kinds import Earlier, Facts, Figures
from apps.reports.papers.ledger import SAMPLE_NOTE, as_of_line
from apps.tasks.lights import Light

# where a text is longer than a cell; the paper has it all
_CUT = "……（以下见公文）"
Rows = Iterator[list[OutValue]]
_CLASSES = ("类别", "项数", "占比（%）", "上期", "比上期", "去年同期", "比去年同期")


def report_sheet(
    name: str, title: str, figures: Figures, columns: Sequence[tuple[str, float]], rows: Rows
) -> OutSheet:
    """`columns` are headers with their widths in Latin characters; `rows` are streamed."""
    about = [SAMPLE_NOTE] if figures.facts.is_sample else []
    return OutSheet(
        name=name,
        title_rows=[[title]],
        note="。".join([*about, as_of_line(figures)]),
        headers=[header for header, _ in columns],
        rows=([_held(value) if isinstance(value, str) else value for value in row] for row in rows),
        merges=[(0, 0, 0, len(columns) - 1)],
        widths=[width for _, width in columns],
        fitted=True,
    )


def _held(text: str) -> str:
    """As much as a cell can hold, which counts a character outside the basic plane twice."""
    text = straight(text)
    size = len(text) + sum(letter > "\uffff" for letter in text)
    if size <= MAX_CELL_CHARS:
        return text
    room, kept = MAX_CELL_CHARS - len(_CUT), 0
    for letter in text:
        room -= 2 if letter > "\uffff" else 1
        if room < 0:
            break
        kept += 1
    return f"{text[:kept]}{_CUT}"


def overall_sheet(figures: Figures) -> OutSheet:
    """Classes, with a column for each plan; below them what else is counted."""
    plans = figures.facts.plans
    several = plans if len(plans) > 1 else ()
    columns = [(name, 14.0 if place else 30.0) for place, name in enumerate(_CLASSES)]
    columns += [(plan.short_title, 16.0) for plan in several]
    rows = [*_classes(figures, [plan.code for plan in several]), *_counts(figures)]
    padded = ([*row, *[None] * (len(columns) - len(row))] for row in rows)
    return report_sheet("总体", "总体情况", figures, columns, padded)


def _classes(figures: Figures, codes: list[str]) -> Rows:
    facts = figures.facts
    for place, each in enumerate(figures.classes):
        yield [
            each.label,
            each.count,
            each.share,
            *_against(each.count, each.previous, each.year_ago),
            *(figures.by_plan[code][place] for code in codes),
        ]
    yield [
        "合计",
        figures.total,
        Decimal("100.0") if figures.total else None,
        *_earlier(figures.total, facts, "total"),
        *(sum(figures.by_plan[code]) for code in codes),
    ]


def _counts(figures: Figures) -> Rows:
    facts = figures.facts
    yield []
    yield ["有量化数据、达到序时进度（项）", figures.met]
    yield ["有量化数据、未达到序时进度（项）", figures.unmet]
    yield ["逾期（项）", figures.overdue, None, *_earlier(figures.overdue, facts, "overdue")]
    yield ["本单位自督（项）", figures.self_supervised]
    yield ["应报（份）", figures.owed, None, *_earlier(figures.owed, facts, "owed")]
    yield ["已报（份）", figures.delivered]
    yield ["其中迟报（份）", figures.late]
    yield ["未报（份）", figures.missing, None, *_earlier(figures.missing, facts, "missing")]
    yield []
    lights = Counter(row.light for row in facts.rows)
    for light in Light:
        yield [f"进度灯：{light.label}（项）", lights[light.value]]


def _earlier(count: int, facts: Facts, name: str) -> list[OutValue]:
    def of(report: Earlier | None) -> int | None:
        return None if report is None else int(getattr(report, name))

    return _against(count, of(facts.previous), of(facts.year_ago))


def _against(count: int, *before: int | None) -> list[OutValue]:
    """What was, and the difference, for each earlier report."""
    return [
        value
        for past in before
        for value in ((None, None) if past is None else (past, count - past))
    ]
