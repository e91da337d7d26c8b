"""Times side by side: machines are shared, so what is compared runs in turns."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

Act = Callable[[], object]
# milliseconds of each turn, by name
Times = dict[str, list[float]]


class Spent(float):
    """Milliseconds that an act has measured itself, because not all it does is to be counted."""


def race(acts: Mapping[str, Act], *, turns: int, warm: int = 1) -> Times:
    """Each act once per turn, one after the other; the first `warm` turns are not counted."""
    times: Times = {name: [] for name in acts}
    for turn in range(warm + turns):
        for name, act in acts.items():
            spent = timed(act)
            if turn >= warm:
                times[name].append(spent)
    return times


def timed(act: Act) -> Spent:
    """The collector must not run in one side's time for the other's waste."""
    gc.collect()
    gc.disable()
    began = perf_counter()
    try:
        said = act()
    finally:
        gc.enable()
    return said if isinstance(said, Spent) else Spent((perf_counter() - began) * 1000)


def middle(times: Times, name: str) -> float:
    return median(times[name])
