"""填报表: a unit's rows as a workbook to be filled in, and what is read when it comes back. Pure.

Each row carries, in hidden columns, which duty it is, on which version of the report it was written
and a check over both, the period and the unit: a row pasted from another unit's sheet, or an
altered id, does not fit. The hidden sheet says period, unit and day. Whoever copies the visible
cells into a workbook of their own loses all that; their rows are found by plan and number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.crypto import salted_hmac

from apps.common.errors import Unreadable
from apps.common.spreadsheets import (
    FORM_HEAD_ROWS,
    FormColumn,
    FormSheet,
    FormValue,
    Sheet,
    column_letter,
)
from apps.common.text import fold_tight
from apps.tasks.assessments import Assessment
from apps.tasks.content import NOTE_LIMIT, TEXT_LIMIT
from apps.tasks.models import Progress

_NAME = "填报表"
_ABOUT = "表信息"
_ABOUT_PERIOD, _ABOUT_UNIT, _ABOUT_DAY, _ABOUT_ROW = "报告期", "单位代码", "生成日期", "行"
_TITLE = re.compile(r"(.+?)进展填报表（(.+)）")
_PLAIN_NUMBER = re.compile(r"[0-9]{1,14}(?:\.[0-9]{1,4})?")
_DIGITS = re.compile(r"[0-9]{1,18}")
_CHECK_CHARS = 16

_PLAN, _NUMBER, _ID, _CHECK = "任务来源", "原表序号", "行标识", "校验"
# the columns to be filled in, by the field of the report
FILLED = {
    "text": "本期进展",
    "value": "完成值",
    "self_assessment": "自评",
    "unchanged": "同上期无新增",
    "problems": "存在问题",
    "next_step": "下一步措施",
    "whole_text": "汇总进展",
}
_ASSESSMENTS = [label for _, label in Assessment.choices()]
_REASONS = [str(label) for _, label in Progress.Unchanged.choices]

_COLUMNS = (
    FormColumn(_NUMBER, 6),
    FormColumn(_PLAN, 14),
    FormColumn("重点工作", 30),
    FormColumn("完成时限", 10),
    FormColumn("上期进展", 28),
    FormColumn("目标", 11),
    FormColumn(FILLED["text"], 38, fill=True, most=TEXT_LIMIT),
    FormColumn(FILLED["value"], 9, fill=True, number=True),
    FormColumn(FILLED["self_assessment"], 11, fill=True, choices=_ASSESSMENTS),
    FormColumn(FILLED["unchanged"], 13, fill=True, choices=_REASONS),
    FormColumn(FILLED["problems"], 20, fill=True, most=NOTE_LIMIT),
    FormColumn(FILLED["next_step"], 20, fill=True, most=NOTE_LIMIT),
    FormColumn(FILLED["whole_text"], 30, fill=True, most=TEXT_LIMIT),
    FormColumn(_ID, 4, hidden=True),
    FormColumn(_CHECK, 4, hidden=True),
)
_PLACES = {column.header: place for place, column in enumerate(_COLUMNS)}
_FILL_PLACES = tuple(_PLACES[header] for header in FILLED.values())
_FROZEN = 3


@dataclass(frozen=True, slots=True)
class FormRow:
    """A duty as the sheet shows it. `fields`: see content.FIELDS; `closed`: why it stays locked."""

    duty_id: int
    version: int
    plan: str
    number: str
    content: str
    due: str
    previous: str
    target: str
    fields: Mapping[str, str]
    consolidates: bool = False
    closed: str = ""


@dataclass(frozen=True, slots=True)
class FormHead:
    """Whose sheet for which period."""

    period_code: str
    period_name: str
    unit_code: str
    unit_name: str
    made_on: date
    cut_off: date


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """A row that came back: the texts of its cells as typed; `row` as the sheet counts."""

    row: int
    duty_id: int | None
    version: int | None
    check: str
    plan: str
    number: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Returned:
    """A sheet that came back. Without the hidden sheet `unit` is a name, and codes are empty."""

    period_code: str
    unit_code: str
    period_name: str
    unit_name: str
    rows: tuple[ReturnedRow, ...]
    columns: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """For a JSON column."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Returned:
        rows = tuple(ReturnedRow(**row) for row in kept["rows"])
        return cls(**{**kept, "rows": rows})


def row_check(head_codes: tuple[str, str], duty_id: int, version: int) -> str:
    """What makes sure that a row belongs to this period and unit; codes as (period, unit)."""
    said = "|".join([*head_codes, str(duty_id), str(version)])
    return salted_hmac("apps.tasks.sheet_form", said, algorithm="sha256").hexdigest()[:_CHECK_CHARS]


def form_of(head: FormHead, rows: Sequence[FormRow]) -> FormSheet:
    """The workbook's content."""
    together = any(row.consolidates for row in rows)
    columns = [
        FormColumn(column.header, column.width, hidden=True)
        if column.header == FILLED["whole_text"] and not together
        else column
        for column in _COLUMNS
    ]
    codes = (head.period_code, head.unit_code)
    return FormSheet(
        name=_NAME,
        title=f"{head.period_name}进展填报表（{head.unit_name}）",
        hint=(
            f"只填白色格，灰色格和表样请不要改动；{_day(head.cut_off)}截止。完成值只填数字；"
            "自评为滞后或有困难时写明存在问题和下一步措施；没有新增进展的，本期进展留空，"
            "在“同上期无新增”里选原因。本系统为非涉密系统，严禁填写涉密和工作秘密信息。"
        ),
        columns=columns,
        rows=[_cells(row, codes) for row in rows],
        closed={place for index, row in enumerate(rows) for place in _closed(index, row)},
        about_name=_ABOUT,
        about=[
            (_ABOUT_PERIOD, head.period_code),
            (_ABOUT_UNIT, head.unit_code),
            (_ABOUT_DAY, head.made_on.isoformat()),
            *((f"{_ABOUT_ROW}{row.duty_id}", str(row.version)) for row in rows),
        ],
        frozen=_FROZEN,
    )


