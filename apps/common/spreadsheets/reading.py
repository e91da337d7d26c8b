"""Reading files of every kind into plain text sheets."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from email import message_from_bytes
from itertools import islice
from pathlib import Path
from typing import Any, cast
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

from apps.common.errors import Unreadable
from apps.common.spreadsheets.apart import ApartError, StoredSheet, Value, read_apart
from apps.common.spreadsheets.biff import BiffSheet, read_biff
from apps.common.spreadsheets.bookxml import read_xml_book
from apps.common.spreadsheets.celltext import CHINESE_DATE_FORMATS, value_text
from apps.common.spreadsheets.grid import Grid
from apps.common.spreadsheets.guard import (
    MAX_FILE_BYTES,
    MAX_UNZIPPED_BYTES,
    MEBIBYTE,
    damaged,
    has_password,
    kind_of,
    too_many_cells,
)
from apps.common.spreadsheets.model import Sheet
from apps.common.spreadsheets.olddoc import ConvertedDocument, OldDocumentError
from apps.common.spreadsheets.opendocument import read_opendocument
from apps.common.spreadsheets.scan import PartScan, scan_parts
from apps.common.spreadsheets.texttables import decoded, decoded_page, separated_sheet
from apps.common.spreadsheets.webtables import read_web_tables
from apps.common.spreadsheets.wordtables import read_word_tables

# From here on reading with number formats takes more than half a second.
_LARGE_CELLS = 50_000
_MAX_MAIL_PARTS = 1_000
_SHEET_NAME_CHARS = 31
# The name of what was not read from a file.
PASTED = "粘贴的表格"

logger = logging.getLogger(__name__)


def read_sheets(path: Path, *, name: str, most_unzipped: int = MAX_UNZIPPED_BYTES) -> list[Sheet]:
    """Every sheet of the file at `path`; `name` is what its owner calls it, for messages.

    Workbooks (.xlsx, .xlsm, .xls, .ods), text with separators, the tables of documents (.docx,
    .doc) and of web pages: which it is shows in the content, not in the ending. `most_unzipped`:
    bytes of a package when unpacked, for whoever knows that its files are small.

    Raises Unreadable, with one sentence naming the file, for whatever holds no table or too much.
    Macros and formulas are never run: a formula counts with the result saved beside it.
    """
    kind = kind_of(path, name, most_unzipped=most_unzipped)
    try:
        sheets = _READERS[kind](path, name)
    except Unreadable:
        raise
    except Exception as error:
        # A broken part makes the parsers raise nearly anything; the person needs one sentence.
        logger.info("unreadable file", exc_info=True)
        raise Unreadable(damaged(name)) from error
    if not sheets:
        raise Unreadable(f"文件“{name}”里没有表格，请检查是否选错了文件")
    return sheets


def read_pasted(*, html: str, text: str) -> list[Sheet]:
    """What was pasted into a box: the tables of `html`, else `text` as Excel copies cells.

    Raises Unreadable when neither holds a table.
    """
    if len(html) + len(text) > MAX_FILE_BYTES:
        raise Unreadable(f"粘贴的内容超过 {MAX_FILE_BYTES // MEBIBYTE} MB，请保存为文件后上传")
    sheets = read_web_tables(html, file=PASTED) if "<" in html else []
    if not sheets and text.strip():
        sheets = [separated_sheet(text.replace("\x00", ""), file=PASTED, name=PASTED)]
    if not sheets or not any(sheet.rows for sheet in sheets):
        raise Unreadable("粘贴的内容里没有表格，请在 Word、Excel 或网页中选中整个表格后复制")
    return sheets


def _read_text(path: Path, name: str) -> list[Sheet]:
    text = decoded(path.read_bytes(), name)
    return [separated_sheet(text, file=name, name=Path(name).stem[:_SHEET_NAME_CHARS] or "表")]


def _read_page(path: Path, name: str) -> list[Sheet]:
    return read_web_tables(decoded_page(path.read_bytes(), name), file=name)


def _read_mail(path: Path, name: str) -> list[Sheet]:
    """A page saved with its pictures in one file: the parts of a mail."""
    message = message_from_bytes(path.read_bytes())
    pages = [
        payload
        for part in islice(message.walk(), _MAX_MAIL_PARTS)
        if part.get_content_type() == "text/html"
        and isinstance(payload := part.get_payload(decode=True), bytes)
    ]
    return read_web_tables("\n".join(decoded_page(page, name) for page in pages), file=name)


def _read_xml_book(path: Path, name: str) -> list[Sheet]:
    return read_xml_book(path, file=name)


def _read_ods(path: Path, name: str) -> list[Sheet]:
    with ZipFile(path) as archive:
        return read_opendocument(archive, file=name)


def _read_docx(path: Path, name: str) -> list[Sheet]:
    with ZipFile(path) as archive:
        return read_word_tables(archive, file=name)


def _read_doc(path: Path, name: str) -> list[Sheet]:
    try:
        with ConvertedDocument(path) as archive:
            return read_word_tables(archive, file=name)
    except OldDocumentError as error:
        if error.reason == "password":
            raise Unreadable(has_password(name)) from error
        raise Unreadable(
            f"文件“{name}”是旧版 Word 文档，无法读取，请用 Word 或 WPS 另存为 .docx 后重新上传"
        ) from error


def _read_xlsx(path: Path, name: str) -> list[Sheet]:
    with path.open("rb") as file, warnings.catch_warnings():
        # openpyxl warns of parts it leaves out (validation, extensions): not text of a cell.
        warnings.simplefilter("ignore")
        with ZipFile(file) as archive:
            scans = scan_parts(archive, name)
        struck = any(scan.struck for scan in scans.values())
        if not struck and _is_large_and_plain(scans.values()):
            with suppress(ApartError):
                return [_stored_sheet(source, BiffSheet(), name) for source in read_apart(path)]
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        try:
            reader.read()
            targets = {sheet.name: rel.target for sheet, rel in reader.parser.find_sheets()}
            return [
                _xlsx_sheet(sheet, scans[targets[sheet.title]], name, struck=struck)
                for sheet in reader.wb.worksheets
            ]
        finally:
            reader.archive.close()


def _is_large_and_plain(scans: Collection[PartScan]) -> bool:
    """Whether the fast reader, which knows no number formats, gives the same text."""
    cells = sum(scan.cells for scan in scans)
    styled = [scan for scan in scans if scan.root == "styleSheet"]
    return (
        cells > _LARGE_CELLS
        and bool(styled)
        and all(scan.plain_formats for scan in styled)
        and not any(scan.unsaved or scan.special for scan in scans)
    )


def _xlsx_sheet(source: Worksheet, scan: PartScan, name: str, *, struck: bool) -> Sheet:
    grid = Grid(name, source.title)
    grid.hide(rows=scan.hidden_rows, columns=scan.hidden_columns)
    epoch = source.parent.epoch if source.parent is not None else WINDOWS_EPOCH
    if scan.last_row != 0:
        # The size written in the file may be wrong, and rows would be cut to it.
        cast("ReadOnlyWorksheet", source).reset_dimensions()
        for row in source.iter_rows(max_row=scan.last_row):
            if struck:
                _warn_of_struck(grid, row)
            grid.add(
                [
                    _number_text(cell, epoch)
                    if cell.value is not None and not isinstance(cell.value, str)
                    else value_text(cell.value)
                    for cell in row
                ]
            )
    for cell in scan.unsaved:
        grid.warn_unsaved(cell)
    return grid.sheet(scan.merges, hidden=source.sheet_state != "visible")


def _warn_of_struck(grid: Grid, row: Sequence[Any]) -> None:
    for cell in row:
        if cell.value is not None and cell.font.strike:
            grid.warn_struck(cell.coordinate)


def _number_text(cell: Any, epoch: datetime) -> str:
    """The text of a number or date, also in the date formats that only a Chinese Excel knows."""
    code = CHINESE_DATE_FORMATS.get(cell.style_array.numFmtId)
    if code is not None and isinstance(cell.value, int | float):
        return value_text(from_excel(cell.value, epoch), code)
    return value_text(cell.value, cell.number_format)


def _read_xls(path: Path, name: str) -> list[Sheet]:
    try:
        sources = read_apart(path)
    except ApartError as error:
        sentence = {"password": has_password, "cells": too_many_cells}.get(error.reason, damaged)
        raise Unreadable(sentence(name)) from error
    more = read_biff(path)
    if len(more) != len(sources):
        more = [BiffSheet() for _ in sources]
    return [_stored_sheet(*pair, name) for pair in zip(sources, more, strict=True)]


def _stored_sheet(source: StoredSheet, more: BiffSheet, name: str) -> Sheet:
    grid = Grid(name, source.name)
    grid.hide(rows=more.hidden_rows, columns=more.hidden_columns)
    for at, row in enumerate(source.rows):
        grid.add(
            [
                _dated(value, more.formats[at, column])
                if (at, column) in more.formats
                else value_text(value)
                for column, value in enumerate(row)
            ]
            if more.formats
            else [value_text(value) for value in row]
        )
    return grid.sheet(source.merges, hidden=source.hidden)


def _dated(value: Value, code: str) -> str:
    """A date as its format shows it; the reader gives it as ISO text or, unknown, as a number."""
    if isinstance(value, str):
        with suppress(ValueError):
            return value_text(datetime.fromisoformat(value), code)
        return value_text(value)
    with suppress(ValueError, OverflowError):
        return value_text(from_excel(value), code)
    return value_text(value)


_READERS: dict[str, Callable[[Path, str], list[Sheet]]] = {
    "xlsx": _read_xlsx,
    "xls": _read_xls,
    "ods": _read_ods,
    "docx": _read_docx,
    "doc": _read_doc,
    "html": _read_page,
    "mail": _read_mail,
    "xml": _read_xml_book,
    "text": _read_text,
}
