"""What an indicator and its targets may be; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.common.days import FIRST_YEAR, LAST_YEAR
from apps.targets.models import Indicator, Target

NAME_LIMIT, UNIT_LIMIT, SCOPE_LIMIT, SECTION_LIMIT, QUOTE_LIMIT = 80, 20, 40, 200, 2000
# as the columns hold a figure
_MOST, _STEP = Decimal(10) ** 14, Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """A target as the document states it; a value of None is one in words."""

    year: int
    operator: str
    value: Decimal | None
    value_max: Decimal | None
    quote: str
    section: str


@dataclass(frozen=True, slots=True)
class IndicatorFacts:
    """What is counted; what the document does not say is empty."""

    name: str
    unit: str
    kind: str
    direction: str
    scope: str = ""
    nature: str = ""
    baseline_year: int | None = None
    baseline_value: Decimal | None = None
    baseline_quote: str = ""


def wish_reasons(
    facts: IndicatorFacts, targets: Collection[TargetFacts], *, taken: Collection[str]
) -> list[str]:
    """A sentence for each thing wrong; each begins with the name of its field."""
    reasons = _facts_reasons(facts, taken) + _baseline_reasons(facts)
    for target in targets:
        reasons += target_reasons(facts.kind, target)
    return reasons + _twice(target.year for target in targets)


def _facts_reasons(facts: IndicatorFacts, taken: Collection[str]) -> list[str]:
    in_words = facts.kind == Indicator.Kind.QUALITATIVE
    reasons = []
    if not facts.name:
        reasons.append("指标请填写名称。")
    if facts.name in taken:
        reasons.append(f"指标“{facts.name}”本任务来源已有，请改名或修改原来的。")
    if in_words and facts.unit:
        reasons.append("单位：定性指标没有单位，请留空。")
    if not in_words and not facts.unit:
        reasons.append("单位请填写，如 家、亿元、%。")
    for name, text, most in (
        ("指标", facts.name, NAME_LIMIT),
        ("单位", facts.unit, UNIT_LIMIT),
        ("范围", facts.scope, SCOPE_LIMIT),
        ("基期原文", facts.baseline_quote, QUOTE_LIMIT),
    ):
        if len(text) > most:
            reasons.append(f"{name}最多 {most} 字，现在 {len(text)} 字。")
    return reasons


def _baseline_reasons(facts: IndicatorFacts) -> list[str]:
    year, value = facts.baseline_year, facts.baseline_value
    reasons = []
    if (year is None) != (value is None):
        reasons.append("基期的年份和数值要么都填，要么都不填。")
    if value is not None and facts.kind == Indicator.Kind.QUALITATIVE:
        reasons.append("基期：定性指标没有基期值，请留空。")
    if year is not None:
        reasons += _year_reasons("基期年份", year)
    if value is not None:
        reasons += _number_reasons("基期值", value)
    return reasons


def target_reasons(kind: str, target: TargetFacts) -> list[str]:
    """Of one target of an indicator of this kind; each begins with the name of its field."""
    reasons = _year_reasons("目标年", target.year)
    in_words = target.operator == Target.Operator.QUALITATIVE
    if kind == Indicator.Kind.QUALITATIVE and not in_words:
        reasons.append("关系：定性指标的目标请选“定性”。")
    if in_words:
        if target.value is not None or target.value_max is not None:
            reasons.append("目标值：定性的目标没有数字，请留空。")
    else:
        reasons += _figure_reasons(target)
    if not target.quote:
        reasons.append("原文请照录文件里的那句话。")
    for name, text, most in (
        ("原文", target.quote, QUOTE_LIMIT),
        ("出处", target.section, SECTION_LIMIT),
    ):
        if len(text) > most:
            reasons.append(f"{name}最多 {most} 字，现在 {len(text)} 字。")
    return reasons


def _figure_reasons(target: TargetFacts) -> list[str]:
    value, most = target.value, target.value_max
    if value is None:
        return ["目标值请填写；文件里没有数字的，关系选“定性”。"]
    reasons = _number_reasons("目标值", value)
    if value <= 0:
        reasons.append("目标值须大于零；降低多少的，填降低的数。")
    is_range = target.operator == Target.Operator.RANGE
    if is_range and most is None:
        reasons.append("上限请填写：关系是“区间”。")
    if not is_range and most is not None:
        reasons.append("上限只用于“区间”，请留空或把关系改成“区间”。")
    if most is not None:
        reasons += _number_reasons("上限", most)
        if is_range and most <= value:
            reasons.append("上限须大于目标值。")
    return reasons


def _year_reasons(name: str, year: int) -> list[str]:
    if FIRST_YEAR <= year <= LAST_YEAR:
        return []
    return [f"{name}须在 {FIRST_YEAR} 至 {LAST_YEAR} 之间。"]


def _number_reasons(name: str, value: Decimal) -> list[str]:
    if not value.is_finite():
        return [f"{name}须是数字。"]
    if abs(value) >= _MOST:
        return [f"{name}的位数太多，请核对单位。"]
    if value != value.quantize(_STEP):
        return [f"{name}最多四位小数。"]
    return []


def _twice(years: Iterable[int]) -> list[str]:
    twice = sorted(year for year, many in Counter(years).items() if many > 1)
    return [f"目标年 {year} 写了两次，一个年份只有一个目标。" for year in twice]
