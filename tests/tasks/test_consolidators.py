"""汇总单位: designated by a supervisor for many rows at once, with its basis."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.audit.models import Entry
from apps.audit.selectors import history
from apps.common.errors import NotAllowed, Refused
from apps.ops.models import Installation
from apps.plans.models import Plan
from apps.tasks.access import scope_of
from apps.tasks.models import Assignment, Task
from apps.tasks.selectors.consolidators import DESIGNATED, WITHOUT_LEAD, consolidator_rows
from apps.tasks.services.consolidators import Designation, consolidators_set
from tests.builders import (
    TODAY,
    make_agency,
    make_line,
    make_member,
    make_plan,
    make_plan_period,
    make_task,
)

pytestmark = pytest.mark.django_db
BASIS = "省政府专题会议纪要〔2020〕8号"


@pytest.fixture(autouse=True)
def _day() -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def plan() -> Plan:
    return make_plan("ours")


@pytest.fixture
def supervisor(plan: Plan) -> User:
    assert plan.supervisor is not None
    return make_member(plan.supervisor, "supervisor", lines=[make_line()])


def shared_row(plan: Plan, *units: str) -> Task:
    """A row that nobody leads."""
    row = make_task(plan, leads=[])
    Assignment.objects.bulk_create(
        Assignment(task=row, agency=make_agency(name), name=name, role="shared", position=place)
        for place, name in enumerate(units, start=1)
    )
    return row


def designate(user: User, plan: Plan, rows: list[Task], agency: Agency, basis: str = BASIS) -> int:
    return consolidators_set(
        actor=user,
        scope=scope_of(user, TODAY),
        plan=plan,
        task_ids=[row.pk for row in rows],
        wanted=Designation(agency, basis),
        today=TODAY,
    )


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


def address(plan: Plan) -> str:
    return reverse("plans:consolidators", args=[plan.pk])


def test_many_rows_in_one_act_each_in_the_log_with_its_basis(plan: Plan, supervisor: User) -> None:
    rows = [shared_row(plan, "甲厅", "乙厅"), shared_row(plan, "乙厅", "丙厅")]
    assert designate(supervisor, plan, rows, make_agency("乙厅")) == 2
    for row in rows:
        row.refresh_from_db()
        assert row.consolidator == make_agency("乙厅")
        assert row.consolidator_basis == BASIS
        entry = history(row).first()
        assert entry is not None
        assert entry.action == "指定汇总单位"
        assert entry.changes == {"汇总单位": [None, "乙厅"]}
        assert entry.reason == BASIS
    assert Task.objects.filter(pk__in=[row.pk for row in rows], version=2).count() == 2


def test_the_same_once_more_changes_nothing(plan: Plan, supervisor: User) -> None:
    row = shared_row(plan, "甲厅")
    designate(supervisor, plan, [row], make_agency("甲厅"))
    entries = Entry.objects.count()
    assert designate(supervisor, plan, [row], make_agency("甲厅")) == 0
    assert Entry.objects.count() == entries


def test_a_row_with_leads_only_gets_another_who_puts_it_together(
    plan: Plan, supervisor: User
) -> None:
    leads = [make_agency("甲厅"), make_agency("乙厅")]
    row = make_task(plan, leads=leads)
    designate(supervisor, plan, [row], leads[1])
    assert list(row.assignments.values_list("name", "role")) == [("甲厅", "lead"), ("乙厅", "lead")]
    html = client_of(supervisor).get(row.get_absolute_url()).content.decode()
    assert f"指定，依据：{BASIS}" in html
    assert "按排序默认" not in html


@pytest.mark.parametrize(
    ("basis", "said"), [("", "请写明依据"), ("  ", "请写明依据"), ("长" * 201, "最多 200 字")]
)
def test_without_a_basis_nothing_is_designated(
    plan: Plan, supervisor: User, basis: str, said: str
) -> None:
    row = shared_row(plan, "甲厅")
    with pytest.raises(Refused, match=said):
        designate(supervisor, plan, [row], make_agency("甲厅"), basis)
    row.refresh_from_db()
    assert row.consolidator is None


def test_a_collective_name_puts_nothing_together(plan: Plan, supervisor: User) -> None:
    everybody = make_agency("各有关单位", collective=True)
    with pytest.raises(Refused, match="集合名称"):
        designate(supervisor, plan, [shared_row(plan, "甲厅")], everybody)


def test_settled_rows_and_those_of_another_plan_are_refused_and_all_stay(
    plan: Plan, supervisor: User
) -> None:
    good = shared_row(plan, "甲厅")
    closed = make_task(plan, number="77", leads=[], state=Task.State.CLOSED, closed_on=TODAY)
    with pytest.raises(Refused, match="第77项已结束"):
        designate(supervisor, plan, [good, closed], make_agency("甲厅"))
    with pytest.raises(Refused, match="不在这个文件里"):
        designate(supervisor, plan, [good, make_task(make_plan("other"))], make_agency("甲厅"))
    good.refresh_from_db()
    assert good.consolidator is None


def test_only_supervisors_of_our_own_plan_may(plan: Plan, supervisor: User) -> None:
    row = shared_row(plan, "甲厅")
    reporter = make_member(make_agency("甲厅"), "reporter")
    with pytest.raises(NotAllowed):
        designate(reporter, plan, [row], make_agency("甲厅"))
    assert client_of(reporter).get(address(plan)).status_code == 403
    assert Entry.objects.filter(result="refused", action="指定汇总单位").count() == 1
    upper = make_plan("upper", relation="upper", supervisor=plan.supervisor)
    with pytest.raises(NotAllowed):
        designate(supervisor, upper, [make_task(upper, leads=[])], make_agency("甲厅"))
    assert client_of(supervisor).get(address(upper)).status_code == 403


def test_the_page_lists_rows_without_a_lead_and_designates_them(
    plan: Plan, supervisor: User
) -> None:
    make_plan_period(plan)
    row, led = shared_row(plan, "甲厅", "乙厅"), make_task(plan, leads=[make_agency("丙厅")])
    client = client_of(supervisor)
    html = client.get(address(plan)).content.decode()
    assert row.content in html
    assert led.content not in html
    sent = {"show": "without", "task": [row.pk], "agency": "乙厅", "basis": BASIS}
    answer = client.post(address(plan), sent, follow=True)
    html = answer.content.decode()
    assert "已指定 1 项的汇总单位。已开启的报告期不会因此增加应报" in html
    assert f"/periods/open/?period=2020Q3&amp;plan={plan.pk}" in html
    assert [r.task for r in consolidator_rows(plan, DESIGNATED)] == [row]
    assert [r.task for r in consolidator_rows(plan, WITHOUT_LEAD)] == [row]


def test_a_refused_form_keeps_what_was_typed_and_ticked(plan: Plan, supervisor: User) -> None:
    row = shared_row(plan, "甲厅")
    sent = {"show": "without", "task": [row.pk], "agency": "没有这个厅", "basis": BASIS}
    answer = client_of(supervisor).post(address(plan), sent)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "没有找到单位“没有这个厅”" in html
    assert BASIS in html
    assert f'value="{row.pk}" checked' in html


def test_an_empty_list_says_what_comes_next(plan: Plan, supervisor: User) -> None:
    html = client_of(supervisor).get(address(plan)).content.decode()
    assert "每一项都有牵头单位" in html
    html = client_of(supervisor).get(address(plan), {"show": "all"}).content.decode()
    assert "没有在办的任务" in html


def test_queries_do_not_grow_with_rows(plan: Plan, supervisor: User) -> None:
    client = client_of(supervisor)
    counts: list[tuple[int, int]] = []
    for many in (3, 9):
        rows = [shared_row(plan, "甲厅", "乙厅") for _ in range(many)]
        # whoever asks first pays for the session and the scope
        client.get(address(plan))
        acting = User.objects.get(pk=supervisor.pk)
        with CaptureQueriesContext(connection) as shown:
            client.get(address(plan))
        with CaptureQueriesContext(connection) as written:
            designate(acting, plan, rows, make_agency("甲厅"))
        counts.append((len(shown), len(written)))
    assert counts[0] == counts[1]
