"""Files that are no workbook, or mean harm, end in one Chinese sentence (quality.md §3)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from apps.common.errors import Unreadable
from apps.common.spreadsheets import MAX_CELL_CHARS, Sheet, read_sheets

TABLES = Path(__file__).parents[1] / "data" / "tables"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
SIZE = '<dimension ref="A1:B2"/>'
MEBIBYTE = 1024 * 1024


def parts(sheet: str, *, prolog: str = "") -> dict[str, str]:
    """The parts of a small workbook around the inner XML of its only sheet."""
    return {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}"/></Types>'
        ),
        "xl/_rels/workbook.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
            "</Relationships>"
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
            '<sheet name="表" sheetId="1" r:id="r1"/></sheets></workbook>'
        ),
        "xl/worksheets/sheet1.xml": f'{prolog}<worksheet xmlns="{MAIN}">{sheet}</worksheet>',
    }


def save(path: Path, contents: dict[str, str]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
    return path


def rows(numbers: Iterable[int], cells: str = "") -> str:
    return "".join(f'<row r="{number}">{cells.format(r=number)}</row>' for number in numbers)


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        read_sheets(path, name="分工表.xlsx")
    [sentence] = caught.value.reasons
    assert "文件“分工表.xlsx”" in sentence
    return sentence


def read_one(path: Path) -> Sheet:
    [sheet] = read_sheets(path, name=path.name)
    return sheet


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "是空的"),
        (b"<html><p>1</p></html>", "没有表格"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "图片"),
        (b"\x00\x01\x02\x03" * 50, "无法识别"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(64), "早期版本"),
        (b"PK\x03\x04" + bytes(40), "损坏"),
    ],
)
def test_what_is_no_workbook_is_refused_by_its_content(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)
    assert words in refusal(path)


@pytest.mark.parametrize(
    ("entry", "words"),
    [("word/document.xml", "没有表格"), ("xl/workbook.bin", "xlsb"), ("a.txt", "压缩包")],
)
def test_other_packages_are_named(tmp_path: Path, entry: str, words: str) -> None:
    assert words in refusal(save(tmp_path / "file.xlsx", {entry: "<a/>"}))


@pytest.mark.parametrize(
    ("stream", "words"),
    [("EncryptedPackage", "密码"), ("WordDocument", "Word"), ("Nothing", "Office")],
)
def test_other_compound_files_are_named(tmp_path: Path, stream: str, words: str) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le"))
    assert words in refusal(path)


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    for name in ("guangdong_2017_45.xlsx", "guangdong_2017_45.xls"):
        whole = (TABLES / name).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        assert "损坏" in refusal(path)


def test_a_damaged_part_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "file.xlsx", parts("<sheetData><row r='1'><c r='A1'><v>x</v></c></row>"))
    assert "损坏" in refusal(path)


def test_an_archive_of_a_later_kind_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "file.xlsx", parts("<sheetData/>"))
    entry = b"PK\x01\x02\x14\x03"
    path.write_bytes(path.read_bytes().replace(entry + b"\x14", entry + b"\x63"))
    assert "损坏" in refusal(path)


def test_a_file_above_the_size_limit_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with path.open("wb") as file:
        file.truncate(21 * MEBIBYTE)
    assert "21 MB" in refusal(path)


def test_a_zip_bomb_is_refused_before_it_is_unzipped(tmp_path: Path) -> None:
    contents = parts(f"{SIZE}<sheetData/>") | {"xl/media/a.bin": "0" * (40 * MEBIBYTE)}
    assert "解压后过大" in refusal(save(tmp_path / "file.xlsx", contents))


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    contents = parts("<sheetData/>") | {f"xl/a{number}.xml": "" for number in range(5_001)}
    assert "解压后过大" in refusal(save(tmp_path / "file.xlsx", contents))


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/other.dat"])
def test_an_entity_bomb_is_refused(tmp_path: Path, part: str) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    contents = parts(f"{SIZE}<sheetData>{rows([1], text_cell('A{r}', '&b;'))}</sheetData>")
    contents[part] = bomb + contents.get(part, "<a/>")
    assert "DOCTYPE" in refusal(save(tmp_path / "file.xlsx", contents))


def test_a_hidden_encoding_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "file.xlsx", parts("<sheetData/>"))
    with ZipFile(path, "a") as archive:
        archive.writestr("xl/styles.xml", "<!DOCTYPE a><styleSheet/>".encode("utf-16"))
    assert "编码" in refusal(path)


def test_half_a_million_formatted_empty_rows_are_passed_over(tmp_path: Path) -> None:
    body = rows([1], text_cell("A{r}", "重点工作")) + "".join(
        f'<row r="{number}" s="1"><c r="A{number}" s="1"/></row>' for number in range(2, 500_000)
    )
    path = save(tmp_path / "file.xlsx", parts(f"{SIZE}<sheetData>{body}</sheetData>"))
    assert read_one(path).rows == (("重点工作",),)


def test_two_far_cells_are_too_large_a_table(tmp_path: Path) -> None:
    body = rows([1], text_cell("XFD{r}", "a")) + rows([1_000_000], text_cell("A{r}", "b"))
    path = save(tmp_path / "file.xlsx", parts(f"{SIZE}<sheetData>{body}</sheetData>"))
    assert "200 万个" in refusal(path)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (rows([2_000_000_000], text_cell("A1", "a")), "过大"),
        (rows([1], "<c/>" * 300_000 + "<c><v>1</v></c>"), "过大"),
        (rows(range(1, 40), "<c/>" * 60_000 + "<c><v>1</v></c>"), "200 万个"),
        (rows([1], text_cell("A1", "长" * (MAX_CELL_CHARS + 1))), "A1 单元格超过"),
        ("a" * (4 * MEBIBYTE), "过大"),
    ],
)
def test_sheets_that_would_fill_the_memory_are_refused(
    tmp_path: Path, body: str, words: str
) -> None:
    path = save(tmp_path / "file.xlsx", parts(f"{SIZE}<sheetData>{body}</sheetData>"))
    assert words in refusal(path)


def test_elements_without_end_are_refused(tmp_path: Path) -> None:
    styles = "".join(f"<xf a='{number}'/>" for number in range(300_001))
    contents = parts("<sheetData/>") | {"xl/styles.xml": f"<styleSheet>{styles}</styleSheet>"}
    assert "过大" in refusal(save(tmp_path / "file.xlsx", contents))


def test_overlapping_merges_are_refused(tmp_path: Path) -> None:
    body = rows([1, 2], text_cell("A{r}", "a") + text_cell("B{r}", "b"))
    merges = '<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="B1:B2"/></mergeCells>'
    path = save(tmp_path / "file.xlsx", parts(f"{SIZE}<sheetData>{body}</sheetData>{merges}"))
    assert "重叠" in refusal(path)


def test_a_prefix_and_rows_without_numbers_are_read(tmp_path: Path) -> None:
    contents = parts("")
    contents["xl/worksheets/sheet1.xml"] = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>'
        '<x:row><x:c t="inlineStr"><x:is><x:t>序号</x:t></x:is></x:c></x:row>'
        "<x:row><x:c><x:v>1</x:v></x:c></x:row><x:row><x:c><x:f>1+1</x:f></x:c></x:row>"
        "<x:row><x:c r='A4'><x:f>1+1</x:f></x:c></x:row>"
        "</x:sheetData><x:mergeCells><x:mergeCell ref='A1:A2'/></x:mergeCells></x:worksheet>"
    )
    sheet = read_one(save(tmp_path / "file.xlsx", contents))
    assert sheet.rows == (("序号",), ("",))
    assert sheet.merges == ((0, 0, 1, 0),)
    assert [warning.split(" ")[0] for warning in sheet.warnings] == ["A4"]


def test_an_xls_with_one_far_cell_is_refused_without_taking_the_memory(tmp_path: Path) -> None:
    content = bytearray((TABLES / "guangdong_2017_45.xls").read_bytes())
    label = struct.pack("<HHHH", 0x00FD, 10, 45, 3)
    struct.pack_into("<HH", content, content.index(label) + 4, 65_535, 255)
    path = tmp_path / "file.xls"
    path.write_bytes(content)
    assert "200 万个" in refusal(path)
