"""What a person settled in the preview: units, deadlines, rows left out, rows that end."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.agencies.models import Agency, Alias
from apps.agencies.parties import Role
from apps.audit.models import Entry
from apps.common.errors import Conflict, Refused
from apps.plans.models import Plan
from apps.tasks.access import scope_of
from apps.tasks.answers import AgencyAnswer, Answers, DeadlineAnswer, RowAnswer
from apps.tasks.deadlines import Kind
from apps.tasks.models import Assignment, Deadline, Duty, MarkSpan, PeriodMark, Task
from apps.tasks.selectors.tables import table_diff
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.tables import Import, table_import
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_plan,
    make_plan_period,
    make_task,
)
from tests.reporting import reporter_of, submit, supervisor
from tests.tasks.importing import bring_in, laid, read, row_of, touched

pytestmark = pytest.mark.django_db
ROWS = [
    ("1", "建设创新中心。", "省科技厅、省新设局", "2020年"),
    ("2", "完善治理结构。", "各市政府有关方面", "视情况而定"),
    ("3", "清理涉企收费。", "省教育厅", "2019年6月底前"),
]


@pytest.fixture
def user() -> User:
    return supervisor()


@pytest.fixture
def plan() -> Plan:
    for name in ("省科技厅", "省教育厅"):
        make_agency(name)
    return make_plan(issued_on=date(2017, 8, 28))


def units(plan: Plan, number: str) -> list[tuple[str, str | None]]:
    rows = row_of(plan, number).assignments.order_by("position")
    return list(rows.values_list("name", "agency__name"))


# Who a name is


def test_a_known_unit_gets_the_name_as_alias(plan: Plan, user: User) -> None:
    known = make_agency("省改革办")
    said = Answers(agencies={"省新设局": AgencyAnswer("known", known.code)})
    diff = laid(plan, ROWS, said)
    assert (diff.rows[0].agencies[1], diff.new_aliases) == (known, (("省新设局", known),))
    assert "省新设局" not in diff.unknown_agencies
    assert not [doubt for doubt in diff.doubts if doubt.row == 2]
    bring_in(plan, ROWS, user, said)
    assert units(plan, "1") == [("省科技厅", "省科技厅"), ("省新设局", "省改革办")]
    alias = Alias.objects.get(name="省新设局")
    assert (alias.agency, alias.basis) == (known, "导入 表.xlsx")
    assert Entry.objects.filter(action="修改单位", object_id=str(known.pk)).count() == 1
    assert not laid(plan, ROWS, said).changes_anything


def test_a_new_unit_is_entered_with_the_plans_level_and_region(plan: Plan, user: User) -> None:
    said = Answers(agencies={"省新设局": AgencyAnswer("new")})
    [pending] = laid(plan, ROWS, said).new_agencies
    assert pending.name == "省新设局"
    assert not pending.pk
    assert not Agency.objects.filter(name="省新设局").exists()
    bring_in(plan, ROWS, user, said)
    made = Agency.objects.get(name="省新设局")
    assert (made.level, made.region) == (plan.level, plan.region)
    assert units(plan, "1")[1] == ("省新设局", "省新设局")
    assert Entry.objects.filter(action="建立单位", object_id=str(made.pk)).count() == 1


def test_a_collective_and_nobody_are_not_asked_for_again(plan: Plan, user: User) -> None:
    unknown = list(laid(plan, ROWS).unknown_agencies)
    said = Answers(
        agencies={
            name: AgencyAnswer("collective" if name != "省新设局" else "nobody") for name in unknown
        }
    )
    diff = laid(plan, ROWS, said)
    assert diff.unknown_agencies == {}
    bring_in(plan, ROWS, user, said)
    assert units(plan, "1") == [("省科技厅", "省科技厅")]
    assert row_of(plan, "1").cells[2] == "省科技厅、省新设局"
    assert not Assignment.objects.filter(agency=None, collective=False).exists()
    assert not laid(plan, ROWS).changes_anything


def test_a_unit_that_is_no_more_is_an_error(plan: Plan) -> None:
    diff = laid(plan, ROWS, Answers(agencies={"省新设局": AgencyAnswer("known", "gone")}))
    assert [error.message for error in diff.errors] == [
        "给“省新设局”选的单位已经不在单位库里，请重新选择。"
    ]


def test_a_name_that_the_file_has_not_any_more_enters_nothing(plan: Plan) -> None:
    bureau = Agency.objects.get(name="省科技厅")
    said = Answers(
        agencies={
            "火星局": AgencyAnswer("new", "火星局"),
            "月球局": AgencyAnswer("known", bureau.code),
        }
    )
    found = laid(plan, ROWS, said)
    assert (found.new_agencies, found.new_aliases) == ((), ())


def test_a_row_that_is_left_out_needs_no_row_of_ours(plan: Plan) -> None:
    said = Answers(rows={2: RowAnswer(match="99", skipped=True)})
    assert laid(plan, ROWS, said).errors == ()


STORED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "agencies": STORED
        | st.dictionaries(
            st.sampled_from(["省新设局", ""]),
            st.tuples(st.sampled_from(["new", "known", "nobody", "collective"]), STORED),
        ),
        "rows": STORED
        | st.dictionaries(
            st.sampled_from(["2", "3", "x"]),
            STORED
            | st.fixed_dictionaries(
                {}, optional={"match": STORED, "parties": STORED, "deadline": STORED}
            ),
        ),
        "cancelled": STORED,
    },
)


@given(ANSWERS)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_answers_that_nobody_gave_are_refused_or_understood(
    plan: Plan, stored: dict[str, Any]
) -> None:
    try:
        laid(plan, ROWS, Answers.from_dict(stored))
    except Refused as refused:
        assert refused.reasons  # noqa: PT017  # what is not refused is understood


def test_parties_as_a_person_reads_them_outlive_other_changes(plan: Plan, user: User) -> None:
    said = Answers(
        rows={2: RowAnswer(parties=(("省教育厅", Role.LEAD), ("省科技厅", Role.SUPPORT)))}
    )
    bring_in(plan, ROWS, user, said)
    assert units(plan, "1") == [("省教育厅", "省教育厅"), ("省科技厅", "省科技厅")]
    assert row_of(plan, "1").consolidator == make_agency("省教育厅")
    assert row_of(plan, "1").cells[2] == "省科技厅、省新设局"
    bring_in(plan, [("1", "建设更多创新中心。", ROWS[0][2], "2021年"), *ROWS[1:]], user)
    assert units(plan, "1") == [("省教育厅", "省教育厅"), ("省科技厅", "省科技厅")]
    assert row_of(plan, "1").due_on == date(2021, 12, 31)


# Deadlines


def test_a_deadline_as_a_person_reads_it_keeps_its_cell(plan: Plan, user: User) -> None:
    said = Answers(rows={3: RowAnswer(deadline=DeadlineAnswer(Kind.DATE, date(2021, 3, 31)))})
    diff = laid(plan, ROWS, said)
    assert not [doubt for doubt in diff.doubts if "时限" in doubt.message]
    bring_in(plan, ROWS, user, said)
    read_as = Deadline.objects.get(task__number="2")
    assert (read_as.text, read_as.due_on, read_as.basis) == (
        "视情况而定", date(2021, 3, 31), "人工判读：某人",
    )  # fmt: skip
    assert row_of(plan, "2").due_on == date(2021, 3, 31)
    assert not laid(plan, ROWS).changes_anything


def test_a_row_we_have_can_be_read_anew_by_importing_the_same_file(plan: Plan, user: User) -> None:
    bring_in(plan, ROWS, user)
    said = Answers(rows={3: RowAnswer(deadline=DeadlineAnswer(Kind.ONGOING))})
    [change] = laid(plan, ROWS, said).rows[1].changes
    assert (change.column, change.old, change.new) == (
        "完成时限（人工判读）", "待判读", "持续推进",
    )  # fmt: skip
    kept = bring_in(plan, ROWS, user, said)
    assert touched(kept) == {"2": "updated"}
    assert [d.kind for d in Deadline.objects.filter(task__number="2").order_by("sequence")] == [
        "unresolved", "ongoing",
    ]  # fmt: skip
    assert not laid(plan, ROWS, said).changes_anything


# Rows left out, rows that end


def test_a_row_that_is_left_out_changes_nothing_of_ours(plan: Plan, user: User) -> None:
    bring_in(plan, ROWS[:2], user)
    rows = [("1", "改了。", "省科技厅", "2022年"), ROWS[1], ROWS[2]]
    said = Answers(rows={2: RowAnswer(skipped=True), 4: RowAnswer(skipped=True)})
    diff = laid(plan, rows, said)
    assert ([row.number for row in diff.skipped], diff.missing) == (["1", "3"], ())
    assert not diff.changes_anything


def test_an_error_of_a_row_that_is_left_out_stops_nobody(plan: Plan) -> None:
    rows = [*ROWS, ("3", "重复的序号。", "省科技厅", "")]
    assert [error.row for error in laid(plan, rows).errors] == [5]
    assert laid(plan, rows, Answers(rows={5: RowAnswer(skipped=True)})).errors == ()


def test_a_missing_row_ends_only_where_it_was_ticked(plan: Plan, user: User) -> None:
    bring_in(plan, ROWS, user)
    said = Answers(cancelled=("2", "1"))
    diff = laid(plan, [ROWS[0]], said)
    assert ([t.number for t in diff.missing], [t.number for t in diff.cancelled]) == (
        ["2", "3"], ["2"],
    )  # fmt: skip
    kept = bring_in(plan, [ROWS[0]], user, said)
    states = dict(Task.objects.values_list("number", "state"))
    assert (states["1"], states["2"], states["3"]) == ("unassigned", "ended", "unassigned")
    assert (row_of(plan, "2").light, row_of(plan, "2").closed_on) == ("ended", TODAY)
    assert (kept.cancelled, touched(kept)) == (1, {"2": "cancelled"})
    entry = Entry.objects.get(action="导入：终止")
    assert entry.reason == "修订后的表里没有（表.xlsx）"
    assert not laid(plan, [ROWS[0]], said).changes_anything


def test_a_row_that_asks_to_be_closed_does_not_end(plan: Plan, user: User) -> None:
    bring_in(plan, ROWS, user)
    Task.objects.filter(number="3").update(state=Task.State.CLOSING)
    diff = laid(plan, ROWS[:2], Answers(cancelled=("3",)))
    assert "第3项正在申请办结" in diff.errors[0].message


# What follows


def test_a_lead_that_changes_takes_its_empty_duty_along(plan: Plan, user: User) -> None:
    bring_in(plan, ROWS, user)
    make_duty(row_of(plan, "3"), make_agency("省教育厅"))
    rows = [*ROWS[:2], ("3", ROWS[2][1], "省科技厅", ROWS[2][3])]
    gone, asked = laid(plan, rows).consequences
    assert gone.startswith("第3项不再由省教育厅报送，它的")
    assert gone.endswith("还没有填，随导入撤回。")
    assert asked.startswith("第3项改由省科技厅报送")
    bring_in(plan, rows, user)
    assert not Duty.objects.exists()
    assert Entry.objects.filter(action="撤回应报").count() == 1


def test_a_duty_in_which_somebody_wrote_stays(plan: Plan, user: User) -> None:
    bring_in(plan, ROWS, user)
    agency = make_agency("省教育厅")
    duty = make_duty(row_of(plan, "3"), agency)
    submit(duty, reporter_of(agency))
    rows = [*ROWS[:2], ("3", ROWS[2][1], "省科技厅", ROWS[2][3])]
    assert laid(plan, rows).consequences[0].endswith("已有填写，保留不动。")
    bring_in(plan, rows, user)
    assert Duty.objects.get() == duty


def test_a_day_that_was_decided_stands_and_is_said(plan: Plan, user: User) -> None:
    bring_in(plan, ROWS, user)
    row = row_of(plan, "3")
    row.deadlines.update(current=False)
    Deadline.objects.create(
        task=row,
        sequence=2,
        kind="date",
        due_on=date(2021, 1, 31),
        basis="联席会议",
        recorded_on=TODAY,
    )
    Task.objects.filter(pk=row.pk).update(due_on=date(2021, 1, 31))
    rows = [*ROWS[:2], (*ROWS[2][:3], "2019年9月底前")]
    [sentence] = laid(plan, rows).consequences
    assert sentence.startswith(
        "第3项的完成时限已另行决定为 2021-01-31（联席会议），导入不改这个日期"
    )
    bring_in(plan, rows, user)
    assert row_of(plan, "3").due_on == date(2021, 1, 31)


# Names that wait


def test_a_unit_entered_later_is_linked_by_the_same_file(plan: Plan, user: User) -> None:
    bring_in(plan, ROWS, user)
    assert not laid(plan, ROWS).changes_anything
    later = make_agency("省新设局")
    [change] = laid(plan, ROWS).rows[0].changes
    assert (change.column, change.new) == ("“省新设局”对应单位", "省新设局")
    bring_in(plan, ROWS, user)
    assert units(plan, "1") == [("省科技厅", "省科技厅"), ("省新设局", later.name)]
    assert not laid(plan, ROWS).changes_anything


# Texts elsewhere


def test_a_new_row_says_where_its_text_stands_already(plan: Plan, user: User) -> None:
    other, hidden = make_plan(short_title="上级方案"), make_plan(line=None)
    make_task(other, number="38", content=ROWS[0][1])
    make_task(hidden, number="5", content=ROWS[1][1])
    diff = table_diff(plan, read(plan, ROWS), visible=[plan.pk, other.pk])
    assert [problem.message for problem in diff.elsewhere] == ["第2行与《上级方案》第38项文字相同"]
    assert not laid(plan, ROWS).elsewhere
    bring_in(plan, ROWS, user)
    assert not table_diff(plan, read(plan, ROWS), visible=[other.pk]).elsewhere


# Applying


def test_what_was_not_in_the_preview_is_not_applied(plan: Plan, user: User) -> None:
    seen = laid(plan, ROWS).digest
    bring_in(plan, [ROWS[0]], user)
    wanted = Import(plan, read(plan, ROWS), "表.xlsx", seen=seen)
    with pytest.raises(Conflict):
        table_import(actor=user, scope=scope_of(user, TODAY), wanted=wanted, today=TODAY)
    other = Import(
        plan,
        read(plan, ROWS),
        "表.xlsx",
        seen=laid(plan, ROWS).digest,
        answers=Answers(rows={3: RowAnswer(deadline=DeadlineAnswer(Kind.ONGOING))}),
    )
    with pytest.raises(Conflict):
        table_import(actor=user, scope=scope_of(user, TODAY), wanted=other, today=TODAY)


def test_a_name_that_means_two_units_is_refused_as_alias(plan: Plan, user: User) -> None:
    make_agency("省甲局", full_name="广东省新设局")
    make_agency("省乙局", full_name="广东省新设局乙")
    Alias.objects.create(agency=make_agency("省甲局"), name="省新设局")
    Alias.objects.create(agency=make_agency("省乙局"), name="省新设局")
    said = Answers(agencies={"省新设局": AgencyAnswer("known", make_agency("省科技厅").code)})
    with pytest.raises(Refused, match="一个名称只能指一个单位"):
        bring_in(plan, ROWS, user, said)
    assert not Task.objects.exists()


def test_rules_put_in_force_with_the_table_are_kept_with_the_plan(plan: Plan, user: User) -> None:
    bring_in(plan, ROWS, user)
    diff = table_diff(plan, read(plan, ROWS), rules=["responsible_is_lead", "first_is_lead"])
    assert diff.new_rules == ("responsible_is_lead", "first_is_lead")
    wanted = Import(plan, read(plan, ROWS), "表.xlsx", rules=("first_is_lead",))
    table_import(actor=user, scope=scope_of(user, TODAY), wanted=wanted, today=TODAY)
    assert [rule.code for rule in plan.row_rules.all()] == ["first_is_lead"]


def test_the_steps_are_told(plan: Plan, user: User) -> None:
    told: list[tuple[str, int, int]] = []
    table_import(
        actor=user,
        scope=scope_of(user, TODAY),
        wanted=Import(plan, read(plan, ROWS), "表.xlsx"),
        today=TODAY,
        heard=lambda *step: told.append(step),
    )
    assert told == [("比对", 0, 3), ("写入", 0, 3), ("写入", 3, 3)]


@pytest.mark.parametrize("relation", ["own", "upper"])
def test_new_rows_stand_as_the_sweep_would_have_them(user: User, relation: str) -> None:
    plan = make_plan(relation=relation)
    if relation == "own":
        make_plan_period(plan)
    texts = ["2020年", "2019年6月底前", "持续推进", "", "每年12月底前", "力争2019年", "视情况而定"]
    texts += ["2020年10月底前", "2025年", "2020年"]
    bring_in(
        plan, [(str(n), f"第{n}件事。", "省科技厅", text) for n, text in enumerate(texts)], user
    )
    before = marks(plan)
    Task.objects.update(light="nodata", light_reason="", light_order=9, marks_next=None)
    MarkSpan.objects.all().delete()
    PeriodMark.objects.all().delete()
    marks_refresh(task_ids=Task.objects.values_list("pk", flat=True), today=TODAY)
    assert marks(plan) == before


def marks(plan: Plan) -> list[list[dict[str, Any]]]:
    """All that is kept of how a plan's rows stand."""
    rows = [
        Task.objects.filter(plan=plan).order_by("pk").values(),
        MarkSpan.objects.filter(plan=plan).order_by("task_id").values(),
        PeriodMark.objects.filter(task__plan=plan).order_by("task_id").values(),
    ]
    return [[{k: v for k, v in row.items() if k != "id"} for row in each] for each in rows]


def test_the_number_of_queries_does_not_grow_with_the_rows() -> None:
    make_agency("省科技厅")
    first, small, large = make_plan(), make_plan(), make_plan()
    user = supervisor()

    def queries(plan: Plan, many: int) -> int:
        whose = ("省科技厅、省新设局", "2020年")
        rows = [(str(n), f"{plan.code}第{n}件事情。", *whose) for n in range(many)]
        bring_in(plan, rows[: many // 2], user)
        changed = [(number, text + "改", "省教育厅", "2021年") for number, text, _, _ in rows]
        with CaptureQueriesContext(connection) as caught:
            bring_in(plan, changed, user)
        return len(caught)

    queries(first, 10)
    assert queries(large, 80) == queries(small, 40)
