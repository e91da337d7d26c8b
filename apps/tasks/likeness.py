"""How much two texts have in common, and finding the likest of many without trying all. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from apps.common.text import fold_tight

# Texts are compared by pieces of two characters and looked for by longer ones, which fewer have.
_COMPARED, _LOOKED_FOR = 2, 4
# Pieces that stand in more texts than this tell none of them apart.
_MOST_TEXTS = 50
_RAREST = 40
_TRIED = 8


def shingles(text: str, length: int = _COMPARED) -> frozenset[str]:
    """All pieces of this length, without spaces and in one spelling."""
    tight = fold_tight(text)
    if len(tight) <= length:
        return frozenset([tight]) if tight else frozenset()
    return frozenset(tight[at : at + length] for at in range(len(tight) - length + 1))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """From 0, nothing in common, to 1, the same pieces."""
    if not one or not other:
        return float(one == other)
    return 2 * len(one & other) / (len(one) + len(other))


class LikeTexts:
    """Texts by key, found by what few of them have: the cost is that of the text asked for."""

    def __init__(self, texts: Mapping[int, str]) -> None:
        self._texts = texts
        self._holders: dict[str, list[int]] = {}
        for key, text in texts.items():
            for piece in shingles(text, _LOOKED_FOR):
                self._holders.setdefault(piece, []).append(key)

    def likest(self, text: str, *, at_least: float) -> list[tuple[float, int]]:
        """The likest few with their likeness, the likest first."""
        votes: Counter[int] = Counter()
        for holders in self._telling(shingles(text, _LOOKED_FOR)):
            votes.update(holders)
        pieces = shingles(text)
        found = [
            (likeness(pieces, shingles(self._texts[key])), key)
            for key, _ in votes.most_common(_TRIED)
        ]
        return sorted((pair for pair in found if pair[0] >= at_least), key=lambda p: (-p[0], p[1]))

    def _telling(self, pieces: Iterable[str]) -> list[list[int]]:
        """Who has the rarest pieces; of pieces that all are common, some who have them."""
        known = sorted((self._holders[each] for each in pieces if each in self._holders), key=len)
        rare = [holders for holders in known[:_RAREST] if len(holders) <= _MOST_TEXTS]
        return rare or [holders[:_MOST_TEXTS] for holders in known[:1]]
