"""任务: the row verbatim, why its light is so, what was reported and what happened to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.agencies.parties import Role as Part
from apps.ops.models import Installation
from apps.plans.models import Plan
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content
from apps.tasks.models import Assignment, Deadline, Duty, Progress, SourceTable, Task
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.overdue import overdue_flag
from apps.tasks.wording import due_reading
from tests import reporting
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

pytestmark = pytest.mark.django_db
Role = Membership.Role
CUT_OFF_Q2 = date(2020, 7, 20)


@pytest.fixture(autouse=True)
def _on_the_samples_day() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def plan() -> Plan:
    return make_plan("ours", short_title="实施方案（2017年）")


@pytest.fixture
def supervisor(plan: Plan) -> User:
    assert plan.supervisor is not None
    return make_member(plan.supervisor, Role.SUPERVISOR, lines=[make_line()])


def get(user: User, task: Task, **query: str) -> Any:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client.get(task.get_absolute_url(), query)


def page(user: User, task: Task, **query: str) -> str:
    response = get(user, task, **query)
    assert response.status_code == 200
    return str(response.content.decode())


def submit(duty: Duty, reporter: User, text: str, **more: Any) -> Progress:
    content = Content(text=text, self_assessment=Assessment.NORMAL, **more)
    return reporting.submit(duty, reporter, content)


def approve(progress: Progress, supervisor: User, reason: str = "") -> None:
    reporting.approve(supervisor, progress, assessment=Assessment.NORMAL, reason=reason)


def test_the_row_stands_there_verbatim_with_its_cells(plan: Plan, supervisor: User) -> None:
    columns = [
        {"index": place, "header": header, "field": "ignored"}
        for place, header in enumerate(["序号", "重点工作", "成果形式"])
    ]
    layout = {
        "sheet": "表", "header_rows": [1], "columns": columns, "first_row": 2, "last_row": 2,
    }  # fmt: skip
    SourceTable.objects.create(plan=plan, layout=layout)
    task = make_task(plan, number="3", cells=["3", "新组建40家<实验室>。", ""], category=["创新"])
    text = page(supervisor, task)
    assert "<dt>成果形式</dt>" in text
    assert "新组建40家&lt;实验室&gt;。" in text
    assert "原表第 3 项，文字一字未改" in text
    assert "<dt>类别</dt><dd>创新</dd>" in text


def test_an_opened_light_tells_its_rule_and_figure(plan: Plan, supervisor: User) -> None:
    task = make_task(plan, due_on=date(2017, 12, 31))
    marks_refresh(task_ids=[task.pk], today=TODAY)
    text = page(supervisor, task)
    assert "why-red" in text
    assert "逾期 1016 天" in text
    assert "完成时限已过，任务未办结" in text
    assert "最后一日 2017-12-31" in text


def test_the_last_report_stands_in_grey_until_the_new_one_is_in(
    plan: Plan, supervisor: User
) -> None:
    unit = make_agency("省科技厅")
    task = make_task(plan, leads=[unit])
    make_figure(task, unit, target="200")
    reporter = make_member(unit, Role.REPORTER)
    submit(make_duty(task, unit, code="2020Q2", cut_off=CUT_OFF_Q2), reporter, "上半年组建。")
    duty = make_duty(task, unit)
    before = page(supervisor, task)
    assert 'class="quiet"' in before
    assert "2020年上半年：上半年组建。" in before
    submit(duty, reporter, "又组建五家。", value=Decimal(208))
    after = page(supervisor, task)
    assert "上半年组建" not in after.split('id="log"')[0]
    assert "又组建五家。" in after
    assert "完成值 208 / 目标 200 家" in after
    assert "未核" in after


def test_other_units_see_the_row_and_whether_but_not_what_was_reported(
    plan: Plan, supervisor: User
) -> None:
    first, second, support = (make_agency(n) for n in ("省科技厅", "省财政厅", "省教育厅"))
    elsewhere = make_agency("省商务厅")
    task = make_task(plan, leads=[first, second], supports=[support], consolidator=second)
    make_task(plan, leads=[elsewhere])
    progress = submit(make_duty(task, first), make_member(first, Role.REPORTER), "只给看得见的人。")
    make_duty(task, second)
    approve(progress, supervisor, "电话核实无误")
    for unit in (second, first):
        assert "只给看得见的人。" in page(make_member(unit, Role.APPROVER), task)
    helper = page(make_member(support, Role.REPORTER), task)
    assert "进展只对本单位、汇总单位和督查部门可见" in helper
    outsider = page(make_member(elsewhere, Role.REPORTER), task)
    for text in (helper, outsider):
        assert "已报" not in text.split('id="log"')[0].replace("本期报送", "")
        assert task.content in text
        assert "只给看得见的人" not in text
        assert "电话核实" not in text


def test_a_report_is_unknown_outside_until_it_is_signed(plan: Plan, supervisor: User) -> None:
    unit = make_agency("省科技厅")
    task = make_task(plan, leads=[unit])
    approver = make_member(unit, Role.APPROVER)
    progress = submit(make_duty(task, unit), make_member(unit, Role.REPORTER), "还在等审签。")
    assert "还在等审签。" in page(approver, task)
    assert "还在等审签" not in page(supervisor, task)
    reporting.sign(approver, progress)
    assert "还在等审签。" in page(supervisor, task)


def test_the_log_tells_who_what_from_to_and_why(plan: Plan, supervisor: User) -> None:
    task = make_task(plan, due_on=date(2017, 12, 31))
    overdue_flag(actor=supervisor, today=TODAY)
    text = page(supervisor, task)
    assert "标记逾期" in text
    assert "逾期起 2018-01-01" in text
    assert "理由：完成时限 2017-12-31 已过，任务未办结" in text
    assert "省发展改革委" in text


def test_a_long_log_is_shown_in_part_and_whole_on_request(plan: Plan, supervisor: User) -> None:
    unit = make_agency("省科技厅")
    task = make_task(plan, leads=[unit])
    reporter = make_member(unit, Role.REPORTER)
    for year in range(2013, 2020):
        for quarter in range(1, 5):
            day = date(year + quarter // 4, quarter * 3 % 12 + 1, 20)
            submit(make_duty(task, unit, code=f"{year}Q{quarter}", cut_off=day), reporter, "好。")
    short = page(supervisor, task)
    assert "近 20 条，共 28 条" in short
    assert short.count("<time") == 20
    assert page(supervisor, task, log="all").count("<time") == 28


@pytest.mark.parametrize(
    ("deadline", "words"),
    [
        (
            Deadline(from_table=True, kind="date", due_on=date(2020, 12, 31)),
            "读作 2020-12-31（含当日）",
        ),
        (
            Deadline(
                from_table=True, kind="date", due_on=date(2019, 6, 30), soft=True, milestone="动工"
            ),
            "读作 2019-06-30（含当日），力争时限，过后不算逾期，“动工”不等于完成",
        ),
        (
            Deadline(
                from_table=True,
                kind="date",
                due_on=date(2020, 12, 31),
                others=[{"due_on": "2019-12-31"}],
            ),
            "读作 2020-12-31（含当日），另有阶段时限 2019-12-31",
        ),
        (Deadline(from_table=True, kind="ongoing"), "读作持续推进，没有最后一日"),
        (
            Deadline(from_table=True, kind="ongoing", due_on=date(2020, 12, 31)),
            "读作持续推进，到 2020-12-31 为止",
        ),
        (
            Deadline(
                from_table=True,
                kind="recurring",
                every="year",
                every_due={"month": 2, "day": "last"},
            ),
            "读作每年2月底前",
        ),
        (
            Deadline(
                from_table=True,
                kind="recurring",
                every="quarter",
                every_due={"month": None, "nth_month": 3, "day": 20},
                starts_on=date(2020, 1, 1),
            ),
            "读作每季度第3个月20日前，自 2020-01-01 起",
        ),
        (Deadline(from_table=True, kind="unresolved"), "读不出，待判读，不计逾期"),
        (Deadline(from_table=True, kind="none"), "表中未写"),
        (
            Deadline(
                text="2017年",
                kind="date",
                due_on=date(2020, 9, 30),
                recorded_on=date(2019, 12, 20),
            ),
            "原表“2017年”；2019-12-20 同意延至 2020-09-30（含当日）",
        ),
    ],
)
def test_a_reading_is_said_in_words(deadline: Deadline, words: str) -> None:
    assert due_reading(deadline) == words


def test_every_earlier_deadline_stays_visible(plan: Plan, supervisor: User) -> None:
    task = make_task(plan, due_on=date(2017, 12, 31))
    task.deadlines.update(current=False)
    task.deadlines.create(
        sequence=2, text="2017年", kind="date", due_on=date(2020, 9, 30),
        basis="联席会议同意延期", recorded_on=date(2019, 12, 20),
    )  # fmt: skip
    text = page(supervisor, task)
    assert '<span class="sub">读作 2017-12-31（含当日）</span><span class="sub">原表</span>' in text
    assert "原表“2017年”；2019-12-20 同意延至 2020-09-30（含当日）</span>" in text
    assert '<span class="sub">联席会议同意延期</span>' in text
    assert ">现行</span>" in text
    assert "2 条" in text
    assert "无调整" not in text


def test_units_carry_the_words_of_the_source(plan: Plan, supervisor: User) -> None:
    task = make_task(plan, leads=[make_agency("省科技厅")])
    Assignment.objects.bulk_create(
        [
            Assignment(task=task, name="省新单位", role=Part.SUPPORT, word="配合", position=2),
            Assignment(
                task=task, name="各市政府", role=Part.IMPLEMENT, collective=True, position=3
            ),
            Assignment(
                task=task, name="省财政厅", role=Part.LEAD, position=4,
                derived_from="first_is_lead", also=["省财厅"],
            ),
        ]
    )  # fmt: skip
    text = page(supervisor, task)
    assert "原文作“配合”；名称未对应单位" in text
    assert "集合名称" in text
    assert "据文件规定：列第一位者为牵头单位；原文并写省财厅" in text
    assert "按排序默认" in text


def test_a_plan_held_beside_our_own_carries_no_light(plan: Plan, supervisor: User) -> None:
    above = make_plan("above", relation="upper")
    plan.parent = above
    plan.save()
    task = make_task(above)
    text = page(supervisor, task)
    assert "上级文件（对照），不产生应报" in text
    assert 'class="why' not in text
    assert "汇总单位" not in text


def test_the_page_offers_the_one_thing_to_do_now(plan: Plan, supervisor: User) -> None:
    unit = make_agency("省科技厅")
    task = make_task(plan, leads=[unit])
    duty = make_duty(task, unit)
    reporter, approver = make_member(unit, Role.REPORTER), make_member(unit, Role.APPROVER)
    address = reverse("tasks:record", args=[task.pk, duty.pk])
    assert f'class="btn btn-primary" href="{address}">填报本期进展' in page(reporter, task)
    assert address not in page(approver, task)
    submit(duty, reporter, "做完一批。")
    assert f'class="btn btn-line" href="{address}">修改前三季度进展' in page(reporter, task)
    assert "审签（1 份）" in page(approver, task)
    assert "btn-primary" not in page(supervisor, task)


def test_a_row_that_came_after_the_opening_says_why_it_owes_nothing(
    plan: Plan, supervisor: User
) -> None:
    before = page(supervisor, make_task(plan))
    assert "还没有开放报告期" in before
    make_plan_period(plan)
    added = page(supervisor, make_task(plan))
    assert "本行在报告期开放以后加入，本期不产生应报。" in added
    assert "没有可以对应的牵头单位，不产生应报" in page(supervisor, make_task(plan, leads=[]))


def test_a_missed_report_is_not_said_to_be_of_this_period(plan: Plan, supervisor: User) -> None:
    unit = make_agency("省科技厅")
    due, missed = make_task(plan, leads=[unit]), make_task(plan, leads=[unit])
    make_duty(due, unit)
    make_duty(missed, unit, code="2020Q2", cut_off=CUT_OFF_Q2)
    marks_refresh(task_ids=[due.pk, missed.pk], today=TODAY)
    assert "· 本期报送 " in page(supervisor, due)
    assert "· 报送 " in page(supervisor, missed)


def test_a_stranger_and_an_administrator_find_nothing(plan: Plan) -> None:
    task = make_task(plan)
    assert (
        get(
            make_member(Agency.objects.create(name="外单位", code="x"), Role.REPORTER), task
        ).status_code
        == 404
    )
    assert get(make_user(duty="system"), task).status_code == 404
