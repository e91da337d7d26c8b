"""`import_table` keeps its contract: JSON, exit codes, all or nothing (architecture.md §6)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.plans.models import Plan
from apps.tasks.models import Assignment, TableImport, Task
from tests.builders import make_agency, make_line, make_member, make_plan, make_task
from tests.reporting import supervisor
from tests.tasks.importing import undo
from tests.tasks.workbooks import HEADERS, ROWS, TABLES, book

pytestmark = pytest.mark.django_db
GUANGDONG = TABLES / "guangdong_2017_45.xlsx"
SAMPLES = ("merged_subrows", "three_roles_sections", "unlabelled_number")


@pytest.fixture(autouse=True)
def _units() -> None:
    for name in ("省科技厅", "省发展改革委", "省教育厅"):
        make_agency(name)


@pytest.fixture
def plan() -> Plan:
    return make_plan("impl", issued_on=date(2017, 8, 28))


class Ran:
    """A command's exit code with what it wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command in this process, with JSON unless another format is asked for."""

    def command(file: Path, **options: object) -> Ran:
        code, said = 0, ""
        try:
            call_command("import_table", str(file), **{"format": "json", **options})
        except CommandError as error:
            code, said = error.returncode, str(error)
        except SystemExit as left:
            code = int(str(left.code))
        written = capsys.readouterr()
        return Ran(code, written.out, said + written.err)

    return command


def test_it_reports_the_table_it_read(run: Any, plan: Plan) -> None:
    ran = run(GUANGDONG, plan=plan.code)
    assert ran.code == 0
    told = ran.json
    assert (told["sheet"], told["header_rows"]) == ("任务分工表", [2])
    assert told["columns"] == {
        "number": "序号", "content": "重点工作", "lead": "牵头部门", "deadline": "完成时限",
    }  # fmt: skip
    assert (told["created"], told["updated"], told["unchanged"]) == (45, 0, 0)
    third = told["rows"][2]
    assert (third["row"], third["number"], third["action"]) == (5, "3", "create")
    assert [party["name"] for party in third["parties"]] == [
        "省发展改革委", "省科技厅", "省经济和信息化委",
    ]  # fmt: skip
    assert third["deadline"]["due_on"] == "2020-12-31"
    assert told["errors"] == []
    assert Task.objects.count() == 45


def test_a_second_run_changes_nothing(run: Any, plan: Plan) -> None:
    run(GUANGDONG, plan=plan.code)
    written = Entry.objects.count()
    told = run(GUANGDONG, plan=plan.code).json
    assert (told["created"], told["updated"], told["unchanged"]) == (0, 0, 45)
    assert {row["action"] for row in told["rows"]} == {"unchanged"}
    assert Entry.objects.count() == written


@pytest.mark.parametrize("name", SAMPLES)
def test_the_rows_of_published_tables_are_read_as_expected(run: Any, name: str) -> None:
    issued = json.loads((TABLES / "issued_on.json").read_text())
    told = run(
        TABLES / f"{name}.xlsx",
        new_plan=name,
        issued_on=issued.get(f"{name}.xlsx") or issued.get(name),
        region="某市",
        dry_run=True,
    ).json
    for row, expected in zip(
        told["rows"], json.loads((TABLES / f"{name}.expected.json").read_text()), strict=True
    ):
        for key in ("number", "category", "title", "content", "open_ended"):
            assert row[key] == expected[key]
        for party, wanted in zip(row["parties"], expected["parties"], strict=True):
            assert {key: party[key] for key in wanted} == wanted
        deadline = expected["deadline"]
        assert {key: row["deadline"][key] for key in deadline} == deadline
    assert not Plan.objects.exists()


def test_a_dry_run_writes_nothing(run: Any, plan: Plan) -> None:
    assert run(GUANGDONG, plan=plan.code, dry_run=True).json["created"] == 45
    assert not Task.objects.exists()
    assert not Entry.objects.exists()


