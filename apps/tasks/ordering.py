"""Positions of rows, with gaps, so that moving one row in a file changes that row alone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence

GAP = 1024


def place(olds: Sequence[int | None], taken: Collection[int] = ()) -> list[int]:
    """New strictly rising positions for rows in their new order.

    `olds` are the positions they had (distinct), None for new rows; `taken` those of rows that
    stay without being in the order. The longest run of rows still in order keeps its positions;
    the others are set between their neighbours. Where there is no room left between two, all are
    numbered anew, behind everything there was.
    """
    keep = _longest_rising(olds)
    placed: list[int] = []
    low = 0
    waiting = 0
    for index, old in enumerate(olds):
        if index not in keep or old is None:
            waiting += 1
            continue
        if old - low <= waiting:
            return _anew(olds, taken)
        placed += _between(low, old, waiting)
        placed.append(old)
        low, waiting = old, 0
    above = max([low, *taken])
    placed += [above + GAP * (n + 1) for n in range(waiting)]
    return placed if set(placed).isdisjoint(taken) else _anew(olds, taken)


def _anew(olds: Sequence[int | None], taken: Collection[int]) -> list[int]:
    above = max([0, *taken, *(old for old in olds if old is not None)])
    return [above + GAP * (n + 1) for n in range(len(olds))]


def _between(low: int, high: int, count: int) -> list[int]:
    return [low + (high - low) * (n + 1) // (count + 1) for n in range(count)]


def _longest_rising(olds: Sequence[int | None]) -> set[int]:
    """Indexes of one longest strictly rising subsequence (patience sorting)."""
    tails: list[int] = []
    tail_index: list[int] = []
    before: dict[int, int] = {}
    for index, old in enumerate(olds):
        if old is None:
            continue
        slot = bisect_left(tails, old)
        if slot == len(tails):
            tails.append(old)
            tail_index.append(index)
        else:
            tails[slot] = old
            tail_index[slot] = index
        if slot:
            before[index] = tail_index[slot - 1]
    kept: set[int] = set()
    last = tail_index[-1] if tail_index else None
    while last is not None:
        kept.add(last)
        last = before.get(last)
    return kept
