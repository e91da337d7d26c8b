"""Recording progress and signing it off, as people do it in their browser."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Membership, SignStep, User
from apps.agencies.models import Agency
from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.plans.models import PlanPeriod
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content
from apps.tasks.models import Duty, Progress, SameReport, Task
from tests.builders import TODAY, make_agency, make_duty, make_figure, make_member, make_task
from tests.reporting import send_back, submit, supervisor

pytestmark = pytest.mark.django_db
Role = Membership.Role
GOOD = {"text": "已完成第一批。", "self_assessment": "normal", "version": "0"}


@pytest.fixture(autouse=True)
def day() -> Installation:
    return Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.fixture
def duty(unit: Agency) -> Duty:
    return make_duty(make_task(leads=[unit]), unit)


@pytest.fixture
def reporter(unit: Agency) -> User:
    return make_member(unit, Role.REPORTER)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def address(duty: Duty) -> str:
    return reverse("tasks:record", args=[duty.task_id, duty.pk])


def get(user: User, duty: Duty) -> Any:
    return client_of(user).get(address(duty))


def post(user: User, duty: Duty, **content: str) -> Any:
    return client_of(user).post(address(duty), {**GOOD, **content}, follow=True)


def sign(user: User, *reports: Progress | str, **more: str) -> Any:
    """Answer what waits, as it is before the approver; unless told otherwise, from the ledger."""
    ticked = [r if isinstance(r, str) else f"{r.pk}:{r.version}" for r in reports]
    content = {"progress": ticked, "next": reverse("tasks:list"), **more}
    return client_of(user).post(reverse("tasks:sign"), content, follow=True)


def submitted(duty: Duty, user: User, text: str = "已完成第一批。", seen: int = 0) -> Progress:
    content = Content(text=text, self_assessment=Assessment.NORMAL)
    return submit(duty, user, content, seen_version=seen)


# Recording


def test_what_is_sent_is_kept_and_the_page_says_where_it_went(duty: Duty, reporter: User) -> None:
    response = post(reporter, duty)
    assert response.redirect_chain[-1][0] == Task.objects.get().get_absolute_url()
    assert "已报送，待审核。" in response.content.decode()
    progress = Progress.objects.get()
    assert (progress.text, progress.self_assessment) == ("已完成第一批。", "normal")


def test_a_unit_with_an_approver_hears_that_it_waits_for_the_signature(
    duty: Duty, reporter: User
) -> None:
    make_member(duty.agency, Role.APPROVER)
    assert "已报送，待单位审签。" in post(reporter, duty).content.decode()


def test_after_one_report_the_way_leads_to_the_next(duty: Duty, reporter: User) -> None:
    plan, unit = duty.task.plan, duty.agency
    second, third = (make_duty(make_task(plan, leads=[unit]), unit) for _ in range(2))
    make_duty(make_task(plan, leads=[unit], state="closed"), unit)
    make_duty(make_task(plan, leads=[make_agency("省财政厅")]), make_agency("省教育厅"))
    following = "下一项：" + f'<a href="{address(second)}">第 {second.task.number} 项</a>'
    assert f"{following}（还有 2 项未填）" in post(reporter, duty).content.decode()
    Progress.objects.update(state="returned")
    back = f'<a href="{address(duty)}">第 {duty.task.number} 项</a>（还有 2 项未填）'
    assert back in post(reporter, second).content.decode()
    post(reporter, duty, version="1")
    assert "下一项" not in post(reporter, third).content.decode()


def test_the_last_text_stands_beside_the_form(duty: Duty, reporter: User) -> None:
    before = make_duty(duty.task, duty.agency, code="2020Q2", cut_off=date(2020, 7, 20))
    submitted(before, reporter, "上半年的进展。")
    text = get(reporter, duty).content.decode()
    assert "上半年的进展。" in text
    assert "2020年上半年" in text
    assert "严禁录入、上传涉密" in text
    assert '还剩 <b class="num">8</b> 天' in text


def test_a_figure_is_asked_only_where_there_is_one(duty: Duty, reporter: User) -> None:
    assert 'name="value"' not in get(reporter, duty).content.decode()
    make_figure(duty.task, duty.agency, target="200", unit="家")
    text = get(reporter, duty).content.decode()
    assert 'name="value"' in text
    assert '目标 <b class="num">200</b> 家' in text
    post(reporter, duty, value="１,208.5")
    assert str(Progress.objects.get().value) == "1208.5000"


@pytest.mark.parametrize(
    ("content", "field", "sentence"),
    [
        ({"text": " "}, "text", "请填写本期进展。"),
        ({"text": "好" * 2001}, "text", "本期进展最多 2000 字，现在 2001 字。"),
        ({"self_assessment": ""}, "self_assessment", "请选择自评。"),
        ({"self_assessment": "splendid"}, "self_assessment", "没有“splendid”这一项"),
        ({"value": "二百家"}, "value", "完成值只填数字"),
        ({"value": "-1"}, "value", "完成值不能小于零。"),
        ({"value": "1.23456"}, "value", "最多四位小数"),
        (
            {"self_assessment": "behind", "problems": "", "next_step": "抓紧"},
            "problems",
            "请填写存在",
        ),
        ({"self_assessment": "difficult", "problems": "缺钱。"}, "next_step", "请填写下一步措施"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_written_is_lost(
    content: dict[str, str], field: str, sentence: str, duty: Duty, reporter: User
) -> None:
    make_figure(duty.task, duty.agency)
    response = post(reporter, duty, **{"problems": "写好的问题。", **content})
    assert response.status_code == 422
    [error] = response.context["form"].errors[field]
    assert sentence in error
    if "problems" not in content:
        assert "写好的问题。" in response.content.decode()
    assert not Progress.objects.exists()


def test_all_that_is_wrong_is_said_in_one_round(duty: Duty, reporter: User) -> None:
    make_figure(duty.task, duty.agency)
    response = post(reporter, duty, text="", self_assessment="behind", value="-1")
    assert response.context["form"].errors == {
        "text": ["请填写本期进展。"],
        "value": ["完成值不能小于零。"],
        "problems": ["自评为“滞后”时请填写存在问题。"],
        "next_step": ["自评为“滞后”时请填写下一步措施。"],
    }
    both = post(reporter, duty, text="好" * 2001, self_assessment="")
    assert set(both.context["form"].errors) == {"text", "self_assessment"}
    assert not Progress.objects.exists()


def test_the_cursor_starts_at_the_first_field_with_an_error(duty: Duty, reporter: User) -> None:
    assert " autofocus" not in get(reporter, duty).content.decode()
    page = post(reporter, duty, self_assessment="behind").content.decode()
    assert page.count(" autofocus") == 1
    [field] = [tag for tag in page.split("<textarea")[1:] if " autofocus" in tag.split(">")[0]]
    assert 'name="problems"' in field


def test_a_newer_text_of_a_colleague_is_shown_beside_mine(duty: Duty, reporter: User) -> None:
    submitted(duty, make_member(duty.agency, Role.REPORTER), "同事先写的。")
    response = post(reporter, duty, text="我后写的。")
    text = response.content.decode()
    assert response.status_code == 422
    assert "同事先写的。" in text
    assert "我后写的。" in text
    assert 'name="version" value="1"' in text
    assert Progress.objects.get().text == "同事先写的。"
    post(reporter, duty, text="我后写的。", version="1")
    assert Progress.objects.get().text == "我后写的。"


def test_a_version_that_never_was_is_a_conflict_too(duty: Duty, reporter: User) -> None:
    response = post(reporter, duty, version="7")
    text = response.content.decode()
    assert response.status_code == 422
    assert "您打开后别人已改过这一项" in text
    assert 'name="version" value="0"' in text
    assert not Progress.objects.exists()


def test_after_the_cut_off_the_form_warns_that_it_is_late(
    duty: Duty, reporter: User, day: Installation
) -> None:
    day.business_date = date(2020, 10, 21)
    day.save()
    assert "截止日 10月20日已过，将记为迟报。" in get(reporter, duty).content.decode()
    post(reporter, duty)
    assert Task.objects.get().report_label == "迟报"


def test_a_closed_period_takes_nothing(duty: Duty, reporter: User) -> None:
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    assert get(reporter, duty).status_code == 302
    response = post(reporter, duty)
    assert "2020年前三季度已关闭，不能再填报。" in response.content.decode()
    assert not Progress.objects.exists()


@pytest.fixture
def earlier(duty: Duty, reporter: User) -> Duty:
    """The period before, reported with 31."""
    make_figure(duty.task, duty.agency)
    before = make_duty(duty.task, duty.agency, code="2020Q2", cut_off=date(2020, 7, 20))
    submit(before, reporter, Content("上半年的进展。", Assessment.NORMAL, Decimal(31)))
    return before


@pytest.mark.usefixtures("earlier")
def test_without_news_one_choice_is_enough(duty: Duty, reporter: User) -> None:
    page = get(reporter, duty).content.decode()
    assert "同上期，无新增进展" in page
    post(reporter, duty, text="", unchanged="awaiting")
    progress = Progress.objects.get(duty=duty)
    assert (progress.text, progress.unchanged) == ("上半年的进展。", "awaiting")
    assert progress.value == Decimal(31)


def test_where_nothing_was_reported_before_nothing_can_be_as_before(
    duty: Duty, reporter: User
) -> None:
    assert "无新增进展" not in get(reporter, duty).content.decode()
    response = post(reporter, duty, text="", unchanged="awaiting")
    assert response.context["form"].errors == {"text": ["请填写本期进展。"]}


@pytest.mark.usefixtures("earlier")
def test_a_falling_value_asks_and_takes_yes_for_an_answer(duty: Duty, reporter: User) -> None:
    response = post(reporter, duty, value="30")
    [error] = response.context["form"].errors["value"]
    assert "完成值比上期（31）减少" in error
    assert not Progress.objects.filter(duty=duty).exists()
    post(reporter, duty, value="30", falling_confirmed="on")
    assert Progress.objects.get(duty=duty).value == Decimal(30)


def test_what_was_sent_back_says_until_when_it_keeps_its_day(duty: Duty, reporter: User) -> None:
    send_back(supervisor(), submitted(duty, reporter))
    text = get(reporter, duty).content.decode()
    assert "上次报送已退回，理由：请补数字" in text
    # two working days would be the 14th, but the cut-off is later
    assert "10月20日" in text
    assert "仍按原来的报送时间计" in text


def test_the_consolidator_writes_for_the_whole_row(duty: Duty, reporter: User) -> None:
    assert "汇总进展" not in get(reporter, duty).content.decode()
    other = make_agency("省财政厅")
    make_duty(duty.task, other)
    assert "汇总进展" in get(reporter, duty).content.decode()
    post(reporter, duty, whole_text="全省合计。")
    progress = Progress.objects.get()
    assert (progress.whole_text, progress.whole_missing) == ("全省合计。", ["省财政厅"])


def test_rows_of_the_same_words_are_said_to_have_gone_along(duty: Duty, reporter: User) -> None:
    linked = make_duty(make_task(leads=[duty.agency]), duty.agency)
    SameReport.objects.create(agency=duty.agency, task=linked.task, source=duty.task)
    assert "同报的 1 项一并报送。" in post(reporter, duty).content.decode()
    assert Progress.objects.count() == 2


def test_an_approver_may_not_write_and_the_refusal_is_recorded(duty: Duty) -> None:
    approver = make_member(duty.agency, Role.APPROVER)
    response = post(approver, duty)
    assert response.status_code == 403
    assert "只有本单位填报员可以填报。" in response.content.decode()
    assert Entry.objects.get(object_type="duty").result == "refused"
    assert not Progress.objects.exists()


def test_another_units_duty_does_not_exist_for_me(duty: Duty) -> None:
    other = make_agency("省财政厅")
    task = make_task(duty.task.plan, leads=[other])
    stranger = make_member(other, Role.REPORTER)
    assert get(stranger, duty).status_code == 404
    assert post(stranger, duty).status_code == 404
    wrong = reverse("tasks:record", args=[task.pk, duty.pk])
    assert client_of(stranger).get(wrong).status_code == 404


# Signing


@pytest.fixture
def waiting(duty: Duty, reporter: User) -> Progress:
    make_member(duty.agency, Role.APPROVER, username="approver")
    return submitted(duty, reporter)


def approver() -> User:
    return User.objects.get(username="approver")


def test_the_approver_agrees_to_all_that_is_ticked(waiting: Progress) -> None:
    response = sign(approver(), waiting, action="sign")
    assert response.redirect_chain[-1][0] == reverse("tasks:list")
    assert "已同意报送 1 项" in response.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == Progress.State.SUBMITTED


def test_the_approver_sends_back_with_a_reason_and_the_reporter_reads_it(
    waiting: Progress, reporter: User
) -> None:
    assert "要写明理由" in sign(approver(), waiting, action="return").content.decode()
    said = sign(approver(), waiting, action="return", reason="数字不对").content.decode()
    assert "已退回修改 1 项" in said
    text = get(reporter, waiting.duty).content.decode()
    assert "上次报送已退回，理由：数字不对" in text
    assert waiting.text in text


@pytest.mark.parametrize(
    ("ids", "action", "sentence"),
    [
        ((), "sign", "没有选中任何一项"),
        (("x",), "sign", "选中的项无法识别"),
        (("1",), "sign", "选中的项无法识别"),
        (("9" * 5000 + ":1",), "sign", "选中的项无法识别"),
        (("1:1",), "burn", "请按“同意报送”或“退回修改”"),
    ],
)
def test_a_broken_answer_is_turned_down_in_words(
    ids: tuple[str, ...], action: str, sentence: str, waiting: Progress
) -> None:
    assert sentence in sign(approver(), *ids, action=action).content.decode()
    waiting.refresh_from_db()
    assert waiting.state == Progress.State.SIGNING


def test_what_somebody_has_answered_already_is_not_answered_again(waiting: Progress) -> None:
    sign(approver(), waiting, action="sign")
    response = sign(approver(), waiting, action="sign")
    assert "已经被别人处理过" in response.content.decode()


def test_a_report_that_changed_under_the_approvers_eyes_is_not_answered(
    waiting: Progress, reporter: User
) -> None:
    submitted(waiting.duty, reporter, "又改了。", seen=waiting.version)
    for answer in ({"action": "sign"}, {"action": "return", "reason": "数字不对"}):
        said = sign(approver(), waiting, **answer).content.decode()
        assert "在您打开后又改过，没有处理" in said
    assert Progress.objects.get().state == Progress.State.SIGNING


def test_with_several_steps_the_approver_hears_that_it_goes_on(waiting: Progress) -> None:
    SignStep.objects.create(agency=waiting.duty.agency, position=1, post="科室负责人")
    SignStep.objects.create(agency=waiting.duty.agency, position=2, post="分管领导")
    response = sign(approver(), waiting, action="sign")
    assert "已同意 1 项，其中 1 项待下一环节审签。" in response.content.decode()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sign_step) == ("signing", 2)
    assert sign(approver(), waiting, action="sign").status_code == 403


def test_who_agrees_with_a_reason_is_asked_what_they_mean(waiting: Progress) -> None:
    response = sign(approver(), waiting, action="sign", reason="数字不对")
    assert "写了退回理由，请按“退回修改”；同意时请把理由清空。" in response.content.decode()
    assert Progress.objects.get().state == Progress.State.SIGNING


def test_a_reason_that_was_turned_down_is_still_on_the_tasks_page(waiting: Progress) -> None:
    at = f"{waiting.duty.task.get_absolute_url()}?log=all#sign"
    response = sign(approver(), waiting, action="sign", reason="数字不对", next=at)
    assert response.redirect_chain[-1][0] == at.replace("#", "&unsigned=1#")
    assert 'value="数字不对"' in response.content.decode()


def test_enter_in_the_reason_never_agrees(waiting: Progress) -> None:
    page = client_of(approver()).get(waiting.duty.task.get_absolute_url()).content.decode()
    form = page.split(f'action="{reverse("tasks:sign")}"')[1]
    assert form.index('value="return"') < form.index('value="sign"')
    assert f'name="progress" value="{waiting.pk}:{waiting.version}"' in form


def test_only_the_units_own_approver_may_sign(waiting: Progress, reporter: User) -> None:
    assert sign(reporter, waiting, action="sign").status_code == 403
    outsider = make_member(make_agency("省财政厅"), Role.APPROVER)
    assert sign(outsider, waiting, action="sign").status_code == 404
    assert sign(outsider, f"{10**30}:1", action="sign").status_code == 404
    assert Entry.objects.filter(object_type="progress", result="refused").count() == 1


def test_the_answer_never_leads_to_another_site(waiting: Progress) -> None:
    response = sign(approver(), waiting, action="sign", next="https://example.org/")
    assert response.redirect_chain[-1][0] == reverse("reports:home")
