"""操作日志: who reads it, how it is narrowed, what of it leaves the system."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.audit.services import Act, record, record_all, record_refusal, verification_keep
from apps.common.actor import COMMAND_LINE, System
from apps.plans.models import Plan
from apps.reports.log_words import log_line
from apps.reports.views import log
from apps.tasks.models import Task
from tests.builders import TODAY, make_agency, make_plan, make_task, make_user
from tests.reporting import supervisor

pytestmark = pytest.mark.django_db
LI, WANG = System("李明"), System("王芳")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.accounts.backends.ActiveUserBackend")
    return client


@pytest.fixture
def auditor() -> Client:
    return client_of(make_user("sj", duty="audit"))


def shown(client: Client, **asked: str) -> str:
    """What stands on the page, without the form."""
    page = client.get(reverse("audit:list"), asked).content.decode()
    return page.partition("</form>\n")[2].partition('id="list"')[2]


def act(action: str, obj: Any, *, actor: System = LI, **changes: tuple[object, object]) -> None:
    record(actor=actor, today=TODAY, act=Act(action, obj, changes, "按会议纪要"))


@pytest.mark.parametrize("duty", ["system", "security", ""])
def test_nobody_but_the_audit_administrator_finds_it(duty: str) -> None:
    client = client_of(make_user(duty=duty) if duty else supervisor())
    for name in ("audit:list", "audit:export"):
        assert client.get(reverse(name)).status_code == 404
    assert "操作日志" not in client.get("/").content.decode().partition("<main")[0]


def test_an_entry_says_who_what_from_to_why_and_how_it_ended(auditor: Client) -> None:
    plan = make_plan(short_title="方案")
    act("改填报规则", plan, 报送频次=("每季度", "每半年"), 首次=(None, "是"), 备注=("旧", None))
    record_refusal(
        actor=WANG, today=TODAY, action="登录", about=("login", "wf"), reason="用户名或密码不对"
    )
    page = shown(auditor)
    for said in ("李明", "改填报规则", "报送频次：每季度 → 每半年", "首次：是", "备注：旧 → （空）",
                 "按会议纪要", "任务来源", "被拒绝", "用户名或密码不对"):  # fmt: skip
        assert said in page
    assert "业务日期 2020-10-12" in page


def test_what_units_report_is_told_by_its_fields_alone() -> None:
    agency, task = make_agency("省科技厅"), make_task()
    changes = {"存在问题": (None, "资金没有到位"), "自评": ("正常推进", "滞后")}
    record(actor=LI, today=TODAY, act=Act("填报进展", task, changes, about_agency=agency))
    record(actor=LI, today=TODAY, act=Act("更新联系人", agency, changes, about_agency=agency))
    entries = Entry.objects.filter(actor_name="李明").order_by("pk")
    assert [set(log_line(entry).changes) for entry in entries] == [
        {"存在问题", "自评"},
        {"存在问题：资金没有到位", "自评：正常推进 → 滞后"},
    ]


def narrowed(client: Client, **asked: str) -> list[str]:
    """Which of the three acts of the test below are listed."""
    page = shown(client, **asked)
    return [word for word in ("登记甲", "登记乙", "退回丙") if f"<b>{word}</b>" in page]


def test_each_condition_narrows_it_and_they_can_be_combined(auditor: Client) -> None:
    first, second = make_plan("a"), make_plan("b")
    make_user("wangf", name="王芳")
    act("登记甲", first)
    act("登记乙", second, actor=WANG)
    record_refusal(actor=WANG, today=TODAY, action="退回丙", about=("task", "7"), reason="不能退回")
    for asked, found in (
        ({}, ["登记甲", "登记乙", "退回丙"]),
        ({"who": "李明"}, ["登记甲"]),
        ({"who": "wangf"}, ["登记乙", "退回丙"]),
        ({"act": "登记"}, ["登记甲", "登记乙"]),
        ({"act": "%"}, []),
        ({"kind": "plan"}, ["登记甲", "登记乙"]),
        ({"kind": "plan", "id": str(first.pk)}, ["登记甲"]),
        ({"id": str(first.pk)}, ["登记甲", "登记乙", "退回丙"]),
        ({"result": "refused"}, ["退回丙"]),
        ({"who": "王芳", "result": "done"}, ["登记乙"]),
        ({"who": "张三"}, []),
    ):
        assert narrowed(auditor, **asked) == found, asked


def test_days_are_those_of_the_clock_both_included(auditor: Client) -> None:
    act("登记甲", make_plan())
    day = timezone.localdate()
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    for since, until, found in (
        (day, day, ["登记甲"]),
        (before, before, []),
        (after, after, []),
        (before, after, ["登记甲"]),
    ):
        assert narrowed(auditor, since=since.isoformat(), until=until.isoformat()) == found
    assert narrowed(auditor, since=f"{day.year}年{day.month}月{day.day}日") == ["登记甲"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"since": "x"}, "请写成"),
        ({"kind": "zz"}, "没有“zz”这一项"),
        ({"result": "zz"}, "没有“zz”这一项"),
        ({"who": "长" * 61}, "最多 60 字"),
        ({"since": "2020-02-02", "until": "2020-02-01"}, "“到”早于“从”"),
    ],
)
def test_wrong_conditions_are_said_and_nothing_is_listed_or_taken(
    auditor: Client, asked: dict[str, str], said: str
) -> None:
    act("登记甲", make_plan())
    page = auditor.get(reverse("audit:list"), asked).content.decode()
    assert "查询条件有误" in page
    assert said in page
    assert "登记甲" not in page
    answer = auditor.get(reverse("audit:export"), asked, follow=True)
    assert answer.redirect_chain
    assert not Entry.objects.filter(action="导出操作日志").exists()


def test_fifty_stand_on_a_page_and_more_cost_no_more(auditor: Client) -> None:
    plan = make_plan()

    def asked(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert auditor.get(path).status_code == 200
        return len(queries)

    record_all(actor=LI, today=TODAY, acts=[Act(f"第{i}次", plan) for i in range(3)])
    asked("/audit/")
    few = asked("/audit/?who=李明")
    record_all(actor=LI, today=TODAY, acts=[Act(f"再{i}次", plan) for i in range(97)])
    assert asked("/audit/?who=李明") == few <= 10
    assert shown(auditor, who="李明").count("<tr>") == 51
    assert "第 51—100 项，共 100 项" in shown(auditor, who="李明", page="2")
    assert shown(auditor, who="李明", page="zz", per_page="7").count("<tr>") == 51


def workbook_of(answer: Any) -> list[tuple[Any, ...]]:
    return list(load_workbook(BytesIO(answer.getvalue()))["操作日志"].iter_rows(values_only=True))


def test_what_is_taken_out_is_the_list_and_is_itself_an_entry(auditor: Client) -> None:
    act("登记甲", make_plan(short_title="方案"))
    act("登记乙", make_plan("b"), actor=WANG)
    rows = workbook_of(auditor.get(reverse("audit:export"), {"who": "李明", "kind": "plan"}))
    assert "操作人 李明，对象 任务来源" in rows[0][0]
    assert [row[4] for row in rows[2:]] == ["登记甲"]
    assert rows[2][11] == Entry.objects.get(action="登记甲").hash
    taken = Entry.objects.get(action="导出操作日志")
    assert (taken.actor_name, taken.changes["条数"]) == (
        User.objects.get(username="sj").name,
        [None, "1"],
    )
    assert taken.changes["条件"] == [None, "操作人 李明，对象 任务来源"]


def test_too_much_at_once_is_refused_with_a_sentence(
    auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "EXPORT_LIMIT", 1)
    plan = make_plan()
    act("登记甲", plan)
    act("登记乙", plan)
    answer = auditor.get(reverse("audit:export"), {"kind": "plan"}, follow=True)
    assert "符合条件的超过 1 条，一次导不出" in answer.content.decode()
    assert not Entry.objects.filter(action="导出操作日志").exists()


def test_formulas_in_the_log_leave_it_as_text(auditor: Client) -> None:
    record_refusal(
        actor=System("=1+1"), today=TODAY, action="登录", about=("login", "=2+2"), reason="@x"
    )
    book = load_workbook(
        BytesIO(auditor.get(reverse("audit:export"), {"kind": "login"}).getvalue())
    )
    cells = {cell.value: cell.data_type for cell in book["操作日志"][3]}
    assert cells["=1+1"] == cells["=2+2"] == "s"


def test_it_says_what_the_last_verification_found(auditor: Client) -> None:
    assert "还没有核验过" in auditor.get("/audit/").content.decode()
    act("登记甲", make_plan())
    call_command("verify_audit", not_kept=True, stdout=StringIO())
    assert "还没有核验过" in auditor.get("/").content.decode()
    call_command("verify_audit", stdout=StringIO())
    for page in ("/", "/audit/"):
        assert (
            f'<b class="num">{Entry.objects.count()}</b> 条，完整。'
            in auditor.get(page).content.decode()
        )
    verification_keep(entries=3, faults=["task 7 第2条：内容与校验值不符"])
    page = auditor.get("/audit/").content.decode()
    assert "日志有不对的地方" in page
    assert "task 7 第2条" in page
    assert datetime.now(tz=timezone.get_current_timezone()).strftime("%Y-%m-%d") in page


def test_an_index_serves_each_condition() -> None:
    record_all(
        actor=COMMAND_LINE, today=TODAY,
        acts=[
            Act(f"{i}次", Task(pk=i, plan=Plan(short_title="方"), number="1")) for i in range(300)
        ],
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_entry")
        cursor.execute("SET LOCAL enable_seqscan = off")
        for condition, index in (
            ("action LIKE '7次%'", "audit_entry_action"),
            ("actor_name = '李明'", "audit_entry_actor"),
            ("object_type = 'task' AND object_id = '7'", "audit_entry_chain"),
            ("result = 'refused'", "audit_entry_refused"),
            ("at < '2000-01-01'", "audit_entry_at"),
        ):
            cursor.execute(
                f"EXPLAIN SELECT id FROM audit_entry WHERE {condition}"  # noqa: S608  # ours
                " ORDER BY at DESC, id DESC LIMIT 50"
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert index in plan, plan
