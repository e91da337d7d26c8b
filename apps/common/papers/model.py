"""A paper as the rest of the project says it: lines and tables, no library types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

# millimetres of an upright A4 sheet
SHEET = (210, 297)
TOP, BOTTOM, LEFT, RIGHT = 37, 35, 28, 26
# The annex lies on its side, turned to the left: it is bound at its top. At the ends of its lines
# it needs no such margins, and its tables have many columns.
ANNEX_TOP, ANNEX_BOTTOM, ANNEX_LEFT, ANNEX_RIGHT = LEFT, RIGHT, 22, 22
# what the margins leave of the sheet
TEXT_WIDTH = SHEET[0] - LEFT - RIGHT
TEXT_HEIGHT = SHEET[1] - TOP - BOTTOM
ANNEX_WIDTH = SHEET[1] - ANNEX_LEFT - ANNEX_RIGHT
ANNEX_HEIGHT = SHEET[0] - ANNEX_TOP - ANNEX_BOTTOM


class Place(StrEnum):
    """Where a line stands."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    # two characters in, as paragraphs of prose are
    PROSE = "prose"


class Face(StrEnum):
    """The typefaces of an official paper, as Word and WPS name them."""

    TITLE = "方正小标宋简体"
    BODY = "仿宋_GB2312"
    HEAD = "黑体"
    SUBHEAD = "楷体_GB2312"
    PAGE = "宋体"


@dataclass(frozen=True, slots=True)
class TextLine:
    """A paragraph; its line breaks stay.

    `level`: a heading of the outline. `right`: as many characters stay free at its end.
    `together`: on one page with what follows; a heading always is.
    """

    text: str
    place: Place = Place.LEFT
    small: bool = False
    face: Face = Face.BODY
    level: int = 0
    right: float = 0
    together: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; its headers stand again on each page and no row is torn. `widths` in millimetres.

    `rows` is gone through once, as it is written. `tight`: small letters, for many columns.
    `together`: on one page, with the line after it. Only a row that would not fit on a page by
    itself is torn.
    """

    headers: Sequence[str]
    rows: Iterable[Sequence[str]]
    widths: Sequence[float]
    tight: bool = False
    together: bool = False
    # columns of figures and short words
    centred: Collection[int] = ()


Part = TextLine | Grid


@dataclass(frozen=True, slots=True)
class Annex:
    """What stands behind the text on sheets of its own, lying on their side."""

    parts: Iterable[Part]


@dataclass(frozen=True, slots=True)
class Paper:
    """A4 upright, with a title. `parts` are gone through once, as they are written."""

    title: str
    parts: Iterable[Part]
    # above the title
    top: Sequence[TextLine] = ()
    annex: Annex | None = None
    # — 1 — at the foot, outside: right on odd pages, left on even ones
    numbered: bool = False
    # at the head of each page
    running: str = ""
