"""The text of a deadline cell in one spelling, with the way back to what was written.

`Source.norm` is half width, without white space, with digits for Chinese numerals, dotted and ISO
dates spelt 年月日 and shortened lists completed (`3-6月` -> `3月-6月`). Every character of it knows
which characters of the cell it came from, so that a part can be quoted verbatim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from apps.common.text import fold_tight
from apps.tasks.deadline_grammar.tokens import EVENT

_Span = tuple[int, int]

_NUMERALS = "一二三四五六七八九十百两〇零"
_YEAR_DIGITS = dict(zip("〇零○O一二三四五六七八九", "0000123456789", strict=True))
_JOIN = "[-至到、和及与]"


class Source:
    """One cell while it is being respelt; `norm` is what the grammar reads."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.norm, self._origin = _folded(text)
        for pattern, replacement in _SPELLINGS:
            self._respell(pattern, replacement)

    def quote(self, begin: int, end: int) -> str:
        """What was written where `norm[begin:end]` now stands."""
        if begin >= end:
            return ""
        return self.text[self._origin[begin][0] : self._origin[end - 1][1]]

    def _respell(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> None:
        chars: list[str] = []
        origin: list[_Span] = []
        done = 0
        for match in pattern.finditer(self.norm):
            begin, end = match.span()
            spelt = new(match)
            chars += [self.norm[done:begin], spelt]
            origin += self._origin[done:begin]
            origin += self._origins(begin, end, spelt)
            done = end
        self.norm = "".join([*chars, self.norm[done:]])
        self._origin = origin + self._origin[done:]

    def _origins(self, begin: int, end: int, spelt: str) -> list[_Span]:
        old = self._origin[begin:end]
        if spelt.startswith(self.norm[begin:end]):
            added = len(spelt) - len(old)
            return old + [(old[-1][1], old[-1][1])] * added
        return [(old[0][0], old[-1][1])] * len(spelt)


def _folded(text: str) -> tuple[str, list[_Span]]:
    """Character by character; a line break and a circled number (①) become a comma."""
    chars: list[str] = []
    origin: list[_Span] = []
    wrapped = {at for blank in _WRAPPED.finditer(text) for at in range(*blank.span())}
    for index, char in enumerate(text):
        if index in wrapped:
            continue
        for folded in _fold_char(char):
            chars.append(folded)
            origin.append((index, index + 1))
    return _without_spaces("".join(chars), origin)


# A cell too narrow for its date: 6月⏎底前, 12⏎月底前.
_WRAPPED = re.compile(
    r"(?<=[年月季度])\s+(?=[底末])|(?<=[年月日号天])\s+(?=内)|(?<=[底末日号月年])\s+(?=前)"
    r"|(?<=[季年])\s+(?=度)|(?<=[上中下])\s+(?=旬)|(?<=\d)\s+(?=[年月日号])"
    r"|(?<=月)\s+(?=\d{1,2}\s*[日号])"
)


def _fold_char(char: str) -> str:
    if char in "\r\n":
        return ","
    if unicodedata.decomposition(char).startswith("<circle>"):
        return ","
    return fold_tight(char) or (" " if char.isspace() else "")


def _without_spaces(spaced: str, origin: list[_Span]) -> tuple[str, list[_Span]]:
    """A space stays only between digits, where dropping it would make another number."""
    kept = [
        index
        for index, char in enumerate(spaced)
        if char != " " or (_is_digit(spaced[index - 1 : index]) and _is_digit(_next(spaced, index)))
    ]
    norm = "".join(spaced[index] for index in kept)
    begin = len(norm) - len(norm.lstrip(","))
    end = len(norm.rstrip(","))
    return norm[begin:end], [origin[index] for index in kept][begin:end]


def _is_digit(char: str) -> bool:
    return "0" <= char <= "9"


def _next(spaced: str, index: int) -> str:
    return spaced[index:].lstrip(" ")[:1]


_NUMBERED = re.compile(r"1[、.].*[,;。]2[、.]")


def _item_number(match: re.Match[str]) -> str:
    """Item numbers go only where a second item follows, for 1、7月 may be two months."""
    return "" if _NUMBERED.match(match.string) else match[0]


def _year_digits(match: re.Match[str]) -> str:
    return "".join(_YEAR_DIGITS[char] for char in match[0])


_DIGITS = {"两": 2} | {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_NUMBER = re.compile(
    "(?:(?P<hundreds>[一二三四五六七八九两])百零?)?(?P<ten>(?P<tens>[一二三四五六七八九]?)十)?"
    "(?P<ones>[一二三四五六七八九两]?)"
)


def numeral(word: str) -> int | None:
    """The number below a thousand that a Chinese numeral names; None when it is malformed.

    Not left to cn2an, which reads 三五 as 35 and fails with KeyError on 十十八.
    """
    match = _NUMBER.fullmatch(word)
    if match is None or not word:
        return None
    tens = _DIGITS[match["tens"] or "一"] if match["ten"] else 0
    hundreds = _DIGITS[match["hundreds"] or "零"]
    return hundreds * 100 + tens * 10 + _DIGITS[match["ones"] or "零"]


def _number(match: re.Match[str]) -> str:
    value = numeral(match[0])
    return match[0] if value is None else str(value)


def _approximate(match: re.Match[str]) -> str:
    """两三年 is 2-3 years; 三四季度 is a list of two."""
    low, high = map(numeral, match[0])
    return f"{low}{'、' if match.string[match.end()] == '季' else '-'}{high}"


def _ymd(match: re.Match[str]) -> str:
    day = match["day"] if "day" in match.re.groupindex else None
    return f"{match['year']}年{match['month']}月" + (f"{day}日" if day else "")


def _md(match: re.Match[str]) -> str:
    return f"{match['month']}月{match['day']}日"


def _append(unit: str) -> Callable[[re.Match[str]], str]:
    return lambda match: match[0] + unit


def _drop(_: re.Match[str]) -> str:
    return ""


_CENTURY = r"(?<![\d.])(?P<year>(?:19|20|21)\d{2})"
_MONTH, _DAY = r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_UNIT = r"个?(?:年|月|日|号|天|周|星期|季|工作日|自然日|次)"
_CLOCK = r"(?:[ T]?\d{1,2}:\d{2}(?::\d{2})?|(?:[上中下]午)?\d{1,2}[时点](?:整|\d{1,2}分)?)"

# In this order: a later spelling builds on the earlier ones.
_SPELLINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, re.ASCII), new)
    for pattern, new in (
        (r"[-─━⸺⸻ー﹘]{1,9}", lambda _: "-"),
        (rf"(?<=[日号]){EVENT}[^,;。()\d]{{0,4}}(?=前)", _drop),
        # 国庆节前(9月底前), 10月1日前(国庆节前): the date says when.
        (rf"{EVENT}[^,;。()\d]{{0,4}}前(?=\([^()]{{0,9}}[底末日号](?:之|以)?前\))", _drop),
        (rf"(?<=[底末日号前])\({EVENT}[^,;。()\d]{{0,4}}前\)", _drop),
        (r"(?:^|(?<=[,;。]))\d{1,2}[、.]", _item_number),
        (
            rf"[〇零○O一二三四五六七八九]{{4}}(?=年|{_JOIN}[〇零○O一二三四五六七八九]{{4}}年)",
            _year_digits,
        ),
        (r"(?<![十百])[一二三四五六七八九两]{2}(?=年|个月|天|日内|周|个?星期|季度)", _approximate),
        (rf"[{_NUMERALS}]{{1,6}}(?=(?:{_JOIN}第?[{_NUMERALS}]{{1,4}}){{0,12}}{_UNIT})", _number),
        (r"元(?=月)", lambda _: "1"),
        (rf"{_CENTURY}([./-]){_MONTH}\2{_DAY}(?![\d.])[日号]?", _ymd),
        (rf"{_CENTURY}(?P<month>\d{{2}})(?P<day>\d{{2}})(?!\d)", _ymd),
        # 2020.1 alone may be what a spreadsheet left of 2020.10: not respelt, hence asked.
        (rf"(?!^\d{{4}}\.1$){_CENTURY}[./]{_MONTH}(?![\d.万亿元%个项])月?", _ymd),
        (rf"{_CENTURY}-{_MONTH}(?![\d年-])月?", _ymd),
        (rf"(?<![\d.]){_MONTH}[./]{_DAY}日?(?=(?:之|以)?前)", _md),
        (rf"(?<=日[-至到]){_MONTH}[./]{_DAY}(?![\d.])", _md),
        (rf"(?<=[日号])(?:\((?:周|星期)[一二三四五六日天1-6]\)|{_CLOCK})+", _drop),
        (r"(?:^|(?<=:))(?:19|20|21)\d{2}(?:[-至到](?:19|20|21)\d{2})?$", _append("年")),
        (r"(?<!\d)(?:19|20|21)\d{2}-?(?=Q[1-4](?!\d))", lambda match: match[0].rstrip("-") + "年"),
        (r"(?<!\d)(?:19|20|21)\d{2}(?=[底末]|上半年|下半年|第?\d季度)", _append("年")),
        (rf"(?<!\d)\d{{4}}(?=(?:{_JOIN}\d{{4}}){{0,12}}{_JOIN}\d{{4}}年)", _append("年")),
        (rf"(?<![\d.])\d{{1,2}}(?=(?:{_JOIN}\d{{1,2}}){{0,12}}{_JOIN}\d{{1,2}}月)", _append("月")),
        (r"(?<=年)\d{1,2}(?=[-至到]\d{4}年)", _append("月")),
        (rf"(?<=月)\d{{1,2}}(?=(?:{_JOIN}\d{{1,2}}){{0,12}}{_JOIN}\d{{1,2}}[日号])", _append("日")),
        (r"(?<=月)\d{1,2}(?=$|(?:之|以)?前|[,;。)])", _append("日")),
        (rf"(?<!\d)第?\d(?=(?:{_JOIN}第?\d){{0,4}}{_JOIN}第?\d季度)", _append("季度")),
        (r"上(?=[、和及]?下半年)", _append("半年")),
    )
)
