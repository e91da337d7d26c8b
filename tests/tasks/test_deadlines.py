"""Deadline wordings are read by rule, and asked about where a careful clerk would ask."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tasks.deadlines import Every, EveryDue, Kind, Reading, read_deadline

_DATA = Path(__file__).parents[1] / "data"
_ISSUED = date(2019, 3, 15)


def _cases(name: str) -> list[Any]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    return [pytest.param(case, id=f"{case['text']}·{case['issued_on']}") for case in cases]


def _read(case: dict[str, Any]) -> dict[str, object]:
    issued_on = case["issued_on"]
    reading = read_deadline(case["text"], date.fromisoformat(issued_on) if issued_on else None)
    return reading.as_dict()


def _agrees(expected: object, read: object) -> bool:
    """Others are compared on the keys that are given."""
    if isinstance(expected, list) and isinstance(read, list):
        return len(expected) == len(read) and all(
            wanted.items() <= found.items() for wanted, found in zip(expected, read, strict=True)
        )
    return expected == read


@pytest.mark.parametrize("case", [*_cases("deadlines.jsonl"), *_cases("deadlines_more.jsonl")])
def test_it_reads_a_wording_as_a_careful_clerk_would(case: dict[str, Any]) -> None:
    read = _read(case)
    wrong = {
        key: read[key]
        for key in case.keys() - {"issued_on", "why"}
        if not _agrees(case[key], read[key])
    }
    assert wrong == {}


def test_its_json_has_the_keys_of_the_contract_in_order() -> None:
    read = read_deadline("6月底前动工，每季度末月20日前", _ISSUED).as_dict()
    assert list(read) == [
        "text",
        "kind",
        "due_on",
        "starts_on",
        "soft",
        "every",
        "every_due",
        "milestone",
        "others",
        "needs_review",
    ]
    recurring = read_deadline("每季度末月20日前", _ISSUED).as_dict()
    assert recurring["every_due"] == {"month": None, "nth_month": 3, "day": 20}
    assert json.loads(json.dumps(recurring)) == recurring


def test_a_recurrence_is_typed() -> None:
    reading = read_deadline("每年2月底前", _ISSUED)
    assert reading.every is Every.YEAR
    assert reading.every_due == EveryDue(month=2, nth_month=None, day="last")


def test_an_other_quotes_the_cell_as_it_was_written() -> None:
    reading = read_deadline("２０１９年１２月底前 完成规划；二〇二〇年六月底前动工", _ISSUED)
    assert [other.text for other in reading.others] == ["２０１９年１２月底前 完成规划"]
    assert (reading.due_on, reading.milestone) == (date(2020, 6, 30), "动工")


@pytest.mark.parametrize("year", [1949, 2020, 2100])
def test_a_bare_year_ends_on_its_last_day(year: int) -> None:
    assert read_deadline(f"{year}年", None).due_on == date(year, 12, 31)


# Wordings and pieces of them, so that chance hits upon what the rules know.
_PIECES = (
    *("2019年", "2020年", "二〇二〇年", "2018-2020年", "12月", "六月", "31日", "2月30日", "9999年"),
    *(
        "底",
        "末",
        "前",
        "之前",
        "后",
        "起",
        "至",
        "到",
        "-",
        "—",
        "、",
        "，",
        "；",
        "（",
        "）",
        "\n",
    ),
    *("每年", "每季度", "每半年", "每月", "按月", "首月", "末月", "第2个月", "20日", "0000年"),
    *("上半年", "第三季度", "年底", "年内", "明年", "次年", "本月", "“十四五”", "期间", "十", "两"),
    *("三年内", "2—3年", "30日内", "印发之日起", "验收后", "工作日", "2020.12.31", "2020/6", "3"),
    *(
        "左右",
        "力争",
        "基本",
        "持续推进",
        "长期",
        "完成",
        "动工",
        "投入使用",
        "并",
        "①",
        "《",
        "》",
    ),
)
_wordings = st.one_of(st.text(), st.lists(st.sampled_from(_PIECES), max_size=9).map("".join))
_issued = st.one_of(st.none(), st.dates(), st.sampled_from([date.min, date.max]))


def _without_text(reading: Reading) -> dict[str, object]:
    read = reading.as_dict()
    read["text"] = None
    read["others"] = [
        (other.due_on, other.milestone, other.text.strip()) for other in reading.others
    ]
    return read


@settings(deadline=None, max_examples=400)
@given(text=_wordings, issued_on=_issued)
def test_any_text_is_read_and_the_reading_holds_together(text: str, issued_on: date | None) -> None:
    reading = read_deadline(text, issued_on)
    assert reading.text == text
    assert reading == read_deadline(text, issued_on)
    assert reading.needs_review == (reading.kind is Kind.UNRESOLVED)
    if reading.kind is Kind.DATE:
        assert reading.due_on is not None
    if reading.kind in {Kind.NONE, Kind.UNRESOLVED}:
        assert (reading.due_on, reading.milestone, reading.others) == (None, None, ())
    assert (reading.every is not None) == (reading.kind is Kind.RECURRING)
    if reading.due_on and reading.starts_on:
        assert reading.starts_on <= reading.due_on
    for other in reading.others:
        assert reading.due_on is not None
        assert other.due_on < reading.due_on
        assert other.text in text


@settings(deadline=None, max_examples=200)
@given(text=_wordings, issued_on=_issued)
def test_full_width_writing_changes_nothing(text: str, issued_on: date | None) -> None:
    widened = text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    narrow = _without_text(read_deadline(text, issued_on)) | {"others": None}
    assert _without_text(read_deadline(widened, issued_on)) | {"others": None} == narrow


@settings(deadline=None, max_examples=200)
@given(text=_wordings, issued_on=_issued, blank=st.text(alphabet=" \t\n\r\u3000\u00a0", max_size=4))
def test_blanks_around_a_wording_change_nothing(
    text: str, issued_on: date | None, blank: str
) -> None:
    plain = _without_text(read_deadline(text, issued_on))
    assert _without_text(read_deadline(f"{blank}{text}{blank}", issued_on)) == plain


@settings(deadline=None)
@given(day=st.dates(date(1949, 1, 1), date(2100, 12, 31)))
def test_a_day_is_read_back_however_it_is_written(day: date) -> None:
    for wording in (
        f"{day:%Y-%m-%d}",
        f"{day:%Y/%m/%d}",
        f"{day.year}年{day.month}月{day.day}日前",
    ):
        assert read_deadline(wording, None).due_on == day


@settings(deadline=None)
@given(issued_on=st.dates(date(1950, 1, 1), date(2090, 1, 1)), count=st.integers(1, 365))
def test_days_count_from_the_day_after_issuing(issued_on: date, count: int) -> None:
    reading = read_deadline(f"印发之日起{count}日内", issued_on)
    assert reading.due_on == issued_on + timedelta(days=count)


@settings(deadline=None)
@given(number=st.integers(3, 29))
def test_five_year_plans_follow_one_another(number: int) -> None:
    tens, ones = divmod(number, 10)
    digits = "零一二三四五六七八九"
    name = (
        (digits[tens] if tens > 1 else "") + ("十" if tens else "") + (digits[ones] if ones else "")
    )
    reading = read_deadline(f"“{name}五”期间", None)
    assert reading.starts_on == date(1951 + 5 * number, 1, 1)
    assert reading.due_on == date(1955 + 5 * number, 12, 31)
