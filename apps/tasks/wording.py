"""How readings and figures are said to people; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from apps.tasks.deadlines import Every, Kind
from apps.tasks.models import Deadline

_EVERY = {
    Every.MONTH: "每月",
    Every.QUARTER: "每季度",
    Every.HALF_YEAR: "每半年",
    Every.YEAR: "每年",
}
NOT_WRITTEN = "表中未写"
UNREAD = "读不出，待判读"


def due_note(kind: str, due_on: date | None, *, soft: bool, every: str, moved: bool) -> str:
    """The line beneath the verbatim deadline; `moved`: decided since, not in the table."""
    day = due_on.isoformat() if due_on else ""
    if kind == Kind.UNRESOLVED:
        return UNREAD
    if kind == Kind.NONE:
        return NOT_WRITTEN
    if kind == Kind.RECURRING:
        return _EVERY[Every(every)] if every else ""
    if kind == Kind.ONGOING:
        return f"持续至 {day}" if day else ""
    if moved:
        return f"延至 {day}"
    return f"力争 {day}" if soft else day


def due_shown(task: Any) -> tuple[str, str]:
    """The verbatim deadline of a row of `listed`, and the line beneath it where it says more."""
    deadline = task.deadline or {"text": "", "every": "", "from_table": True, "due_on": None}
    day = deadline["due_on"]
    note = due_note(
        task.due_kind,
        date.fromisoformat(day) if day else None,
        soft=task.due_soft,
        every=deadline["every"],
        moved=not deadline["from_table"],
    )
    return deadline["text"], "" if note == deadline["text"] else note


def due_reading(deadline: Deadline) -> str:
    """How the deadline was read, for the page of its task."""
    if not deadline.from_table and deadline.due_on:
        said = f"原表“{deadline.text}”；" if deadline.text else ""
        decided = deadline.recorded_on.isoformat()
        return f"{said}{decided} 同意延至 {deadline.due_on.isoformat()}（含当日）"
    parts = [_read(deadline)]
    if deadline.starts_on:
        parts.append(f"自 {deadline.starts_on.isoformat()} 起")
    if deadline.soft:
        parts.append("力争时限，过后不算逾期")
    if deadline.milestone:
        parts.append(f"“{deadline.milestone}”不等于完成")
    earlier = [str(other["due_on"]) for other in deadline.others]
    if earlier:
        parts.append(f"另有阶段时限 {'、'.join(earlier)}")
    return "，".join(parts)


def _read(deadline: Deadline) -> str:
    day = deadline.due_on.isoformat() if deadline.due_on else ""
    if deadline.kind == Kind.UNRESOLVED:
        return f"{UNREAD}，不计逾期"
    if deadline.kind == Kind.NONE:
        return NOT_WRITTEN
    if deadline.kind == Kind.RECURRING:
        times = _EVERY[Every(deadline.every)] if deadline.every else "按期"
        until = f"，到 {day} 为止" if day else ""
        return f"读作{times}{_within(deadline.every_due)}{until}"
    if deadline.kind == Kind.ONGOING:
        return f"读作持续推进，到 {day} 为止" if day else "读作持续推进，没有最后一日"
    return f"读作 {day}（含当日）"


def _within(due: Mapping[str, Any] | None) -> str:
    """The day inside the interval: 1月31日前, 第3个月20日前."""
    if not due:
        return ""
    month = f"{due['month']}月" if due.get("month") else ""
    if due.get("nth_month"):
        month = f"第{due['nth_month']}个月"
    day = due.get("day")
    return f"{month}底前" if day == "last" else f"{month}{day}日前" if day else month


def rows_in_words(rows: Iterable[tuple[str, str]]) -> str:
    """(short title, number) of rows as 《A》第3、5项；《B》第1项."""
    by_plan: dict[str, list[str]] = {}
    for plan, number in rows:
        by_plan.setdefault(plan, []).append(number)
    return "；".join(f"《{plan}》第{'、'.join(numbers)}项" for plan, numbers in by_plan.items())


def plain_number(value: Decimal) -> str:
    """40.0000 as 40: without the zeros of its column."""
    return f"{value.normalize():f}"
