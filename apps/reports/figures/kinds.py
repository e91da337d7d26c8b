"""What a report is worked out of, and what comes of it (product.md D5, D7, D15).

Pure: no database, no clock. `Facts` is what the snapshot reads, `Figures` what is frozen. Shares
and gaps are decimals with one place, as they are printed; whoever adds or subtracts printed figures
gets printed figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from apps.tasks.assessments import Assessment


class RowClass(StrEnum):
    """Every row of a report is in exactly one: its 认定, or why it has none.

    A row with several leads takes the worst 认定 of the parts that have one.
    """

    DONE = Assessment.DONE.value
    DONE_EARLY = Assessment.DONE_EARLY.value
    AHEAD = Assessment.AHEAD.value
    NORMAL = Assessment.NORMAL.value
    BEHIND = Assessment.BEHIND.value
    DIFFICULT = Assessment.DIFFICULT.value
    NOT_STARTED = Assessment.NOT_STARTED.value
    IMPOSSIBLE = Assessment.IMPOSSIBLE.value
    OTHER = Assessment.OTHER.value
    # reported, and no supervisor has judged it
    UNJUDGED = "unjudged"
    # something is owed for the period, and nothing has come
    MISSING = "missing"
    # 挂起: waits for its conditions
    SUSPENDED = "suspended"
    ENDED = "ended"
    # no report is asked of anybody for this row, as nobody leads it and no 汇总单位 is designated
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class PartFact:
    """What one unit owed for one row and period, and what came of it."""

    agency_code: str
    agency: str
    delivered: bool
    # came after the cut-off
    late: bool
    # the supervisor's word, empty while there is none: then its text is 未核
    judgement: str = ""
    self_assessment: str = ""
    approved: bool = False
    text: str = ""
    # 同上期: the last period's text, taken over, and why (the label)
    unchanged: str = ""
    # word for word the last period's: never printed (D10)
    repeated: bool = False
    problems: str = ""
    next_step: str = ""
    # the 汇总单位's text for the whole row, and the units it did without
    whole_text: str = ""
    whole_missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureFact:
    """A quantified part of a row: what was reached, held against the calendar."""

    agency: str
    indicator: str
    unit: str
    value: Decimal
    target: Decimal
    # per cent of the target, and of the span that has gone by; None where no span is known
    share: Decimal
    expected: Decimal | None
    # the span in words: 年度目标×9/12, or 2017年9月—2020年12月
    span: str = ""

    @property
    def gap(self) -> Decimal | None:
        """百分点 behind the calendar; negative: ahead."""
        return None if self.expected is None else self.expected - self.share


@dataclass(frozen=True, slots=True)
class RowFact:
    """One row of an original table, in the period of the report."""

    task_id: int
    plan_code: str
    number: str
    content: str
    leads: tuple[str, ...]
    supports: tuple[str, ...]
    # 完成时限 verbatim, and the last day where one was read
    due_text: str
    due_on: date | None
    # Task.State value and its label
    state: str
    state_label: str
    closed_on: date | None
    # days past the hard deadline, 0 where not overdue
    overdue_days: int
    # 本单位自督: the supervising unit is itself a lead
    self_supervised: bool
    # Light value, its label and reason
    light: str
    light_label: str
    light_reason: str
    # 汇总单位, empty where there is none
    consolidator: str = ""
    category: tuple[str, ...] = ()
    parts: tuple[PartFact, ...] = ()
    measures: tuple[MeasureFact, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanFact:
    """A plan of the scope, in the order of the report."""

    code: str
    title: str
    short_title: str
    document_number: str
    supervisor: str
    cut_off: date
    data_as_of: date


@dataclass(frozen=True, slots=True)
class UnitFact:
    """A unit that owes reports in the period."""

    code: str
    name: str
    owed: int
    delivered: int
    late: int
    # 党委, 人大, 政协, 法检, 垂直管理 are not supervised and never named (D12)
    may_be_named: bool
    # of the cut-offs of all plans it owes to, the last: only after that it may be named
    cut_off: date


@dataclass(frozen=True, slots=True)
class TargetFact:
    """An indicator with the target that counts and the value of the period, as printed."""

    plan_code: str
    indicator: str
    unit: str
    year: int
    # 不低于 40 家
    target: str
    # 38 家; empty without data
    value: str
    # 累计 / 当期 / 时点, 快报 / 正式, and where the value comes from
    basis: str
    source: str
    year_ago: str
    # 完成比例 and 序时, None where they cannot be worked out (D5)
    share: Decimal | None
    expected: Decimal | None
    span: str
    # TargetJudgement.State value and label
    state: str
    state_label: str

    @property
    def gap(self) -> Decimal | None:
        if self.share is None or self.expected is None:
            return None
        return self.expected - self.share


@dataclass(frozen=True, slots=True)
class Earlier:
    """An issued report of the same scope, to compare with: its counts by class."""

    title: str
    period_name: str
    total: int
    counts: dict[str, int]
    overdue: int
    owed: int
    missing: int


@dataclass(frozen=True, slots=True)
class Facts:
    """One snapshot of everything a report speaks of."""

    period_code: str
    period_name: str
    # 2020年9月30日 …: the day up to which the units report
    data_as_of: date
    # business date of the snapshot
    taken_on: date
    body_name: str
    plans: tuple[PlanFact, ...]
    rows: tuple[RowFact, ...]
    units: tuple[UnitFact, ...]
    targets: tuple[TargetFact, ...]
    # the sample's invented progress: said wherever the report is shown
    is_sample: bool
    previous: Earlier | None = None
    year_ago: Earlier | None = None


@dataclass(frozen=True, slots=True)
class ClassCount:
    """One class: how many, and which share of the total, truly rounded."""

    key: str
    label: str
    count: int
    share: Decimal
    # against the previous report and the one a year ago; None where there is none
    previous: int | None
    year_ago: int | None


@dataclass(frozen=True, slots=True)
class RowFigure:
    """One row as the report has it."""

    fact: RowFact
    row_class: str
    class_label: str
    # parts that came and have no 认定 yet, parts that never came
    unjudged: int
    missing: tuple[str, ...]
    # the worst of its measures: 未达到序时进度 is a gap above zero
    worst: MeasureFact | None
    # what the report prints of it: the 汇总 text, or the parts' one by one with their units
    text: str
    # where it comes from: 省科技厅报 / 省科技厅汇总
    by: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The frozen figures. Counts of classes sum to `total`; rows stand as in `facts`."""

    facts: Facts
    total: int
    classes: tuple[ClassCount, ...]
    # per plan code, in the order of `classes`
    by_plan: dict[str, tuple[int, ...]]
    rows: tuple[RowFigure, ...]
    # rows with a figure: on or ahead of the calendar, and behind it
    met: int
    unmet: int
    overdue: int
    owed: int
    delivered: int
    late: int
    missing: int
    self_supervised: int
    # codes of units that may be ticked as 未按时报送; none before the cut-off
    nameable: tuple[str, ...]
