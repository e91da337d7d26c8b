"""What a light is judged by, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.tasks.assessments import Assessment
from apps.tasks.lights.kinds import Cause, Light


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A plan's own: points behind the calendar, days before the deadline."""

    # red is more than this; amber is from there on, both ends included
    red_points: Decimal = Decimal(30)
    amber_points: Decimal = Decimal(10)
    near_days: int = 30


@dataclass(frozen=True, slots=True)
class Report:
    """A report of one unit that counts for the light: its newest judged one, and a newer one

    that still waits for its judgement.
    """

    agency: str
    period: str
    data_as_of: date
    judged_by: str = ""
    judgement: Assessment | None = None
    # 完成比例 in per cent, where there is a figure
    share: Decimal | None = None
    # that share is one of the 年度目标
    annual: bool = False
    indicator: str = ""


@dataclass(frozen=True, slots=True)
class Recurring:
    """A recurring row's days: the newest that has passed and the next."""

    last: date | None
    next: date | None
    # the next one is warned of: a row that falls due each month or quarter would never be green
    warns: bool = False
    # every judged report, newest first
    judged: tuple[Report, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a light is judged by."""

    today: date
    # closed or ended: nothing is judged any more
    settled: Light | None = None
    # suspended: the calendar does not count until its conditions are met
    suspended: bool = False
    due_on: date | None = None
    soft: bool = False
    starts_on: date | None = None
    # the cut-off of the period after the one now due: the next chance to report
    next_cut_off: date | None = None
    reports: tuple[Report, ...] = ()
    recurring: Recurring | None = None
    thresholds: Thresholds = Thresholds()


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that holds, with what it rests on."""

    cause: Cause
    light: Light
    reason: str
    rule: str
    figure: str = ""
    as_of: date | None = None
    who: str = ""


@dataclass(frozen=True, slots=True)
class LightReading:
    """The light that shows, and everything else that holds at the same time."""

    finding: Finding
    others: tuple[Finding, ...] = ()

    def facts(self) -> dict[str, object]:
        """What the task page opens, as JSON."""
        shown = self.finding
        return {
            "cause": shown.cause.value,
            "rule": shown.rule,
            "figure": shown.figure,
            "as_of": shown.as_of.isoformat() if shown.as_of else None,
            "who": shown.who,
            "others": [
                f"{other.light.label}：{other.reason}（{other.rule}）" for other in self.others
            ],
        }
