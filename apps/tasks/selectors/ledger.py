"""The ledger as a sheet: the rows with what was reported, judged and is missing (product.md D15).

What the reader may not see is left empty (D17): progress of other units, lights and marks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import chain

from django.db.models import QuerySet

from apps.agencies.parties import Role
from apps.common.periods import PeriodCode
from apps.common.spans import whole_span, year_span
from apps.common.spreadsheets import OutSheet, OutValue
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.assessments import Assessment
from apps.tasks.deadlines import Kind
from apps.tasks.lights import Light, reason_shown
from apps.tasks.models import Progress, Task
from apps.tasks.selectors.ledger_rows import (
    Due,
    Line,
    Part,
    Report,
    ledger_lines,
    periods_of,
    plans_of,
)
from apps.tasks.selectors.measured import measured
from apps.tasks.standing_words import OPENING, opening_text

# header, width in Latin characters: together an A4 page across, shrunk to what can be read
_COLUMNS = (
    ("序号", 6.0),
    ("任务来源", 13.0),
    ("重点工作", 34.0),
    ("牵头单位", 13.0),
    ("参加单位", 14.0),
    ("完成时限", 11.5),
    ("完成比例（%）", 8.0),
    ("比序时（百分点）", 8.5),
    ("进展情况", 34.0),
    ("存在问题", 18.0),
    ("下一步措施", 18.0),
    ("状态", 7.5),
    ("进度灯", 12.0),
    ("报送日期", 11.5),
    ("审核和认定", 13.0),
)
_PLAN_COLUMN = 1
_LEAD = Role.LEAD.value
_STATES = {value: str(label) for value, label in Task.State.choices}
_LIGHTS = {light.value: light.label for light in Light}
_REPORT_STATES = {value: str(label) for value, label in Progress.State.choices}
_JUDGEMENTS = {value: str(label) for value, label in Assessment.choices()}


def ledger_sheet(
    tasks: QuerySet[Task],
    *,
    scope: Scope,
    period: PeriodCode | None,
    today: date,
    about: Sequence[str] = (),
) -> OutSheet:
    """The ledger of these rows, in their order; read and written in one pass.

    With a period, what was reported for it; without, each unit's newest report. Where the 汇总单位
    has put the row together, its text and its value stand for the row. The light and the state are
    those of `today`. 比序时 is negative for what lags behind the calendar. `about`: further lines
    above the table, such as who exported it; the last one is also printed below each page.
    """
    plans = plans_of(tasks)
    several = len(plans) > 1
    columns = [column for place, column in enumerate(_COLUMNS) if several or place != _PLAN_COLUMN]
    only = next(iter(plans.values()), None)
    name = "任务台账" if several or only is None else f"{only.short_title}台账"
    lines = [name, _as_of(period, today), *about]
    last = len(columns) - 1
    reader = _Reader(scope, today, plans, periods_of(plans), dated=period is None)
    return OutSheet(
        name=name,
        title_rows=[[name]],
        note="\n".join(lines[1:]),
        headers=[header for header, _ in columns],
        rows=reader.rows(ledger_lines(tasks, scope=scope, period=period), several=several),
        merges=[(0, 0, 0, last)],
        widths=[width for _, width in columns],
        foot=lines[-1] if about else "",
        fitted=True,
    )


def _as_of(period: PeriodCode | None, today: date) -> str:
    """数据截至: of what was reported, and of what is worked out from it."""
    marks = f"进度灯和状态截至 {today.isoformat()}；比序时为负数的落后"
    if period is None:
        return f"进展为各单位最近一期，数据截至 {today.isoformat()}；{marks}"
    return f"进展为{period.name}，数据截至 {period.ends_on.isoformat()}；{marks}"


@dataclass(frozen=True, slots=True)
class _Reader:
    scope: Scope
    today: date
    plans: Mapping[int, Plan]
    periods: Mapping[int, PlanPeriod]
    # reports of more than one period
    dated: bool

    def rows(self, lines: Iterator[Line], *, several: bool) -> Iterator[list[OutValue]]:
        for line in lines:
            values = self.row(line)
            if not several:
                del values[_PLAN_COLUMN]
            yield values

    def row(self, line: Line) -> list[OutValue]:
        row, parts = line.row, line.parts
        reports = _in_order(line.reports, parts)
        opening = None if reports else line.opening
        told = self._put_together(line, reports) or reports
        shares = [self._measured(line, report) for report in told] if line.figures else []
        share: OutValue = _figures([share for share, _ in shares], told) if shares else ""
        text = _told([self._text(report, whole=told is not reports) for report in told], told)
        return [
            int(row.number) if row.number.isdecimal() else row.number,
            self.plans[row.plan_id].short_title,
            f"{row.title}\n{row.content}" if row.title else row.content,
            "、".join([part.name for part in parts if part.role == _LEAD]),
            "、".join([part.name for part in parts if part.role != _LEAD]),
            _deadline_text(line.due) if line.due else "",
            opening.percent if opening else share,
            _figures([gap for _, gap in shares], told) if shares else "",
            opening_text(opening.text, opening.closing) if opening else text,
            _told([report.problems for report in reports], reports),
            _told([report.next_step for report in reports], reports),
            _STATES[row.state],
            self._light(line) if row.marks_seen else None,
            opening.reported_on if opening else _days(reports),
            OPENING if opening else _told([_judged(report) for report in reports], reports),
        ]

    def _light(self, line: Line) -> str:
        row = line.row
        shown = reason_shown(row.light_reason, row.due_on, self.today)
        return f"{_LIGHTS[row.light]} {shown}".strip()

    def _put_together(self, line: Line, reports: Sequence[Report]) -> list[Report]:
        """The report of the 汇总单位 that speaks for the row; none where others have newer ones."""
        whole = [
            report
            for report in reports
            if report.whole_text and report.agency_id == line.row.consolidator_id
        ]
        if not whole:
            return []
        newest = max(self._ends_on(report) for report in reports)
        return [report for report in whole if self._ends_on(report) == newest]

    def _ends_on(self, report: Report) -> date:
        return self.periods[report.plan_period_id].period.ends_on

    def _text(self, report: Report, *, whole: bool) -> str:
        about = list(
            chain(
                [_named(self.periods[report.plan_period_id].period.code)] if self.dated else [],
                [f"{report.agency}汇总"] if whole else [],
                ["同上期"] if report.unchanged else [],
                [f"缺：{'、'.join(report.whole_missing)}"]
                if whole and report.whole_missing
                else [],
            )
        )
        text = report.whole_text if whole else report.text
        return f"（{'，'.join(about)}）{text}" if about else text

    def _measured(self, line: Line, report: Report) -> tuple[Decimal | None, Decimal | None]:
        """完成比例 in per cent and the points ahead of the calendar, where there is a figure."""
        assert line.figures is not None, "asked of rows with figures alone"
        as_of = self.periods[report.plan_period_id].data_as_of
        figure = measured(line.figures, agency_id=report.agency_id, value=report.value, as_of=as_of)
        if figure is None:
            return None, None
        row, due = line.row, line.due
        starts_on = (due.starts_on if due else None) or self.plans[row.plan_id].starts_on
        due_on = row.due_on if row.due_kind == Kind.DATE else None
        span = year_span(as_of) if figure.annual else whole_span(starts_on, due_on)
        return figure.share, figure.share - span.expected(as_of) if span else None


@lru_cache(maxsize=256)
def _named(code: str) -> str:
    return PeriodCode.parse(code).name


def _in_order(reports: Sequence[Report], parts: Sequence[Part]) -> Sequence[Report]:
    """As the row names the units."""
    if len(reports) <= 1:
        return reports
    order = {part.agency_id: place for place, part in reversed(list(enumerate(parts)))}
    return sorted(reports, key=lambda report: order.get(report.agency_id, len(parts) + 1))


def _deadline_text(due: Due) -> str:
    """Verbatim; a day that was decided since stands beside it."""
    if due.from_table or due.due_on is None:
        return due.text
    return f"{due.text}（调整为 {due.due_on.isoformat()}）"


def _figures(values: Sequence[Decimal | None], reports: Sequence[Report]) -> OutValue:
    """One figure as a number, several as lines that name the unit."""
    known = [
        (value, report) for value, report in zip(values, reports, strict=True) if value is not None
    ]
    if len(known) == 1:
        return known[0][0]
    return "\n".join(f"{report.agency}：{value}" for value, report in known)


def _told(texts: Sequence[str], reports: Sequence[Report]) -> str:
    """One text as it is, several with their units."""
    if len(texts) <= 1:
        return "".join(texts)
    return "\n".join(
        [f"{report.agency}：{text}" for text, report in zip(texts, reports, strict=True) if text]
    )


def _days(reports: Sequence[Report]) -> OutValue:
    if len(reports) == 1:
        return reports[0].submitted_on
    return _told([report.submitted_on.isoformat() for report in reports], reports)


def _judged(report: Report) -> str:
    """Whether it was reviewed, and what the supervisor says; what is not judged says 未核."""
    if report.state != Progress.State.APPROVED:
        return f"{_REPORT_STATES[report.state]}，未核"
    if not report.judgement:
        return "审核通过，未核"
    said = f"审核通过，认定：{_JUDGEMENTS[report.judgement]}"
    return f"{said}（{report.judgement_reason}）" if report.judgement_reason else said
