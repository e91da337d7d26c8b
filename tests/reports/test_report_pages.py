"""进展报告与通报 on screen: the list, asking, one report's figures and acts, 统稿, files."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.ops.models import Installation, JobRun
from apps.plans.models import Plan
from apps.reports.models import QuarterlyReport, ReportText
from apps.reports.selectors.reports import figures_of
from apps.reports.views import reports as report_views
from apps.reports.views.writing import digest
from apps.tasks.jobs import run_job
from apps.tasks.models import Progress, Task
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
)
from tests.tasks.test_period_pages import client_of, text

pytestmark = pytest.mark.django_db
State = QuarterlyReport.State
AFTER = date(2020, 10, 21)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SAID = "本期新建平台三个，累计完成三十个。"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """No broker: what would be handed to a worker."""
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    handed: list[int] = []
    monkeypatch.setattr(report_views, "send_job", handed.append)
    return handed


@pytest.fixture
def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


@pytest.fixture
def leader() -> User:
    return make_member(make_agency("省发展改革委"), "leader", lines=[make_line()])


@pytest.fixture
def plan() -> Plan:
    """Three rows: one judged with a figure behind the calendar, one not judged, one not reported.

    省委编办 owes a fourth and is not supervised, so never named.
    """
    plan = make_plan("ours", title="三年行动方案", short_title="行动方案")
    unit, silent = make_agency("省科技厅"), make_agency("省教育厅")
    party = make_agency("省委编办", affiliation="party")
    for number, (agency, judgement) in enumerate(
        [(unit, "behind"), (unit, ""), (silent, None), (party, None)], start=1
    ):
        row = make_task(plan, number=str(number), leads=[agency], due_on=date(2020, 12, 31))
        duty = make_duty(row, agency)
        if number == 1:
            make_figure(row, agency)
        if judgement is not None:
            row.last_progress = _reported(duty, judgement)
            row.save()
    return plan


def _reported(duty: Any, judgement: str) -> Progress:
    return Progress.objects.create(
        duty=duty,
        text=SAID,
        value=10 if judgement else None,
        self_assessment="normal",
        judgement=judgement,
        judged_by="某督查员" if judgement else "",
        judged_on=TODAY if judgement else None,
        state="approved",
        first_submitted_on=TODAY,
        submitted_on=TODAY,
        delivered_on=TODAY,
        counted_on=TODAY,
        submitted_by="某人",
    )


def day(today: date) -> None:
    Installation.objects.update(business_date=today)


def at(name: str, report: QuarterlyReport, *more: Any) -> str:
    return reverse(f"reports:{name}", args=[report.pk, *more])


def ask(user: User, *plans: Plan, genre: str = "report") -> QuarterlyReport:
    data = {"period": "2020Q3", "plan": [str(plan.pk) for plan in plans], "genre": genre}
    answer = client_of(user).post(reverse("reports:new"), data)
    assert answer.status_code == 302, text(answer)
    return QuarterlyReport.objects.get(pk=answer.headers["Location"].rstrip("/").split("/")[-1])


def work() -> None:
    """A worker does all that waits."""
    for run in JobRun.objects.filter(state="waiting"):
        run_job(run.pk)
        run.refresh_from_db()
        assert run.state == "done", run.error


def draft(user: User, *plans: Plan, genre: str = "report") -> QuarterlyReport:
    report = ask(user, *plans, genre=genre)
    work()
    report.refresh_from_db()
    return report


def act(user: User, name: str, report: QuarterlyReport, **data: Any) -> Any:
    report.refresh_from_db()
    sent = {"seen": str(report.version), **data}
    return client_of(user).post(at(name, report), sent)


def final(user: User, plan: Plan) -> QuarterlyReport:
    report = draft(user, plan)
    assert act(user, "finalise", report).status_code == 302
    work()
    report.refresh_from_db()
    return report


def issued(user: User, plan: Plan) -> QuarterlyReport:
    report = final(user, plan)
    answer = act(user, "issue", report, number="粤督〔2020〕1号", issued_on=TODAY.isoformat())
    assert answer.status_code == 302, text(answer)
    work()
    report.refresh_from_db()
    return report


@pytest.mark.usefixtures("plain_papers")
class TestTheList:
    def test_it_says_what_comes_next_where_there_is_none(
        self, supervisor: User, leader: User
    ) -> None:
        page = text(client_of(supervisor).get(reverse("reports:list")))
        assert "还没有生成过报告。" in page
        assert reverse("reports:new") in page
        theirs = text(client_of(leader).get(reverse("reports:list")))
        assert "还没有送到您这里的报告。" in theirs
        assert reverse("reports:new") not in theirs

    def test_a_leader_sees_a_report_once_its_text_is_closed(
        self, supervisor: User, leader: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        assert "共 1 份" in text(client_of(supervisor).get(reverse("reports:list")))
        assert report.title not in text(client_of(leader).get(reverse("reports:list")))
        act(supervisor, "finalise", report)
        work()
        page = text(client_of(leader).get(reverse("reports:list")))
        assert report.title in page
        assert "送审稿" in page

    def test_it_can_be_cut_down_to_what_waits(
        self, supervisor: User, leader: User, plan: Plan
    ) -> None:
        client = client_of(supervisor)
        issued(supervisor, plan)
        ask(supervisor, plan, genre="bulletin")
        page = client.get(reverse("reports:list"))
        assert page.context["tabs"] == [
            ("", "全部", 2),
            ("open", "待办", 1),
            ("issued", "已印发", 1),
        ]
        read = client_of(leader).get(reverse("reports:list"), {"state": "discarded"})
        assert [key for key, _, _ in read.context["tabs"]] == ["", "open", "issued", "discarded"]

        def states(who: User, asked: str) -> list[str]:
            found = client_of(who).get(reverse("reports:list"), {"state": asked})
            return [report.state for report in found.context["page"]]

        assert states(supervisor, "open") == [State.DRAFT]
        assert states(supervisor, "issued") == [State.ISSUED]
        assert len(states(supervisor, "nonsense")) == 2
        assert states(leader, "open") == []
        empty = text(client.get(reverse("reports:list"), {"state": "discarded"}))
        assert "没有这样的报告" in empty
        assert "还没有生成过报告" not in empty

    def test_nobody_else_opens_it(self) -> None:
        reporter = make_member(make_agency("省科技厅"), "reporter")
        assert client_of(reporter).get(reverse("reports:list")).status_code == 403

    def test_queries_grow_with_neither_reports_nor_plans(
        self, supervisor: User, plan: Plan
    ) -> None:
        client = client_of(supervisor)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(reverse("reports:list")).status_code == 200
            return len(captured)

        another = make_plan("another")
        make_duty(make_task(another, leads=[make_agency()]), make_agency())
        ask(supervisor, plan)
        queries()
        first = queries()
        ask(supervisor, another)
        ask(supervisor, plan, another)
        assert queries() == first


@pytest.mark.usefixtures("plain_papers")
class TestAsking:
    def test_the_plans_of_a_period_are_offered_and_one_alone_is_ticked(
        self, supervisor: User, plan: Plan
    ) -> None:
        make_plan("theirs", line=make_line("theirs"))
        page = client_of(supervisor).get(reverse("reports:new"))
        assert [choice.entered.plan for choice in page.context["choices"]] == [plan]
        assert page.context["choices"][0].ticked
        another = make_plan("another")
        make_duty(make_task(another, leads=[make_agency()]), make_agency())
        page = client_of(supervisor).get(reverse("reports:new"), {"period": "1999Q1"})
        assert [choice.ticked for choice in page.context["choices"]] == [False, False]

    def test_a_second_request_leads_to_the_same_report(
        self,
        supervisor: User,
        plan: Plan,
        django_capture_on_commit_callbacks: Any,
        sent: list[int],
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            first = ask(supervisor, plan)
        assert sent == [JobRun.objects.get().pk]
        assert ask(supervisor, plan) == first
        assert JobRun.objects.count() == 1
        assert ask(supervisor, plan, genre="bulletin") != first

    def test_nothing_ticked_and_plans_of_others_are_refused(
        self, supervisor: User, plan: Plan
    ) -> None:
        theirs = make_plan("theirs", line=make_line("theirs"))
        make_duty(make_task(theirs, leads=[make_agency()]), make_agency())
        client = client_of(supervisor)
        for chosen, said in (
            ([], "没有选中任何任务来源。"),
            ([str(theirs.pk)], "选中的任务来源不能由您生成报告"),
            (["x"], "选中的任务来源无法识别"),
        ):
            data = {"period": "2020Q3", "plan": chosen, "genre": "report"}
            answer = client.post(reverse("reports:new"), data)
            assert answer.status_code == 422
            assert said in text(answer)
        data = {"period": "2020Q3", "plan": [str(plan.pk)], "genre": "poem"}
        answer = client.post(reverse("reports:new"), data)
        assert "没有这个文种" in text(answer)
        assert not QuarterlyReport.objects.exists()

    def test_what_is_issued_is_not_asked_for_again(self, supervisor: User, plan: Plan) -> None:
        issued(supervisor, plan)
        data = {"period": "2020Q3", "plan": [str(plan.pk)], "genre": "report"}
        answer = client_of(supervisor).post(reverse("reports:new"), data)
        assert answer.status_code == 422
        assert "已经印发（粤督〔2020〕1号）" in text(answer)

    def test_title_addressee_and_name_are_shown_before_it_is_made(
        self, supervisor: User, plan: Plan
    ) -> None:
        client = client_of(supervisor)
        page = client.get(reverse("reports:new"))
        assert [each.head.title for each in page.context["proposed"]] == [
            "关于《三年行动方案》2020年前三季度进展情况的报告",
            "关于《三年行动方案》2020年前三季度进展情况的通报",
        ]
        assert "各有关单位" in text(page)
        Plan.objects.filter(pk=plan.pk).update(title="关于印发《办法》的通知")
        report = draft(supervisor, plan)
        data = {"period": "2020Q3", "look": "1", "plan": [str(plan.pk)], "genre": "bulletin"}
        page = client.post(reverse("reports:new"), data)
        first, second = page.context["proposed"]
        assert first.head.title == report.title
        assert first.head.title.startswith("贯彻落实《关于印发〈办法〉的通知》")
        assert (first.report, second.report) == (report, None)
        assert page.context["form"]["genre"].value() == "bulletin"
        nothing = client.post(reverse("reports:new"), {"period": "2020Q3", "look": "1"})
        assert nothing.status_code == 200
        assert nothing.context["proposed"] == []
        assert QuarterlyReport.objects.count() == 1

    def test_a_leader_is_refused_and_that_is_recorded(self, leader: User) -> None:
        assert client_of(leader).get(reverse("reports:new")).status_code == 403
        assert Entry.objects.filter(result="refused", action="生成进展报告").count() == 1

    def test_without_a_period_it_says_so(self, supervisor: User) -> None:
        page = text(client_of(supervisor).get(reverse("reports:new")))
        assert "还没有开启过报告期" in page


@pytest.mark.usefixtures("plain_papers")
class TestOneReport:
    def test_until_the_figures_are_taken_it_shows_how_far_they_are(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = ask(supervisor, plan)
        run = JobRun.objects.get()
        client, where = client_of(supervisor), at("detail", report)
        page = text(client.get(where))
        assert reverse("jobs:cancel", args=[run.pk]) in page
        assert at("finalise", report) not in page
        part = client.get(where, headers={"HX-Request": "true"})
        assert part.status_code == 200
        assert "<html" not in text(part)
        work()
        part = client.get(where, headers={"HX-Request": "true"})
        assert (part.status_code, part.headers["HX-Refresh"]) == (204, "true")

    def test_a_draft_that_was_cancelled_before_it_had_figures_is_given_up(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = ask(supervisor, plan)
        client_of(supervisor).post(reverse("jobs:cancel", args=[JobRun.objects.get().pk]))
        page = text(client_of(supervisor).get(at("detail", report)))
        assert "这份报告已作废" in page
        assert "取消" in page

    def test_a_failed_job_says_why(self, supervisor: User, plan: Plan) -> None:
        report = ask(supervisor, plan)
        JobRun.objects.update(state="failed", error="磁盘满了，没有做完。")
        page = text(client_of(supervisor).get(at("detail", report)))
        assert "磁盘满了，没有做完。" in page
        assert at("refresh", report) in page

    def test_each_number_opens_as_many_rows(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        client, where = client_of(supervisor), at("detail", report)
        page = client.get(where)
        lines = page.context["classes"]
        assert sum(line.count for line in lines) == page.context["figures"].total == 4
        counts = {line.key: line.count for line in lines}
        counts |= {"all": 4, "unmet": 1, "met": 0, "overdue": 0, "self": 0}
        for wanted, count in counts.items():
            chosen = client.get(where, {"class": wanted})
            assert len(chosen.context["chosen"].rows) == count, wanted
            if count:
                numbers = {row.fact.number for row in chosen.context["chosen"].rows}
                shown = set(re.findall(r'<td class="no">(\d+)</td>', text(chosen)))
                assert numbers <= shown
        assert client.get(where, {"class": "zzz"}).context["chosen"] is None
        assert client.get(where, {"class": "all", "plan": "zzz"}).context["chosen"] is None

    def test_shares_are_printed_with_their_counts_and_the_note(
        self, supervisor: User, plan: Plan
    ) -> None:
        page = text(client_of(supervisor).get(at("detail", draft(supervisor, plan))))
        for said in (
            "25.0%",
            "合计可能不等于100%",
            "数据截至",
            "2020年9月30日",
            "没有已印发的上期报告",
        ):
            assert said in page

    def test_several_plans_are_counted_one_by_one(self, supervisor: User, plan: Plan) -> None:
        another = make_plan("another", short_title="第二个方案")
        unit = make_agency("省科技厅")
        make_duty(make_task(another, number="1", leads=[unit]), unit)
        report = draft(supervisor, plan, another)
        page = client_of(supervisor).get(at("detail", report))
        lines = page.context["plan_lines"]
        assert [(line.plan.code, line.total) for line in lines] == [("ours", 4), ("another", 1)]
        assert all(sum(count for *_, count in line.counts) == line.total for line in lines)
        chosen = client_of(supervisor).get(
            at("detail", report), {"class": "missing", "plan": "another"}
        )
        assert [row.fact.plan_code for row in chosen.context["chosen"].rows] == ["another"]

    def test_before_the_cut_off_nobody_can_be_named(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        page = text(client_of(supervisor).get(at("detail", report)))
        assert "截止日未到（10月20日" in page
        assert 'name="unit"' not in page
        answer = act(supervisor, "units", report, unit=[make_agency("省教育厅").code])
        assert answer.status_code == 422
        assert "不能点名" in text(answer)

    def test_figures_taken_too_early_are_to_be_taken_anew(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        day(AFTER)
        page = text(client_of(supervisor).get(at("detail", report)))
        assert "取数时截止日还没到，重新取数后才能点名" in page

    def test_a_plan_without_rows_has_no_share(self, supervisor: User) -> None:
        empty = make_plan("empty")
        make_plan_period(empty, "2020Q3", date(2020, 10, 20))
        report = draft(supervisor, empty)
        for name in ("detail", "write", "preview"):
            assert client_of(supervisor).get(at(name, report)).status_code == 200
        page = client_of(supervisor).get(at("detail", report))
        assert (page.context["sum"].count, page.context["sum"].share) == (0, "—")

    def test_the_sum_is_held_against_the_earlier_report(self, supervisor: User, plan: Plan) -> None:
        make_plan_period(plan, "2020Q2", date(2020, 7, 20))
        data = {"period": "2020Q2", "plan": [str(plan.pk)], "genre": "report"}
        client_of(supervisor).post(reverse("reports:new"), data)
        work()
        before = QuarterlyReport.objects.get()
        act(supervisor, "finalise", before)
        work()
        act(supervisor, "issue", before, number="粤督〔2020〕9号", issued_on="2020-10-12")
        work()
        make_task(plan, number="9")
        page = client_of(supervisor).get(at("detail", draft(supervisor, plan)))
        line = page.context["sum"]
        assert (line.previous, line.change) == (4, "增加 1")
        assert (line.year_ago, line.year_change) == (None, "")

    def test_after_it_those_that_are_supervised_may_be(self, supervisor: User, plan: Plan) -> None:
        day(AFTER)
        report = draft(supervisor, plan)
        silent, party = make_agency("省教育厅"), make_agency("省委编办")
        page = text(client_of(supervisor).get(at("detail", report)))
        assert re.findall(r'name="unit" form="name-units" value="([^"]+)"', page) == [silent.code]
        assert "不在督办对象内，不点名" in page
        assert act(supervisor, "units", report, unit=[silent.code]).status_code == 302
        report.refresh_from_db()
        assert report.named_units == [silent.code]
        assert act(supervisor, "units", report, unit=[party.code]).status_code == 422
        assert "省教育厅" in text(client_of(supervisor).get(at("preview", report)))
        assert act(supervisor, "units", report).status_code == 302
        report.refresh_from_db()
        assert report.named_units == []

    def test_who_may_not_see_it_finds_nothing(
        self, supervisor: User, leader: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        stranger = make_member(make_agency("省农业厅"), "reporter")
        other = make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line("other")])
        reporter = make_member(make_agency("省科技厅"), "reporter")
        for user in (leader, stranger, other, reporter):
            for name in ("detail", "preview", "write"):
                assert client_of(user).get(at(name, report)).status_code == 404, (user, name)
            assert client_of(user).get(at("file", report, "data")).status_code == 404
            assert act(user, "finalise", report).status_code == 404
        assert client_of(supervisor).get(at("file", report, "zip")).status_code == 404

    def test_a_leader_reads_and_changes_nothing(
        self, supervisor: User, leader: User, plan: Plan
    ) -> None:
        report = final(supervisor, plan)
        page = text(client_of(leader).get(at("detail", report)))
        assert at("preview", report) in page
        assert 'method="post" action="/reports' not in page
        assert client_of(leader).get(at("preview", report)).status_code == 200
        for name in ("refresh", "head", "units", "part", "texts", "finalise", "reopen", "issue",
                     "discard", "correct", "copy"):  # fmt: skip
            assert act(leader, name, report).status_code == 403, name
        assert client_of(leader).get(at("write", report)).status_code == 403
        assert Entry.objects.filter(result="refused").count() == 12
        report.refresh_from_db()
        assert report.state == State.FINAL

    def test_queries_grow_with_neither_rows_nor_units(self, supervisor: User, plan: Plan) -> None:
        client = client_of(supervisor)

        def queries(name: str, report: QuarterlyReport) -> int:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(at(name, report), {"class": "all"}).status_code == 200
            return len(captured)

        small = draft(supervisor, plan)
        before = {name: queries(name, small) for name in ("detail", "write", "preview")}
        before = {name: queries(name, small) for name in before}
        for _ in range(6):
            unit = make_agency()
            make_duty(make_task(plan, leads=[unit]), unit)
        act(supervisor, "refresh", small)
        work()
        assert len(figures_of(QuarterlyReport.objects.get()).rows) == 10  # type: ignore[union-attr]
        assert {name: queries(name, small) for name in before} == before


def part_of(report: QuarterlyReport, key: str = "overall") -> Any:
    return report.parts.get(key=key)


def send_part(user: User, report: QuarterlyReport, written: str, **more: Any) -> Any:
    part = part_of(report)
    headers = more.pop("headers", {})
    data = {"key": part.key, "text": written, "seen": str(part.version), **more}
    return client_of(user).post(at("part", report), data, headers=headers)


@pytest.mark.usefixtures("plain_papers")
class TestTheParts:
    def test_a_part_is_saved_with_names_and_shown_with_figures(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        answer = send_part(supervisor, report, "本期共督办{任务总数}。")
        assert answer.status_code == 302
        part = part_of(report)
        assert part.text == "本期共督办{任务总数}。"
        page = text(client_of(supervisor).get(at("write", report)))
        assert "本期共督办4项。" in page
        assert "本期共督办{任务总数}。" in page
        preview = text(client_of(supervisor).get(at("preview", report)))
        assert "本期共督办4项。" in preview
        assert "{任务总数}" not in preview

    def test_a_figure_typed_by_hand_is_refused_at_its_field(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        before = part_of(report).text
        answer = send_part(supervisor, report, "本期共督办4项任务。")
        assert answer.status_code == 422
        page = text(answer)
        assert "本期共督办4项任务。</textarea>" in page
        assert 'aria-invalid="true"' in page
        assert "{任务总数}" in answer.context["parts"][1].reasons[0]
        assert part_of(report).text == before

    def test_an_unknown_name_is_refused(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        answer = send_part(supervisor, report, "共{任务总和}。")
        assert answer.status_code == 422
        assert "任务总和" in answer.context["parts"][1].reasons[0]

    def test_who_comes_second_is_told_and_loses_nothing(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        seen = str(part_of(report).version)
        send_part(supervisor, report, "先来的人写的。")
        answer = send_part(supervisor, report, "后来的人写的。", seen=seen)
        assert answer.status_code == 409
        page = text(answer)
        assert "先来的人写的。" in page
        assert "后来的人写的。</textarea>" in page
        assert part_of(report).text == "先来的人写的。"

    def test_htmx_gets_the_part_alone(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        headers = {"HX-Request": "true"}
        done = send_part(supervisor, report, "只存这一段。", headers=headers)
        assert (done.status_code, "<html" in text(done)) == (200, False)
        assert "已保存" in text(done)
        refused = send_part(supervisor, report, "共4项。", headers=headers)
        assert (refused.status_code, "<html" in text(refused)) == (422, False)

    def test_it_can_be_put_back_to_what_was_generated(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        generated = part_of(report).generated
        send_part(supervisor, report, "改了。")
        send_part(supervisor, report, "不管写了什么", restore="1")
        assert part_of(report).text == generated

    def test_broken_input_changes_nothing(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        assert send_part(supervisor, report, "写", seen="x").status_code == 422
        assert send_part(supervisor, report, "字" * 20_001).status_code == 422
        client = client_of(supervisor)
        unknown = {"key": "zzz", "text": "写", "seen": "1"}
        assert client.post(at("part", report), unknown).status_code == 404

    def test_once_closed_it_leads_back_to_the_report(self, supervisor: User, plan: Plan) -> None:
        report = final(supervisor, plan)
        answer = client_of(supervisor).get(at("write", report))
        assert answer.headers["Location"] == at("detail", report)
        assert send_part(supervisor, report, "再改一句。").status_code == 422


def row_data(page: Any, number: str, **changed: str) -> dict[str, str]:
    """The fields of one row as the page has them, some of them changed."""
    row = next(row for row in page.context["rows"] if row.line.row.figure.fact.number == number)
    prefix = f"r{row.line.row.figure.fact.task_id}"
    data = {f"{prefix}-text": row.text, f"{prefix}-seen": str(row.seen), f"{prefix}-was": row.was}
    return data | {f"{prefix}-{name}": value for name, value in changed.items()}


def tasks_of(page: Any) -> list[str]:
    return [str(row.line.row.figure.fact.task_id) for row in page.context["rows"]]


@pytest.mark.usefixtures("plain_papers")
class TestTheRows:
    def test_what_is_written_for_the_report_leaves_the_units_words_alone(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        client = client_of(supervisor)
        page = client.get(at("write", report))
        data = row_data(page, "1", text="平台建设有进展。") | row_data(page, "2", left_out="on")
        answer = client.post(at("texts", report), {"task": tasks_of(page), "page": "1", **data})
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith("?page=1#rows")
        kept = {each.task.number: each for each in ReportText.objects.select_related("task")}
        assert {number: (t.text, t.left_out) for number, t in kept.items()} == {
            "1": ("平台建设有进展。", False),
            "2": ("", True),
        }
        assert set(Progress.objects.values_list("text", flat=True)) == {SAID}
        again = text(client.get(at("write", report)))
        assert SAID in again
        assert "平台建设有进展。" in again
        preview = text(client.get(at("preview", report)))
        assert "平台建设有进展。" in preview

    def test_rows_that_nobody_touched_are_not_saved(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        client = client_of(supervisor)
        page = client.get(at("write", report))
        data: dict[str, Any] = {"task": tasks_of(page), "page": "1"}
        for number in ("1", "2", "3", "4"):
            data |= row_data(page, number)
        # as a browser sends line ends
        data = {
            name: v.replace("\n", "\r\n") if isinstance(v, str) else v for name, v in data.items()
        }
        assert "没有改动" in text(client.post(at("texts", report), data, follow=True))
        assert not ReportText.objects.exists()

    def test_clearing_a_row_goes_back_to_the_units_words(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        client = client_of(supervisor)
        for written in ("改过的。", ""):
            page = client.get(at("write", report))
            data = row_data(page, "1", text=written)
            client.post(at("texts", report), {"task": tasks_of(page), "page": "1", **data})
        assert ReportText.objects.get().text == ""
        row = client.get(at("write", report)).context["rows"][0]
        assert row.text == row.line.row.figure.text

    def test_of_two_writers_the_second_is_told_at_the_row_and_the_rest_is_saved(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        client = client_of(supervisor)
        page = client.get(at("write", report))
        rows = {"task": tasks_of(page), "page": "1"}
        client.post(at("texts", report), rows | row_data(page, "1", text="先写的。"))
        late = row_data(page, "1", text="后写的。") | row_data(page, "2", text="另一项。")
        answer = client.post(at("texts", report), rows | late)
        assert answer.status_code == 409
        [wrong] = answer.context["wrong"]
        assert wrong.line.row.figure.fact.number == "1"
        assert (wrong.newer, wrong.text) == ("先写的。", "后写的。")
        assert set(ReportText.objects.values_list("text", flat=True)) == {"先写的。", "另一项。"}

    def test_numbers_without_end_are_passed_over(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        data = {"task": ["9" * 5000, "²", ""], "page": "9" * 5000}
        answer = client_of(supervisor).post(at("texts", report), data)
        assert answer.status_code == 302

    def test_rows_of_others_and_nonsense_are_passed_over(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        foreign = make_task(make_plan("theirs", line=make_line("theirs")))
        data = {"task": [str(foreign.pk), "x", "²"], f"r{foreign.pk}-text": "写", "page": "x"}
        answer = client_of(supervisor).post(at("texts", report), data)
        assert answer.status_code == 302
        assert not ReportText.objects.exists()

    def test_a_row_with_too_much_is_refused_at_its_place(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = draft(supervisor, plan)
        client = client_of(supervisor)
        page = client.get(at("write", report))
        data = {"task": tasks_of(page), "page": "1", **row_data(page, "1", text="字" * 20_001)}
        answer = client.post(at("texts", report), data)
        assert answer.status_code == 422
        assert "最多 20000 字" in answer.context["wrong"][0].reasons[0]

    def test_white_space_alone_is_no_edit(self) -> None:
        assert digest("一行\r\n二行 ", left_out=False) == digest("一行\n二行", left_out=False)
        assert digest("一行", left_out=False) != digest("一行", left_out=True)


@pytest.mark.usefixtures("plain_papers")
class TestTheActs:
    def test_from_draft_to_the_paper_that_came_back(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        client = client_of(supervisor)
        assert client.get(at("detail", report)).context["step"] == 1
        head = {"title": "关于行动方案的报告", "addressee": "省政府", "signatory": "省发展改革委"}
        assert act(supervisor, "head", report, **head).status_code == 302
        act(supervisor, "finalise", report)
        work()
        assert client.get(at("detail", report)).context["step"] == 2
        number = {"number": "粤督〔2020〕1号", "issued_on": "2020年10月12日"}
        assert act(supervisor, "issue", report, **number).status_code == 302
        work()
        page = client.get(at("detail", report))
        assert page.context["step"] == 4
        report.refresh_from_db()
        assert (report.state, report.title) == (State.ISSUED, head["title"])
        paper = SimpleUploadedFile("定稿.pdf", PDF, "application/pdf")
        sent = {"file": paper, "number": report.number, "dated": "2020-10-12", "differences": ""}
        answer = client.post(at("copy", report), sent, follow=True)
        assert "没有发现和系统数据不一致的地方" in text(answer)
        assert answer.context["step"] == 5
        [copy] = report.copies.all()
        file = client.get(at("copy_file", report, copy.pk))
        assert file.getvalue() == PDF
        assert unquote(file.headers["Content-Disposition"]).endswith("定稿.pdf")
        assert client.get(at("copy_file", report, copy.pk + 1)).status_code == 404

    def test_differences_of_the_paper_are_shown(self, supervisor: User, plan: Plan) -> None:
        report = issued(supervisor, plan)
        paper = SimpleUploadedFile("定稿.pdf", PDF, "application/pdf")
        sent = {"file": paper, "number": "粤督〔2020〕2号", "dated": "2020-10-12",
                "differences": "第三页数字不同。"}  # fmt: skip
        page = text(client_of(supervisor).post(at("copy", report), sent, follow=True))
        assert "定稿为“粤督〔2020〕2号”" in page
        assert "第三页数字不同。" in page

    def test_what_is_not_in_order_is_said_at_its_field(self, supervisor: User, plan: Plan) -> None:
        report = final(supervisor, plan)
        day_after = date(2020, 10, 13).isoformat()
        for name, data, said in (
            ("issue", {"number": "", "issued_on": ""}, "请填写文号。"),
            ("issue", {"number": "粤督〔2020〕1号", "issued_on": day_after}, "不能晚于今天"),
            ("reopen", {"reason": " "}, "请写明理由。"),
            ("discard", {"reason": ""}, "请写明理由。"),
            ("issue", {"seen": "x", "number": "1", "issued_on": "2020-10-12"}, "哪一版"),
        ):
            answer = act(supervisor, name, report, **data)
            assert answer.status_code == 422, name
            assert said in text(answer), name
        assert act(supervisor, "reopen", report, reason="领导要求补充").status_code == 302
        report.refresh_from_db()
        assert report.state == State.DRAFT
        assert act(supervisor, "head", report, title="").status_code == 422
        assert act(supervisor, "discard", report, reason="重复").status_code == 302
        page = text(client_of(supervisor).get(at("detail", report)))
        assert "这份报告已作废，只供查阅。" in page

    def test_what_somebody_else_did_meanwhile_is_told(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        old = str(report.version)
        act(supervisor, "head", report, title="新标题")
        answer = act(supervisor, "finalise", report, seen=old)
        assert answer.status_code == 409
        assert "在您打开后有改动" in text(answer)
        assert "新标题" in text(answer)

    def test_only_what_is_allowed_now_is_offered(self, supervisor: User, plan: Plan) -> None:
        every = {"refresh", "head", "finalise", "reopen", "issue", "discard", "correct", "copy"}

        def offered(report: QuarterlyReport) -> set[str]:
            page = text(client_of(supervisor).get(at("detail", report)))
            return {name for name in every if f'action="{at(name, report)}"' in page}

        report = draft(supervisor, plan)
        assert offered(report) == {"refresh", "head", "finalise", "discard"}
        act(supervisor, "finalise", report)
        assert offered(report) == set()
        work()
        assert offered(report) == {"reopen", "issue", "discard"}
        act(supervisor, "issue", report, number="粤督〔2020〕1号", issued_on="2020-10-12")
        work()
        assert offered(report) == {"correct", "copy"}

    def test_a_correction_is_another_report_that_names_the_old(
        self, supervisor: User, plan: Plan
    ) -> None:
        old = issued(supervisor, plan)
        answer = act(supervisor, "correct", old)
        assert answer.status_code == 302
        new = QuarterlyReport.objects.get(corrects=old)
        assert answer.headers["Location"] == at("detail", new)
        work()
        page = text(client_of(supervisor).get(at("detail", new)))
        assert "更正：" in page
        assert old.number in page
        assert "已由另一份报告更正" in text(client_of(supervisor).get(at("detail", old)))

    def test_a_copy_of_a_strange_kind_is_refused(self, supervisor: User, plan: Plan) -> None:
        report = issued(supervisor, plan)
        client = client_of(supervisor)
        bad = SimpleUploadedFile("定稿.txt", b"text", "text/plain")
        sent = {"file": bad, "number": report.number, "dated": "2020-10-12"}
        answer = client.post(at("copy", report), sent)
        assert answer.status_code == 422
        assert "不是可以上传的类型" in text(answer)
        assert "请选择印发稿。" in text(client.post(at("copy", report), {}))


class TestTheFiles:
    @pytest.mark.parametrize("state", ["draft", "issued"])
    def test_all_three_come_with_a_chinese_name(
        self, supervisor: User, plan: Plan, state: str
    ) -> None:
        report = draft(supervisor, plan) if state == "draft" else issued(supervisor, plan)
        for kind, ending in (("document", "docx"), ("workbook", "xlsx"), ("data", "json")):
            answer = client_of(supervisor).get(at("file", report, kind))
            said = unquote(answer.headers["Content-Disposition"])
            assert said.startswith("attachment")
            mark = "" if state == "issued" else "（草稿）"
            assert said.endswith(f"进展情况的报告{mark}.{ending}"), said
            content = b"".join(answer)
            if ending != "json":
                assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None

    def test_without_figures_there_is_nothing_to_download(
        self, supervisor: User, plan: Plan
    ) -> None:
        report = ask(supervisor, plan)
        client = client_of(supervisor)
        for name in (at("file", report, "document"), at("preview", report), at("write", report)):
            assert client.get(name).headers["Location"] == at("detail", report)

    def test_the_page_prints_what_the_document_prints(self, supervisor: User, plan: Plan) -> None:
        report = draft(supervisor, plan)
        client = client_of(supervisor)
        page = client.get(at("preview", report))
        answer = client.get(at("file", report, "document"))
        with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
            printed = re.sub(r"<[^>]+>", "", archive.read("word/document.xml").decode())
        printed = "".join(printed.split())
        lines = [each for each in page.context["parts"] if not each.grid]
        cells = [
            cell for each in page.context["annex"] if each.grid for row in each.rows for cell in row
        ]
        assert len(lines) > 10
        assert len(cells) == Task.objects.count() * 12
        for each in [*lines, *cells]:
            for line in each.text.split("\n"):
                assert "".join(line.split()) in printed
