"""What an import asks a person: whom a name means, what a row is and how it is read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.agencies.models import Agency
from apps.agencies.parties import Rule, read_parties
from apps.tasks.answers import Answers
from apps.tasks.deadlines import Kind, Reading, read_deadline
from apps.tasks.layout_types import SourceRow, TableReading
from apps.tasks.party_text import parties_text
from apps.tasks.selectors.table_answers import read_responsibility
from apps.tasks.selectors.table_types import Action, MatchedBy, RowDiff, TableDiff
from apps.tasks.wording import due_note

_TEXT_CHARS = 400
_QUOTE_CHARS = 300
_ROWS_NAMED = 20
# finding the like of a name takes its time
_SUGGESTED = 200
# A row under the same number with less in common may be another task; one under another number
# with as much is the same beyond doubt.
_SAME_TASK = 50
SAME_TEXT = 95


@dataclass(frozen=True, slots=True)
class Beside:
    """What the page needs beside the comparison: `rules` in force, `earlier` the page before."""

    issued_on: date | None
    rules: Sequence[Rule]
    answers: Answers
    ticked: Sequence[str]
    earlier: Mapping[str, Any]
    # names of the plan's rows that still wait for a unit
    waiting: Collection[str]
    suggest: Callable[[str], Sequence[Agency]]


def base(row: RowDiff, beside: Beside) -> dict[str, Any]:
    """What every row of the page has: what it is, and how it reads without a person's help."""
    source = row.source
    return {
        "row": source.row,
        "number": source.number,
        "content": source.content[:_TEXT_CHARS],
        "task": row.task.pk if row.task else 0,
        "action": row.action.value,
        "deadline": source.deadline_text[:_TEXT_CHARS],
        "due": read_as(read_deadline(source.deadline_text, beside.issued_on)),
        "parties": parties_as_read(source, beside.rules),
        "match": _match(row),
    }


def parties_as_read(source: SourceRow, rules: Sequence[Rule]) -> str:
    """As the line that a person may change."""
    read = read_responsibility(source, rules)
    return parties_text((party.name, party.role) for party in read.parties)


def read_as(reading: Reading) -> str:
    """读作 2020-09-30."""
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


def note_of_names(row: RowDiff) -> str:
    """Units of the row that nobody knows."""
    pairs = zip(row.responsibility.parties, row.agencies, strict=True)
    unknown = [p.name for p, agency in pairs if agency is None and not p.collective]
    return f"{'、'.join(unknown)}不在单位库里，待确认" if unknown else ""


# Names


def names_asked(diff: TableDiff, beside: Beside, most: int) -> tuple[list[dict[str, Any]], int]:
    """Each name once, those nobody knows and those that are settled; and how many there are."""
    known = {item["name"]: item for item in beside.earlier.get("names", [])}
    rows = {row.source.row: row for row in diff.rows}
    asked: list[dict[str, Any]] = []
    unknown = _unknown(diff, beside)
    for name, places in list(unknown.items())[:most]:
        first = rows[places[0]]
        asked.append(
            {
                "name": name,
                "rows": places[:_ROWS_NAMED],
                "count": len(set(places)),
                "number": first.number,
                "cell": "；".join(text for _, text in first.source.responsibility)[:_TEXT_CHARS],
                "suggested": [
                    [unit.code, unit.name, unit.full_name]
                    for unit in (beside.suggest(name) if len(asked) < _SUGGESTED else ())
                ],
            }
        )
    settled = [
        known[name] for name in beside.answers.agencies if name in known and name not in unknown
    ]
    return [*settled, *asked][:most], len(settled) + len(unknown)


def _unknown(diff: TableDiff, beside: Beside) -> dict[str, list[int]]:
    """Names that nobody knows; what was settled at an earlier import is not asked again."""
    open_rows = {row.source.row for row in diff.rows if row.action is not Action.UNCHANGED}
    return {
        name: places
        for name, places in diff.unknown_agencies.items()
        if name in beside.waiting or not open_rows.isdisjoint(places)
    }


# Rows


def rows_asked(diff: TableDiff, beside: Beside, most: int) -> tuple[list[dict[str, Any]], int]:
    """Rows that need a person, or had one, in the order of the sheet; and how many there are."""
    lists = (beside.earlier.get(name, []) for name in ("changed", "new", "asks"))
    earlier = {item["row"]: item for items in lists for item in items}
    needing = [row for row in diff.rows if _needs(row) or row.source.row in beside.answers.rows]
    asked = {
        row.source.row: _asked(row, beside, earlier.get(row.source.row, {}))
        for row in needing[:most]
    }
    for source in diff.skipped:
        asked[source.row] = _UNREAD | (earlier.get(source.row) or _left_out(source, beside))
    for number, said in beside.answers.rows.items():
        # a row that could not be read at all, until it was left out
        if said.skipped and number not in asked:
            asked[number] = _UNREAD | earlier.get(number, {"row": number})
    return [asked[row] for row in sorted(asked)][:most], max(len(needing), len(asked))


