"""任务台账: which rows, in which order, and nothing told about what may not be seen."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import Membership, User
from apps.agencies.models import Alias
from apps.common.spreadsheets import read_sheets
from apps.ops.models import Installation
from apps.plans.models import Plan
from apps.tasks import tables
from apps.tasks.access import scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content
from apps.tasks.filters import TaskFilter
from apps.tasks.models import Duty, Task
from apps.tasks.selectors import rows
from apps.tasks.selectors.rows import listed, tally, tasks_visible, with_last
from apps.tasks.services.marks import marks_refresh
from apps.tasks.views import rows as views
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_line,
    make_member,
    make_plan,
    make_task,
    make_user,
)
from tests.reporting import reporter_of, submit

pytestmark = pytest.mark.django_db
Role = Membership.Role


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


def get(user: User, *, part: bool = False, **query: str) -> Any:
    client = Client(headers={"HX-Request": "true"} if part else None)
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client.get(f"{reverse('tasks:list')}?{urlencode(query)}")


def page(user: User, **query: str) -> str:
    response = get(user, part=False, **query)
    assert response.status_code == 200
    return str(response.content.decode())


def found(user: User, **query: str) -> list[str]:
    """The numbers of the rows that a filter leaves, in the original's order."""
    scope = scope_of(User.objects.get(pk=user.pk), TODAY)
    narrowed = TaskFilter(QueryDict(urlencode(query)), tasks_visible(scope), scope=scope)
    assert not narrowed.form.errors
    return [task.number for task in narrowed.qs.order_by("plan_id", "position")]


def report(duty: Duty, text: str) -> None:
    content = Content(text=text, self_assessment=Assessment.NORMAL)
    submit(duty, reporter_of(duty.agency), content)


def judged(*tasks: Task) -> None:
    marks_refresh(task_ids=[task.pk for task in tasks], today=TODAY)


# Which rows


def test_our_own_plans_are_listed_first_and_the_others_on_request(supervisor: User) -> None:
    above = make_plan("above", relation="upper")
    plan = make_plan("later", parent=above)
    mine = make_task(plan, number="1")
    older = make_task(above, number="国1", position=1)
    assert found(supervisor) == ["1"]
    assert set(found(supervisor, plan="all")) == {"1", "国1"}
    assert found(supervisor, plan=str(above.pk)) == ["国1"]
    mixed = page(supervisor, plan="all")
    assert mixed.index(mine.content) < mixed.index(older.content)


def test_rows_of_foreign_plans_have_no_light(supervisor: User) -> None:
    above = make_plan("above", relation="upper")
    mine = make_task(make_plan("later", parent=above), number="1")
    theirs = make_task(above, number="国1")
    judged(mine, theirs)
    assert found(supervisor, plan="all", light="nodata") == ["1"]
    assert found(supervisor, plan=str(above.pk), light="nodata") == []
    mixed = get(supervisor, plan="all", sort="light")
    assert mixed.context["tally"].lights["nodata"] == 1
    assert mixed.context["tally"].total == 2
    assert "只作对照" not in mixed.content.decode().split("<tbody")[1]


def test_a_reader_of_foreign_plans_alone_sees_them_at_once() -> None:
    unit = make_agency("市科技创新委", region="深圳市")
    below = make_plan("below", relation="lower")
    make_task(below, number="8", leads=[unit])
    assert found(make_member(unit, Role.REPORTER)) == ["8"]


def test_a_unit_is_found_by_the_part_it_has(plan: Plan, supervisor: User) -> None:
    unit = make_agency("省科技厅")
    make_task(plan, number="1", leads=[unit])
    make_task(plan, number="2", supports=[unit])
    make_task(plan, number="3")
    key = str(unit.pk)
    assert found(supervisor, unit=key) == ["1", "2"]
    assert found(supervisor, unit=key, role="lead") == ["1"]
    assert found(supervisor, unit=key, role="support") == ["2"]


