"""Entering indicators and targets: what may be written, who may, what follows of a change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.audit.selectors import history
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.ops.models import Installation
from apps.targets.models import Indicator, Target
from apps.tasks.access import everything, scope_of
from apps.tasks.indicator_rules import IndicatorFacts, TargetFacts, wish_reasons
from apps.tasks.models import Task
from apps.tasks.services.indicators import (
    Correction,
    IndicatorWish,
    digest,
    indicator_change,
    indicator_create,
)
from apps.tasks.services.measurements import measurement_record
from tests.builders import TODAY, make_agency, make_duty, make_plan, make_task
from tests.reporting import reporter_of, supervisor
from tests.tasks.targets import figure, link, make_indicator, report

pytestmark = pytest.mark.django_db
FACTS = IndicatorFacts("工程实验室", "家", "amount", "higher", scope="全省")
GOAL = TargetFacts(2020, ">=", Decimal(40), None, "到2020年，新组建40家。", "三、主要措施")
TYPED = {
    "name": "工程实验室", "kind": "amount", "unit": "家", "direction": "higher", "scope": "全省",
    "new-year": "2020", "new-operator": ">=", "new-value": "40",
    "new-quote": "到2020年，新组建40家。", "new-section": "三、主要措施",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _today() -> None:
    Installation.objects.update_or_create(
        pk=1, defaults={"body_name": "广东省", "sample": True, "business_date": TODAY}
    )


def create(user: User, plan: Any, wish: IndicatorWish | None = None) -> Indicator:
    return indicator_create(
        actor=user, scope=scope_of(user, TODAY), today=TODAY, plan_id=plan.pk,
        wish=wish or IndicatorWish(FACTS, {None: GOAL}),
    )  # fmt: skip


def change(indicator: Indicator, wish: IndicatorWish, **fields: str) -> Indicator:
    user = supervisor()
    correction = Correction(**{"reason": "核对原文", "seen": digest(indicator), **fields})
    return indicator_change(
        actor=user, scope=scope_of(user, TODAY), today=TODAY, indicator_id=indicator.pk,
        wish=wish, correction=correction,
    )  # fmt: skip


def kept(indicator: Indicator) -> IndicatorWish:
    """As it is; one target."""
    target = indicator.targets.get()
    facts = IndicatorFacts(**{name: getattr(indicator, name) for name in IndicatorFacts.__slots__})
    goal = TargetFacts(**{name: getattr(target, name) for name in TargetFacts.__slots__})
    return IndicatorWish(facts, {target.pk: goal})


@pytest.mark.parametrize(
    ("facts", "goal", "said"),
    [
        ({"name": ""}, {}, "指标请填写名称"),
        ({"name": "已有的"}, {}, "本任务来源已有"),
        ({"name": "长" * 81}, {}, "指标最多 80 字，现在 81 字"),
        ({"unit": ""}, {}, "单位请填写"),
        ({"unit": "家" * 21}, {}, "单位最多 20 字"),
        ({"scope": "省" * 41}, {}, "范围最多 40 字"),
        ({"kind": "qualitative"}, {"operator": "qualitative", "value": None}, "没有单位，请留空"),
        ({"kind": "qualitative", "unit": ""}, {}, "关系：定性指标的目标请选“定性”"),
        ({"baseline_year": 2015}, {}, "要么都填，要么都不填"),
        ({"baseline_value": Decimal(1)}, {}, "要么都填，要么都不填"),
        ({"baseline_year": 1900, "baseline_value": Decimal(1)}, {}, "基期年份须在 1949 至 2100"),
        ({"baseline_year": 2015, "baseline_value": Decimal("NaN")}, {}, "基期值须是数字"),
        ({"baseline_year": 2015, "baseline_value": Decimal("0.00001")}, {}, "基期值最多四位小数"),
        ({}, {"year": 2101}, "目标年须在 1949 至 2100"),
        ({}, {"value": None}, "目标值请填写"),
        ({}, {"value": Decimal(0)}, "目标值须大于零"),
        ({}, {"value": Decimal("1.00001")}, "目标值最多四位小数"),
        ({}, {"value": Decimal(10) ** 14}, "目标值的位数太多"),
        ({}, {"value_max": Decimal(50)}, "上限只用于“区间”"),
        ({}, {"operator": "range"}, "上限请填写"),
        ({}, {"operator": "range", "value_max": Decimal(40)}, "上限须大于目标值"),
        ({}, {"operator": "qualitative"}, "定性的目标没有数字"),
        ({}, {"quote": ""}, "原文请照录"),
        ({}, {"quote": "字" * 2001}, "原文最多 2000 字"),
        ({}, {"section": "字" * 201}, "出处最多 200 字"),
    ],
)
def test_what_cannot_be_is_said_by_its_field(
    facts: dict[str, Any], goal: dict[str, Any], said: str
) -> None:
    reasons = wish_reasons(replace(FACTS, **facts), [replace(GOAL, **goal)], taken={"已有的"})
    assert len(reasons) == 1, reasons
    assert said in reasons[0]


@pytest.mark.parametrize(
    ("facts", "goal"),
    [
        ({}, {}),
        ({"kind": "qualitative", "unit": ""}, {"operator": "qualitative", "value": None}),
        ({}, {"operator": "qualitative", "value": None}),
        ({"baseline_year": 2015, "baseline_value": Decimal("-2.5")}, {}),
        ({}, {"operator": "range", "value_max": Decimal("40.0001")}),
    ],
)
def test_what_documents_state_is_taken(facts: dict[str, Any], goal: dict[str, Any]) -> None:
    assert wish_reasons(replace(FACTS, **facts), [replace(GOAL, **goal)], taken=()) == []


def test_one_year_has_one_target() -> None:
    reasons = wish_reasons(FACTS, [GOAL, replace(GOAL, value=Decimal(50))], taken=())
    assert reasons == ["目标年 2020 写了两次，一个年份只有一个目标。"]


def test_an_indicator_comes_last_in_its_plan_and_is_logged_whole() -> None:
    plan = make_plan()
    before = make_indicator(plan)
    made = create(supervisor(), plan)
    assert made.position == before.position + 1
    assert made.targets.get().value == 40
    entry = history(made).get()
    assert entry.action == "登记指标"
    assert entry.changes["2020年目标"] == [None, "不低于 40 家"]
    assert entry.changes["2020年原文"] == [None, GOAL.quote]


def test_only_the_supervisor_of_a_plan_of_ours_enters_and_changes() -> None:
    plan, upper = make_plan(), make_plan("upper", relation="upper")
    indicator = make_indicator(plan)
    stranger = reporter_of(make_agency("省科技厅"))
    with pytest.raises(NotAllowed):
        create(stranger, plan)
    with pytest.raises(NotAllowed):
        indicator_create(
            actor=supervisor(), scope=everything(), today=TODAY, plan_id=upper.pk,
            wish=IndicatorWish(FACTS, {None: GOAL}),
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        indicator_change(
            actor=stranger, scope=scope_of(stranger, TODAY), today=TODAY,
            indicator_id=indicator.pk, wish=kept(indicator), correction=Correction("因", ""),
        )  # fmt: skip


def test_a_change_says_from_what_to_what_and_why() -> None:
    indicator = make_indicator(make_plan(), name="旧名")
    wish = kept(indicator)
    ((key, goal),) = wish.targets.items()
    changed = change(
        indicator,
        IndicatorWish(
            replace(wish.facts, name="新名"),
            {key: replace(goal, value=Decimal(45)), None: replace(goal, year=2025)},
        ),
    )
    assert list(changed.targets.values_list("year", "value").order_by("year")) == [
        (2020, Decimal(45)), (2025, Decimal(40)),
    ]  # fmt: skip
    entry = history(indicator).first()
    assert entry is not None
    assert entry.reason == "核对原文"
    assert entry.changes["指标"] == ["旧名", "新名"]
    assert entry.changes["2020年目标"] == ["不低于 40 家", "不低于 45 家"]
    assert entry.changes["2025年目标"] == [None, "不低于 40 家"]
    assert "2020年原文" not in entry.changes


def test_years_may_change_places() -> None:
    indicator = make_indicator(make_plan())
    Target.objects.create(indicator=indicator, year=2025, operator=">=", value=90, quote="九十")
    first, second = indicator.targets.order_by("year")
    goal = kept_goal(first)
    wish = IndicatorWish(
        kept_facts(indicator),
        {first.pk: replace(goal, year=2025), second.pk: replace(kept_goal(second), year=2020)},
    )
    change(indicator, wish)
    assert dict(indicator.targets.values_list("pk", "year")) == {first.pk: 2025, second.pk: 2020}


def kept_facts(indicator: Indicator) -> IndicatorFacts:
    return IndicatorFacts(**{name: getattr(indicator, name) for name in IndicatorFacts.__slots__})


def kept_goal(target: Target) -> TargetFacts:
    return TargetFacts(**{name: getattr(target, name) for name in TargetFacts.__slots__})


def test_a_change_without_a_reason_or_without_anything_changed_is_refused() -> None:
    indicator = make_indicator(make_plan())
    wish = kept(indicator)
    renamed = IndicatorWish(replace(wish.facts, name="新名"), wish.targets)
    with pytest.raises(Refused, match="修改说明要写明"):
        change(indicator, renamed, reason=" ")
    with pytest.raises(Refused, match="与现在的一样"):
        change(indicator, wish)
    with pytest.raises(Conflict):
        change(indicator, renamed, seen="something older")
    assert not Entry.objects.filter(action="修改指标").exists()


def test_values_keep_the_unit_they_were_entered_in() -> None:
    indicator = make_indicator(make_plan())
    measurement_record(
        actor=supervisor(), scope=everything(), indicator_id=indicator.pk, figure=figure(),
        today=TODAY,
    )  # fmt: skip
    wish = kept(indicator)
    for facts in (replace(wish.facts, unit="万家"), replace(wish.facts, kind="share")):
        with pytest.raises(Refused, match="单位和类型不能再改"):
            change(indicator, IndicatorWish(facts, wish.targets))


def test_rows_that_are_held_against_the_target_follow_it() -> None:
    plan, lead = make_plan(), make_agency("省科技厅")
    duty = make_duty(make_task(plan, leads=[lead]), lead)
    indicator = make_indicator(plan)
    linked = link(indicator, duty)
    report(duty, "30")
    wish = kept(indicator)
    ((key, goal),) = wish.targets.items()
    before = Task.objects.get(pk=duty.task_id)
    change(indicator, IndicatorWish(wish.facts, {key: replace(goal, value=Decimal(400))}))
    linked.refresh_from_db()
    assert linked.target_value == 400
    after = Task.objects.get(pk=duty.task_id)
    assert (after.light, after.light_reason) != (before.light, before.light_reason)


# the pages


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def test_the_page_takes_what_is_typed_and_leads_to_the_indicator() -> None:
    plan = make_plan()
    client = client_of(supervisor())
    assert reverse("targets:new") in client.get("/targets/").content.decode()
    answer = client.post(reverse("targets:new"), {"plan": plan.pk, **TYPED}, follow=True)
    made = Indicator.objects.get()
    assert answer.redirect_chain == [(reverse("targets:detail", args=[made.pk]), 302)]
    assert "已登记指标“工程实验室”" in answer.content.decode()
    assert (made.scope, made.targets.get().section) == ("全省", "三、主要措施")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"plan": "7777777"}, "没有“7777777”这一项"),
        ({"plan": "x"}, "没有“x”这一项"),
        ({"name": ""}, "请填写。"),
        ({"unit": ""}, "单位请填写"),
        ({"kind": "zz"}, "没有“zz”这一项"),
        ({"new-year": "二〇二〇"}, "年份只填四位数字"),
        ({"new-year": "9" * 30}, "目标年须在 1949 至 2100"),
        ({"new-value": "四十"}, "只填数字"),
        ({"new-value": "1e30"}, "目标值的位数太多"),
        ({"new-value": "NaN"}, "只填数字"),
        ({"new-quote": ""}, "原文请照录"),
        ({"new-operator": "range"}, "上限请填写"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(
    typed: dict[str, str], said: str
) -> None:
    plan = make_plan()
    data = {"plan": plan.pk, **TYPED, **typed}
    answer = client_of(supervisor()).post(reverse("targets:new"), data)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert "还没有保存" in page
    assert not Indicator.objects.exists()


def edited(indicator: Indicator, **fields: str) -> dict[str, str]:
    key = f"t{indicator.targets.get().pk}"
    old = {name.replace("new", key): value for name, value in TYPED.items()}
    return {
        **old, "new-operator": ">=", "reason": "核对原文", "seen": digest(indicator), **fields
    }  # fmt: skip


def test_the_page_changes_and_adds_a_year() -> None:
    indicator = make_indicator(make_plan())
    client, address = client_of(supervisor()), reverse("targets:edit", args=[indicator.pk])
    page = client.get(address).content.decode()
    assert 'value="40"' in page
    assert "2020年目标" in page
    data = edited(indicator) | {
        "new-year": "2025", "new-value": "1,013", "new-quote": "到2025年达到1013家。"
    }  # fmt: skip
    answer = client.post(address, data, follow=True)
    assert "已修改，原来的写在经过里" in answer.content.decode()
    assert indicator.targets.get(year=2025).value == 1013


def test_of_two_who_change_at_once_the_second_sees_it_and_decides() -> None:
    indicator = make_indicator(make_plan())
    client, address = client_of(supervisor()), reverse("targets:edit", args=[indicator.pk])
    mine = edited(indicator)
    wish = kept(indicator)
    change(indicator, IndicatorWish(replace(wish.facts, scope="珠三角"), wish.targets))
    answer = client.post(address, mine)
    assert "您打开后别人已改过这个指标" in answer.content.decode()
    indicator.refresh_from_db()
    assert indicator.scope == "珠三角"
    again = answer.context["form"]["seen"].value()
    assert client.post(address, mine | {"seen": again}).status_code == 302
    indicator.refresh_from_db()
    assert indicator.scope == "全省"
