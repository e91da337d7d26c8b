"""The dated parts of a deadline cell, once frames, objects and explanations are set aside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

from apps.tasks.deadline_grammar.calendar import Calendar, UnsettledError, later, until
from apps.tasks.deadline_grammar.tokens import Base, Due, Each, Length, Point, Start, Token


@dataclass(frozen=True, slots=True)
class Dated:
    """`norm[begin:end]` says that something is due on `due_on`.

    `is_period`: without 底 or 前; `counted`: a length of time from some other day.
    """

    begin: int
    end: int
    starts_on: date | None
    due_on: date
    is_period: bool
    counted: bool = False


def read_dates(
    norm: str, tokens: list[Token], calendar: Calendar
) -> tuple[date | None, list[Dated]]:
    """The written start, if any, and the dates in the order of the cell."""
    starts_on: date | None = None
    dates: list[Dated] = []
    for before, token, after in _neighbours(norm, _without_bare_lengths(tokens)):
        if isinstance(token, Start):
            starts_on, _ = calendar.days(token.point)
        elif isinstance(token, Length) and not (after and after.text == "("):
            due_on = _end_of(token, before, calendar, starts_on)
            dates.append(Dated(token.begin, token.end, None, due_on, is_period=True, counted=True))
        elif isinstance(token, Due):
            _refuse_choice(before)
            first, last = calendar.span(token)
            if _is_frame(token, after):
                starts_on = first or starts_on
            else:
                dates.append(Dated(token.begin, token.end, first, last, token.is_frame))
    return starts_on, dates


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """The token next to another, and the words between the two."""

    token: Token | None
    text: str


def _neighbours(
    norm: str, tokens: list[Token]
) -> Iterator[tuple[_Neighbour, Token, _Neighbour | None]]:
    before = _Neighbour(None, norm[: tokens[0].begin] if tokens else "")
    for token, following in zip_longest(tokens, tokens[1:]):
        after = _Neighbour(following, norm[token.end : following.begin]) if following else None
        yield before, token, after
        if after:
            before = _Neighbour(token, after.text)


def _without_bare_lengths(tokens: list[Token]) -> list[Token]:
    """用3年时间,到2020年: where a date is written, a length without 内 only describes."""
    if not any(isinstance(token, Due) for token in tokens):
        return tokens
    return [token for token in tokens if not isinstance(token, Length) or token.within]


# --- lengths --------------------------------------------------------------------------------

# What a length can hang on without our knowing the day: 验收合格后30日内, 收到通知3日内, 近3年.
_UNKNOWN_START = re.compile(
    r"(?:(?<!今)后|起|以来|前|第|近|满|每|连续|提前|不少于|至少|(?<!不)超过|延长)的?(?:再|用|于|在)?$"
    r"|收到|接到|受理|结束|验收|通过|批准|批复|竣工|签订|发生|发现|作出|取得|备案|立项|公示|期满|届满"
    r"|工期|有效期|周期|建设期|服务期|提交|申请|缴纳|生效|施行|成立|组建|下达"
)


def _end_of(length: Length, before: _Neighbour, calendar: Calendar, starts_on: date | None) -> date:
    clause = re.split("[;。(]|,(?!$)", before.text)[-1].rstrip(",")
    if _UNKNOWN_START.search(clause):
        raise UnsettledError
    if isinstance(before.token, Start) and starts_on:
        point = before.token.point
        return until(starts_on, length, from_a_day=point.days[0] == point.days[1])
    if isinstance(before.token, Due | Length):
        # 6月启动,两年内完成: from which of the two days?
        raise UnsettledError
    return later(calendar.issued_on, length)


# --- dates that are not deadlines -----------------------------------------------------------

_NEW_CLAUSE = re.compile(r"[,;。()、]|(?:至|到|和|及|与|或)$")
_OPENS = re.compile("[,(:的]?|,?(?:原则上|力争|争取|确保|努力|预计)?[于在]?")


def without_objects(norm: str, tokens: list[Token]) -> list[Token]:
    """6月底前制定2020年工作计划, 每年7月底前总结上半年工作: what the work is about, not when."""
    return [
        token for before, token, _ in _neighbours(norm, tokens) if not _is_object(token, before)
    ]


def _is_object(token: Token, before: _Neighbour) -> bool:
    if not isinstance(token, Due) or not token.is_frame:
        return False
    if not isinstance(before.token, Due | Length | Each) or not before.text:
        return False
    months = token.last.months
    if months is None or _NEW_CLAUSE.search(before.text):
        return False
    if token.first is None:
        return months[0] < months[1]
    # 10月底前完成1-9月统计; but 3月底前完成方案 4-12月实施
    due = before.token.last.months if isinstance(before.token, Due) else None
    return due is not None and months[1] < due[1]


def _refuse_choice(before: _Neighbour) -> None:
    """2019年底或2020年6月底."""
    if isinstance(before.token, Due) and re.search("^[^,;。]*或者?[^,;。]*$", before.text):
        raise UnsettledError


def _is_frame(due: Due, after: _Neighbour | None) -> bool:
    """2020年,6月底前…,12月底前…: the year only says where the months are."""
    if after is None or not isinstance(after.token, Due) or not _OPENS.fullmatch(after.text):
        return False
    if not due.is_frame:
        return False
    inner = after.token.first or after.token.last
    if due.first or due.last.last_year:
        return _lacks_year(inner) or after.text[:1] not in {"(", ":", "的"}
    return _lacks_year(inner) and _holds(due.last, after.token.last)


def _lacks_year(point: Point) -> bool:
    return point.year is None and point.base is Base.CELL


def _holds(frame: Point, inner: Point) -> bool:
    if frame.months is None or inner.months is None:
        return True
    return frame.months[0] <= inner.months[0] and inner.months[1] <= frame.months[1]