def test_a_changed_cell_is_told_with_what_it_was(run: Any, plan: Plan, tmp_path: Path) -> None:
    run(book(tmp_path / "一.xlsx"), plan=plan.code)
    rows = [(*ROWS[0][:3], "2019年"), *ROWS[1:]]
    told = run(book(tmp_path / "二.xlsx", rows), plan=plan.code).json
    assert (told["created"], told["updated"], told["unchanged"]) == (0, 1, 5)
    assert told["rows"][0]["action"] == "update"
    assert told["rows"][0]["changes"] == [
        {"column": "完成时限", "old": "持续推进", "new": "2019年"}
    ]
    assert Task.objects.get(number="1").due_on == date(2019, 12, 31)


def test_an_unknown_unit_is_a_warning_and_with_strict_an_error(
    run: Any, plan: Plan, tmp_path: Path
) -> None:
    path = book(tmp_path / "表.xlsx", [("1", "甲", "省未知局、省科技厅", "2020年")])
    refused = run(path, plan=plan.code, strict=True)
    assert refused.code == 1
    [error] = refused.json["errors"]
    assert (error["row"], error["column"], error["cell"]) == (3, "牵头部门", "C3")
    assert "省未知局" in error["message"]
    assert not Task.objects.exists()
    told = run(path, plan=plan.code)
    assert told.code == 0
    assert "省未知局" in told.json["warnings"][0]["message"]
    named = Assignment.objects.order_by("task__position", "position")
    assert list(named.values_list("name", "agency__name")) == [
        ("省未知局", None), ("省科技厅", "省科技厅"),
    ]  # fmt: skip


def test_what_a_person_settled_outlives_a_change_elsewhere_in_the_row(
    run: Any, plan: Plan, tmp_path: Path
) -> None:
    rows = [("1", "甲", "省未知局、省科技厅", "2020年")]
    run(book(tmp_path / "一.xlsx", rows), plan=plan.code)
    task, found = Task.objects.get(), make_agency("省找到局")
    task.assignments.filter(name="省未知局").update(agency=found)
    Task.objects.update(consolidator=make_agency("省教育厅"))
    run(book(tmp_path / "二.xlsx", [("1", "甲", "省未知局、省科技厅", "2021年")]), plan=plan.code)
    task.refresh_from_db()
    assert task.due_on == date(2021, 12, 31)
    assert task.assignments.get(name="省未知局").agency == found
    assert task.consolidator == make_agency("省教育厅")
    run(book(tmp_path / "三.xlsx", [("1", "甲", "省科技厅", "2021年")]), plan=plan.code)
    task.refresh_from_db()
    assert task.consolidator == make_agency("省科技厅")
    # a designation with its basis outlives other leads as well
    Task.objects.update(consolidator=make_agency("省教育厅"), consolidator_basis="会议")
    run(book(tmp_path / "四.xlsx", [("1", "甲", "省财政厅", "2021年")]), plan=plan.code)
    task.refresh_from_db()
    assert task.consolidator == make_agency("省教育厅")
    assert [d.text for d in task.deadlines.order_by("sequence")] == ["2020年", "2021年"]


def test_a_duplicate_number_stops_everything(run: Any, plan: Plan, tmp_path: Path) -> None:
    rows = [("1", "甲", "省科技厅", ""), ("1", "乙", "省科技厅", ""), ("2", "", "省科技厅", "")]
    ran = run(book(tmp_path / "表.xlsx", rows), plan=plan.code)
    assert ran.code == 1
    assert [error["cell"] for error in ran.json["errors"]] == ["A4", "B5"]
    assert not Task.objects.exists()


def test_an_unreadable_deadline_waits_for_a_person(run: Any, plan: Plan, tmp_path: Path) -> None:
    ran = run(book(tmp_path / "表.xlsx", [("1", "甲", "省科技厅", "等通知后")]), plan=plan.code)
    assert ran.code == 0
    assert ran.json["rows"][0]["deadline"]["needs_review"]
    assert ran.json["warnings"][0]["cell"] == "D3"
    assert Task.objects.get().due_kind == "unresolved"


