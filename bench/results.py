"""What was measured: one line each, as a table for people and as JSON."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. `most` is what it must not exceed; without it the figure is for information."""

    work: str
    # "1k" … "1M"; empty where size does not matter
    size: str
    what: str
    value: float
    # of value and most: "×", "ms", "MiB", "条"
    unit: str
    most: float | None = None
    # the two sides of a ratio, in the words of the table
    detail: str = ""
    samples: dict[str, list[float]] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        return None if self.most is None else self.value <= self.most


_HEADERS = ("项目", "规模", "指标", "结果", "要求", "达到", "说明")


def table(results: Sequence[Result]) -> str:
    """Columns side by side also where Chinese characters take two places."""
    lines = [_HEADERS, *(_line(each) for each in results)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell}{' ' * (width - _width(cell))}" for cell, width in row).rstrip()
        for row in (zip(line, widths, strict=True) for line in lines)
    )


def save(path: Path, results: Sequence[Result], about: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(each), "met": each.met} for each in results]
    path.write_text(json.dumps({"about": about, "results": rows}, ensure_ascii=False, indent=1))


def size_name(tasks: int) -> str:
    for many, name in ((1_000_000, "M"), (1_000, "k")):
        if tasks >= many and tasks % many == 0:
            return f"{tasks // many}{name}"
    return str(tasks)


def _line(each: Result) -> tuple[str, ...]:
    most = "" if each.most is None else f"≤ {_figure(each.most)} {each.unit}"
    met = {None: "", True: "是", False: "否"}[each.met]
    found = f"{_figure(each.value)} {each.unit}"
    return (each.work, each.size, each.what, found, most, met, each.detail)


def _figure(value: float) -> str:
    few = 10
    return f"{value:.2f}".rstrip("0").rstrip(".") if value < few else f"{value:,.0f}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
