"""Recognising a 任务分工表 in a sheet; `rebuilding` writes it again.

Pure: sheets of text in, rows and sentences out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from apps.agencies.parties import read_parties
from apps.common.errors import Refused
from apps.common.spreadsheets import Sheet
from apps.common.text import fold_tight
from apps.tasks.decisions import Decisions
from apps.tasks.header_words import explains_roles
from apps.tasks.headers import Header, find_header, header_at
from apps.tasks.layout_types import (
    DEFAULT_ROLES,
    FIELDS,
    Column,
    Layout,
    OtherRow,
    Problem,
    SheetSeen,
    SourceRow,
    TableReading,
)
from apps.tasks.problems import problem_at
from apps.tasks.side_by_side import one_below_the_other
from apps.tasks.source_rows import Found, read_rows

__all__ = [
    "DEFAULT_ROLES",
    "FIELDS",
    "Column",
    "Decisions",
    "Layout",
    "OtherRow",
    "Problem",
    "SheetSeen",
    "SourceRow",
    "TableReading",
    "read_table",
]

_LOOKED_FOR = (
    "表头须有“重点工作、重点任务、工作任务、工作措施”一类任务列，"
    "并有“序号、牵头部门、责任单位、配合单位、完成时限”中的至少一列"
)
# Above a table these lines are no title.
_NO_TITLE = re.compile(
    r"附[件表录]?[\d一二三四五六七八九十]*[:：]?|[(].*[)]|.*(?:单位|日期|时间)[:：].*"
)
_MAY_RULE = re.compile("牵头|主责|主办|落实|负责")
# From so many recognised columns on another sheet is worth naming.
_ALIKE = 3
NOTHING_DECIDED = Decisions()
_WARNED_CELL = re.compile(r"([A-Z]+)(\d+) ")


def read_table(
    sheets: Sequence[Sheet],
    *,
    layout: Layout | None = None,
    sheet_name: str | None = None,
    decisions: Decisions = NOTHING_DECIDED,
) -> TableReading:
    """The rows of the 任务分工表 in a workbook, each error and doubt with its place.

    `layout` is what an earlier import of the same plan kept: its fields count for columns with the
    same headers. `decisions` are a person's and count before it. Raises Refused when no table is
    found, the named sheet is missing, or nothing stands below the header.
    """
    wanted = decisions.sheet or sheet_name
    candidates = _candidates(sheets, wanted, layout)
    if decisions.header_rows and len(candidates) > 1:
        candidates = [_likeliest(candidates, layout, decisions)]
    sheet, header, also = _choose(candidates, layout, decisions)
    if (unfolded := one_below_the_other(sheet, header)) is not None:
        sheet = unfolded
        header = header_at(sheet, header.rows[0] - 1, header.rows[-1] - 1, layout, decisions)
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
        rules=tuple(_rules(sheet, header, found)),
        sheets=tuple(_seen(one) for one in sheets),
    )


def _place(problem: Problem) -> int:
    return problem.row


def _seen(sheet: Sheet) -> SheetSeen:
    rows = sum(1 for row in sheet.rows if any(text.strip() for text in row))
    return SheetSeen(sheet.name, sheet.hidden, rows, is_table=find_header(sheet) is not None)


def _rules(sheet: Sheet, header: Header, found: Found) -> list[str]:
    """What the lines around the table and its headers state for all rows."""
    above = [text for row in sheet.rows[: header.rows[0] - 1] for text in row]
    below = [
        t for other in found.others if other.kind in ("footer", "section") for t in other.cells
    ]
    headers = [explains_roles(column.header) for column in header.columns]
    texts = dict.fromkeys(text for text in (*above, *headers, *below) if _MAY_RULE.search(text))
    codes = (code for text in texts for code in read_parties(text).rules_found)
    return list(dict.fromkeys(codes))


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
    sheets: Sequence[Sheet], layout: Layout | None, decisions: Decisions
) -> tuple[Sheet, Header, Sequence[Sheet]]:
    """The sheet with the fullest header, and the others that have a table too."""
    headers = [(sheet, header) for sheet in sheets if (header := _header(sheet, layout, decisions))]
    visible = [(sheet, header) for sheet, header in headers if not sheet.hidden]
    candidates = visible or headers
    if not candidates:
        names = "、".join(f"“{sheet.name}”" for sheet in sheets) or "（无）"
        raise Refused(f"在工作表{names}中没有找到任务分工表：{_LOOKED_FOR}")
    best = max(header.score for _, header in candidates)
    equal = [(sheet, header) for sheet, header in candidates if header.score == best]
    sheet, header = equal[0]
    also = [other for other, found in candidates if other is not sheet and found.score >= _ALIKE]
    return sheet, header, also


def _likeliest(sheets: Sequence[Sheet], layout: Layout | None, decisions: Decisions) -> Sheet:
    """The sheet whose header rows a person named, without naming the sheet."""
    try:
        return _choose(sheets, layout, replace(decisions, header_rows=()))[0]
    except Refused:
        return sheets[0]


def _header(sheet: Sheet, layout: Layout | None, decisions: Decisions) -> Header | None:
    header = find_header(sheet, layout, decisions)
    if header is None or header.score or not decisions.header_rows:
        return header
    # A person named the rows: what the columns hold is said in one sentence, not passed over.
    raise Refused(
        f"工作表“{sheet.name}”第{header.rows[0]}行作为表头，没有认出重点工作（任务内容）列，"
        "请指明各列的用途后重新读取"
    )


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
