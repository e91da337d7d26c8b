"""`open_period` and `close_period`, as scripts rely on them: JSON and exit codes."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.models import Duty
from tests.builders import TODAY, make_agency, make_line, make_member, make_plan, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sample() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def plan() -> Plan:
    plan = make_plan("ours", short_title="实施方案")
    make_task(plan, leads=[make_agency("省科技厅"), make_agency("省教育厅")])
    make_task(plan, leads=[])
    return plan


def answer(capsys: Any, name: str, *arguments: str) -> dict[str, Any]:
    call_command(name, *arguments, "--format", "json")
    answered: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answered


def told(name: str, *arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        call_command(name, *arguments)
    return caught.value.returncode, str(caught.value)


def test_a_period_is_opened_once(plan: Plan, capsys: Any) -> None:
    expected = {
        "period": "2020Q3",
        "name": "2020年前三季度",
        "plan": plan.code,
        "cut_off": "2020-10-20",
        "data_as_of": "2020-09-30",
        "created": 2,
        "duties": 2,
        "tasks": 1,
        "units": 2,
        "without_lead": 1,
        "dry_run": False,
    }
    assert answer(capsys, "open_period", "2020Q3", "--plan", "ours") == expected
    again = answer(capsys, "open_period", "2020q3", "--plan", "ours")
    assert again == {**expected, "created": 0}
    assert Duty.objects.count() == 2
    assert Entry.objects.filter(action="开启报告期").get().actor_name == "系统（命令行）"


def test_a_dry_run_tells_the_same_and_leaves_nothing(plan: Plan, capsys: Any) -> None:
    seen = answer(capsys, "open_period", "2020Q3", "--plan", plan.code, "--dry-run")
    assert (seen["created"], seen["dry_run"]) == (2, True)
    assert not PlanPeriod.objects.exists()
    assert not Entry.objects.exists()
    call_command("open_period", "2020Q3", "--plan", "ours", "--dry-run")
    said = capsys.readouterr().out
    assert "将产生 2 份应报（共 2 份，1 项任务、2 个单位）" in said
    assert "1 项不产生应报" in said


def test_the_cut_off_may_be_given(plan: Plan, capsys: Any) -> None:
    seen = answer(
        capsys, "open_period", "2020Q3", "--plan", plan.code, "--cut-off", "2020年10月26日"
    )
    assert seen["cut_off"] == "2020-10-26"


def test_a_year_that_is_not_published_is_said(capsys: Any) -> None:
    Installation.objects.update(business_date=date(2027, 1, 5))
    make_task(make_plan("later", ends_on=None))
    call_command("open_period", "2026Q4", "--plan", "later")
    assert "2027 年的放假安排国家还没有公布" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["open_period", "2020", "--plan", "ours"], 2, "报告期“2020”写法不对"),
        (["open_period", "2020Q3", "--plan", "nobody"], 2, "没有代码为“nobody”的任务来源"),
        (["open_period", "2020Q3", "--plan", "ours", "--cut-off", "明天"], 2, "“明天”不是日期"),
        (["open_period", "2020Q3", "--plan", "ours", "--as", "nobody"], 2, "没有用户“nobody”"),
        (["open_period", "2020Q2", "--plan", "ours"], 1, "已经过去，请另定"),
        (["open_period", "2020Q2", "--plan", "ours", "--dry-run"], 1, "已经过去，请另定"),
        (["close_period", "2020Q3", "--plan", "ours"], 1, "没有开启过2020年前三季度"),
        (["close_period", "2020Q3", "--plan", "nobody"], 2, "没有代码为“nobody”的任务来源"),
    ],
)
def test_misuse_and_refusals(plan: Plan, arguments: list[str], code: int, said: str) -> None:
    assert plan.code == "ours"
    returned, sentence = told(*arguments)
    assert (returned, said in sentence) == (code, True), sentence
    assert not PlanPeriod.objects.exists()


def test_closing_says_the_figures(plan: Plan, capsys: Any) -> None:
    call_command("open_period", "2020Q3", "--plan", plan.code)
    code, said = told("close_period", "2020Q3", "--plan", plan.code)
    assert (code, "还有 2 份未报" in said) == (1, True)
    Installation.objects.update(business_date=date(2020, 10, 26))
    capsys.readouterr()
    assert answer(capsys, "close_period", "2020Q3", "--plan", plan.code) == {
        "period": "2020Q3",
        "name": "2020年前三季度",
        "plan": "ours",
        "closed_on": "2020-10-26",
        "owed": 2,
        "delivered": 0,
        "late": 0,
        "missing": 2,
    }
    assert told("close_period", "2020Q3", "--plan", plan.code)[0] == 1


def test_with_a_name_that_persons_rights_hold(plan: Plan, capsys: Any) -> None:
    office = make_agency("省发展改革委")
    make_member(office, "leader", username="leader", lines=[make_line()])
    make_member(office, "supervisor", username="super", lines=[make_line()])
    code, said = told("open_period", "2020Q3", "--plan", "ours", "--as", "leader")
    assert (code, "督查员" in said) == (1, True)
    assert Entry.objects.filter(result="refused", action="开启报告期").count() == 1
    assert not PlanPeriod.objects.exists()
    assert answer(capsys, "open_period", "2020Q3", "--plan", plan.code, "--as", "super")["created"]
