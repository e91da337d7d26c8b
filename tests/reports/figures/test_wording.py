"""How titles, shares and sentences are written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.reports.figures.wording import (
    amount,
    closed_off,
    day,
    percent,
    points,
    quoted,
    share_of,
    tenth,
    titled,
)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("意见", "《意见》"),
        ("《意见》", "《意见》"),
        # what stands inside has the other marks, and what stands in that the first ones again
        ("关于印发《办法》的通知", "《关于印发〈办法〉的通知》"),
        ("《关于印发《办法》的通知》", "《关于印发〈办法〉的通知》"),
        ("关于印发〈办法〉的通知", "《关于印发〈办法〉的通知》"),
        ("关于《转发〈办法〉的通知》的报告", "《关于〈转发《办法》的通知〉的报告》"),
        # begins with a title, and is none
        ("《规划》实施方案", "《〈规划〉实施方案》"),
        ("《甲》和《乙》", "《〈甲〉和〈乙〉》"),
        # torn ones do no harm
        ("》办法《", "《〉办法〈》"),
        ("《办法", "《〈办法》"),
        ("", "《》"),
    ],
)
def test_a_title_stands_in_title_marks(title: str, said: str) -> None:
    assert titled(title) == said


@given(st.text(alphabet="甲《》〈〉"))
def test_no_title_marks_of_one_kind_follow_inside_each_other(title: str) -> None:
    said = titled(title)
    assert said[0] == "《"
    assert said[-1] == "》"
    assert "《《" not in said
    assert "〈〈" not in said
    assert said.translate(_NO_MARKS) == title.translate(_NO_MARKS)


_NO_MARKS = str.maketrans(dict.fromkeys("《》〈〉"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("已建成", "已建成。"),
        *(
            (text, text)
            for text in ("已建成。", "已建成！", "已建成？", "一；", "二…", "done!", "done.")
        ),
        ("批示：“加快。”", "批示：“加快。”"),
        ("（另行报送。）", "（另行报送。）"),
        ("（另行报送）", "（另行报送）。"),
        ("“加快”", "“加快”。"),
    ],
)
def test_a_sentence_has_one_full_stop(text: str, said: str) -> None:
    assert closed_off(text) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0.05", "0.1%"),
        ("0.04", "0.0%"),
        ("-0.04", "0.0%"),
        ("-0.05", "-0.1%"),
        ("100", "100.0%"),
        ("93.75", "93.8%"),
    ],
)
def test_a_share_has_one_place(value: str, said: str) -> None:
    assert percent(Decimal(value)) == said
    assert str(tenth(Decimal(value))) == said[:-1]


def test_shares_points_and_amounts() -> None:
    assert (share_of(1, 3), share_of(2, 3), share_of(0, 0)) == tuple(
        map(Decimal, ("33.3", "66.7", "0.0"))
    )
    assert share_of(5, 0) == 0
    assert points(Decimal("-12.34")) == "12.3个百分点"
    assert [amount(Decimal(each)) for each in ("40.0000", "0.5000", "100", "1E+2", "0.0000")] == [
        *("40", "0.5", "100", "100", "0")
    ]
    assert day(date(2020, 9, 3)) == "2020年9月3日"


def test_a_row_is_quoted_to_sixty_characters() -> None:
    assert quoted("长" * 60) == f"“{'长' * 60}”"
    assert quoted("长" * 61) == f"“{'长' * 60}……”"
    assert quoted(" 推进\n“互联网+” ") == "“推进 ‘互联网+’”"
