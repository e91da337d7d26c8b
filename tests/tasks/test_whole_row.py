"""A row of several leads: each unit's part, and the 汇总单位's text, which stands for the row."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.ops.models import Installation
from apps.reports.selectors.lines import lines_of
from apps.tasks.access import everything, scope_of
from apps.tasks.models import Duty, PeriodMark, Progress, Task
from apps.tasks.selectors.detail import task_page
from apps.tasks.selectors.ledger import ledger_sheet
from apps.tasks.selectors.rows import listed, tasks_visible, with_last, with_words
from apps.tasks.services.marks import marks_refresh
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

pytestmark = pytest.mark.django_db
Role = Membership.Role
WHOLE, PART, MISSING = "全省共组建二百家。", "本厅组建四十家。", "省经济和信息化委"
OVER = date(2020, 10, 21)


@pytest.fixture(autouse=True)
def _on_the_samples_day() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def leads() -> list[Agency]:
    return [make_agency(name) for name in ("省发展改革委", "省科技厅", MISSING)]


@pytest.fixture
def task(leads: list[Agency]) -> Task:
    """省科技厅 puts the row together; the first two have reported, the third is silent."""
    task = make_task(make_plan("ours"), number="3", leads=leads, consolidator=leads[1])
    for agency in leads:
        make_figure(task, agency, target="100")
    duties = [make_duty(task, agency) for agency in leads]
    sent(duties[0], PART, value=Decimal(40))
    sent(duties[1], "汇总单位自己的部分。", value=Decimal(80), unchanged="no_stage")
    marks_refresh(task_ids=[task.pk], today=TODAY)
    return task


def sent(duty: Duty, text: str, **fields: Any) -> Progress:
    fields = {
        "state": "approved",
        "self_assessment": "normal",
        "first_submitted_on": TODAY,
        "counted_on": TODAY,
        "submitted_on": TODAY,
        "delivered_on": TODAY,
        "judgement": "normal",
        "judged_by": "督查员",
        "judged_on": TODAY,
        **fields,
    }
    return Progress.objects.create(duty=duty, text=text, **fields)


@pytest.fixture
def whole(task: Task, leads: list[Agency]) -> Progress:
    """省科技厅's report, with the text for the whole row."""
    progress = Progress.objects.get(duty__task=task, duty__agency=leads[1])
    progress.whole_text, progress.whole_missing = WHOLE, [MISSING]
    progress.save()
    return progress


def of_unit(agency: Agency) -> User:
    return make_member(agency, Role.REPORTER)


def last(user: User) -> dict[str, Any]:
    scope = scope_of(user, TODAY)
    row: Any = with_last(listed(tasks_visible(scope)), scope).get()
    found: dict[str, Any] = row.last
    return found


@pytest.fixture
def supervisor(leads: list[Agency]) -> User:
    return make_member(leads[0], Role.SUPERVISOR, lines=[make_line()])


def page(user: User, task: Task, path: str = "") -> str:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    response = client.get(path or task.get_absolute_url())
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.usefixtures("whole")
def test_the_list_shows_what_the_row_came_to(task: Task, supervisor: User) -> None:
    shown = last(supervisor)
    assert (shown["text"], shown["agency"], shown["missing"]) == (WHOLE, "省科技厅", [MISSING])
    text = page(supervisor, task, "/tasks/")
    assert f"省科技厅汇总：{WHOLE}" in text
    assert f"（缺：{MISSING}）" in text
    assert '<span class="tag">同上期</span>' in text


def test_without_it_the_list_shows_its_own_part(task: Task, supervisor: User) -> None:
    shown = last(supervisor)
    assert (shown["text"], shown["whole"]) == ("汇总单位自己的部分。", None)
    assert "省科技厅：汇总单位自己的部分。" in page(supervisor, task, "/tasks/")


@pytest.mark.usefixtures("whole")
def test_another_lead_reads_its_own_part_alone(leads: list[Agency]) -> None:
    reporter = of_unit(leads[2])
    assert last(of_unit(leads[1]))["text"] == WHOLE
    assert WHOLE not in str(last(reporter))


def test_who_puts_it_together_reads_all_and_shows_itself_first(
    task: Task, leads: list[Agency], whole: Progress
) -> None:
    Progress.objects.exclude(pk=whole.pk).update(delivered_on=date(2020, 10, 15))
    assert last(of_unit(leads[1]))["text"] == WHOLE
    Task.objects.update(consolidator=leads[0])
    assert last(of_unit(leads[0]))["text"] == PART
    assert page(of_unit(leads[0]), task).count(WHOLE) == 0


