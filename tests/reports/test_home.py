"""工作台: each role finds what it came for, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.notices.models import Delivery, Message
from apps.ops.models import Installation, StoredFile
from apps.plans.models import Period, Plan
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.home import SupervisorHome, supervisor_home
from apps.reports.selectors.rounds import rounds_of
from apps.reports.selectors.unit import reporter_home, to_sign
from apps.tasks.access import scope_of
from apps.tasks.models import AnnualGoal, Assignment, Duty, PeriodMark, Progress, SheetReturn, Task
from apps.tasks.selectors.goals import goal_units, own_plan_ids
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_figure,
    make_line,
    make_member,
    make_plan,
    make_plan_period,
    make_task,
    make_user,
)


def client_of(username: str) -> Client:
    client = Client()
    user = User.objects.get(username=username)
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def page(username: str) -> str:
    answer = client_of(username).get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def scope(username: str) -> Any:
    return scope_of(User.objects.get(username=username), TODAY)


def supervising(username: str) -> SupervisorHome:
    actor_id = User.objects.get(username=username).actor_id
    return supervisor_home(scope(username), TODAY, actor_id=actor_id)


def day(of: date) -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=of)


def report(duty: Duty, state: str, **fields: Any) -> Progress:
    delivered = None if state == "signing" else TODAY
    return Progress.objects.create(
        duty=duty,
        text="做成了一批。",
        self_assessment="normal",
        state=state,
        first_submitted_on=TODAY,
        submitted_on=TODAY,
        submitted_by="某人",
        **{"delivered_on": delivered, **fields},
    )


@pytest.mark.usefixtures("sample")
class TestOnTheSample:
    def test_a_reporter_sees_what_the_unit_owes_and_until_when(self) -> None:
        html = page("kjt_tb")
        assert '本期（2020年前三季度）应报 <b class="num">10</b> 项' in html
        assert '已报 <b class="num">0</b> 项，待本单位审签 <b class="num">2</b> 项' in html
        assert '10月20日（星期二）截止，还剩 <b class="num">8</b> 天' in html
        assert html.count(">去填<") == 8
        assert 'href="/progress/2020Q3/">一表填报' in html

    def test_a_report_that_came_back_stands_first_with_its_reason(self) -> None:
        first = reporter_home(scope("fgw_tb"), TODAY).owed[0].progress
        assert first is not None
        assert first.state == Progress.State.RETURNED
        assert first.return_reason in page("fgw_tb")

    def test_what_a_reporter_counts_is_what_the_supervisor_counts(self) -> None:
        units = {u.name: u for u in supervising("fgw_dc").units}
        for username in ("fgw_tb", "kjt_tb"):
            home = reporter_home(scope(username), TODAY)
            unit = units[home.owed[0].duty.agency.name]
            assert (unit.owed, unit.delivered) == (len(home.now), home.delivered)

    def test_an_approver_sees_one_list_with_all_ticked(self) -> None:
        html = page("kjt_sq")
        assert html.count('name="progress"') == html.count(" checked") == 2
        assert "同意选中的</button>" in html

    def test_enter_in_the_reason_never_agrees(self) -> None:
        form = page("kjt_sq").split('action="/tasks/sign/"')[1]
        assert form.index('value="return"') < form.index('value="sign"')

    def test_an_answer_that_is_turned_down_keeps_its_ticks_and_its_reason(self) -> None:
        first, second = [row.progress for row in to_sign(scope("kjt_sq")).rows]
        client = client_of("kjt_sq")
        content = {
            "progress": [f"{first.pk}:{first.version}"],
            "action": "sign",
            "reason": "“数字”不对<b>",
            "next": "/",
        }
        html = client.post("/tasks/sign/", content, follow=True).content.decode()
        assert f'value="{first.pk}:{first.version}" checked' in html
        assert f'value="{second.pk}:{second.version}" checked' not in html
        assert 'value="“数字”不对&lt;b&gt;"' in html
        usual = client.get("/").content.decode()
        assert usual.count(" checked") == 2
        assert "“数字”" not in usual
        client.post("/tasks/sign/", {**content, "reason": ""})
        assert client.get("/?unsigned=1").content.decode().count(" checked") == 1

    def test_with_nothing_ticked_nothing_is_ticked_again(self) -> None:
        answer = client_of("kjt_sq").post(
            "/tasks/sign/", {"action": "return", "reason": "数字不对", "next": "/"}, follow=True
        )
        html = answer.content.decode()
        assert "没有选中任何一项" in html
        assert " checked" not in html
        assert 'value="数字不对"' in html

    def test_the_approver_sends_all_on_with_one_click(self) -> None:
        reports = [row.progress for row in to_sign(scope("kjt_sq")).rows]
        waiting = [f"{report.pk}:{report.version}" for report in reports]
        answer = client_of("kjt_sq").post(
            "/tasks/sign/", {"progress": waiting, "action": "sign", "next": "/"}, follow=True
        )
        assert "已同意报送 2 项" in answer.content.decode()
        assert not Progress.objects.filter(state="signing").exists()

    def test_a_supervisor_sees_the_round_and_what_is_late(self) -> None:
        html = page("fgw_dc")
        assert '应报 <b class="num">56</b> 份，已报 <b class="num">23</b> 份' in html
        home = supervising("fgw_dc")
        assert home.many["overdue"] == len(home.overdue) == 3
        assert home.many["overdue_year"] == 2
        assert home.many["to_review"] == len(home.waiting) == 12
        assert home.many["unjudged"] == 2
        assert 'href="/reviews/?tab=unjudged"' in html
        assert "审核（12 份）" in html
        assert home.rounds.current is not None
        assert home.rounds.current.missing == sum(u.owed - u.delivered for u in home.units) == 33
        assert [(each.day, each.count) for each in home.days] == [
            (date(2020, 10, 20), 0),
            (date(2020, 12, 31), 6),
        ]

    def test_units_stand_in_the_order_of_what_they_lead(self) -> None:
        owed = [unit.owed for unit in supervising("fgw_dc").units]
        assert owed == sorted(owed, reverse=True)

    def test_each_day_of_a_supervisor_opens_as_many_rows(self) -> None:
        client = client_of("fgw_dc")
        for each in supervising("fgw_dc").days:
            if each.url:
                assert client.get(each.url).context["total"] == each.count

    def test_what_is_owed_in_goals_is_what_the_page_of_goals_says(self) -> None:
        home = supervising("fgw_dc")
        units = goal_units(own_plan_ids(scope("fgw_dc"), scope("fgw_dc").supervised), 2020)
        assert home.many["goals"] == sum(len(unit.missing) for unit in units) == 47

    def test_a_supervisor_reads_the_change_beside_the_number(self) -> None:
        html = page("fgw_dc")
        assert "<b>与上期 +1</b> <b>去年同期 持平</b>" in html
        assert "“与上期”比 2020年上半年期末，“去年同期”比 2019年前三季度期末" in html
        assert "未报是 2020年上半年的，比 2020年一季度、2019年上半年期末。" in html
        assert 'href="/overdue/charts/"' in html

    def test_the_missing_are_listed_with_telephones_and_a_list_to_paste(self) -> None:
        home = supervising("fgw_dc")
        assert home.chase is not None
        assert sum(unit.many for unit in home.chase.units) == 33
        assert all(each.contact for each in home.units_missing)
        html = page("fgw_dc")
        assert "复制催报名单" in html
        for each in home.units_missing:
            assert each.contact is not None
            assert each.contact.telephone in html

    def test_what_is_not_built_yet_is_not_shown(self) -> None:
        html = page("fgw_dc")
        for name in ("待交办", "未签收", "有异议", "延期待定", "办结待定"):
            assert name not in html

    @pytest.mark.parametrize(
        ("username", "said"),
        [("sys_admin", "系统运行"), ("sec_admin", "授予和收回身份"), ("audit_admin", "操作日志")],
    )
    def test_an_administrator_sees_what_the_account_is_for_and_no_business(
        self, username: str, said: str
    ) -> None:
        html = page(username)
        assert said in html
        assert "任务台账" not in html
        assert ("业务日期" in html) == (username == "sys_admin")

    def test_the_system_administrator_reads_how_the_mails_get_on(self, settings: Any) -> None:
        message = Message.objects.create(
            key="k", agency=make_agency(), subject="s", path="/", business_date=TODAY
        )
        assert "都已送出" in page("sys_admin")
        Delivery.objects.create(
            message=message, user=make_user(), address="a@b.cn", due_at=timezone.now(),
            claimed_at=timezone.now(), error="550",
        )  # fmt: skip
        assert '被拒收 <b class="num">1</b> 封' in page("sys_admin")
        settings.MAIL_ENABLED = False
        assert "没有设置邮件服务器" in page("sys_admin")

    def test_a_units_administrator_is_told_what_to_do_and_where(self) -> None:
        html = page("kjt_gl")
        assert "您管本单位的人员、审签环节和联系人" in html
        assert 'href="/people/"' in html

    def test_a_stranger_is_told_that_nothing_is_owed(self) -> None:
        html = page("daj_tb")
        assert "本期没有需要报送的事项" in html
        assert "现在没有牵头的任务" in html


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.mark.django_db
class TestWhatAUnitOwes:
    def test_after_the_cut_off_the_days_over_are_said(self, unit: Agency) -> None:
        make_duty(make_task(leads=[unit]), unit, cut_off=date(2020, 10, 20))
        day(date(2020, 10, 23))
        assert '已过截止日 <b class="num">3</b> 天' in page(make_member(unit, "reporter").username)

    def test_the_cut_off_day_itself_is_said_to_be_today(self, unit: Agency) -> None:
        make_duty(make_task(leads=[unit]), unit, cut_off=date(2020, 10, 20))
        day(date(2020, 10, 20))
        assert "<b>今天</b>截止" in page(make_member(unit, "reporter").username)

    def test_an_earlier_period_that_is_still_open_is_not_forgotten(self, unit: Agency) -> None:
        task = make_task(leads=[unit])
        make_duty(task, unit)
        earlier = make_duty(task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
        home = reporter_home(scope(make_member(unit, "reporter").username), TODAY)
        assert [each.duty for each in home.owed if each.earlier] == [earlier]
        assert (len(home.now), home.earlier) == (1, 1)
        report(earlier, "submitted")
        home = reporter_home(scope(make_member(unit, "reporter").username), TODAY)
        assert home.earlier == 0
        assert home.owed[0].previous == earlier.progress

    def test_a_period_opened_early_does_not_hide_the_one_that_is_due(self, unit: Agency) -> None:
        task = make_task(leads=[unit])
        due = make_duty(task, unit)
        make_duty(task, unit, code="2020Q4", cut_off=date(2021, 1, 5))
        user = make_member(unit, "reporter")
        home = reporter_home(scope(user.username), TODAY)
        assert (home.period, home.cut_off) == (due.plan_period.period, date(2020, 10, 20))
        assert [each.duty for each in home.owed] == [due]
        day(TODAY)
        assert client_of(user.username).get("/progress/").headers["Location"] == "/progress/2020Q3/"
        current = rounds_of([task.plan_id], TODAY).current
        assert current
        assert current.period == due.plan_period.period
        later = reporter_home(scope(user.username), date(2020, 10, 21))
        assert later.period
        assert later.period.code == "2020Q4"
        assert [each.duty for each in later.owed if each.earlier] == [due]

    def test_the_next_period_is_named_when_nothing_is_owed(self, unit: Agency) -> None:
        closed = make_duty(make_task(leads=[unit]), unit)
        closed.plan_period.state, closed.plan_period.closed_on = "closed", TODAY
        closed.plan_period.save()
        day(TODAY)
        html = page(make_member(unit, "reporter").username)
        assert "下一期：2020年全年，2021年1月20日截止。" in html

    def test_a_plan_that_has_ended_asks_for_nothing_more(self, unit: Agency) -> None:
        make_task(leads=[unit])
        day(date(2021, 2, 1))
        assert "下一期" not in page(make_member(unit, "reporter").username)

    def test_lights_are_shown_where_nothing_is_owed_and_only_of_rows_one_leads(
        self, unit: Agency
    ) -> None:
        plan = make_plan()
        late = make_task(plan, leads=[unit], light="red", light_order=0)
        make_task(plan, leads=[make_agency()], supports=[unit], light="red", light_order=0)
        home = reporter_home(scope(make_member(unit, "reporter").username), TODAY)
        assert [line.task for line in home.warned] == [late]
        assert home.warned[0].last is None

    def test_an_approver_sees_the_figure_that_is_signed(self, unit: Agency) -> None:
        task = make_task(leads=[unit])
        link = make_figure(task, unit)
        report(make_duty(task, unit), "signing", value=31)
        html = page(make_member(unit, "approver").username)
        assert f"{link.indicator.name} 31 家，目标 40 家" in html

    def test_the_sections_of_several_roles_stand_on_one_page(self, unit: Agency) -> None:
        plan = make_plan()
        duty = make_duty(make_task(plan, leads=[unit]), unit)
        report(duty, "signing")
        user = make_member(unit, "reporter")
        Membership.objects.create(user=user, agency=unit, role="approver")
        supervising = Membership.objects.create(
            user=user, agency=make_agency("省发展改革委"), role="supervisor"
        )
        supervising.lines.set([make_line()])
        html = page(user.username)
        for heading in ("待您审签", "本期应报", "哪些单位还没报完"):
            assert f"<h2>{heading}</h2>" in html
        assert html.count("应报 <b") == 2

    def test_a_log_in_without_a_role_is_told_what_to_do(self) -> None:
        html = page(make_user("nobody").username)
        assert "请联系本单位管理员" in html


@pytest.mark.django_db
class TestASupervisor:
    @pytest.fixture
    def username(self) -> str:
        day(TODAY)
        agency = make_agency("省发展改革委")
        return make_member(agency, "supervisor", lines=[make_line()]).username

    def test_what_is_not_ours_is_neither_unread_nor_unmatched(self, username: str) -> None:
        for relation in ("own", "upper"):
            task = make_task(make_plan(relation=relation), due_kind="unresolved", leads=[])
            Assignment.objects.create(task=task, name="某某办", role="lead", position=1)
        home = supervising(username)
        assert home.many["unread"] == len(home.unread) == 1
        assert home.many["unmatched"] == len(home.unmatched) == 1
        html = page(username)
        assert 'href="#unread"' in html
        assert 'id="unread"' in html
        assert 'id="unmatched"' in html
        assert "某某办" in html

    def test_a_report_of_an_older_period_waits_as_well(self, username: str) -> None:
        agency = make_agency("省科技厅")
        task = make_task(make_plan(), leads=[agency])
        report(make_duty(task, agency), "submitted")
        report(make_duty(task, agency, code="2020Q2", cut_off=date(2020, 7, 20)), "submitted")
        home = supervising(username)
        assert home.many["to_review"] == len(home.waiting) == 2

    def test_there_is_no_link_to_a_list_with_other_rows(self, username: str) -> None:
        agency = make_agency("省发展改革委")
        due = date(2020, 11, 30)
        make_task(make_plan(), leads=[agency], due_on=due)
        elsewhere = make_plan(line=make_line("other"), supervisor=make_agency("省财政厅"))
        make_task(elsewhere, leads=[agency], due_on=due)
        [one] = supervising(username).days
        assert client_of(username).get(one.url).context["total"] == one.count == 1
        make_task(make_plan(), leads=[agency], due_on=due)
        [both] = supervising(username).days
        assert (both.count, both.url) == (2, "")

    def test_rows_that_ask_nobody_wait_for_a_consolidator(self, username: str) -> None:
        plan, shared = make_plan(), make_agency("省公安厅")
        waiting = make_task(plan, leads=[], content="由各单位按职责分工负责。")
        make_task(plan, leads=[], consolidator=shared)
        make_task(plan, leads=[], state="closed", closed_on=TODAY)
        make_task(plan, leads=[shared], consolidator=None)
        make_task(make_plan(relation="upper"), leads=[])
        home = supervising(username)
        assert home.many["undesignated"] == 1
        assert [line.task for line in home.undesignated] == [waiting]
        html = page(username)
        assert 'href="#undesignated"' in html
        assert 'id="undesignated"' in html
        assert f'href="/plans/{plan.pk}/consolidators/"' in html

    def test_goals_are_counted_as_their_page_lists_them(self, username: str) -> None:
        lead, other, last = (
            make_agency("省科技厅"),
            make_agency("省教育厅"),
            make_agency("省财政厅"),
        )
        plan = make_plan()
        twice = make_task(plan, leads=[lead, lead])
        filed = make_task(plan, leads=[lead, other])
        AnnualGoal.objects.create(
            task=filed, agency=other, year=2020, goal="办成", filed_on=TODAY, filed_by="某人"
        )
        AnnualGoal.objects.create(
            task=twice, agency=lead, year=2019, goal="办成", filed_on=TODAY, filed_by="某人"
        )
        make_task(plan, leads=[], consolidator=last)
        make_task(plan, leads=[])
        make_task(plan, leads=[lead], state="closed", closed_on=date(2020, 3, 1))
        make_task(make_plan(ends_on=date(2019, 12, 31)), leads=[lead])
        make_task(make_plan(starts_on=date(2021, 1, 1), ends_on=date(2025, 12, 31)), leads=[lead])
        supervised = scope(username).supervised
        units = goal_units(own_plan_ids(scope(username), supervised), 2020)
        missing = sum(len(unit.missing) for unit in units)
        assert supervising(username).many["goals"] == missing == 3

    def test_returned_sheets_wait_by_period(self, username: str) -> None:
        agency = make_agency("省科技厅")
        task = make_task(make_plan(), leads=[agency])
        file = StoredFile.objects.create(sha256="a" * 64, size=1)
        for code, cut_off in (("2020Q2", date(2020, 7, 20)), ("2020Q3", date(2020, 10, 20))):
            make_duty(task, agency, code=code, cut_off=cut_off)
            kept: dict[str, Any] = {
                "period": Period.objects.get(code=code),
                "agency": agency,
                "file": file,
                "file_name": "填报表.xlsx",
                "by_id": "0",
                "by_name": "某人",
            }
            SheetReturn.objects.create(**kept)
            SheetReturn.objects.create(**kept, state="taken")
            # of a unit that answers to somebody else
            SheetReturn.objects.create(**{**kept, "agency": make_agency()})
        home = supervising(username)
        assert [(each.code, each.many) for each in home.returns] == [("2020Q3", 1), ("2020Q2", 1)]
        assert home.many["returns"] == 2
        html = page(username)
        assert 'href="/progress/2020Q3/returns/"' in html
        assert "其中 2020年前三季度 1 份" in html
        assert "确认回收表（1 份）" in html

    def test_reports_that_are_not_issued_wait(self, username: str) -> None:
        entered = make_plan_period(make_plan())
        other = make_plan_period(make_plan(line=make_line("other")))
        for state, plan, scope_text in (
            ("draft", entered.plan, "a"),
            ("final", entered.plan, "b"),
            ("discarded", entered.plan, "a"),
            ("draft", other.plan, "c"),
        ):
            made = QuarterlyReport.objects.create(
                period=entered.period, scope=scope_text, genre="report", state=state,
                title="报告", made_by="某人", made_on=TODAY,
            )  # fmt: skip
            made.plans.set([plan])
        home = supervising(username)
        assert (home.many["reports"], home.drafts, home.finals) == (2, 1, 1)
        assert "草稿 1 份，待印发 1 份" in page(username)

    def test_without_anything_that_waits_the_board_comes_first(self, username: str) -> None:
        assert 'class="btn btn-primary" href="/overdue/"' in page(username)
        agency = make_agency("省科技厅")
        duty = make_duty(make_task(make_plan(), leads=[agency]), agency)
        report(duty, "approved")
        html = page(username)
        assert 'class="btn btn-primary" href="/reviews/?tab=unjudged">认定（1 份）' in html
        assert 'class="btn btn-line" href="/overdue/"' in html

    def test_an_empty_page_says_what_comes_next(self, username: str) -> None:
        html = page(username)
        assert "还没有设置报告期" in html
        assert "没有逾期的任务。" in html


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["reporter", "approver", "supervisor", "leader"])
def test_the_queries_grow_neither_with_rows_nor_with_plans(role: str) -> None:
    day(TODAY)
    agency, line = make_agency("省发展改革委"), make_line()
    username = make_member(agency, role, lines=[line]).username
    state = "signing" if role == "approver" else "submitted"
    counts = []
    for plans in (1, 3):
        for _ in range(plans):
            _fill(make_plan(line=line), agency, state)
        Task.objects.update(light="amber", light_order=1)
        with CaptureQueriesContext(connection) as queries:
            page(username)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def _fill(plan: Plan, agency: Agency, state: str) -> None:
    """Five rows with reports and marks of three periods, problems and a name nobody knows."""
    for _ in range(5):
        task = make_task(plan, leads=[agency, make_agency()], due_on=date(2020, 10, 30))
        make_figure(task, agency)
        report(make_duty(task, agency), state, value=1, problems="资金没有到位。")
        for code, cut_off in (("2020Q2", date(2020, 7, 20)), ("2019Q3", date(2019, 10, 20))):
            report(make_duty(task, agency, code=code, cut_off=cut_off), "approved")
            make_duty(task, make_agency(), code=code, cut_off=cut_off)
        for entered in plan.plan_periods.all():
            PeriodMark.objects.create(
                task=task, plan_period=entered, light="amber", marked_on=TODAY
            )
        Assignment.objects.create(task=task, name="某某办", role="support", position=9)
