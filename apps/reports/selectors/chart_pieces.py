"""Bars of lights, as the pages of 督办看板 draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.tasks.lights import Light

# the lights of a bar from left to right; everything else is its last part
_PARTS = (Light.RED.value, Light.AMBER.value, Light.GREEN.value)
_OTHERS = "none"


@dataclass(frozen=True, slots=True)
class Part:
    """One colour of a bar: `css` names it, x and width are shares of the whole drawing."""

    css: str
    count: int
    x: str
    width: str
    url: str


@dataclass(frozen=True, slots=True)
class Bar:
    """So many rows of each light."""

    lights: Mapping[str, int]
    total: int
    parts: Sequence[Part]

    @property
    def red(self) -> Part:
        return self.parts[0]

    @property
    def amber(self) -> Part:
        return self.parts[1]

    @property
    def green(self) -> Part:
        return self.parts[2]

    @property
    def others(self) -> Part:
        return self.parts[3]


def bar_of(lights: Mapping[str, int], largest: int, urls: Mapping[str, str]) -> Bar:
    """`largest` is the number of rows that fills the drawing; `urls` by light."""
    total = sum(lights.values())
    counts = {light: lights.get(light, 0) for light in _PARTS}
    counts[_OTHERS] = total - sum(counts.values())
    parts, before = [], 0
    for css, many in counts.items():
        x, width = _share(before, largest), _share(many, largest)
        parts.append(Part(css, many, x, width, urls.get(css, "")))
        before += many
    return Bar(dict(lights), total, parts)


def _share(many: int, largest: int) -> str:
    return f"{many * 100 / max(largest, 1):.2f}"
