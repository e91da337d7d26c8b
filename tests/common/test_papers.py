"""Official papers: read back as Word would read them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Length, Pt

from apps.common.papers import (
    ANNEX_WIDTH,
    Annex,
    Face,
    Grid,
    Paper,
    Part,
    Place,
    TextLine,
    title_lines,
    write_paper,
)

PAPER = Paper(
    title="签批单",
    parts=[
        TextLine("填报单位：省科技厅"),
        Grid(("序号", "进展"), [("1", "一行\n又一行"), ("2", "=SUM(A1)\x00")], (20, 100)),
        TextLine("2020年10月12日", Place.RIGHT),
        TextLine("非涉密", small=True),
    ],
)


@pytest.fixture
def document(tmp_path: Path) -> Any:
    write_paper(tmp_path / "a.docx", PAPER)
    return Document(str(tmp_path / "a.docx"))


def test_the_sheet_is_a4_with_official_margins(document: Any) -> None:
    [section] = document.sections
    assert [round(side.mm) for side in (section.page_width, section.page_height)] == [210, 297]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(margin.mm) for margin in margins] == [37, 35, 28, 26]


def test_every_run_names_its_font_for_chinese_too(document: Any) -> None:
    runs = [run for paragraph in document.paragraphs for run in paragraph.runs]
    runs += [
        run
        for table in document.tables
        for row in table.rows
        for cell in row.cells
        for paragraph in cell.paragraphs
        for run in paragraph.runs
    ]
    named = [
        {run._element.rPr.rFonts.get(qn(kind)) for kind in ("w:ascii", "w:hAnsi", "w:eastAsia")}
        for run in runs
    ]
    assert named[0] == {"方正小标宋简体"}
    assert all(len(fonts) == 1 and None not in fonts for fonts in named)
    assert {"仿宋_GB2312"} in named
    assert runs[0].font.size == Pt(22)
    assert runs[1].font.size == Pt(16)


def test_the_head_of_a_table_repeats_and_no_row_is_torn(document: Any) -> None:
    [table] = document.tables
    marks = [
        (row._tr.find(".//" + qn("w:tblHeader")) is not None,
         row._tr.find(".//" + qn("w:cantSplit")) is not None)
        for row in table.rows
    ]  # fmt: skip
    assert marks == [(True, True), (False, True), (False, True)]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["序号", "进展"], ["1", "一行\n又一行"], ["2", "=SUM(A1)"]
    ]  # fmt: skip


def test_it_names_nobody_who_wrote_it(document: Any, tmp_path: Path) -> None:
    assert document.core_properties.author == ""
    with zipfile.ZipFile(tmp_path / "a.docx") as packed:
        assert b"python-docx" not in packed.read("docProps/core.xml")


def written(path: Path, *parts: Part, **changes: Any) -> Any:
    write_paper(path / "b.docx", Paper("报告", iter(parts), **changes))
    return Document(str(path / "b.docx"))


def attribute(element: Any, name: str, kind: str) -> str | None:
    found = element.find(f".//{qn(name)}")
    return None if found is None else str(found.get(qn(kind)))


def test_twenty_two_lines_of_twenty_eight_letters_stand_on_a_page(tmp_path: Path) -> None:
    line = written(tmp_path, TextLine("进展", Place.PROSE)).paragraphs[1]
    pitch = int(attribute(line._p, "w:spacing", "w:line") or 0) / 20
    assert 22 * pitch <= 225 / 25.4 * 72 < 23 * pitch
    closer = line.runs[0]._element.rPr.find(qn("w:spacing")).get(qn("w:val"))
    letter = 16 + int(closer) / 20
    assert 28 * letter <= 156 / 25.4 * 72 < 29 * letter


def test_page_numbers_stand_outside(tmp_path: Path) -> None:
    document = written(tmp_path, TextLine("一"), numbered=True)
    section = document.sections[0]
    assert document.settings.odd_and_even_pages_header_footer
    for foot, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        line = foot.paragraphs[0]
        assert line.text == "— 1 —"
        assert attribute(line._p, "w:jc", "w:val") == side
        assert line._p.find(f".//{qn('w:instrText')}").text.strip() == "PAGE"
        assert {run.font.size for run in line.runs} == {Pt(14)}
        assert {run._element.rPr.rFonts.get(qn("w:eastAsia")) for run in line.runs} == {"宋体"}
    assert written(tmp_path, TextLine("一")).sections[0].footer.is_linked_to_previous


def test_a_running_head_stands_on_odd_and_even_pages(tmp_path: Path) -> None:
    section = written(tmp_path, TextLine("一"), running="演示<数据>").sections[0]
    assert section.header.paragraphs[0].text == "演示<数据>"
    assert section.even_page_header.paragraphs[0].text == "演示<数据>"


def test_an_annex_lies_on_its_side_on_pages_of_its_own(tmp_path: Path) -> None:
    annex = Annex([Grid(("序号",), [("1",)], (ANNEX_WIDTH,), tight=True)])
    document = written(tmp_path, TextLine("落款"), annex=annex)
    upright, lying = document.sections
    assert (round(upright.page_width.mm), round(lying.page_width.mm)) == (210, 297)
    assert attribute(lying._sectPr, "w:type", "w:val") in {None, "nextPage"}
    room = lying.page_width - lying.left_margin - lying.right_margin
    assert round(Length(room).mm) == ANNEX_WIDTH
    # the section ends with the last line, not with an empty one that might need a page
    closing = next(
        line for line in document.paragraphs if line._p.pPr.find(qn("w:sectPr")) is not None
    )
    assert closing.text == "落款"


@pytest.mark.parametrize("annex", [None, Annex([TextLine("附件")])])
def test_a_text_that_ends_with_a_table_is_closed_by_a_line_of_no_height(
    annex: Annex | None, tmp_path: Path
) -> None:
    document = written(tmp_path, Grid(("序号",), [("1",)], (20,)), annex=annex)
    body = [child for child in document.element.body if child.tag != qn("w:sectPr")]
    after = body[[child.tag for child in body].index(qn("w:tbl")) + 1]
    assert after.tag == qn("w:p")
    assert attribute(after, "w:spacing", "w:line") == "20"
    assert len(document.sections) == (1 if annex is None else 2)


def test_headings_stay_with_their_text_and_are_in_the_outline(tmp_path: Path) -> None:
    heading = TextLine("一、总体情况", Place.PROSE, face=Face.HEAD, level=1)
    _, first, second = written(tmp_path, heading, TextLine("共六项。")).paragraphs
    assert (first.paragraph_format.keep_with_next, second.paragraph_format.keep_with_next) == (
        True, None
    )  # fmt: skip
    assert attribute(first._p, "w:outlineLvl", "w:val") == "0"
    assert attribute(second._p, "w:outlineLvl", "w:val") is None


def test_a_row_that_needs_more_than_a_page_may_be_torn(tmp_path: Path) -> None:
    [table] = written(tmp_path, Grid(("进展",), [("短",), ("长" * 3000,)], (60,))).tables
    kept = [row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows]
    assert kept == [True, True, False]


def test_the_language_is_chinese_and_no_line_is_left_alone(tmp_path: Path) -> None:
    document = written(tmp_path, TextLine("一"))
    assert document.core_properties.language == "zh-CN"
    language = document.styles.element.find(f".//{qn('w:lang')}")
    assert {language.get(qn(kind)) for kind in ("w:val", "w:eastAsia")} == {"zh-CN"}
    assert document.styles["Normal"].paragraph_format.widow_control


@pytest.mark.parametrize(
    ("text", "shown"),
    [("一\x00二\x0b", "一二"), ("a\u202eb\u2066c", "abc"), ("<w:t>&amp;]]>", "<w:t>&amp;]]>"),
     ("\ud800😀", "😀"), ("一\r\n二", "一\n二")],
)  # fmt: skip
def test_no_text_breaks_the_paper(text: str, shown: str, tmp_path: Path) -> None:
    document = written(tmp_path, TextLine(text), Grid((text,), [(text,)], (60,)))
    assert document.paragraphs[1].text == shown
    assert [row.cells[0].text for row in document.tables[0].rows] == [shown, shown]


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("签批单", ["签批单"]),
        (
            "关于《关于加快我省新兴产业发展的实施方案》2020年前三季度贯彻落实情况的报告",
            ["关于《关于加快我省新兴产业", "发展的实施方案》", "2020年前三季度贯彻落实情况的报告"],
        ),
        ("第一行\n第二行", ["第一行", "第二行"]),
    ],
)  # fmt: skip
def test_a_long_title_is_broken_where_it_may_be(title: str, lines: list[str]) -> None:
    assert title_lines(title) == lines


@pytest.mark.parametrize(
    "title", ["一" * 200, "2" * 200, "《" * 60, "年" * 41, "Abc" * 60 + "》。"]
)
def test_no_line_of_a_title_is_wider_than_the_text(title: str) -> None:
    found = title_lines(title)
    assert "".join(found) == title
    widths = [sum(0.5 if letter.isascii() else 1 for letter in line) for line in found]
    assert max(widths) <= 19
    assert len(found) <= sum(widths) // 19 + 2
