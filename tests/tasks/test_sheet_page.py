"""一表填报 without a script: rights, what it shows, what is sent; nothing typed is lost."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.audit.models import Entry as LogEntry
from apps.ops.models import Installation
from apps.plans.models import PlanPeriod
from apps.tasks.access import scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.models import AnnualGoal, Draft, Duty, Evidence, Progress, SameReport, Task
from apps.tasks.services.drafts import draft_save
from apps.tasks.services.submitting import Content, Entry, progress_submit
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_figure,
    make_member,
    make_plan,
    make_task,
)

pytestmark = pytest.mark.django_db
Role = Membership.Role
NOW = datetime(2020, 10, 12, 14, 32, tzinfo=ZoneInfo("Asia/Shanghai"))
PAGE = "/progress/2020Q3/"
# an empty, and therefore a plain, PDF
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def day() -> Installation:
    return Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.fixture
def reporter(unit: Agency) -> User:
    return make_member(unit, Role.REPORTER)


@pytest.fixture
def duties(unit: Agency) -> list[Duty]:
    plan = make_plan()
    return [make_duty(make_task(plan, number=str(n), leads=[unit]), unit) for n in (1, 2, 3)]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def page(user: User, path: str = PAGE) -> str:
    response = client_of(user).get(path)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def row(duty: Duty, **fields: str) -> dict[str, str]:
    """A row as the page sends it: what is not written is as it was reported, or empty."""
    progress = Progress.objects.filter(duty=duty).first()
    sent = {"text": "", "self_assessment": "", "problems": "", "next_step": ""}
    if progress is not None:
        sent = {name: getattr(progress, name) for name in sent}
    version = str(progress.version) if progress else "0"
    sent = {**sent, "version": version, **fields}
    return {f"d{duty.pk}-{name}": value for name, value in sent.items()}


def good(duty: Duty, text: str = "已完成第一批。", **fields: str) -> dict[str, str]:
    return row(duty, text=text, self_assessment="normal", **fields)


def send(user: User, *rows: dict[str, str], action: str = "submit", **more: Any) -> Any:
    data = {key: value for each in rows for key, value in each.items()}
    return client_of(user).post(PAGE, {**data, "action": action, **more}, follow=True)


def save(user: User, fields: dict[str, str]) -> Any:
    return client_of(user).post(reverse("progress:save", args=["2020Q3"]), fields)


def reported(duty: Duty, user: User, text: str = "已完成第一批。", **more: Any) -> Progress:
    current = Progress.objects.filter(duty=duty).first()
    content = Content(text=text, self_assessment=Assessment.NORMAL, **more)
    entry = Entry(duty.pk, content, current.version if current else 0)
    scope = scope_of(user, TODAY)
    [progress, *_] = progress_submit(actor=user, scope=scope, entries=[entry], today=TODAY)
    return progress


def earlier(duty: Duty, user: User, text: str, **more: Any) -> Progress:
    before = make_duty(duty.task, duty.agency, code="2020Q2", cut_off=date(2020, 7, 20))
    return reported(before, user, text, **more)


@contextmanager
def counted() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as queries:
        yield queries


# Who may


def test_the_short_address_leads_to_the_newest_open_period(
    duties: list[Duty], reporter: User
) -> None:
    make_duty(duties[0].task, duties[0].agency, code="2020Q2", cut_off=date(2020, 7, 20))
    response = client_of(reporter).get("/progress/")
    assert response.headers["Location"] == PAGE
    assert "2020年上半年" in page(reporter)


def test_where_nothing_is_owed_the_page_says_what_comes_next(unit: Agency, reporter: User) -> None:
    make_task(leads=[unit])
    text = page(reporter, "/progress/")
    assert "本期没有需要报送的事项。" in text
    assert "下一期：" in text


def test_those_who_neither_report_nor_sign_find_no_sheet(duties: list[Duty]) -> None:
    assert duties
    for role in (Role.SUPERVISOR, Role.LEADER):
        client = client_of(make_member(make_agency("省发展改革委"), role))
        assert client.get("/progress/").status_code == 404
        assert client.get(PAGE).status_code == 404


def test_another_units_sheet_is_not_there(duties: list[Duty], reporter: User) -> None:
    other = make_agency("省财政厅")
    assert client_of(reporter).get(f"{PAGE}?unit={other.pk}").status_code == 404
    assert client_of(reporter).get(f"{PAGE}?unit=x").status_code == 404
    assert client_of(reporter).get("/progress/2031Q1/").status_code == 404
    assert duties


def test_of_two_units_each_has_its_sheet(duties: list[Duty], reporter: User) -> None:
    second = make_agency("省地震局")
    Membership.objects.create(user=reporter, agency=second, role=Role.REPORTER)
    there = make_duty(make_task(leads=[second], content="监测台网。"), second)
    assert "监测台网。" not in page(reporter, f"{PAGE}?unit={duties[0].agency_id}")
    assert "监测台网。" in page(reporter, f"{PAGE}?unit={second.pk}")
    send(reporter, good(there), unit=str(second.pk))
    assert Progress.objects.get().duty == there


@pytest.mark.parametrize("way", ["submit", "save", "autosave"])
def test_a_row_of_another_unit_is_refused_and_nothing_is_kept(
    duties: list[Duty], reporter: User, way: str
) -> None:
    other = make_agency("省财政厅")
    foreign = make_duty(make_task(duties[0].task.plan, leads=[other]), other)
    fields = {**good(duties[0]), **good(foreign)}
    if way == "autosave":
        response = save(reporter, good(foreign))
    else:
        response = send(reporter, fields, action=way)
    assert response.status_code == 404
    assert not Draft.objects.exists()
    assert not Progress.objects.exists()
    assert LogEntry.objects.filter(action__contains="一表填报").exists()


def test_an_approver_reads_and_cannot_fill_in(duties: list[Duty], reporter: User) -> None:
    approver = make_member(duties[0].agency, Role.APPROVER)
    reported(duties[0], reporter, "已建成三家。")
    text = page(approver)
    assert "已建成三家。" in text
    assert "<textarea" not in text
    assert "全部同意（1 项）" in text
    assert send(approver, good(duties[1])).status_code == 403
    assert not Draft.objects.exists()


def test_one_click_signs_all_that_waits(duties: list[Duty], reporter: User) -> None:
    approver = make_member(duties[0].agency, Role.APPROVER)
    send(reporter, *map(good, duties))
    waiting = [f"{p.pk}:{p.version}" for p in Progress.objects.all()]
    text = page(approver)
    assert all(f'name="progress" value="{each}"' in text for each in waiting)
    data = {"progress": waiting, "action": "sign", "next": PAGE}
    response = client_of(approver).post(reverse("tasks:sign"), data, follow=True)
    assert "已同意报送 3 项" in response.content.decode()
    assert set(Progress.objects.values_list("state", flat=True)) == {"submitted"}


# What it shows


def test_each_row_stands_beside_what_was_said_last(duties: list[Duty], reporter: User) -> None:
    earlier(duties[0], reporter, "上半年做了一批。")
    text = page(reporter)
    assert "上半年做了一批。" in text
    assert "2020年上半年" in text
    assert "严禁录入、上传涉密" in text
    assert '还剩 <b class="num">8</b> 天' in text
    assert text.count('class="duty') == 3


def test_a_value_is_asked_only_where_there_is_a_figure(
    duties: list[Duty], reporter: User, unit: Agency
) -> None:
    assert "-value" not in page(reporter)
    make_figure(duties[1].task, unit, target="200")
    text = page(reporter)
    assert f'name="d{duties[1].pk}-value"' in text
    assert "目标 200 家" in text
    AnnualGoal.objects.create(
        task=duties[1].task, agency=unit, year=2020, goal="新建 50 家", value=50,
        filed_on=TODAY, filed_by="某人",
    )  # fmt: skip
    text = page(reporter)
    assert "年度目标 50 家" in text
    assert "新建 50 家" in text


def test_rows_of_several_plans_stand_under_their_plans(
    duties: list[Duty], reporter: User, unit: Agency
) -> None:
    other = make_plan(short_title="行动计划")
    make_duty(make_task(other, leads=[unit]), unit)
    text = page(reporter)
    assert text.index(duties[0].task.plan.short_title) < text.index("行动计划")
    assert "共 3 项" in text
    assert "共 1 项" in text


def test_with_several_leads_it_says_who_fills_in_what(reporter: User, unit: Agency) -> None:
    first, third = make_agency("省发展改革委"), make_agency("省经信委")
    task = make_task(leads=[first, unit, third])
    duty = make_duty(task, unit)
    assert "三家牵头，本单位只填：自己负责的部分。汇总单位：省发展改革委" in page(reporter)
    figure = make_figure(task, unit)
    assert f"本单位只填：{figure.indicator.name}。" in page(reporter)
    task.consolidator = unit
    task.save()
    for other in (first, third):
        make_duty(task, other)
    reported(Duty.objects.get(agency=first), make_member(first, Role.REPORTER), "实验室 31 家。")
    text = page(reporter)
    assert "已报 1/3，缺 省经信委" in text
    assert "实验室 31 家。" in text
    assert f'name="d{duty.pk}-whole_text"' in text


def test_what_another_unit_still_has_inside_is_not_shown_to_the_one_that_puts_together(
    reporter: User, unit: Agency
) -> None:
    other = make_agency("省财政厅")
    make_member(other, Role.APPROVER)
    task = make_task(leads=[unit, other])
    make_duty(task, unit)
    reported(make_duty(task, other), make_member(other, Role.REPORTER), "还没有审签。")
    text = page(reporter)
    assert "还没有审签。" not in text
    assert "缺 省财政厅" in text


def test_the_words_of_last_time_are_told_before_sending(duties: list[Duty], reporter: User) -> None:
    earlier(duties[0], reporter, "做了一批。")
    send(reporter, row(duties[0], text="做了一批。\n"), action="save")
    text = page(reporter)
    assert "is-repeated" in text
    assert '<span class="warn repeated">' in text


def test_an_approved_row_is_only_read(duties: list[Duty], reporter: User) -> None:
    reported(duties[0], reporter, "已审过。")
    Progress.objects.update(state="approved")
    text = page(reporter)
    assert "已审过。" in text
    assert f'name="d{duties[0].pk}-text"' not in text
    assert "审核通过" in text


def test_the_number_of_queries_does_not_grow_with_the_rows(reporter: User, unit: Agency) -> None:
    others = [make_agency("省财政厅"), make_agency("省经信委")]
    colleague = make_member(unit, Role.REPORTER)

    def add(many: int) -> list[Duty]:
        found = []
        for _ in range(many):
            task = make_task(make_plan(), leads=[unit, *others])
            duty = make_duty(task, unit)
            for other in others:
                make_duty(task, other)
            make_figure(task, unit)
            earlier(duty, reporter, "上半年。")
            Draft.objects.create(
                duty=duty, user=colleague, fields={"text": "我也写了"}, saved_at=NOW
            )
            found.append(duty)
        return found

    few = list(map(good, add(2)))
    with counted() as small:
        page(reporter)
    with counted() as small_send:
        assert "已提交 2 项" in send(reporter, *few).content.decode()
    many = list(map(good, add(16)))
    with counted() as large:
        page(reporter)
    with counted() as large_send:
        assert "已提交 16 项" in send(reporter, *many).content.decode()
    assert len(large) == len(small)
    assert len(large_send) == len(small_send)


# What is sent


def test_complete_rows_go_and_the_others_stay_as_drafts_with_their_gaps_named(
    duties: list[Duty], reporter: User
) -> None:
    response = send(
        reporter,
        good(duties[0]),
        row(duties[1], text="签约推迟。", self_assessment="behind", problems="外方推迟。"),
        row(duties[2]),
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert "已提交 1 项，待审核。" in text
    assert f'<a href="#d{duties[1].pk}-next_step">第 2 项 下一步措施</a>' in text
    assert f'<a href="#d{duties[2].pk}-text">第 3 项</a>' in text
    assert "自评为“滞后”时请填写下一步措施。" in text
    assert "签约推迟。" in text
    assert Progress.objects.get().duty == duties[0]
    assert Draft.objects.get().fields["problems"] == "外方推迟。"


def test_what_is_not_begun_does_not_keep_the_rest_back(duties: list[Duty], reporter: User) -> None:
    response = send(reporter, good(duties[0]), row(duties[1]), row(duties[2]))
    assert response.status_code == 200
    assert "还差：" in response.content.decode()
    assert Progress.objects.count() == 1
    assert not Draft.objects.exists()


def test_with_an_approver_the_button_says_so_and_it_waits_for_him(
    duties: list[Duty], reporter: User
) -> None:
    assert "提交本单位审签" not in page(reporter)
    make_member(duties[0].agency, Role.APPROVER)
    assert "提交本单位审签" in page(reporter)
    assert "已提交 1 项，待单位审签。" in send(reporter, good(duties[0])).content.decode()


def test_saving_keeps_everything_as_typed_right_or_wrong(
    duties: list[Duty], reporter: User
) -> None:
    make_figure(duties[0].task, duties[0].agency)
    response = send(reporter, row(duties[0], text="写了一半", value="三十"), action="save")
    assert "已暂存。" in response.content.decode()
    text = page(reporter)
    assert "写了一半" in text
    assert 'value="三十"' in text
    assert "完成值只填数字，单位不用写。" in text
    assert not Progress.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"value": "abc"}, "完成值只填数字，单位不用写。"),
        ({"value": "-1"}, "完成值不能小于零。"),
        ({"value": "9" * 20}, "请核对单位。"),
        ({"value": "20"}, "确认无误请勾选“数值确有减少”。"),
        ({"self_assessment": "excellent"}, "请从列表里选。"),
        ({"text": "好" * 2001}, "本期进展最多 2000 字"),
        ({"version": "x"}, ""),
        ({"version": "9" * 30}, ""),
    ],
)
def test_bad_values_are_told_at_their_field_and_stay_in_it(
    duties: list[Duty], reporter: User, fields: dict[str, str], sentence: str
) -> None:
    make_figure(duties[0].task, duties[0].agency)
    earlier(duties[0], reporter, "上半年。", value=Decimal(30))
    response = send(reporter, {**good(duties[0], value="31"), **row(duties[0], **{
        "text": "已完成。", "self_assessment": "normal", "value": "31", **fields
    })})  # fmt: skip
    text = response.content.decode()
    now = Progress.objects.filter(duty=duties[0])
    if not sentence:
        # a version that is none stands for nothing reported yet, which is right here
        assert now.count() == 1
        return
    assert response.status_code == 422
    assert sentence in text
    assert not now.exists()
    assert next(iter(fields.values()))[:20] in text or "self_assessment" in fields


def test_a_falling_value_goes_when_it_is_confirmed(duties: list[Duty], reporter: User) -> None:
    make_figure(duties[0].task, duties[0].agency)
    earlier(duties[0], reporter, "上半年。", value=Decimal(30))
    send(reporter, good(duties[0], value="２0", falling_confirmed="on"))
    assert Progress.objects.get(duty=duties[0]).value == 20


def test_nothing_new_takes_over_the_last_text_with_its_reason(
    duties: list[Duty], reporter: User
) -> None:
    earlier(duties[0], reporter, "上半年做了一批。")
    send(reporter, good(duties[0], text="打了一半", same="on", reason="no_stage"))
    progress = Progress.objects.get(duty=duties[0])
    assert (progress.text, progress.unchanged) == ("上半年做了一批。", "no_stage")
    assert "is-same" in page(reporter)


def test_rows_handed_in_can_be_changed_and_only_these_are_sent_again(
    duties: list[Duty], reporter: User
) -> None:
    send(reporter, *map(good, duties))
    before = {p.duty_id: p.version for p in Progress.objects.all()}
    response = send(reporter, good(duties[0], "改过。"), good(duties[1]), good(duties[2]))
    assert "已提交 1 项" in response.content.decode()
    after = {p.duty_id: p.version for p in Progress.objects.all()}
    assert [pk for pk in before if before[pk] != after[pk]] == [duties[0].pk]
    assert "没有新填或改过的项" in send(reporter, *map(good, duties[1:])).content.decode()


def test_a_returned_row_shows_why_and_goes_again(duties: list[Duty], reporter: User) -> None:
    reported(duties[0], reporter)
    Progress.objects.update(state="returned", return_reason="请写明名称。")
    assert "请写明名称。" in page(reporter)
    send(reporter, good(duties[0], "写明了。"))
    assert Progress.objects.get().state == "submitted"


def test_what_was_typed_for_a_period_closed_meanwhile_comes_back_to_be_copied(
    duties: list[Duty], reporter: User
) -> None:
    sent = good(duties[0], "写了很久的一段。")
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    response = send(reporter, sent)
    text = response.content.decode()
    assert response.status_code == 422
    assert "写了很久的一段。" in text
    assert "本期已关闭" in text
    assert not Progress.objects.exists()


def test_a_row_settled_meanwhile_comes_back_with_what_was_typed(
    duties: list[Duty], reporter: User
) -> None:
    sent = good(duties[0], "写了很久的一段。")
    Task.objects.filter(pk=duties[0].task_id).update(state="closed")
    text = send(reporter, sent).content.decode()
    assert "写了很久的一段。" in text
    assert "任务已办结" in text


# Two people


def test_the_second_one_sees_both_texts_loses_nothing_and_decides(
    duties: list[Duty], reporter: User
) -> None:
    colleague = make_member(duties[0].agency, Role.REPORTER)
    opened = good(duties[0], "我写的。")
    reported(duties[0], colleague, "同事写的。")
    response = send(reporter, opened, good(duties[1], "另一项。"))
    text = response.content.decode()
    assert response.status_code == 422
    assert "第 1 项在您填写时有了变动" in text
    assert "同事写的。" in text
    assert ">我写的。</textarea>" in text
    assert Progress.objects.get(duty=duties[0]).text == "同事写的。"
    assert Progress.objects.get(duty=duties[1]).text == "另一项。"
    assert ">我写的。</textarea>" in page(reporter)
    send(reporter, good(duties[0], "我写的。"))
    assert Progress.objects.get(duty=duties[0]).text == "我写的。"


def test_a_row_that_was_only_looked_at_does_not_undo_what_a_colleague_sent(
    duties: list[Duty], reporter: User
) -> None:
    text = page(reporter)
    was = text.split(f'name="d{duties[0].pk}-was" value="')[1].split('"')[0]
    opened = row(duties[0], was=was)
    reported(duties[0], make_member(duties[0].agency, Role.REPORTER), "同事写的。")
    response = send(reporter, opened, good(duties[1]))
    assert response.status_code == 200
    assert not Draft.objects.exists()
    assert Progress.objects.get(duty=duties[0]).text == "同事写的。"


def test_what_a_colleague_is_typing_is_told(duties: list[Duty], reporter: User) -> None:
    colleague = make_member(duties[0].agency, Role.REPORTER)
    draft_save(
        actor_user=colleague,
        scope=scope_of(colleague, TODAY),
        duty_id=duties[0].pk,
        fields={"text": "同事打的草稿。"},
        seen_version=0,
        now=NOW,
    )
    assert "同事打的草稿。" in page(reporter)
    answer = save(reporter, row(duties[0], text="我打的。")).json()
    assert [other["fields"]["text"] for other in answer["others"]] == ["同事打的草稿。"]


# Saving by itself


def test_a_row_is_kept_as_it_is_typed_and_the_answer_says_what_is_missing(
    duties: list[Duty], reporter: User
) -> None:
    response = save(reporter, row(duties[0], text="写了一半"))
    answer = response.json()
    assert response.status_code == 200
    assert answer["wrong"] == {"self_assessment": "请选择自评。"}
    assert Draft.objects.get().fields["text"] == "写了一半"
    assert "写了一半" in page(reporter)


def test_a_row_that_reads_again_as_reported_leaves_no_draft(
    duties: list[Duty], reporter: User
) -> None:
    reported(duties[0], reporter)
    save(reporter, good(duties[0], "改了。"))
    assert Draft.objects.count() == 1
    assert save(reporter, good(duties[0])).json()["wrong"] == {}
    assert not Draft.objects.exists()


def test_nothing_is_saved_under_another_account_of_the_same_browser(
    duties: list[Duty], reporter: User
) -> None:
    response = save(reporter, {**good(duties[0]), "person": "999999"})
    assert response.status_code == 409
    assert "另一个账号" in response.json()["reason"]
    assert not Draft.objects.exists()


def test_nothing_is_sent_under_another_account_of_the_same_browser(
    duties: list[Duty], reporter: User
) -> None:
    colleague = make_member(duties[0].agency, Role.REPORTER)
    response = send(colleague, good(duties[0]), person=str(reporter.pk))
    assert "另一个账号" in response.content.decode()
    assert not Progress.objects.exists()
    assert not Draft.objects.exists()


def test_what_was_typed_before_the_report_was_approved_stays_to_be_copied(
    duties: list[Duty], reporter: User
) -> None:
    reported(duties[0], reporter)
    save(reporter, good(duties[0], "再补一句。"))
    Progress.objects.update(state="approved")
    assert "再补一句。" in page(reporter)
    assert send(reporter, good(duties[1])).status_code == 200


def test_saving_for_a_closed_period_says_why_not(duties: list[Duty], reporter: User) -> None:
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    response = save(reporter, good(duties[0]))
    assert response.status_code == 422
    assert "已关闭" in response.json()["reason"]


def test_a_session_that_ended_leads_to_the_log_in_page(duties: list[Duty]) -> None:
    response = Client().post(reverse("progress:save", args=["2020Q3"]), row(duties[0]))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


# Evidence and 同报


def upload(user: User, duty: Duty, name: str = "批复.pdf", content: bytes = PDF) -> Any:
    data: dict[str, Any] = {
        **row(duty, text="边写边传。"),
        f"d{duty.pk}-file": SimpleUploadedFile(name, content),
    }
    where = reverse("progress:evidence", args=["2020Q3", duty.pk])
    return client_of(user).post(where, data, follow=True)


def test_a_file_is_added_and_what_was_typed_beside_it_stays(
    duties: list[Duty], reporter: User
) -> None:
    text = upload(reporter, duties[0]).content.decode()
    assert "已上传“批复.pdf”。" in text
    assert "边写边传。" in text
    evidence = Evidence.objects.get()
    assert reverse("progress:evidence_file", args=[evidence.pk]) in text
    response = client_of(reporter).post(
        reverse("progress:evidence_remove", args=[evidence.pk]), row(duties[0]), follow=True
    )
    assert "已删去“批复.pdf”。" in response.content.decode()
    assert not Evidence.objects.exists()


def test_a_file_that_is_not_taken_is_told_and_the_row_named(
    duties: list[Duty], reporter: User
) -> None:
    text = upload(reporter, duties[0], "病毒.exe", b"MZ\x90\x00").content.decode()
    assert "第 1 项：" in text
    assert "边写边传。" in text
    assert not Evidence.objects.exists()


def test_a_file_goes_only_to_those_who_may_read_the_report(
    duties: list[Duty], reporter: User
) -> None:
    upload(reporter, duties[0])
    where = reverse("progress:evidence_file", args=[Evidence.objects.get().pk])
    response = client_of(reporter).get(where)
    assert b"".join(response.streaming_content) == PDF  # type: ignore[attr-defined]
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"].startswith("attachment")
    plan = duties[0].task.plan
    assert plan.line is not None
    supervisor = make_member(make_agency("省发展改革委"), Role.SUPERVISOR, lines=[plan.line])
    stranger = make_member(make_agency("省档案局"), Role.REPORTER)
    assert client_of(supervisor).get(where).status_code == 404
    send(reporter, good(duties[0]))
    sent = client_of(supervisor).get(where)
    assert io.BytesIO(b"".join(sent.streaming_content)).read() == PDF  # type: ignore[attr-defined]
    assert client_of(stranger).get(where).status_code == 404
    remove = reverse("progress:evidence_remove", args=[Evidence.objects.get().pk])
    assert client_of(stranger).post(remove).status_code == 404


def test_two_rows_of_the_same_text_are_written_once(duties: list[Duty], reporter: User) -> None:
    where = reverse("progress:same", args=["2020Q3", duties[1].pk])
    data = {f"d{duties[1].pk}-source": str(duties[0].task_id), **row(duties[2], text="也在写。")}
    text = client_of(reporter).post(where, data, follow=True).content.decode()
    assert f"与《{duties[0].task.plan.short_title}》第 1 项同报，只写一次" in text
    assert "随第 1 项" in text
    assert "也在写。" in text
    send(reporter, good(duties[0], "一份文字。"))
    assert set(Progress.objects.values_list("text", flat=True)) == {"一份文字。"}
    assert Progress.objects.count() == 2
    client_of(reporter).post(where, {"apart": "1"})
    assert not SameReport.objects.exists()


def test_a_row_that_goes_along_sends_its_whole_as_it_is(duties: list[Duty], reporter: User) -> None:
    make_duty(duties[1].task, make_agency("省教育厅"))
    send(reporter, good(duties[1], whole_text="全项已完成。"))
    where = reverse("progress:same", args=["2020Q3", duties[1].pk])
    data = {f"d{duties[1].pk}-source": str(duties[0].task_id)}
    text = client_of(reporter).post(where, data, follow=True).content.decode()
    # left out, the row would look as if somebody had emptied it
    assert f'name="d{duties[1].pk}-whole_text" value="全项已完成。"' in text


def test_a_wrong_value_of_a_row_that_goes_along_holds_its_source_back(
    duties: list[Duty], reporter: User, unit: Agency
) -> None:
    make_figure(duties[1].task, unit)
    where = reverse("progress:same", args=["2020Q3", duties[1].pk])
    client_of(reporter).post(where, {f"d{duties[1].pk}-source": str(duties[0].task_id)})
    answer = send(reporter, good(duties[0]), row(duties[1], value="十家"))
    assert answer.status_code == 422
    assert not Progress.objects.exists()
    send(reporter, good(duties[0]), row(duties[1], value="10"))
    assert Progress.objects.get(duty=duties[1]).value == 10
