"""任务来源: who sees which plan with what, and registering one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.plans.models import Passage, Plan, RowRule
from apps.targets.models import Indicator, Target
from apps.tasks.access import everything, scope_of
from apps.tasks.models import Task
from apps.tasks.selectors.plans import plan_tree, suggested_code
from tests.builders import TODAY, make_agency, make_line, make_member, make_plan, make_task
from tests.tasks.workbooks import book, bring_in

pytestmark = pytest.mark.django_db
FORM = {
    "title": "某实施方案",
    "short_title": "方案（2020年）",
    "code": "plan-2020-1",
    "level": "省",
    "region": "广东省",
    "relation": "own",
    "issued_on": "2020年9月1日",
    "ends_on": "2025-12-31",
}


@pytest.fixture(autouse=True)
def _installed() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def get(user: User, name: str, *args: object) -> Any:
    return client_of(user).get(reverse(name, args=args))


def text_of(response: Any) -> str:
    text: str = response.content.decode()
    return text


def test_the_tree_goes_from_the_nation_down() -> None:
    nation = make_plan("n", level="国家", region="全国", relation="upper")
    city = make_plan("c", level="市", region="深圳市", relation="lower")
    province = make_plan("p", parent=nation)
    alone = make_plan("a")
    city.parent = province
    city.save()
    lines = plan_tree(everything(), TODAY)
    assert [(line.plan, line.depth) for line in lines] == [
        (nation, 0), (province, 1), (city, 2), (alone, 0),
    ]  # fmt: skip


def test_a_plan_below_one_that_is_not_visible_stands_at_the_top() -> None:
    upper = make_plan(level="国家", region="全国", relation="upper", supervisor=make_agency("别人"))
    named = make_agency("省教育厅")
    make_task(make_plan("p", parent=upper), leads=[named])
    [line] = plan_tree(scope_of(make_member(named, "reporter"), TODAY), TODAY)
    assert (line.plan.code, line.depth, line.rows) == ("p", 0, 1)


def test_open_and_overdue_are_counted_for_overseers_only(supervisor: User) -> None:
    plan = make_plan()
    named = make_agency("省教育厅")
    make_task(plan, leads=[named], due_on=date(2018, 12, 31))
    make_task(plan, leads=[named], due_on=TODAY)
    make_task(plan, leads=[named], state=Task.State.CLOSED, due_on=date(2018, 12, 31))
    [line] = plan_tree(scope_of(supervisor, TODAY), TODAY)
    assert (line.rows, line.open, line.overdue) == (3, 2, 1)
    [line] = plan_tree(scope_of(make_member(named, "reporter"), TODAY), TODAY)
    assert (line.rows, line.open, line.overdue) == (3, None, None)


def test_foreign_plans_are_held_without_counts(supervisor: User) -> None:
    make_task(make_plan(relation="upper", level="国家", region="全国"))
    [line] = plan_tree(scope_of(supervisor, TODAY), TODAY)
    assert (line.rows, line.open) == (1, None)
    page = text_of(get(supervisor, "plans:detail", line.plan.pk))
    assert "上级文件（对照）" in page
    assert "未办结" not in page


def test_the_list_takes_no_more_queries_for_more_plans(supervisor: User) -> None:
    client = client_of(supervisor)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(reverse("plans:list")).status_code == 200
        return len(captured)

    make_task(make_plan())
    queries()
    first = queries()
    for _ in range(5):
        make_task(make_plan())
    assert queries() == first


def test_empty_lists_say_what_comes_next(supervisor: User) -> None:
    assert "先登记一个文件" in text_of(get(supervisor, "plans:list"))
    stranger = make_member(make_agency("省档案局"), "reporter")
    assert "没有您可以查看的任务来源" in text_of(get(stranger, "plans:list"))


def test_a_plans_page_shows_the_document_as_it_is(supervisor: User, tmp_path: Path) -> None:
    plan = make_plan(facts_note="文号文中未载。", issued_on=date(2017, 8, 28))
    RowRule.objects.create(plan=plan, code="first_is_lead", quote="列第一位者为牵头单位，下同")
    Passage.objects.create(
        plan=plan,
        position=1,
        heading="二（一）显示",
        text="（一）显示。把握<发展>契机。",
        responsibility="（省科技厅牵头）",
    )
    indicator = Indicator.objects.create(plan=plan, name="新建实验室", unit="家")
    Target.objects.create(
        indicator=indicator, year=2020, operator=">=", value=Decimal(40), quote="新组建40家。"
    )
    make_agency("省科技厅")
    bring_in(plan, book(tmp_path / "原表.xlsx"))
    page = text_of(get(supervisor, "plans:detail", plan.pk))
    for said in (
        "文号文中未载。", "列第一位者为牵头单位，下同", "把握&lt;发展&gt;契机。",
        "（省科技厅牵头）",
        "2020年不低于 40 家", "新组建40家。", "查看全部 6 行", "C 列", "读作 牵头单位",
        "还没有导入记录", "导出原表", "导出台账",
    ):  # fmt: skip
        assert said in page
    assert '<b>二（一）显示</b><span class="clamp1">把握&lt;发展&gt;契机。</span>' in page
    assert plan.code not in page.split('id="passages"')[0].split("基本情况")[1].split("</dl>")[0]
    assert "督办单位" in page


def test_a_foreign_plan_names_no_supervisor(supervisor: User) -> None:
    above = make_plan("above", relation="upper")
    make_plan("ours", parent=above)
    page = text_of(get(supervisor, "plans:detail", above.pk))
    assert "督办单位" not in page


def test_the_form_asks_to_choose_level_and_relation(supervisor: User) -> None:
    page = text_of(get(supervisor, "plans:new"))
    assert page.count("请选择") == 2
    assert "---" not in page


def test_only_a_supervisor_is_offered_the_import(supervisor: User) -> None:
    named = make_agency("省教育厅")
    plan = make_task(leads=[named]).plan
    address = reverse("plans:import", args=[plan.pk])
    assert address in text_of(get(supervisor, "plans:detail", plan.pk))
    theirs = text_of(get(make_member(named, "reporter"), "plans:detail", plan.pk))
    assert address not in theirs
    assert "导入记录" not in theirs


def test_a_plan_that_is_not_ones_own_does_not_exist() -> None:
    stranger = make_member(make_agency("省档案局"), "reporter")
    plan = make_task().plan
    for name in ("plans:detail", "plans:export"):
        assert get(stranger, name, plan.pk).status_code == 404


def test_a_supervisor_registers_a_plan(supervisor: User) -> None:
    upper = make_plan("upper", relation="upper", level="国家")
    data = {**FORM, "parent": str(upper.pk)}
    response = client_of(supervisor).post(reverse("plans:new"), data)
    plan = Plan.objects.get(code="plan-2020-1")
    assert response["Location"] == reverse("plans:detail", args=[plan.pk])
    assert plan.supervisor == make_agency("省发展改革委")
    assert plan.line == make_line()
    assert (plan.issued_on, plan.parent) == (date(2020, 9, 1), upper)
    assert Entry.objects.filter(action="登记任务来源", actor_id=str(supervisor.pk)).exists()
    assert "还没有任务" in text_of(get(supervisor, "plans:detail", plan.pk))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "请填写“标题”。"),
        ({"code": "不行"}, "代码只能用小写字母、数字和短横。"),
        ({"code": "taken"}, "代码“taken”已有任务来源在用，请换一个。"),
        ({"issued_on": "去年"}, "“去年”不是日期"),
        ({"starts_on": "2026-01-01"}, "实施期的止早于起"),
        ({"level": "乡"}, "“级别”请从列表里选。"),
        ({"parent": "999"}, "“上级文件”请从列表里选。"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    supervisor: User, wrong: dict[str, str], said: str
) -> None:
    make_plan("taken")
    response = client_of(supervisor).post(reverse("plans:new"), {**FORM, **wrong})
    assert response.status_code == 422
    assert said in text_of(response)
    assert Plan.objects.count() == 1


def test_only_supervisors_register_plans() -> None:
    reporter = make_member(make_agency("省教育厅"), "reporter")
    assert client_of(reporter).post(reverse("plans:new"), FORM).status_code == 403
    assert not Plan.objects.exists()
    assert Entry.objects.filter(result="refused", action="登记任务来源").exists()


def test_a_suggested_code_is_free() -> None:
    assert suggested_code(TODAY) == "plan-2020-1"
    make_plan("plan-2020-1")
    make_plan("plan-2020-3")
    assert suggested_code(TODAY) == "plan-2020-2"


def test_imports_are_listed_with_what_came_of_them(supervisor: User, tmp_path: Path) -> None:
    plan = make_plan()
    call_command("import_table", str(book(tmp_path / "表.xlsx")), plan=plan.code)
    page = text_of(get(supervisor, "plans:detail", plan.pk))
    assert "表.xlsx" in page
    assert "新增 6 行，改动 0 行" in page
