"""审核: read side by side, approved, sent back, judged; by one, or many without a warning."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.audit.models import Entry
from apps.audit.selectors import history
from apps.ops.models import Installation
from apps.plans.models import Plan
from apps.tasks.models import AnnualGoal, Duty, Progress, Task
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_figure,
    make_line,
    make_member,
    make_plan,
    make_task,
)

pytestmark = pytest.mark.django_db
LIST, ACT = reverse("reviews:list"), reverse("reviews:act")


@pytest.fixture(autouse=True)
def _day() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def plan() -> Plan:
    return make_plan("ours")


@pytest.fixture
def unit() -> Agency:
    return make_agency("甲厅")


@pytest.fixture
def supervisor(plan: Plan) -> Client:
    assert plan.supervisor is not None
    return client_of(make_member(plan.supervisor, "supervisor", lines=[make_line()]))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def report(duty: Duty, text: str = "新建平台三个。", **fields: Any) -> Progress:
    known: dict[str, Any] = {
        "self_assessment": "normal",
        "state": "submitted",
        "first_submitted_on": TODAY,
        "counted_on": TODAY,
        "submitted_on": TODAY,
        "delivered_on": TODAY,
        "submitted_by": "张某",
        **fields,
    }
    return Progress.objects.create(duty=duty, text=text, **known)


def waiting(plan: Plan, unit: Agency, text: str = "", **fields: Any) -> Progress:
    """A report of a row of its own."""
    task = make_task(plan, leads=[unit])
    return report(make_duty(task, unit), text or f"{task.content}做成了。", **fields)


def seen(progress: Progress) -> str:
    return f"{progress.pk}:{progress.version}"


def answer(client: Client, progress: Progress, action: str, **fields: str) -> Any:
    sent = {"progress": seen(progress), "action": action, "assessment": "normal", **fields}
    return client.post(ACT, sent)


def batch(client: Client, *reports: Progress) -> Any:
    return client.post(ACT, {"action": "batch", "ticked": [seen(p) for p in reports]})


def page(client: Client, **asked: Any) -> str:
    shown = client.get(LIST, asked)
    assert shown.status_code == 200
    return str(shown.content.decode())


def test_last_period_and_goal_stand_beside_this_one(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    task = make_task(plan, leads=[unit])
    make_figure(task, unit, target="40")
    before = make_duty(task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
    report(before, "上半年建了二十个。", state="approved", value=Decimal(20))
    duty = make_duty(task, unit)
    report(duty, "前三季度建了三十一个。", value=Decimal(31), problems="缺地", next_step="报批")
    AnnualGoal.objects.create(
        task=task, agency=unit, year=2020, goal="年内四十个。", stages="6月底前二十个",
        outcome="平台名单", filed_on=TODAY, filed_by="张某",
    )  # fmt: skip
    html = page(supervisor)
    for said in (
        "上半年建了二十个", "前三季度建了三十一个", "缺地", "报批", "年内四十个", "6月底前二十个",
        "平台名单", "31 家，目标 40 家，完成 77.5%", "离目标还差 9 家", "完成值 20 家",
    ):  # fmt: skip
        assert said in html, said


def test_a_numeric_goal_of_the_year_is_what_the_value_is_held_against(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    task = make_task(plan, leads=[unit])
    make_figure(task, unit, target="40")
    AnnualGoal.objects.create(
        task=task, agency=unit, year=2020, goal="十个", value=10, filed_on=TODAY, filed_by="张某"
    )
    report(make_duty(task, unit), value=Decimal(12))
    html = page(supervisor)
    assert "本年目标 10 家，完成 120.0%" in html
    assert "超过目标 2 家" in html


def test_the_other_leads_and_the_whole_stand_below(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    other, silent = make_agency("乙厅"), make_agency("丙厅")
    task = make_task(plan, leads=[unit, other, silent])
    report(make_duty(task, unit), "甲的。", whole_text="合起来。", whole_missing=["丙厅"])
    report(make_duty(task, other), "乙的。", state="approved")
    make_duty(task, silent)
    html = page(supervisor)
    for said in ("乙的。", "合起来。", "缺报：丙厅", "还没有报送", "由本单位汇总"):
        assert said in html, said


def test_tags_say_what_to_look_at(plan: Plan, unit: Agency, supervisor: Client) -> None:
    task = make_task(plan, leads=[unit])
    make_figure(task, unit)
    before = make_duty(task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
    report(before, "一字不差。", state="approved", value=Decimal(9))
    report(
        make_duty(task, unit), "一字不差。", value=Decimal(8), self_assessment="behind",
        entered_by="王某", counted_on=date(2020, 10, 21),
    )  # fmt: skip
    waiting(plan, unit, unchanged="no_stage")
    html = page(supervisor)
    for said in (
        "与上期一字不差", "比上期（9）减少", "迟报", "由王某代录", "自评滞后",
        "同上期，无新增进展：本期无节点",
    ):  # fmt: skip
        assert said in html, said
    # neither can be ticked
    assert html.count("checked") == 0
    assert html.count('name="ticked"') == html.count("disabled aria-label") == 2


def test_approved_with_its_own_assessment_by_default(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    progress = waiting(plan, unit)
    assert answer(supervisor, progress, "approve").status_code == 302
    progress.refresh_from_db()
    assert (progress.state, progress.judgement) == ("approved", "normal")
    told = history(progress.duty.task).first()
    assert told is not None
    assert "审核通过" in told.action


def test_a_judgement_over_the_self_assessment_says_why(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    progress = waiting(plan, unit)
    refused = answer(supervisor, progress, "approve", assessment="behind")
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "请写明理由" in html
    assert '<option value="behind" data-key="4" selected>' in html
    progress.refresh_from_db()
    assert progress.state == "submitted"
    answer(supervisor, progress, "approve", assessment="behind", reason="电话核实")
    progress.refresh_from_db()
    assert (progress.judgement, progress.judgement_reason) == ("behind", "电话核实")


def test_without_a_judgement_it_is_listed_as_such_and_judged_later(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    progress = waiting(plan, unit)
    answer(supervisor, progress, "approve", assessment="")
    progress.refresh_from_db()
    assert (progress.state, progress.judgement) == ("approved", "")
    assert "没有等您审核的进展" in page(supervisor)
    assert progress.text in page(supervisor, tab="unjudged")
    # on the page of the row and in the ledger
    assert "未核" in supervisor.get(progress.duty.task.get_absolute_url()).content.decode()
    assert '<span class="tag">未核</span>' in supervisor.get("/tasks/").content.decode()
    answer(supervisor, progress, "judge", assessment="normal")
    progress.refresh_from_db()
    assert progress.judgement == "normal"
    assert "审核通过的进展都已认定" in page(supervisor, tab="unjudged")


@pytest.mark.parametrize(
    "why", ["未写具体进展", "未写下一步措施和时间；数据与上期矛盾", "自己写的"]
)
def test_sent_back_with_a_stock_reason_or_a_free_one(
    plan: Plan, unit: Agency, supervisor: Client, why: str
) -> None:
    progress = waiting(plan, unit)
    html = page(supervisor)
    assert (
        html.count('data-stock="未写具体进展"') == html.count('<option value="未写具体进展">') == 1
    )
    answer(supervisor, progress, "return", why=why)
    progress.refresh_from_db()
    assert (progress.state, progress.return_reason) == ("returned", why)


def test_sent_back_without_a_reason_is_refused_beside_its_row(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    progress, _ = waiting(plan, unit), waiting(plan, unit)
    refused = answer(supervisor, progress, "return", reason="别的字")
    html = refused.content.decode()
    assert refused.status_code == 422
    assert html.count("退回修改要写明理由") == 1
    assert 'value="别的字"' in html


def test_a_reason_to_send_back_is_not_dropped_by_approving(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    progress = waiting(plan, unit)
    refused = answer(supervisor, progress, "approve", why="未写具体进展")
    assert refused.status_code == 422
    assert "写了退回理由" in refused.content.decode()


def test_many_at_once_as_the_units_judge_themselves(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    reports = [waiting(plan, unit), waiting(plan, unit, self_assessment="ahead")]
    html = page(supervisor)
    assert html.count(" checked") == 2
    assert batch(supervisor, *reports).status_code == 302
    assert [*Progress.objects.order_by("pk").values_list("state", "judgement")] == [
        ("approved", "normal"),
        ("approved", "ahead"),
    ]


def test_what_has_a_warning_is_refused_by_number_and_all_stay(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    good, bad = waiting(plan, unit), waiting(plan, unit, self_assessment="difficult")
    refused = batch(supervisor, good, bad)
    html = refused.content.decode()
    assert refused.status_code == 422
    assert f"第{bad.duty.task.number}项有提示，不能批量通过" in html
    assert not Progress.objects.filter(state="approved").exists()
    assert html.count(" checked") == 1


def test_a_conflict_names_the_rows(plan: Plan, unit: Agency, supervisor: Client) -> None:
    moved, other = waiting(plan, unit), waiting(plan, unit)
    Progress.objects.filter(pk=moved.pk).update(version=2, text="又改了。")
    for refused in (batch(supervisor, moved, other), answer(supervisor, moved, "approve")):
        html = refused.content.decode()
        assert refused.status_code == 422
        assert f"第{moved.duty.task.number}项在您打开后又改过" in html
        assert "又改了。" in html
    assert not Progress.objects.filter(state="approved").exists()


def test_what_somebody_else_has_approved_meanwhile_is_named_too(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    progress = waiting(plan, unit)
    Progress.objects.filter(pk=progress.pk).update(version=2, state="approved")
    html = answer(supervisor, progress, "return", why="未写具体进展").content.decode()
    assert f"第{progress.duty.task.number}项在您打开后又改过或已被别人处理" in html


def test_only_the_plans_own_supervisor(plan: Plan, unit: Agency, supervisor: Client) -> None:
    progress = waiting(plan, unit)
    assert plan.supervisor is not None
    for user in (
        make_member(unit, "reporter"),
        make_member(unit, "approver"),
        make_member(plan.supervisor, "leader", lines=[make_line()]),
    ):
        client = client_of(user)
        assert client.get(LIST).status_code == 403
        assert answer(client, progress, "approve").status_code == 403
        assert client.post(reverse("tasks:judge"), {"progress": seen(progress)}).status_code == 403
    other = make_member(plan.supervisor, "supervisor", lines=[make_line("other")])
    make_plan("theirs", line=make_line("other"))
    assert progress.text not in page(client_of(other))
    assert answer(client_of(other), progress, "approve").status_code == 404
    assert batch(client_of(other), progress).status_code == 404
    assert not Progress.objects.filter(state="approved").exists()
    assert Entry.objects.filter(result="refused").count() == 9
    assert progress.text in page(supervisor)


def test_what_has_not_left_its_unit_is_not_listed(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    progress = waiting(plan, unit, state="signing", delivered_on=None)
    assert progress.text not in page(supervisor)


def test_a_filter_narrows_and_says_when_nothing_fits(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    good, bad = waiting(plan, unit), waiting(plan, make_agency("乙厅"), self_assessment="behind")
    html = page(supervisor, unit=str(unit.pk))
    assert good.text in html
    assert bad.text not in html
    assert bad.text in page(supervisor, warned="yes")
    assert bad.text not in page(supervisor, warned="no")
    period = str(good.duty.plan_period.period_id)
    assert good.text in page(supervisor, plan=str(plan.pk), period=period)
    html = page(supervisor, unit=str(unit.pk), warned="yes")
    assert "没有符合条件的进展" in html
    # what nobody offers any more is left out
    assert good.text in page(supervisor, unit="999999", period="x")


def test_judged_anew_from_the_page_of_the_task(
    plan: Plan, unit: Agency, supervisor: Client
) -> None:
    progress = waiting(plan, unit)
    answer(supervisor, progress, "approve")
    progress.refresh_from_db()
    address = progress.duty.task.get_absolute_url()
    assert "改认定" in supervisor.get(address).content.decode()
    sent = {"progress": seen(progress), "action": "judge", "assessment": "behind", "reason": ""}
    html = supervisor.post(reverse("tasks:judge"), sent, follow=True).content.decode()
    assert "请写明理由" in html
    sent["reason"] = "实地查看"
    supervisor.post(reverse("tasks:judge"), sent)
    progress.refresh_from_db()
    assert (progress.judgement, progress.judgement_reason) == ("behind", "实地查看")
    assert Task.objects.get(pk=progress.duty.task_id).light == "amber"
    reader = client_of(make_member(unit, "reporter"))
    assert "改认定" not in reader.get(address).content.decode()


def test_a_form_that_says_nothing_is_refused(supervisor: Client) -> None:
    for sent in (
        {},
        {"action": "batch"},
        {"action": "batch", "ticked": ["x"]},
        {"progress": ["1"]},
    ):
        assert supervisor.post(ACT, sent).status_code == 422


def test_queries_do_not_grow_with_rows(plan: Plan, unit: Agency, supervisor: Client) -> None:
    counts = []
    for many in (2, 8):
        for _ in range(many):
            progress = waiting(plan, unit)
            make_duty(progress.duty.task, make_agency())
            earlier = make_duty(progress.duty.task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
            report(earlier, "以前的。", state="approved", judgement="normal", judged_on=TODAY)
        reports = list(Progress.objects.filter(state="submitted"))
        # whoever asks first pays for the session
        page(supervisor)
        with CaptureQueriesContext(connection) as shown:
            page(supervisor)
        with CaptureQueriesContext(connection) as acted:
            batch(supervisor, *reports)
        counts.append((len(shown), len(acted)))
    assert counts[0] == counts[1]