def test_others_read_the_whole_as_it_left_the_unit(
    task: Task, leads: list[Agency], whole: Progress, supervisor: User
) -> None:
    whole.keep_delivered(log_no=0)
    whole.whole_text, whole.whole_missing, whole.text = "没有签的汇总。", [], "没有签的部分。"
    whole.unchanged, whole.state = "", "signing"
    whole.save()
    shown = last(supervisor)
    assert (shown["text"], shown["missing"], shown["unchanged"]) == (WHOLE, [MISSING], "no_stage")
    assert last(of_unit(leads[1]))["text"] == "没有签的汇总。"
    scope = scope_of(supervisor, TODAY)
    assert [
        with_words(tasks_visible(scope), scope, word).count() for word in (WHOLE, "没有签")
    ] == [
        1,
        0,
    ]
    assert "没有签" not in page(supervisor, task)


@pytest.mark.usefixtures("whole")
def test_the_short_lists_say_the_same(task: Task) -> None:
    scope, rows = everything(), Task.objects.filter(pk=task.pk)
    [line] = lines_of({"all": rows}, scope=scope, today=TODAY)["all"]
    assert line.last is not None
    assert (line.last.text, line.last.missing, line.last.unchanged) == (WHOLE, MISSING, True)
    assert line.last_by == "省科技厅汇总"


def ledger(period: Any = None) -> dict[str, Any]:
    sheet = ledger_sheet(Task.objects.all(), scope=everything(), period=period, today=TODAY)
    [row] = [list(row) for row in sheet.rows]
    return dict(zip(sheet.headers, row, strict=True))


@pytest.mark.usefixtures("whole")
def test_the_exported_ledger_gives_the_whole_and_its_value() -> None:
    row = ledger()
    assert row["进展情况"] == f"（2020年前三季度，省科技厅汇总，同上期，缺：{MISSING}）{WHOLE}"
    assert row["完成比例（%）"] == Decimal("80.0")
    assert "省发展改革委：审核通过" in row["审核和认定"]


@pytest.mark.usefixtures("task")
def test_the_exported_ledger_gives_the_parts_where_nobody_put_them_together() -> None:
    assert ledger()["进展情况"] == (
        f"省发展改革委：（2020年前三季度）{PART}\n"
        "省科技厅：（2020年前三季度，同上期）汇总单位自己的部分。"
    )


@pytest.mark.usefixtures("whole")
def test_an_old_whole_does_not_stand_for_newer_parts(task: Task, leads: list[Agency]) -> None:
    sent(make_duty(task, leads[0], code="2020Q4", cut_off=date(2021, 1, 20)), "新的一期。")
    assert "省发展改革委：（2020年全年）新的一期。" in ledger()["进展情况"]
    assert WHOLE not in ledger()["进展情况"]


@pytest.mark.usefixtures("whole")
def test_the_page_of_the_row_shows_parts_whole_and_who_is_missing(
    task: Task, supervisor: User
) -> None:
    text = page(supervisor, task)
    assert "省科技厅汇总（2020年前三季度）" in text
    assert f"缺：{MISSING}" in text
    for said in (WHOLE, PART, "汇总单位自己的部分。", "无新增进展：本期无节点"):
        assert said in text


@pytest.mark.usefixtures("whole")
def test_only_the_silent_unit_is_missing(task: Task) -> None:
    marks_refresh(task_ids=[task.pk], today=OVER)
    found = task_page(task.pk, scope=everything(), today=OVER, limit=20)
    assert found is not None
    assert [(report.duty.agency.name, report.mark_label) for report in found.reports] == [
        ("省发展改革委", "已报"),
        ("省科技厅", "已报"),
        (MISSING, "未报"),
    ]
    assert (found.task.report_label, found.task.light) == ("已报 2/3", "green")


def test_a_unit_silent_for_several_periods_is_told_so(task: Task, leads: list[Agency]) -> None:
    for code, cut_off in (("2020Q1", date(2020, 4, 20)), ("2020Q2", date(2020, 7, 20))):
        for agency in leads[1:]:
            make_duty(task, agency, code=code, cut_off=cut_off)
    found = task_page(task.pk, scope=everything(), today=TODAY, limit=20)
    assert found is not None
    labels = [report.mark_label for report in found.reports]
    assert labels == ["已报", "已报", "连续2期未报"]


def test_the_page_shows_how_the_row_stood_from_period_to_period(
    task: Task, leads: list[Agency], supervisor: User
) -> None:
    for place in range(9):
        year, quarter = 2018 + place // 4, place % 4 + 1
        period = make_plan_period(task.plan, f"{year}Q{quarter}", date(year, 12, 1))
        PeriodMark.objects.create(
            task=task,
            plan_period=period,
            light="red",
            light_reason=f"第{place}期的灯",
            report_mark="miss",
            report_label="未报",
            marked_on=date(year, 12, 1),
        )
    text = page(supervisor, task).split('id="periods"')[1].split("</section>")[0]
    assert "近 8 期" in text
    assert text.index("2020年前三季度") < text.index("2020年一季度") < text.index("2018年前三季度")
    assert "第1期的灯" not in text
    assert "第8期的灯" in text
    assert 'id="periods"' in page(of_unit(leads[2]), task)
    support = make_agency("省教育厅")
    make_task(task.plan, leads=[support])
    assert 'id="periods"' not in page(of_unit(support), task)