# A new plan


def test_a_new_plan_comes_with_its_table(run: Any) -> None:
    Installation.objects.create(pk=1, body_name="广东省")
    ran = run(GUANGDONG, new_plan="某实施方案", code="some-plan", issued_on="2017-08-28")
    assert ran.code == 0
    made = Plan.objects.get(code="some-plan")
    assert (made.title, made.level, made.region, made.relation) == (
        "某实施方案", "省", "广东省", "own",
    )  # fmt: skip
    assert made.supervisor is None
    assert made.issued_on == date(2017, 8, 28)
    assert made.tasks.count() == 45
    assert set(Entry.objects.values_list("actor_name", flat=True)) == {"系统（命令行）"}


def test_a_code_is_given_where_none_is_asked_for(run: Any) -> None:
    run(GUANGDONG, new_plan="甲")
    run(GUANGDONG, new_plan="乙", level="国家")
    year = date.today().year  # noqa: DTZ011  any year will do
    assert list(Plan.objects.order_by("pk").values_list("code", "region")) == [
        (f"plan-{year}-1", "全国"), (f"plan-{year}-2", "全国"),
    ]  # fmt: skip


def test_a_refused_table_leaves_no_plan(run: Any, tmp_path: Path) -> None:
    ran = run(book(tmp_path / "表.xlsx", [("1", "", "省科技厅", "")]), new_plan="某方案")
    assert ran.code == 1
    assert not Plan.objects.exists()
    assert not Entry.objects.exists()


def test_a_taken_code_is_refused(run: Any, plan: Plan) -> None:
    ran = run(GUANGDONG, new_plan="某方案", code=plan.code)
    assert (ran.code, "已有任务来源在用" in ran.err) == (1, True)
    assert ran.json["errors"][0]["message"] in ran.err


# On behalf of a person


def test_a_supervisor_registers_and_imports_under_their_own_unit(run: Any) -> None:
    unit = make_agency("省发展改革委")
    make_member(unit, "supervisor", username="dc", lines=[make_line()])
    assert run(GUANGDONG, new_plan="某方案", code="p", as_user="dc").code == 0
    made = Plan.objects.get()
    assert (made.supervisor, made.line) == (unit, make_line())
    assert Entry.objects.filter(actor_name="某人", agency_name=unit.name).exists()


@pytest.mark.parametrize("dry_run", [False, True])
def test_who_may_not_import_is_refused(run: Any, plan: Plan, tmp_path: Path, dry_run: bool) -> None:
    run(book(tmp_path / "表.xlsx"), plan=plan.code)
    make_member(make_agency("省科技厅"), "reporter", username="tb")
    ran = run(GUANGDONG, plan=plan.code, as_user="tb", dry_run=dry_run)
    assert (ran.code, "只有本任务来源的督查员" in ran.err) == (1, True)
    assert run(GUANGDONG, new_plan="某方案", as_user="tb").code == 1
    assert Plan.objects.count() == 1


def test_to_a_stranger_the_plan_is_unknown(run: Any, plan: Plan) -> None:
    make_member(make_agency("省档案局"), "reporter", username="daj")
    ran = run(GUANGDONG, plan=plan.code, as_user="daj")
    assert (ran.code, "没有代码为" in ran.err) == (2, True)


# Misuse


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"plan": "没有"}, "没有代码为“没有”的任务来源"),
        ({"plan": "impl", "sheet": "附表"}, "没有名为“附表”的工作表"),
        ({"plan": "impl", "as_user": "没有"}, "没有用户“没有”"),
        ({"plan": "impl", "level": "省"}, "只和 --new-plan 一起用"),
        ({"new_plan": "甲", "issued_on": "2017年"}, "“2017年”不是日期"),
        ({"new_plan": "甲", "level": "乡"}, "没有“乡”这一级别"),
        ({"new_plan": "甲", "code": "不是 代码"}, "代码不对"),
        ({"new_plan": "甲" * 300}, "标题不对"),
        ({"new_plan": " "}, "标题不对"),
    ],
)
def test_misuse_is_a_sentence_and_exit_code_two(
    run: Any, plan: Plan, options: dict[str, str], said: str
) -> None:
    ran = run(GUANGDONG, **options)
    assert (ran.code, said in ran.err) == (2, True), ran.err
    assert not Task.objects.exists()
    assert Plan.objects.get() == plan


