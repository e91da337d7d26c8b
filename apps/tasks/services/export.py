"""Giving tables back as files: the original as it came, with its new rows; the ledger."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from apps.common.errors import Refused
from apps.common.made_files import made_file
from apps.common.spreadsheets import OutSheet, write_sheet
from apps.plans.models import Plan
from apps.tasks.layout import Layout, rebuild
from apps.tasks.models import SourceTable

WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_Row = tuple[int | None, Sequence[str]]


def original_sheet(plan: Plan) -> OutSheet:
    """The plan's table as it came: columns, order, text, merges, notes; new rows in their place.

    Refused when no table was ever imported.
    """
    source = SourceTable.objects.filter(plan=plan).first()
    if source is None:
        raise Refused(f"“{plan.short_title}”还没有导入过任务分工表，没有原表可以导出。")
    places = source.layout["task_rows"]
    tasks = plan.tasks.order_by("position", "pk").values_list("number", "cells")
    rows: list[_Row] = [(places.get(number), cells) for number, cells in tasks]
    return rebuild(*make_room(Layout.from_dict(source.layout), rows))


def make_room(layout: Layout, rows: Sequence[_Row]) -> tuple[Layout, list[_Row]]:
    """Sheet rows for the tasks that have none, each below the task before it.

    What stands further down moves; a merged cell is never torn apart by a row put into it.
    """
    points: list[int] = []
    above = layout.first_row - 1
    for row, _ in rows:
        if row is None:
            points.append(max([_below_merges(layout, above), *points[-1:]]))
        else:
            above = row

    def moved(row: int) -> int:
        return row + bisect_left(points, row)

    fresh = iter(point + count for count, point in enumerate(points, 1))
    placed = [(next(fresh) if row is None else moved(row), cells) for row, cells in rows]
    roomy = replace(
        layout,
        last_row=moved(layout.last_row),
        others=tuple(replace(other, row=moved(other.row)) for other in layout.others),
        merges=tuple(
            (moved(top + 1) - 1, left, moved(bottom + 1) - 1, right)
            for top, left, bottom, right in layout.merges
        ),
    )
    return roomy, [*placed]


def _below_merges(layout: Layout, row: int) -> int:
    """The last sheet row of what is merged with this one downwards."""
    for top, _, bottom, _ in layout.merges:
        if top + 1 <= row <= bottom:
            return _below_merges(layout, bottom + 1)
    return row


def workbook(sheet: OutSheet) -> IO[bytes]:
    """The sheet as an .xlsx file, open at its beginning; it vanishes when it is closed."""
    return made_file(".xlsx", lambda path: write_sheet(path, sheet))


def workbook_to(path: Path, sheet: OutSheet) -> None:
    """Write to this path; what stood there stays when it cannot be written in full."""
    part = path.with_name(f".{path.name}.part")
    # tells of a folder that is not there before anything is written
    part.touch()
    try:
        write_sheet(part, sheet)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
