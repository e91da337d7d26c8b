"""Numbers of tasks: plain, of sub-rows (3.1, 3.2), counted where the table has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from apps.common.text import fold_tight
from apps.tasks.headers import plain_number
from apps.tasks.layout_types import Column, Problem, SourceRow
from apps.tasks.problems import problem_at


@dataclass(slots=True)
class Draft:
    """A task row before its number is known.

    `owner` is the sheet row in which its number stands, `section` counts the section rows above.
    """

    row: SourceRow
    raw_number: str
    owner: int
    section: int


@dataclass(slots=True)
class Numbered:
    rows: list[SourceRow] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def number_rows(drafts: Sequence[Draft], column: Column | None) -> Numbered:
    """The rows with their numbers; a number twice, or none at all, is an error.

    `column` is the number column; without one the rows are counted.
    """
    numbered = Numbered()
    if column is None:
        numbered.rows = [
            replace(draft.row, number=str(count)) for count, draft in enumerate(drafts, 1)
        ]
        return numbered
    seen: dict[str, int] = {}
    for group in _groups(drafts, column, numbered):
        base = _base(group[0])
        for count, draft in enumerate(group, 1):
            number = base if len(group) == 1 else f"{base}.{count}"
            numbered.rows.append(replace(draft.row, number=number))
            row = draft.row.row
            first = seen.setdefault(number, row)
            if number and first != row:
                message = (
                    f"第{first}行和第{row}行的序号都是“{number}”，请改正；"
                    "若是同一任务的子项，请合并序号单元格"
                )
                numbered.errors.append(problem_at([column], row - 1, column.index, message))
    return numbered


def _base(draft: Draft) -> str:
    return plain_number(draft.raw_number) or fold_tight(draft.raw_number)


def _groups(drafts: Sequence[Draft], column: Column, numbered: Numbered) -> list[list[Draft]]:
    """Drafts that share one number: merged with it, or left empty below it in the same section."""
    groups: list[list[Draft]] = []
    for draft in drafts:
        last = groups[-1][-1] if groups else None
        row = draft.row.row
        if draft.raw_number.strip():
            if last is not None and last.owner == draft.owner:
                groups[-1].append(draft)
            else:
                groups.append([draft])
        elif last is not None and last.section == draft.section and last.raw_number.strip():
            groups[-1].append(replace(draft, raw_number=last.raw_number))
            message = f"第{row}行没有序号，按序号“{_base(last)}”的子项读取，请核对"
            numbered.warnings.append(problem_at([column], row - 1, column.index, message))
        else:
            groups.append([draft])
            message = f"第{row}行没有填写序号，请补上"
            numbered.errors.append(problem_at([column], row - 1, column.index, message))
    return groups
