"""期初导入: a ledger that was kept elsewhere enters marked 期初, with preview and undo."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.common.spreadsheets import read_sheets
from apps.plans.models import Plan
from apps.tasks.access import scope_of
from apps.tasks.answers import Answers, RowAnswer
from apps.tasks.layout import Layout, read_table
from apps.tasks.models import Deadline, OpeningStanding, SourceTable, TableImport, Task
from apps.tasks.selectors.ledger import ledger_sheet
from apps.tasks.selectors.opening_table import OpeningDiff, opening_diff
from apps.tasks.services.export import Exporter, ledger_of, workbook_to
from apps.tasks.services.opening_table import opening_import
from apps.tasks.services.tables import Import
from apps.tasks.standing_words import read_day, read_percent, read_state
from tests.builders import TODAY, make_agency, make_duty, make_member, make_plan
from tests.reporting import reporter_of, submit, supervisor
from tests.tasks.importing import (
    bring_in,
    everything_of,
    kept_import,
    laid,
    read,
    row_of,
    undo,
)
from tests.tasks.workbooks import book

HEADERS = (
    "序号",
    "重点工作",
    "牵头部门",
    "完成时限",
    "状态",
    "完成率",
    "进展情况",
    "办结时间",
    "延期至",
)
BASE = [
    ("1", "加快推进省级制造业创新中心建设。", "省科技厅", "2020年"),
    ("2", "完善国有企业法人治理结构。", "省教育厅", "2019年"),
    ("3", "清理规范涉企收费。", "省科技厅", "持续推进"),
]
SAID = [
    ("推进中", "80%", "已建成4家。", "", ""),
    ("已办结", "100%", "章程已修订。", "2019-11-20", ""),
    ("暂缓", "", "条件不具备。", "", "2021年6月底前"),
]
LEDGER = [(*row, *said) for row, said in zip(BASE, SAID, strict=True)]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("推进中", "active"), ("正常推进", "active"), ("未完成", "active"), ("基本完成", "active"),
        ("已完成", "closed"), ("办结", "closed"), ("提前完成", "closed"), ("已销号", "closed"),
        ("挂起", "suspended"), ("暂缓实施", "suspended"), ("终止", "ended"), ("不再推进", "ended"),
        ("", ""), ("—", ""), ("见附件", None), ("待领导审定", None),
        ("已完成前期工作", None), ("完成80%", None), ("已完成100%", "closed"), ("已启动", "active"),
        ("进度滞后", "active"), ("达到序时进度", "active"), ("已落实到位", None),
    ],
)  # fmt: skip
def test_a_state_is_read_or_is_a_question(text: str, state: str | None) -> None:
    assert read_state(text) == state


@pytest.mark.parametrize(
    ("text", "percent"),
    [("80%", "80"), ("80", "80"), ("１００％", "100"), ("0", "0"), ("0.8", None), ("120%", None),
     ("过半", None), ("0.5%", "0.5")],
)  # fmt: skip
def test_a_percentage_is_read_or_is_a_question(text: str, percent: str | None) -> None:
    assert read_percent(text) == (None if percent is None else Decimal(percent))


def test_a_day_may_be_written_as_a_deadline() -> None:
    assert read_day("2019.11.20", None) == date(2019, 11, 20)
    assert read_day("2021年6月底前", None) == date(2021, 6, 30)
    assert read_day("另行通知", None) is None


@pytest.fixture
def user(db: None) -> User:
    assert db is None
    return supervisor()


@pytest.fixture
def plan(user: User) -> Plan:
    for name in ("省科技厅", "省教育厅"):
        make_agency(name)
    made = make_plan(issued_on=date(2017, 8, 28))
    bring_in(made, BASE, user, name="原表.xlsx")
    return made


def beside(
    plan: Plan, rows: Sequence[Sequence[str]] = LEDGER, answers: Answers | None = None
) -> OpeningDiff:
    return opening_diff(plan, read(plan, rows, HEADERS), answers, today=TODAY)


def enter(
    plan: Plan, user: User, rows: Sequence[Sequence[str]] = LEDGER, *, seen: str = ""
) -> TableImport:
    kept = kept_import(plan, user, "台账.xlsx")
    kept.kind = TableImport.Kind.OPENING
    wanted = Import(plan, read(plan, rows, HEADERS), "台账.xlsx", seen=seen, kept=kept)
    diff = opening_import(actor=user, scope=scope_of(user, TODAY), wanted=wanted, today=TODAY)
    kept.state, kept.finished_at = TableImport.State.DONE, timezone.now()
    kept.updated = diff.count("update")
    kept.save()
    return kept


def test_a_ledger_enters_with_states_progress_closings_and_extensions(
    plan: Plan, user: User
) -> None:
    enter(plan, user)
    states = dict(Task.objects.values_list("number", "state"))
    assert states == {"1": "active", "2": "closed", "3": "suspended"}
    assert row_of(plan, "2").closed_on == date(2019, 11, 20)
    first = OpeningStanding.objects.get(task__number="1")
    assert (first.text, first.file_name) == ("已建成4家。", "台账.xlsx")
    assert first.percent == Decimal(80)
    days = Deadline.objects.filter(task__number="3").order_by("sequence")
    assert [(d.due_on, d.basis, d.current) for d in days] == [
        (None, "原表", False), (date(2021, 6, 30), "期初", True),
    ]  # fmt: skip
    assert row_of(plan, "3").due_on == date(2021, 6, 30)
    assert row_of(plan, "2").light == "closed"
    assert Entry.objects.filter(action="期初：登记", reason="台账.xlsx").count() == 3
    assert Entry.objects.filter(action="期初：登记进展（台账）").count() == 3
    assert row_of(plan, "1").cells == list(BASE[0])


def test_the_same_ledger_again_changes_nothing(plan: Plan, user: User) -> None:
    enter(plan, user)
    assert not beside(plan).changes_anything


def test_the_preview_says_what_changes_and_what_is_not_plain(plan: Plan) -> None:
    rows = [(*BASE[0], "见附件", "过半", "已建成4家。", "", "另行通知"), LEDGER[1]]
    diff = beside(plan, rows)
    assert [(c.column, c.old, c.new) for c in diff.rows[1].changes][:2] == [
        ("状态", "待交办", "已办结"), ("办结日期", "", "2019-11-20"),
    ]  # fmt: skip
    assert [doubt.message for doubt in diff.rows[0].doubts] == [
        "第2行“见附件”读不出状态，状态不变，请核对。",
        "第2行“另行通知”读不出日期，没有登记。",
        "第2行“过半”读不出完成比例，没有登记。",
    ]
    assert diff.rows[0].standing.text == "已建成4家。"
    assert [task.number for task in diff.missing] == ["3"]


def test_rows_are_found_by_their_text_and_strangers_left_out(plan: Plan) -> None:
    rows = [("7", BASE[1][1], *LEDGER[1][2:]), ("8", "推进农村公路改造提升。", *LEDGER[0][2:])]
    diff = beside(plan, rows)
    assert [row.task.number for row in diff.rows if row.task] == ["2"]
    assert [row.number for row in diff.strangers] == ["8"]
    assert beside(plan, rows[1:]).errors[0].message.startswith("表里没有一行能对应到")


def test_a_row_with_reports_of_its_own_is_refused(plan: Plan, user: User) -> None:
    agency = make_agency("省科技厅")
    submit(make_duty(row_of(plan, "1"), agency), reporter_of(agency))
    [error] = beside(plan).errors
    assert "第1项已有填报的进展" in error.message
    with pytest.raises(Refused):
        enter(plan, user)
    assert not OpeningStanding.objects.exists()
    assert beside(plan, answers=Answers(rows={2: RowAnswer(skipped=True)})).errors == ()


def test_it_is_undone_like_any_import(plan: Plan, user: User) -> None:
    before = everything_of(plan)
    first = enter(plan, user)
    between = everything_of(plan)
    again = enter(plan, user, [(*BASE[0], "已完成", "100%", "已建成5家。", "2020-09-30", "")])
    assert OpeningStanding.objects.get(task__number="1").text == "已建成5家。"
    undo(again, user)
    assert everything_of(plan) == between
    assert OpeningStanding.objects.get(task__number="1").text == "已建成4家。"
    undo(first, user)
    assert everything_of(plan) == before
    assert not OpeningStanding.objects.exists()
    assert not laid(plan, BASE).changes_anything


def test_a_day_that_has_not_come_and_an_earlier_deadline_are_questions(plan: Plan) -> None:
    rows = [
        (*BASE[0], "已办结", "", "", "2031-01-01", ""),
        (*BASE[1], "推进中", "", "", "", "2018年"),
    ]
    first, second = beside(plan, rows).rows
    assert first.standing.closed_on is None
    assert "“2031-01-01”还没有到" in first.doubts[0].message
    assert second.standing.extended_to is None
    assert "早于现有时限 2019-12-31" in second.doubts[0].message


def test_a_share_with_more_decimals_than_are_kept_changes_nothing_again(
    plan: Plan, user: User
) -> None:
    rows = [(*BASE[0], "推进中", "33.3333%", "已建成4家。", "", "")]
    enter(plan, user, rows)
    assert not beside(plan, rows).changes_anything


def test_what_a_ledger_has_no_column_for_stays_as_it_is_known(plan: Plan, user: User) -> None:
    enter(plan, user)
    rows = [(*row, "已办结" if row[0] == "2" else "") for row in BASE]
    headers = (*HEADERS[:4], "状态")
    found = opening_diff(plan, read(plan, rows, headers), today=TODAY)
    assert not found.changes_anything
    assert row_of(plan, "2").closed_on == date(2019, 11, 20)


def test_our_own_ledger_again_changes_nothing(plan: Plan, user: User, tmp_path: Path) -> None:
    enter(plan, user)
    OpeningStanding.objects.filter(task__number="2").update(closing="省府函〔2019〕3号")
    exporter = Exporter(user, scope_of(user, TODAY), TODAY)
    workbook_to(tmp_path / "台账.xlsx", ledger_of(plan.tasks.all(), exporter, period=None))
    layout = Layout.from_dict(SourceTable.objects.get(plan=plan).layout)
    sheets = read_sheets(tmp_path / "台账.xlsx", name="台账.xlsx")
    found = opening_diff(plan, read_table(sheets, layout=layout), today=TODAY)
    assert [row.changes for row in found.rows] == [(), (), ()]


def test_lists_and_ledgers_show_it_marked_to_those_who_may_read_reports(
    plan: Plan, user: User
) -> None:
    enter(plan, user)
    OpeningStanding.objects.filter(task__number="2").update(closing="省府函〔2019〕3号")
    for member, seen in (
        (user, ["（期初）已建成4家。", "（期初）章程已修订。\n办结依据：省府函〔2019〕3号"]),
        (reporter_of(make_agency("省科技厅")), ["（期初）已建成4家。", ""]),
    ):
        scope = scope_of(member, TODAY)
        sheet = ledger_sheet(plan.tasks.order_by("position"), scope=scope, period=None, today=TODAY)
        rows = [dict(zip(sheet.headers, row, strict=True)) for row in sheet.rows]
        assert [row["进展情况"] for row in rows[:2]] == seen
        assert [row["审核和认定"] for row in rows[:2]] == ["期初" if text else "" for text in seen]
        client = Client()
        client.force_login(member)
        page = client.get(f"/tasks/?plan={plan.pk}").content.decode()
        assert '<span class="tag">期初</span> 80% 已建成4家。' in page
        assert ("省府函〔2019〕3号" in page) is bool(seen[1])


def test_a_report_takes_its_place(plan: Plan, user: User) -> None:
    enter(plan, user)
    agency = make_agency("省科技厅")
    submit(make_duty(row_of(plan, "1"), agency), reporter_of(agency))
    scope = scope_of(user, TODAY)
    sheet = ledger_sheet(plan.tasks.order_by("position"), scope=scope, period=None, today=TODAY)
    assert "期初" not in str(next(iter(sheet.rows)))


def test_only_what_was_seen_by_who_may(plan: Plan, user: User) -> None:
    with pytest.raises(Conflict):
        enter(plan, user, seen="other")
    with pytest.raises(NotAllowed):
        enter(plan, make_member(make_agency("省科技厅"), "reporter"))
    enter(plan, user, seen=beside(plan).digest)
    assert OpeningStanding.objects.count() == 3


def test_the_page_of_the_row_shows_it_to_those_who_may_read_reports(plan: Plan, user: User) -> None:
    enter(plan, user)
    row = row_of(plan, "1")
    row.assignments.create(
        agency=make_agency("省财政厅"), name="省财政厅", role="support", position=9
    )

    def page(reader: User) -> str:
        client = Client()
        client.force_login(reader, "apps.accounts.backends.ActiveUserBackend")
        return client.get(row.get_absolute_url()).content.decode()

    assert "期初情况" in page(user)
    assert "已建成4家。" in page(make_member(make_agency("省科技厅"), "reporter"))
    takes_part = page(make_member(make_agency("省财政厅"), "reporter"))
    assert "已建成4家。" not in takes_part
    assert "期初情况" not in takes_part


def test_the_command_takes_a_ledger_over_and_says_what_it_read(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: LazySettings
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    path = book(tmp_path / "台账.xlsx", LEDGER, headers=HEADERS)
    call_command("import_opening", str(path), plan=plan.code, format="json", dry_run=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["updated"], told["rows"][1]["state"]) == (3, "closed")
    assert not OpeningStanding.objects.exists()
    call_command("import_opening", str(path), plan=plan.code)
    assert "期初导入完成：登记 3 行" in capsys.readouterr().out
    kept = TableImport.objects.get(kind=TableImport.Kind.OPENING)
    assert (kept.state, kept.updated, kept.rows.count()) == ("done", 3, 3)
    call_command("import_opening", str(path), plan=plan.code)
    assert TableImport.objects.filter(kind=TableImport.Kind.OPENING).count() == 1
