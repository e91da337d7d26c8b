"""Which characters of a cell changed, so that a page strikes and underlines only these. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

# Below this likeness a text is another one: striking single characters would only confuse.
_ALIKE = 0.5
# The comparison takes time by the product of both lengths.
_MOST_STEPS = 4_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """A run of characters that are all changed or all kept."""

    text: str
    changed: bool


def changed_parts(old: str, new: str) -> tuple[list[Part], list[Part]]:
    """Both texts in parts, those that differ marked; joined, the parts give the texts again."""
    if not old or not new:
        return _parts([(old, True)]), _parts([(new, True)])
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    olds, news = _middle(before, after)
    kept = head + tail + sum(len(text) for text, changed in olds if not changed)
    if 2 * kept < _ALIKE * (len(old) + len(new)):
        return _parts([(old, True)]), _parts([(new, True)])
    first, last = (old[:head], False), (old[len(old) - tail :], False)
    return _parts([first, *olds, last]), _parts([first, *news, last])


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


_Runs = list[tuple[str, bool]]


def _middle(before: str, after: str) -> tuple[_Runs, _Runs]:
    if len(before) * len(after) > _MOST_STEPS:
        return [(before, True)], [(after, True)]
    olds: _Runs = []
    news: _Runs = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        # a single character kept between two changes is chance
        changed = kind != "equal" or old_to - old_from == 1
        olds.append((before[old_from:old_to], changed))
        news.append((after[new_from:new_to], changed))
    return olds, news


def _parts(runs: _Runs) -> list[Part]:
    filled = [run for run in runs if run[0]]
    return [
        Part("".join(text for text, _ in group), changed)
        for changed, group in groupby(filled, key=lambda run: run[1])
    ]
