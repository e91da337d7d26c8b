"""What may be written in a report, field by field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.targets.models import Indicator
from apps.tasks.assessments import Assessment
from apps.tasks.content import (
    FIELDS,
    Content,
    RowFacts,
    as_sent,
    content_reasons,
    fields_of,
    number_of,
    same_words,
)
from apps.tasks.models import Progress, TaskIndicator

Unchanged = Progress.Unchanged
NORMAL = Assessment.NORMAL


def figure(unit: str = "家") -> TaskIndicator:
    return TaskIndicator(indicator=Indicator(name="指标", unit=unit), target_value=Decimal(40))


def before(value: str | None = None, text: str = "上期的话。") -> Progress:
    return Progress(text=text, value=None if value is None else Decimal(value))


def facts(
    unit: str = "家", last: str | None = None, *, first: bool = False, consolidates: bool = False
) -> RowFacts:
    previous = None if first else before(last)
    return RowFacts(figure(unit) if unit else None, previous, consolidates)


def content(**fields: Any) -> Content:
    return Content(**{"text": "好。", "self_assessment": NORMAL, **fields})


@pytest.mark.parametrize(
    ("written", "held_against", "sentences"),
    [
        (content(), facts(), []),
        (content(text=" \n"), facts(), ["请填写本期进展。"]),
        (content(text="字" * 2000), facts(), []),
        (content(text="字" * 2001), facts(), ["本期进展最多 2000 字，现在 2001 字。"]),
        (content(text="坏\0字"), facts(), ["本期进展里有无法保存的字符，请删去后再填。"]),
        (content(problems="半\ud800个"), facts(), ["存在问题里有无法保存的字符，请删去后再填。"]),
        (content(next_step="长" * 1001), facts(), ["下一步措施最多 1000 字，现在 1001 字。"]),
        # explanations, asked only where something is wrong
        (
            content(self_assessment=Assessment.BEHIND),
            facts(),
            ["自评为“滞后”时请填写存在问题。", "自评为“滞后”时请填写下一步措施。"],
        ),
        (
            content(self_assessment=Assessment.DIFFICULT, problems="缺人。"),
            facts(),
            ["自评为“有困难”时请填写下一步措施。"],
        ),
        (content(self_assessment=Assessment.IMPOSSIBLE), facts(), []),
        # values
        (content(value=Decimal(3)), facts(""), ["这一项没有可填的完成值。"]),
        (content(value=Decimal("NaN")), facts(), ["完成值只填数字，单位不用写。"]),
        (content(value=Decimal("sNaN")), facts(), ["完成值只填数字，单位不用写。"]),
        (content(value=Decimal("-0.5")), facts(), ["完成值不能小于零。"]),
        (content(value=Decimal("1.2345")), facts(), []),
        (content(value=Decimal("1.23456")), facts(), ["完成值最多四位小数。"]),
        (content(value=Decimal("99999999999999.9999")), facts(), []),
        (
            content(value=Decimal("100000000000000")),
            facts(),
            ["完成值小数点前最多 14 位，请核对单位。"],
        ),
        (content(value=Decimal("120.25")), facts("%"), []),
        (content(value=Decimal("999.99")), facts("％"), []),
        (content(value=Decimal(1000)), facts("%"), ["完成值是百分数，最大 999.99，请核对。"]),
        (content(value=Decimal("9.125")), facts("%"), ["完成值是百分数，最多两位小数。"]),
        # a cumulative value that falls asks
        (content(value=Decimal(31)), facts(last="31"), []),
        (
            content(value=Decimal(30)),
            facts(last="31.5000"),
            ["完成值比上期（31.5）减少，请核对；确认无误请勾选“数值确有减少”。"],
        ),
        (content(value=Decimal(30), falling_confirmed=True), facts(last="31.5"), []),
        (content(value=Decimal(30)), facts(first=True), []),
        # 同上期，无新增进展
        (content(text="", unchanged=Unchanged.NO_STAGE), facts(), []),
        (content(text="上期的话。\r\n", unchanged=Unchanged.NO_STAGE), facts(), []),
        (
            content(text="新的话。", unchanged=Unchanged.NO_STAGE),
            facts(),
            ["本期进展与上期不同：有新增进展请取消“同上期”，没有请清空本期进展。"],
        ),
        (
            content(text="", unchanged=Unchanged.NO_STAGE),
            facts(first=True),
            ["本单位以前没有报过这一项，不能选“同上期”，请填写本期进展。"],
        ),
        (
            content(text="", unchanged="lazy"),
            facts(),
            ["“同上期，无新增进展”的原因请从列表里选。"],
        ),
        # 汇总
        (content(whole_text="合起来。"), facts(consolidates=True), []),
        (
            content(whole_text="合起来。"),
            facts(),
            ["汇总进展只由几个单位共同报送的任务的汇总单位填写。"],
        ),
        (
            content(whole_text="长" * 2001),
            facts(consolidates=True),
            ["汇总进展最多 2000 字，现在 2001 字。"],
        ),
        (
            content(text="", value=Decimal(-1), self_assessment=Assessment.BEHIND, problems="有。"),
            facts(),
            ["请填写本期进展。", "完成值不能小于零。", "自评为“滞后”时请填写下一步措施。"],
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_that_names_the_field(
    written: Content, held_against: RowFacts, sentences: list[str]
) -> None:
    assert content_reasons(written, held_against) == sentences


def test_without_news_the_last_text_is_taken_over_and_its_value() -> None:
    unchanged = content(text="", unchanged=Unchanged.AWAITING)
    sent = as_sent(unchanged, facts(last="31"))
    assert (sent.text, sent.value) == ("上期的话。", Decimal(31))
    given_anew = content(text="", unchanged=Unchanged.AWAITING, value=Decimal(33))
    assert as_sent(given_anew, facts(last="31")).value == Decimal(33)
    assert as_sent(unchanged, facts("", last="31")).value is None
    assert as_sent(content(), facts(last="31")) == content()


@pytest.mark.parametrize(
    ("typed", "number"),
    [("１,０13.5", Decimal("1013.5")), (" 7 ", Decimal(7)), ("二百", None), ("", None)],
)
def test_numbers_are_read_as_people_type_them(typed: str, number: Decimal | None) -> None:
    assert number_of(typed) == number


def test_a_report_is_given_in_the_fields_of_a_sheet() -> None:
    fields = fields_of(before("31.5000"))
    assert tuple(fields) == FIELDS
    assert fields["value"] == "31.5"


_TEXTS = st.text(max_size=30) | st.just("上期的话。")
_DECIMALS = st.decimals(allow_nan=True, allow_infinity=True) | st.sampled_from(
    [Decimal("1E999999"), Decimal("1E-999999"), Decimal("-0"), Decimal("sNaN")]
)


@settings(deadline=None)
@given(
    written=st.builds(
        Content,
        text=_TEXTS,
        self_assessment=st.sampled_from(Assessment),
        value=st.none() | _DECIMALS,
        problems=_TEXTS,
        next_step=_TEXTS,
        unchanged=st.sampled_from(["", "nonsense", *Unchanged.values]),
        whole_text=_TEXTS,
        falling_confirmed=st.booleans(),
    ),
    unit=st.sampled_from(["", "家", "%"]),
    last=st.none() | st.decimals(0, 10**14, places=4).map(str),
    first=st.booleans(),
    consolidates=st.booleans(),
)
def test_whatever_is_written_is_judged_and_what_passes_can_be_stored(
    written: Content, unit: str, last: str | None, first: bool, consolidates: bool
) -> None:
    known = facts(unit, last, first=first, consolidates=consolidates)
    if content_reasons(written, known):
        return
    sent = as_sent(written, known)
    field = Progress._meta.get_field("value")
    if written.value is not None:
        assert sent.value == written.value
        field.run_validators(sent.value)
    assert sent.text.strip()
    (sent.text + sent.problems + sent.next_step + sent.whole_text).encode()


@given(st.text())
def test_same_words_do_not_depend_on_line_breaks(text: str) -> None:
    assert same_words(text.replace("\n", "\r\n"), text)
