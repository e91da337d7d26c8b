"""Lines and tables as the XML of a .docx, piece by piece: a ledger of ten thousand rows is never
in memory as a whole.

A font is named for Latin and for Chinese characters everywhere: Word takes the latter from
w:eastAsia alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from apps.common.papers.model import Face, Grid, Part, Place, TextLine
from apps.common.spreadsheets.celltext import strip_controls

# 2号, 3号, 4号, 小四 and 小五, in points
TITLE_SIZE, BODY_SIZE, PAGE_SIZE, SMALL_SIZE, TIGHT_SIZE = 22.0, 16.0, 14.0, 12.0, 9.0
# 22 lines fill the height of the text
LINE = 28.95
_SMALL_LINE = 18.0
# 28 characters of 3号 are wider than 156 millimetres: each is brought closer by this much, in twips
_CLOSER = -5
# of a table's text, as a share of its size
_LEADING = 1.35
POINTS_PER_MM = 72 / 25.4
_TWIPS_PER_MM = 20 * POINTS_PER_MM

# Marks that turn the direction of writing: a text must not read otherwise than it was written.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# How much of a page a row may take before it may be torn: its height is only estimated.
_WHOLE_ROW = 0.75
_ALIGNED = {Place.CENTER: "center", Place.RIGHT: "right", Place.PROSE: "both"}
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
# after a table: the format wants a paragraph at the end, and it must not need a page
TAIL = (
    '<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'
    '<w:rPr><w:sz w:val="2"/></w:rPr></w:pPr></w:p>'
)


def parts_xml(parts: Iterable[Part], height: float) -> Iterator[str]:
    """One piece per line and per row; `height` of the page's text in points."""
    for part in parts:
        if isinstance(part, TextLine):
            yield line_xml(part)
        else:
            yield from _grid(part, height)


def plain(text: str) -> str:
    """As a paper can carry it: no control characters, nothing that turns the writing around."""
    return straight(strip_controls(text))


def straight(text: str) -> str:
    """Without marks that turn the writing around."""
    return _TURNING.sub("", text) if _TURNING.search(text) else text


def twips(points: float) -> int:
    return round(points * 20)


@lru_cache(maxsize=64)
def font_xml(face: Face, size: float) -> str:
    named = "".join(f' w:{kind}="{face}"' for kind in ("ascii", "hAnsi", "eastAsia"))
    closer = f'<w:spacing w:val="{_CLOSER}"/>' if size == BODY_SIZE else ""
    points = round(2 * size)
    return f'<w:rFonts{named}/>{closer}<w:sz w:val="{points}"/><w:szCs w:val="{points}"/>'


def line_xml(line: TextLine) -> str:
    size = _size(line)
    font = font_xml(line.face, size)
    pitch = twips(_SMALL_LINE if line.small else LINE)
    runs = "<w:r><w:br/></w:r>".join(
        f'<w:r><w:rPr>{font}</w:rPr><w:t xml:space="preserve">{_escaped(text)}</w:t></w:r>'
        for text in plain(line.text).split("\n")
        if text or line.text
    )
    kept = "<w:keepNext/>" if line.together or line.level else ""
    # the lines of the page are those of 3号
    free = "" if size == BODY_SIZE else '<w:snapToGrid w:val="0"/>'
    outline = f'<w:outlineLvl w:val="{line.level - 1}"/>' if line.level else ""
    return (
        f"<w:p><w:pPr>{kept}{free}"
        f'<w:spacing w:before="0" w:after="0" w:line="{pitch}" w:lineRule="exact"/>'
        f"{_indent(line, size)}{_aligned(line.place)}{outline}"
        f"<w:rPr>{font}</w:rPr></w:pPr>{runs}</w:p>"
    )


def _size(line: TextLine) -> float:
    if line.small:
        return SMALL_SIZE
    return TITLE_SIZE if line.face is Face.TITLE else BODY_SIZE


