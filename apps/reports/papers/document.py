"""A report as an official paper: its text, then the ledger as annex (product.md D15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import groupby
from pathlib import Path

from apps.common.papers import Annex, Face, Paper, Part, Place, TextLine, write_paper
from apps.reports.body import Body, BodyRow, FinalPart
from apps.reports.figures.lines import lines_of, numbered
from apps.reports.figures.sentences import WITHOUT_HEADING
from apps.reports.figures.wording import day, quoted
from apps.reports.models import QuarterlyReport
from apps.reports.papers.annex import annex_parts
from apps.reports.papers.grids import class_grid, plan_grid, target_grids
from apps.reports.papers.ledger import ANNEX_NAME, SAMPLE_NOTE, by_plan, plan_line, several_plans
from apps.reports.papers.ordinals import chapter, section

_LINED = {"lagging", "problems", "coordination", "unreported"}
# of 28 characters in a line, what leaves room for the date
_WIDEST_LEAD = 18.0
_ISSUED = QuarterlyReport.State.ISSUED.label


def write_document(path: Path, body: Body) -> None:
    """Write `body` to `path` as .docx; the same body gives the same bytes."""
    write_paper(path, paper_of(body))


def paper_of(body: Body) -> Paper:
    """All its lines and tables: what the .docx prints, and the page that shows how it prints."""
    return Paper(
        title=body.title,
        top=list(_top(body)),
        parts=_parts(body),
        annex=Annex(annex_parts(body)),
        numbered=True,
        running="演示数据" if body.figures.facts.is_sample else "",
    )


def _top(body: Body) -> Iterator[TextLine]:
    if body.state_label != _ISSUED:
        yield TextLine(body.state_label, face=Face.HEAD)
    if body.figures.facts.is_sample:
        yield TextLine(SAMPLE_NOTE, small=True)
    if body.number:
        yield TextLine(body.number, Place.CENTER)
    yield TextLine("")


def _parts(body: Body) -> Iterator[Part]:
    if body.corrects:
        yield TextLine(f"（更正：{body.corrects}）", Place.CENTER, face=Face.SUBHEAD)
    as_of = day(body.figures.facts.data_as_of)
    yield TextLine(f"（数据截至{as_of}）", Place.CENTER, face=Face.SUBHEAD)
    yield TextLine("")
    if body.addressee:
        yield TextLine(f"{body.addressee.rstrip('：:')}：")
    yield from _chapters(body)
    yield from _signed(body)


def _chapters(body: Body) -> Iterator[Part]:
    number = 0
    last = body.parts[-1] if body.parts else None
    for part in body.parts:
        printed = _held(_printed(part, body), last=part is last)
        first = next(printed, None)
        if first is None:
            continue
        if part.key not in WITHOUT_HEADING:
            number += 1
            heading = chapter(number, part.heading)
            yield TextLine(heading, Place.PROSE, face=Face.HEAD, level=1)
        yield first
        yield from printed


def _held(parts: Iterator[Part], *, last: bool) -> Iterator[Part]:
    """The last line of the text stays with the name under it: that is not alone on a page."""
    held: Part | None = None
    for part in parts:
        if held is not None:
            yield held
        held = part
    if held is None:
        return
    yield replace(held, together=True) if last and isinstance(held, TextLine) else held


def _printed(part: FinalPart, body: Body) -> Iterator[Part]:
    figures = body.figures
    yield from _prose(part.text)
    if part.key in _LINED:
        yield from (_line(text) for text in lines_of(part.key, figures, body.named_units))
    elif part.key == "progress":
        yield from _progress(body)
    elif part.key == "overall":
        yield from class_grid(figures)
        yield from plan_grid(figures)
    elif part.key == "indicators":
        yield from target_grids(figures)


def _prose(text: str) -> Iterator[TextLine]:
    return (_line(line.strip()) for line in text.split("\n") if line.strip())


def _line(text: str) -> TextLine:
    return TextLine(text, Place.PROSE)


def _progress(body: Body) -> Iterator[Part]:
    """What the report says of each row, by plan and category, in the order of the original."""
    several, number = several_plans(body.figures), 0
    for plan, rows in by_plan(body):
        told = [row for row in rows if not row.left_out and row.text.strip()]
        if several and told:
            number += 1
            yield _subheading(section(number, plan_line(plan)))
        for place, (category, group) in enumerate(groupby(told, key=_category), 1):
            if category and several:
                yield TextLine(f"{place}．{category}", Place.PROSE, together=True)
            elif category:
                yield _subheading(section(place, category))
            for row in group:
                yield from _told(row)


def _subheading(text: str) -> TextLine:
    return TextLine(text, Place.PROSE, face=Face.SUBHEAD, level=2)


def _category(row: BodyRow) -> str:
    return "　".join(" ".join(name.split()) for name in row.figure.fact.category)


def _told(row: BodyRow) -> Iterator[TextLine]:
    fact = row.figure.fact
    about = f"{numbered(fact)}{quoted(fact.content)}："
    first, *others = [line.strip() for line in row.text.split("\n") if line.strip()]
    if others:
        yield replace(_line(about), together=True)
        yield from map(_line, [first, *others])
    else:
        yield _line(f"{about}{first}")


def _signed(body: Body) -> Iterator[TextLine]:
    """附件说明, 发文机关署名 and 成文日期 as a paper without a seal has them."""
    yield TextLine("", together=True)
    yield TextLine(f"附件：{ANNEX_NAME}", Place.PROSE, together=True)
    yield TextLine("", together=True)
    dated = _dated(body.issued_on, body.figures.facts.taken_on)
    width = sum(0.5 if letter.isascii() else 1.0 for letter in dated)
    # The date begins two characters behind the name; neither comes nearer to the edge than two.
    lead = min(len(body.signatory) - width, _WIDEST_LEAD)
    name_right, date_right = (2.0, lead) if lead >= 2 else (4 - lead, 2.0)  # noqa: PLR2004
    if body.signatory:
        yield TextLine(body.signatory, Place.RIGHT, right=name_right, together=True)
    yield TextLine(dated, Place.RIGHT, right=date_right if body.signatory else 2.0)


def _dated(issued_on: date | None, taken_on: date) -> str:
    """Before it is issued the day is left open."""
    return day(issued_on) if issued_on else f"{taken_on.year}年　月　日"
