"""What importing a table would do: each row read by rule and laid beside the row we have."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from apps.agencies.models import Agency
from apps.agencies.parties import Party, Responsibility, Role, Rule, combine, read_parties
from apps.agencies.selectors import agency_index
from apps.common.spreadsheets import cell_name
from apps.common.text import fold_tight
from apps.plans.models import Plan
from apps.tasks.deadlines import Reading, read_deadline
from apps.tasks.layout import DEFAULT_ROLES, Layout, Problem, SourceRow, TableReading
from apps.tasks.layout_types import Column
from apps.tasks.models import SourceTable, Task
from apps.tasks.ordering import place

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
# the column under which a moved row is reported
ORDER = "原表次序"


class Action(StrEnum):
    """What confirming does to a row."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell of the table, before and after."""

    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RowDiff:
    """One row of the file, how it was read, and what it would change."""

    source: SourceRow
    deadline: Reading
    responsibility: Responsibility
    agencies: tuple[Agency | None, ...]
    action: Action
    changes: tuple[CellChange, ...]
    position: int
    task: Task | None

    @property
    def number(self) -> str:
        return self.source.number


@dataclass(frozen=True, slots=True)
class TableDiff:
    """A whole file laid beside a plan."""

    layout: Layout
    rows: tuple[RowDiff, ...]
    missing: tuple[Task, ...]
    errors: tuple[Problem, ...]
    # what the reader noticed about the sheet, then `doubts`
    warnings: tuple[Problem, ...]
    # what a person has to settle: unknown units, unreadable deadlines, rules in a cell
    doubts: tuple[Problem, ...]
    # the same rows in other columns or under other titles
    layout_changed: bool

    def count(self, action: str) -> int:
        return sum(row.action == action for row in self.rows)

    @property
    def changes_anything(self) -> bool:
        return self.layout_changed or any(r.action is not Action.UNCHANGED for r in self.rows)

    @property
    def unknown_agencies(self) -> dict[str, list[int]]:
        """Names that no unit is known by, with the sheet rows in which they stand."""
        found: dict[str, list[int]] = {}
        for row in self.rows:
            for party, agency in zip(row.responsibility.parties, row.agencies, strict=True):
                if agency is None and not party.collective:
                    found.setdefault(party.name, []).append(row.source.row)
        return found

    @property
    def digest(self) -> str:
        """The same for the same preview: tells whether what a person saw is still what would be."""
        shown = [
            [[r.number, r.source.content, [[c.column, c.old, c.new] for c in r.changes]]
             for r in self.rows if r.action is not Action.UNCHANGED],
            [task.number for task in self.missing],
            [problem.message for problem in (*self.errors, *self.warnings)],
            self.layout_changed,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def table_diff(plan: Plan, reading: TableReading) -> TableDiff:
    """Lay what was read beside the plan's rows; matching is by the row's number."""
    known = {task.number: task for task in plan.tasks.order_by("position")}
    source = SourceTable.objects.filter(plan=plan).first()
    before = Layout.from_dict(source.layout) if source else None
    rules = [Rule(rule.code) for rule in plan.row_rules.all()]
    index = agency_index(plan.region)
    matched = [known.get(row.number) for row in reading.rows]
    positions = place(
        [task.position if task else None for task in matched],
        taken={task.position for task in known.values()}
        - {task.position for task in matched if task},
    )
    doubts, too_long, rows = [], [], []
    changed: dict[int, tuple[CellChange, ...]] = {}
    above_before = dict(zip(known, ["", *known], strict=False))
    above = ""
    for row, task, position in zip(reading.rows, matched, positions, strict=True):
        responsibility = read_responsibility(row, rules)
        deadline = read_deadline(row.deadline_text, plan.issued_on)
        agencies = tuple(index.find(party.name) for party in responsibility.parties)
        changes: tuple[CellChange, ...] = ()
        if task:
            changes = _changes(row, task, position, reading.layout, before)
            changes = _places(changes, above_before[row.number], above)
            changes += _continued(row, reading.layout, changes, changed)
        changed[row.row], above = changes, row.number
        action = Action.CREATE if task is None else Action.UPDATE if changes else Action.UNCHANGED
        too_long += _too_long(row, reading.layout, responsibility)
        doubts += _doubts(row, reading.layout, responsibility, agencies, deadline)
        rows.append(
            RowDiff(row, deadline, responsibility, agencies, action, changes, position, task)
        )
    numbers = {row.number for row in reading.rows}
    missing = tuple(task for number, task in known.items() if number not in numbers)
    return TableDiff(
        layout=reading.layout,
        rows=tuple(rows),
        missing=missing,
        errors=tuple(sorted([*reading.errors, *too_long], key=lambda problem: problem.row)),
        warnings=(*reading.warnings, *doubts),
        doubts=tuple(doubts),
        layout_changed=before is not None and _shape(before) != _shape(reading.layout),
    )


def read_responsibility(row: SourceRow, rules: Sequence[Rule] = ()) -> Responsibility:
    """All responsibility cells of a row, each with the role its column's header gives."""
    cells = [
        (text, Role(DEFAULT_ROLES[field]) if field in DEFAULT_ROLES else None)
        for field, text in row.responsibility
    ]
    return combine(cells, rules=rules)


def keyed(headers: Sequence[str], cells: Sequence[str]) -> dict[tuple[str, int], str]:
    """Cells by (header, how many of that name came before): columns may change their order."""
    seen: Counter[str] = Counter()
    found: dict[tuple[str, int], str] = {}
    for header, cell in zip(headers, cells, strict=False):
        found[header, seen[header]] = cell
        seen[header] += 1
    return found


def headers(layout: Layout) -> list[str]:
    """The header texts of a table, from left to right."""
    return [column.header for column in sorted(layout.columns, key=lambda c: c.index)]


def _shape(layout: Layout) -> object:
    """What of a layout is its own: not how many rows the table has, nor where its parts end up."""
    top = layout.first_row - 1
    return (
        layout.sheet,
        layout.title_rows,
        layout.header_rows,
        layout.header_cells,
        layout.columns,
        [(other.kind, other.cells) for other in layout.others],
        [merge for merge in layout.merges if merge[0] < top],
        sorted((low - up, left, right) for up, left, low, right in layout.merges if up >= top),
    )


def _changes(
    row: SourceRow, task: Task, position: int, layout: Layout, before: Layout | None
) -> tuple[CellChange, ...]:
    old = keyed(headers(before or layout), task.cells)
    new = keyed(headers(layout), row.cells)
    changes = [
        CellChange(key[0] or "（无表头）", old.get(key, ""), new.get(key, ""))
        for key in dict.fromkeys([*old, *new])
        if old.get(key, "") != new.get(key, "")
    ]
    if tuple(task.category) != row.category:
        changes.append(CellChange("类别", " / ".join(task.category), " / ".join(row.category)))
    if task.position != position:
        changes.append(CellChange(ORDER, "", ""))
    return tuple(changes)


def _places(changes: tuple[CellChange, ...], old: str, new: str) -> tuple[CellChange, ...]:
    """A move said by the rows it leaves and joins; `old` and `new` are the numbers above it."""
    before, after = (f"在第{number}项之后" if number else "最前" for number in (old, new))
    if before == after:
        after = f"{after}（随上一行移动）"
    return tuple(
        CellChange(ORDER, before, after) if change.column == ORDER else change for change in changes
    )


def _continued(
    row: SourceRow,
    layout: Layout,
    own: Sequence[CellChange],
    above: Mapping[int, Sequence[CellChange]],
) -> tuple[CellChange, ...]:
    """Changes of merged cells that begin in a row above and say the same for this row."""
    columns = {column.index: column.header for column in layout.columns}
    known = {change.column for change in own}
    return tuple(
        change
        for index, owner in row.merged_from
        for change in above.get(owner, ())
        if change.column == columns.get(index) and change.column not in known
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


def _too_long(row: SourceRow, layout: Layout, responsibility: Responsibility) -> list[Problem]:
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


def _doubts(
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


def _names_somebody(text: str) -> bool:
    read = read_parties(text)
    return bool(read.parties or read.rules_found)


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


def _invisible(row: SourceRow, layout: Layout) -> list[Problem]:
    """Cells whose text can read otherwise than it looks: bidirectional marks, zero widths."""
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
