"""附件: the ledger of a report as tables, one for each plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from apps.common.papers import ANNEX_WIDTH, Face, Grid, Part, Place, TextLine
from apps.reports.body import Body, BodyRow
from apps.reports.papers.ledger import (
    ANNEX_NAME,
    ahead,
    as_of_line,
    by_plan,
    measures_text,
    next_step_text,
    plan_line,
    problems_text,
    progress_text,
    reporters_text,
    several_plans,
    state_text,
)
from apps.reports.papers.ordinals import chapter

# header, millimetres; the two widest share what is left
_COLUMNS = (
    ("序号", 8.0),
    ("重点工作", 41.0),
    ("牵头单位", 18.0),
    ("参加单位", 19.0),
    ("完成时限", 15.0),
    ("完成比例\n（%）", 16.0),
    ("比序时\n（百分点）", 18.0),
    ("本期进展", 40.0),
    ("存在问题", 21.0),
    ("下一步措施", 18.0),
    ("状态和认定", 18.0),
    ("报送单位", 15.0),
)
_CONTENT, _PROGRESS = 1, 7
# 序号, 完成时限, both figures, 状态和认定
_CENTRED = frozenset({0, 4, 5, 6, 10})
# of a column without a word in it
_EMPTY_WIDTH = 10.0


def annex_parts(body: Body) -> Iterator[Part]:
    """附件, its title, what it speaks of, then a table for each plan."""
    yield TextLine("附件", face=Face.HEAD, together=True)
    yield TextLine(ANNEX_NAME, Place.CENTER, face=Face.TITLE, together=True)
    yield TextLine(as_of_line(body.figures), Place.CENTER, small=True, together=True)
    several = several_plans(body.figures)
    for number, (plan, rows) in enumerate(by_plan(body), 1):
        if several:
            text = f"{chapter(number, plan_line(plan))}　共{len(rows)}项"
            yield TextLine(text, small=True, face=Face.HEAD, level=1)
        if rows:
            yield _grid(rows)
        else:
            yield TextLine("本期没有任务。", Place.PROSE, small=True)


def _grid(rows: Sequence[BodyRow]) -> Grid:
    return Grid(
        headers=[header for header, _ in _COLUMNS],
        rows=(_cells(row) for row in rows),
        widths=_widths(rows),
        tight=True,
        centred=_CENTRED,
    )


def _widths(rows: Iterable[BodyRow]) -> list[float]:
    """Columns in which nothing stands leave their room to the two with the longest texts."""
    used = {column for row in rows for column, text in enumerate(_cells(row)) if text}
    widths = [
        width if column in used else _EMPTY_WIDTH for column, (_, width) in enumerate(_COLUMNS)
    ]
    spare = ANNEX_WIDTH - sum(widths)
    widths[_CONTENT] += spare * 0.4
    widths[_PROGRESS] += spare * 0.6
    return widths


def _cells(row: BodyRow) -> list[str]:
    fact = row.figure.fact
    return [
        fact.number,
        fact.content,
        "、".join(fact.leads),
        "、".join(fact.supports),
        fact.due_text,
        measures_text(measure.share for measure in fact.measures),
        measures_text(ahead(measure.gap) for measure in fact.measures),
        progress_text(row),
        problems_text(fact),
        next_step_text(fact),
        state_text(row),
        reporters_text(fact),
    ]
