"""The sheet as pure data: whatever stands in its cells comes back, and only its own rows fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.errors import Unreadable
from apps.common.spreadsheets import Sheet, read_sheets, write_form
from apps.tasks.assessments import Assessment
from apps.tasks.content import RowFacts
from apps.tasks.models import Progress
from apps.tasks.sheet_compare import Known, Outcome, compare
from apps.tasks.sheet_form import (
    FILLED,
    FormHead,
    FormRow,
    Returned,
    ReturnedRow,
    form_of,
    read_form,
    row_check,
)

HEAD = FormHead(
    "2020Q3", "2020年前三季度", "gd-kjt", "省科技厅", date(2020, 10, 12), date(2020, 10, 20)
)
NOTHING = RowFacts(figure=None, previous=None)
# what a person can type and a workbook can carry
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=40
)


def row(duty_id: int = 7, **fields: object) -> FormRow:
    made = FormRow(duty_id, 3, "实施方案", "1", "重点工作。", "2020年", "上期。", "", {})
    return replace(made, **fields)  # type: ignore[arg-type]  # each test names fields of the class


def back(rows: Sequence[FormRow]) -> Returned:
    """Written to a file and read again."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        write_form(path, form_of(HEAD, rows))
        return read_form(read_sheets(path, name="a.xlsx"), "a.xlsx")


@settings(deadline=None, max_examples=15)
@given(text=texts, problems=texts, assessment=st.sampled_from(Assessment), value=st.sampled_from(
    ["", "31", "0.5", "1013.25", "约三十"]))  # fmt: skip
def test_what_goes_out_comes_back_and_differs_in_nothing(
    text: str, problems: str, assessment: Assessment, value: str
) -> None:
    fields = {
        "text": text, "problems": problems, "self_assessment": assessment.value, "value": value
    }  # fmt: skip
    returned = back([row(fields=fields, target="40 家")])
    [came] = returned.rows
    assert (returned.period_code, returned.unit_code) == ("2020Q3", "gd-kjt")
    assert (came.duty_id, came.version, came.number, came.plan) == (7, 3, "1", "实施方案")
    assert came.check == row_check(("2020Q3", "gd-kjt"), 7, 3)
    compared = compare(came, Known(fields, NOTHING, version=3), returned.columns)
    expected = Outcome.WRONG if value == "约三十" else Outcome.UNCHANGED
    assert compared.outcome is expected
    assert compared.cells == ()


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(list(FILLED)), texts))
def test_no_cell_whatever_it_holds_breaks_the_comparison(cells: dict[str, str]) -> None:
    came = ReturnedRow(5, 7, 3, "", "实施方案", "1", cells)
    compared = compare(came, Known({}, NOTHING, version=3), {})
    assert (compared.outcome is Outcome.WRONG) == bool(compared.problems)
    if compared.outcome is Outcome.CHANGED:
        assert compared.content(falling_confirmed=False).text == cells["text"]
    assert all("5" in problem for problem in compared.problems)


def test_a_reading_survives_its_json() -> None:
    returned = back([row(), row(8, number="2")])
    assert Returned.from_dict(returned.as_dict()) == returned


def test_a_check_is_of_one_period_unit_duty_and_version() -> None:
    checks = {
        row_check(codes, duty, version)
        for codes in (("2020Q3", "a"), ("2020Q2", "a"), ("2020Q3", "b"))
        for duty in (1, 2)
        for version in (0, 1)
    }
    assert len(checks) == 12


def test_the_whole_is_asked_only_of_whoever_puts_it_together() -> None:
    alone = {column.header: column.hidden for column in form_of(HEAD, [row()]).columns}
    form = form_of(HEAD, [row(), row(8, consolidates=True)])
    assert alone["汇总进展"]
    place = next(at for at, column in enumerate(form.columns) if column.header == "汇总进展")
    assert not form.columns[place].hidden
    assert (0, place) in form.closed
    assert (1, place) not in form.closed


def test_a_row_is_found_below_lines_that_were_put_above() -> None:
    form = form_of(HEAD, [row(fields={"text": "做了。"})])
    headers = tuple(column.header for column in form.columns)
    cells = tuple(str(cell or "") for cell in form.rows[0])
    blank = ("",) * len(headers)
    sheet = Sheet("Sheet1", hidden=False, rows=(("来文", *blank[1:]), blank, headers, cells))
    with pytest.raises(Unreadable, match="看不出是哪个单位"):
        read_form([sheet], "a.xlsx")
    titled = replace(sheet, rows=((form.title, *blank[1:]), blank, headers, cells))
    returned = read_form([titled], "a.xlsx")
    assert (returned.period_name, returned.unit_name) == ("2020年前三季度", "省科技厅")
    [came] = returned.rows
    assert (came.row, came.version, came.fields["text"]) == (4, None, "做了。")


@pytest.mark.parametrize(
    ("said", "kept"),
    [("31", "31"), (" 1,013 ", "1013"), ("３１", "31"), ("0.50", "0.50"), ("31.", None),
     ("1/2", None), ("NaN", None), ("Infinity", None), ("1e3", None), ("一", None)],
)  # fmt: skip
def test_a_value_is_a_plain_number_or_named(said: str, kept: str | None) -> None:
    came = ReturnedRow(5, 7, 0, "", "", "", {"value": said, "self_assessment": "正常推进"})
    compared = compare(came, Known({}, NOTHING, version=0), {"value": "H"})
    if kept is None:
        assert compared.problems[0] == f"H5（完成值）填的是“{said}”，只填数字，单位不用写。"
    else:
        assert compared.fields["value"] == kept


def test_nothing_new_says_what_it_takes_over() -> None:
    previous = Progress(text="上期的话。", self_assessment="normal")
    came = ReturnedRow(5, 7, 0, "", "", "", {
        "self_assessment": "正常推进", "unchanged": "本期无节点", "text": ""})  # fmt: skip
    compared = compare(came, Known({}, RowFacts(None, previous), version=0), {})
    assert compared.outcome is Outcome.CHANGED
    [text, *_] = compared.cells
    assert "".join(part.text for part in text.new) == "上期的话。"
