"""A report as it prints: the lines and tables of its .docx, on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.common.papers import Face, Grid, Part, TextLine, title_lines
from apps.reports.papers.document import paper_of
from apps.reports.selectors.reports import report_page
from apps.reports.views.asked import asked_report

_FACES = {
    Face.TITLE: "face-title",
    Face.HEAD: "face-head",
    Face.SUBHEAD: "face-subhead",
}
_SPACE = "　"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A paragraph; `level` 1 and 2 are headings."""

    text: str
    css: str
    level: int
    grid: None = None


@dataclass(frozen=True, slots=True)
class ShownCell:
    text: str
    header: str
    centred: bool


@dataclass(frozen=True, slots=True)
class ShownGrid:
    """A table; widths in whole per cent of the page."""

    headers: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[ShownCell]]
    tight: bool
    grid: bool = True


@require_safe
def report_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What whoever signs reads; the leaders' own view of a report."""
    asked = asked_report(request, pk)
    page = report_page(asked.report, asked.reader.scope, asked.reader.today)
    if page.body is None:
        messages.info(request, _("还没有取到数，没有可看的。"))
        return redirect("reports:detail", pk)
    paper = paper_of(page.body)
    context = {
        "page": page,
        "report": page.report,
        "title": title_lines(paper.title),
        "top": list(shown(paper.top)),
        "parts": list(shown(paper.parts)),
        "annex": list(shown(paper.annex.parts)) if paper.annex else [],
        "running": paper.running,
    }
    return render(request, "reports/report_preview.html", context)


def shown(parts: Iterable[Part]) -> Iterator[ShownLine | ShownGrid]:
    """Empty lines are left to the style sheet where they begin or end a page."""
    return (_grid(part) if isinstance(part, Grid) else _line(part) for part in parts)


def _line(line: TextLine) -> ShownLine:
    css = [f"at-{line.place}", _FACES.get(line.face, ""), "small-print" if line.small else ""]
    text = line.text + _SPACE * round(line.right)
    return ShownLine(text, " ".join(filter(None, css)), line.level)


def _grid(grid: Grid) -> ShownGrid:
    whole = sum(grid.widths) or 1
    rows = [
        [
            ShownCell(text, header, place in grid.centred)
            for place, (text, header) in enumerate(zip(row, grid.headers, strict=True))
        ]
        for row in grid.rows
    ]
    widths = [round(width * 100 / whole) for width in grid.widths]
    return ShownGrid(list(grid.headers), widths, rows, grid.tight)
