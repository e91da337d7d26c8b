"""What importing a table would do: each row read by rule and laid beside the row we have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from apps.agencies.models import Agency
from apps.agencies.parties import Responsibility, Role, Rule, combine
from apps.agencies.selectors import agency_index
from apps.plans.models import Plan
from apps.tasks.deadlines import Reading, read_deadline
from apps.tasks.layout import DEFAULT_ROLES, Layout, Problem, SourceRow, TableReading
from apps.tasks.models import SourceTable, Task
from apps.tasks.ordering import place


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
    warnings: tuple[Problem, ...]
    # the same rows in other columns or under other titles
    layout_changed: bool

    def count(self, action: str) -> int:
        return sum(row.action == action for row in self.rows)

    @property
    def changes_anything(self) -> bool:
        return self.layout_changed or any(r.action is not Action.UNCHANGED for r in self.rows)


def table_diff(plan: Plan, reading: TableReading) -> TableDiff:
    """Lay what was read beside the plan's rows; matching is by the row's number."""
    known = {task.number: task for task in plan.tasks.order_by("position")}
    source = SourceTable.objects.filter(plan=plan).first()
    before = Layout.from_dict(source.layout) if source else None
    rules = [Rule(rule.code) for rule in plan.row_rules.all()]
    index = agency_index(plan.region)
    matched = [known.get(row.number) for row in reading.rows]
    positions = place([task.position if task else None for task in matched])
    warnings = list(reading.warnings)
    rows = []
    for row, task, position in zip(reading.rows, matched, positions, strict=True):
        responsibility = read_responsibility(row, rules)
        deadline = read_deadline(row.deadline_text, plan.issued_on)
        agencies = tuple(index.find(party.name) for party in responsibility.parties)
        changes = _changes(row, task, position, reading.layout, before) if task else ()
        action = Action.CREATE if task is None else Action.UPDATE if changes else Action.UNCHANGED
        warnings += _doubts(row, reading.layout, responsibility, agencies, deadline)
        rows.append(
            RowDiff(row, deadline, responsibility, agencies, action, changes, position, task)
        )
    numbers = {row.number for row in reading.rows}
    missing = tuple(task for number, task in known.items() if number not in numbers)
    changed = before is not None and before.as_dict() != reading.layout.as_dict()
    return TableDiff(
        reading.layout, tuple(rows), missing, reading.errors, tuple(warnings), changed
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
        changes.append(CellChange("原表次序", "", "已移动"))
    return tuple(changes)


def _doubts(
    row: SourceRow,
    layout: Layout,
    responsibility: Responsibility,
    agencies: Sequence[Agency | None],
    deadline: Reading,
) -> list[Problem]:
    """What a person has to look at; nothing here stops the import."""
    headings = {column.field: column.header for column in layout.columns}
    where = next((headings[field] for field, text in row.responsibility if text), "责任单位")
    doubts = [
        Problem(row.row, where, "", f"第{row.row}行“{party.name}”不在单位库里，按原文入库，待确认。")
        for party, agency in zip(responsibility.parties, agencies, strict=True)
        if agency is None and not party.collective
    ]
    doubts += [
        Problem(row.row, where, "", f"第{row.row}行写有“{_RULES[rule]}”，请核对是否适用于全表。")
        for rule in responsibility.rules_found
    ]
    if deadline.needs_review:
        heading = headings.get("deadline", "完成时限")
        text = f"第{row.row}行完成时限“{row.deadline_text}”读不出日期，按原文入库，待判读。"
        doubts.append(Problem(row.row, heading, "", text))
    return doubts


_RULES = {
    Rule.FIRST_IS_LEAD: "列第一位者为牵头单位",
    Rule.RESPONSIBLE_IS_LEAD: "无牵头单位的，责任单位即为牵头单位",
    Rule.ALSO_IMPLEMENT: "以下均需落实，不再列出",
}
