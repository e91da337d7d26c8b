"""督办看板: four numbers, and the rows behind each of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.reports.selectors.board import Board, board
from apps.tasks.access import scope_of
from apps.tasks.models import Task
from tests.builders import TODAY, make_agency, make_line, make_member, make_plan, make_task


def board_of(username: str) -> Board:
    return board(scope_of(User.objects.get(username=username), TODAY), TODAY)


def numbers(found: Board) -> dict[str, list[str]]:
    return {group.key: [line.task.number for line in group.lines] for group in found.groups}


@pytest.mark.usefixtures("sample")
def test_each_number_is_that_of_its_rows() -> None:
    found = board_of("fgw_dc")
    assert (found.tasks, found.open, found.overdue, found.overdue_year) == (45, 41, 3, 2)
    assert numbers(found) == {
        "year": ["39", "37"],
        "recent": ["31"],
        "behind": ["3", "12"],
        "missing": ["34", "41"],
    }
    assert [group.total for group in found.groups] == [2, 1, 2, 2]
    assert found.behind == 2
    assert found.ended is not None
    assert found.ended.missing == found.groups[3].missing_total == 4
    assert found.longest_days == 1016


@pytest.mark.usefixtures("sample")
def test_the_page_shows_units_with_telephones_and_days() -> None:
    client = Client()
    user = User.objects.get(username="fgw_ld")
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    html = client.get("/overdue/").content.decode()
    assert "逾期 1016 天" in html
    assert "020-0000-0039" in html
    assert "连续7期未报" in html


@pytest.mark.django_db
def test_a_row_is_a_year_late_after_three_hundred_and_sixty_five_days() -> None:
    plan = make_plan()
    for days in (365, 366):
        due = TODAY - timedelta(days=days)
        make_task(plan, number=str(days), due_on=due, overdue_since=due + timedelta(days=1))
    supervisor = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    assert numbers(board_of(supervisor.username)) | {"behind": [], "missing": []} == {
        "year": ["366"],
        "recent": ["365"],
        "behind": [],
        "missing": [],
    }


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["closed", "ended", "suspended"])
def test_what_no_longer_runs_is_not_on_the_board(state: str) -> None:
    due = date(2020, 1, 1)
    make_task(make_plan(), due_on=due, overdue_since=due + timedelta(days=1), state=state)
    supervisor = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    assert board_of(supervisor.username).overdue == 0


@pytest.mark.django_db
def test_the_queries_do_not_grow_with_the_rows() -> None:
    plan = make_plan()
    supervisor = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])
    counts = []
    for _ in range(2):
        for _ in range(5):
            make_task(plan, due_on=TODAY - timedelta(days=9), overdue_since=TODAY)
        Task.objects.update(light="red", light_order=0)
        user = User.objects.get(pk=supervisor.pk)
        with CaptureQueriesContext(connection) as queries:
            board(scope_of(user, TODAY), TODAY)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 30
