"""Days as people write them, and the years that a document of the country can mean."""

from __future__ import annotations

from datetime import date

import pytest

from apps.common.days import parse_day
from apps.common.errors import Refused


@pytest.mark.parametrize("text", ["2020-10-21", "2020/10/21", "2020.10.21", " 2020年10月21日 "])
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert parse_day(text) == date(2020, 10, 21)


@pytest.mark.parametrize("text", ["1949-10-01", "2100-12-31"])
def test_the_first_and_the_last_year_are_read(text: str) -> None:
    assert parse_day(text).isoformat() == text


@pytest.mark.parametrize("text", ["0001-01-01", "1948-12-31", "2101-01-01", "9999-12-31"])
def test_a_year_beyond_them_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="年份须在 1949 至 2100 之间"):
        parse_day(text)


@pytest.mark.parametrize("text", ["", "2020", "2020-02-30", "2020-1-1-1", "昨天"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="不是日期"):
        parse_day(text)
