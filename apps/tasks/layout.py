"""Recognising a 任务分工表 in a sheet, and writing the original table again from its parts.

Pure: sheets of text in, rows and sentences out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from apps.common.errors import Refused
from apps.common.spreadsheets import OutSheet, OutValue, Sheet
from apps.common.text import fold_tight
from apps.tasks.headers import Header, find_header
from apps.tasks.layout_types import (
    DEFAULT_ROLES,
    FIELDS,
    NUMBER,
    Column,
    Layout,
    Merge,
    OtherRow,
    Problem,
    SourceRow,
    TableReading,
)
from apps.tasks.problems import problem_at
from apps.tasks.source_rows import Found, read_rows

__all__ = [
    "DEFAULT_ROLES",
    "FIELDS",
    "Column",
    "Layout",
    "OtherRow",
    "Problem",
    "SourceRow",
    "TableReading",
    "read_table",
    "rebuild",
]

_LOOKED_FOR = (
    "表头须有“重点工作、重点任务、工作任务、工作措施”一类任务列，"
    "并有“序号、牵头部门、责任单位、配合单位、完成时限”中的至少一列"
)
# Above a table these lines are no title.
_NO_TITLE = re.compile(
    r"附[件表录]?[\d一二三四五六七八九十]*[:：]?|[(].*[)]|.*(?:单位|日期|时间)[:：].*"
)
_WARNED_CELL = re.compile(r"([A-Z]+)(\d+) ")
_WHOLE = re.compile(r"0|[1-9]\d{0,8}")


def read_table(
    sheets: Sequence[Sheet], *, sheet_name: str | None = None, layout: Layout | None = None
) -> TableReading:
    """The rows of the 任务分工表 in a workbook, each error and doubt with its place.

    `layout` is what an earlier import of the same plan kept, or a person corrected: its fields
    count for columns with the same headers. Raises Refused when no table is found, the named
    sheet is missing, or nothing stands below the header.
    """
    sheet, header, also = _choose(_candidates(sheets, sheet_name, layout), layout)
    found = read_rows(sheet, header)
    if not found.rows and not found.errors:
        raise Refused(
            f"工作表“{sheet.name}”第{header.rows[-1]}行是表头，但下面没有任务行，请检查文件内容"
        )
    doubts = [*_sheet_doubts(sheet, header, found, also), *found.warnings]
    return TableReading(
        layout=_layout(sheet, header, found),
        rows=tuple(found.rows),
        errors=tuple(sorted(found.errors, key=_place)),
        warnings=tuple(sorted(doubts, key=_place)),
    )


def _place(problem: Problem) -> int:
    return problem.row


def _candidates(
    sheets: Sequence[Sheet], sheet_name: str | None, layout: Layout | None
) -> Sequence[Sheet]:
    if sheet_name is not None:
        named = [sheet for sheet in sheets if sheet.name == sheet_name]
        if not named:
            names = "、".join(f"“{sheet.name}”" for sheet in sheets)
            raise Refused(f"文件中没有名为“{sheet_name}”的工作表，现有工作表：{names}")
        return named
    kept = [sheet for sheet in sheets if layout is not None and sheet.name == layout.sheet]
    # A hidden sheet is looked at only when no visible one has a table.
    return kept or sorted(sheets, key=lambda sheet: sheet.hidden)


def _choose(
    sheets: Sequence[Sheet], layout: Layout | None
) -> tuple[Sheet, Header, Sequence[Sheet]]:
    """The sheet with the fullest header, and the others that are as full."""
    headers = [(sheet, header) for sheet in sheets if (header := find_header(sheet, layout))]
    visible = [(sheet, header) for sheet, header in headers if not sheet.hidden]
    candidates = visible or headers
    if not candidates:
        names = "、".join(f"“{sheet.name}”" for sheet in sheets) or "（无）"
        raise Refused(f"在工作表{names}中没有找到任务分工表：{_LOOKED_FOR}")
    best = max(header.score for _, header in candidates)
    equal = [(sheet, header) for sheet, header in candidates if header.score == best]
    sheet, header = equal[0]
    return sheet, header, [other for other, _ in equal[1:]]


def _sheet_doubts(
    sheet: Sheet, header: Header, found: Found, also: Sequence[Sheet]
) -> Iterable[Problem]:
    top = header.rows[0] - 1
    if also:
        names = "、".join(f"“{other.name}”" for other in also)
        message = (
            f"工作表{names}也像任务分工表，本次只读取“{sheet.name}”；如需读取其他表请指明工作表"
        )
        yield problem_at((), top, 0, message)
    if sheet.hidden:
        message = f"工作表“{sheet.name}”是隐藏的，请确认确需导入"
        yield problem_at((), top, 0, message)
    for sentence in sheet.warnings:
        cell = _WARNED_CELL.match(sentence)
        assert cell is not None, "a sheet's warning begins with its cell"
        column = _column_index(cell[1])
        yield problem_at(found.columns, int(cell[2]) - 1, column, sentence)


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _layout(sheet: Sheet, header: Header, found: Found) -> Layout:
    top, bottom = header.rows[0] - 1, header.rows[-1]
    footers = {other.row for other in found.others if other.kind == "footer"}
    last = max(row for row in range(bottom, len(sheet.rows) + 1) if row not in footers)
    return Layout(
        sheet=sheet.name,
        header_rows=header.rows,
        columns=found.columns,
        first_row=bottom + 1,
        last_row=max(last, bottom + 1),
        title_rows=sheet.rows[:top],
        title=_title(sheet.rows[:top]),
        header_cells=sheet.rows[top:bottom],
        merges=sheet.merges,
        others=tuple(found.others),
    )


def _title(rows: Sequence[Sequence[str]]) -> str:
    for row in rows:
        for text in row:
            folded = fold_tight(text)
            if folded and not _NO_TITLE.fullmatch(folded):
                return " ".join(text.split())
    return ""


def rebuild(layout: Layout, rows: Iterable[tuple[int | None, Sequence[str]]]) -> OutSheet:
    """The original table again: titles, header, each row's cells in order, merges, sections, notes.

    `rows` are (sheet row, cells) as read; a row without a number of its own comes after the last
    task. Where rows are gone the ones below move up, and merges shrink with them.
    """
    known: list[tuple[int, Sequence[str]]] = []
    added: list[Sequence[str]] = []
    for row, cells in rows:
        if row is None:
            added.append(cells)
        else:
            known.append((row, cells))
    last = max((row for row, _ in known), default=layout.last_row)
    body = sorted(
        [*known, *((other.row, other.cells) for other in layout.others)], key=lambda item: item[0]
    )
    before = [item for item in body if item[0] <= last]
    after = [item for item in body if item[0] > last]
    top = len(layout.title_rows) + len(layout.header_rows)
    places = {row: row for row in range(1, top + 1)}
    places.update((row, top + at) for at, (row, _) in enumerate(before, 1))
    places.update(
        (row, top + len(before) + len(added) + at) for at, (row, _) in enumerate(after, 1)
    )
    headers = layout.header_cells or (tuple(column.header for column in layout.columns),)
    number = next((column.index for column in layout.columns_of(NUMBER)), None)
    ordered = [cells for _, cells in before] + added + [cells for _, cells in after]
    return OutSheet(
        name=layout.sheet,
        title_rows=layout.title_rows,
        upper_headers=headers[:-1],
        headers=headers[-1],
        rows=[_values(cells, number) for cells in ordered],
        merges=_moved(layout.merges, places),
    )


def _values(cells: Sequence[str], number: int | None) -> list[OutValue]:
    """Whole numbers of the number column are written as numbers, as in the original."""
    return [
        int(text) if index == number and _WHOLE.fullmatch(text) else text
        for index, text in enumerate(cells)
    ]


def _moved(merges: Sequence[Merge], places: Mapping[int, int]) -> list[Merge]:
    moved = []
    for top, left, bottom, right in merges:
        rows = [places[row] - 1 for row in range(top + 1, bottom + 2) if row in places]
        if rows and (rows[0], left) != (rows[-1], right):
            moved.append((rows[0], left, rows[-1], right))
    return moved
