"""Calendar arithmetic and the writing of dates; no clock: today is always an argument."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from apps.common.errors import Refused

# Days outside belong to no document of the country; day arithmetic near year 1 or 9999 overflows.
FIRST_YEAR, LAST_YEAR = 1949, 2100
_WRITTEN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def parse_day(text: str) -> date:
    """A day written as 2020-10-21, 2020/10/21, 2020.10.21 or 2020年10月21日.

    Refused is anything else, and a year outside FIRST_YEAR to LAST_YEAR.
    """
    found = _WRITTEN.fullmatch(text.strip())
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        day = None
    if day is None:
        raise Refused(f"“{text}”不是日期，请写成 2020-10-21 这样的年-月-日。")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused(f"“{text}”的年份须在 {FIRST_YEAR} 至 {LAST_YEAR} 之间，请核对。")
    return day


def expected_share(starts_on: date, ends_on: date, as_of: date) -> Decimal:
    """序时进度 in per cent, counted in whole months (product.md D5).

    The month of `as_of` counts as done; before the span it is 0, after it 100.
    January to December seen at the end of September: 75.
    """
    months = _months(starts_on, ends_on)
    done = min(max(_months(starts_on, as_of), 0), months)
    return Decimal(done * 100) / Decimal(months)


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1
