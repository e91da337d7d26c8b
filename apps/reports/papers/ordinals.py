"""Numbers of chapters and sections, as official papers count them: 一、 and （一）."""

from __future__ import annotations

import re

_DIGITS = "零一二三四五六七八九"
_NUMBERED = re.compile(r"[一二三四五六七八九十百]+、|（[一二三四五六七八九十百]+）")


def chapter(number: int, heading: str) -> str:
    """一、…; a heading that has a number keeps it."""
    return heading if _NUMBERED.match(heading) else f"{ordinal(number)}、{heading}"


def section(number: int, heading: str) -> str:
    """（一）…; a category that is numbered in its table loses that number."""
    return f"（{ordinal(number)}）{_NUMBERED.sub('', heading, count=1)}"


def ordinal(number: int) -> str:
    """1 to 999 in Chinese: 十二, 一百零五."""
    hundreds, rest = divmod(number, 100)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    tens, ones = divmod(rest, 10)
    if tens:
        text += f"{_DIGITS[tens] if tens > 1 or hundreds else ''}十"
    elif hundreds and ones:
        text += _DIGITS[0]
    return text + (_DIGITS[ones] if ones else "")
