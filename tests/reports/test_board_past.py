"""督办看板 as of a past day, and its numbers beside those of earlier periods."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.ops.models import Installation
from apps.reports.selectors.board import Board, board
from apps.tasks.access import scope_of
from apps.tasks.models import Deadline, Duty, MarkSpan, Progress, Task
from apps.tasks.services.marks import marks_refresh
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_line,
    make_member,
    make_plan,
    make_task,
)
from tests.reports.test_board import client_of, numbers

DUE = date(2020, 3, 31)
THEN = date(2020, 7, 15)


def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


def board_on(day: date, user: User | None = None) -> Board:
    return board(scope_of(user or supervisor(), TODAY), TODAY, day)


def judge(*days: date) -> None:
    """All rows as on each of these days."""
    for day in days:
        marks_refresh(task_ids=Task.objects.values_list("pk", flat=True), today=day)


def sent(duty: Duty, day: date, **fields: Any) -> Progress:
    return Progress.objects.create(
        duty=duty,
        self_assessment="normal",
        state="approved",
        first_submitted_on=day,
        submitted_on=fields.pop("submitted_on", day),
        delivered_on=day,
        submitted_by="某人",
        **{"text": "做成了。", **fields},
    )


@pytest.mark.usefixtures("sample")
class TestOnTheSample:
    def test_it_shows_what_was_true_then(self) -> None:
        found = board_on(THEN, User.objects.get(username="fgw_dc"))
        assert found.is_past
        assert [number.value for number in found.numbers] == [2, 2, 1, 4]
        assert numbers(found) == {
            "year": ["39", "37"],
            "recent": [],
            "behind": ["12"],
            "trouble": ["8", "11", "23", "36"],
            "missing": ["34", "41"],
        }
        said = {line.task.number: line for group in found.groups for line in group.lines}
        assert said["39"].light_text == "逾期 927 天"
        # judged impossible only later
        assert (said["23"].task.light, said["23"].light_text) == ("amber", "认定：有困难")
        assert said["39"].last is not None
        assert said["39"].last.period == "一季度"

    def test_the_page_says_so_plainly_and_leads_back(self) -> None:
        html = client_of("fgw_dc").get("/overdue/?on=2020-07-15").content.decode()
        assert "截至 2020-07-15 的情况" in html
        assert '<a href="/overdue/">回到今天</a>' in html
        assert 'value="2020-07-15"' in html
        assert "最近进展只列当天已送出、其后没有改报的" in html
        assert "催报名单" not in html

    def test_each_number_leads_to_the_board_of_the_earlier_day_that_shows_it(self) -> None:
        client = client_of("fgw_dc")
        now: Board = client.get("/overdue/").context["board"]
        assert [[each.value for each in number.then] for number in now.numbers] == [
            [2, 3], [2, 2], [2, 0], [4, 5]
        ]  # fmt: skip
        for place in (0, 1):
            url = now.numbers[0].then[place].url
            then: Board = client.get(url).context["board"]
            assert [number.value for number in then.numbers] == [
                number.then[place].value for number in now.numbers
            ]

    def test_today_is_the_board_as_ever(self) -> None:
        client = client_of("fgw_ld")
        for path in ("/overdue/?on=2020-10-12", "/overdue/?on=", "/overdue/"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert not answer.context["board"].is_past

    @pytest.mark.parametrize("tab", ["/overdue/", "/overdue/charts/"])
    @pytest.mark.parametrize(
        ("on", "said"),
        [
            ("2020-10-13", "2020-10-13还没到，请填2020-10-12或以前的日期。"),
            ("2018-12-02", "2018-12-02的情况没有保存，最早可以看2018-12-03的。"),
            ("昨天", "“昨天”不是日期"),
            ("2020-02-30", "2020-02-30"),
        ],
    )
    def test_a_day_that_cannot_be_shown_is_refused_in_a_sentence(
        self, tab: str, on: str, said: str
    ) -> None:
        answer = client_of("fgw_dc").get(tab, {"on": on})
        assert answer.status_code == 400
        assert said in answer.content.decode()
        assert not answer.context["board"].is_past

    @pytest.mark.parametrize("username", ["kjt_tb", "kjt_sq", "sys_admin"])
    def test_a_past_day_is_closed_to_others_too(self, username: str) -> None:
        client = client_of(username)
        assert client.get("/overdue/?on=2020-07-15").status_code == 403
        assert client.get("/overdue/charts/?on=x").status_code == 403


@pytest.mark.django_db
class TestADayBefore:
    def test_the_deadline_is_the_one_then_in_force(self) -> None:
        task = make_task(make_plan(), due_on=DUE)
        judge(THEN)
        Deadline.objects.update(current=False)
        later = date(2020, 12, 31)
        Deadline.objects.create(
            task=task, sequence=2, kind="date", due_on=later, basis="批示", recorded_on=TODAY
        )
        Task.objects.update(due_on=later)
        judge(TODAY)
        [line] = board_on(THEN).groups[1].lines
        assert (line.light_text, line.due_text) == ("逾期 106 天", "2020年")
        assert board_on(TODAY).counted.overdue == 0

    def test_what_was_closed_since_was_open_then(self) -> None:
        make_task(make_plan(), due_on=DUE)
        judge(THEN)
        Task.objects.update(state="closed")
        judge(TODAY)
        then, now = board_on(THEN).counted, board_on(TODAY).counted
        assert (then.tasks, then.open, then.overdue) == (1, 1, 1)
        assert (now.tasks, now.open, now.overdue) == (1, 0, 0)

    def test_a_row_that_came_later_was_not_there(self) -> None:
        make_task(make_plan(), due_on=DUE)
        judge(TODAY)
        assert board_on(THEN).counted.tasks == 0

    def test_a_report_that_came_later_was_missing_then(self) -> None:
        units = [make_agency("省科技厅"), make_agency("省财政厅")]
        task = make_task(make_plan(), leads=units)
        first, second = (make_duty(task, u, code="2020Q1", cut_off=DUE) for u in units)
        task.plan.plan_periods.update(opened_on=date(2020, 3, 1))
        sent(first, date(2020, 4, 30))
        sent(second, THEN + timedelta(days=1))
        judge(date(2020, 3, 2))
        day_by_day = {day: board_on(day) for day in (date(2020, 4, 1), THEN, TODAY)}
        assert [found.numbers[3].value for found in day_by_day.values()] == [2, 1, 0]
        [line] = day_by_day[THEN].groups[-1].lines
        assert [unit.name for unit in line.units] == ["省财政厅"]
        assert line.last is not None

    def test_a_text_that_was_written_anew_since_is_not_shown_as_of_then(self) -> None:
        unit = make_agency("省科技厅")
        task = make_task(make_plan(), leads=[unit], due_on=DUE)
        earlier = make_duty(task, unit, code="2019Q4", cut_off=date(2020, 1, 3))
        later = make_duty(task, unit, code="2020Q1", cut_off=date(2020, 4, 20))
        sent(earlier, date(2020, 1, 2), text="头一份。")
        sent(later, date(2020, 4, 20), text="改过的。", submitted_on=TODAY)
        judge(THEN)
        [line] = board_on(THEN).groups[1].lines
        assert line.last is not None
        assert line.last.text == "头一份。"

    def test_what_was_judged_since_was_not_judged_then(self) -> None:
        unit = make_agency("省科技厅")
        task = make_task(make_plan(), leads=[unit], due_on=DUE)
        duty = make_duty(task, unit, code="2020Q1", cut_off=date(2020, 4, 20))
        sent(duty, DUE, judgement="normal", judged_by="某人", judged_on=THEN)
        judge(DUE + timedelta(days=1))
        lines = [board_on(day).groups[1].lines[0] for day in (THEN - timedelta(days=1), THEN)]
        assert [line.last and line.last.unjudged for line in lines] == [True, False]

    def test_three_hundred_and_sixty_five_days_count_from_that_day(self) -> None:
        due = THEN - timedelta(days=365)
        make_task(make_plan(), due_on=due)
        judge(due + timedelta(days=1))
        assert board_on(THEN).counted.overdue_year == 0
        assert board_on(THEN + timedelta(days=1)).counted.overdue_year == 1


@pytest.mark.django_db
def test_what_was_not_kept_is_said_to_be_without_data() -> None:
    make_task(make_plan())
    judge(TODAY)
    found = board_on(TODAY)
    assert [each.value for each in found.numbers[0].then] == [None, None]
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    user = User.objects.get()
    html = client_of(user.username).get("/overdue/").content.decode()
    assert html.count("— 无数据") == 8


@pytest.mark.django_db
def test_without_any_history_only_today_can_be_asked_for() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    answer = client_of(supervisor().username).get("/overdue/?on=2020-07-15")
    assert answer.status_code == 400
    assert "还没有保存过往日期的情况" in answer.content.decode()


@pytest.mark.django_db
def test_the_queries_of_a_past_day_grow_neither_with_rows_nor_with_plans() -> None:
    user = supervisor()
    counts = []
    for _ in range(2):
        plan = make_plan()
        for _ in range(5):
            lead = make_agency()
            task = make_task(plan, leads=[lead], due_on=DUE)
            sent(make_duty(task, lead, code="2020Q1", cut_off=date(2020, 4, 20)), DUE)
        judge(date(2020, 4, 1), TODAY)
        with CaptureQueriesContext(connection) as queries:
            found = board_on(THEN, User.objects.get(pk=user.pk))
        counts.append(len(queries))
    assert len(found.groups[1].lines) == 10
    assert counts[0] == counts[1]
    assert MarkSpan.objects.count() == 10
