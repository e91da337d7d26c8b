"""Reading text with separators: .csv, .tsv, what Excel puts on the clipboard."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO

from apps.common.errors import Unreadable
from apps.common.spreadsheets.celltext import clean
from apps.common.spreadsheets.grid import Grid
from apps.common.spreadsheets.guard import MAX_CELLS, too_many_cells
from apps.common.spreadsheets.model import Sheet

_SEPARATORS = "\t,;|，"
_SAMPLE_CHARS = 200_000
_SAMPLE_RECORDS = 200
# What spreadsheet programs write so that a number stays text.
_AS_TEXT = re.compile(r'="((?:[^"]|"")*)"')
_APOSTROPHE = re.compile(r"'(?=[\d=+\-@])")
_NAMED_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_CHARSET = re.compile(rb"""charset\s*=\s*["']?([A-Za-z][\w-]{0,30})""")
_HEAD_BYTES = 8_192
_OLDER_CHINESE = frozenset({"gb2312", "gbk", "gb_2312-80", "cp936", "x-gbk"})
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(content: bytes, name: str) -> str:
    """The text of a file; raises Unreadable when no encoding fits."""
    marked = [code for mark, code in _BYTE_ORDER_MARKS if content.startswith(mark)]
    if not marked and b"\x00" in content:
        raise Unreadable(
            f"文件“{name}”含有文本中不应有的空字符，无法读取，请用 Excel 另存为 .xlsx 后重新上传"
        )
    for encoding in marked or ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(f"文件“{name}”的文字编码无法识别，请另存为 UTF-8 编码或 .xlsx 后重新上传")


def decoded_page(content: bytes, name: str) -> str:
    """The text of a web page, in the encoding that it states itself if that fits."""
    stated = _CHARSET.search(content[:_HEAD_BYTES])
    if stated and not content.startswith(tuple(mark for mark, _ in _BYTE_ORDER_MARKS)):
        encoding = stated[1].decode("ascii").lower()
        # gb18030 holds the older ones, and real pages use more of it than they state.
        encoding = "gb18030" if encoding in _OLDER_CHINESE else encoding
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            pass
    return decoded(content, name)


def separated_sheet(text: str, *, file: str, name: str) -> Sheet:
    """The records of `text` as one sheet called `name`; `file` is for messages."""
    named = _NAMED_SEPARATOR.match(text)
    separator = named[1] if named else _separator(text)
    if text.count(separator) > MAX_CELLS:
        raise Unreadable(too_many_cells(file))
    grid = Grid(file, name)
    try:
        for record in _records(text[named.end() :] if named else text, separator):
            grid.add([_cell(value) for value in record])
    except csv.Error as error:
        # csv's own limit of a field is four times that of a cell
        raise Unreadable(
            too_many_cells(file) if "line" in str(error) else _too_long(file)
        ) from error
    return grid.sheet((), hidden=False)


def _too_long(file: str) -> str:
    return f"文件“{file}”有一格文字过长，可能是引号没有配对，请检查后重新上传"


def _records(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(StringIO(text, newline=""), delimiter=separator)


def _cell(value: str) -> str:
    kept = _AS_TEXT.fullmatch(value.strip())
    if kept:
        return clean(kept[1].replace('""', '"'))
    return clean(_APOSTROPHE.sub("", value, count=1) if value.startswith("'") else value).strip(
        " \t"
    )


def _separator(text: str) -> str:
    """The separator that cuts most records into equally many fields."""
    best, most = ",", (0.0, 0)
    for candidate in _SEPARATORS:
        try:
            widths = _widths(text, candidate)
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
        share = round(count / len(widths), 1)
        if width > 1 and (share, width) > most:
            best, most = candidate, (share, width)
    return best


def _widths(text: str, separator: str) -> list[int]:
    widths: list[int] = []
    for record in _records(text[:_SAMPLE_CHARS], separator):
        if any(value.strip() for value in record):
            widths.append(len(record))
        if len(widths) == _SAMPLE_RECORDS:
            break
    return widths
