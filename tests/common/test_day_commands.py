"""The commands that take a day: which they refuse, and that nothing is changed by then."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.ops.selectors import business_date
from tests.builders import TODAY, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sample() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


def told(name: str, *arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        call_command(name, *arguments)
    return caught.value.returncode, str(caught.value)


def test_no_row_is_flagged_for_a_day_that_has_not_come() -> None:
    task = make_task(due_on=TODAY)
    tomorrow = TODAY + timedelta(days=1)
    code, said = told("flag_overdue", "--date", tomorrow.isoformat())
    assert (code, "晚于业务日期 2020-10-12" in said) == (1, True)
    task.refresh_from_db()
    assert task.overdue_since is None
    assert not Entry.objects.exists()


def test_the_business_date_itself_and_a_day_before_it_are_fine() -> None:
    task = make_task(due_on=TODAY - timedelta(days=2))
    call_command("flag_overdue", "--date", (TODAY - timedelta(days=1)).isoformat())
    task.refresh_from_db()
    assert task.overdue_since == TODAY - timedelta(days=1)
    call_command("flag_overdue", "--date", TODAY.isoformat())
    call_command("flag_overdue")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["flag_overdue", "--date", ""], "“”不是日期"),
        (["flag_overdue", "--date", "9999-12-31"], "年份须在 1949 至 2100 之间"),
        (["business_date", "9999-12-31"], "年份须在 1949 至 2100 之间"),
        (["business_date", "0001-01-01"], "年份须在 1949 至 2100 之间"),
        (["business_date", ""], "“”不是日期"),
    ],
)
def test_a_day_that_cannot_be_meant_is_misuse(arguments: list[str], said: str) -> None:
    code, sentence = told(*arguments)
    assert (code, said in sentence) == (2, True), sentence
    assert business_date() == TODAY


def test_the_business_date_moves_to_either_end_of_what_is_read() -> None:
    for day in (date(2100, 12, 31), date(1949, 1, 1)):
        call_command("business_date", day.isoformat())
        assert business_date() == day
