"""What a report is called before anybody writes it otherwise."""

from __future__ import annotations

from datetime import date

import pytest

from apps.ops.models import Installation
from apps.plans.models import Plan
from apps.reports.services.heads import Head, proposed_head
from tests.builders import make_agency, make_plan, make_plan_period

pytestmark = pytest.mark.django_db


def head(*plans: Plan, genre: str = "report") -> Head:
    period = make_plan_period(plans[0], "2020Q2", date(2020, 7, 20)).period
    return proposed_head(period=period, plans=plans, genre=genre)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("实施方案", "关于《实施方案》2020年上半年进展情况的报告"),
        # 关于 stands once
        ("关于加快发展的意见", "贯彻落实《关于加快发展的意见》2020年上半年进展情况的报告"),
        (
            "关于印发《规划》的通知",
            "贯彻落实《关于印发〈规划〉的通知》2020年上半年进展情况的报告",
        ),
        ("《规划》分工方案", "关于《〈规划〉分工方案》2020年上半年进展情况的报告"),
        ("长" * 190, "关于《简称》2020年上半年进展情况的报告"),
    ],
)
def test_the_title_names_the_document(title: str, said: str) -> None:
    assert head(make_plan("a", title=title, short_title="简称")).title == said


def test_several_documents_are_named_by_the_oldest() -> None:
    old = make_plan("old", short_title="关于甲", issued_on=date(2017, 1, 1))
    new = make_plan("new", short_title="乙", issued_on=date(2018, 1, 1))
    none = make_plan("none", short_title="丙", issued_on=None)
    said = "贯彻落实《关于甲》等3份文件2020年上半年进展情况的通报"
    assert head(none, new, old, genre="bulletin").title == said
    assert head(old, new, none, genre="bulletin").title == said


@pytest.mark.parametrize(
    ("body", "addressee"),
    [
        ("广东省", "省人民政府"),
        ("广东省人民政府", "省人民政府"),
        ("深圳市", "市人民政府"),
        ("广西壮族自治区", "自治区人民政府"),
        ("福田区", "区人民政府"),
        ("某县", "县人民政府"),
        ("某联席会议办公室", ""),
        ("", ""),
    ],
)
def test_a_report_goes_up_to_the_government(body: str, addressee: str) -> None:
    Installation.objects.update_or_create(pk=1, defaults={"body_name": body})
    plan = make_plan("a")
    assert head(plan).addressee == addressee
    assert head(plan, genre="bulletin").addressee == "各有关单位"


def test_one_supervising_unit_signs_and_several_do_not() -> None:
    unit = make_agency("省发展改革委", full_name="广东省发展和改革委员会")
    first, second = make_plan("a"), make_plan("b")
    for plan in (first, second):
        plan.supervisor = unit
    assert head(first, second).signatory == "广东省发展和改革委员会"
    second.supervisor = make_agency("省科技厅", full_name="广东省科学技术厅")
    assert head(first, second).signatory == ""
