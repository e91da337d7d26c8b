"""Finding the header of a 任务分工表 and telling what each column holds.

Headers are recognised by the words in them, not from a list of whole texts: research of 38
published tables (2012–2025) shows the same few words in ever new combinations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.common.spreadsheets import Sheet
from apps.common.text import fold_tight
from apps.tasks.layout_types import (
    CATEGORY,
    CONSOLIDATOR,
    CONTENT,
    DATA,
    DEADLINE,
    GUIDE,
    IGNORED,
    LEAD,
    NOTE,
    NUMBER,
    RESPONSIBLE,
    SUPPORT,
    Column,
    Layout,
    Merge,
)

# A column of task words; which of them is content, title or category shows only in the rows.
TASK = "task"
UNNAMED = ""

_UNIT = "(?:单位|部门|科室|处室|机构|司局|委办局|股室)"
_HELP = "(?:配合|协办|协同|协助|参加|参与|支持)"
# First match wins, so what merely looks like a unit, a deadline or a task comes first.
_RULES: tuple[tuple[str, str], ...] = (
    (NUMBER, r"(?:任务|项目|事项)?(?:序号|编号|项号|顺序号?|序|号)|No\.?|№"),
    (IGNORED, r".*(?:领导|责任人|负责人|联系人|联络员|经办人|填报人|审核人|电话|联系方式|手机).*"),
    (IGNORED, r".*(?:进展|完成情况|落实情况|推进情况|存在问题|下一步|自评|得分|分值).*"),
    (IGNORED, r".*(?:开始|启动|起始|开工)(?:时间|日期).*|.*(?:监督|督导|督办)" + _UNIT),
    (CONSOLIDATOR, r".*(?:汇总|总牵头).*"),
    (DATA, r".*(?:数据(?:提供|来源|报送)|统计).*" + _UNIT + ".*"),
    (GUIDE, r".*指导.*" + _UNIT + ".*"),
    # One column for all: its cells say who leads.
    (RESPONSIBLE, r".*牵头.*" + _HELP + ".*"),
    (SUPPORT, rf".*{_HELP}.*{_UNIT}.*|{_HELP}(?:方|者)?"),
    (LEAD, r".*牵头.*"),
    (RESPONSIBLE, r".*(?:责任|负责|承办|主办|主责|实施|落实|承担|主管)" + _UNIT + ".*"),
    (RESPONSIBLE, r"(?:部门|任务|职责|责任)分工|责任主体|实施主体|分工|主办|主责|" + _UNIT),
    (DEADLINE, r".*(?:时限|期限|截止|时间|时点|时序|节点|进度安排|进度要求|完成日期|完成年限).*"),
    (NOTE, r".*备注.*|说明|注"),
    (TASK, r".*(?:任务|措施|举措|事项|民生实事|工作内容|主要内容|具体内容|重点工作|重点项目).*"),
    (TASK, r".*(?:具体|工作|建设)要求|项目名称|项目|内容|工作|.*(?:工作|政策|改革)要点|条目|实事"),
    (CATEGORY, r"类别|分类|领域|板块|方面|类型|章节|部分|大类|所属(?:类别|领域|板块)|[一二三]级"),
)  # fmt: skip
_COMPILED = tuple((field, re.compile(pattern, re.IGNORECASE)) for field, pattern in _RULES)

_CHIEF = re.compile("主责|主办|主要责任")

_MAX_HEADER_CHARS = 24
_HEADER_SEARCH_ROWS = 100
_BRACKETED = re.compile(r"[(\[【〔].*?[)\]】〕]")
_NUMERALS = "一二三四五六七八九十百零〇"
_NUMBER = re.compile(rf"[(]?(?:第)?(\d+(?:[.\-]\d+)*|[{_NUMERALS}]+)(?:[)]|项)?[.、,]?")


@dataclass(frozen=True, slots=True)
class Header:
    """A header found in a sheet: its rows (1-based), and for each sheet column text and field."""

    rows: tuple[int, ...]
    columns: tuple[Column, ...]

    @property
    def score(self) -> int:
        """How many different things the columns hold; a table has a task and something else."""
        fields = {column.field for column in self.columns} - {IGNORED, UNNAMED}
        return len(fields) if fields & {TASK, CONTENT} and len(fields) > 1 else 0


def field_of(header: str) -> str:
    """The field a header names: one of the layout's fields, TASK, or UNNAMED if nothing known."""
    text = fold_tight(header)
    if not text or len(text) > _MAX_HEADER_CHARS:
        return UNNAMED
    for candidate in (text, _BRACKETED.sub("", text)):
        for field, pattern in _COMPILED:
            if pattern.fullmatch(candidate):
                return field
    return UNNAMED