def test_a_file_that_cannot_be_read_is_exit_code_two(run: Any, plan: Plan, tmp_path: Path) -> None:
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    other = book(tmp_path / "电话.xlsx", [("张三", "1")], headers=("姓名", "电话"))
    empty = book(tmp_path / "空表.xlsx", [], headers=HEADERS)
    for path, said in (
        (tmp_path / "没有.xlsx", "不存在或不能读取"),
        (tmp_path, "不存在或不能读取"),
        (broken, "已损坏"),
        (other, "没有找到任务分工表"),
        (empty, "下面没有任务行"),
    ):
        ran = run(path, plan=plan.code)
        assert (ran.code, ran.out, said in ran.err) == (2, "", True), ran.err


def test_people_get_sentences(run: Any, plan: Plan, tmp_path: Path) -> None:
    path = book(tmp_path / "表.xlsx")
    assert "试读完成" in run(path, plan=plan.code, format="text", dry_run=True).out
    assert "导入完成：新增 6 行" in run(path, plan=plan.code, format="text").out
    fewer = book(tmp_path / "少.xlsx", [*ROWS[:4], ("5", "", "省科技厅", "")])
    said = run(fewer, plan=plan.code, format="text")
    assert said.code == 1
    assert "错误：第7行没有填写" in said.out
    assert "保留不动：5、6" in said.out


# As on the pages


def test_what_it_brought_in_is_kept_and_can_be_undone(run: Any, plan: Plan, tmp_path: Path) -> None:
    run(book(tmp_path / "一.xlsx"), plan=plan.code)
    run(book(tmp_path / "二.xlsx", [(*ROWS[0][:3], "2019年"), *ROWS[1:]]), plan=plan.code)
    run(tmp_path / "二.xlsx", plan=plan.code)
    first, second = TableImport.objects.order_by("pk")
    assert (first.state, first.created, second.updated) == ("done", 6, 1)
    undo(second, supervisor())
    assert Task.objects.get(number="1").due_kind == "ongoing"
    undo(first, supervisor())
    assert not Task.objects.exists()


def test_it_says_how_a_row_was_found_and_what_follows(run: Any, plan: Plan, tmp_path: Path) -> None:
    run(book(tmp_path / "一.xlsx"), plan=plan.code)
    told = run(book(tmp_path / "二.xlsx", [("1", *ROWS[1][1:])]), plan=plan.code).json
    assert (told["rows"][0]["matched_by"], told["rows"][0]["likeness"]) == ("content", 100)
    assert told["rows"][0]["changes"][0] == {"column": "序号", "old": "2", "new": "1"}
    assert told["missing"] == ["1", "3", "4", "5", "6"]
    assert "改记为“原1”" in told["consequences"][0]
    assert Task.objects.get(number="原1").content == ROWS[0][1]


def test_a_text_of_another_plan_is_a_warning(run: Any, plan: Plan, tmp_path: Path) -> None:
    make_task(make_plan(short_title="上级方案"), number="38", content=ROWS[0][1])
    told = run(book(tmp_path / "一.xlsx"), plan=plan.code, dry_run=True).json
    assert [w["message"] for w in told["warnings"]] == ["第3行与《上级方案》第38项文字相同"]


def test_a_text_file_brings_the_same_rows(run: Any, plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "表.csv"
    lines = [",".join(HEADERS), *(",".join(row) for row in ROWS if "，" not in row[1])]
    path.write_bytes("\n".join(lines).encode("gb18030"))
    assert run(path, plan=plan.code).json["created"] == len(lines) - 1
    assert Task.objects.get(number="2").due_on == date(2020, 12, 31)
