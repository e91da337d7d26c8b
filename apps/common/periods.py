"""Reporting periods: always cumulative from January on (product.md D14)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from apps.common.errors import Refused

_CODE = re.compile(r"(\d{4})(?:Q([1-4])|M(0[124578]|1[01]))")
_MONTHS = 12
_NAMES = {3: "一季度", 6: "上半年", 9: "前三季度", 12: "全年"}


@dataclass(frozen=True, slots=True, order=True)
class PeriodCode:
    """January to `month` of `year`: 2020Q3 is 2020年前三季度, 2020M08 is 2020年1—8月.

    A period is named by its last month, so the third quarter and the ninth month are the same one.
    """

    year: int
    month: int

    @classmethod
    def parse(cls, code: str) -> PeriodCode:
        """2020Q3, or 2020M08 for a month that ends no quarter; Refused is anything else."""
        found = _CODE.fullmatch(code.strip().upper())
        if found is None:
            raise Refused(
                f"报告期“{code}”写法不对，应为 2020Q3（季度）或 2020M08（月份）这样的写法。"
            )
        year, quarter, month = found.groups()
        return cls(int(year), int(quarter) * 3 if quarter else int(month))

    @classmethod
    def of(cls, day: date) -> PeriodCode:
        """The quarter in which a day lies."""
        return cls(day.year, (day.month + 2) // 3 * 3)

    @property
    def code(self) -> str:
        ends_quarter = self.month % 3 == 0
        return f"{self.year}Q{self.month // 3}" if ends_quarter else f"{self.year}M{self.month:02}"

    @property
    def short_name(self) -> str:
        return _NAMES.get(self.month) or ("1月" if self.month == 1 else f"1—{self.month}月")

    @property
    def name(self) -> str:
        return f"{self.year}年{self.short_name}"

    @property
    def starts_on(self) -> date:
        return date(self.year, 1, 1)

    @property
    def ends_on(self) -> date:
        """The last day of the period, which is its 数据截至 unless reports are due before it."""
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    def following(self, months: int) -> PeriodCode:
        """The next period where one is asked for every so many months (1, 3, 6 or 12)."""
        ended = self.year * _MONTHS + self.month
        year, month = divmod(ended - ended % months + months - 1, _MONTHS)
        return PeriodCode(year, month + 1)
