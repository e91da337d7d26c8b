"""进度灯 and 报送标: how a task stands, and whether its units have reported (product.md D4–D6).

Two marks, never mixed: a missing report never colours a task. Pure: no database, no clock.
Points are 百分点 behind the calendar; a day counts as passed on the day after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile

from apps.common.days import expected_share
from apps.tasks.assessments import Assessment

RED_POINTS = Decimal(30)
AMBER_POINTS = Decimal(10)
NEAR = timedelta(days=30)
_DAY = timedelta(days=1)
# The reason is stored without its days, which grow by the day.
OVERDUE = "逾期"


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
        return list(Light).index(self)

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
    indicator: str = ""


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


class Cause(StrEnum):
    """Which rule a finding comes from, for boards that group by it."""

    OVERDUE = "overdue"
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
    others: tuple[Finding, ...] = field(default=())

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


def read_light(standing: Standing) -> LightReading:
    """The worst of all findings; equal ones in the order of the rules below."""
    if standing.settled:
        rule = f"任务{standing.settled.label}，不再计灯"
        return LightReading(Finding(Cause.SETTLED, standing.settled, "", rule))
    findings = [
        *([] if standing.suspended else _overdue(standing)),
        *(found for report in standing.reports for found in _by_report(report, standing)),
        *([] if standing.suspended else _ahead(standing)),
    ]
    if not standing.reports:
        findings.append(
            Finding(Cause.NO_REPORT, Light.NODATA, "尚无进展", "还没有收到可计灯的进展")
        )
    findings.sort(key=lambda found: found.light.order)
    return LightReading(findings[0], tuple(f for f in findings[1:] if f.light in _WARNING))


_WARNING = {Light.RED, Light.AMBER}


def _overdue(standing: Standing) -> Iterator[Finding]:
    due = standing.due_on
    if due is not None and standing.today > due and not standing.soft:
        yield Finding(
            Cause.OVERDUE,
            Light.RED,
            OVERDUE,
            "完成时限已过，任务未办结",
            f"最后一日 {due.isoformat()}",
        )


def _ahead(standing: Standing) -> Iterator[Finding]:
    """A soft day that has passed, a last report, a near day."""
    due, next_cut_off = standing.due_on, standing.next_cut_off
    if due is None:
        return
    day = due.isoformat()
    if standing.today > due:
        if standing.soft:
            rule = "力争时限已过，不算逾期"
            yield Finding(Cause.SOFT_PASSED, Light.AMBER, "已过力争时限", rule, f"最后一日 {day}")
    elif next_cut_off is not None and next_cut_off > due:
        yield Finding(
            Cause.LAST_REPORT,
            Light.AMBER,
            "本期是时限前最后一次报送",
            "下一次报送截止晚于完成时限",
            f"时限 {day}，下次截止 {next_cut_off.isoformat()}",
        )
    elif standing.today >= due - NEAR:
        rule = "距完成时限 30 天以内"
        yield Finding(Cause.NEAR, Light.AMBER, "临近时限", rule, f"最后一日 {day}")


def _by_report(report: Report, standing: Standing) -> Iterator[Finding]:
    who = f"{report.agency}报" + (f"，{report.judged_by}认定" if report.judged_by else "，未核")
    if report.judgement is None:
        yield Finding(
            Cause.UNJUDGED,
            Light.PENDING,
            f"{report.period}进展尚未认定",
            "进展已报，等督查员认定",
            as_of=report.data_as_of,
            who=who,
        )
        return
    gap = _gap(report, standing)
    if gap is not None:
        yield _by_gap(report, gap, who)
    yield _by_judgement(report, report.judgement, who)


_JUDGED = {
    Assessment.IMPOSSIBLE: (Cause.IMPOSSIBLE, Light.RED),
    Assessment.BEHIND: (Cause.BEHIND, Light.AMBER),
    Assessment.DIFFICULT: (Cause.DIFFICULT, Light.AMBER),
}


def _by_judgement(report: Report, judgement: Assessment, who: str) -> Finding:
    cause, light = _JUDGED.get(judgement, (Cause.WELL, Light.GREEN))
    said = judgement.label if light is Light.GREEN else f"认定：{judgement.label}"
    rule = f"认定为{judgement.label}"
    return Finding(cause, light, said, rule, as_of=report.data_as_of, who=who)


def _gap(report: Report, standing: Standing) -> tuple[Decimal, Decimal] | None:
    """Points behind (negative: ahead) and the calendar's share; None without a figure or span."""
    if report.share is None or standing.due_on is None or standing.starts_on is None:
        return None
    if standing.starts_on > standing.due_on:
        # no span to spread the figure over: a plan that was entered after the row's day
        return None
    expected = expected_share(standing.starts_on, standing.due_on, report.data_as_of)
    return expected - report.share, expected


