"""The one door for .docx papers: official layout (GB/T 9704), written and never read.

Nothing else in the project imports python-docx (an import contract says so). A font is named twice
everywhere, for Latin and for Chinese characters: Word takes the second from w:eastAsia alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from apps.common.spreadsheets.celltext import strip_controls

PAPER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_TITLE_FONT, _BODY_FONT, _HEAD_FONT = "方正小标宋简体", "仿宋_GB2312", "黑体"
# 2号, 3号 and 小四
_TITLE_SIZE, _BODY_SIZE, _CELL_SIZE = Pt(22), Pt(16), Pt(12)
_LINE = Pt(28.95)
_CREATED = datetime(2020, 1, 1, tzinfo=UTC)
_WIDTH, _HEIGHT = 210, 297
_TOP, _BOTTOM, _LEFT, _RIGHT = 37, 35, 28, 26
# what the margins leave of the sheet, in millimetres
TEXT_WIDTH = _WIDTH - _LEFT - _RIGHT


class Place(StrEnum):
    """Where a line stands."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    # two characters in, as paragraphs of prose are
    PROSE = "prose"


_ALIGNED = {
    Place.CENTER: WD_ALIGN_PARAGRAPH.CENTER,
    Place.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT,
}


@dataclass(frozen=True, slots=True)
class TextLine:
    """A paragraph."""

    text: str
    place: Place = Place.LEFT
    small: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; its headers stand again on each page and no row is torn. `widths` in millimetres."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]


@dataclass(frozen=True, slots=True)
class Paper:
    """A4 upright, with a title."""

    title: str
    parts: Sequence[TextLine | Grid]


def write_paper(path: Path, paper: Paper) -> None:
    """Write `paper` to `path` as .docx, replacing what is there."""
    document = Document()
    _set_up(document)
    _line(document.add_paragraph(), paper.title, Place.CENTER, (_TITLE_FONT, _TITLE_SIZE))
    for part in paper.parts:
        if isinstance(part, TextLine):
            size = _CELL_SIZE if part.small else _BODY_SIZE
            _line(document.add_paragraph(), part.text, part.place, (_BODY_FONT, size))
        else:
            _grid(document, part)
    document.save(str(path))


def _set_up(document: DocumentObject) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(_WIDTH), Mm(_HEIGHT)
    section.top_margin, section.bottom_margin = Mm(_TOP), Mm(_BOTTOM)
    section.left_margin, section.right_margin = Mm(_LEFT), Mm(_RIGHT)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _BODY_FONT, _BODY_SIZE
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), _BODY_FONT)
    about = document.core_properties
    about.created = about.modified = _CREATED
    about.author = about.title = about.comments = ""
    about.language = "zh-CN"


def _line(paragraph: Paragraph, text: str, place: Place, font: tuple[str, Length]) -> None:
    layout = paragraph.paragraph_format
    layout.space_before = layout.space_after = Pt(0)
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, _LINE
    if place in _ALIGNED:
        paragraph.alignment = _ALIGNED[place]
    if place is Place.PROSE:
        layout.first_line_indent = Length(2 * font[1])
    _run(paragraph, text, font)


def _run(paragraph: Paragraph, text: str, font: tuple[str, Length]) -> Run:
    name, size = font
    run = paragraph.add_run(strip_controls(text))
    run.font.size = size
    fonts = run._element.get_or_add_rPr().get_or_add_rFonts()  # noqa: SLF001  no other way to w:eastAsia
    for kind in ("w:ascii", "w:hAnsi", "w:eastAsia"):
        fonts.set(qn(kind), name)
    return run


def _grid(document: DocumentObject, grid: Grid) -> None:
    table = document.add_table(rows=1 + len(grid.rows), cols=len(grid.headers))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for place, (row, texts) in enumerate(zip(table.rows, [grid.headers, *grid.rows], strict=True)):
        _fill(row, texts, grid.widths, head=place == 0)


def _fill(row: _Row, texts: Sequence[str], widths: Sequence[float], *, head: bool) -> None:
    _mark(row, "w:cantSplit")
    if head:
        _mark(row, "w:tblHeader")
    for cell, text, width in zip(row.cells, texts, widths, strict=True):
        _cell(cell, text, width, head=head)


def _cell(cell: _Cell, text: str, width: float, *, head: bool) -> None:
    cell.width = Mm(width)
    font = (_HEAD_FONT if head else _BODY_FONT, _CELL_SIZE)
    first = cell.paragraphs[0]
    if head:
        first.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for place, line in enumerate(text.split("\n")):
        paragraph = first if place == 0 else cell.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(0)
        _run(paragraph, line, font)


def _mark(row: _Row, name: str) -> None:
    """A property of the row that the library has no word for."""
    row._tr.get_or_add_trPr().append(OxmlElement(name))  # noqa: SLF001  its documented way to the element
