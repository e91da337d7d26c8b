"""Writing a grid of known rows as a file of any kind the reader takes."""

from __future__ import annotations

import csv
from html import escape
from io import StringIO
from pathlib import Path
from xml.sax.saxutils import escape as xml_escape
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

from tests.tasks.known_layouts import Case, Grid, Merge

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
BOOK = "urn:schemas-microsoft-com:office:spreadsheet"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


def write(path: Path, case: Case) -> Path:
    """Write `case` to `path` in its kind; the ending of the name plays no part."""
    grid = square(case.grid)
    if case.kind == "xlsx":
        _workbook(path, grid, case.merges)
    elif case.kind in _SEPARATED:
        separator, encoding = _SEPARATED[case.kind]
        path.write_bytes(_separated(grid, separator).encode(encoding))
    elif case.kind == "html":
        path.write_text(web_page(grid, case.merges), encoding="utf-8")
    elif case.kind == "xml":
        path.write_text(_xml_book(grid, case.merges), encoding="utf-8")
    elif case.kind == "docx":
        save(path, {"word/document.xml": word_xml(word_table(grid, case.merges))})
    else:
        save(path, {"mimetype": ODS, "content.xml": ods_xml(ods_table(grid, case.merges))})
    return path


_SEPARATED = {
    "csv": (",", "utf-8-sig"),
    "tsv": ("\t", "utf-8"),
    "gb18030": (",", "gb18030"),
    "utf16": ("\t", "utf-16"),
}


def square(grid: Grid) -> list[list[str]]:
    width = max(len(row) for row in grid)
    return [
        ["" if value is None else str(value) for value in row] + [""] * (width - len(row))
        for row in grid
    ]


def save(path: Path, parts: dict[str, str]) -> Path:
    types = {} if "mimetype" in parts else {"[Content_Types].xml": f'<Types xmlns="{TYPES}"/>'}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, text in (parts | types).items():
            archive.writestr(name, text)
    return path


def _workbook(path: Path, grid: list[list[str]], merges: object) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row, values in enumerate(grid, 1):
        for column, value in enumerate(values, 1):
            if value:
                sheet.cell(row, column, int(value) if value.isdecimal() else value)
    for top, left, bottom, right in merges:  # type: ignore[attr-defined]
        sheet.merge_cells(
            start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1
        )
    book.save(path)


def _separated(grid: list[list[str]], separator: str) -> str:
    out = StringIO()
    csv.writer(out, delimiter=separator).writerows(grid)
    return out.getvalue()


def _spans(grid: list[list[str]], merges: object) -> list[list[tuple[str, int, int, bool, bool]]]:
    """Per cell: text, columns, rows, covered from above, covered from the left."""
    by_corner: dict[tuple[int, int], Merge] = {}
    under: dict[tuple[int, int], tuple[int, int]] = {}
    for merge in merges:  # type: ignore[attr-defined]
        top, left, bottom, right = merge
        by_corner[top, left] = merge
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) != (top, left):
                    under[row, column] = (top, left)
    rows = []
    for row, values in enumerate(grid):
        cells = []
        for column, text in enumerate(values):
            top, left, bottom, right = by_corner.get((row, column), (row, column, row, column))
            owner = under.get((row, column))
            above = owner is not None and owner[0] < row and owner[1] == column
            beside = owner is not None and not above
            if above and owner is not None:
                _, left, _, right = by_corner[owner]
            cells.append((text, right - left + 1, bottom - top + 1, above, beside))
        rows.append(cells)
    return rows


def web_page(grid: list[list[str]], merges: object) -> str:
    lines = ["<html><head><meta charset=utf-8><title>不读</title></head><body><table border=1>"]
    for cells in _spans(grid, merges):
        shown = [
            f"<td colspan={columns} rowspan={rows} style='x:y'><p>{escape(text)}</p></td>".replace(
                "\n", "<br>"
            )
            for text, columns, rows, above, beside in cells
            if not above and not beside
        ]
        lines.append(f"<tr>{''.join(shown)}</tr>")
    return "\n".join([*lines, "</table></body></html>"])


def word_table(grid: list[list[str]], merges: object) -> str:
    rows = []
    for cells in _spans(grid, merges):
        shown = []
        for text, columns, height, above, beside in cells:
            if beside:
                continue
            kind = "<w:vMerge/>" if above else '<w:vMerge w:val="restart"/>' if height > 1 else ""
            span = f'<w:gridSpan w:val="{columns}"/>' if columns > 1 else ""
            shown.append(f"<w:tc><w:tcPr>{span}{kind}</w:tcPr>{paragraphs(text)}</w:tc>")
        rows.append(f"<w:tr>{''.join(shown)}</w:tr>")
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def paragraphs(text: str) -> str:
    return "".join(
        f"<w:p><w:r><w:t>{xml_escape(line)}</w:t></w:r></w:p>" for line in text.split("\n")
    )


def word_xml(inner: str) -> str:
    return f'<w:document xmlns:w="{WORD}"><w:body>{inner}</w:body></w:document>'


def ods_table(grid: list[list[str]], merges: object, *, name: str = "表", more: str = "") -> str:
    rows = []
    for cells in _spans(grid, merges):
        shown = []
        for text, columns, height, above, beside in cells:
            tag = "covered-table-cell" if above or beside else "table-cell"
            spans = (
                f' table:number-columns-spanned="{columns}" table:number-rows-spanned="{height}"'
                if (columns > 1 or height > 1) and tag == "table-cell"
                else ""
            )
            lines = "".join(f"<text:p>{xml_escape(line)}</text:p>" for line in text.split("\n"))
            shown.append(f"<table:{tag}{spans}>{lines if text else ''}</table:{tag}>")
        rows.append(f"<table:table-row>{''.join(shown)}</table:table-row>")
    return f'<table:table table:name="{name}"{more}>{"".join(rows)}</table:table>'


def ods_xml(inner: str) -> str:
    return (
        f'<office:document-content xmlns:office="{OFFICE}" xmlns:table="{TABLE}" '
        f'xmlns:text="{TEXT}"><office:body><office:spreadsheet>{inner}'
        "</office:spreadsheet></office:body></office:document-content>"
    )


def _xml_book(grid: list[list[str]], merges: object) -> str:
    rows = []
    for cells in _spans(grid, merges):
        shown, at = [], 0
        for column, (text, columns, height, above, beside) in enumerate(cells):
            if above or beside or not (text or columns > 1 or height > 1):
                continue
            index = f' ss:Index="{column + 1}"' if column != at else ""
            across = f' ss:MergeAcross="{columns - 1}"' if columns > 1 else ""
            down = f' ss:MergeDown="{height - 1}"' if height > 1 else ""
            data = f'<Data ss:Type="String">{xml_escape(text)}</Data>' if text else ""
            shown.append(f"<Cell{index}{across}{down}>{data}</Cell>")
            at = column + columns
        rows.append(f"<Row>{''.join(shown)}</Row>")
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{BOOK}" xmlns:ss="{BOOK}">'
        f'<Worksheet ss:Name="表"><Table>{"".join(rows)}</Table></Worksheet></Workbook>'
    )
