"""Reporting periods: cumulative quarters of a calendar year (product.md D14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from apps.common.errors import Refused

_CODE = re.compile(r"(\d{4})Q([1-4])")
_NAMES = ("一季度", "上半年", "前三季度", "全年")


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """The months January to 3 × `number` of `year`; code 2020Q3 is 2020年前三季度."""

    year: int
    number: int

    @classmethod
    def parse(cls, code: str) -> Quarter:
        """Raises Refused for anything but four digits, Q, 1–4."""
        found = _CODE.fullmatch(code.strip().upper())
        if found is None:
            raise Refused(f"报告期“{code}”写法不对，应为 2020Q3 这样的年份加季度。")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Quarter:
        return cls(day.year, (day.month + 2) // 3)

    @property
    def code(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def short_name(self) -> str:
        return _NAMES[self.number - 1]

    @property
    def name(self) -> str:
        return f"{self.year}年{self.short_name}"

    @property
    def starts_on(self) -> date:
        return date(self.year, 1, 1)

    @property
    def ends_on(self) -> date:
        """The last day of the period, which is its 数据截至."""
        following = date(self.year + self.number // 4, self.number * 3 % 12 + 1, 1)
        return following - timedelta(days=1)

    def previous(self) -> Quarter:
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)