def _needs(row: RowDiff) -> bool:
    if row.action is Action.UNCHANGED and row.task is not None:
        # as it was imported before; what somebody has settled since is not asked again
        return row.deadline.needs_review and row.task.due_kind == Kind.UNRESOLVED
    return row.deadline.needs_review or _nobody_read(row) or _likeness_asks(row)


def _nobody_read(row: RowDiff) -> bool:
    """Something stands in its responsibility cells, and no unit came of it."""
    filled = any(text.strip() for _, text in row.source.responsibility)
    read = row.responsibility
    return filled and not read.parties and not read.rules_found


def _likeness_asks(row: RowDiff) -> bool:
    if row.matched_by is MatchedBy.CONTENT:
        return row.likeness < SAME_TEXT
    return row.matched_by is MatchedBy.NUMBER and row.likeness < _SAME_TASK


def _asked(row: RowDiff, beside: Beside, earlier: Mapping[str, Any]) -> dict[str, Any]:
    reading = read_deadline(row.source.deadline_text, beside.issued_on)
    return {
        **base(row, beside),
        "asks_due": reading.needs_review,
        "asks_parties": _nobody_read(row),
        "cell": "；".join(text for _, text in row.source.responsibility)[:_TEXT_CHARS],
        "match": _match(row) or earlier.get("match"),
        "asks_match": _likeness_asks(row) or bool(earlier.get("asks_match")),
    }


def _match(row: RowDiff) -> dict[str, Any] | None:
    by_content = row.matched_by is MatchedBy.CONTENT
    if row.task is None or not (by_content or _likeness_asks(row)):
        return None
    return {
        "number": row.task.number,
        "content": row.task.content[:_TEXT_CHARS],
        "likeness": row.likeness,
        "by_number": not by_content,
    }


def _left_out(source: SourceRow, beside: Beside) -> dict[str, Any]:
    """A row that is not brought in, so nothing compares it."""
    return _UNREAD | {
        "row": source.row,
        "number": source.number,
        "content": source.content[:_TEXT_CHARS],
        "deadline": source.deadline_text[:_TEXT_CHARS],
        "due": read_as(read_deadline(source.deadline_text, beside.issued_on)),
        "parties": parties_as_read(source, beside.rules),
    }


_UNREAD: dict[str, Any] = {
    "number": "",
    "content": "",
    "task": 0,
    "action": "",
    "deadline": "",
    "due": "",
    "parties": "",
    "asks_due": False,
    "asks_parties": False,
    "cell": "",
    "match": None,
    "asks_match": False,
}


# Rules of the whole document


def rules_stated(
    diff: TableDiff, reading: TableReading, beside: Beside
) -> list[dict[str, str | bool]]:
    """Rules that the file states, with the words that state them and whether they count."""
    quotes: dict[str, str] = {}
    for text in _texts_around(reading):
        for code in read_parties(text).rules_found:
            quotes.setdefault(code, text)
    for row in diff.rows:
        for code in row.responsibility.rules_found:
            texts = [text for _, text in row.source.responsibility]
            quotes.setdefault(code, f"第{row.source.row}行：{'；'.join(texts)}")
    for code in reading.rules:
        quotes.setdefault(code, "")
    in_force = {rule.value for rule in beside.rules}
    return [
        {
            "code": code,
            "label": RULE_LABELS[Rule(code)],
            "quote": " ".join(quote.split())[:_QUOTE_CHARS],
            "in_force": code in in_force and code not in diff.new_rules,
            "ticked": code in beside.ticked,
        }
        for code, quote in quotes.items()
    ]


def _texts_around(reading: TableReading) -> list[str]:
    layout = reading.layout
    rows = [*layout.title_rows, *layout.header_cells, *(other.cells for other in layout.others)]
    return [text for cells in rows for text in cells if text.strip()]


RULE_LABELS = {
    Rule.FIRST_IS_LEAD: "列第一位者为牵头单位",
    Rule.RESPONSIBLE_IS_LEAD: "无牵头单位的，责任单位即为牵头单位",
    Rule.ALSO_IMPLEMENT: "以下均需落实，不再列出",
}
