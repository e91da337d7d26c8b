"""Numbers that stand at the beginning of the content instead of in a column of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_NUMERAL = "[一二三四五六七八九十百]"
_FORMS = (
    re.compile(r"\s*(\d{1,4})\s*(?:[、)）]|[.．:：]\s*(?!\d))\s*"),
    re.compile(r"\s*[(（\[【〔](\d{1,4})[)）\]】〕]\s*[、.．]?\s*"),
    re.compile(rf"\s*({_NUMERAL}{{1,5}})\s*[、.．]\s*"),
    re.compile(rf"\s*[(（]({_NUMERAL}{{1,5}})[)）]\s*[、.．]?\s*"),
    re.compile(rf"\s*第(\d{{1,4}}|{_NUMERAL}{{1,5}})[项条件][、.．:：]?\s*"),
    re.compile(rf"\s*(?:任务|项目|事项|措施|工作)\s*(\d{{1,4}}|{_NUMERAL}{{1,5}})\s*[:：、.．]\s*"),
    re.compile(r"\s*([①-⑳])\s*[、.．]?\s*"),
    re.compile(r"\s*(\d{1,4}(?:[.．-]\d{1,3}){1,3})(?:[、.．:：]\s*|\s+)(?!\d)"),
    re.compile(r"\s*(\d{1,4})[ \u3000\t]+(?=[\u4e00-\u9fff“《])"),
)
_TIGHT = re.compile(r"\s*(\d{1,4})[.．:：](?=\d)")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True))
_MOST_OUT = 20


def leading_number(text: str) -> tuple[str, str]:
    """The number at the beginning and the rest; ("", text) without one."""
    for form in _FORMS:
        match = form.match(text)
        if match and text[match.end() :].strip():
            return _plain(match[1]), text[match.end() :]
    return "", text


def value_of(number: str) -> int | None:
    """The value of a plain number, 3 or 十二; None for one with parts."""
    if number.isascii() and number.isdecimal():
        return int(number)
    return _chinese(number)


def take_numbers(texts: Sequence[str]) -> list[tuple[str, str]] | None:
    """Number and rest of each text, where the texts carry the numbers of their rows.

    Those count 1, 2, 3, perhaps from 1 again; None otherwise. A text with further numbered lines
    is a list of its own, not one row of a list.
    """
    taken: list[tuple[str, str]] = []
    values: list[int | None] = []
    for text in texts:
        number, rest = _next_number(text, values[-1] if values else 0)
        if not number or any(leading_number(line)[0] for line in rest.split("\n")[1:]):
            return None
        taken.append((number, rest))
        values.append(value_of(number.rpartition(".")[2]))
    pairs = list(pairwise(values))
    steps = sum(1 for one, two in pairs if one is not None and two in (one, one + 1))
    grows = any(one != two for one, two in pairs) or not pairs
    begins = bool(values) and values[0] is not None and values[0] <= _MOST_OUT
    return taken if begins and grows and 2 * steps >= len(pairs) else None


def _next_number(text: str, last: int | None) -> tuple[str, str]:
    """As `leading_number`; where a date follows, 5.2021年, the number one above the last counts."""
    number, rest = leading_number(text)
    tight = _TIGHT.match(text)
    if tight and last is not None and int(tight[1]) == last + 1:
        return tight[1], text[tight.end() :]
    return number, rest


def _plain(number: str) -> str:
    at = _CIRCLED.find(number)
    return str(at + 1) if at >= 0 and number else number.replace("．", ".")


def _chinese(numeral: str) -> int | None:
    """Up to ninety-nine; None for anything else."""
    tens, ten, ones = numeral.rpartition("十") if "十" in numeral else ("", "", numeral)
    if not numeral or any(digit not in _DIGITS for digit in (tens + ones)):
        return None
    if len(tens) > 1 or len(ones) > 1:
        return None
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
