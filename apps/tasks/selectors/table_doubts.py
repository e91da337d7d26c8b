"""What a person has to look at in a row: unknown units, unread deadlines, cells too long for us."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from apps.agencies.models import Agency
from apps.agencies.parties import Party, Responsibility, Rule, read_parties
from apps.common.spreadsheets import cell_name
from apps.common.text import fold_tight
from apps.tasks.deadlines import Reading
from apps.tasks.layout_types import Column, Layout, Problem, SourceRow

# What the columns of our tables hold, in characters.
_LIMITS = {"number": 20, "title": 500, "deadline": 1000}
_NAME_LIMIT = 120
_WORD_LIMIT = 40
# of a cell, in a sentence about it
_QUOTED = 40
_NOBODY = re.compile(r"[-/\\|_]+|暂?无")
_BETWEEN_UNITS = re.compile(r"[、，,；;。：:（）()〔〕\s]+|牵头|参加|配合|负责|会同|和|及|与|等")
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


def _problem(row: SourceRow, where: Column | None, message: str) -> Problem:
    name = (where.header, cell_name(row.row - 1, where.index)) if where else ("", "")
    return Problem(row.row, *name, f"第{row.row}行{message}")


def _column(row: SourceRow, layout: Layout, field: str, text: str) -> Column | None:
    """The column of this field in which the row has this text, else the field's first."""
    columns = layout.columns_of(field)
    cells = dict(enumerate(row.cells))
    return next((column for column in columns if cells.get(column.index) == text), None) or next(
        iter(columns), None
    )


def _party_column(row: SourceRow, layout: Layout, name: str) -> Column | None:
    """Where the row names a unit, else its first filled responsibility cell."""
    wording = fold_tight(_wording(row, name))
    filled = [(field, text) for field, text in row.responsibility if text]
    naming = [cell for cell in filled if wording in fold_tight(cell[1])]
    return next((_column(row, layout, *cell) for cell in (*naming, *filled)), None)


def _wording(row: SourceRow, name: str) -> str:
    """How the row itself writes a unit: 火星办 in 省发改委、火星办, which is read as 省火星办."""
    texts = [text for _, text in row.responsibility]
    if any(fold_tight(name) in fold_tight(text) for text in texts):
        return name
    pieces = {piece for text in texts for piece in _BETWEEN_UNITS.split(text) if piece}
    within = [piece for piece in pieces if fold_tight(piece) in fold_tight(name)]
    return max(within, key=len, default=name)


def _quoted(row: SourceRow, name: str) -> str:
    wording = _wording(row, name)
    return f"“{wording}”" if wording == name else f"“{wording}”（读作 {name}）"


def _named(column: Column | None) -> str:
    return f"“{column.header}”" if column and column.header else "的一格"


def too_long(row: SourceRow, layout: Layout, responsibility: Responsibility) -> list[Problem]:
    """What no column of ours can hold; the content itself may be as long as a cell."""
    texts = {"number": row.number, "title": row.title or "", "deadline": row.deadline_text}
    found = []
    for field, text in texts.items():
        if len(text) > _LIMITS[field]:
            where = _column(row, layout, field, text)
            message = f"{_named(where)}有 {len(text)} 字，最多 {_LIMITS[field]} 字，请缩短。"
            found.append(_problem(row, where, message))
    long = [p for p in responsibility.parties if _is_long(p)]
    for where in dict.fromkeys(_party_column(row, layout, party.name) for party in long):
        message = f"{_named(where)}有单位名称超过 {_NAME_LIMIT} 字，请核对，名称之间用顿号分开。"
        found.append(_problem(row, where, message))
    return found


def _is_long(party: Party) -> bool:
    return len(party.name) > _NAME_LIMIT or len(party.word) > _WORD_LIMIT


def doubts_of(
    row: SourceRow,
    layout: Layout,
    responsibility: Responsibility,
    agencies: Sequence[Agency | None],
    deadline: Reading,
) -> list[Problem]:
    """What a person has to look at; nothing here stops the import."""
    doubts = [
        _problem(
            row,
            _party_column(row, layout, party.name),
            f"{_quoted(row, party.name)}不在单位库里，按原文入库，待确认。",
        )
        for party, agency in zip(responsibility.parties, agencies, strict=True)
        if agency is None and not party.collective
    ]
    doubts += [
        _problem(
            row,
            _party_column(row, layout, ""),
            f"写有“{_RULES[Rule(rule)]}”，请核对是否适用于全表。",
        )
        for rule in responsibility.rules_found
    ]
    for field, text in _without_units(row, responsibility):
        where = _column(row, layout, field, text)
        message = f"{_named(where)}写的“{_shortened(text)}”里读不出单位，按原文保留，不产生应报。"
        doubts.append(_problem(row, where, message))
    if deadline.needs_review:
        where = _column(row, layout, "deadline", row.deadline_text)
        message = f"完成时限“{row.deadline_text}”读不出日期，按原文入库，待判读。"
        doubts.append(_problem(row, where, message))
    return doubts + _invisible(row, layout)


def _without_units(row: SourceRow, responsibility: Responsibility) -> list[tuple[str, str]]:
    """Filled responsibility cells that name nobody; beside a unit 无 and a dash say just that."""
    filled = [cell for cell in row.responsibility if cell[1].strip()]
    if not responsibility.parties:
        return [] if responsibility.rules_found else filled
    if len(filled) == 1:
        return []
    return [
        (field, text)
        for field, text in filled
        if not _NOBODY.fullmatch(fold_tight(text)) and not _names_somebody(text)
    ]


# the same few cells stand in many rows
@lru_cache(maxsize=4096)
def _names_somebody(text: str) -> bool:
    read = read_parties(text)
    return bool(read.parties or read.rules_found)


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


def _invisible(row: SourceRow, layout: Layout) -> list[Problem]:
    """Cells whose text can read otherwise than it looks: bidirectional marks, zero widths."""
    if not _INVISIBLE.search("\n".join(row.cells)):
        return []
    columns = {column.index: column for column in layout.columns}
    return [
        _problem(
            row,
            columns.get(index),
            f"{_named(columns.get(index))}含有看不见的控制字符，已照原文保存，请核对。",
        )
        for index, text in enumerate(row.cells)
        if _INVISIBLE.search(text)
    ]


_RULES = {
    Rule.FIRST_IS_LEAD: "列第一位者为牵头单位",
    Rule.RESPONSIBLE_IS_LEAD: "无牵头单位的，责任单位即为牵头单位",
    Rule.ALSO_IMPLEMENT: "以下均需落实，不再列出",
}
