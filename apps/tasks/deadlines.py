"""Reading the deadline wordings of Chinese government tables (product.md D2, architecture.md §6).

What is not certain is never guessed: it becomes `unresolved`, a question to a person. Rules in
the order in which they are asked; the first that applies decides:

| the cell                                                | reading                |
|---------------------------------------------------------|------------------------|
| is empty, a dash or 无                                  | none                   |
| holds a doubt: 8月前, 年初, 工作日, 春节前, 2月30日     | unresolved             |
| names an interval: 每季度末月20日前                     | recurring              |
| has no date and goes on: 持续推进, 今后一个时期         | ongoing                |
| has no date otherwise: 视情况而定, a start alone (…起)  | unresolved             |
| goes on until its date: 年内持续推进                    | ongoing, with `due_on` |
| has dates                                               | date: the latest one   |

A missing year is the one of the date before it in the cell, else the year of issue. A length of
time counts from a written start, else from the day of issue, which itself is not counted.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from apps.tasks.deadline_grammar.calendar import Calendar, UnsettledError
from apps.tasks.deadline_grammar.dates import Dated, read_dates, without_objects
from apps.tasks.deadline_grammar.milestone import read_milestone
from apps.tasks.deadline_grammar.recurrence import read_recurrence
from apps.tasks.deadline_grammar.scan import scan
from apps.tasks.deadline_grammar.text import Source
from apps.tasks.deadline_grammar.tokens import (
    Doubt,
    Each,
    Every,
    EveryDue,
    Token,
)

__all__ = ["Every", "EveryDue", "Kind", "Other", "Reading", "read_deadline"]


class Kind(enum.StrEnum):
    DATE = "date"
    ONGOING = "ongoing"
    RECURRING = "recurring"
    NONE = "none"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Other:
    """An earlier deadline of the same cell, with the part of the cell that says so."""

    due_on: date
    text: str
    milestone: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` is verbatim. `due_on` is the last day, itself included.

    With `ongoing` and `recurring`, `due_on` is the day after which it is no longer asked.
    `milestone`: the verb whose reaching is not yet completion (动工, 投入使用).
    """

    text: str
    kind: Kind
    due_on: date | None = None
    starts_on: date | None = None
    soft: bool = False
    every: Every | None = None
    every_due: EveryDue | None = None
    milestone: str | None = None
    others: tuple[Other, ...] = ()

    @property
    def needs_review(self) -> bool:
        return self.kind is Kind.UNRESOLVED

    def as_dict(self) -> dict[str, object]:
        """The JSON of `manage.py parse deadlines`; keys and order are its contract."""
        due = self.every_due
        return {
            "text": self.text,
            "kind": self.kind.value,
            "due_on": _iso(self.due_on),
            "starts_on": _iso(self.starts_on),
            "soft": self.soft,
            "every": self.every.value if self.every else None,
            "every_due": due and {"month": due.month, "nth_month": due.nth_month, "day": due.day},
            "milestone": self.milestone,
            "others": [
                {"due_on": _iso(other.due_on), "text": other.text, "milestone": other.milestone}
                for other in self.others
            ],
            "needs_review": self.needs_review,
        }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def read_deadline(text: str, issued_on: date | None) -> Reading:
    """Never raises. `issued_on`: the day on which the document was issued, if known."""
    source = Source(text)
    if _NOTHING.match(source.norm):
        return Reading(text, Kind.NONE)
    soft = bool(_SOFT.search(source.norm))
    try:
        return _read(source, list(scan(source.norm)), issued_on, soft=soft)
    except UnsettledError as unsettled:
        return Reading(text, Kind.UNRESOLVED, soft=soft, starts_on=unsettled.starts_on)


_NOTHING = re.compile(
    r"(?:[-/\\|_]*|暂?无(?:(?:明确|具体|硬性|特定)的?)?(?:(?:完成|办结|办理)?(?:时限|时间|期限)(?:要求|规定|限制)?)?)$"
)
_SOFT = re.compile(
    r"原则上|力争|争取|力求|左右|(?<=[年月日天底])上下|尽量|尽可能|努力|预计|大约|大致"
    r"|(?<![节合公契条预制大])约(?=[0-9])"
    # 基本公共服务 and its like are no hedge.
    r"|基本(?![面法盘药草国]|公共|医疗|农田|养老|建设|制度|生活|方略|单元|情况|信息|原则|要求|保障|服务"
    r"|口粮|民生|经济|住房|权益|待遇)"
)
_ONGOING = re.compile(
    r"(?<!可)持续|(?<!中)长期(?!规划|计划|目标)|常态|常年|常抓|经常性|日常|不断|始终|一直|贯穿|坚持不懈"
    r"|(?:今后|未来)[^,;。0-9]{0,6}(?:时期|时间|阶段)"
)
_GOES_ON = re.compile(rf"[,:()/]*[要均应需须内都将]?(?:全面)?(?:{_ONGOING.pattern})")
# 2020年底前,长期坚持: nothing that lasts for ever ends on a day.
_FOREVER = re.compile("长期|常态|常年|常抓")
_WORDS = re.compile(r"[一-龥]")


