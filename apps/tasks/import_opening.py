"""The page of a 期初 ledger as it is stored: how rows of ours would stand. No database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.tasks.answers import Answers
from apps.tasks.import_preview import MOST_KEPT, as_read, cells_of, ours, problem_parts
from apps.tasks.import_questions import SAME_TEXT
from apps.tasks.layout_types import SourceRow, TableReading
from apps.tasks.selectors.opening_table import OpeningDiff, OpeningRow
from apps.tasks.selectors.table_types import Action, MatchedBy

_TEXT_CHARS = 400


def stored_opening(
    diff: OpeningDiff, reading: TableReading, answers: Answers, earlier: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything the page shows; `earlier` is the page before."""
    asked = _asked(diff, answers, earlier)
    changed = [row for row in diff.rows if row.action is Action.UPDATE]
    unchanged = diff.count(Action.UNCHANGED)
    updated = len(changed)
    return {
        **as_read(diff.layout, reading),
        "opening": True,
        "rules": [],
        "rows": len(diff.rows) + len(diff.strangers),
        "created": 0,
        "updated": updated,
        "unchanged": unchanged,
        "error_rows": len({problem.row for problem in diff.errors}),
        "errors": [problem_parts(problem) for problem in diff.errors[:MOST_KEPT]],
        "note_count": len(diff.warnings),
        "notes": [problem_parts(problem) for problem in diff.warnings[:MOST_KEPT]],
        "names": [],
        "asks": asked[:MOST_KEPT],
        "unshown": max(len(asked) - MOST_KEPT, 0),
        "changed": [{**_base(row), "cells": cells_of(row.changes)} for row in changed[:MOST_KEPT]],
        "cell_count": sum(len(row.changes) for row in changed),
        "new": [],
        "missing": [ours(task) for task in diff.missing[:MOST_KEPT]],
        "missing_count": len(diff.missing),
        "cancelled": 0,
        "skipped": sum(said.skipped for said in answers.rows.values()),
        "consequences": [],
        "what": f"登记期初情况 {updated} 行" if updated else "",
        "nothing_to_do": not diff.errors and not diff.changes_anything,
        "may_confirm": not diff.errors and diff.changes_anything,
        "digest": diff.digest,
    }


def _asked(diff: OpeningDiff, answers: Answers, earlier: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows matched by their text alone, and whatever a person has settled."""
    lists = (earlier.get(name, []) for name in ("changed", "asks"))
    known = {item["row"]: item for items in lists for item in items}
    rows = {row.source.row: row for row in diff.rows}
    asked = {}
    for number, row in rows.items():
        asks = row.matched_by is MatchedBy.CONTENT and row.likeness < SAME_TEXT
        if asks or number in answers.rows:
            before = known.get(number, {})
            match = _match(row) or before.get("match")
            asked[number] = {
                **_base(row), "match": match, "asks_match": asks or before.get("asks_match", False)
            }  # fmt: skip
    gone = {source.row: source for source in diff.strangers}
    for number in answers.rows:
        if number not in asked and (number in known or number in gone):
            asked[number] = {"asks_match": False, **(known.get(number) or _of(gone[number]))}
    return [asked[number] for number in sorted(asked)]


def _base(row: OpeningRow) -> dict[str, Any]:
    assert row.task is not None, "rows that are none of ours are left out"
    return {
        **_of(row.source),
        "task": row.task.pk,
        "action": row.action.value,
        "match": _match(row),
    }


def _of(source: SourceRow) -> dict[str, Any]:
    """Of a row whose deadline and units are not looked at."""
    return {
        "opening": True,
        "row": source.row,
        "number": source.number,
        "content": source.content[:_TEXT_CHARS],
        "task": 0,
        "action": "",
        "deadline": "",
        "due": "",
        "parties": "",
        "cell": "",
        "asks_due": False,
        "asks_parties": False,
        "match": None,
    }


def _match(row: OpeningRow) -> dict[str, Any] | None:
    if row.task is None or row.matched_by is not MatchedBy.CONTENT:
        return None
    return {
        "number": row.task.number,
        "content": row.task.content[:_TEXT_CHARS],
        "likeness": row.likeness,
        "by_number": False,
    }
