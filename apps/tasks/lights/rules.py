"""The rules of the light: each yields what it finds, the worst shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from apps.common.spans import Span, whole_span, year_span
from apps.tasks.assessments import Assessment
from apps.tasks.lights.kinds import OVERDUE, Cause, Light
from apps.tasks.lights.standing import Finding, LightReading, Report, Standing, Thresholds

_DAY = timedelta(days=1)
_WARNING = {Light.RED, Light.AMBER}


def read_light(standing: Standing) -> LightReading:
    """The worst of all findings; equal ones in the order of the rules below."""
    if standing.settled:
        rule = f"任务{standing.settled.label}，不再计灯"
        return LightReading(Finding(Cause.SETTLED, standing.settled, "", rule))
    findings = [
        *([] if standing.suspended else _passed(standing)),
        *(found for report in standing.reports for found in _by_report(report, standing)),
        *([] if standing.suspended else _ahead(standing)),
    ]
    if not standing.reports:
        findings.append(
            Finding(Cause.NO_REPORT, Light.NODATA, "尚无进展", "还没有收到可计灯的进展")
        )
    findings.sort(key=lambda found: found.light.order)
    return LightReading(findings[0], tuple(f for f in findings[1:] if f.light in _WARNING))


def _passed(standing: Standing) -> Iterator[Finding]:
    """A hard last day that has passed, an occurrence that was not met."""
    due = standing.due_on
    if due is not None and standing.today > due and not standing.soft:
        yield Finding(
            Cause.OVERDUE,
            Light.RED,
            OVERDUE,
            "完成时限已过，任务未办结",
            f"最后一日 {due.isoformat()}",
        )
    if standing.recurring is not None and standing.recurring.last is not None:
        yield from _missed(standing.recurring.last, standing.recurring.judged, standing)


_MET = {Assessment.NORMAL, Assessment.AHEAD, Assessment.DONE, Assessment.DONE_EARLY}
_UNMET = {
    Assessment.NOT_STARTED,
    Assessment.BEHIND,
    Assessment.DIFFICULT,
    Assessment.IMPOSSIBLE,
}


def _missed(day: date, judged: Sequence[Report], standing: Standing) -> Iterator[Finding]:
    """By the units' reports on or after the day. One good one settles it for its unit: what is

    judged later speaks of the next day. Without a judgement nothing is known, and nothing said.
    """
    after = [report for report in judged if report.data_as_of >= day]
    settled = {report.agency for report in after if report.judgement in _MET}
    for report in after:
        if report.agency in settled or report.judgement not in _UNMET:
            continue
        settled.add(report.agency)
        said = f"本次时限 {day.isoformat()}，{report.period}认定：{report.judgement.label}"
        if standing.soft:
            light, reason, rule = Light.AMBER, "已过本次力争时限", "本次力争时限已过，不算逾期"
        else:
            light, reason, rule = Light.RED, "本次逾期", "本次时限已过，其后的进展认定为未完成"
        who = f"{report.agency}报，{report.judged_by}认定"
        yield Finding(Cause.OCCURRENCE, light, reason, rule, said, report.data_as_of, who)


def _ahead(standing: Standing) -> Iterator[Finding]:
    """A soft day that has passed, a last report, a near day."""
    due, recurring = standing.due_on, standing.recurring
    if recurring is not None and recurring.warns and recurring.next is not None:
        yield from _closing_in(recurring.next, standing, "本次时限")
    if due is None:
        return
    if standing.today <= due:
        yield from _closing_in(due, standing, "时限")
    elif standing.soft:
        day = f"最后一日 {due.isoformat()}"
        rule = "力争时限已过，不算逾期"
        yield Finding(Cause.SOFT_PASSED, Light.AMBER, "已过力争时限", rule, day)


def _closing_in(due: date, standing: Standing, name: str) -> Iterator[Finding]:
    """The day itself included: the report now due is the last before it, or it is near."""
    day, next_cut_off = due.isoformat(), standing.next_cut_off
    near_days = standing.thresholds.near_days
    if next_cut_off is not None and next_cut_off > due:
        yield Finding(
            Cause.LAST_REPORT,
            Light.AMBER,
            f"本期是{name}前最后一次报送",
            "下一次报送截止晚于完成时限",
            f"{name} {day}，下次截止 {next_cut_off.isoformat()}",
        )
    elif standing.today >= due - timedelta(days=near_days):
        rule = f"距完成时限 {near_days} 天以内"
        yield Finding(Cause.NEAR, Light.AMBER, f"临近{name}", rule, f"最后一日 {day}")


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
    if report.share is not None and (span := _span(report, standing)) is not None:
        gap = span.expected(report.data_as_of) - report.share
        said = f"{span.expected(report.data_as_of)}%（{span.told(report.data_as_of)}）"
        figure = f"{report.indicator} {report.share}%，序时 {said}"
        light, reason, rule = _by_gap(gap, standing.thresholds)
        yield Finding(Cause.GAP, light, reason, rule, figure, report.data_as_of, who)
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


def _span(report: Report, standing: Standing) -> Span | None:
    if report.annual:
        return year_span(report.data_as_of)
    return whole_span(standing.starts_on, standing.due_on)


def _by_gap(gap: Decimal, thresholds: Thresholds) -> tuple[Light, str, str]:
    """Light, reason and rule for so many points behind."""
    red, amber = thresholds.red_points, thresholds.amber_points
    points = f"差 {gap} 个百分点"
    if gap <= 0:
        return Light.GREEN, "达到序时进度", "不低于序时进度"
    if gap > red:
        return Light.RED, points, f"落后序时 {_plain(red)} 个百分点以上"
    if gap >= amber:
        return Light.AMBER, points, f"落后序时 {_plain(amber)}—{_plain(red)} 个百分点"
    return Light.GREEN, "略低于序时", f"落后序时不到 {_plain(amber)} 个百分点"


def _plain(points: Decimal) -> str:
    return f"{points.normalize():f}"


def next_change(standing: Standing, cut_offs: Sequence[date]) -> date | None:
    """The first day after today on which passing days alone may change light or mark.

    `cut_offs`: of the plan's periods, and the one now due where its period is not entered yet.
    """
    if standing.settled:
        return None
    days = [cut_off + _DAY for cut_off in cut_offs]
    recurring = standing.recurring
    dues = [standing.due_on, recurring.next if recurring else None]
    near = timedelta(days=standing.thresholds.near_days)
    for due in dues:
        if due is not None:
            days += [due - near, due + _DAY]
    return min((day for day in days if day > standing.today), default=None)
