"""Breaking a long title into lines of about the same length, not within a word."""

from __future__ import annotations

from itertools import pairwise

# of 2号 characters in the width of the text; figures among them take a little more
_WIDTH = 19.0
# As many lines are taken as if they were shorter: else there is no choice where to break.
_EASY_WIDTH = 17.0
# No line begins with these, none ends with those.
_NEVER_FIRST = frozenset("》）〕”’、，。：；！？)%％—年月日项个")
_NEVER_LAST = frozenset("《（〔“‘(第前上下年")
_GOOD_LAST = frozenset("》）〕”、，：的")
_GOOD_FIRST = frozenset("《（〔")
_GOOD_WORDS = (
    "关于",
    "贯彻",
    "进展",
    "任务",
    "实施",
    "发展",
    "产业",
    "重点",
    "工作",
    "建设",
    "推进",
    "开展",
)
# How many characters of evenness a good place to break is worth.
_WORTH = 3.0


def title_lines(title: str) -> list[str]:
    """Its lines, none wider than the text; a line break in it is kept."""
    return [line for part in title.split("\n") for line in _broken(part.strip())]


def _broken(title: str) -> list[str]:
    total = _width(title)
    count = 1 if total <= _WIDTH else int(-(-total // _EASY_WIDTH))
    lines: list[str] = []
    while count > 1:
        cut = _best_cut(title, _width(title) / count, count)
        lines.append(title[:cut].rstrip())
        title, count = title[cut:].lstrip(), count - 1
    return [*lines, title]


def _best_cut(title: str, wanted: float, count: int) -> int:
    """Where the first of `count` lines ends: near `wanted`, and the rest still fits."""
    whole = _width(title)
    best, cost = 0, 0.0
    width = 0.0
    for place, (last, first) in enumerate(pairwise(title), 1):
        width += _width(last)
        if width > _WIDTH or whole - width > _WIDTH * (count - 1):
            continue
        here = abs(width - wanted) + _dislike(title, place, last, first)
        if not best or here < cost:
            best, cost = place, here
    return best or len(title) // count


def _dislike(title: str, place: int, last: str, first: str) -> float:
    if first in _NEVER_FIRST or last in _NEVER_LAST or (last.isascii() and first.isascii()):
        return 4 * _WORTH
    if last in _GOOD_LAST or first in _GOOD_FIRST:
        return 0.0
    return _WORTH / 2 if title.startswith(_GOOD_WORDS, place) else _WORTH


def _width(text: str) -> float:
    return sum(0.5 if letter.isascii() else 1.0 for letter in text)
