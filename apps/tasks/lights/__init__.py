"""进度灯 and 报送标: how a task stands, and whether its units have reported (product.md D4–D6).

Two marks, never mixed: a missing report never colours a task. Pure: no database, no clock.
Points are 百分点 behind the calendar; a day counts as passed on the day after it.
"""

from __future__ import annotations

from apps.tasks.lights.kinds import OVERDUE, Cause, Light, ReportMark, reason_shown
from apps.tasks.lights.reporting import PeriodDuties, read_mark
from apps.tasks.lights.rules import next_change, read_light
from apps.tasks.lights.standing import (
    Finding,
    LightReading,
    Recurring,
    Report,
    Standing,
    Thresholds,
)

__all__ = [
    "OVERDUE",
    "Cause",
    "Finding",
    "Light",
    "LightReading",
    "PeriodDuties",
    "Recurring",
    "Report",
    "ReportMark",
    "Standing",
    "Thresholds",
    "next_change",
    "read_light",
    "read_mark",
    "reason_shown",
]
