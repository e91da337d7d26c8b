"""The rows of the ledger as the report's files print them, on paper and in the workbook alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from apps.reports.body import Body, BodyRow
from apps.reports.figures.kinds import ClassCount, Figures, MeasureFact, PartFact, PlanFact, RowFact
from apps.reports.figures.texts import UNCHECKED
from apps.reports.figures.wording import amount, day, titled

ANNEX_NAME = "任务进展台账"
ROUNDING_NOTE = "因四舍五入，各类占比合计可能不等于100%。"
AHEAD_NOTE = "比序时＝完成比例－序时进度，负数为落后"
SAMPLE_NOTE = "演示数据：进展、数值、日期均为虚构，与真实工作无关"
NOTHING = "—"
# a workbook keeps no more of a number
_SURE_DIGITS = 15
_MARKS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def by_plan(body: Body) -> Iterator[tuple[PlanFact, list[BodyRow]]]:
    """Each plan of the scope with its rows, in the order of the report."""
    rows: dict[str, list[BodyRow]] = {plan.code: [] for plan in body.figures.facts.plans}
    for row in body.rows:
        rows[row.figure.fact.plan_code].append(row)
    for plan in body.figures.facts.plans:
        yield plan, rows[plan.code]


def several_plans(figures: Figures) -> bool:
    return len(figures.facts.plans) > 1


def shown_classes(figures: Figures) -> list[ClassCount]:
    """Those that have a row now, or had one in a report to compare with."""
    return [each for each in figures.classes if each.count or each.previous or each.year_ago]


def ahead(gap: Decimal | None) -> Decimal | None:
    """比序时: negative for what lags, as in the ledger that is exported."""
    return None if gap is None else -gap


def number_of(fact: RowFact) -> str | int:
    """A number of the original, as a number where it reads the same as one: 007 does not."""
    number = fact.number
    if number.isascii() and number.isdecimal() and (number == "0" or number[0] != "0"):
        return int(number) if len(number) <= _SURE_DIGITS else number
    return number


def plan_line(plan: PlanFact) -> str:
    number = f"（{plan.document_number}）" if plan.document_number else ""
    return f"{titled(plan.title)}{number}"


def as_of_line(figures: Figures) -> str:
    facts = figures.facts
    return (
        f"{facts.period_name}；数据截至{day(facts.data_as_of)}，取数日期{day(facts.taken_on)}；"
        f"共{figures.total}项；比序时为负数的落后"
    )


def measure_line(measure: MeasureFact) -> str:
    """What was reached, and the span it is held against."""
    said = (
        f"{measure.indicator}{amount(measure.value)}{measure.unit}，"
        f"目标{amount(measure.target)}{measure.unit}"
    )
    if measure.expected is None:
        return said
    return f"{said}，序时{measure.expected:f}%" + (f"（{measure.span}）" if measure.span else "")


def progress_text(row: BodyRow) -> str:
    """What the report says of the row, then its figures in words."""
    measures = row.figure.fact.measures
    lines = [
        f"{measure.agency}：{measure_line(measure)}" if len(measures) > 1 else measure_line(measure)
        for measure in measures
    ]
    return "\n".join([row.text, *(f"〔{line}〕" for line in _marked(lines))]).strip()


def problems_text(fact: RowFact) -> str:
    return _told(fact.parts, [part.problems for part in fact.parts])


def next_step_text(fact: RowFact) -> str:
    return _told(fact.parts, [part.next_step for part in fact.parts])


def state_text(row: BodyRow) -> str:
    fact = row.figure.fact
    lines = [fact.state_label]
    if row.figure.class_label != fact.state_label:
        lines.append(row.figure.class_label)
    if fact.overdue_days:
        lines.append(f"逾期{fact.overdue_days}天")
    if fact.self_supervised:
        lines.append("本单位自督")
    return "\n".join(lines)


def reporters_text(fact: RowFact) -> str:
    """Who has reported. Who has not is named only where the supervisor ticked it."""
    return "、".join(part.agency for part in fact.parts if part.delivered)


def measures_text(values: Iterable[Decimal | None]) -> str:
    """A figure for each measure, on a line of its own, marked as they are in `progress_text`."""
    return "\n".join(_marked([NOTHING if value is None else f"{value:f}" for value in values]))


def _marked(lines: Sequence[str]) -> list[str]:
    """①, ② where there are several."""
    if len(lines) == 1:
        return list(lines)
    return [
        f"{_MARKS[place]}{line}" if place < len(_MARKS) else f"{place + 1}. {line}"
        for place, line in enumerate(lines)
    ]


def _told(parts: Sequence[PartFact], texts: Sequence[str]) -> str:
    """The parts' texts; with their units where several owe, and 未核 where nobody judged them."""
    return "\n".join(
        f"{f'{part.agency}：' if len(parts) > 1 else ''}{text.strip()}"
        f"{'' if part.judgement else UNCHECKED}"
        for part, text in zip(parts, texts, strict=True)
        if part.delivered and text.strip()
    )
