"""Tables come in from workbooks, documents, web pages, text and the clipboard alike."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from apps.common.errors import Unreadable
from apps.common.spreadsheets import Sheet, read_pasted, read_sheets
from tests.tasks.layout_files import ods_table, ods_xml, paragraphs, save, word_table, word_xml

KINDS = Path(__file__).parents[1] / "data" / "kinds"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
HEAD = ("序号", "重点任务", "责任单位")


def docx(path: Path, inner: str, **more: str) -> list[Sheet]:
    parts = {"word/document.xml": word_xml(inner)} | {
        f"word/{name}.xml": text for name, text in more.items()
    }
    return read_sheets(save(path / "表.docx", parts), name="表.docx")


def ods(path: Path, inner: str) -> list[Sheet]:
    return read_sheets(
        save(path / "表.ods", {"mimetype": ODS, "content.xml": ods_xml(inner)}), name="表.ods"
    )


def text(path: Path, content: bytes) -> Sheet:
    (path / "表.txt").write_bytes(content)
    [sheet] = read_sheets(path / "表.txt", name="表.txt")
    return sheet


# --- Word ----------------------------------------------------------------------------------------


def test_a_table_goes_on_over_pages_and_its_notes_belong_to_it(tmp_path: Path) -> None:
    first = word_table([list(HEAD), ["1", "甲", "乙局"]], ())
    again = word_table([list(HEAD), ["2", "丙", "丁局"]], ())
    more = word_table([["3", "戊", "己局"]], ())
    inner = (
        paragraphs("附件\n分工表")
        + first
        + paragraphs("（续表）")
        + again
        + paragraphs("")
        + more
        + paragraphs("注：略")
    )
    [sheet] = docx(tmp_path, inner)
    assert [row[0] for row in sheet.rows] == [
        *("附件", "分工表", "序号", "1", "序号", "2", "3", "注：略"),
    ]
    assert sheet.merges == ((0, 0, 0, 2), (1, 0, 1, 2), (7, 0, 7, 2))


def test_headings_between_equal_tables_become_rows_of_one_table(tmp_path: Path) -> None:
    parts = [word_table([list(HEAD), [str(at), "甲", "乙局"]], ()) for at in (1, 2)]
    [sheet] = docx(tmp_path, parts[0] + paragraphs("二、产业") + parts[1])
    assert [row[0] for row in sheet.rows] == ["序号", "1", "二、产业", "序号", "2"]
    assert sheet.merges == ((2, 0, 2, 2),)


def test_other_tables_of_a_document_are_sheets_of_their_own(tmp_path: Path) -> None:
    one = word_table([["指标", "数值"], ["甲", "1"]], ())
    two = word_table([list(HEAD), ["1", "甲", "乙局"]], ())
    sheets = docx(tmp_path, one + paragraphs("附件2：分工表") + two)
    assert [(sheet.name, sheet.rows[0][0]) for sheet in sheets] == [
        ("表1", "指标"),
        ("表2", "附件2：分工表"),
    ]


def test_of_tracked_changes_the_new_text_counts(tmp_path: Path) -> None:
    cell = (
        "<w:tc><w:p><w:r><w:t>前</w:t></w:r>"
        "<w:del><w:r><w:delText>旧</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>移走</w:t></w:r></w:moveFrom>"
        "<w:ins><w:r><w:t>新</w:t></w:r></w:ins><w:r><w:br/><w:t>后</w:t></w:r></w:p></w:tc>"
    )
    gone = f"<w:tr><w:trPr><w:del/></w:trPr>{cell}</w:tr>"
    marked = f"<w:tr><w:trPr><w:ins/></w:trPr>{cell}</w:tr>"
    [sheet] = docx(tmp_path, f"<w:tbl>{gone}{marked}</w:tbl>")
    assert sheet.rows == (("前新\n后",),)


def test_a_table_inside_a_cell_is_read_with_it_and_by_itself(tmp_path: Path) -> None:
    inner = word_table([["子项", "单位"], ["甲", "乙局"]], ())
    outer = f"<w:tbl><w:tr><w:tc>{paragraphs('外')}{inner}<w:p/></w:tc></w:tr></w:tbl>"
    sheets = docx(tmp_path, outer)
    assert [sheet.rows for sheet in sheets] == [
        (("子项", "单位"), ("甲", "乙局")),
        (("外\n子项 单位\n甲 乙局",),),
    ]


def test_numbers_that_word_counts_itself_are_written_out(tmp_path: Path) -> None:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    levels = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
        '<w:lvlText w:val="（%1）"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>'
    )
    numbering = (
        f'<w:numbering {space}><w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>'
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
    )
    rows = [(0, ""), (1, "甲"), (1, ""), (0, "乙"), (1, "丙")]
    inner = "".join(
        f'<w:tr><w:tc><w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="3"/>'
        f"</w:numPr></w:pPr><w:r><w:t>{words}</w:t></w:r></w:p></w:tc></w:tr>"
        for level, words in rows
    )
    [sheet] = docx(tmp_path, f"<w:tbl>{inner}</w:tbl>", numbering=numbering)
    assert [row[0] for row in sheet.rows] == ["（一）", "1.甲", "2.", "（二）乙", "1.丙"]


def test_an_old_word_file_gives_its_merged_cells() -> None:
    [sheet] = read_sheets(KINDS / "labels_merged.doc", name="旧.wps")
    assert sheet.rows[1][0] == "重点任务分工表"
    assert sheet.rows[3][:3] == ("一、科技创新", "平台建设", "1")
    assert (3, 0, 5, 0) in sheet.merges
    assert (2, 0, 2, 2) in sheet.merges


# --- OpenDocument, .xls, dates -------------------------------------------------------------------


def test_opendocument_texts_are_read_as_shown(tmp_path: Path) -> None:
    cells = (
        '<table:table-cell table:number-columns-repeated="2"/>'
        "<table:table-cell><office:annotation><text:p>批注</text:p></office:annotation>"
        '<text:p>甲<text:s text:c="2"/>乙<text:line-break/><text:span>丙</text:span></text:p>'
        "<text:p>丁</text:p></table:table-cell>"
        '<table:table-cell office:date-value="2021-12-05"><text:p>2021年12月</text:p>'
        "</table:table-cell>"
        '<table:table-cell office:date-value="2021-12-05T00:00:00"><text:p>12/05/21</text:p>'
        "</table:table-cell>"
    )
    inner = (
        '<table:table table:name="一"><table:table-row table:visibility="collapse">'
        f'{cells}</table:table-row><table:table-row table:number-rows-repeated="1048575">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
    )
    [sheet] = ods(tmp_path, inner)
    assert sheet.rows == (("", "", "甲  乙\n丙\n丁", "2021年12月", "2021-12-05"),)
    assert sheet.warnings == ("A1 第1行是隐藏的，已照常读取，请核对",)


def test_an_opendocument_formula_without_a_result_is_said(tmp_path: Path) -> None:
    [sheet] = ods(
        tmp_path,
        ods_table([["甲"]], ()).replace(
            "</table:table-row>", '<table:table-cell table:formula="of:=1"/></table:table-row>'
        ),
    )
    assert [warning.split()[0] for warning in sheet.warnings] == ["B1"]


def test_dates_of_an_xls_are_read_as_their_format_shows_them() -> None:
    sheet, hidden = read_sheets(KINDS / "month_dates.xls", name="表.xls")
    assert [row[3] for row in sheet.rows[1:9]] == [
        *("2021-12-05", "2021年12月", "2021年", "12月"),
        *("2021年12月", "2021-12-05", "2021年12月", "2022"),
    ]
    assert [warning.split()[0] for warning in sheet.warnings] == ["A4", "C1"]
    assert hidden.hidden


def test_date_formats_that_only_a_chinese_excel_knows_are_dates(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page["A1"] = 44_531
    page["A1"].number_format = "0.000"
    page["A2"] = date(2021, 12, 1)
    book.save(tmp_path / "表.xlsx")
    # The library cannot write such a style: the style of A1 gets the number of one.
    from zipfile import ZipFile  # noqa: PLC0415

    with ZipFile(tmp_path / "表.xlsx") as old, ZipFile(tmp_path / "二.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/styles.xml":
                content = content.replace(b'numFmtId="164" fontId', b'numFmtId="57" fontId')
            new.writestr(name, content)
    [sheet] = read_sheets(tmp_path / "二.xlsx", name="二.xlsx")
    assert [row[0] for row in sheet.rows] == ["2021年12月", "2021-12-01"]


def test_hidden_rows_and_columns_are_read_and_said(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in range(1, 6):
        page.append([row, "甲", None])
    for row in (2, 3, 5, 9):
        page.row_dimensions[row].hidden = True
    for letter in ("B", "C"):
        page.column_dimensions[letter].hidden = True
    book.save(tmp_path / "表.xlsx")
    [sheet] = read_sheets(tmp_path / "表.xlsx", name="表.xlsx")
    assert [warning.partition("是")[0] for warning in sheet.warnings] == [
        *("A2 第2—3行", "A5 第5行", "B1 B列"),
    ]


# --- text ----------------------------------------------------------------------------------------

RECORDS = '序号,重点任务,责任单位\r\n1,"建设""中心""，\n推进",甲局\r\n="02",\'=1+1,乙局\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_separated_text_is_read_in_any_encoding(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    sheet = text(tmp_path, RECORDS.replace(",", separator).encode(encoding))
    assert sheet.rows == (
        HEAD,
        ("1", '建设"中心"，\n推进', "甲局"),
        ("02", "=1+1", "乙局"),
    )
    assert sheet.name == "表"


def test_commas_inside_texts_do_not_part_tabbed_columns(tmp_path: Path) -> None:
    sheet = text(tmp_path, "标题\n序号\t重点任务\n1\ta,b,c\n2\td,e\n".encode())
    assert sheet.rows[2:] == (("1", "a,b,c"), ("2", "d,e"))


# --- web pages and the clipboard -----------------------------------------------------------------

PAGE = (
    "<html><head><style>td{}</style><title>不读</title></head><body><h2>分工表</h2><!-- <td>x -->"
    "<table><tr><th>序号<th>重点\r\n任务<th>责任单位</tr>"
    "<tr style='display:none'><td>9</td></tr>"
    "<tr><td rowspan=2>1</td><td>建设&nbsp;&ldquo;中心&rdquo;<br>推进<del>旧</del></td><td>甲局"
    "<tr><td>验收</td><td>乙局</td></tr></table><p>注：略</p></body></html>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312"])
def test_a_web_page_named_as_a_workbook_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "表.xls"
    page = PAGE.replace("<head>", f"<head><meta charset={encoding}>")
    path.write_bytes(page.encode(encoding))
    [sheet] = read_sheets(path, name="表.xls")
    assert sheet.rows == (
        ("分工表", "", ""),
        HEAD,
        ("1", "建设 “中心”\n推进", "甲局"),
        ("", "验收", "乙局"),
        ("注：略", "", ""),
    )
    assert sheet.merges == ((0, 0, 0, 2), (2, 0, 3, 0), (4, 0, 4, 2))


def test_a_page_saved_in_one_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "表.mht"
    path.write_text(f"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n{PAGE}")
    assert read_sheets(path, name="表.mht")[0].rows[1] == HEAD


def test_what_is_pasted_is_a_table_of_the_page_or_tabbed_text() -> None:
    [sheet] = read_pasted(html=PAGE, text="序号")
    assert sheet.rows[1] == HEAD
    [sheet] = read_pasted(html="<p>无表格</p>", text='序号\t重点任务\n1\t"甲\n乙"\n')
    assert (sheet.name, sheet.rows) == ("粘贴的表格", (("序号", "重点任务"), ("1", "甲\n乙")))
    for html, words in (("", ""), ("<p>无</p>", " \n")):
        with pytest.raises(Unreadable, match="没有表格"):
            read_pasted(html=html, text=words)
