"""What the page of a report shows of its frozen figures; no database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.reports.figures.computing import is_overdue, row_gap
from apps.reports.figures.kinds import ClassCount, Figures, PlanFact, RowFigure
from apps.reports.figures.lines import is_behind, lagging_rows
from apps.reports.figures.wording import amount

# beside the classes: what else a number on the page opens
ALL, MET, UNMET, OVERDUE, SELF = "all", "met", "unmet", "overdue", "self"


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class with what became of it since."""

    key: str
    label: str
    count: int
    share: str
    previous: int | None
    change: str
    year_ago: int | None
    year_change: str


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan with its counts in the order of the columns: (class key, label, count)."""

    plan: PlanFact
    total: int
    counts: Sequence[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class LaggingLine:
    """A row that lags, and what its worst figure has reached."""

    row: RowFigure
    reached: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows behind one number of the page."""

    label: str
    rows: Sequence[RowFigure]


def class_lines(figures: Figures) -> list[ClassLine]:
    """Those that have rows now or had some in one of the reports beside this one."""
    return [
        ClassLine(
            key=each.key,
            label=each.label,
            count=each.count,
            share=f"{each.share}%",
            previous=each.previous,
            change=_change(each.count, each.previous),
            year_ago=each.year_ago,
            year_change=_change(each.count, each.year_ago),
        )
        for each in figures.classes
        if each.count or each.previous or each.year_ago
    ]


def total_line(figures: Figures) -> ClassLine:
    """All of them; there is no share of nothing."""
    previous, year_ago = figures.facts.previous, figures.facts.year_ago
    then = None if previous is None else previous.total
    long_ago = None if year_ago is None else year_ago.total
    return ClassLine(
        key=ALL,
        label=_("合计"),
        count=figures.total,
        share="100.0%" if figures.total else "—",
        previous=then,
        change=_change(figures.total, then),
        year_ago=long_ago,
        year_change=_change(figures.total, long_ago),
    )


def _change(now: int, then: int | None) -> str:
    if then is None:
        return ""
    if now == then:
        return _("持平")
    word = _("增加") if now > then else _("减少")
    return f"{word} {abs(now - then)}"


def shown_classes(figures: Figures) -> list[ClassCount]:
    """The columns of the table by plan: without those that nobody is in."""
    return [each for each in figures.classes if each.count]


def plan_lines(figures: Figures) -> list[PlanLine]:
    """By plan, where there are several: with one it would say the same again."""
    if len(figures.facts.plans) < 2:  # noqa: PLR2004  # several
        return []
    places = [place for place, each in enumerate(figures.classes) if each.count]
    lines = []
    for plan in figures.facts.plans:
        counts = figures.by_plan.get(plan.code, ())
        cells = [
            (figures.classes[at].key, figures.classes[at].label, counts[at])
            for at in places
            if at < len(counts)
        ]
        lines.append(PlanLine(plan, sum(counts), cells))
    return lines


def lagging_lines(figures: Figures) -> list[LaggingLine]:
    """未达到序时进度和逾期事项, as the paper lists them."""
    return [LaggingLine(row, _reached(row)) for row in lagging_rows(figures)]


def _reached(row: RowFigure) -> str:
    if row.worst is None:
        return ""
    said = {
        "indicator": row.worst.indicator,
        "value": amount(row.worst.value),
        "target": amount(row.worst.target),
        "unit": row.worst.unit,
    }
    return _("%(indicator)s %(value)s %(unit)s，目标 %(target)s %(unit)s") % said


def _is_met(row: RowFigure) -> bool:
    gap = row_gap(row)
    return gap is not None and gap <= 0


# what a number opens that counts no class
_LISTS: dict[str, tuple[str, Callable[[RowFigure], bool]]] = {
    ALL: ("全部任务", lambda _row: True),
    MET: ("达到序时进度", _is_met),
    UNMET: ("未达到序时进度", is_behind),
    OVERDUE: ("逾期", is_overdue),
    SELF: ("本单位自督", lambda row: row.fact.self_supervised),
}


def chosen_rows(figures: Figures, wanted: str, plan_code: str) -> Chosen | None:
    """The rows a number counts; None for what no number of the page opens."""
    labels = {each.key: each.label for each in figures.classes}
    if wanted in labels:
        label, fits = labels[wanted], _is_in(wanted)
    elif wanted in _LISTS:
        label, fits = _LISTS[wanted]
    else:
        return None
    plan = next((each for each in figures.facts.plans if each.code == plan_code), None)
    if plan_code and plan is None:
        return None
    rows = [row for row in figures.rows if fits(row) and plan_code in {"", row.fact.plan_code}]
    return Chosen(f"{plan.short_title} · {label}" if plan else label, rows)


def _is_in(key: str) -> Callable[[RowFigure], bool]:
    return lambda row: row.row_class == key
