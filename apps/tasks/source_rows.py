"""From the rows below a header to tasks: what each row is, its number, category and texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from apps.common.spreadsheets import Sheet, column_letter
from apps.common.text import fold_tight
from apps.tasks.columns import resolve
from apps.tasks.headers import Header, plain_number
from apps.tasks.layout_types import (
    CATEGORY,
    CONTENT,
    DEADLINE,
    IGNORED,
    NOTE,
    NUMBER,
    PARTY_FIELDS,
    PROGRESS,
    RESPONSIBLE,
    STANDING_FIELDS,
    TITLE,
    Column,
    OtherRow,
    Problem,
    SourceRow,
)
from apps.tasks.numbering import Draft, number_rows
from apps.tasks.problems import header_text, problem_at
from apps.tasks.row_kinds import EMPTY_MARK, NUMERAL, RowKinds
from apps.tasks.seen_cells import SeenCells

_LONG_CONTENT_CHARS = 3_000
_QUOTED_CHARS = 20
# Headings by rank: 第一部分, then 一、 and all others, then （一）.
_RANKS = (
    (0, re.compile(rf"第(?:{NUMERAL}|\d+)(?:部分|篇|编|章|板块)")),
    (2, re.compile(rf"[(]{NUMERAL}[)]|第{NUMERAL}节")),
)
_UNIT = re.compile(
    r"[\u4e00-\u9fff]{1,20}(?:局|委|厅|办公室|政府|委员会|部|中心|集团|公司|处|科|办|街道|镇|乡|区|县)"
)
# Who is responsible, in brackets at the end of the text, where no column says it.
_STATED = re.compile(
    r"[（(〔\[【]((?:[^（()）〔〕\[\]【】]|[（(〔<〈][^（()）〔〕〈〉]*[)）〕>〉])*"
    r"(?:牵头|负责|责任单位|配合|落实|部门分工)"
    r"(?:[^（()）〔〕\[\]【】]|[（(〔<〈][^（()）〔〕〈〉]*[)）〕>〉])*)[)）〕\]】]\s*[。；;]?\s*$"
)


_GUESSED = {CONTENT: "重点工作", RESPONSIBLE: "责任单位", DEADLINE: "完成时限"}


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
        self._start = header.rows[-1]
        resolved = resolve(sheet, header)
        self._columns, self._filled_down = resolved.columns, resolved.filled_down
        self._found = Found(self._columns)
        self._by_field: dict[str, list[Column]] = {}
        for column in self._columns:
            self._by_field.setdefault(column.field, []).append(column)
        self._content = self._by_field[CONTENT][0]
        self._number = next(iter(self._by_field.get(NUMBER, ())), None)
        self._standing_fields = [name for name in STANDING_FIELDS if name in self._by_field]
        self._has_parties = any(self._by_field.get(name) for name in PARTY_FIELDS)
        self._seen = SeenCells(sheet, self._start)
        self._kinds = RowKinds(sheet, header, self._columns, self._seen.under)
        self._sections: list[str] = []
        self._section_count = 0
        self._last_category: dict[int, str] = {}
        self._drafts: list[Draft] = []
        self._fronts: dict[int, str] = {}
        self._told: set[str] = set()
        for column in resolved.passed_over:
            message = (
                f"“{header_text(column)}”列也像完成时限，没有按时限读取；"
                "如应以它为准，请指明这一列的用途"
            )
            self._warn(self._start - 1, column.index, message)
        for column in resolved.guessed:
            message = (
                f"{column_letter(column.index)}列的表头没有说明用途，"
                f"按内容读作{_GUESSED[column.field]}，请核对"
            )
            self._warn(self._start - 1, column.index, message)

    def _warn_of_unread(self) -> None:
        """A column with texts but no header: nobody can tell what is lost with it."""
        first = self._drafts[0].row.row - 1 if self._drafts else self._start
        for column in self._columns:
            if column.field != IGNORED or column.header.strip():
                continue
            texts = sum(1 for draft in self._drafts if draft.row.cells[column.index].strip())
            if 2 * texts > len(self._drafts):
                letter = column_letter(column.index)
                message = f"{letter}列没有表头，其中的文字没有读取，请核对或指明这一列的用途"
                self._warn(first, column.index, message)

    def _warn_without_units(self) -> None:
        if self._has_parties or any(draft.row.responsibility for draft in self._drafts):
            return
        message = "没有认出责任单位列，各项任务都没有责任单位，请核对或指明是哪一列"
        self._warn(self._start - 1, self._content.index, message)

    def read(self) -> Found:
        for index in range(self._start, len(self._sheet.rows)):
            kind = self._kinds.kind(index) or ("footer" if self._is_legend(index) else None)
            if kind is None and self._drafts and self._kinds.is_other_table(index):
                self._leave_the_rest(index)
                break
            if kind is None and self._adds_units(index):
                self._add_units(index)
                kind = "more"
            if kind is None and self._is_unit_in_front(index):
                self._found.others.append(OtherRow(index + 1, "section", self._sheet.rows[index]))
                continue
            if kind is None and not self._is_only_number(index):
                self._task(index)
                continue
            kind = kind or "blank"
            self._found.others.append(OtherRow(index + 1, kind, self._sheet.rows[index]))
            if kind == "section":
                self._open_section(self._kinds.heading(index))
        self._end_with_footers()
        self._warn_of_unread()
        self._warn_without_units()
        numbered = number_rows(self._drafts, self._number, self._content)
        self._found.rows = numbered.rows
        self._found.errors += numbered.errors
        self._found.warnings += numbered.warnings
        return self._found

    def _leave_the_rest(self, index: int) -> None:
        """A table with other columns: read only when it is chosen."""
        rows = self._sheet.rows
        self._found.others += [
            OtherRow(at + 1, "footer" if any(rows[at]) else "blank", rows[at])
            for at in range(index, len(rows))
        ]
        message = (
            f"第{index + 1}行起是另一张表（表头不同），本次没有读取；"
            "如需导入，请把它另存为单独的工作表，或指定它的表头行"
        )
        self._warn(index, 0, message)

    def _is_only_number(self, index: int) -> bool:
        """A numbered line that nobody has filled in yet."""
        cells = self._sheet.rows[index]
        if self._number is None or not plain_number(cells[self._number.index]):
            return False
        rest = [text for at, text in enumerate(cells) if text.strip() and at != self._number.index]
        if not all(EMPTY_MARK.fullmatch(fold_tight(text)) for text in rest):
            return False
        if any((index, column.index) in self._seen.under for column in self._columns):
            return False
        self._warn(index, self._number.index, f"第{index + 1}行只有序号，没有其他内容，未读取")
        return True

    def _open_section(self, text: str) -> None:
        self._section_count += 1
        self._last_category.clear()
        rank = _rank(text)
        self._sections = [*(kept for kept in self._sections if _rank(kept) < rank), text]

    def _end_with_footers(self) -> None:
        """A "section" with no task below it is a note at the foot of the table."""
        last = self._drafts[-1].row.row if self._drafts else 0
        others = [
            replace(other, kind="footer") if other.kind == "section" and other.row > last else other
            for other in self._found.others
        ]
        self._found.others = others
        told = {warning.row for warning in self._found.warnings}
        for other in others:
            if other.kind == "footer" and not any(row <= other.row for row in told if row > last):
                text = next(text for text in other.cells if text.strip())
                column = other.cells.index(text)
                short = text if len(text) <= _QUOTED_CHARS else text[:_QUOTED_CHARS] + "…"
                message = f"第{other.row}行“{short}”按表尾说明处理，未作为任务读取"
                self._warn(other.row - 1, column, message)

    # What a task row says.

    def _texts(self, index: int, name: str) -> Iterator[str]:
        for column in self._by_field.get(name, ()):
            text = self._seen.text(index, column.index)[0]
            if text.strip():
                yield text

    def _content_of(self, index: int) -> tuple[str, int | None]:
        """The content, and the column it came from when it stands in one to its left."""
        text = "\n".join(self._texts(index, CONTENT))
        if text:
            return text, None
        top, left = self._seen.under.get((index, self._content.index), (index, self._content.index))
        names = {column.field for column in self._columns if column.index == left}
        if left < self._content.index and top >= self._start and names & {TITLE, CATEGORY}:
            return self._sheet.rows[top][left], left
        # A measure that needs no words beside its title.
        for column in self._by_field.get(TITLE, ()):
            text = self._seen.text(index, column.index)[0]
            if text.strip():
                return text, column.index
        for column in reversed(self._by_field.get(CATEGORY, ())):
            if self._stands_alone(index, column.index):
                message = (
                    f"第{index + 1}行没有填写“{header_text(self._content)}”，"
                    f"按“{header_text(column)}”的文字读取，请核对"
                )
                self._warn(index, column.index, message)
                return self._sheet.rows[index][column.index], column.index
        return "", None

    def _stands_alone(self, index: int, column: int) -> bool:
        """A text of this row only: the next one does not go on with it."""
        rows = self._sheet.rows
        if column > self._content.index or not rows[index][column].strip():
            return False
        goes_on = (index + 1, column) in self._seen.under or (
            column in self._filled_down and index + 1 < len(rows) and not rows[index + 1][column]
        )
        return not goes_on

    def _adds_units(self, index: int) -> bool:
        """A row with nothing but units: they are those of the task above."""
        if self._sheet.rows[index][self._content.index] or not self._drafts:
            return False
        if self._drafts[-1].section != self._section_count:
            return False
        filled = {at for at, text in enumerate(self._sheet.rows[index]) if text.strip()}
        # A unit in front of its tasks begins something new.
        place = self._content.index
        units = {c.index for c in self._columns if c.field in PARTY_FIELDS and c.index > place}
        top = self._seen.under.get((index, place), (index, place))[0]
        return filled <= units and (top == index or top >= self._drafts[-1].row.row - 1)

    def _add_units(self, index: int) -> None:
        last = self._drafts[-1]
        parties = (*last.row.responsibility, *self._parties(index, ""))
        last.row = replace(last.row, responsibility=parties)
        message = f"第{index + 1}行只有责任单位，已并入第{last.row.row}行的任务，请核对"
        self._warn(index, next(at for at, t in enumerate(self._sheet.rows[index]) if t), message)

    def _is_legend(self, index: int) -> bool:
        """Below a note, with a word for a number and nobody to do it: the note goes on."""
        others, cells = self._found.others, self._sheet.rows[index]
        if self._number is None or not others or others[-1].kind != "footer":
            return False
        word = cells[self._number.index]
        asks = any(True for name in (*PARTY_FIELDS, DEADLINE) for _ in self._texts(index, name))
        is_below = not self._drafts or others[-1].row > self._drafts[-1].row.row
        return bool(word.strip()) and not plain_number(word) and is_below and not asks

    def _is_unit_in_front(self, index: int) -> bool:
        """A unit alone in its row, left of the tasks that follow: it has them all."""
        cells = self._sheet.rows[index]
        for column in self._columns:
            text = cells[column.index]
            is_first = column.field in PARTY_FIELDS and column.index < self._content.index
            if is_first and text.strip() and not any(cells[column.index + 1 :]):
                self._fronts[column.index] = text
                return True
        return False

    def _task(self, index: int) -> None:
        content, taken = self._content_of(index)
        raw_number, owner = "", index + 1
        if self._number is not None:
            raw_number, above = self._seen.text(index, self._number.index)
            owner = above or owner
        goes_on = not content.strip() and not raw_number.strip() and self._may_go_on()
        if goes_on:
            content = self._drafts[-1].row.content
        if not content.strip():
            self._without_content(index)
            return
        self._warn_of_length(index, content)
        row = SourceRow(
            row=index + 1,
            cells=self._sheet.rows[index],
            number="",
            category=(*self._sections, *self._categories(index, taken)),
            title=next(self._texts(index, TITLE), None) if taken is None else None,
            content=content,
            responsibility=tuple(self._parties(index, content)),
            deadline_text=next(self._texts(index, DEADLINE), ""),
            note="\n".join(self._texts(index, NOTE)),
            merged_from=self._seen.merged(index),
            progress=tuple(self._progress(index)),
            standing=tuple(self._standing(index)),
        )
        if self._seen.is_plain and self._drafts and not raw_number.strip():
            row = self._continued(row, goes_on=goes_on)
        self._seen.above = index
        self._drafts.append(Draft(row, raw_number, owner, self._section_count, goes_on=goes_on))

    def _may_go_on(self) -> bool:
        """Only where the file cannot say which cells were merged."""
        return (
            self._seen.is_plain and bool(self._drafts) and bool(self._drafts[-1].raw_number.strip())
        )

    def _continued(self, row: SourceRow, *, goes_on: bool) -> SourceRow:
        """A row below a numbered one takes over what it leaves empty: each time it is said."""
        above = self._drafts[-1].row
        if self._number is None or self._drafts[-1].section != self._section_count:
            return row
        missing = [
            name
            for name, is_empty, has in (
                ("责任单位", not row.responsibility, above.responsibility),
                ("完成时限", not row.deadline_text, above.deadline_text),
            )
            if is_empty and has
        ]
        if missing or goes_on:
            named = "、".join([*(["重点工作"] if goes_on else []), *missing])
            message = f"第{row.row}行的{named}是空的，按上一行的读取，请核对"
            self._warn(row.row - 1, self._content.index, message)
        return replace(
            row,
            title=above.title if goes_on else row.title,
            responsibility=row.responsibility or above.responsibility,
            deadline_text=row.deadline_text or above.deadline_text,
        )

    def _without_content(self, index: int) -> None:
        name = header_text(self._content)
        message = f"第{index + 1}行没有填写“{name}”，但其他列有内容，请补全或删除该行"
        self._found.errors.append(self._problem(index, self._content.index, message))

    def _warn_of_length(self, index: int, content: str) -> None:
        if len(content) > _LONG_CONTENT_CHARS:
            message = (
                f"第{index + 1}行“{header_text(self._content)}”有 {len(content)} 字，已原样读取，"
                "请核对是否误粘贴"
            )
            self._warn(index, self._content.index, message)

    def _parties(self, index: int, content: str) -> Iterator[tuple[str, str]]:
        for column in self._columns:
            if column.field in PARTY_FIELDS:
                text = self._seen.text(index, column.index)[0]
                if column.index in self._filled_down:
                    text = self._last_party(index, column, text)
                text = text if text.strip() else self._fronts.get(column.index, "")
                if text.strip():
                    yield column.field, text
        if not self._has_parties:
            stated = _STATED.search(content)
            if stated:
                yield RESPONSIBLE, stated[1]
            elif unit := self._unit_of_part():
                self._told_unit(index, unit)
                yield RESPONSIBLE, unit

    def _unit_of_part(self) -> str:
        """A part or a sheet of each unit: its name is the unit's."""
        names = [*reversed(self._sections), self._sheet.name]
        return next((name for name in names if _UNIT.fullmatch(fold_tight(name))), "")

    def _told_unit(self, index: int, unit: str) -> None:
        if unit not in self._told:
            self._told.add(unit)
            message = f"表中没有责任单位列，第{index + 1}行起按“{unit}”读取，请核对"
            self._warn(index, self._content.index, message)

    def _last_party(self, index: int, column: Column, text: str) -> str:
        """A unit written once in front of its tasks."""
        before = self._last_category.get(column.index, "")
        if not text.strip() and before:
            self._warn(
                index,
                column.index,
                f"第{index + 1}行的“{header_text(column)}”是空的，按上一行的读取，请核对",
            )
            return before
        self._last_category[column.index] = text
        return text

    def _progress(self, index: int) -> Iterator[tuple[str, str]]:
        for column in self._by_field.get(PROGRESS, ()):
            text = self._seen.text(index, column.index)[0]
            if text.strip():
                yield header_text(column), text

    def _standing(self, index: int) -> Iterator[tuple[str, str]]:
        for name in self._standing_fields:
            for text in self._texts(index, name):
                yield name, text

    def _categories(self, index: int, taken: int | None) -> Iterator[str]:
        for column in self._by_field.get(CATEGORY, ()):
            text = self._seen.text(index, column.index)[0]
            if not text.strip() and column.index in self._filled_down:
                text = self._last_category.get(column.index, "")
            elif text != self._last_category.get(column.index):
                self._forget_inner(column.index)
            self._last_category[column.index] = text
            if text.strip() and column.index != taken:
                yield text

    def _forget_inner(self, index: int) -> None:
        """A new category of the first level ends those of the second."""
        for column in self._by_field.get(CATEGORY, ()):
            if column.index > index:
                self._last_category.pop(column.index, None)

    def _problem(self, index: int, column: int, message: str) -> Problem:
        return problem_at(self._columns, index, column, message)

    def _warn(self, index: int, column: int, message: str) -> None:
        self._found.warnings.append(self._problem(index, column, message))


def _rank(heading: str) -> int:
    text = fold_tight(heading)
    return next((rank for rank, form in _RANKS if form.match(text)), 1)
