"""Converting between units of one quantity; refusing any other."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.errors import Refused
from apps.targets.units import converted, same_quantity


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        ("7100", "亿元", "万亿元", "0.71"),
        ("8123.45", "亿元", "万亿元", "0.812345"),
        ("1.5", "万亿元", "亿元", "15000"),
        ("28000", "家", "万家", "2.8"),
        ("2.8", "万家", "家", "28000"),
        ("3", "万人", "人", "30000"),
        ("16", "%", "%", "16"),
        ("16", "％", "%", "16"),
        ("5", "篇", "篇", "5"),
    ],
)
def test_it_converts_within_one_quantity(value: str, unit: str, to: str, expected: str) -> None:
    assert converted(Decimal(value), unit, to) == Decimal(expected)


@pytest.mark.parametrize(
    ("unit", "to"),
    [("家", "个"), ("元", "家"), ("亿元", "%"), ("百分点", "%"), ("万篇", "篇"), ("", "家")],
)
def test_it_refuses_another_quantity_and_names_both(unit: str, to: str) -> None:
    with pytest.raises(Refused, match=f"^“{unit}”不能换算成“{to}”，请按“{to}”填写。"):
        converted(Decimal(1), unit, to)


def test_a_value_may_be_typed_in_every_unit_that_converts() -> None:
    assert same_quantity("万亿元") == ["万亿元", "亿元", "万元", "元"]
    assert same_quantity("亿千瓦") == ["亿千瓦", "万亿千瓦", "万千瓦", "千瓦"]
    assert same_quantity("万亿件") == ["万亿件", "亿件", "万件", "件"]
    assert same_quantity("万元") == ["万元", "万亿元", "亿元", "元"]
    assert same_quantity("家") == ["家", "万家"]
    assert same_quantity("万家") == ["万家", "家"]
    assert same_quantity("%") == ["%"]
    assert same_quantity("篇") == ["篇"]


@pytest.mark.parametrize(
    "unit",
    ["元", "家", "个", "人", "件", "项", "户", "台", "辆", "套", "吨", "亩", "公顷", "人次",
     "千瓦"],
)  # fmt: skip
def test_what_is_counted_is_counted_in_ten_thousands(unit: str) -> None:
    assert converted(Decimal(2), f"万{unit}", unit) == 20_000


@settings(deadline=None)
@given(
    st.decimals(0, 10**9, places=4),
    st.sampled_from(["万亿元", "亿元", "万元", "元", "家", "万家", "人", "万人", "件", "%"]),
)
def test_there_and_back_nothing_is_lost(value: Decimal, unit: str) -> None:
    for other in same_quantity(unit):
        assert converted(converted(value, unit, other), other, unit) == value
