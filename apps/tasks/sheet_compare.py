"""A 填报表 that came back against what the system holds: cell by cell, and what is wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from apps.common.text import fold_tight
from apps.tasks.assessments import Assessment
from apps.tasks.cell_diff import Part, changed_parts
from apps.tasks.content import Content, RowFacts, content_reasons, is_falling, same_words
from apps.tasks.models import Progress
from apps.tasks.sheet_form import FILLED, ReturnedRow

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,10})?")
_CODES: Mapping[str, Iterable[tuple[Any, Any]]] = {
    "self_assessment": Assessment.choices(),
    "unchanged": Progress.Unchanged.choices,
}


class Outcome(StrEnum):
    """What becomes of a row."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class CellShown:
    """A cell that differs, in parts."""

    header: str
    old: list[Part]
    new: list[Part]


@dataclass(frozen=True, slots=True)
class Known:
    """What the system holds for a row: the report's fields as its reader may see them."""

    fields: Mapping[str, str]
    facts: RowFacts
    version: int
    closed: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of the file against the system. `fields`: as a draft keeps them, codes for words.

    `conflict`: the report has changed since the sheet was exported, so somebody must choose.
    `falling`: the value is lower than the last one, so somebody must say that this is meant.
    """

    row: int
    outcome: Outcome
    fields: dict[str, str]
    cells: tuple[CellShown, ...] = ()
    problems: tuple[str, ...] = ()
    conflict: bool = False
    falling: bool = False
    # every cell could be read, whatever is to be said against it
    legible: bool = True

    def content(self, *, falling_confirmed: bool) -> Content:
        """Only of a changed row."""
        return _content(self.fields, falling_confirmed=falling_confirmed)


def compare(came: ReturnedRow, known: Known, columns: Mapping[str, str]) -> Compared:
    """`columns`: the letter of each field's column, for sentences that name a cell."""
    if not any(came.fields.get(code, "") for code in FILLED):
        return Compared(came.row, Outcome.EMPTY, {})
    fields, problems = _read(came, known, columns)
    cells = tuple(_differences(known, fields))
    if problems:
        return Compared(came.row, Outcome.WRONG, fields, cells, tuple(problems), legible=False)
    if not fields["self_assessment"]:
        said = f"{_cell('self_assessment', came, columns)}没有选。"
        return Compared(came.row, Outcome.WRONG, fields, cells, (said,))
    if not cells:
        return Compared(came.row, Outcome.UNCHANGED, fields)
    if known.closed:
        said = f"第{came.row}行{known.closed}，不再接收；确需修改的请先退回再回收。"
        return Compared(came.row, Outcome.WRONG, fields, cells, (said,))
    content = _content(fields, falling_confirmed=True)
    wrong = [f"第{came.row}行：{reason}" for reason in content_reasons(content, known.facts)]
    return Compared(
        came.row,
        Outcome.WRONG if wrong else Outcome.CHANGED,
        fields,
        cells,
        tuple(wrong),
        conflict=(came.version or 0) != known.version,
        falling=is_falling(content.value, known.facts),
    )


def _read(
    came: ReturnedRow, known: Known, columns: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """The fields with codes for words and plain numbers; and the cells that cannot be read,

    which stay as they were typed.
    """
    fields = {code: came.fields.get(code, "") for code in FILLED}
    problems = []
    for code, choices in _CODES.items():
        said = fields[code]
        fields[code] = _code(choices, said) or said
        if said and not _code(choices, said):
            words = "、".join(str(label) for _, label in choices)
            problems.append(f"{_cell(code, came, columns)}填的是“{said}”，只能是：{words}。")
    value = _number(fields["value"], known.facts)
    if value is None:
        said = fields["value"]
        problems.append(f"{_cell('value', came, columns)}填的是“{said}”，只填数字，单位不用写。")
    fields["value"] = fields["value"] if value is None else value
    if not known.facts.consolidates:
        fields["whole_text"] = known.fields.get("whole_text", "")
    return fields, problems


def _cell(code: str, came: ReturnedRow, columns: Mapping[str, str]) -> str:
    """H7（完成值）."""
    return f"{columns.get(code, '')}{came.row}（{FILLED[code]}）"


def _code(choices: Iterable[tuple[Any, Any]], said: str) -> str:
    wanted = fold_tight(said)
    return next((str(code) for code, label in choices if wanted == str(label)), "")


def _number(said: str, facts: RowFacts) -> str | None:
    """The number as it is kept, "" for none; None where it is none. The unit may stand behind."""
    text = fold_tight(said).replace(",", "")
    if facts.figure is not None:
        text = text.removesuffix(fold_tight(facts.figure.indicator.unit))
    if not text:
        return "" if not said else None
    return text if _NUMBER.fullmatch(text) else None


def _content(fields: Mapping[str, str], *, falling_confirmed: bool) -> Content:
    value = fields.get("value")
    return Content(
        text=fields.get("text", ""),
        self_assessment=Assessment(fields["self_assessment"]),
        value=Decimal(value) if value else None,
        problems=fields.get("problems", ""),
        next_step=fields.get("next_step", ""),
        unchanged=fields.get("unchanged", ""),
        whole_text=fields.get("whole_text", ""),
        falling_confirmed=falling_confirmed,
    )


def _differences(known: Known, fields: Mapping[str, str]) -> Iterable[CellShown]:
    for code, header in FILLED.items():
        old, new = known.fields.get(code, ""), fields.get(code, "")
        if code == "text" and fields.get("unchanged") and not new and known.facts.previous:
            # as it will be kept
            new = known.facts.previous.text
        if _same(code, old, new):
            continue
        before, after = changed_parts(_shown(code, old), _shown(code, new))
        yield CellShown(header, before, after)


def _same(code: str, old: str, new: str) -> bool:
    if code == "value" and old and _NUMBER.fullmatch(old) and _NUMBER.fullmatch(new):
        return Decimal(old) == Decimal(new)
    return same_words(old, new)


def _shown(code: str, said: str) -> str:
    labels = {str(value): str(label) for value, label in _CODES.get(code, ())}
    return labels.get(said, said)
