"""督办看板: four numbers, and the rows behind each of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.agencies.models import Contact
from apps.reports.selectors.board import Board, board
from apps.tasks.access import scope_of
from apps.tasks.models import Progress, Task
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_line,
    make_member,
    make_plan,
    make_task,
)


def client_of(username: str) -> Client:
    client = Client()
    user = User.objects.get(username=username)
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def board_of(username: str) -> Board:
    return board(scope_of(User.objects.get(username=username), TODAY), TODAY)


def numbers(found: Board) -> dict[str, list[str]]:
    return {group.key: [line.task.number for line in group.lines] for group in found.groups}


def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


@pytest.mark.usefixtures("sample")
class TestOnTheSample:
    def test_each_number_is_that_of_its_rows(self) -> None:
        found = board_of("fgw_dc")
        counted = found.counted
        assert (counted.tasks, counted.open, counted.overdue, counted.overdue_year) == (
            45,
            41,
            3,
            2,
        )
        assert [number.value for number in found.numbers] == [3, 2, 2, 4]
        assert numbers(found) == {
            "year": ["39", "37"],
            "recent": ["31"],
            "behind": ["3", "12"],
            "trouble": ["23", "8", "11", "36"],
            "missing": ["34", "41"],
        }
        assert [group.total for group in found.groups] == [2, 1, 2, 4, 2]
        assert counted.behind == 2
        assert (counted.difficult, counted.impossible) == (3, 1)
        assert found.rounds.ended is not None
        assert found.rounds.ended.missing == found.groups[-1].reports == 4
        assert found.numbers[1].note == "最长 1016 天"

    @pytest.mark.parametrize("username", ["fgw_dc", "fgw_ld"])
    def test_the_page_shows_units_with_telephones_and_days(self, username: str) -> None:
        html = client_of(username).get("/overdue/").content.decode()
        assert "本级督办 3 件，任务 45 项，在办 41 项" in html
        assert "逾期 1016 天" in html
        assert "020-0000-0039" in html
        assert "未报 2 份" in html
        assert 'href="#year"' in html
        assert 'id="year"' in html

    def test_what_nobody_judged_yet_says_so(self) -> None:
        found = board_of("fgw_ld")
        unjudged = {
            line.task.number: line.last.unjudged
            for group in found.groups
            for line in group.lines
            if line.last
        }
        assert unjudged["3"]
        assert not unjudged["12"]
        assert "未核</span>" in client_of("fgw_ld").get("/overdue/").content.decode()

    @pytest.mark.parametrize("username", ["kjt_tb", "kjt_sq", "daj_tb", "sys_admin"])
    def test_it_is_closed_to_others(self, username: str) -> None:
        answer = client_of(username).get("/overdue/")
        assert answer.status_code == 403
        assert "督办看板只对督查员和领导开放" in answer.content.decode()


@pytest.mark.django_db
def test_a_row_is_a_year_late_after_three_hundred_and_sixty_five_days() -> None:
    plan = make_plan()
    for days in (365, 366):
        due = TODAY - timedelta(days=days)
        make_task(plan, number=str(days), due_on=due, overdue_since=due + timedelta(days=1))
    found = numbers(board_of(supervisor().username))
    assert (found["year"], found["recent"]) == (["366"], ["365"])


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["closed", "ended", "suspended"])
def test_what_no_longer_runs_is_not_on_the_board(state: str) -> None:
    due = date(2020, 1, 1)
    make_task(make_plan(), due_on=due, overdue_since=due + timedelta(days=1), state=state)
    assert board_of(supervisor().username).counted.overdue == 0


@pytest.mark.django_db
@pytest.mark.parametrize("relation", ["upper", "lower"])
def test_plans_that_are_not_ours_count_nowhere(relation: str) -> None:
    make_task(make_plan(relation=relation), due_on=date(2020, 1, 1))
    found = board_of(supervisor().username)
    assert (found.plans, found.counted.tasks) == (0, 0)


@pytest.mark.django_db
def test_only_the_units_that_did_not_report_are_to_be_telephoned() -> None:
    plan = make_plan()
    reported, silent = make_agency("省科技厅"), make_agency("省财政厅")
    for agency in (reported, silent):
        Contact.objects.create(agency=agency, post="联络员", name="某人", telephone=agency.code)
    task = make_task(plan, leads=[reported, silent])
    cut_off = date(2020, 7, 20)
    duty = make_duty(task, reported, code="2020Q2", cut_off=cut_off)
    make_duty(task, silent, code="2020Q2", cut_off=cut_off)
    Progress.objects.create(
        duty=duty,
        text="做成了。",
        self_assessment="normal",
        state="submitted",
        first_submitted_on=cut_off,
        submitted_on=cut_off,
        delivered_on=cut_off,
        submitted_by="某人",
    )
    group = board_of(supervisor().username).groups[-1]
    assert (group.total, group.reports) == (1, 1)
    [unit] = group.lines[0].units
    assert (unit.name, unit.telephone) == ("省财政厅", silent.code)


@pytest.mark.django_db
def test_what_a_unit_is_writing_anew_is_not_read_here() -> None:
    unit, due = make_agency("省科技厅"), TODAY - timedelta(days=9)
    task = make_task(leads=[unit], due_on=due, overdue_since=TODAY)
    task.last_progress = Progress.objects.create(
        duty=make_duty(task, unit),
        text="还没审签的新稿。",
        delivered={"text": "已送出的原稿。"},
        self_assessment="normal",
        state="signing",
        first_submitted_on=TODAY,
        submitted_on=TODAY,
        delivered_on=TODAY,
        submitted_by="某人",
    )
    task.save()
    [line] = board_of(supervisor().username).groups[1].lines
    assert line.last is not None
    assert (line.last.text, line.last.unjudged) == ("已送出的原稿。", True)


@pytest.mark.django_db
def test_an_empty_board_says_so_in_each_group() -> None:
    answer = client_of(supervisor().username).get("/overdue/")
    html = answer.content.decode()
    assert "没有逾期一年以上的任务。" in html
    assert "还没有截止的报告期。" in html


@pytest.mark.django_db
def test_the_queries_grow_neither_with_rows_nor_with_plans() -> None:
    username = supervisor().username
    counts = []
    for _ in range(2):
        plan = make_plan()
        for _ in range(5):
            lead, due = make_agency(), TODAY - timedelta(days=9)
            task = make_task(plan, leads=[lead], due_on=due, overdue_since=TODAY)
            make_duty(task, lead, code="2020Q2", cut_off=date(2020, 7, 20))
        Task.objects.update(light="red", light_order=0)
        user = User.objects.get(username=username)
        with CaptureQueriesContext(connection) as queries:
            found = board(scope_of(user, TODAY), TODAY)
        counts.append(len(queries))
    assert len(found.groups[1].lines) == 10
    assert counts[0] == counts[1]
    # three of them find out who is asking, four what the numbers were before
    assert counts[0] <= 19