def test_rows_are_found_by_state_deadline_and_category(plan: Plan, supervisor: User) -> None:
    make_task(plan, number="1", due_on=date(2017, 12, 31), state="closed", category=["创新"])
    make_task(plan, number="2", due_on=date(2020, 12, 31), category=["产业", "集群"])
    make_task(plan, number="3")
    assert found(supervisor, state="closed") == ["1"]
    assert found(supervisor, state="open") == ["2", "3"]
    assert found(supervisor, due_from="2018-01-01", due_to="2020年12月31日") == ["2"]
    assert found(supervisor, category="集群") == ["2"]
    assert '<option value="集群"' in page(supervisor, plan=str(plan.pk))


def test_every_word_must_stand_in_the_row_its_units_or_its_progress(
    plan: Plan, supervisor: User
) -> None:
    unit = make_agency("省科技厅")
    one = make_task(plan, number="1", content="组建创新联盟。", leads=[unit])
    make_task(plan, number="2", content="组建孵化器。", title="双创")
    report(make_duty(one, unit), "新增两家联合体。")
    assert found(supervisor, q="组建") == ["1", "2"]
    assert found(supervisor, q="组建 科技") == ["1"]
    assert found(supervisor, q="双创") == ["2"]
    assert found(supervisor, q="联合体") == ["1"]
    assert found(supervisor, q="2") == ["2"]
    assert found(supervisor, q="100%_") == []


def test_a_unit_is_found_by_its_short_name_too(plan: Plan, supervisor: User) -> None:
    unit = make_agency("省住房和城乡建设厅")
    Alias.objects.create(agency=unit, name="省住建厅", basis="通用简称")
    make_task(plan, number="1", leads=[unit])
    make_task(plan, number="2")
    assert found(supervisor, q="省住建厅") == ["1"]


def test_the_worst_lights_come_first_when_sorted_by_light(plan: Plan, supervisor: User) -> None:
    make_task(plan, content="还没有进展。")
    judged(make_task(plan, content="早已过期。", due_on=date(2018, 12, 31)))
    text = page(supervisor, sort="light")
    assert text.index("早已过期。") < text.index("还没有进展。")


# What a row tells


def test_a_row_shows_its_deadline_verbatim_with_its_reading(plan: Plan, supervisor: User) -> None:
    task = make_task(plan, due_on=date(2017, 12, 31))
    make_task(plan, due_kind="unresolved").deadlines.update(text="条件成熟时", kind="unresolved")
    make_task(plan, due_kind="none").deadlines.update(text="", kind="none")
    judged(task)
    text = page(supervisor)
    assert '2017年<span class="sub">2017-12-31</span>' in text
    assert "逾期 1016 天" in text
    assert '条件成熟时<span class="sub">读不出，待判读</span>' in text
    assert '<span class="sub">表中未写</span>' in text


def test_progress_is_shown_to_its_unit_and_to_nobody_beside(plan: Plan) -> None:
    first, second, third = (make_agency(n) for n in ("省科技厅", "省财政厅", "省教育厅"))
    task = make_task(plan, leads=[first, second], consolidator=first)
    make_task(plan, leads=[third])
    make_duty(task, second)
    report(make_duty(task, first), "秘而不宣的进展。")
    insider, other_lead, stranger = (
        make_member(unit, Role.APPROVER) for unit in (first, second, third)
    )
    assert "秘而不宣的进展。" in page(insider)
    assert "秘而不宣" not in page(other_lead)
    assert "已报 1/2" in page(other_lead)
    assert "已报" not in page(stranger).split("</thead>")[1].split("第 1—")[0]
    assert found(insider, q="秘而不宣") == [task.number]
    assert found(other_lead, q="秘而不宣") == []


