"""指标目标 as pages: the list, one indicator, its forms, the export, the block on a task's page."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.targets.models import Indicator, Measurement, TargetJudgement
from apps.tasks.target_charts import Mark, chart_of
from tests.builders import TODAY, make_agency, make_duty, make_plan, make_task
from tests.reporting import reporter_of, supervisor
from tests.tasks.targets import link, make_indicator, report

pytestmark = pytest.mark.django_db
VALUE = {
    "act": "value", "period": "2020Q2", "value": "31", "unit": "家", "basis": "cumulative",
    "release": "final", "source": "统计年报", "seen": "{}",
}  # fmt: skip
WORD = {"act": "judge", "year": "2020", "period": "2020Q2", "state": "on_track", "reason": "评估。"}


@pytest.fixture(autouse=True)
def _today() -> None:
    Installation.objects.update_or_create(
        pk=1, defaults={"body_name": "广东省", "sample": True, "business_date": TODAY}
    )


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def page(user: User, name: str = "targets:list", *args: Any, **asked: str) -> str:
    return client_of(user).get(reverse(name, args=args), asked).content.decode()


def post(user: User, indicator: Indicator, data: dict[str, str]) -> Any:
    return client_of(user).post(reverse("targets:detail", args=[indicator.pk]), data, follow=True)


def enter(indicator: Indicator, **fields: str) -> Any:
    return post(supervisor(), indicator, {**VALUE, **fields})


def test_whatever_is_sent_as_seen_reads_as_nothing_seen() -> None:
    plan = make_plan()
    for seen in ("[", "[1]", "[" * 10_000, '{"2020Q2": [1]}'):
        assert enter(make_indicator(plan), seen=seen).status_code == 200
    assert Measurement.objects.count() == 4


# the list


def test_the_list_says_how_many_and_how_each_stands() -> None:
    plan = make_plan()
    indicator = make_indicator(plan, scope="全省", baseline_year=2015, baseline_value=Decimal(12))
    make_indicator(plan)
    enter(indicator)
    shown = page(supervisor())
    for said in (
        '共 <span class="num">2</span> 个指标', "范围：全省", "2015年 12 家", "不低于 40 家",
        "31 家", "2020年上半年 累计，正式", "完成 77.5%，落后 12.5 个百分点", "进度滞后",
        "暂无数据",
    ):  # fmt: skip
        assert said in shown
    reason = (
        "2020年上半年 31 家，目标 40 家，完成 77.5%，序时 90.0%（2016年1月—2020年12月），"
        "落后 12.5 个百分点。"
    )
    assert f'role="img" aria-label="{reason}"' in shown
    assert f"<title>{reason}</title>" in shown
    assert "style=" not in shown.split('id="main"')[1]


def test_conditions_narrow_the_list_and_the_counts_stand_beside_it() -> None:
    first, second = make_plan("first"), make_plan("second")
    late = make_indicator(first, name="实验室")
    make_indicator(first, name="孵化器")
    make_indicator(second, name="产值")
    enter(late)
    user = supervisor()
    assert '共 <span class="num">1</span> 个指标' in page(user, state="behind")
    assert "产值" not in page(user, plan=str(first.pk)).split("t-targets")[1]
    assert '共 <span class="num">1</span> 个指标' in page(user, q="孵化")
    assert "没有符合条件的指标。" in page(user, q="没有这个词")
    assert "查询条件有误" in page(user, plan="x")
    assert re.search(r"暂无数据</b></span>\s*<i>2</i>", page(user))


def test_without_an_indicator_the_list_says_what_comes_next() -> None:
    make_plan()
    shown = page(supervisor())
    assert "还没有您能看到的指标。" in shown
    assert "导出" not in shown


def test_a_unit_reads_the_target_but_not_the_value_of_another() -> None:
    plan, lead = make_plan(), make_agency("省科技厅")
    duty = make_duty(make_task(plan, leads=[lead]), lead)
    own, other = make_indicator(plan, name="自报的"), make_indicator(plan, name="别人的")
    link(own, duty)
    report(duty, "35")
    enter(other, value="22.7", source="统计快报之二")
    user = reporter_of(lead)
    shown = page(user)
    assert "自报的" in shown
    assert "别人的" in shown
    assert "35 家" in shown
    assert "22.7" not in shown
    detail = page(user, "targets:detail", other.pk)
    assert "到2020年，建成40家。" in detail
    assert "完成值和状态只对督查部门" in detail
    assert "22.7" not in detail
    assert "统计快报之二" not in detail
    assert "没有符合条件的指标。" in page(user, state="behind", q="别人的")


def test_a_list_over_many_pages_keeps_its_conditions() -> None:
    plan = make_plan()
    for _ in range(51):
        make_indicator(plan, name=f"指标甲{_}")
    shown = page(supervisor(), q="指标甲")
    assert '共 <span class="num">51</span> 个指标' in shown
    assert "这一页是第 1—50 个" in shown
    assert "&amp;page=2" in shown


def test_the_list_costs_the_same_for_few_and_for_many() -> None:
    plan, user = make_plan(), supervisor()
    client = client_of(user)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(reverse("targets:list")).status_code == 200
        return len(found)

    for _ in range(2):
        enter(make_indicator(plan))
    assert queries()
    few = queries()
    for _ in range(6):
        enter(make_indicator(plan))
    assert queries() == few


# one indicator


def test_a_page_shows_sentence_values_revisions_and_rows() -> None:
    plan, lead = make_plan(), make_agency("省科技厅")
    duty = make_duty(make_task(plan, number="7", leads=[lead]), lead)
    indicator = make_indicator(
        plan, baseline_year=2015, baseline_value=Decimal(12), baseline_quote="2015年达到12家。"
    )
    link(indicator, duty)
    enter(indicator, release="flash", source="快报")
    enter(indicator, value="30", seen='{"2020Q2": 1}', reason="核定。", source="年报")
    shown = page(supervisor(), "targets:detail", indicator.pk)
    for said in (
        "到2020年，建成40家。", "三、主要措施", "2015年达到12家。", "第 7 项",
        "由省科技厅填报完成值", "第 1 版：31 家，快报，快报", "修订说明：核定。",
        "修订完成值（2020年上半年）",
        "从基期到目标", "2015年", "看数字",
    ):  # fmt: skip
        assert said in shown


def test_a_row_shows_its_targets() -> None:
    plan, lead = make_plan(), make_agency("省科技厅")
    duty = make_duty(make_task(plan, leads=[lead]), lead)
    indicator = make_indicator(plan, name="重点实验室")
    link(indicator, duty)
    report(duty, "36")
    shown = page(supervisor(), "tasks:detail", duty.task_id)
    assert "相关目标" in shown
    assert reverse("targets:detail", args=[indicator.pk]) in shown
    assert "2020年不低于 40 家" in shown
    other = make_task(plan)
    assert "相关目标" not in page(supervisor(), "tasks:detail", other.pk)


def test_a_plan_links_its_targets_in_every_form() -> None:
    plan = make_plan()
    words, span = make_indicator(plan, value=""), make_indicator(plan)
    span.targets.update(operator="range", value=2, value_max=3)
    shown = page(supervisor(), "plans:detail", plan.pk)
    assert reverse("targets:detail", args=[words.pk]) in shown
    assert "2020年定性" in shown
    assert "2020年2—3 家" in shown


# entering


def test_a_value_is_entered_and_said_to_be_saved() -> None:
    indicator = make_indicator(make_plan())
    answer = enter(indicator)
    assert answer.redirect_chain
    assert "2020年上半年的完成值 31 家 已保存。" in answer.content.decode()
    assert Measurement.objects.get().recorded_by


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"value": "三十"}, "完成值只填数字"),
        ({"value": ""}, "请填写完成值"),
        ({"value": "-3"}, "完成值不能小于零"),
        ({"source": ""}, "请写明来源"),
        ({"period": "2020Q4"}, "没有“2020Q4”这一项"),
        ({"unit": "个"}, "没有“个”这一项"),
        ({"basis": "x"}, "没有“x”这一项"),
    ],
)
def test_a_wrong_entry_is_told_at_its_field_and_what_was_typed_stays(
    wrong: dict[str, str], said: str
) -> None:
    indicator = make_indicator(make_plan())
    answer = enter(indicator, year_ago="27", **wrong)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert said in shown
    assert 'value="27"' in shown
    assert not Measurement.objects.exists()


def test_who_comes_second_sees_what_the_first_has_entered() -> None:
    indicator = make_indicator(make_plan())
    enter(indicator)
    answer = enter(indicator, value="33", reason="重算。")
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "别人已录入或改过" in shown
    assert "31 家" in shown
    assert json.dumps({"2020Q2": 1}).replace('"', "&quot;") in shown
    assert Measurement.objects.count() == 1
    again = enter(indicator, value="33", reason="重算。", seen='{"2020Q2": 1}')
    assert "已修订为 33 家" in again.content.decode()


def test_a_hidden_field_that_was_tampered_with_counts_as_nothing_seen() -> None:
    indicator = make_indicator(make_plan())
    enter(indicator)
    for seen in ("", "[1]", "{", '{"2020Q2": "x"}', '{"2020Q2": 9}'):
        answer = enter(indicator, value="33", reason="重算。", seen=seen)
        assert answer.status_code == 422, seen
    assert Measurement.objects.count() == 1


def test_the_form_for_a_revision_begins_with_what_stands_there() -> None:
    indicator = make_indicator(make_plan())
    enter(indicator, year_ago="27.5", source="统计年报之一")
    shown = page(supervisor(), "targets:detail", indicator.pk, period="2020Q2")
    form = shown.split('id="enter"')[1]
    for said in ('value="31"', 'value="27.5"', 'value="统计年报之一"', "修订完成值"):
        assert said in form
    assert 'value="2020Q2" selected' in form
    assert "请写明" not in page(supervisor(), "targets:detail", indicator.pk, period="x")


def test_words_are_judged_on_the_page() -> None:
    indicator = make_indicator(make_plan(), value="")
    answer = post(supervisor(), indicator, WORD)
    shown = answer.content.decode()
    assert "2020年上半年的认定已保存。" in shown
    assert "达到预期进度" in shown
    assert "录入完成值" not in shown
    refused = post(supervisor(), indicator, {**WORD, "state": "behind", "reason": "x"})
    assert refused.status_code == 422
    assert "别人已作了认定" in refused.content.decode()
    empty = post(supervisor(), indicator, {**WORD, "reason": "", "state": ""})
    for said in ("请写明认定的理由", "请选择认定的状态"):
        assert said in empty.content.decode()
    assert TargetJudgement.objects.get().state == "on_track"


def test_a_form_that_says_nothing_is_answered() -> None:
    indicator = make_indicator(make_plan())
    answer = post(supervisor(), indicator, {"act": "other"})
    assert answer.status_code == 422
    assert "没有认出要做什么" in answer.content.decode()


def test_what_is_refused_stands_in_the_log() -> None:
    plan, lead = make_plan(), make_agency("省科技厅")
    indicator = make_indicator(plan)
    make_task(plan, leads=[lead])
    assert post(reporter_of(lead), indicator, VALUE).status_code == 403
    entry = Entry.objects.get(result="refused")
    assert (entry.object_type, entry.object_id) == ("indicator", str(indicator.pk))
    assert "录入完成值" not in page(reporter_of(lead), "targets:detail", indicator.pk)


# the export


def test_the_export_is_what_is_listed_with_numbers_as_numbers() -> None:
    plan = make_plan()
    indicator, other = make_indicator(plan, name="实验室"), make_indicator(plan, name="孵化器")
    enter(indicator)
    enter(other, value="1000")
    answer = client_of(supervisor()).get(reverse("targets:export"), {"q": "实验室"})
    book = load_workbook(io.BytesIO(b"".join(answer)))
    title, header, *rows = list(book["指标目标"].iter_rows(values_only=True))
    assert title[0] == "广东省指标目标（2020-10-12）"
    [row] = [dict(zip(header, each, strict=True)) for each in rows]
    assert (row["指标"], row["完成值"], row["单位"]) == ("实验室", 31, "家")
    assert (row["完成比例（%）"], row["序时进度（%）"]) == (77.5, 90)
    assert (row["状态"], row["原文"]) == ("进度滞后", "到2020年，建成40家。")


def test_wrong_conditions_lead_back_to_the_list() -> None:
    make_indicator(make_plan())
    answer = client_of(supervisor()).get(reverse("targets:export"), {"plan": "x"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/targets/?plan=x"


# the drawing


def test_bars_begin_at_zero_and_stay_in_proportion() -> None:
    marks = [
        Mark(2015, "基期", Decimal(27), "27", "baseline"),
        Mark(2020, "目标", Decimal(54), "54", "target"),
        Mark(2021, "全年", Decimal(-27), "-27", "value"),
    ]
    half, whole, below = chart_of(marks).columns
    zero = chart_of(marks).zero
    assert half.y + half.height == whole.y + whole.height == zero == below.y
    assert whole.height == 2 * half.height == 2 * below.height
    assert below.y + below.height <= chart_of(marks).height
