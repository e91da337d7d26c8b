"""Numbers of tasks: plain, of sub-rows (3.1, 3.2), in the text, counted where there are none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count as count_up

from apps.common.text import fold_tight
from apps.tasks.headers import plain_number
from apps.tasks.layout_types import Column, Problem, SourceRow
from apps.tasks.number_text import take_numbers, value_of
from apps.tasks.problems import problem_at

_LEAST_GROUPS = 2
_FEW = 0.1
_SECTION_NUMBER = re.compile(r"[(第]?([一二三四五六七八九十百]+|\d+)[)、.章节部篇类项]")


@dataclass(slots=True)
class Draft:
    """A task row before its number is known.

    `owner` is the sheet row in which its number stands, `section` counts the section rows above;
    `goes_on`: it took its content from the row above.
    """

    row: SourceRow
    raw_number: str
    owner: int
    section: int
    goes_on: bool = False


@dataclass(slots=True)
class Numbered:
    rows: list[SourceRow] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def number_rows(drafts: Sequence[Draft], column: Column | None, content: Column) -> Numbered:
    """The rows with their numbers; a number twice is an error, none at all is counted.

    `column` is the number column. Without one the numbers are taken from the `content` where it
    begins with them, else the rows are counted.
    """
    numbered = Numbered()
    filled = sum(1 for draft in drafts if draft.raw_number.strip())
    if column is not None and filled > _FEW * len(drafts):
        return _Rows(drafts, column, numbered).number()
    firsts = [draft for draft in drafts if not draft.goes_on]
    taken = take_numbers([draft.row.content for draft in firsts])
    if taken is not None:
        kept = _from_text(drafts, taken, content)
        return _Rows(kept, column or content, numbered).number()
    if column is not None and drafts:
        message = "序号列是空的，已按先后次序编号，请核对"
        place = problem_at([column], drafts[0].row.row - 1, column.index, message)
        numbered.warnings.append(place)
    numbered.rows = [replace(draft.row, number=str(count)) for count, draft in enumerate(drafts, 1)]
    return numbered


def _from_text(
    drafts: Sequence[Draft], taken: Sequence[tuple[str, str]], content: Column
) -> list[Draft]:
    """The number is taken off the content; the cell keeps it."""
    numbered: list[Draft] = []
    owners: dict[int, int] = {}
    numbers = iter(taken)
    for draft in drafts:
        row = draft.row
        if draft.goes_on and numbered:
            last = numbered[-1]
            row = replace(row, content=last.row.content)
            numbered.append(replace(draft, row=row, raw_number=last.raw_number, owner=last.owner))
            continue
        number, rest = next(numbers)
        # A content merged downwards has its number once.
        above = dict(row.merged_from).get(content.index, row.row)
        owner = owners.setdefault(above, row.row)
        row = replace(row, content=rest)
        numbered.append(replace(draft, row=row, raw_number=number, owner=owner))
    return numbered


class _Rows:
    def __init__(self, drafts: Sequence[Draft], column: Column, numbered: Numbered) -> None:
        self._column = column
        self._numbered = numbered
        self._groups = self._grouped(self._without_gaps(drafts))

    def number(self) -> Numbered:
        prefixes = self._prefixes()
        seen: dict[str, int] = {}
        for group, prefix in zip(self._groups, prefixes, strict=True):
            base = prefix + _base(group[0])
            for count, draft in enumerate(group, 1):
                number = base if len(group) == 1 else f"{base}.{count}"
                self._numbered.rows.append(replace(draft.row, number=number))
                row = draft.row.row
                first = seen.setdefault(number, row)
                if number and first != row:
                    self._error(
                        row,
                        f"第{first}行和第{row}行的序号都是“{number}”，请改正；"
                        "若是同一任务的子项，请合并序号单元格",
                    )
        return self._numbered

    # A table whose parts count from 1 again.

    def _prefixes(self) -> list[str]:
        """What tells equal numbers of different parts apart: "" where the numbers do."""
        bases = [_base(group[0]) for group in self._groups]
        if max(Counter(base for base in bases if base).values(), default=0) <= 1:
            return [""] * len(bases)
        for keys in self._ways_apart():
            if self._restarts(bases, keys):
                return self._named_parts(keys)
        return [""] * len(bases)

    def _ways_apart(self) -> list[list[str]]:
        firsts = [group[0] for group in self._groups]
        deepest = max(len(draft.row.category) for draft in firsts)
        ways = [[str(draft.section) for draft in firsts]]
        return ways + [
            ["\n".join(draft.row.category[:depth]) for draft in firsts]
            for depth in range(1, deepest + 1)
        ]

    @staticmethod
    def _restarts(bases: Sequence[str], keys: Sequence[str]) -> bool:
        """Whether every part has each number once and most begin with 1."""
        pairs = list(zip(keys, bases, strict=True))
        parts = dict.fromkeys(keys)
        if len(parts) < _LEAST_GROUPS or len(set(pairs)) < len(pairs):
            return False
        firsts: dict[str, str] = {}
        for key, base in pairs:
            firsts.setdefault(key, base)
        return all(value_of(base) == 1 for base in firsts.values())

    def _named_parts(self, keys: Sequence[str]) -> list[str]:
        names: dict[str, str] = {}
        for key, group in zip(keys, self._groups, strict=True):
            if key not in names:
                name = _part_name(group[0].row.category, key)
                names[key] = name if name and name not in names.values() else str(len(names) + 1)
        first = self._groups[0][0].row
        example = f"{names[keys[0]]}-{_base(self._groups[0][0])}"
        message = (
            f"各部分的序号都从 1 编起，已在前面加上部分的序号（如“{example}”）以便区分，请核对"
        )
        self._numbered.warnings.append(
            problem_at([self._column], first.row - 1, self._column.index, message)
        )
        return [f"{names[key]}-" for key in keys]

    # Rows without a number.

    def _without_gaps(self, drafts: Sequence[Draft]) -> list[Draft]:
        """1, 2, nothing, 4: the number that was forgotten is the one left out."""
        drafts = list(drafts)
        last, section, start = 0, 0, 0
        for at, draft in enumerate(drafts):
            number = value_of(_base(draft))
            if not draft.raw_number.strip():
                continue
            run = range(start, at)
            for before in dict.fromkeys((last, 0 if draft.section != section else last)):
                fits = number is not None and number - before - 1 == len(run) > 0
                if fits and not any(drafts[empty].goes_on for empty in run):
                    for count, empty in enumerate(run, before + 1):
                        drafts[empty] = self._counted(drafts[empty], count)
                    break
            last, section, start = number or 0, draft.section, at + 1
        return drafts

    def _counted(self, draft: Draft, count: int) -> Draft:
        row = draft.row.row
        self._warn(row, f"第{row}行没有填写序号，已按先后次序编为“{count}”，请核对")
        return replace(draft, raw_number=str(count))

    # Rows that share one number.

    def _grouped(self, drafts: Sequence[Draft]) -> list[list[Draft]]:
        """Drafts of one number: merged with it, or left empty below it in the same section."""
        groups: list[list[Draft]] = []
        taken = {_base(draft) for draft in drafts}
        for draft in drafts:
            last = groups[-1][-1] if groups else None
            row = draft.row.row
            if draft.raw_number.strip():
                if last is not None and last.owner == draft.owner:
                    groups[-1].append(draft)
                else:
                    groups.append([draft])
            elif last is not None and last.section == draft.section and last.raw_number.strip():
                groups[-1].append(replace(draft, raw_number=last.raw_number, owner=last.owner))
                message = f"第{row}行没有序号，按序号“{_base(last)}”的子项读取，请核对"
                self._warn(row, message)
            else:
                free = next(count for count in count_up(1) if str(count) not in taken)
                taken.add(str(free))
                groups.append([self._counted(draft, free)])
        return groups

    def _warn(self, row: int, message: str) -> None:
        problem = problem_at([self._column], row - 1, self._column.index, message)
        self._numbered.warnings.append(problem)

    def _error(self, row: int, message: str) -> None:
        problem = problem_at([self._column], row - 1, self._column.index, message)
        self._numbered.errors.append(problem)


def _base(draft: Draft) -> str:
    return plain_number(draft.raw_number) or fold_tight(draft.raw_number)


def _part_name(category: Sequence[str], key: str) -> str:
    """一 of 一、加快创新; the deepest part that the key names."""
    for text in reversed(category[: key.count("\n") + 1]):
        match = _SECTION_NUMBER.match(fold_tight(text))
        if match:
            return match[1]
    return ""
