"""Points and spans of time in a deadline cell, and what stands after them: 前, 后, 起.

A `Point` may lack its year or month; calendar.py supplies them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from apps.tasks.deadline_grammar.text import numeral
from apps.tasks.deadline_grammar.tokens import (
    EVENT,
    FIRST_YEAR,
    LAST_YEAR,
    TENS,
    Base,
    Day,
    Doubt,
    Due,
    Point,
    Skipped,
    Start,
    Token,
)


def rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.VERBOSE)


_YEAR = rule(
    r"""(?<!\d)(?P<year>\d{4})年(?:度(?!过))?
    | (?P<this>今年|本年|当年)度? | (?P<next>明年|今明2年)度? | (?P<after_next>(?<![今以])后年)
    | (?P<following>次年|翌年|下1?年)度?"""
)
_ERA = rule(
    r"""(?P<open>[“"‘'「『])?(?P<n>[一二三四五六七八九十]{1,3})[·.]?五 (?(open)[”"’'」』])
    (?: (?:规划|计划)?(?P<era_end>期?末期?)
      | (?:规划|计划)?(?:期间|时期|期内|规划期)
      | (?(open)内?(?=$|[-至到、和及,;。:()前起以后初中开])|$) )
    (?P<era_vague>(?:的?[初前中后]期?|开局)(?!央))?"""
)
_REST = r"""(?:
      (?P<half>[上下])半年度?(?P<half_end>[底末])?
    | (?<!提)前(?P<quarters>\d)个?季度 | (?<!提)前(?P<first_months>\d{1,2})个?月
    | (?:第?(?P<quarter>\d)季(?:度|(?=[底末]))|Q(?P<q>\d))(?P<quarter_end>[底末])?
    | (?P<month>\d{1,2})月份?
      (?:(?P<day>\d{1,2})[日号]|(?P<month_end>月?[底末](?![数层端]))
      |(?P<ten>[上中下][、,]?[上中下]?)旬)? )"""
# Words that only look like 年底, 年终, 年内: 底数, 终止, 内容.
_NOT_END = "(?![数层线色泥册盘端梢级])"
_NOT_TERM = "(?![止端身审点结])"
_NOT_IN = "(?![容部涝控蒙地需河生外])"
# Before 年底 and 年内: 3年内, 几年内, 去年底, 学年内 are other things.
_OTHER_YEAR = r"(?<![\d几多数余干半来后次翌去每逐隔历往前上近同学全])"
_PART = rule(
    rf"""(?P<year_end>年?[底末]{_NOT_END}|年?终{_NOT_TERM})
    | (?P<whole>全年|之内|以内|内{_NOT_IN}) | {_REST}"""
)
_ALONE = rule(
    rf"""{_OTHER_YEAR}(?P<year_end>年度?[底末]{_NOT_END}|年终{_NOT_TERM})
    | (?P<whole>全年(?!级)|{_OTHER_YEAR}年度?内{_NOT_IN}) | (?<![\d.个满]){_REST}"""
)
_DAY_ALONE = rule(r"(?<![\d月])(?P<day>\d{1,2})[日号](?=(?:之|以)?前)")
_FROM_ISSUE = rule(
    r"""(?:本|当|(?P<shift>下1?个?))(?P<unit>月|个?季度)份?
    (?:(?P<end>月?[底末])|(?P<ten>[上中下])旬|(?P<day>\d{1,2})[日号]|内|(?=$|[,;。:()前]|完成))"""
)
_VAGUE = rule(
    rf"""年?初(?![步级始次审稿心]) | 年?中(?![央国部小心考医华型高等介学共外东西期]) | {EVENT}
    | (?<=年)\d{{1,2}}(?=$|[,;。()前底末])
    | [上下]半月 | 第?[首\d]个?(?:周|星期) | 学[年期] | \d\d?[./]\d"""
)
_MONTHS, _QUARTERS = 12, 4
_HALVES = {"上": (1, 6), "下": (7, 12)}


def read_dated(norm: str, at: int) -> Token | None:
    """A point or a span, and what follows it: 前, 后, 起."""
    head = _head(norm, at)
    if head is None:
        return None
    point, end = head
    if point is None:
        return Doubt(at, end)
    if span := _span_end(norm, end):
        second, end = span
        return _with_tail(norm, Due(at, end, second, point)) if second else Doubt(at, end)
    up_to = norm[:at].endswith(("到", "至"))
    return _with_tail(norm, Due(at, end, point, up_to=up_to))


_LINK = rule(
    r"(?:(?:起|开始|始),?)?(?:-|直?至|到)(?P<open>今|长期|[上中下]旬|$|[,;。)]|(?<=至)(?:完成|完工|竣工|结束|建成))?"
)
_SECOND_DAY = rule(r"(?P<day>\d{1,2})[日号]")


def _span_end(norm: str, at: int) -> tuple[Point | None, int] | None:
    """The second point of a span; None inside the pair: the span is left open (2018年至今)."""
    link = _LINK.match(norm, at)
    if link is None:
        return None
    if link["open"] is not None:
        return None, link.end()
    if day := _SECOND_DAY.match(norm, link.end()):
        return _day_alone(day), day.end()
    second = _head(norm, link.end())
    return (None, link.end()) if second is None and link[0] == "-" else second


_AFTER = rule(
    r"(?:左右|上下)?(?:前后|之后|[及和与]?其?以后|[及和与]其?后|后(?![续期勤备评方台端]))"
)
_BEFORE = rule(r"(?:期间)?(?:之前|以前|前(?![期沿列置瞻景提移往述\d]))")
_STARTS = rule(r"起(?![草步点诉到来动飞降吊重])|开始|始(?!终)")
_BEGUN = re.compile("(?:(?:^|[,;。(])起|[开起]始(?:时间|日期)):?$")
_COMPARED_LEFT = re.compile("[比较同以]$")
_BASED_ON = re.compile("(?:根据|按照?|依据|依照|结合|对照|针对|参照|基于)$")
_COMPARED_RIGHT = rule("版|的?基础|的?水平|相比|基数|为基|同期|修订|以来|印发的")


def _with_tail(norm: str, due: Due) -> Token:
    begin, end = due.begin, due.end
    if _COMPARED_RIGHT.match(norm, end) or _compared(norm, due):
        return Skipped(begin, end)
    if match := _AFTER.match(norm, end):
        return Doubt(begin, match.end())
    if match := _BEFORE.match(norm, end):
        if not due.last.exact:
            return Doubt(begin, match.end())
        return replace(due, end=match.end(), before=True)
    match = _STARTS.match(norm, end)
    if due.first is None and (match or _BEGUN.search(norm, max(begin - 6, 0), begin)):
        return Start(begin, match.end() if match else end, due.last)
    return due


def _compared(norm: str, due: Due) -> bool:
    """比2015年底, 根据2018年考核结果; but 按2020年底前完成的要求 has a deadline."""
    begin = max(due.begin - 2, 0)
    if _COMPARED_LEFT.search(norm, begin, due.begin):
        return True
    return due.is_frame and bool(_BASED_ON.search(norm, begin, due.begin))


def _head(norm: str, at: int) -> tuple[Point | None, int] | None:
    """One point and where it ends; the point is None where it can only be asked."""
    for pattern, read in _WHOLE:
        if match := pattern.match(norm, at):
            return read(match), match.end()
    year = _YEAR.match(norm, at)
    point = _year(year) if year else Point()
    end = year.end() if year else at
    part = (_PART if year else _ALONE).match(norm, end)
    if part is None and year is None:
        return None
    if part is not None:
        point, end = point and _within(point, part), part.end()
    if vague := _VAGUE.match(norm, end):
        return None, vague.end()
    return point, end


def _year(match: re.Match[str]) -> Point | None:
    if match["year"]:
        year = int(match["year"])
        return Point(year=year) if FIRST_YEAR <= year <= LAST_YEAR else None
    if match["following"]:
        return Point(base=Base.AFTER_CELL, shift=1)
    if match["this"] == "当年":
        return Point()
    return Point(base=Base.ISSUE, shift=2 if match["after_next"] else 1 if match["next"] else 0)


def _within(base: Point, part: re.Match[str]) -> Point | None:
    """The part of a year that follows it or stands alone."""
    if part["month"] or part["first_months"]:
        return _month(base, part)
    if part["half"]:
        return replace(base, months=_HALVES[part["half"]], exact=bool(part["half_end"]))
    if quarter := part["quarter"] or part["q"] or part["quarters"]:
        first = 1 if part["quarters"] else int(quarter) * 3 - 2
        months = (first, int(quarter) * 3)
        point = replace(base, months=months, exact=bool(part["quarter_end"]))
        return point if 1 <= int(quarter) <= _QUARTERS else None
    if part["year_end"]:
        return replace(base, months=(12, 12), days=("last", "last"), exact=True)
    return base if part["whole"] else None


def _month(base: Point, part: re.Match[str]) -> Point | None:
    month = int(part["month"] or part["first_months"])
    if not 1 <= month <= _MONTHS:
        return None
    days: tuple[Day, Day] = (1, "last")
    if part["day"]:
        days = (int(part["day"]), int(part["day"]))
    elif part["month_end"]:
        days = ("last", "last")
    elif part["ten"]:
        days = _tens(part["ten"])
    exact = bool(part["day"] or part["month_end"])
    first = month if part["month"] else 1
    return replace(base, months=(first, month), days=days, exact=exact)


def _tens(written: str) -> tuple[Day, Day]:
    """中下旬 runs from the first day of 中旬 to the last of 下旬."""
    named = [days for ten, days in TENS.items() if ten in written]
    return named[0][0], named[-1][1]


def _day_alone(match: re.Match[str]) -> Point:
    day = int(match["day"])
    return Point(months=None, days=(day, day), exact=True)


def _from_issue(match: re.Match[str]) -> Point:
    point = Point(
        base=Base.ISSUE,
        shift=1 if match["shift"] else 0,
        unit=1 if match["unit"] == "月" else 3,
        exact=bool(match["end"] or match["day"]),
    )
    if match["ten"]:
        return replace(point, days=TENS[match["ten"]])
    return replace(point, days=(int(match["day"]),) * 2) if match["day"] else point


def _era(match: re.Match[str]) -> Point | None:
    """一五 was 1953-1957, 二五 1958-1962; from 三五 (1966) on every five years (product.md D2)."""
    number = numeral(match["n"])
    if number is None:
        return None
    first = {1: 1953, 2: 1958}.get(number, 1951 + 5 * number)
    if match["era_vague"] or not FIRST_YEAR <= first <= LAST_YEAR - 4:
        return None
    if match["era_end"]:
        return Point(year=first + 4, months=(12, 12), days=("last", "last"), exact=True)
    return Point(year=first, last_year=first + 4)


# Read as a whole, before a year with its part is tried.
_WHOLE: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Point | None]], ...] = (
    (_ERA, _era),
    (_FROM_ISSUE, _from_issue),
    (_DAY_ALONE, _day_alone),
)
