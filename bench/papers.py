"""The quarterly report over 10,000 rows, against writing its cells and paragraphs alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import xlsxwriter
from docx import Document
from python_calamine import CalamineWorkbook

from apps.common.papers import Grid, Part, TextLine
from apps.plans.models import Period, Plan
from apps.reports.body import Body
from apps.reports.figures.computing import compute
from apps.reports.figures.sentences import parts_of
from apps.reports.models import QuarterlyReport, ReportPart
from apps.reports.papers.document import paper_of, write_document
from apps.reports.papers.workbook import write_workbook
from apps.reports.selectors.reports import body_with
from apps.reports.selectors.snapshot import one_snapshot, read_facts
from apps.tasks.services.bulk import DAY
from bench.probe import probe
from bench.results import Result, size_name
from bench.worlds import Worlds

_SIZE = 10_000
_MOST_TIMES, _MOST_MEMORY = 2.0, 300.0


def papers(worlds: Worlds, *, turns: int) -> list[Result]:
    """Each in a process of its own, whose memory is looked at."""
    size = _SIZE if _SIZE in worlds.sizes else min(worlds.sizes)
    url = worlds.url(size)
    sides: dict[str, list[dict[str, Any]]] = {"ours": [], "bare": []}
    for _ in range(min(turns, 2)):
        for side, kept in sides.items():
            kept.append(probe(f"papers:{side}", url=url))
    times = {side: [each["ms"] for each in found] for side, found in sides.items()}
    ours, bare = median(times["ours"]), median(times["bare"])
    peak = max(each["peak_mib"] for each in sides["ours"])
    work, name = "季度报告", size_name(size)
    said = f"{ours / 1000:.1f} s / {bare / 1000:.1f} s"
    return [
        Result(work, name, "是下限的", ours / bare, "×", _MOST_TIMES, said, times),
        Result(work, name, "内存", peak, "MiB", _MOST_MEMORY),
    ]


def ours() -> dict[str, Any]:
    """Figures from the database, sentences, .docx and .xlsx."""
    with TemporaryDirectory() as folder:
        began = perf_counter()
        body = _body()
        write_document(Path(folder) / "report.docx", body)
        write_workbook(Path(folder) / "report.xlsx", body)
        return {"ms": (perf_counter() - began) * 1000}


def bare() -> dict[str, Any]:
    """The same texts handed to python-docx and XlsxWriter; where they come from does not count."""
    with TemporaryDirectory() as folder:
        body = _body()
        paper = paper_of(body)
        parts = list(
            _plain([*paper.top, *paper.parts, *(paper.annex.parts if paper.annex else ())])
        )
        book = Path(folder) / "ours.xlsx"
        write_workbook(book, body)
        sheets = _cells(book)
        began = perf_counter()
        _write_document(Path(folder) / "bare.docx", parts)
        _write_workbook(Path(folder) / "bare.xlsx", sheets)
        return {"ms": (perf_counter() - began) * 1000}


def _body() -> Body:
    plans = list(Plan.objects.select_related("supervisor").order_by("pk"))
    period = Period.objects.get(code="2020Q2")
    genre = QuarterlyReport.Genre.REPORT
    with one_snapshot():
        facts = read_facts(plans=plans, period=period, today=DAY, genre=genre)
    figures = compute(facts)
    report = QuarterlyReport(title="测速报告", genre=genre, period=period)
    parts = [
        ReportPart(key=part.key, heading=part.heading, text=part.text)
        for part in parts_of(figures, genre)
    ]
    report.pk = 0
    return body_with(report, figures, parts)


# a paragraph, or the rows of a table
_Piece = str | list[list[str]]


def _plain(parts: Iterable[Part]) -> Iterable[_Piece]:
    for part in parts:
        if isinstance(part, TextLine):
            yield part.text
        elif isinstance(part, Grid):
            yield [list(part.headers), *(list(row) for row in part.rows)]


def _write_document(path: Path, pieces: Iterable[_Piece]) -> None:
    document = Document()
    for piece in pieces:
        if isinstance(piece, str):
            document.add_paragraph(piece)
            continue
        table = document.add_table(rows=0, cols=len(piece[0]))
        for row in piece:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    document.save(str(path))


def _cells(path: Path) -> list[list[list[Any]]]:
    book = CalamineWorkbook.from_path(str(path))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def _write_workbook(path: Path, sheets: Iterable[list[list[Any]]]) -> None:
    workbook = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_urls": False})
    for rows in sheets:
        sheet = workbook.add_worksheet()
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
    workbook.close()