def plain_number(text: str) -> str:
    """The number in a cell such as "1.", "（一）" or "3.2"; "" when it is none."""
    if text.isascii() and text.isdecimal():
        return text
    match = _NUMBER.fullmatch(fold_tight(text))
    if match is None:
        return ""
    number = match[1]
    return number.removesuffix(".0") if number.count(".") == 1 else number


def find_header(sheet: Sheet, layout: Layout | None = None) -> Header | None:
    """The best header in the sheet's first rows; the earlier of two equals.

    With a layout, the row whose texts agree with it, and its fields for the same headers.
    """
    best: Header | None = None
    for top in range(min(len(sheet.rows), _HEADER_SEARCH_ROWS)):
        header = _header_at(sheet, top, layout)
        if header is not None and header.score > (best.score if best else 0):
            best = header
    return best


def _header_at(sheet: Sheet, top: int, layout: Layout | None) -> Header | None:
    cells = sheet.rows[top]
    if sum(1 for text in cells if text.strip()) <= 1:
        return None
    bottom = max(
        (merge[2] for merge in sheet.merges if merge[0] == top and merge[2] > top), default=top
    )
    texts = [
        _column_texts(sheet.rows[top : bottom + 1], _within(sheet.merges, top, bottom), column)
        for column in range(len(cells))
    ]
    columns = [_column(index, texts[index], layout) for index in range(len(cells))]
    return Header(tuple(range(top + 1, bottom + 2)), _with_a_lead(columns))


def _with_a_lead(columns: Sequence[Column]) -> tuple[Column, ...]:
    """主责 and 主办 lead only where the table has no 牵头 (architecture.md §6)."""
    if any(column.field == LEAD for column in columns):
        return tuple(columns)
    return tuple(
        replace(column, field=LEAD)
        if column.field == RESPONSIBLE and _CHIEF.search(fold_tight(column.header))
        else column
        for column in columns
    )


def _within(merges: Sequence[Merge], top: int, bottom: int) -> list[Merge]:
    return [
        (first - top, left, last - top, right)
        for first, left, last, right in merges
        if top <= first and last <= bottom
    ]


def _column_texts(rows: Sequence[Sequence[str]], merges: Sequence[Merge], column: int) -> list[str]:
    """The header texts over one column, from top to bottom, each merged cell once."""
    texts = []
    for row, cells in enumerate(rows):
        text = cells[column]
        for top, left, bottom, right in merges:
            if top <= row <= bottom and left <= column <= right:
                text = rows[top][left] if row == top else ""
        if text.strip():
            texts.append(text)
    return texts


def _column(index: int, texts: list[str], layout: Layout | None) -> Column:
    header = "\n".join(texts)
    known = _from_layout(index, header, layout)
    if known is not None:
        return Column(index, header, known)
    # The lowest text is the most telling: 责任单位 over 牵头 and 配合.
    fields = (field_of(text) for text in reversed(texts))
    return Column(index, header, next((field for field in fields if field), UNNAMED))


def _from_layout(index: int, header: str, layout: Layout | None) -> str | None:
    """The field the stored layout gives this column: at the same place, else by a unique header."""
    same = [
        column
        for column in (layout.columns if layout else ())
        if fold_tight(column.header) == fold_tight(header)
    ]
    here = [column for column in same if column.index == index]
    chosen = here or (same if header.strip() and len(same) == 1 else [])
    return chosen[0].field if chosen else None
