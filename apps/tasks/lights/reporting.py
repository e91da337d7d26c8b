"""报送标: what came in when, held against each period's cut-off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from apps.tasks.lights.kinds import ReportMark


@dataclass(frozen=True, slots=True)
class PeriodDuties:
    """The units' reports of one period: the day that counts for each, None if not in yet."""

    cut_off: date
    counted: tuple[date | None, ...]
    # over although its cut-off may still lie ahead
    closed: bool = False

    def is_over(self, today: date) -> bool:
        return self.closed or today > self.cut_off


def read_mark(periods: Sequence[PeriodDuties], today: date) -> tuple[ReportMark | None, str]:
    """The mark and its words, over all periods of a row, newest first; None where nothing is owed.

    已报 1/3 counts units; earlier periods missed in a row are said while the newest is not in.
    """
    if not periods:
        return None, ""
    newest = periods[0]
    units = len(newest.counted)
    handed_in = [day for day in newest.counted if day is not None]
    share = f" {len(handed_in)}/{units}" if units > 1 and handed_in else ""
    if len(handed_in) == units:
        late = any(day > newest.cut_off for day in handed_in)
        mark = ReportMark.LATE if late else ReportMark.IN
        return mark, mark.label + share
    if handed_in:
        mark = ReportMark.MISSING if newest.is_over(today) else ReportMark.IN
        return mark, ReportMark.IN.label + share
    ended = [period for period in periods if period.is_over(today)]
    missed = _silent_in_a_row(ended)
    if missed > 1:
        return ReportMark.MISSING, f"连续{missed}期未报"
    if ended and None in ended[0].counted:
        return ReportMark.MISSING, ReportMark.MISSING.label
    return ReportMark.DUE, ReportMark.DUE.label


def _silent_in_a_row(ended: Sequence[PeriodDuties]) -> int:
    """How many of the newest periods that are over brought no report from any unit."""
    silent = takewhile(lambda period: not any(period.counted), ended)
    return sum(1 for _ in silent)
