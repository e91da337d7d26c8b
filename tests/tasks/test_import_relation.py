"""`import_table --new-plan`: whose plan it becomes (product.md D0); refusals go into the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.plans.models import Plan
from apps.tasks.models import Task
from tests.builders import make_agency, make_member, make_plan
from tests.tasks.workbooks import book

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(tmp_path: Path) -> str:
    return str(book(tmp_path / "表.xlsx"))


def told(table: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        call_command("import_table", table, **options)
    return caught.value.returncode, str(caught.value)


@pytest.mark.parametrize(
    ("body", "level", "region", "expected"),
    [
        ("广东省", "国家", None, ("国家", "全国", "upper")),
        ("广东省", "省", None, ("省", "广东省", "own")),
        ("广东省", None, None, ("省", "广东省", "own")),
        ("广东省", "市", "广东省广州市", ("市", "广东省广州市", "lower")),
        ("广东省", "区县", "广东省广州市天河区", ("区县", "广东省广州市天河区", "lower")),
        ("", None, None, ("省", "全国", "own")),
        ("", "国家", None, ("国家", "全国", "upper")),
        ("", "市", "某市", ("市", "某市", "lower")),
        ("广西壮族自治区", None, None, ("省", "广西壮族自治区", "own")),
        ("北京市", None, None, ("省", "北京市", "own")),
        ("广东省广州市", "省", "广东省", ("省", "广东省", "upper")),
        ("广东省广州市", None, None, ("市", "广东省广州市", "own")),
        ("大兴安岭地区", None, None, ("市", "大兴安岭地区", "own")),
        ("天河区", "市", "广州市", ("市", "广州市", "upper")),
        ("全国", "省", "广东省", ("省", "广东省", "lower")),
    ],
)
def test_only_a_plan_of_our_own_level_is_ours(
    table: str, body: str, level: str | None, region: str | None, expected: tuple[str, str, str]
) -> None:
    Installation.objects.create(pk=1, body_name=body)
    call_command("import_table", table, new_plan="某方案", level=level, region=region)
    plan = Plan.objects.get()
    assert (plan.level, plan.region, plan.relation) == expected


@pytest.mark.parametrize("level", ["市", "区县"])
@pytest.mark.parametrize("body", ["", "广东省"])
def test_below_us_the_region_has_to_be_said(table: str, body: str, level: str) -> None:
    Installation.objects.create(pk=1, body_name=body)
    code, said = told(table, new_plan="某方案", level=level)
    assert (code, "--region" in said) == (2, True)
    assert not Plan.objects.exists()


@pytest.mark.parametrize("options", [{"issued_on": ""}, {"level": ""}, {"as_user": ""}])
def test_an_option_left_empty_is_misuse(table: str, options: dict[str, str]) -> None:
    assert told(table, new_plan="某方案", **options)[0] == 2


# Refusals


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_refused_person_stands_in_the_log(table: str, *, dry_run: bool) -> None:
    plan = make_plan("impl")
    call_command("import_table", table, plan=plan.code)
    written, rows = Entry.objects.count(), Task.objects.count()
    make_member(make_agency("省科技厅"), "reporter", username="tb")
    # units are matched at import: they see the plan once one of its rows is theirs
    Task.objects.get(number="1").assignments.update(agency=make_agency("省科技厅"))
    code, _ = told(table, plan=plan.code, as_user="tb", dry_run=dry_run)
    assert code == 1
    entry = Entry.objects.order_by("pk").last()
    assert entry is not None
    assert (entry.action, entry.result, entry.object_id) == ("导入", "refused", str(plan.pk))
    assert (entry.agency_name, entry.reason) == ("省科技厅", "只有本任务来源的督查员可以导入。")
    assert (Entry.objects.count(), Task.objects.count()) == (written + 1, rows)


def test_who_may_not_register_a_plan_stands_in_the_log(table: str) -> None:
    make_member(make_agency("省科技厅"), "reporter", username="tb")
    assert told(table, new_plan="某方案", as_user="tb")[0] == 1
    entry = Entry.objects.get()
    assert (entry.action, entry.result, entry.object_id) == ("登记任务来源", "refused", "某方案")
    assert not Plan.objects.exists()