def sheet_name(period_name: str, unit_name: str) -> str:
    """填报表-2020年前三季度-省科技厅.xlsx."""
    return f"填报表-{period_name}-{unit_name}.xlsx".replace("/", "／")


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _cells(row: FormRow, codes: tuple[str, str]) -> list[FormValue]:
    told = row.fields
    return [
        row.number,
        row.plan,
        row.content,
        row.due,
        row.previous,
        row.target,
        told.get("text", ""),
        _figure(told.get("value", "")),
        _label(Assessment.choices(), told.get("self_assessment", "")),
        _label(Progress.Unchanged.choices, told.get("unchanged", "")),
        told.get("problems", ""),
        told.get("next_step", ""),
        told.get("whole_text", ""),
        str(row.duty_id),
        row_check(codes, row.duty_id, row.version),
    ]


def _figure(said: str) -> FormValue:
    """A number as one; a draft may hold anything."""
    return Decimal(said) if _PLAIN_NUMBER.fullmatch(said) else said


def _label(choices: Iterable[tuple[Any, Any]], code: str) -> str:
    return next((str(label) for value, label in choices if value == code), code)


def _closed(index: int, row: FormRow) -> Iterator[tuple[int, int]]:
    if row.closed:
        yield from ((index, place) for place in _FILL_PLACES)
    if not row.target:
        yield index, _PLACES[FILLED["value"]]
    if not row.consolidates:
        yield index, _PLACES[FILLED["whole_text"]]


def read_form(sheets: Sequence[Sheet], name: str) -> Returned:
    """What came back. Raises Unreadable where it is none of our sheets; `name` of the file."""
    about = _about(sheets)
    for sheet in sheets:
        found = None if sheet.hidden else _head_row(sheet)
        if found is not None:
            break
    else:
        raise Unreadable(
            f"文件“{name}”不是系统导出的填报表：没有找到“{_NUMBER}”“{_PLAN}”“{FILLED['text']}”"
            "等列。请用系统导出的表填写后再传。"
        )
    at, places = found
    title = _title(sheet, at)
    if not (about or title):
        raise Unreadable(
            f"文件“{name}”看不出是哪个单位、哪一期的填报表：缺少隐藏的“{_ABOUT}”，标题也改动过。"
            "请用系统导出的表填写后再传。"
        )
    rows = tuple(_rows(sheet, at + 1, places, _versions(about)))
    return Returned(
        period_code=about.get(_ABOUT_PERIOD, ""),
        unit_code=about.get(_ABOUT_UNIT, ""),
        period_name=title[0] if title else "",
        unit_name=title[1] if title else "",
        rows=rows,
        columns={
            code: column_letter(places[header])
            for code, header in FILLED.items()
            if header in places
        },
    )


def _about(sheets: Sequence[Sheet]) -> dict[str, str]:
    for sheet in sheets:
        if sheet.name == _ABOUT:
            pairs = {row[0]: row[1] for row in sheet.rows if len(row) > 1}
            if pairs.get(_ABOUT_PERIOD) and pairs.get(_ABOUT_UNIT):
                return pairs
    return {}


def _versions(about: Mapping[str, str]) -> dict[int, int]:
    return {
        int(key.removeprefix(_ABOUT_ROW)): int(value)
        for key, value in about.items()
        if _DIGITS.fullmatch(key.removeprefix(_ABOUT_ROW)) and _DIGITS.fullmatch(value)
    }


def _head_row(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Where the headers are, 0-based, and the place of each; some rows may have been put above."""
    for at, cells in enumerate(sheet.rows[: FORM_HEAD_ROWS + 10]):
        places = {fold_tight(text): place for place, text in reversed(list(enumerate(cells)))}
        if {_NUMBER, _PLAN, FILLED["text"], FILLED["self_assessment"]} <= places.keys():
            return at, places
    return None


def _title(sheet: Sheet, head_at: int) -> tuple[str, str] | None:
    for cells in sheet.rows[:head_at]:
        for text in cells:
            found = _TITLE.fullmatch(text.strip())
            if found:
                return found[1], found[2]
    return None


def _rows(
    sheet: Sheet, first: int, places: Mapping[str, int], versions: Mapping[int, int]
) -> Iterator[ReturnedRow]:
    for index, cells in enumerate(sheet.rows[first:], first + 1):

        def cell(header: str, cells: Sequence[str] = cells) -> str:
            place = places.get(header)
            return "" if place is None else cells[place].strip()

        if not any(text.strip() for text in cells):
            continue
        said = cell(_ID)
        duty_id = int(said) if _DIGITS.fullmatch(said) else None
        yield ReturnedRow(
            row=index,
            duty_id=duty_id,
            version=versions.get(duty_id) if duty_id is not None else None,
            check=cell(_CHECK),
            plan=cell(_PLAN),
            number=cell(_NUMBER),
            fields={code: cell(header) for code, header in FILLED.items()},
        )
