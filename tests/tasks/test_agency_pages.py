"""单位: which units one sees, with which telephones and tasks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.agencies.models import Agency, Alias, Contact
from apps.plans.models import Plan
from apps.tasks.access import everything, scope_of
from apps.tasks.selectors.agencies import agency_tree
from tests.builders import TODAY, make_agency, make_line, make_member, make_plan, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def science() -> Agency:
    agency = make_agency("省科技厅", full_name="广东省科学技术厅")
    Alias.objects.create(agency=agency, name="省科学技术厅", basis="旧文件")
    Contact.objects.create(agency=agency, post="联络员", name="某联络员", telephone="020-0012")
    return agency


@pytest.fixture
def plan(science: Agency) -> Plan:
    education = make_agency("省教育厅")
    made = make_plan()
    make_task(made, leads=[science, education])
    make_task(made, leads=[education], supports=[science])
    make_task(made, leads=[education], supports=[science])
    return made


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def page(user: User, agency: Agency) -> Any:
    return client_of(user).get(reverse("agencies:detail", args=[agency.pk]))


def supervisor() -> User:
    return make_member(make_agency("省发展改革委"), "supervisor", lines=[make_line()])


@pytest.mark.usefixtures("plan")
def test_the_tree_counts_what_each_unit_leads_and_supports() -> None:
    make_task(leads=[make_agency("科技部", region="全国", level="国家")])
    groups = agency_tree(everything(), "")
    assert [(group.level, group.region) for group in groups] == [("国家", "全国"), ("省", "广东省")]
    found = {line.agency.name: (line.led, line.supported) for line in groups[1].lines}
    assert found == {"省科技厅": (1, 2), "省教育厅": (3, 0)}


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("words", ["科技", "科学技术", "省科学技术厅", "省 厅 技"])
def test_units_are_found_by_every_name(words: str) -> None:
    [group] = agency_tree(everything(), words)
    assert [line.agency.name for line in group.lines] == ["省科技厅"]


@pytest.mark.usefixtures("plan")
def test_a_search_without_a_hit_says_so() -> None:
    response = client_of(supervisor()).get(reverse("agencies:list"), {"q": "<不存在>"})
    assert "没有名称含“&lt;不存在&gt;”的单位" in response.content.decode()


@pytest.mark.usefixtures("plan")
def test_one_sees_ones_own_unit_and_those_of_visible_plans() -> None:
    archive = make_agency("省档案局")
    [group] = agency_tree(scope_of(make_member(archive, "reporter"), TODAY), "")
    assert [line.agency for line in group.lines] == [archive]
    education = make_agency("省教育厅")
    [group] = agency_tree(scope_of(make_member(education, "reporter"), TODAY), "")
    assert {line.agency.name for line in group.lines} == {"省科技厅", "省教育厅"}


@pytest.mark.usefixtures("plan")
def test_a_unit_of_other_plans_does_not_exist(science: Agency) -> None:
    stranger = make_member(make_agency("省档案局"), "reporter")
    assert page(stranger, science).status_code == 404


@pytest.mark.usefixtures("plan")
def test_a_units_page_says_what_is_known_of_it(science: Agency) -> None:
    text = page(supervisor(), science).content.decode()
    for said in (
        "广东省科学技术厅", "全称未见于文件", "省科学技术厅", "旧文件", "政府部门",
        "在台账里看全部 1 项", "在台账里看全部 2 项",
        f"plan=all&amp;unit={science.pk}&amp;role=support",
    ):  # fmt: skip
        assert said in text


@pytest.mark.usefixtures("plan")
def test_telephones_are_for_overseers_and_the_unit_itself(science: Agency) -> None:
    education = make_agency("省教育厅")
    leader = make_member(make_agency("省发展改革委"), "leader", lines=[make_line()])
    seen = {
        who: "020-0012" in page(user, science).content.decode()
        for who, user in (
            ("supervisor", supervisor()),
            ("leader", leader),
            ("itself", make_member(science, "reporter")),
            ("another", make_member(education, "reporter")),
        )
    }
    assert seen == {"supervisor": True, "leader": True, "itself": True, "another": False}


def test_a_collective_name_is_explained() -> None:
    every = make_agency("各区政府", collective=True)
    make_task(leads=[], supports=[every])
    text = page(supervisor(), every).content.decode()
    assert "这是集合名称" in text
    assert "联系人" not in text


@pytest.mark.usefixtures("plan")
def test_the_number_of_queries_does_not_grow_with_the_units() -> None:
    client = client_of(supervisor())

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("agencies:list")).status_code == 200
        return len(captured)

    queries()
    first = queries()
    for _ in range(5):
        make_task(leads=[make_agency()])
    assert queries() == first
