"""What the fast reader leaves out of an .xls file: formats of dates, hidden rows and columns."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from apps.common.spreadsheets.celltext import CHINESE_DATE_FORMATS, is_date_format

# Record types of the workbook stream.
_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x0809, 0x000A, 0x002F, 0x0085
_FORMAT, _XF, _ROW, _COLINFO = 0x041E, 0x00E0, 0x0208, 0x007D
_NUMBER, _RK, _MULRK, _FORMULA = 0x0203, 0x027E, 0x00BD, 0x0006
_BIFF8 = 0x0600
_HIDDEN_ROW = 0x20
_MAX_COLUMN = 256
# Of the formats without a code of their own those that do not show the whole day.
_BUILT_IN = {16: "d-mmm", 17: "mmm-yy", **CHINESE_DATE_FORMATS}
_WORKBOOK = "Workbook"


@dataclass(slots=True)
class BiffSheet:
    """`formats`: (row, column) of cells whose format is a date's, with its code."""

    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)


def read_biff(path: Path) -> list[BiffSheet]:
    """One for each sheet in order; empty when the file is of an earlier kind or damaged."""
    # Imported here: most processes never read an .xls file.
    from doc2docx.cfb import CompoundFile  # noqa: PLC0415
    from doc2docx.errors import Doc2DocxError  # noqa: PLC0415

    try:
        stream = CompoundFile.from_path(path).open_stream(_WORKBOOK)
        return _sheets(bytes(stream))
    except (Doc2DocxError, struct.error, IndexError, UnicodeDecodeError):
        return []


def _records(stream: bytes, start: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """Place, type and content of each record."""
    at = start
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _sheets(stream: bytes) -> list[BiffSheet]:
    codes: dict[int, str] = dict(_BUILT_IN)
    styles: list[int] = []
    places: list[int] = []
    for at, kind, content in _records(stream):
        if kind == _BOF and at == 0 and struct.unpack_from("<H", content)[0] != _BIFF8:
            return []
        if kind == _FILEPASS:
            return []
        if kind == _BOUNDSHEET and content[5] == 0:
            places.append(struct.unpack_from("<I", content)[0])
        elif kind == _FORMAT:
            codes[struct.unpack_from("<H", content)[0]] = _string(content[2:])
        elif kind == _XF:
            styles.append(struct.unpack_from("<H", content, 2)[0])
        elif kind == _EOF:
            break
    dated = {
        style: codes[number]
        for style, number in enumerate(styles)
        if is_date_format(codes.get(number, ""))
    }
    return [_sheet(stream, place, dated) for place in places]


def _string(content: bytes) -> str:
    count, flags = struct.unpack_from("<HB", content)
    wide = flags & 1
    return content[3 : 3 + count * (2 if wide else 1)].decode("utf-16-le" if wide else "latin-1")


def _sheet(stream: bytes, place: int, dated: dict[int, str]) -> BiffSheet:
    sheet = BiffSheet()
    for _, kind, content in _records(stream, place):
        if kind == _EOF:
            break
        for row, column, style in _cells(kind, content):
            if style in dated:
                sheet.formats[row, column] = dated[style]
        if kind == _ROW and struct.unpack_from("<H", content, 12)[0] & _HIDDEN_ROW:
            sheet.hidden_rows.append(struct.unpack_from("<H", content)[0])
        elif kind == _COLINFO and struct.unpack_from("<H", content, 8)[0] & 1:
            first, last = struct.unpack_from("<HH", content)
            sheet.hidden_columns += range(first, min(last, _MAX_COLUMN - 1) + 1)
    return sheet


def _cells(kind: int, content: bytes) -> Iterator[tuple[int, int, int]]:
    """Row, column and style of the numbers in a record."""
    if kind in (_NUMBER, _RK, _FORMULA):
        row, column, style = struct.unpack_from("<HHH", content)
        yield row, column, style
    elif kind == _MULRK:
        row, first = struct.unpack_from("<HH", content)
        for at in range((len(content) - 6) // 6):
            yield row, first + at, struct.unpack_from("<H", content, 4 + 6 * at)[0]
