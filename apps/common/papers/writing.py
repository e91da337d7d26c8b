"""Writing a paper: python-docx makes the sheets and what stands around the text, the text itself
is streamed into the packed file. The same paper gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENTATION, WD_SECTION
from docx.enum.text import WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import Section, _BaseHeaderFooter
from docx.shared import Mm, Pt

from apps.common.papers.markup import (
    BODY_SIZE,
    LINE,
    PAGE_SIZE,
    POINTS_PER_MM,
    TAIL,
    font_xml,
    line_xml,
    parts_xml,
    plain,
    twips,
)
from apps.common.papers.model import (
    ANNEX_BOTTOM,
    ANNEX_HEIGHT,
    ANNEX_LEFT,
    ANNEX_RIGHT,
    ANNEX_TOP,
    BOTTOM,
    LEFT,
    RIGHT,
    SHEET,
    TEXT_HEIGHT,
    TOP,
    Face,
    Paper,
    Place,
    TextLine,
)
from apps.common.papers.title import title_lines

PAPER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_CREATED = datetime(2020, 1, 1, tzinfo=UTC)
_PACKED = (2020, 1, 1, 0, 0, 0)
_TEXT_NAME = "word/document.xml"
_LANGUAGE = "zh-CN"
# The dash of the page number stands this far below the text.
_NUMBER_BELOW, _NUMBER_HEIGHT = 7, 5
_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SECTION = re.compile(r"<w:sectPr\b.*?</w:sectPr>", re.DOTALL)

_GRID = re.compile(r"<w:docGrid\b[^>]*/>")


def write_paper(path: Path, paper: Paper) -> None:
    """Write `paper` to `path` as .docx, replacing what is there."""
    frame = BytesIO()
    _frame(paper).save(frame)
    with ZipFile(frame) as parts, ZipFile(path, "w", ZIP_DEFLATED) as packed:
        for name in parts.namelist():
            entry = ZipInfo(name, _PACKED)
            entry.compress_type = ZIP_DEFLATED
            if name != _TEXT_NAME:
                packed.writestr(entry, parts.read(name))
                continue
            with packed.open(entry, "w", force_zip64=True) as stream:
                _write_text(stream, parts.read(name).decode(), paper)


def _write_text(stream: IO[bytes], frame: str, paper: Paper) -> None:
    head, _, rest = frame.partition("<w:body>")
    sections = [_lined(section) for section in _SECTION.findall(rest)]
    with TextIOWrapper(stream, encoding="utf-8", newline="") as out:
        out.write(f"{head}<w:body>")
        out.writelines(_text(paper, sections))
        out.write(f"{sections[-1]}</w:body></w:document>")


def _text(paper: Paper, sections: list[str]) -> Iterator[str]:
    title = TextLine("\n".join(title_lines(paper.title)), Place.CENTER, face=Face.TITLE)
    yield from parts_xml([*paper.top, title], TEXT_HEIGHT * POINTS_PER_MM)
    last = ""
    for piece in parts_xml(paper.parts, TEXT_HEIGHT * POINTS_PER_MM):
        yield last
        last = piece
    if not last.endswith("</w:p>"):
        yield last
        last = TAIL
    if paper.annex is None:
        yield last
        return
    # The section of the text ends with its last paragraph: one of its own might need a page.
    yield last.replace("</w:pPr>", f"{sections[0]}</w:pPr>", 1)
    yield from parts_xml(paper.annex.parts, ANNEX_HEIGHT * POINTS_PER_MM)
    yield TAIL


def _frame(paper: Paper) -> DocumentObject:
    """A document without text: sheets, head, foot, styles, settings."""
    document = Document()
    _lighten(document)
    _base(document)
    text = document.sections[0]
    text.page_width, text.page_height = Mm(SHEET[0]), Mm(SHEET[1])
    _margins(text, (TOP, BOTTOM, LEFT, RIGHT))
    if paper.numbered:
        document.settings.odd_and_even_pages_header_footer = True
        _foot(text.footer, Place.RIGHT)
        _foot(text.even_page_footer, Place.LEFT)
    if paper.running:
        _head(text.header, paper.running)
        _head(text.even_page_header, paper.running)
    if paper.annex is not None:
        annex = document.add_section(WD_SECTION.NEW_PAGE)
        annex.orientation = WD_ORIENTATION.LANDSCAPE
        annex.page_width, annex.page_height = Mm(SHEET[1]), Mm(SHEET[0])
        _margins(annex, (ANNEX_TOP, ANNEX_BOTTOM, ANNEX_LEFT, ANNEX_RIGHT))
    return document


def _margins(section: Section, sides: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = sides
    section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
    section.left_margin, section.right_margin = Mm(left), Mm(right)
    section.footer_distance = Mm(bottom - _NUMBER_BELOW - _NUMBER_HEIGHT)
    section.header_distance = Mm(top - _NUMBER_BELOW - _NUMBER_HEIGHT)


def _lined(section: str) -> str:
    """22 lines to a page. A sheet that lies on its side holds a table, and has no such lines."""
    grid = f'<w:docGrid w:type="lines" w:linePitch="{twips(LINE)}"/>'
    return _GRID.sub("" if "landscape" in section else grid, section)


def _base(document: DocumentObject) -> None:
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = Face.BODY, Pt(BODY_SIZE)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), Face.BODY)
    layout = normal.paragraph_format
    layout.space_before = layout.space_after = Pt(0)
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE)
    layout.widow_control = True
    for language in document.styles.element.iter(qn("w:lang")):
        for kind in ("w:val", "w:eastAsia"):
            language.set(qn(kind), _LANGUAGE)
    settings = document.settings.element
    _set(settings, "w:themeFontLang", "w:eastAsia", _LANGUAGE)
    _set(settings, "w:characterSpacingControl", "w:val", "compressPunctuation")
    # else Word says that it shows the paper as an older version would
    _set(settings, "w:compatSetting", "w:val", "15")
    about = document.core_properties
    about.created = about.modified = _CREATED
    about.author = about.title = about.comments = ""
    about.language = _LANGUAGE


def _set(element: BaseOxmlElement, name: str, attribute: str, value: str) -> None:
    """On the first element of this name."""
    next(element.iter(qn(name))).set(qn(attribute), value)


def _lighten(document: DocumentObject) -> None:
    """Without the picture of an empty page and the styles in a second form."""
    package = document.part.package
    assert package is not None, "a document that was opened has one"
    for rels in (package.rels, document.part.rels):
        for key, relation in list(rels.items()):
            if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL or relation.reltype.endswith(
                "/stylesWithEffects"
            ):
                del rels[key]


def _foot(foot: _BaseHeaderFooter, place: Place) -> None:
    font = font_xml(Face.PAGE, PAGE_SIZE)
    run = f"<w:r><w:rPr>{font}</w:rPr>"
    side = "right" if place is Place.RIGHT else "left"
    fields = "".join(
        f"{run}{inner}</w:r>"
        for inner in (
            '<w:t xml:space="preserve">— </w:t>',
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
            '<w:t xml:space="preserve"> —</w:t>',
        )
    )
    _replace(
        foot,
        '<w:pPr><w:snapToGrid w:val="0"/><w:spacing w:before="0" w:after="0" w:line="280" '
        f'w:lineRule="exact"/><w:ind w:{side}Chars="100" w:{side}="{twips(PAGE_SIZE)}"/>'
        f'<w:jc w:val="{side}"/></w:pPr>{fields}',
    )


def _head(head: _BaseHeaderFooter, text: str) -> None:
    line = line_xml(TextLine(plain(text), Place.CENTER, small=True))
    _replace(head, line.removeprefix("<w:p>").removesuffix("</w:p>"))


def _replace(place: _BaseHeaderFooter, inner: str) -> None:
    """The only paragraph of a head or foot."""
    place.is_linked_to_previous = False
    old = place.paragraphs[0]._p  # noqa: SLF001  its documented way to the element
    new = parse_xml(f'<w:p xmlns:w="{_NAMESPACE}">{inner}</w:p>')
    parent = old.getparent()
    assert parent is not None, "a paragraph stands in something"
    parent.replace(old, new)
