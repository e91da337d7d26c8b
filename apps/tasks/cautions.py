"""What a careful supervisor wants to see before a report is approved among many others. Pure."""

from __future__ import annotations

from decimal import Decimal

from apps.tasks.assessments import Assessment
from apps.tasks.content import RowFacts, is_falling, same_words
from apps.tasks.models import Progress
from apps.tasks.wording import plain_number

_ASKS = {
    Assessment.BEHIND: "自评滞后",
    Assessment.DIFFICULT: "自评有困难",
    Assessment.IMPOSSIBLE: "自评不能完成",
    # done is the supervisor's word as much as the unit's
    Assessment.DONE: "自评已完成，请核实",
    Assessment.DONE_EARLY: "自评提前完成，请核实",
    Assessment.OTHER: "自评为其他，请看正文",
}
# ten times as much as last time is mostly a slip of the unit (万元, 亿元)
_LEAP = 10


def warnings_of(progress: Progress, facts: RowFacts) -> list[str]:
    """Why this one is to be read by itself; `progress` with its duty and the plan's period."""
    return [
        *_of_the_text(progress, facts),
        *_of_the_assessment(progress),
        *_of_the_value(progress.value, facts),
        *_of_the_way(progress),
    ]


def _of_the_text(progress: Progress, facts: RowFacts) -> list[str]:
    if progress.unchanged:
        return [f"同上期，无新增进展：{progress.get_unchanged_display()}"]
    before = facts.previous
    if before is not None and same_words(progress.text, before.text):
        return ["与上期一字不差"]
    return []


def _of_the_assessment(progress: Progress) -> list[str]:
    asked = _ASKS.get(Assessment(progress.self_assessment))
    return [asked] if asked else []


def _of_the_value(value: Decimal | None, facts: RowFacts) -> list[str]:
    if facts.figure is None:
        return []
    if value is None:
        return ["没有填完成值"]
    last = facts.previous.value if facts.previous else None
    if last is None:
        return []
    if is_falling(value, facts):
        return [f"完成值比上期（{plain_number(last)}）减少"]
    if last and value >= last * _LEAP:
        return [f"完成值是上期（{plain_number(last)}）的 {_LEAP} 倍以上，请核对单位"]
    return []


def _of_the_way(progress: Progress) -> list[str]:
    said = []
    counted = progress.counted_on or progress.first_submitted_on
    if progress.duty.plan_period.past_cut_off(counted):
        said.append(f"迟报（{counted.month}月{counted.day}日）")
    if progress.entered_by:
        said.append(f"由{progress.entered_by}代录")
    if progress.whole_missing:
        said.append(f"汇总时缺{'、'.join(progress.whole_missing)}")
    return said
