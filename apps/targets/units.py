"""Units of measure that are the same quantity in other steps: 万亿元, 亿元 (product.md D19).

Pure. What is not in the table is only itself: a 家 is no 个, and per cent are no 百分点.
"""

from __future__ import annotations

from decimal import Decimal

from apps.common.errors import Refused
from apps.common.text import fold_tight

_STEPS = {
    "万亿": Decimal(10) ** 12,
    "亿": Decimal(10) ** 8,
    "万": Decimal(10) ** 4,
    "": Decimal(1),
}
# what is counted in 万 and 亿 of itself
_COUNTED = frozenset(
    ["元", "家", "个", "人", "件", "项", "户", "台", "辆", "套", "吨", "亩", "公顷", "人次", "千瓦"]
)
# beside the unit itself, those in which its figures are usually published
_OFFERED = ("万亿", "亿", "万", "")


def same_quantity(unit: str) -> list[str]:
    """The units a value for this one may be typed in: this one first, then those it converts to."""
    step, base = _parts(unit)
    if base not in _COUNTED:
        return [unit]
    # hundreds of millions of 家 are nothing anybody counts
    steps = _OFFERED if base == "元" or step in {"万亿", "亿"} else ("万", "")
    return [unit, *(f"{each}{base}" for each in steps if each != step)]


def converted(value: Decimal, unit: str, to: str) -> Decimal:
    """`value` of `unit` in `to`, exactly. Refused where the two are not the same quantity."""
    if fold_tight(unit) == fold_tight(to):
        return value
    step, base = _parts(unit)
    into, wanted = _parts(to)
    if base != wanted or base not in _COUNTED:
        raise Refused(f"“{unit}”不能换算成“{to}”，请按“{to}”填写。")
    return value * _STEPS[step] / _STEPS[into]


def _parts(unit: str) -> tuple[str, str]:
    """万亿元 as 万亿 and 元."""
    tight = fold_tight(unit)
    step = next(step for step in _STEPS if tight.startswith(step))
    return step, tight.removeprefix(step)
