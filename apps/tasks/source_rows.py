"""From the rows below a header to tasks: what each row is, its number, category and texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from apps.common.spreadsheets import Sheet
from apps.common.text import fold, fold_tight
from apps.tasks.columns import resolve
from apps.tasks.headers import Header, plain_number
from apps.tasks.layout_types import (
    CATEGORY,
    CONTENT,
    DEADLINE,
    NOTE,
    NUMBER,
    PARTY_FIELDS,
    TITLE,
    Column,
    OtherKind,
    OtherRow,
    Problem,
    SourceRow,
)
from apps.tasks.numbering import Draft, number_rows
from apps.tasks.problems import header_text, problem_at

_LONG_CONTENT_CHARS = 3_000
_QUOTED_CHARS = 20
_NUMERAL = "[一二三四五六七八九十百]+"
_HEADING = re.compile(rf"(?:{_NUMERAL}[、. ]|第{_NUMERAL}[章节部]|[(]{_NUMERAL}[)])")
_INNER_HEADING = re.compile(rf"[(]{_NUMERAL}[)]|第{_NUMERAL}节")
_FOOTNOTE = re.compile(
    r"(?:注|备注|附注|注释|说明|填表说明)\d*[:：]|注\d+|(?:填表|填报|制表|审核|联系)(?:人|单位|日期|时间)?[:：]"
)
_TOTAL = re.compile("(?:合计|总计|小计|共计)[:：]?")


@dataclass(slots=True)
class Found:
    """What the rows below a header hold."""

    columns: tuple[Column, ...]
    rows: list[SourceRow] = field(default_factory=list)
    others: list[OtherRow] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def read_rows(sheet: Sheet, header: Header) -> Found:
    """Every row below `header`: tasks, other rows, and what is wrong with them."""
    return _RowReader(sheet, header).read()


class _RowReader:
    def __init__(self, sheet: Sheet, header: Header) -> None:
        self._sheet = sheet
        self._header = header
        self._start = header.rows[-1]
        self._columns, self._filled_down = resolve(sheet, header)
        self._found = Found(self._columns)
        self._by_field: dict[str, list[Column]] = {}
        for column in self._columns:
            self._by_field.setdefault(column.field, []).append(column)
        self._content = self._by_field[CONTENT][0]
        self._number = next(iter(self._by_field.get(NUMBER, ())), None)
        self._titles = [fold_tight(text) for text in sheet.rows[self._start - 1]]
        self._first_title = next(text for text in self._titles if text)
        # Cell under a merge (0-based) to its top-left cell.
        self._under: dict[tuple[int, int], tuple[int, int]] = {
            (row, column): (top, left)
            for top, left, bottom, right in sheet.merges
            if bottom >= self._start
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
            if (row, column) != (top, left)
        }
        self._wide = {(merge[0], merge[1]) for merge in sheet.merges if merge[3] > merge[1]}
        self._sections: list[str] = []
        self._section_count = 0
        self._last_category: dict[int, str] = {}
        self._drafts: list[Draft] = []

    def read(self) -> Found:
        for index in range(self._start, len(self._sheet.rows)):
            kind = self._kind(index)
            if kind is None:
                self._task(index)
                continue
            self._found.others.append(OtherRow(index + 1, kind, self._sheet.rows[index]))
            if kind == "section":
                self._open_section(self._lone_text(index))
        self._end_with_footers()
        numbered = number_rows(self._drafts, self._number)
        self._found.rows = numbered.rows
        self._found.errors += numbered.errors
        self._found.warnings += numbered.warnings
        return self._found

    # What a row is.

    def _kind(self, index: int) -> OtherKind | None:
        """None for a task."""
        cells = self._sheet.rows[index]
        filled = [column for column, text in enumerate(cells) if text.strip()]
        if not filled:
            return "blank"
        first = fold_tight(cells[filled[0]])
        if first == self._first_title and [fold_tight(text) for text in cells] == self._titles:
            return "header"
        if _TOTAL.fullmatch(first):
            return "footer"
        if len(filled) > 1 or self._text(index, self._content.index)[1] is not None:
            return None
        if _FOOTNOTE.match(first) or _TOTAL.match(first):
            return "footer"
        return "section" if self._is_section(index, filled[0]) else None

    def _is_section(self, index: int, column: int) -> bool:
        if (index, column) in self._wide:
            return True
        text = self._sheet.rows[index][column]
        if self._number is not None and column == self._number.index:
            return not plain_number(text)
        if column == self._content.index:
            return (
                self._number is not None
                and self._text(index, self._number.index)[1] is None
                and bool(_HEADING.match(fold(text)))
            )
        fields = {found.field for found in self._columns if found.index == column}
        return not fields & {*PARTY_FIELDS, DEADLINE, NOTE}

    def _lone_text(self, index: int) -> str:
        return next(text for text in self._sheet.rows[index] if text.strip())

    def _open_section(self, text: str) -> None:
        self._section_count += 1
        self._last_category.clear()
        inner = _INNER_HEADING.match(fold_tight(text))
        outer = [kept for kept in self._sections if not _INNER_HEADING.match(fold_tight(kept))]
        self._sections = [*outer, text] if inner else [text]

    def _end_with_footers(self) -> None:
        """A "section" with no task below it is a note at the foot of the table."""
        last = self._drafts[-1].row.row if self._drafts else 0
        others = [
            replace(other, kind="footer") if other.kind == "section" and other.row > last else other
            for other in self._found.others
        ]
        self._found.others = others
        for other in others:
            if other.kind == "footer":
                text = next(text for text in other.cells if text.strip())
                column = other.cells.index(text)
                short = text if len(text) <= _QUOTED_CHARS else text[:_QUOTED_CHARS] + "…"
                message = f"第{other.row}行“{short}”按表尾说明处理，未作为任务读取"
                self._found.warnings.append(self._problem(other.row - 1, column, message))

    # What a task row says.

    def _text(self, index: int, column: int) -> tuple[str, int | None]:
        """The text seen in a cell, and the sheet row it is continued from when merged downwards."""
        place = self._under.get((index, column)) if self._under else None
        if place is not None and place[1] == column and self._start <= place[0] < index:
            return self._sheet.rows[place[0]][column], place[0] + 1
        return self._sheet.rows[index][column], None

    def _texts(self, index: int, name: str) -> Iterator[str]:
        for column in self._by_field.get(name, ()):
            text = self._text(index, column.index)[0]
            if text.strip():
                yield text

    def _content_of(self, index: int) -> tuple[str, int | None]:
        """The content, and the column it came from when a cell to its left is merged into it."""
        text = self._text(index, self._content.index)[0]
        if text.strip():
            return text, None
        top, left = self._under.get((index, self._content.index), (index, self._content.index))
        names = {column.field for column in self._columns if column.index == left}
        if left < self._content.index and top >= self._start and names & {TITLE, CATEGORY}:
            return self._sheet.rows[top][left], left
        return "", None

    def _task(self, index: int) -> None:
        content, taken = self._content_of(index)
        if not content.strip():
            name = header_text(self._content)
            message = f"第{index + 1}行没有填写“{name}”，但其他列有内容，请补全或删除该行"
            self._found.errors.append(self._problem(index, self._content.index, message))
            return
        if len(content) > _LONG_CONTENT_CHARS:
            message = (
                f"第{index + 1}行“{header_text(self._content)}”有 {len(content)} 字，已原样读取，"
                "请核对是否误粘贴"
            )
            self._found.warnings.append(self._problem(index, self._content.index, message))
        raw_number, owner = "", index + 1
        if self._number is not None:
            raw_number, above = self._text(index, self._number.index)
            owner = above or owner
        row = SourceRow(
            row=index + 1,
            cells=self._sheet.rows[index],
            number="",
            category=(*self._sections, *self._categories(index, taken)),
            title=next(self._texts(index, TITLE), None) if taken is None else None,
            content=content,
            responsibility=tuple(self._parties(index)),
            deadline_text=next(self._texts(index, DEADLINE), ""),
            note="\n".join(self._texts(index, NOTE)),
            merged_from=tuple(self._merged(index)) if self._under else (),
        )
        self._drafts.append(Draft(row, raw_number, owner, self._section_count))

    def _parties(self, index: int) -> Iterator[tuple[str, str]]:
        for column in self._columns:
            if column.field in PARTY_FIELDS:
                text = self._text(index, column.index)[0]
                if text.strip():
                    yield column.field, text

    def _categories(self, index: int, taken: int | None) -> Iterator[str]:
        for column in self._by_field.get(CATEGORY, ()):
            text = self._text(index, column.index)[0]
            if not text.strip() and column.index in self._filled_down:
                text = self._last_category.get(column.index, "")
            self._last_category[column.index] = text
            if text.strip() and column.index != taken:
                yield text

    def _merged(self, index: int) -> Iterator[tuple[int, int]]:
        for column in range(len(self._sheet.rows[index])):
            above = self._text(index, column)[1]
            if above is not None:
                yield column, above

    def _problem(self, index: int, column: int, message: str) -> Problem:
        return problem_at(self._columns, index, column, message)
