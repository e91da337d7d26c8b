"""What the page of an import shows of a TableDiff, ready for its template. No database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apps.common.spreadsheets import column_letter
from apps.tasks.cell_diff import Part, changed_parts
from apps.tasks.deadlines import Reading
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
    TITLE,
    Layout,
    Problem,
)
from apps.tasks.models import Task
from apps.tasks.selectors.tables import Action, CellChange, RowDiff, TableDiff
from apps.tasks.wording import due_note

# More than anybody reads; the counts above say how many there are.
MOST_SHOWN = 200
FIELD_NAMES = {
    NUMBER: "序号",
    CATEGORY: "类别",
    TITLE: "标题",
    CONTENT: "重点工作",
    LEAD: "牵头单位",
    RESPONSIBLE: "责任单位",
    SUPPORT: "参加单位",
    GUIDE: "指导单位",
    DATA: "数据提供单位",
    CONSOLIDATOR: "汇总单位",
    DEADLINE: "完成时限",
    NOTE: "备注",
    IGNORED: "不读，原样保留",
}


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """A column of the file and how it is read."""

    letter: str
    header: str
    field: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class CellShown:
    """A changed cell; `begins` its row."""

    task: Task
    begins: bool
    column: str
    old: list[Part]
    new: list[Part]
    note: str


@dataclass(frozen=True, slots=True)
class NewShown:
    """A row that the file has and we have not."""

    row: int
    number: str
    title: str
    content: str
    parties: list[str]
    deadline: str
    note: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The page: `errors` and the other lists are cut at MOST_SHOWN, the counts are not."""

    columns: list[ColumnShown]
    placed: str
    rows: int
    created: int
    updated: int
    unchanged: int
    error_rows: int
    doubts: int
    errors: list[Problem]
    warnings: list[Problem]
    unknown: list[str]
    cells: list[CellShown]
    cell_count: int
    new: list[NewShown]
    missing: list[Task]
    missing_count: int
    layout_changed: bool
    may_confirm: bool
    digest: str

    @property
    def what(self) -> str:
        """新增 1 行，改动 4 行."""
        parts = []
        if self.created:
            parts.append(f"新增 {self.created} 行")
        if self.updated:
            parts.append(f"改动 {self.updated} 行")
        if self.layout_changed:
            parts.append("表样变动")
        return "，".join(parts)

    @property
    def nothing_to_do(self) -> bool:
        return not self.errors and not self.what


def preview_of(diff: TableDiff) -> Preview:
    """Everything the page shows of what confirming would do."""
    cells = [cell for row in _first(diff, Action.UPDATE) for cell in _cells(row, diff.layout)]
    changed = [row for row in diff.rows if row.action is Action.UPDATE]
    return Preview(
        columns=columns_shown(diff.layout),
        placed=placed(diff.layout),
        rows=len(diff.rows),
        created=diff.count(Action.CREATE),
        updated=diff.count(Action.UPDATE),
        unchanged=diff.count(Action.UNCHANGED),
        error_rows=len({problem.row for problem in diff.errors}),
        doubts=len(diff.warnings),
        errors=list(diff.errors[:MOST_SHOWN]),
        warnings=list(diff.warnings[:MOST_SHOWN]),
        unknown=[f"{name}（{_rows_named(rows)}）" for name, rows in diff.unknown_agencies.items()],
        cells=cells,
        cell_count=sum(len(row.changes) for row in changed),
        new=[_new(row) for row in _first(diff, Action.CREATE)],
        missing=list(diff.missing[:MOST_SHOWN]),
        missing_count=len(diff.missing),
        layout_changed=diff.layout_changed,
        may_confirm=not diff.errors and diff.changes_anything,
        digest=diff.digest,
    )


def columns_shown(layout: Layout) -> list[ColumnShown]:
    """From left to right."""
    return [
        ColumnShown(
            letter=column_letter(column.index),
            header=" ".join(column.header.split()),
            field=FIELD_NAMES[column.field],
            is_read=column.field != IGNORED,
        )
        for column in sorted(layout.columns, key=lambda column: column.index)
    ]


def placed(layout: Layout) -> str:
    """工作表“任务分工表”，表头在第 3 行，数据第 4—49 行."""
    first, last = layout.header_rows[0], layout.header_rows[-1]
    head = f"第 {first} 行" if first == last else f"第 {first}—{last} 行"
    return f"工作表“{layout.sheet}”，表头在{head}，数据第 {layout.first_row}—{layout.last_row} 行"


def _first(diff: TableDiff, action: Action) -> list[RowDiff]:
    return [row for row in diff.rows if row.action is action][:MOST_SHOWN]


def _rows_named(rows: list[int]) -> str:
    few = "、".join(str(row) for row in rows[:5])
    return f"第{few}行" if len(rows) <= len(rows[:5]) else f"第{few}等 {len(rows)} 行"


def _cells(row: RowDiff, layout: Layout) -> Iterator[CellShown]:
    assert row.task is not None, "a changed row is one we have"
    for place, change in enumerate(row.changes):
        old, new = changed_parts(change.old, change.new)
        yield CellShown(
            task=row.task,
            begins=place == 0,
            column=change.column,
            old=old,
            new=new,
            note=_note(row, change, layout),
        )


def _note(row: RowDiff, change: CellChange, layout: Layout) -> str:
    fields = {column.field for column in layout.columns if column.header == change.column}
    if DEADLINE in fields:
        same = row.task is not None and (row.task.due_kind, row.task.due_on) == (
            row.deadline.kind.value,
            row.deadline.due_on,
        )
        return _read_as(row.deadline) + ("，与现在的读法相同" if same else "")
    if fields & {LEAD, RESPONSIBLE, SUPPORT, GUIDE, DATA, CONSOLIDATOR}:
        return _unknown(row)
    return ""


def _read_as(reading: Reading) -> str:
    said = due_note(
        reading.kind.value,
        reading.due_on,
        soft=reading.soft,
        every=reading.every.value if reading.every else "",
        moved=False,
    )
    if reading.needs_review or not said:
        return said or "读作持续推进"
    return f"读作 {said}"


def _unknown(row: RowDiff) -> str:
    pairs = zip(row.responsibility.parties, row.agencies, strict=True)
    return _list_unknown(p.name for p, agency in pairs if agency is None and not p.collective)


def _list_unknown(names: Iterable[str]) -> str:
    listed = "、".join(names)
    return f"{listed}不在单位库里，待确认" if listed else ""


def _new(row: RowDiff) -> NewShown:
    return NewShown(
        row=row.source.row,
        number=row.number,
        title=row.source.title or "",
        content=row.source.content,
        parties=[party.name for party in row.responsibility.parties],
        deadline=row.source.deadline_text,
        note="；".join(filter(None, [_read_as(row.deadline), _unknown(row)])),
    )
