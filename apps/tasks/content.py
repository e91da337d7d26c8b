"""What a unit writes for a row and period, and what is to be said against it (product.md D10).

Pure: rows come in as they were read, nothing is asked of the database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from apps.common.text import fold_tight
from apps.tasks.assessments import Assessment
from apps.tasks.models import Progress, TaskIndicator
from apps.tasks.wording import plain_number

TEXT_LIMIT = 2000
# 存在问题 and 下一步措施
NOTE_LIMIT = 1000
VALUE_DIGITS = 14
VALUE_LIMIT = Decimal("99999999999999.9999")
_VALUE_STEP = Decimal("0.0001")
_PERCENT = frozenset({"%", "％"})
_PERCENT_LIMIT = Decimal("999.99")
_PERCENT_STEP = Decimal("0.01")

# the fields of a sheet, a draft and a returned file
FIELDS = (
    "text",
    "value",
    "self_assessment",
    "problems",
    "next_step",
    "unchanged",
    "whole_text",
    "falling_confirmed",
)


@dataclass(frozen=True, slots=True)
class Content:
    """What a unit writes. `unchanged`: 同上期，无新增进展, and why (Progress.Unchanged)."""

    text: str
    self_assessment: Assessment
    value: Decimal | None = None
    problems: str = ""
    next_step: str = ""
    unchanged: str = ""
    # what the 汇总单位 says for the whole row
    whole_text: str = ""
    # a value lower than the last one is meant
    falling_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a report is held against. `previous`: the unit's own last report before the period."""

    figure: TaskIndicator | None
    previous: Progress | None
    # the unit puts together what several units owe for the row
    consolidates: bool = False
    # the value counts within its year, towards a 年度目标, and `previous` is of an earlier one
    counts_anew: bool = False


def content_reasons(content: Content, facts: RowFacts) -> list[str]:
    """Everything that is wrong with it, one sentence each; empty where it may be sent."""
    return [
        *_text_reasons(content, facts),
        *value_reasons(content.value, facts, falling_confirmed=content.falling_confirmed),
        *_explanation_reasons(content),
        *_whole_reasons(content, facts),
    ]


def value_reasons(
    value: Decimal | None, facts: RowFacts, *, falling_confirmed: bool = False
) -> list[str]:
    """What is wrong with a 完成值."""
    if value is None:
        return []
    if not value.is_finite():
        return ["完成值只填数字，单位不用写。"]
    if facts.figure is None:
        return ["这一项没有可填的完成值。"]
    reasons = ["完成值不能小于零。"] if value < 0 else _width_reasons(value, facts.figure)
    if not reasons and not falling_confirmed and is_falling(value, facts):
        assert facts.previous is not None
        assert facts.previous.value is not None
        last = plain_number(facts.previous.value)
        reasons.append(f"完成值比上期（{last}）减少，请核对；确认无误请勾选“数值确有减少”。")
    return reasons


def is_falling(value: Decimal | None, facts: RowFacts) -> bool:
    """Whether a cumulative value is lower than what the unit reported last."""
    last = facts.previous.value if facts.previous and not facts.counts_anew else None
    return value is not None and last is not None and value < last


def as_sent(content: Content, facts: RowFacts) -> Content:
    """As it is to be kept: 同上期 takes over the last text, and its value unless one is given."""
    if not content.unchanged or facts.previous is None:
        return content
    value = content.value
    if value is None and facts.figure is not None and not facts.counts_anew:
        value = facts.previous.value
    return replace(content, text=facts.previous.text, value=value)


def fields_of(progress: Progress) -> dict[str, str]:
    """A report as the fields of a sheet."""
    return {
        "text": progress.text,
        "value": "" if progress.value is None else plain_number(progress.value),
        "self_assessment": progress.self_assessment,
        "problems": progress.problems,
        "next_step": progress.next_step,
        "unchanged": progress.unchanged,
        "whole_text": progress.whole_text,
        "falling_confirmed": "",
    }


def same_words(one: str, other: str) -> bool:
    """Browsers send other line breaks than files hold."""
    return one.split() == other.split()


def storable(text: str) -> bool:
    """PostgreSQL holds neither NUL nor half a character."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def as_storable(text: str) -> str:
    """Without what PostgreSQL cannot hold: in a draft it is no loss."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _text_reasons(content: Content, facts: RowFacts) -> list[str]:
    if content.unchanged:
        return _unchanged_reasons(content, facts)
    if not content.text.strip():
        return ["请填写本期进展。"]
    return _length_reasons("本期进展", content.text, TEXT_LIMIT)


def _unchanged_reasons(content: Content, facts: RowFacts) -> list[str]:
    if content.unchanged not in Progress.Unchanged.values:
        return ["“同上期，无新增进展”的原因请从列表里选。"]
    if facts.previous is None:
        return ["本单位以前没有报过这一项，不能选“同上期”，请填写本期进展。"]
    if content.text.strip() and not same_words(content.text, facts.previous.text):
        return ["本期进展与上期不同：有新增进展请取消“同上期”，没有请清空本期进展。"]
    return []


def _width_reasons(value: Decimal, figure: TaskIndicator) -> list[str]:
    """Only a value within its column can be rounded without an error."""
    if figure.indicator.unit in _PERCENT:
        if value > _PERCENT_LIMIT:
            return [f"完成值是百分数，最大 {_PERCENT_LIMIT}，请核对。"]
        if value.quantize(_PERCENT_STEP) != value:
            return ["完成值是百分数，最多两位小数。"]
        return []
    if value > VALUE_LIMIT:
        return [f"完成值小数点前最多 {VALUE_DIGITS} 位，请核对单位。"]
    if value.quantize(_VALUE_STEP) != value:
        return ["完成值最多四位小数。"]
    return []


def _explanation_reasons(content: Content) -> list[str]:
    said = content.self_assessment.label
    reasons = []
    for name, text in (("存在问题", content.problems), ("下一步措施", content.next_step)):
        if content.self_assessment.needs_explanation and not text.strip():
            reasons.append(f"自评为“{said}”时请填写{name}。")
        reasons += _length_reasons(name, text, NOTE_LIMIT)
    return reasons


def _whole_reasons(content: Content, facts: RowFacts) -> list[str]:
    if not content.whole_text.strip():
        return []
    if not facts.consolidates:
        return ["汇总进展只由几个单位共同报送的任务的汇总单位填写。"]
    return _length_reasons("汇总进展", content.whole_text, TEXT_LIMIT)


def _length_reasons(name: str, text: str, limit: int) -> list[str]:
    if not storable(text):
        return [f"{name}里有无法保存的字符，请删去后再填。"]
    if len(text) > limit:
        return [f"{name}最多 {limit} 字，现在 {len(text)} 字。"]
    return []


def number_of(text: str) -> Decimal | None:
    """A number as people type it, 1,013 and １０１３ too; None for what is none."""
    try:
        return Decimal(fold_tight(text).replace(",", ""))
    except InvalidOperation:
        return None
