"""The page of an import as it is stored: what confirming would do, in plain JSON. No database.

Of each list the first MOST_KEPT are kept, whatever a person is asked about before the rest; the
counts are of all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from apps.common.spreadsheets import column_letter
from apps.tasks.cell_diff import Part, changed_parts
from apps.tasks.import_questions import (
    Beside,
    base,
    names_asked,
    note_of_names,
    read_as,
    rows_asked,
    rules_stated,
)
from apps.tasks.layout_types import (
    CATEGORY,
    CLOSED_ON,
    CLOSING,
    CONSOLIDATOR,
    CONTENT,
    DATA,
    DEADLINE,
    EXTENDED_TO,
    GUIDE,
    IGNORED,
    LAST_REPORTED,
    LEAD,
    NOTE,
    NUMBER,
    PARTY_FIELDS,
    PERCENT,
    PROGRESS,
    RESPONSIBLE,
    STATE,
    SUPPORT,
    TITLE,
    Layout,
    Problem,
    TableReading,
)
from apps.tasks.models import Task
from apps.tasks.selectors.table_types import Action, CellChange, RowDiff, TableDiff

MOST_KEPT = 2_000
_TEXT_CHARS = 400
# a cell as short as a number
_SHORT = 6
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
    PROGRESS: "进展情况",
    STATE: "状态",
    PERCENT: "完成比例",
    LAST_REPORTED: "最近报送日期",
    CLOSING: "办结依据",
    CLOSED_ON: "办结日期",
    EXTENDED_TO: "延期至",
    IGNORED: "不读，原样保留",
}
# Sentences about what the page asks anyway; said once is enough.
_ASKED = ("不在单位库里", "读不出日期", "里读不出单位", "是否适用于全表")


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """A column of the file and how it is read."""

    letter: str
    header: str
    field: str
    is_read: bool


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


def stored_preview(diff: TableDiff, reading: TableReading, beside: Beside) -> dict[str, Any]:
    """Everything the page shows of what confirming would do."""
    asked, ask_count = rows_asked(diff, beside, MOST_KEPT)
    names, name_count = names_asked(diff, beside, MOST_KEPT)
    numbers = {item["row"] for item in asked}
    what = _what(diff)
    errors = len({problem.row for problem in diff.errors})
    notes = _notes(diff)
    return {
        **as_read(diff.layout, reading),
        "rules": rules_stated(diff, reading, beside),
        "rows": len(diff.rows),
        "created": diff.count(Action.CREATE),
        "updated": diff.count(Action.UPDATE),
        "unchanged": diff.count(Action.UNCHANGED),
        "error_rows": errors,
        "errors": [problem_parts(problem) for problem in diff.errors[:MOST_KEPT]],
        "note_count": len(notes),
        "notes": [problem_parts(problem) for problem in notes[:MOST_KEPT]],
        "names": names,
        "asks": asked,
        "unshown": name_count + ask_count - len(names) - len(asked),
        "changed": [
            _changed(row, diff.layout, beside)
            for row in _first(diff, Action.UPDATE, numbers)
        ],
        "cell_count": sum(len(row.changes) for row in diff.rows),
        "new": [_new(row, beside) for row in _first(diff, Action.CREATE, numbers)],
        "missing": [ours(task) for task in diff.missing[:MOST_KEPT]],
        "missing_count": len(diff.missing),
        "cancelled": len(diff.cancelled),
        "skipped": len(diff.skipped),
        "consequences": list(diff.consequences),
        "what": what,
        "nothing_to_do": not diff.errors and not diff.changes_anything,
        "may_confirm": not diff.errors and diff.changes_anything,
        "digest": diff.digest,
    }  # fmt: skip


def _what(diff: TableDiff) -> str:
    """新增 1 行，改动 4 行，终止 1 行，新建单位 1 个."""
    counted = (
        ("新增", diff.count(Action.CREATE), "行"),
        ("改动", diff.count(Action.UPDATE), "行"),
        ("终止", len(diff.cancelled), "行"),
        ("新建单位", len(diff.new_agencies), "个"),
        ("记别名", len(diff.new_aliases), "个"),
        ("全文规则", len(diff.new_rules), "条"),
    )
    parts = [f"{name} {many} {unit}" for name, many, unit in counted if many]
    if diff.layout_changed:
        parts.append("表样变动")
    return "，".join(parts)


def as_read(layout: Layout, reading: TableReading) -> dict[str, Any]:
    return {
        "sheet": layout.sheet,
        "sheets": [[s.name, s.hidden, s.rows, s.is_table] for s in reading.sheets],
        "header_rows": list(layout.header_rows),
        "placed": placed(layout),
        "columns": [
            [
                column.index,
                column_letter(column.index),
                " ".join(column.header.split())[:_TEXT_CHARS],
                column.field,
            ]
            for column in sorted(layout.columns, key=lambda column: column.index)
        ],
    }


def _notes(diff: TableDiff) -> list[Problem]:
    """What was noticed and is asked nowhere, with the same texts elsewhere."""
    told = [p for p in diff.warnings if not any(words in p.message for words in _ASKED)]
    return [*told, *diff.elsewhere]


def problem_parts(problem: Problem) -> list[Any]:
    return [problem.row, problem.column, problem.cell, problem.message]


def _first(diff: TableDiff, action: Action, asked: Collection[int]) -> Iterable[RowDiff]:
    """In order, but whatever is asked about is not cut off."""
    rows = [row for row in diff.rows if row.action is action]
    if len(rows) <= MOST_KEPT:
        return rows
    must = {row.source.row for row in rows if row.source.row in asked}
    room = max(MOST_KEPT - len(must), 0)
    free = [row.source.row for row in rows if row.source.row not in must][:room]
    kept = {*free, *sorted(must)[:MOST_KEPT]}
    return [row for row in rows if row.source.row in kept]


def _changed(row: RowDiff, layout: Layout, beside: Beside) -> dict[str, Any]:
    assert row.task is not None, "a changed row is one we have"
    return {
        **base(row, beside),
        "cells": [_cell(row, change, layout) for change in row.changes],
    }


def _cell(row: RowDiff, change: CellChange, layout: Layout) -> dict[str, Any]:
    return {**_shown(change), "note": _note(row, change, layout)}


def cells_of(changes: Iterable[CellChange]) -> list[dict[str, Any]]:
    """Old and new of each, without a note."""
    return [{**_shown(change), "note": ""} for change in changes]


def _shown(change: CellChange) -> dict[str, Any]:
    short = max(len(change.old), len(change.new)) <= _SHORT
    whole = [Part(change.old, changed=True)], [Part(change.new, changed=True)]
    # 45 and 46: a single digit struck says less than the whole
    old, new = whole if short else changed_parts(change.old, change.new)
    return {"column": change.column, "old": _parts(old), "new": _parts(new)}


def _parts(parts: Sequence[Part]) -> list[list[object]]:
    return [[part.text, part.changed] for part in parts if part.text]


def _note(row: RowDiff, change: CellChange, layout: Layout) -> str:
    fields = {column.field for column in layout.columns if column.header == change.column}
    if DEADLINE in fields:
        same = row.task is not None and (row.task.due_kind, row.task.due_on) == (
            row.deadline.kind.value,
            row.deadline.due_on,
        )
        return read_as(row.deadline) + ("，与现在的读法相同" if same else "")
    return note_of_names(row) if fields & set(PARTY_FIELDS) else ""


def _new(row: RowDiff, beside: Beside) -> dict[str, Any]:
    return {
        **base(row, beside),
        "title": row.source.title or "",
        "units": [party.name for party in row.responsibility.parties],
        "note": "；".join(filter(None, [read_as(row.deadline), note_of_names(row)])),
    }


def ours(task: Task) -> dict[str, Any]:
    return {"task": task.pk, "number": task.number, "content": task.content[:_TEXT_CHARS]}