@dataclass(frozen=True, slots=True)
class _Deadline:
    """One dated part of the cell: `before` and `after` are the words around its date."""

    found: Dated
    text: str
    before: str
    after: str

    @property
    def due_on(self) -> date:
        return self.found.due_on

    @property
    def milestone(self) -> str | None:
        # 印发1个月内: issuing is where the month begins, not what is asked.
        return read_milestone("" if self.found.counted else self.before, self.after)

    @property
    def goes_on(self) -> bool:
        """年内持续推进, 持续推进(2020年底前); but 2020年底前完成,长期坚持 has its day."""
        if going := _GOES_ON.match(self.after):
            return self.found.is_period or not _FOREVER.search(going[0])
        return bool(_ONGOING.search(self.before)) and not _WORDS.search(self.after)


def _read(source: Source, tokens: list[Token], issued_on: date | None, *, soft: bool) -> Reading:
    if any(isinstance(token, Doubt) for token in tokens) or _has_unread_date(source, tokens):
        raise UnsettledError
    tokens = without_objects(source.norm, tokens)
    calendar = Calendar(issued_on)
    if any(isinstance(token, Each) for token in tokens):
        found = read_recurrence(tokens, calendar)
        return Reading(
            source.text,
            Kind.RECURRING,
            due_on=found.until,
            starts_on=found.starts_on,
            soft=soft,
            every=found.every,
            every_due=found.due,
        )
    starts_on, dates = read_dates(source.norm, tokens, calendar)
    if dates:
        return _dated(source.text, _deadlines(source, dates), starts_on, soft=soft)
    if _ONGOING.search(source.norm):
        return Reading(source.text, Kind.ONGOING, starts_on=starts_on, soft=soft)
    raise UnsettledError(starts_on)


_UNREAD = re.compile(
    r"(?:[0-9][日号]|[年月季旬底末])(?:之|以)?前(?![期沿列置瞻景提移往述])|次月|下月"
)


def _has_unread_date(source: Source, tokens: list[Token]) -> bool:
    """A part that looks like a deadline and was not understood makes the rest uncertain."""
    ends = [0, *(token.end for token in tokens)]
    begins = [*(token.begin for token in tokens), len(source.norm)]
    return any(
        _UNREAD.search(source.norm, end, begin) for end, begin in zip(ends, begins, strict=True)
    )


def _dated(text: str, deadlines: list[_Deadline], starts_on: date | None, *, soft: bool) -> Reading:
    """The latest day counts, wherever it stands; of equal days the one written last."""
    last = max(reversed(deadlines), key=lambda deadline: deadline.due_on)
    first_due = min(deadline.due_on for deadline in deadlines)
    if starts_on and starts_on > first_due:
        raise UnsettledError
    starts = [starts_on, *(deadline.found.starts_on for deadline in deadlines)]
    starts_on = min((start for start in starts if start), default=None)
    if starts_on and starts_on > first_due:
        # 2019年底前试点,2020-2022年推广: the task as a whole has no written start.
        starts_on = None
    earlier = sorted(
        (deadline for deadline in deadlines if deadline.due_on < last.due_on),
        key=lambda deadline: deadline.due_on,
    )
    return Reading(
        text,
        Kind.ONGOING if last.goes_on else Kind.DATE,
        due_on=last.due_on,
        starts_on=starts_on,
        soft=soft,
        milestone=None if last.goes_on else last.milestone,
        others=tuple(Other(other.due_on, other.text, other.milestone) for other in earlier),
    )


_EDGES = " \t\r\n\u3000,;。、，；/／"
_BRACKETS = (("（", "）"), ("(", ")"))


def _last_separator(between: str) -> int:
    """Its place, or -1. A bracket, then 和, separate only where no punctuation does."""
    for marks in (",;。、/", "(", "和及与"):
        place = max(between.rfind(mark) for mark in marks)
        if place >= 0:
            return place
    return -1


def _tidy(quoted: str) -> str:
    """Without the punctuation around it and a bracket whose other half was cut off."""
    text = quoted.strip(_EDGES)
    for opening, closing in _BRACKETS:
        if opening not in text:
            text = text.removesuffix(closing)
    return text


def _deadlines(source: Source, dates: list[Dated]) -> list[_Deadline]:
    """Cuts the cell into one part per date, at the last separator before the next date."""
    norm = source.norm
    begins, ends = [0], []
    for earlier, later in pairwise(dates):
        between = norm[earlier.end : later.begin]
        cut = _last_separator(between)
        ends.append(earlier.end + cut if cut >= 0 else later.begin)
        begins.append(earlier.end + cut + 1 if cut >= 0 else later.begin)
    ends.append(len(norm))
    return [
        _Deadline(
            found,
            text=_tidy(source.quote(begin, end)),
            before=norm[begin : found.begin],
            after=norm[found.end : end],
        )
        for found, begin, end in zip(dates, begins, ends, strict=True)
    ]
