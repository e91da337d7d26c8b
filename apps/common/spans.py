"""序时进度: the span a figure is held against, and its shares as they are printed (product.md D5).

Pure. Shares are rounded to one decimal before anything is worked out from them, so that whoever
subtracts two printed figures gets the printed gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from apps.common.days import expected_share

_TENTH = Decimal("0.1")


def share_of(value: Decimal, target: Decimal) -> Decimal:
    """完成比例 in per cent; more than 100 is possible."""
    return _rounded(value * 100 / target)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months; `annual` is the year of a 年度目标."""

    starts_on: date
    ends_on: date
    annual: bool = False

    def expected(self, as_of: date) -> Decimal:
        """The share of it that has gone by, in per cent."""
        return _rounded(expected_share(self.starts_on, self.ends_on, as_of))

    def told(self, as_of: date) -> str:
        """年度目标×9/12, or 2017年9月—2020年12月."""
        if self.annual:
            return f"年度目标×{as_of.month}/12"
        first, last = self.starts_on, self.ends_on
        return f"{first.year}年{first.month}月—{last.year}年{last.month}月"


def year_span(as_of: date) -> Span:
    """The year that a 年度目标 is for."""
    return Span(date(as_of.year, 1, 1), date(as_of.year, 12, 31), annual=True)


def whole_span(starts_on: date | None, due_on: date | None) -> Span | None:
    """The task's whole time; None without a day at either end, or where the row is younger."""
    if starts_on is None or due_on is None or starts_on > due_on:
        return None
    return Span(starts_on, due_on)


def _rounded(share: Decimal) -> Decimal:
    return share.quantize(_TENTH, ROUND_HALF_UP)