def _indent(line: TextLine, size: float) -> str:
    if line.place is Place.PROSE:
        return f'<w:ind w:firstLineChars="200" w:firstLine="{twips(2 * size)}"/>'
    if line.right:
        characters, width = round(100 * line.right), twips(line.right * size)
        return f'<w:ind w:rightChars="{characters}" w:right="{width}"/>'
    return ""


def _aligned(place: Place) -> str:
    return f'<w:jc w:val="{_ALIGNED[place]}"/>' if place in _ALIGNED else ""


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _grid(grid: Grid, height: float) -> Iterator[str]:
    widths = [round(width * _TWIPS_PER_MM) for width in grid.widths]
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    side, above = (45, 15) if grid.tight else (60, 50)
    margins = "".join(
        f'<w:{name} w:w="{width}" w:type="dxa"/>'
        for name, width in (("top", above), ("left", side), ("bottom", above), ("right", side))
    )
    yield (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{_BORDERS}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        f"{margins}</w:tblCellMar>"
        f"</w:tblPr><w:tblGrid>{columns}</w:tblGrid>"
    )
    row = _Row(grid, widths, side, height)
    yield row.head()
    for texts in grid.rows:
        yield row.body(texts)
    yield "</w:tbl>"


class _Row:
    """Rows of one table: what is the same in all of them is put together once."""

    def __init__(self, grid: Grid, widths: Sequence[int], side: int, height: float) -> None:
        self._headers = [plain(text) for text in grid.headers]
        self._size = TIGHT_SIZE if grid.tight else SMALL_SIZE
        self._leading = self._size * _LEADING
        self._cells = [f'<w:tc><w:tcPr><w:tcW w:w="{w}" w:type="dxa"/>' for w in widths]
        # characters in a line, lines on a page
        self._per_line = [max(int((w - 2 * side) / twips(self._size)), 1) for w in widths]
        self._most_lines = int(_WHOLE_ROW * height / self._leading)
        self._kept = "<w:keepNext/>" if grid.together else ""
        self._left = self._opening(Face.BODY, "")
        self._middle = self._opening(Face.BODY, '<w:jc w:val="center"/>')
        self._openings = [
            self._middle if column in grid.centred else self._left for column in range(len(widths))
        ]

    def head(self) -> str:
        opening = self._opening(Face.HEAD, '<w:jc w:val="center"/>')
        cells = zip(self._cells, self._headers, strict=True)
        return (
            "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"
            f"{''.join(_cell(start, opening, text, middle=True) for start, text in cells)}</w:tr>"
        )

    def body(self, texts: Sequence[str]) -> str:
        texts = [plain(text) for text in texts]
        whole = self._lines(texts) <= self._most_lines
        cells = zip(self._cells, self._openings, texts, strict=True)
        return (
            f"<w:tr>{'<w:trPr><w:cantSplit/></w:trPr>' if whole else ''}"
            f"{''.join(_cell(*cell, middle=whole) for cell in cells)}</w:tr>"
        )

    def _opening(self, face: Face, aligned: str) -> str:
        """Of each paragraph and of its only run."""
        font = font_xml(face, self._size)
        return (
            f'<w:p><w:pPr>{self._kept}<w:snapToGrid w:val="0"/><w:spacing w:before="0" w:after="0" '
            f'w:line="{twips(self._leading)}" w:lineRule="exact"/>{aligned}<w:rPr>{font}</w:rPr>'
            f'</w:pPr><w:r><w:rPr>{font}</w:rPr><w:t xml:space="preserve">'
        )

    def _lines(self, texts: Sequence[str]) -> int:
        return max(
            sum(-(-len(line) // most) or 1 for line in text.split("\n"))
            for text, most in zip(texts, self._per_line, strict=True)
        )


def _cell(start: str, opening: str, text: str, *, middle: bool) -> str:
    lines = _escaped(text).replace("\n", f"</w:t></w:r></w:p>{opening}")
    placed = '<w:vAlign w:val="center"/>' if middle else ""
    return f"{start}{placed}</w:tcPr>{opening}{lines}</w:t></w:r></w:p></w:tc>"