def test_filters_and_counts_tell_nothing_about_hidden_marks(plan: Plan) -> None:
    unit = make_agency("省科技厅")
    mine = make_task(plan, number="1", leads=[unit])
    theirs = make_task(plan, number="2", due_on=date(2017, 12, 31), overdue_since=date(2018, 1, 1))
    make_duty(theirs, theirs.assignments.get().agency or unit)
    judged(mine, theirs)
    reporter = make_member(unit, Role.REPORTER)
    assert found(reporter, light="red") == []
    assert found(reporter, mark="due") == []
    assert found(reporter, state="overdue") == []
    # but for the choice of the filter
    assert page(reporter).count("逾期") == 1
    text = page(reporter, sort="light")
    assert text.index(mine.content) < text.index(theirs.content)


def test_the_reader_finds_their_own_report_where_another_is_newer(plan: Plan) -> None:
    first, second = make_agency("省科技厅"), make_agency("省财政厅")
    task = make_task(plan, leads=[first, second], consolidator=None)
    report(make_duty(task, second, code="2020Q2", cut_off=date(2020, 7, 20)), "上期做完的事。")
    report(make_duty(task, first), "别人新报的事。")
    text = page(make_member(second, Role.APPROVER))
    assert "上期做完的事。" in text
    assert "别人新报的事。" not in text


# Pages, counts, errors


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"plan": "999999"}, "没有“999999”这一项"),
        ({"unit": "abc"}, "没有“abc”这一项"),
        ({"unit": "9" * 40}, "这一项，请从列表里选"),
        ({"light": "purple"}, "没有“purple”这一项"),
        ({"q": "词" * 3000}, "最多 60 个字"),
        ({"due_from": "2020-02-30"}, "“2020-02-30”不是日期"),
        ({"due_from": "2020-12-31", "due_to": "2020-01-01"}, "止早于起"),
    ],
)
def test_a_condition_that_makes_no_sense_is_answered_by_its_field(
    query: dict[str, str], sentence: str, plan: Plan, supervisor: User
) -> None:
    task = make_task(plan)
    text = page(supervisor, **query)
    assert sentence in text
    assert task.content not in text


@pytest.mark.parametrize(
    "query",
    [{"page": "0"}, {"page": "x"}, {"page": "99"}, {"per_page": "7"}, {"sort": "-nothing"}],
)
def test_strange_pages_and_orders_fall_back_to_the_usual_ones(
    query: dict[str, str], plan: Plan, supervisor: User
) -> None:
    task = make_task(plan)
    assert task.content in page(supervisor, **query)


@pytest.mark.parametrize(
    ("wanted", "size"),
    [("-1", 30), ("0", 30), ("99999999", 30), ("abc", 30), ("30", 30), ("50", 50), ("100", 100)],
)
def test_a_page_has_one_of_the_sizes_that_are_offered(
    wanted: str, size: int, plan: Plan, supervisor: User
) -> None:
    make_task(plan)
    response = get(supervisor, per_page=wanted)
    assert response.status_code == 200
    assert response.context["table"].paginator.per_page == size


def test_the_two_empty_lists_say_different_things(plan: Plan, supervisor: User) -> None:
    assert "还没有您能看到的任务" in page(supervisor)
    make_task(plan)
    text = page(supervisor, q="没有的词")
    assert "没有符合条件的任务" in text
    assert f'href="{reverse("tasks:list")}"' in text


def test_lights_are_counted_within_the_other_conditions(plan: Plan, supervisor: User) -> None:
    late = make_task(plan, due_on=date(2017, 12, 31))
    judged(late, make_task(plan), make_task(plan))
    scope = scope_of(User.objects.get(pk=supervisor.pk), TODAY)
    counted = tally(tasks_visible(scope))
    assert counted.total == 3
    assert {light.value: n for light, n in counted.lights.items() if n} == {"red": 1, "nodata": 2}
    text = page(supervisor, light="red")
    assert '共 <span class="num">1</span> 项' in text
    assert "<i>2</i>" in text


