"""A report as it prints: the frozen figures with the final texts. What pages and papers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from apps.reports.figures.kinds import Figures, RowFigure, UnitFact


@dataclass(frozen=True, slots=True)
class FinalPart:
    """One part of the text; the names in braces are filled in."""

    key: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class BodyRow:
    """One row as the report has it; `text` is what the report says of it, edited or the units'."""

    figure: RowFigure
    text: str
    left_out: bool


@dataclass(frozen=True, slots=True)
class Body:
    """All that is printed. `number` and `issued_on` are empty before the report is issued."""

    title: str
    genre: str
    addressee: str
    signatory: str
    number: str
    issued_on: date | None
    # 草稿, 送审稿 or 已印发
    state_label: str
    # of the report this one corrects
    corrects: str
    figures: Figures
    parts: Sequence[FinalPart]
    rows: Sequence[BodyRow]
    # the units ticked as 未按时报送
    named_units: Sequence[UnitFact]