def _by_gap(report: Report, measured: tuple[Decimal, Decimal], who: str) -> Finding:
    gap, expected = measured
    figure = f"{report.indicator} {report.share}%，序时 {expected:.1f}%"
    if gap > RED_POINTS:
        light, reason, rule = Light.RED, f"差 {gap:.1f} 个百分点", "落后序时 30 个百分点以上"
    elif gap >= AMBER_POINTS:
        light, reason, rule = Light.AMBER, f"差 {gap:.1f} 个百分点", "落后序时 10—30 个百分点"
    elif gap > 0:
        light, reason, rule = Light.GREEN, "略低于序时", "落后序时不到 10 个百分点"
    else:
        light, reason, rule = Light.GREEN, "达到序时进度", "不低于序时进度"
    return Finding(Cause.GAP, light, reason, rule, figure, report.data_as_of, who)


def next_change(standing: Standing, cut_offs: Sequence[date]) -> date | None:
    """The first day after today on which passing days alone may change light or mark."""
    if standing.settled:
        return None
    days = [cut_off + _DAY for cut_off in cut_offs]
    if standing.due_on is not None:
        days += [standing.due_on - NEAR, standing.due_on + _DAY]
    return min((day for day in days if day > standing.today), default=None)


@dataclass(frozen=True, slots=True)
class PeriodDuties:
    """The units' reports of one period: when each came in, None if not yet."""

    cut_off: date
    first_submitted: tuple[date | None, ...]


def read_mark(periods: Sequence[PeriodDuties], today: date) -> tuple[ReportMark | None, str]:
    """The mark and its words, over all periods of a row, newest first; None where nothing is owed.

    已报 1/3 counts units; earlier periods missed in a row are said while the newest is not in.
    """
    if not periods:
        return None, ""
    newest = periods[0]
    units = len(newest.first_submitted)
    handed_in = [day for day in newest.first_submitted if day is not None]
    share = f" {len(handed_in)}/{units}" if units > 1 and handed_in else ""
    if len(handed_in) == units:
        late = any(day > newest.cut_off for day in handed_in)
        mark = ReportMark.LATE if late else ReportMark.IN
        return mark, mark.label + share
    if handed_in:
        over = today > newest.cut_off
        return (ReportMark.MISSING if over else ReportMark.IN), ReportMark.IN.label + share
    ended = [period for period in periods if today > period.cut_off]
    missed = _silent_in_a_row(ended)
    if missed > 1:
        return ReportMark.MISSING, f"连续{missed}期未报"
    if ended and None in ended[0].first_submitted:
        return ReportMark.MISSING, ReportMark.MISSING.label
    return ReportMark.DUE, ReportMark.DUE.label


def _silent_in_a_row(ended: Sequence[PeriodDuties]) -> int:
    """How many of the newest periods that are over brought no report from any unit."""
    silent = takewhile(lambda period: not any(period.first_submitted), ended)
    return sum(1 for _ in silent)
