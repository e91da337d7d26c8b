"""How values and targets are said to people; pure."""

from __future__ import annotations

from decimal import Decimal

from apps.targets.models import Target

_PERCENT = "%"
_BEFORE = {
    Target.Operator.AT_LEAST: "不低于",
    Target.Operator.MORE: "高于",
    Target.Operator.EQUAL: "达到",
    Target.Operator.AT_MOST: "不高于",
    Target.Operator.LESS: "低于",
}


def number_text(value: Decimal) -> str:
    """40.0000 as 40: without the zeros of its column."""
    return f"{value.normalize():f}"


def value_text(value: Decimal, unit: str) -> str:
    """40 家, 16%."""
    return f"{number_text(value)}{_glued(unit)}"


def points_text(value: Decimal, unit: str) -> str:
    """A distance: between per cents it is told in 百分点."""
    return value_text(value, "个百分点" if unit == _PERCENT else unit)


def goal_text(target: Target, unit: str) -> str:
    """不低于 40 家, 2—3 个, 20 家左右; what is said in words is 定性."""
    if target.value is None:
        return "定性"
    if target.operator == Target.Operator.RANGE and target.value_max is not None:
        return f"{number_text(target.value)}—{value_text(target.value_max, unit)}"
    if target.operator == Target.Operator.ABOUT:
        return f"{value_text(target.value, unit)}左右"
    return f"{_BEFORE[Target.Operator(target.operator)]} {value_text(target.value, unit)}"


def _glued(unit: str) -> str:
    return unit if unit in {_PERCENT, ""} else f" {unit}"
