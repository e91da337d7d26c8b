"""工作台: each role finds what it came for, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.ops.models import Installation
from apps.reports.selectors.home import leader_home, reporter_home, supervisor_home, to_sign
from apps.tasks.access import scope_of
from apps.tasks.models import Duty, Progress, Task
from tests.builders import TODAY, make_agency, make_duty, make_member, make_plan, make_task


def page(username: str) -> str:
    client = Client()
    user = User.objects.get(username=username)
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.usefixtures("sample")
class TestOnTheSample:
    def test_a_reporter_sees_what_the_unit_owes_and_until_when(self) -> None:
        html = page("kjt_tb")
        assert '应报 <b class="num">10</b> 项，已填报 <b class="num">2</b> 项' in html
        assert "10月20日（星期二）截止" in html
        assert '还剩 <b class="num">8</b> 天' in html
        assert html.count("填报</a>") == 8

    def test_a_report_that_came_back_stands_first_with_its_reason(self) -> None:
        user = User.objects.get(username="fgw_tb")
        home = reporter_home(scope_of(user, TODAY), TODAY)
        assert home is not None
        first = home.owed[0].progress
        assert first is not None
        assert first.state == Progress.State.RETURNED
        assert first.return_reason in page("fgw_tb")

    def test_an_approver_sees_one_list_with_all_ticked(self) -> None:
        html = page("kjt_sq")
        assert html.count('name="progress"') == html.count(" checked") == 2
        assert "全部同意" in html

    def test_the_approver_sends_all_on_with_one_click(self) -> None:
        user = User.objects.get(username="kjt_sq")
        client = Client()
        client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
        waiting = [progress.pk for progress in to_sign(scope_of(user, TODAY))]
        answer = client.post(
            "/tasks/sign/", {"progress": waiting, "action": "sign", "next": "/"}, follow=True
        )
        assert "已同意报送 2 项" in answer.content.decode()
        assert not Progress.objects.filter(state="signing").exists()

    def test_a_supervisor_sees_the_round_and_what_is_late(self) -> None:
        html = page("fgw_dc")
        assert '应报 <b class="num">56</b> 份，已报 <b class="num">23</b> 份' in html
        home = supervisor_home(scope_of(User.objects.get(username="fgw_dc"), TODAY), TODAY)
        assert (home.overdue_total, home.overdue_year) == (3, 2)
        assert home.newest is not None
        assert home.newest.missing == sum(u.owed - u.delivered for u in home.units) == 33
        assert [(each.day, each.count) for each in home.days] == [
            (date(2020, 10, 20), 0),
            (date(2020, 12, 31), 6),
        ]

    def test_a_leader_gets_ten_rows_to_attend_to_and_the_whole(self) -> None:
        home = leader_home(scope_of(User.objects.get(username="fgw_ld"), TODAY), TODAY)
        assert home.total == sum(home.lights.values()) == 45
        assert [line.task.number for line in home.attention][:4] == ["39", "37", "31", "23"]
        assert len(home.attention) == 10
        assert "需关注事项" in page("fgw_ld")

    @pytest.mark.parametrize("username", ["sys_admin", "sec_admin", "audit_admin"])
    def test_an_administrator_sees_no_business(self, username: str) -> None:
        html = page(username)
        assert "各司其职" in html
        assert "任务台账" not in html

    def test_a_stranger_is_told_that_nothing_is_owed(self) -> None:
        assert "本期没有需要报送的事项" in page("daj_tb")


@pytest.mark.django_db
def test_after_the_cut_off_the_days_over_are_said() -> None:
    agency = make_agency("省科技厅")
    make_duty(make_task(leads=[agency]), agency, cut_off=date(2020, 10, 20))
    user = make_member(agency, "reporter", username="kjt")
    Installation.objects.create(
        pk=1, body_name="广东省", sample=True, business_date=date(2020, 10, 23)
    )
    assert '已过截止日 <span class="num">3</span> 天' in page(user.username)


@pytest.mark.django_db
def test_the_queries_do_not_grow_with_what_is_owed() -> None:
    agency, plan = make_agency("省科技厅"), make_plan()
    make_member(agency, "reporter", username="kjt")
    counts = []
    for _ in range(2):
        for _ in range(5):
            make_duty(make_task(plan, leads=[agency], due_on=date(2020, 10, 30)), agency)
        Task.objects.update(light="amber", light_order=1)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page("kjt")
        counts.append(len(queries))
    assert Duty.objects.count() == 10
    assert counts[0] == counts[1]
