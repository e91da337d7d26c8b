"""The lights, the 报送标 and the rules behind a light, by code and name."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

# The reason is stored without its days, which grow by the day.
OVERDUE = "逾期"


def reason_shown(reason: str, due_on: date | None, today: date) -> str:
    """What stands beside a light; days overdue are counted anew each day."""
    if reason == OVERDUE and due_on is not None:
        return f"{OVERDUE} {(today - due_on).days} 天"
    return reason


class Light(StrEnum):
    """In order of urgency: lists that show the worst first sort by it."""

    RED = "red"
    AMBER = "amber"
    PENDING = "pending"
    NODATA = "nodata"
    GREEN = "green"
    CLOSED = "closed"
    ENDED = "ended"

    @property
    def label(self) -> str:
        return _LIGHT_LABELS[self]

    @property
    def order(self) -> int:
        """0 is the most urgent; stored beside the light so that an index can sort by it."""
        return _LIGHT_ORDER[self]

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(member.value, member.label) for member in cls]


_LIGHT_LABELS = {
    Light.RED: "红",
    Light.AMBER: "黄",
    Light.PENDING: "待认定",
    Light.NODATA: "无数据",
    Light.GREEN: "绿",
    Light.CLOSED: "已办结",
    Light.ENDED: "终止",
}
_LIGHT_ORDER = {light: place for place, light in enumerate(Light)}


class ReportMark(StrEnum):
    """Whether the units have reported."""

    DUE = "due"
    IN = "in"
    LATE = "late"
    MISSING = "miss"

    @property
    def label(self) -> str:
        return _MARK_LABELS[self]

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(member.value, member.label) for member in cls]


_MARK_LABELS = {
    ReportMark.DUE: "未到期",
    ReportMark.IN: "已报",
    ReportMark.LATE: "迟报",
    ReportMark.MISSING: "未报",
}


class Cause(StrEnum):
    """Which rule a finding comes from, for boards that group by it."""

    OVERDUE = "overdue"
    # a day of a recurring row has passed, and the report after it was judged badly
    OCCURRENCE = "occurrence"
    SOFT_PASSED = "soft_passed"
    LAST_REPORT = "last_report"
    NEAR = "near"
    GAP = "gap"
    IMPOSSIBLE = "impossible"
    BEHIND = "behind"
    DIFFICULT = "difficult"
    WELL = "well"
    UNJUDGED = "unjudged"
    NO_REPORT = "no_report"
    SETTLED = "settled"
