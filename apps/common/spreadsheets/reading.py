"""Reading .xlsx and .xls into plain text sheets."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import cast
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

from apps.common.errors import Unreadable
from apps.common.spreadsheets.apart import ApartError, StoredSheet, read_apart
from apps.common.spreadsheets.celltext import value_text
from apps.common.spreadsheets.grid import Grid
from apps.common.spreadsheets.guard import (
    MAX_UNZIPPED_BYTES,
    damaged,
    has_password,
    kind_of,
    too_many_cells,
)
from apps.common.spreadsheets.model import Sheet
from apps.common.spreadsheets.scan import PartScan, scan_parts

# From here on reading with number formats takes more than half a second.
_LARGE_CELLS = 50_000

logger = logging.getLogger(__name__)


def read_sheets(path: Path, *, name: str, most_unzipped: int = MAX_UNZIPPED_BYTES) -> list[Sheet]:
    """Every sheet of the workbook at `path`; `name` is what its owner calls it, for messages.

    `most_unzipped`: bytes of an .xlsx when unpacked, for whoever knows that its files are small.

    Raises Unreadable, with one sentence naming the file, for whatever is no workbook or too large.
    Macros and formulas are never run: a formula counts with the result saved beside it.
    """
    if kind_of(path, name, most_unzipped=most_unzipped) == "xls":
        return _read_xls(path, name)
    try:
        return _read_xlsx(path, name)
    except Unreadable:
        raise
    except Exception as error:
        # A broken part makes openpyxl raise nearly anything; the person needs one sentence.
        logger.info("unreadable workbook", exc_info=True)
        raise Unreadable(damaged(name)) from error


def _read_xlsx(path: Path, name: str) -> list[Sheet]:
    with path.open("rb") as file, warnings.catch_warnings():
        # openpyxl warns of parts it leaves out (validation, extensions): not text of a cell.
        warnings.simplefilter("ignore")
        with ZipFile(file) as archive:
            scans = scan_parts(archive, name)
        if _is_large_and_plain(scans.values()):
            with suppress(ApartError):
                return [_stored_sheet(source, name) for source in read_apart(path)]
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        try:
            reader.read()
            targets = {sheet.name: rel.target for sheet, rel in reader.parser.find_sheets()}
            return [
                _xlsx_sheet(sheet, scans[targets[sheet.title]], name)
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


def _xlsx_sheet(source: Worksheet, scan: PartScan, name: str) -> Sheet:
    grid = Grid(name, source.title)
    if scan.last_row != 0:
        # The size written in the file may be wrong, and rows would be cut to it.
        cast("ReadOnlyWorksheet", source).reset_dimensions()
        for row in source.iter_rows(max_row=scan.last_row):
            grid.add(
                [
                    value_text(cell.value, cell.number_format)
                    if cell.value is not None and not isinstance(cell.value, str)
                    else value_text(cell.value)
                    for cell in row
                ]
            )
    for cell in scan.unsaved:
        grid.warn(
            f"{cell} 单元格的公式没有保存计算结果，按空白读取；请在 Excel 中打开并保存后重新导入"
        )
    return grid.sheet(scan.merges, hidden=source.sheet_state != "visible")


def _read_xls(path: Path, name: str) -> list[Sheet]:
    try:
        sources = read_apart(path)
    except ApartError as error:
        sentence = {"password": has_password, "cells": too_many_cells}.get(error.reason, damaged)
        raise Unreadable(sentence(name)) from error
    return [_stored_sheet(source, name) for source in sources]


def _stored_sheet(source: StoredSheet, name: str) -> Sheet:
    grid = Grid(name, source.name)
    for row in source.rows:
        grid.add([value_text(value) for value in row])
    return grid.sheet(source.merges, hidden=source.hidden)
