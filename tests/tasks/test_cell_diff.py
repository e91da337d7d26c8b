"""Only the characters that changed are struck and underlined."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tasks.cell_diff import Part, changed_parts

TEXTS = st.text(alphabet="任务年月底前2017、。", max_size=30)


def marked(parts: list[Part]) -> str:
    return "".join(f"[{part.text}]" if part.changed else part.text for part in parts)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("2020年", "2020年12月底前", ("2020年", "2020年[12月底前]")),
        ("2017年", "2020年9月底前", ("[2017年]", "[2020年9月底前]")),
        ("应用推广工程", "应用推广工程。", ("应用推广工程", "应用推广工程[。]")),
        (
            "省国土资源厅、省海洋与渔业厅",
            "省自然资源厅",
            ("[省国土资源厅、省海洋与渔业厅]", "[省自然资源厅]"),
        ),
        ("", "新写的", ("", "[新写的]")),
        ("写错的", "", ("[写错的]", "")),
        ("一样", "一样", ("一样", "一样")),
    ],
)
def test_it_marks_what_a_person_would_mark(old: str, new: str, expected: tuple[str, str]) -> None:
    parts = changed_parts(old, new)
    assert (marked(parts[0]), marked(parts[1])) == expected


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_the_parts_give_both_texts_again(old: str, new: str) -> None:
    olds, news = changed_parts(old, new)
    assert "".join(part.text for part in olds) == old
    assert "".join(part.text for part in news) == new
    kept = ["".join(p.text for p in parts if not p.changed) for parts in (olds, news)]
    assert kept[0] == kept[1]


def test_a_very_long_cell_is_compared_from_both_ends() -> None:
    old = "头" * 5_000 + "甲" * 15_000 + "尾" * 12_000
    new = "头" * 5_000 + "乙" * 15_000 + "尾" * 12_000
    olds, _ = changed_parts(old, new)
    assert [part.changed for part in olds] == [False, True, False]
