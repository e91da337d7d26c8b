"""One day written in many ways is one day; and the hard wordings, class by class."""

from __future__ import annotations

import calendar
import json
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tasks.deadlines import Kind, read_deadline

_HARD = Path(__file__).parents[1] / "data" / "deadlines_hard.jsonl"
_ISSUED = date(2019, 3, 15)


def _wrong(case: dict[str, Any]) -> dict[str, object]:
    issued_on = case["issued_on"]
    reading = read_deadline(case["text"], date.fromisoformat(issued_on) if issued_on else None)
    read = reading.as_dict()
    read["others"] = [
        {"due_on": other.due_on.isoformat(), "milestone": other.milestone}
        for other in reading.others
    ]
    return {key: read[key] for key in case.keys() & read.keys() if read[key] != case[key]}


def test_it_reads_the_hard_wordings_of_every_class() -> None:
    cases = [json.loads(line) for line in _HARD.read_text(encoding="utf-8").splitlines()]
    assert len(cases) > 800
    assert {case["text"]: wrong for case in cases if (wrong := _wrong(case))} == {}


_DIGITS = "〇一二三四五六七八九"
_WIDE = str.maketrans("0123456789-/.", "０１２３４５６７８９－／．")


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def _chinese_year(year: int) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(year))


def _days(day: date) -> list[str]:
    y, m, d = day.year, day.month, day.day
    plain = [
        f"{y}年{m}月{d}日",
        f"{y}年{m:02}月{d:02}日",
        f"{y}年{m}月{d}号",
        f"{y} 年 {m} 月 {d} 日",
        f"{y}年\n{m}月{d}日",
        f"{y}年{m}月\n{d}日",
        f"{y}年{m}月\r\n{d}日",
        f"{y}年{m}\n月{d}日",
        f"{y}.{m}.{d}",
        f"{y}/{m}/{d}",
        f"{y}-{m:02}-{d:02}",
        f"{y}{m:02}{d:02}",
        f"{_chinese_year(y)}年{_chinese(m)}月{_chinese(d)}日",
        f"{_chinese_year(y).replace('〇', '零')}年{_chinese(m)}月{_chinese(d)}日",
        f"{_chinese_year(y).replace('〇', '○')}年{_chinese(m)}月{_chinese(d)}日",
    ]
    return plain + [wording.translate(_WIDE) for wording in plain]


def _months(day: date) -> list[str]:
    y, m = day.year, day.month
    return [
        f"{y}年{m}月底",
        f"{y}年{m}月末",
        f"{y}年{m}月份底",
        f"{y}年{m}月",
        f"{y}年{m:02}月",
        f"{y}.{m:02}",
        f"{y}/{m:02}",
        f"{y}-{m:02}",
        f"{y}年{m}月下旬",
        f"{_chinese_year(y)}年{_chinese(m)}月底",
        f"{_chinese_year(y)}年{_chinese(m)}月份",
        f"{y}年{m}月底".translate(_WIDE),
    ]


_dates = st.dates(date(2000, 1, 1), date(2060, 12, 31))
_BEFORE = ("", "于", "务于", "到", "截至", "最迟", "不迟于", "完成时限：", "时间节点:")
_AFTER = ("", "前", "之前", "以前", "前完成", "前全部完成", "之前办结。")


@settings(deadline=None, max_examples=300)
@given(_dates, st.data())
def test_a_day_is_the_same_in_every_spelling(day: date, data: st.DataObject) -> None:
    written = data.draw(st.sampled_from(_days(day)))
    text = data.draw(st.sampled_from(_BEFORE)) + written + data.draw(st.sampled_from(_AFTER))
    reading = read_deadline(text, _ISSUED)
    assert (reading.kind, reading.due_on, reading.soft) == (Kind.DATE, day, False)
    assert reading.starts_on is None
    assert reading.others == ()


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


@settings(deadline=None, max_examples=200)
@given(_dates, st.data())
def test_a_month_ends_on_its_last_day_in_every_spelling(day: date, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(_months(day)))
    if text.endswith(("底", "末")):
        text += data.draw(st.sampled_from(_AFTER))
    assert read_deadline(text, None).due_on == _month_end(day)


_UNTIL = ("-", "—", "――", "–", "~", "～", "至", "到", "－", "起至", " - ", "——", "−")


@settings(deadline=None, max_examples=200)
@given(_dates, _dates, st.sampled_from(_UNTIL), st.data())
def test_a_span_has_both_its_days_whatever_stands_between(
    one: date, other: date, until: str, data: st.DataObject
) -> None:
    first, last = sorted((one, other))
    if first.year == last.year and first.month == last.month:
        return
    style = data.draw(st.integers(0, 3))
    text = (
        f"{first.year}年{first.month}月{until}{last.year}年{last.month}月",
        f"{first.year}.{first.month:02}{until}{last.year}.{last.month:02}",
        f"自{first.year}年{first.month}月{until}{last.year}年{last.month}月底",
        f"{_chinese_year(first.year)}年{_chinese(first.month)}月{until}"
        f"{_chinese_year(last.year)}年{_chinese(last.month)}月",
    )[style]
    reading = read_deadline(text, None)
    assert (reading.starts_on, reading.due_on) == (first.replace(day=1), _month_end(last))


@settings(deadline=None, max_examples=200)
@given(
    st.lists(_dates.map(_month_end), min_size=2, max_size=4, unique=True),
    st.sampled_from(["，", "；", "\n", ";", "、"]),
    st.data(),
)
def test_several_deadlines_keep_their_days_and_their_milestones(
    days: list[date], joint: str, data: st.DataObject
) -> None:
    verbs = st.sampled_from(["动工", "启动", "出台", "完成", "完成改造"])
    put = [(day, data.draw(verbs)) for day in sorted(days)]
    text = joint.join(f"{day.year}年{day.month}月底前{verb}" for day, verb in put)
    reading = read_deadline(text, None)
    read = [(other.due_on, other.milestone) for other in reading.others]
    read.append((reading.due_on or date.min, reading.milestone))
    assert read == [(day, None if verb.startswith("完成") else verb) for day, verb in put]


@settings(deadline=None)
@given(_dates, st.sampled_from(["力争", "争取", "原则上", "预计"]))
def test_a_hedge_softens_every_spelling(day: date, hedge: str) -> None:
    for written in _days(day):
        reading = read_deadline(f"{hedge}{written}前", None)
        assert (reading.due_on, reading.soft) == (day, True)


_HOSTILE = ("（", "）(", "1、", "2020年底前，", "《", "\ud800", "\x00", "\u202e")


def test_fifty_thousand_brackets_are_read_like_any_other_text() -> None:
    for piece in _HOSTILE:
        text = piece * (50_000 // len(piece))
        assert read_deadline(text, _ISSUED).text == text
