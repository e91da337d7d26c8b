"""Documents, pages and texts that mean harm end in one sentence, with little memory and time."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha512
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.errors import Unreadable
from apps.common.spreadsheets import read_sheets, webtables, wordtables
from tests.tasks.layout_files import ods_xml, save, word_xml

KINDS = Path(__file__).parents[1] / "data" / "kinds"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ENDINGS = ("xlsx", "xls", "ods", "csv", "docx", "doc", "html", "wps", "txt", "et")


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        read_sheets(path, name="表")
    [sentence] = caught.value.reasons
    assert "文件“表”" in sentence
    return sentence


def docx(path: Path, inner: str) -> Path:
    return save(path, {"word/document.xml": word_xml(inner)})


def ods(path: Path, inner: str) -> Path:
    return save(path, {"mimetype": ODS, "content.xml": ods_xml(inner)})


def row(cells: str) -> str:
    return f"<table:table-row>{cells}</table:table-row>"


def wide_cell(columns: int) -> str:
    return f'<w:tc><w:tcPr><w:gridSpan w:val="{columns}"/></w:tcPr><w:p/></w:tc>'


FAR = (
    '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
)
BOMBS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "columns of Word": (
        lambda p: docx(p, "<w:tbl>" + f"<w:tr>{wide_cell(10_000)}</w:tr>" * 2_000 + "</w:tbl>"),
        "30 万个",
    ),
    "tables inside tables": (
        lambda p: docx(p, "<w:tbl><w:tr><w:tc>" * 90 + "</w:tc></w:tr></w:tbl>" * 90),
        "过大",
    ),
    "no table": (lambda p: docx(p, "<w:p/>"), "没有表格"),
    "entities of Word": (
        lambda p: save(p, {"word/document.xml": '<!DOCTYPE a [<!ENTITY b "c">]>' + word_xml("")}),
        "损坏",
    ),
    "repeated cells": (
        lambda p: ods(
            p,
            "<table:table>"
            + row(FAR).replace(
                "<table:table-row>", '<table:table-row table:number-rows-repeated="9999">'
            )
            + "</table:table>",
        ),
        "200 万个",
    ),
    "a row far down": (
        lambda p: ods(
            p,
            '<table:table><table:table-row table:number-rows-repeated="999999999"/>'
            + row("<table:table-cell><text:p>x</text:p></table:table-cell>")
            + "</table:table>",
        ),
        "200 万个",
    ),
    "deep elements": (lambda p: ods(p, "<text:p>" * 999 + "</text:p>" * 999), "过大"),
    "repeated spaces": (
        lambda p: ods(
            p,
            "<table:table>"
            + row(
                "<table:table-cell><text:p>x"
                + '<text:s text:c="999999999"/>' * 999
                + "x</text:p></table:table-cell>"
            )
            + "</table:table>",
        ),
        "超过 32767 字",
    ),
    "deep tables of a page": (lambda p: page(p, "<table><tr><td>" * 9_999), "过大"),
    "columns of a page": (
        lambda p: page(p, "<table>" + "<tr><td colspan=99999999 rowspan=99999999>a" * 99_999),
        "30 万个",
    ),
    "unclosed comments": (lambda p: page(p, "<!--" * 2_000_000), "没有表格"),
    "commas": (lambda p: written(p, ("," * 3_000_000).encode()), "200 万个"),
    "an unclosed quote": (lambda p: written(p, ('a,b\n1,"' + "长" * 200_000).encode()), "引号"),
    "no encoding": (lambda p: written(p, "序号".encode() + b"\xff\xff\x80"), "编码"),
    "a long cell": (lambda p: written(p, ("a,b\n1," + "长" * 40_000).encode()), "B2"),
    "another program's text": (lambda p: written(p, rb"{\rtf1 x}"), "RTF"),
    "a book of XML with a far row": (
        lambda p: written(
            p,
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
            b'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>'
            b'<Row ss:Index="999999"><Cell ss:Index="9999"><Data>x</Data></Cell></Row></Table>'
            b"</Worksheet></Workbook>",
        ),
        "200 万个",
    ),
    "an unpacked size": (
        lambda p: save(p, {"mimetype": ODS, "content.xml": " " * (40 * 1024 * 1024)}),
        "解压后过大",
    ),
    "a password": (
        lambda p: save(
            p,
            {"mimetype": ODS, "content.xml": "x", "META-INF/manifest.xml": "<encryption-data/>"},
        ),
        "密码",
    ),
    "a text document": (
        lambda p: save(
            p, {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "x"}
        ),
        "OpenDocument 文字",
    ),
}


def page(path: Path, inner: str) -> Path:
    return written(path, f"<html>{inner}".encode())


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    make, words = BOMBS[name]
    assert words in refusal(make(tmp_path / "file"))


def test_elements_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordtables, "_MAX_TAGS", 1_000)
    monkeypatch.setattr(webtables, "_MAX_TOKENS", 1_000)
    assert "过大" in refusal(docx(tmp_path / "a", "<w:p/>" * 2_000))
    assert "过大" in refusal(page(tmp_path / "b", "<a " * 2_000))


MEASURED = """
import resource, sys
from pathlib import Path
from apps.common.errors import Unreadable
from apps.common.spreadsheets import read_sheets, webtables, wordtables
from tests.common.test_hostile_tables import BOMBS
for name, (make, _) in BOMBS.items():
    try:
        read_sheets(make(Path(sys.argv[1]) / "file"), name="表")
    except Unreadable:
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(resource.getrusage(resource.RUSAGE_SELF).ru_utime)
"""


def test_no_refusal_takes_half_a_gibibyte(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path)],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    kibibytes = int(done.stdout.split()[0])
    assert kibibytes < 500 * 1024


@pytest.mark.parametrize("ending", ENDINGS)
def test_random_bytes_are_refused_under_every_ending(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"file.{ending}"
    # One bit in two is set, as in no file; the ending makes them differ.
    path.write_bytes(b"".join(sha512(f"{ending}{at}".encode()).digest() for at in range(300)))
    refusal(path)


def test_a_word_file_with_loops_or_cut_off_says_how_to_save_it(tmp_path: Path) -> None:
    whole = (KINDS / "labels_merged.doc").read_bytes()
    fat = 512 * (int.from_bytes(whole[0x4C:0x50], "little") + 1)
    looped = whole[:fat] + (1).to_bytes(4, "little") * 128 + whole[fat + 512 :]
    assert ".docx" in refusal(written(tmp_path / "a.doc", looped))
    assert re.search("docx|损坏", refusal(written(tmp_path / "b.doc", whole[: len(whole) // 2])))


def test_truncated_packages_are_refused(tmp_path: Path) -> None:
    whole = docx(tmp_path / "a", "<w:p/>" * 9).read_bytes()
    assert "损坏" in refusal(written(tmp_path / "b", whole[: len(whole) // 2]))


def test_control_and_bidirectional_characters_do_not_stop_a_text(tmp_path: Path) -> None:
    lines = "序号,重点任务,责任单位\n1,甲\x07乙\u202e丙" + "长" * 3_000 + ",丁局\n"
    [sheet] = read_sheets(written(tmp_path / "a.csv", lines.encode()), name="a.csv")
    assert sheet.rows[1][1].startswith("甲乙\u202e丙")


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from([b"", b"<table>", b"\xff\xfe", b"PK\x03\x04", b"<?xml", b"MIME-Version: 1"]),
    st.binary(max_size=400),
)
def test_no_bytes_raise_anything_but_a_sentence(tmp_path: Path, head: bytes, rest: bytes) -> None:
    path = written(tmp_path / "file", head + rest)
    with suppress(Unreadable):
        assert all(sheet.name for sheet in read_sheets(path, name="表"))


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(
    ["<table>", "</table>", "<tr>", "</tr>", "<td>", "<td colspan=3>", "<td rowspan='2'>", "</td>",
     "文",
     "<br>", "<!--", "-->", "<p>", "<del>", "</del>", "<div style=display:none>", "</div>", "<"]
), max_size=40))  # fmt: skip
def test_any_order_of_tags_is_read_or_refused(tmp_path: Path, tags: list[str]) -> None:
    path = page(tmp_path / "file", "".join(tags))
    try:
        sheets = read_sheets(path, name="表")
    except Unreadable:
        return
    assert all(len({len(cells) for cells in sheet.rows}) == 1 for sheet in sheets)


def test_a_part_beside_the_document_cannot_be_a_bomb_either(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", word_xml("<w:tbl/>"))
        archive.writestr("word/numbering.xml", "<n>" + "<a/>" * 9_000_000 + "</n>")
    assert "解压后过大" in refusal(path)
