"""A first look through the XML of a workbook, in constant memory, before a parser sees it.

It refuses document types (entity bombs) and parts whose elements would fill the memory, and
learns what the streaming reader does not tell: merged ranges, formulas without a saved result,
and the last row with a value, so that a million formatted empty rows cost nothing.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from zipfile import ZipFile

from apps.common.errors import Unreadable
from apps.common.spreadsheets.guard import (
    MAX_CELLS,
    MEBIBYTE,
    too_big_inside,
    too_many_cells,
)
from apps.common.spreadsheets.model import MAX_ROW, Merge

MAX_COLUMN = 16_384
MAX_MERGES = 100_000
# A cell with an inline text takes three elements, opened and closed.
_MAX_TAGS = 6 * MAX_CELLS
# One row, one shared text, or what follows the last row: a parser holds it in memory at once.
_MAX_TAGS_AT_ONCE = 8 * MAX_COLUMN + MAX_MERGES
_MAX_OTHER_TAGS = 300_000
# Without a stated size the reader must go through the whole part to find one.
_MAX_UNSIZED_TAGS = 3_000_000

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ROOT = re.compile(rb"<(?:\w+:)?([A-Za-z]\w*)[\s/>]")
_BOUNDARY = re.compile(rb"<(?:\w+:)?(?:row|si)[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is|f)[\s>]")
_ROW = re.compile(rb"<(?:\w+:)?row(\s[^>]*)?>")
_ROW_NUMBER = re.compile(rb"""\sr=["'](\d+)["']""")
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row(\s[^>]*?\shidden=["'](?:1|true)["'][^>]*)>""")
_HIDDEN_COLUMN = re.compile(rb"""<(?:\w+:)?col(\s[^>]*?hidden=["'](?:1|true)["'][^>]*)>""")
_COLUMN_ENDS = re.compile(rb"""\s(?:min|max)=["'](\d{1,5})["']""")
_REFERENCE = rb"([A-Z]{1,3})(\d{1,7})"
_MERGE = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']""" + _REFERENCE + b":" + _REFERENCE + rb"""["']"""
)
_UNSAVED = re.compile(
    rb"<(?:\w+:)?c(\s[^>]*)>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_UNSAVED_CELL = re.compile(rb"""\sr=["']([A-Z]{1,3}\d{1,7})["']""")
_TEXT_RESULT = re.compile(rb"""\st=["']str["']""")
# Error values and escaped characters, which the two readers give differently.
_SPECIAL = re.compile(rb"""\st=["']e["']|_x[0-9A-Fa-f]{4}_""")
_STYLE = re.compile(rb"<(?:\w+:)?xf[\s/>]")
_FORMAT = re.compile(rb"""<(?:\w+:)?xf\s[^>]*?numFmtId=["'](\d+)["']""")
_PLAIN = frozenset({b"0", b"1", b"49"})
_XML_STARTS = (b"<", b"\xff\xfe", b"\xfe\xff", b"\x00<")


@dataclass(slots=True)
class PartScan:
    """What one XML part holds. `last_row` is 1-based: 0 without any value, None if unnumbered."""

    root: str = ""
    last_row: int | None = 0
    merges: list[Merge] = field(default_factory=list)
    unsaved: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    row: int | None = 0
    tags: int = 0
    tags_at_once: int = 0
    cells: int = 0
    sized: bool = False
    plain_formats: bool = False
    special: bool = False
    struck: bool = False


def scan_parts(archive: ZipFile, name: str) -> dict[str, PartScan]:
    """Scan every XML part of the workbook called `name`; raises Unreadable on the first bad one."""
    scans: dict[str, PartScan] = {}
    for part in archive.namelist():
        with archive.open(part) as stream:
            if stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_XML_STARTS):
                stream.seek(0)
                scans[part] = _scan(stream, name)
    return scans


def _scan(stream: IO[bytes], name: str) -> PartScan:
    scan = PartScan()
    for block in _blocks(stream, name):
        if b"<!DOCTYPE" in block or b"<!ENTITY" in block:
            raise Unreadable(f"文件“{name}”含有不允许的外部定义（DOCTYPE），未予读取")
        if not scan.root and (root := _ROOT.search(_COMMENT.sub(b"", block))):
            scan.root = root[1].decode("ascii", "replace")
        _count(scan, block, name)
        scan.special = scan.special or _SPECIAL.search(block) is not None
        if scan.root == "styleSheet":
            scan.plain_formats |= _has_plain_formats(block)
            scan.struck |= b"strike" in block
        if scan.root == "worksheet":
            _look_at_rows(scan, block, name)
            _look_at_cells(scan, block, name)
            _look_at_hidden(scan, block)
    return scan


def _has_plain_formats(block: bytes) -> bool:
    """Whether every cell style is General, whole number or text; not if that cannot be told."""
    before, _, styles = block.partition(b"cellXfs")
    styles, end, _ = styles.partition(b"cellXfs")
    formats = _FORMAT.findall(styles)
    return (
        bool(before and end)
        and len(formats) == len(_STYLE.findall(styles))
        and {*formats} <= _PLAIN
    )


def _blocks(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """The part in pieces of about a mebibyte, cut after a row where there is one, else at a tag."""
    carry = b""
    while chunk := stream.read(MEBIBYTE):
        if b"\x00" in chunk:
            # UTF-16 would slip past every search here; Excel and WPS write UTF-8.
            raise Unreadable(f"文件“{name}”的内部编码不受支持，请用 Excel 另存为 .xlsx 后重新上传")
        buffer = carry + chunk
        row_end = buffer.rfind(b"row>")
        cut = row_end + 4 if row_end >= 0 else buffer.rfind(b">") + 1
        carry = buffer[cut:]
        if len(carry) > 2 * MEBIBYTE:
            raise Unreadable(too_big_inside(name))
        yield buffer[:cut]
    yield carry


def _last(
    pattern: re.Pattern[bytes], block: bytes, end: int | None = None
) -> re.Match[bytes] | None:
    found = deque(pattern.finditer(block, 0, len(block) if end is None else end), maxlen=1)
    return found[0] if found else None


def _count(scan: PartScan, block: bytes, name: str) -> None:
    """Refuse what would fill the memory: too many elements in all, or before a parser lets go."""
    tags = block.count(b"<")
    boundary = _last(_BOUNDARY, block)
    scan.tags += tags
    scan.tags_at_once = block.count(b"<", boundary.end()) if boundary else scan.tags_at_once + tags
    streamed = scan.root in {"worksheet", "sst"}
    if scan.tags_at_once > (_MAX_TAGS_AT_ONCE if streamed else _MAX_OTHER_TAGS):
        raise Unreadable(too_big_inside(name))
    if scan.root == "sst" and scan.tags > _MAX_TAGS:
        raise Unreadable(too_big_inside(name))


def _look_at_rows(scan: PartScan, block: bytes, name: str) -> None:
    """Keep the number of the last row with a value; refuse what is too much up to there."""
    scan.cells += len(_CELL.findall(block))
    scan.sized = scan.sized or b"<dimension" in block or b":dimension" in block
    value = _last(_VALUE, block)
    if value:
        row = _last(_ROW, block, value.start())
        scan.last_row = _row_number(row) if row else scan.row
        if scan.cells > MAX_CELLS or scan.tags > _MAX_TAGS:
            raise Unreadable(too_many_cells(name))
    row = _last(_ROW, block)
    scan.row = _row_number(row) if row else scan.row
    if (scan.last_row or 0) > MAX_ROW or (scan.tags > _MAX_UNSIZED_TAGS and not scan.sized):
        raise Unreadable(too_big_inside(name))


def _row_number(row: re.Match[bytes]) -> int | None:
    number = _ROW_NUMBER.search(row[1] or b"")
    return int(number[1]) if number else None


def _look_at_hidden(scan: PartScan, block: bytes) -> None:
    """Rows and columns (0-based) that are hidden; what has no text is left out later."""
    if b"hidden" not in block:
        return
    for attributes in _HIDDEN_ROW.findall(block):
        number = _ROW_NUMBER.search(attributes)
        if number and len(scan.hidden_rows) < MAX_COLUMN:
            scan.hidden_rows.append(int(number[1]) - 1)
    for attributes in _HIDDEN_COLUMN.findall(block):
        ends = [int(end) for end in _COLUMN_ENDS.findall(attributes)]
        if len(ends) == len(("min", "max")) and len(scan.hidden_columns) < MAX_COLUMN:
            scan.hidden_columns += range(min(ends) - 1, min(max(ends), MAX_COLUMN))


def _look_at_cells(scan: PartScan, block: bytes, name: str) -> None:
    for attributes in _UNSAVED.findall(block):
        cell = _UNSAVED_CELL.search(attributes)
        if cell and not _TEXT_RESULT.search(attributes):
            scan.unsaved.append(cell[1].decode())
    if b"mergeCell" in block:
        scan.merges.extend(_merge(*match.groups()) for match in _MERGE.finditer(block))
    if len(scan.merges) > MAX_MERGES:
        raise Unreadable(f"文件“{name}”的合并单元格过多，请取消多余的合并后另存再上传")


def _merge(left: bytes, top: bytes, right: bytes, bottom: bytes) -> Merge:
    return int(top) - 1, _column(left), int(bottom) - 1, _column(right)


def _column(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - ord("A") + 1
    return index - 1
