"""Official papers: read back as Word would read them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt

from apps.common.papers import Grid, Paper, Place, TextLine, write_paper

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
