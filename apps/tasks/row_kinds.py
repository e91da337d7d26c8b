"""What a row below the header is: a task, a heading, a note, a repeated header, nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from apps.common.spreadsheets import Sheet
from apps.common.text import fold, fold_tight
from apps.tasks.headers import Header, header_at, plain_number
from apps.tasks.layout_types import (
    CATEGORY,
    CONTENT,
    DEADLINE,
    IGNORED,
    NOTE,
    NUMBER,
    PARTY_FIELDS,
    TITLE,
    Column,
    OtherKind,
)

NUMERAL = "[一二三四五六七八九十百]+"
_HEADING = re.compile(
    rf"(?:{NUMERAL}[、.,: ]|第(?:{NUMERAL}|\d+)[章节部篇类]|[(]{NUMERAL}[)]|[IVX]+[、. ])"
)
_PART_NUMBER = re.compile(rf"(?:第?{NUMERAL}[、.部分章节]*|[(]{NUMERAL}[)]|[IVX]+)")
_FOOTNOTE = re.compile(
    r"[(【\[*★]*(?:注|备注|附|附注|注释|说明|填表说明|备注说明|注意|(?:重点|温馨|特别)?提示)\d*[:：]|注\d+|注[(]\d|[*★]+注"
    r"|(?:填表|填报|制表|审核|联系|报送|编制|分管|主要|单位)(?:人|单位|日期|时间|领导|负责人|电话|方式)?(?:[(]?(?:签字|签名|盖章|签章)[)]?)?[:：]"
)
_NOTE_WORD = re.compile(r"[(]?(?:注|备注|说明|附注)[)]?")
_TOTAL = re.compile(
    r"(?:.{0,8}小计|.{0,4}合计|合计|总计|小计|共计|总数)[:：]?(?:[(]?共?\d+[项条个件]?[)]?)?"
)
_FILLED_FORM = re.compile(r".{1,10}[:：].{0,30}")
_CONTINUED = re.compile(
    r".*(?:[(]续表?\d*[)]|续表\d*|接上表|接上页|转下页|[(]接上[^)]*[)])|第\d+页.{0,8}|-\d+-"
)
EMPTY_MARK = re.compile(r"[…\-—/\\.。·]+|略|空")
_OTHER_TABLE = 3
_SHORT = 12
_LONGEST_HEADER = 60
_TITLE_CHARS = 15


@dataclass(slots=True)
class RowKinds:
    """Judges the rows of one table; `under` says which cells are covered by a merged one."""

    sheet: Sheet
    header: Header
    columns: Sequence[Column]
    under: dict[tuple[int, int], tuple[int, int]]
    _wide: set[tuple[int, int]] = field(default_factory=set)
    _fields: dict[int, str] = field(default_factory=dict)
    _parts: dict[int, frozenset[str]] = field(default_factory=dict)
    _head_firsts: frozenset[str] = frozenset()
    _titles: frozenset[str] = frozenset()
    _content: frozenset[int] = frozenset()
    _number: int | None = None
    _arabic: bool = False
    _rich: bool = False
    _bare: Sheet = field(init=False)

    def __post_init__(self) -> None:
        start = self.header.rows[-1]
        rows = self.sheet.rows
        self._bare = replace(self.sheet, merges=())
        self._wide = {(m[0], m[1]) for m in self.sheet.merges if m[3] > m[1]}
        self._fields = {column.index: column.field for column in self.columns}
        self._parts = {
            column.index: frozenset(map(fold_tight, column.header.split("\n")))
            | {fold_tight(column.header)}
            for column in self.columns
        }
        heads = [_folded(rows[row - 1]) for row in self.header.rows]
        self._head_firsts = frozenset(next(filter(None, head), "") for head in heads)
        above = rows[: self.header.rows[0] - 1]
        self._titles = frozenset(fold_tight(t) for row in above for t in row if t.strip())
        self._content = frozenset(c.index for c in self.columns if c.field == CONTENT)
        self._number = next((c.index for c in self.columns if c.field == NUMBER), None)
        body = [row for row in rows[start:] if sum(1 for text in row if text.strip()) > 1]
        if self._number is not None:
            numbers = [row[self._number].strip() for row in body if row[self._number].strip()]
            digits = sum(1 for text in numbers if any(char.isdigit() for char in text))
            self._arabic = 2 * digits > len(numbers)
        works = {c.index for c in self.columns if c.field in {*PARTY_FIELDS, DEADLINE}}
        tasks = [row for row in body if not (self._arabic and self._begins_part(row))]
        working = sum(1 for row in tasks if any(row[at].strip() for at in works))
        self._rich = 5 * working >= 3 * len(tasks) > 0

    def kind(self, index: int) -> OtherKind | None:
        """None for a task."""
        cells = self.sheet.rows[index]
        filled = [column for column, text in enumerate(cells) if text.strip()]
        if not filled:
            return "blank"
        first = fold_tight(cells[filled[0]])
        is_numbered = filled[0] == self._number and first.isdecimal() and len(filled) > 1
        if is_numbered and self._has_children(index, filled, first):
            return "section"
        if is_numbered and index != self.header.rows[-1]:
            return None
        return self._other_kind(index, filled, first)

    def _other_kind(self, index: int, filled: Sequence[int], first: str) -> OtherKind | None:
        cells = self.sheet.rows[index]
        if self._is_header(index, cells, filled, first):
            return "header"
        if _TOTAL.fullmatch(first) or self._is_form_line(cells, filled, first):
            return "footer"
        # The same text in all columns: a wide cell that a conversion has taken apart.
        if _says_one_thing(cells, filled) or (
            len(filled) > 1 and self._is_numbered_heading(index, filled)
        ):
            return "section"
        if len(filled) > 1 or self._continues_content(index):
            return None
        return self._lone(index, filled[0], first)

    def heading(self, index: int) -> str:
        """The text of a section: its cells together, where its number has a cell of its own."""
        cells = self.sheet.rows[index]
        texts = list(dict.fromkeys(text.strip("\n") for text in cells if text.strip()))
        if self._number is not None and cells[self._number].strip():
            # An amount or a place beside the heading is none of its words.
            filled = [at for at, text in enumerate(cells) if text.strip()]
            texts = [cells[at].strip("\n") for at in (filled[0], *self._named(filled))]
            texts = list(dict.fromkeys(texts))
        if len(texts) == 1:
            return texts[0]
        number, rest = texts[0].strip(), "".join(texts[1:])
        return number + ("" if number[-1] in "、.．)）章节部篇类" else "、") + rest

    def is_other_table(self, index: int) -> bool:
        """Whether a table with other columns begins in this row."""
        cells = self.sheet.rows[index]
        if self._number is not None and cells[self._number].strip().isdecimal():
            return False
        filled = [text for text in cells if text.strip()]
        if len(filled) < _OTHER_TABLE or max(map(len, filled)) > _LONGEST_HEADER:
            return False
        other = header_at(self._bare, index, index)
        named = [c for c in other.columns if c.field and len(cells[c.index].strip()) <= _SHORT]
        return other.score > 1 and len(named) >= _OTHER_TABLE and 4 * len(named) >= 3 * len(filled)

    def _is_header(
        self, index: int, cells: Sequence[str], filled: Sequence[int], first: str
    ) -> bool:
        if first in self._head_firsts and len(filled) > 1 and self._repeats(cells, filled):
            return True
        if len(filled) == 1 and (
            _CONTINUED.fullmatch(first) or (first in self._titles and len(first) > 1)
        ):
            return True
        return index == self.header.rows[-1] and _counts_columns(cells, filled)

    def _repeats(self, cells: Sequence[str], filled: Sequence[int]) -> bool:
        """Whether each cell says what stands over its column, after a page break perhaps less."""
        return all(fold_tight(cells[at]) in self._parts.get(at, ()) for at in filled)

    def _is_form_line(self, cells: Sequence[str], filled: Sequence[int], first: str) -> bool:
        """填表人：… 审核人：… in one row, or a note whose word has a cell of its own."""
        if len(filled) == 1:
            return False
        if _FOOTNOTE.match(first):
            forms = all(_FILLED_FORM.fullmatch(fold_tight(cells[at])) for at in filled)
            # Where a number should stand there is a label.
            return forms or filled[0] == self._number
        return bool(_NOTE_WORD.fullmatch(first)) and len(filled) == len(("注", "text"))

    def _is_numbered_heading(self, index: int, filled: Sequence[int]) -> bool:
        """一 | 加快创新 among rows that are numbered 1, 2, 3 and have units and deadlines."""
        if self._number is None or not self._arabic or filled[0] != self._number:
            return False
        named = self._named(filled)
        if len(named) != 1 or not self._rich:
            return False
        covered = any(self.under.get((index, at), (index, at))[0] < index for at in self._fields)
        return (
            self._begins_part(self.sheet.rows[index])
            and not covered
            and self._fields.get(named[0]) in {CONTENT, TITLE, CATEGORY, IGNORED}
        )

    def _has_children(self, index: int, filled: Sequence[int], number: str) -> bool:
        """1 | 产业体系 above 1.1 and 1.2, where it asks nothing of anybody itself."""
        if len(filled) != len(("number", "text")) or index + 1 >= len(self.sheet.rows):
            return False
        covered = any(self.under.get((index, at), (index, at))[0] < index for at in self._fields)
        assert self._number is not None, "only asked of a numbered row"
        below = fold_tight(self.sheet.rows[index + 1][self._number])
        is_text = self._fields.get(filled[1]) in {CONTENT, TITLE, CATEGORY}
        return is_text and not covered and below.startswith((f"{number}.1", f"{number}-1"))

    def _begins_part(self, cells: Sequence[str]) -> bool:
        assert self._number is not None, "only asked of a table with numbers"
        return bool(_PART_NUMBER.fullmatch(fold_tight(cells[self._number])))

    def _named(self, filled: Sequence[int]) -> Sequence[int]:
        """The columns of a heading beside its number."""
        named = [at for at in filled[1:] if self._fields.get(at) != IGNORED]
        return named or filled[1:]

    def _continues_content(self, index: int) -> bool:
        start = self.header.rows[-1]
        return any(
            (place := self.under.get((index, at))) is not None
            and place[1] == at
            and start <= place[0] < index
            for at in self._content
        )

    def _lone(self, index: int, column: int, first: str) -> OtherKind | None:
        """A row with one text."""
        if _FOOTNOTE.match(first) or (_TOTAL.match(first) and column not in self._content):
            return "footer"
        if EMPTY_MARK.fullmatch(first):
            return "blank"
        if self._is_sentence(index, column):
            return "footer"
        return "section" if self._is_section(index, column) else None

    def _is_sentence(self, index: int, column: int) -> bool:
        """A sentence across the table tells the reader something; parts have names."""
        text = self.sheet.rows[index][column].strip()
        is_long = len(text) > _TITLE_CHARS and text[-1] == "。"
        return (index, column) in self._wide and is_long and not _HEADING.match(fold(text))

    def _is_section(self, index: int, column: int) -> bool:
        if (index, column) in self._wide:
            return True
        text = self.sheet.rows[index][column]
        if column == self._number:
            return not plain_number(text)
        if column in self._content:
            merged = self._number is not None and (index, self._number) in self.under
            heading = bool(_HEADING.match(fold(text)))
            if self._number is not None and self._rich and not heading:
                # Neither number nor unit, and no sentence: the name of a part.
                heading = len(text.strip()) <= _TITLE_CHARS and text.strip()[-1] not in "。；;."
            return heading and not merged and (self._number is not None or self._rich)
        fields = {self._fields.get(column)}
        return not fields & {*PARTY_FIELDS, DEADLINE, NOTE}


def is_foot(first: str) -> bool:
    """Whether a row that begins with this folded text is a note or a sum."""
    return bool(_FOOTNOTE.match(first) or _TOTAL.fullmatch(first))


def _folded(cells: Sequence[str]) -> list[str]:
    return [fold_tight(text) for text in cells]


def _says_one_thing(cells: Sequence[str], filled: Sequence[int]) -> bool:
    first = cells[filled[0]]
    return len(filled) >= _OTHER_TABLE and all(cells[at] == first for at in filled)


def _counts_columns(cells: Sequence[str], filled: Sequence[int]) -> bool:
    """A row 1, 2, 3, … below the header: it names columns."""
    texts = [fold_tight(cells[at]).strip("()栏列") for at in filled]
    counted = [str(count) for count in range(1, len(texts) + 1)]
    return len(texts) >= _OTHER_TABLE and texts == counted