def test_beyond_the_limit_the_list_says_so_and_counts_no_further(
    plan: Plan, supervisor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        make_task(plan)
    for module in (rows, views, tables):
        monkeypatch.setattr(module, "COUNT_LIMIT", 2)
    text = page(supervisor)
    assert '超过 <span class="num">2</span> 条' in text
    assert "共 超过 2 项" in text
    assert "<i>" not in text.split('class="quick"')[1].split("</section>")[0].split("<table")[0]


def test_beyond_the_limit_one_light_is_counted_by_itself(
    plan: Plan, supervisor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = make_task(plan, due_on=date(2017, 12, 31))
    judged(late, *(make_task(plan) for _ in range(3)))
    for module in (rows, views, tables):
        monkeypatch.setattr(module, "COUNT_LIMIT", 2)
    assert get(supervisor, light="red").context["total"] == 1
    assert '共 <span class="num">1</span> 项' in page(supervisor, light="red")


def test_a_search_lays_no_reports_beside_all_rows(plan: Plan, supervisor: User) -> None:
    make_task(plan)
    scope = scope_of(supervisor, TODAY)
    searched = rows.with_words(tasks_visible(scope), scope, "联盟")
    assert "JOIN" not in str(searched.query)


def test_htmx_gets_the_list_alone_and_everybody_else_the_page(plan: Plan, supervisor: User) -> None:
    task = make_task(plan)
    part = get(supervisor, part=True)
    text = part.content.decode()
    assert text.lstrip().startswith("<section id=")
    assert task.content in text
    assert 'hx-swap-oob="true"' in text
    assert "HX-Request" in part["Vary"]
    assert "<!DOCTYPE html>" in page(supervisor)


def test_the_number_of_queries_does_not_grow_with_the_rows(plan: Plan, supervisor: User) -> None:
    def queries() -> int:
        client = Client()
        client.force_login(supervisor, "apps.accounts.backends.ActiveUserBackend")
        client.get(reverse("tasks:list"))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("tasks:list"))
        return len(captured)

    unit = make_agency("省科技厅")
    make_duty(make_task(plan, leads=[unit]), unit)
    few = queries()
    for _ in range(20):
        task = make_task(plan, leads=[unit, make_agency()], supports=[make_agency()])
        report(make_duty(task, unit), "新进展。")
    assert queries() == few <= 12


def test_the_export_takes_the_conditions_of_the_list(plan: Plan, supervisor: User) -> None:
    make_task(plan, content="组建创新联盟。")
    make_task(plan, content="推进项目建设。")
    client = Client()
    client.force_login(supervisor, "apps.accounts.backends.ActiveUserBackend")
    response: Any = client.get(reverse("tasks:export"), {"q": "联盟"})
    with NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(response.getvalue())
        file.flush()
        [sheet] = read_sheets(Path(file.name), name="台账.xlsx")
    text = "".join(map("".join, sheet.rows))
    assert "组建创新联盟。" in text
    assert "推进项目建设。" not in text
    assert "2020-10-12.xlsx" in response["Content-Disposition"]
    wrong = client.get(reverse("tasks:export"), {"light": "purple"})
    assert wrong["Location"] == f"{reverse('tasks:list')}?light=purple"
    period = client.get(reverse("tasks:export"), {"period": "2020Q9"}, follow=True)
    assert "2020Q9" in period.content.decode()


def test_administrators_find_no_ledger(plan: Plan) -> None:
    make_task(plan)
    assert get(make_user(duty="audit")).status_code == 404


def test_a_rows_last_progress_is_read_with_the_row(plan: Plan, supervisor: User) -> None:
    unit = make_agency("省科技厅")
    report(make_duty(make_task(plan, leads=[unit]), unit), "新进展。")
    scope = scope_of(supervisor, TODAY)
    row: Any = with_last(listed(tasks_visible(scope)), scope).get()
    assert row.last["text"] == "新进展。"
    assert row.parties == [{"name": "省科技厅", "role": "lead"}]
    assert row.deadline["text"] == "持续推进"
