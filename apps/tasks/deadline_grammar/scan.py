"""The words of a deadline cell: what each expression says, before any calendar is asked.

`scan` reads `Source.norm` from left to right. At each place the first rule that fits wins:

1. a title in 《》, an earlier year (去年底): passed over
2. `Issued`: 本意见印发之日起, 即日起
3. `Doubt`: what must be asked: 工作日, 春节前, 20年底前, 年初, 每两年
4. `Each`: 每年, 按季度, 每季度末月20日前, 半年一次
5. `Length`: 三年内, 2-3年内, 用3年时间
6. `Due` (a point or a span) or `Start` (…起): 2020年6月底前, 2018-2020年, “十三五”期间
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apps.tasks.deadline_grammar.points import read_dated, rule
from apps.tasks.deadline_grammar.tokens import (
    EVENT,
    TENS,
    Day,
    Doubt,
    Each,
    Every,
    Issued,
    Length,
    Skipped,
    Token,
)


def scan(norm: str) -> Iterator[Token]:
    position = 0
    while position < len(norm):
        token = _token(norm, position)
        if token is None:
            position += 1
            continue
        if not isinstance(token, Skipped):
            yield token
        position = token.end


def _token(norm: str, at: int) -> Token | None:
    for pattern, kind in _PLAIN:
        if match := pattern.match(norm, at):
            return kind(at, match.end())
    return _each(norm, at) or _length(norm, at) or read_dated(norm, at)


# --- events and phrases ---------------------------------------------------------------------

_DOCUMENT = "(?:文件|通知|意见|方案|办法|规定|决定|计划|规划|纲要|要点|清单|通告|公告)"
_CLOSE = r"(?=$|[,;。:()]|全部|全面|基本|力争|争取|确保|完成|建成|实现|投|到位|落实|办结)"
_ONCE = "(?:1次|一(?:次|调度|通报|报|评估|考核|总结|督查|检查|会商|研判))"
_PLAIN: tuple[tuple[re.Pattern[str], type[Token]], ...] = (
    (rule("《[^》]{0,200}》"), Skipped),
    (
        rule("(?:去年|上1?年度?|前年|往年|历年|同期)(?:年?[底末]|[上下]半年|\\d{1,2}月[底末份]?)?"),
        Skipped,
    ),
    (
        rule(
            rf"(?:^|(?<=[,;。:(自从于在应须要请]))(?:[自从]?[本该此]?{_DOCUMENT})?(?:正式)?"
            r"(?:印发|发布|下发|公布|颁布|发文|成文|签发)(?:之日|日|当日)?(?:起|之后|以后|后)(?:计?算)?的?"
        ),
        Issued,
    ),
    (rule("(?:即日|现在|今日|今天|目前)(?:起|开始)"), Issued),
    (
        rule(
            "工作日|交易日|民国|可(?:适当|酌情)?(?:延|推迟|放宽)|原(?:定|计划|时限|期限)|(?<=[年月底末期间])[及和与](?:今后|未来|以后)|待定|暂定|待确认|另行|条件成熟|(?<![巡重])视(?:情|进|条件|实际|具体|项目|上级|国家)"
            r"|已[于在](?=\d)|如果|若(?!干)|如[有遇]|一旦"
        ),
        Doubt,
    ),
    (rule(rf"{EVENT}[^,;。\d]{{0,4}}(?:之前|以前|前|之后|以后|后){_CLOSE}"), Doubt),
    # A year of two digits.
    (rule(r"(?<!\d)\d{2,3}年(?=年?[底末初中终]|[上下]半年|\d{1,2}月|第?\d季)"), Doubt),
    (rule(r"(?<![\d几多数余干半])年(?:初(?!步)|中(?![央心小]))"), Doubt),
    # Intervals the calendar of duties does not have.
    (
        rule(
            r"每\d{0,3}个?(?:周|天|日|旬|星期|学期|学年|小时|双月)|每(?!1?个?[年月季])\d{1,3}个?(?:年|月|季度)"
            rf"|隔[年月周季]|(?<!\d)(?!1(?:年|个?季度?|个?月))\d{{1,3}}个?(?:年|月|季度|周|天|日){_ONCE}"
        ),
        Doubt,
    ),
)


# --- recurrences ----------------------------------------------------------------------------

_EACH = rule(
    rf"""(?<!平均)(?:每1?个?|各|逐|按(?!(?:年|月|季)度?(?:工作)?(?:计划|目标|任务|方案|要求)))
        (?P<unit>半年|年|季|月)(?:度|份)?(?![龄级节段])
    | (?P<once>1年|半年|1个?季|1个?月)度?{_ONCE}"""
)
_INTERVALS = {"年": Every.YEAR, "半年": Every.HALF_YEAR, "季": Every.QUARTER, "月": Every.MONTH}
_LENGTHS = {Every.YEAR: 12, Every.HALF_YEAR: 6, Every.QUARTER: 3, Every.MONTH: 1}
_EACH_AFTER = (
    r"(?:结束|终了)?之?后的?(?:次月|首月|第1个月)?(?P<after>\d{1,2})(?P<after_unit>日|天|个月)"
    r"(?:以?内|之内|以?前)"
)
_DAY = r"(?:(?P<day>\d{1,2})[日号]|(?P<last>月?[底末])|(?P<ten>[上中下])旬)"
_MONTH = (
    r"(?:第?(?P<nth>\d)个?|(?P<first>首个?)|(?P<final>末?最后1?个?|末))月份?[的之]?"
    r"|(?P<end>末)(?=\d{1,2}[日号])"
)
_UNCLEAR = r"(?P<unclear>[年月]?初|年?中(?![央心])|次月|下1?个?月)?(?P<before>(?:之|以)?前)?"
_EACH_DAYS = {
    Every.MONTH: rule(rf",?[的之于在]?(?:{_EACH_AFTER}|(?:次月)?{_DAY})?{_UNCLEAR}"),
    Every.YEAR: rule(rf",?[的之于在]?(?:{_EACH_AFTER}|年?(?P<last>[底末终]))?{_UNCLEAR}"),
    Every.QUARTER: rule(rf",?[的之于在]?(?:{_EACH_AFTER}|(?:{_MONTH})?{_DAY}?)?{_UNCLEAR}"),
}
_EACH_DAYS[Every.HALF_YEAR] = _EACH_DAYS[Every.QUARTER]
# 每月结束后N日内 must fit into every following month.
_LAST_AFTER = {Every.YEAR: 31, Every.HALF_YEAR: 31, Every.QUARTER: 30, Every.MONTH: 28}
_OTHER_DAY = rule(r"[-至到、,和及与](?:\d{1,2}[日号]|月[底末])")  # 每月10日、20日
_SEVERAL_TIMES = rule(r"[^,;。\d]{0,8}(?!1次)\d{1,3}次")


def _each(norm: str, at: int) -> Each | Doubt | None:
    head = _EACH.match(norm, at)
    if head is None:
        return None
    every = _INTERVALS[(head["unit"] or head["once"]).lstrip("1个")]
    tail = _EACH_DAYS[every].match(norm, head.end())
    assert tail is not None, "every part of the pattern may be missing"
    said = tail.groupdict()
    nth, day = _nth_month(said, every), _each_day(said)
    if nth is not None and day is None and not said["before"]:
        day = "last"
    if (
        _is_unclear(said, every, nth, day)
        or _SEVERAL_TIMES.match(norm, head.end())
        or _OTHER_DAY.match(norm, tail.end())
    ):
        return Doubt(at, tail.end())
    return Each(at, tail.end() if day else head.end(), every, nth, day)


_Said = dict[str, str | None]


def _nth_month(said: _Said, every: Every) -> int | None:
    length = _LENGTHS[every]
    if said.get("nth"):
        return int(said["nth"] or 0)
    if said["after"]:
        months = int(said["after"]) if said["after_unit"] == "个月" else 1
        return None if every is Every.MONTH else months
    if said.get("first"):
        return 1
    if said.get("final") or said.get("end") or (said["last"] and every is not Every.MONTH):
        return length
    return None


def _each_day(said: _Said) -> Day | None:
    if said["last"] or said["after_unit"] == "个月":
        return "last"
    if ten := said.get("ten"):
        return TENS[ten][1]
    written = said.get("day") or said["after"]
    return int(written) if written else None


def _is_unclear(said: _Said, every: Every, nth: int | None, day: Day | None) -> bool:
    """每季度初, 每季度首月前, 每季度25日前 (of which month?), 每月32日前."""
    if said["unclear"] or (said["before"] and (day is None or said.get("ten"))):
        return True
    if nth is not None and not 1 <= nth <= _LENGTHS[every]:
        return True
    if every is Every.MONTH and said["after_unit"] == "个月":
        return True
    if day is None or day == "last":
        return False
    limit = _LAST_AFTER[every] if said["after"] else 31
    return (every is not Every.MONTH and nth is None) or not 1 <= day <= limit


# --- lengths of time ------------------------------------------------------------------------

_LENGTH = rule(
    r"""(?<![\d.个])(?<!\d[-至到]) (?:(?:半|\d{1,3})(?:个?[年月周]|个?半月|天|日)?[-至到])?
    (?: (?P<years>\d{1,3})年(?P<and_half>半)? | (?P<half>半)年
      | (?P<months>\d{1,3})个月 | (?P<quarters>\d{1,2})个季度 | (?P<fortnight>半个?月)
      | (?P<weeks>\d{1,3})(?:周|个?星期) | (?P<days>\d{1,3})(?:个?自然日|天|日(?=之?以?内)) )
    (?P<about>左右|上下)?(?P<time>的?时间)?(?P<within>之内|以内|内(?![容部]))?(?P<late_about>左右)?"""
)
_LENGTH_ENDS = rule(r"$|[,;。()]|完成|建成|见效|达标|到位|实现|努力|基本|全面|全部")


def _length(norm: str, at: int) -> Length | None:
    match = _LENGTH.match(norm, at)
    if match is None:
        return None
    end = match.end()
    closed = any(match.group("about", "time", "within", "late_about"))
    if not closed and (match["half"] or match["fortnight"] or not _LENGTH_ENDS.match(norm, end)):
        return None
    count = {
        name: int(match[name] or 0) for name in ("years", "months", "quarters", "weeks", "days")
    }
    halves = 6 if match["and_half"] or match["half"] else 0
    return Length(
        at,
        end,
        days=count["weeks"] * 7 + count["days"] + (15 if match["fortnight"] else 0),
        months=count["years"] * 12 + count["quarters"] * 3 + count["months"] + halves,
        within=bool(match["within"]),
    )
