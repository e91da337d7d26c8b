"""Undoing an import gives back exactly what was there, as long as nothing was built on it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.agencies.models import Agency, Alias
from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.common.actor import COMMAND_LINE
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.plans.models import Plan
from apps.tasks.answers import AgencyAnswer, Answers, DeadlineAnswer, RowAnswer
from apps.tasks.deadlines import Kind
from apps.tasks.models import Deadline, Draft, Duty, Task
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.overdue import sweep
from apps.tasks.services.table_undo import undo_hindrances
from tests.builders import TODAY, make_agency, make_duty, make_member, make_plan
from tests.reporting import reporter_of, submit, supervisor
from tests.tasks.importing import bring_in, everything_of, laid, read, row_of, touched, undo

pytestmark = pytest.mark.django_db
ROWS = [
    ("1", "加快推进省级制造业创新中心建设。", "省科技厅", "2020年"),
    ("2", "完善国有企业法人治理结构。", "省发展改革委、省科技厅", "持续推进"),
    ("3", "清理规范涉企收费。", "省教育厅", "2019年6月底前"),
    ("4", "推进农村公路改造提升。", "省新设局", "视情况而定"),
]


@pytest.fixture
def user() -> User:
    return supervisor()


@pytest.fixture
def plan(user: User) -> Plan:
    for name in ("省科技厅", "省发展改革委", "省教育厅"):
        make_agency(name)
    made = make_plan(issued_on=date(2017, 8, 28))
    bring_in(made, ROWS, user, name="原表.xlsx")
    return made


def changed(*cells: tuple[int, int, str]) -> list[tuple[str, ...]]:
    """ROWS with these cells (row from 1, column from 0) saying something else."""
    rows = [list(row) for row in ROWS]
    for row, column, text in cells:
        rows[row - 1][column] = text
    return [tuple(row) for row in rows]


def test_changed_new_and_ended_rows_are_taken_back(plan: Plan, user: User) -> None:
    before = everything_of(plan)
    rows = changed((1, 1, "加快推进创新中心建设。"), (2, 2, "省教育厅"), (3, 3, "2021年"))
    rows = [*rows[:3], ("9", "新的一项工作。", "省科技厅", "2020年")]
    kept = bring_in(plan, rows, user, Answers(cancelled=("4",)))
    assert touched(kept) == {
        "1": "updated", "2": "updated", "3": "updated", "4": "cancelled", "9": "created",
    }  # fmt: skip
    assert row_of(plan, "4").state == Task.State.ENDED
    assert everything_of(plan) != before
    undo(kept, user)
    assert everything_of(plan) == before
    kept.refresh_from_db()
    assert (kept.state, kept.undone_by, kept.undone_reason) == ("undone", "某人", "导错了")
    assert Entry.objects.filter(action="撤销导入：删除").count() == 1
    assert Entry.objects.filter(action="撤销导入：恢复").count() == 4
    assert breaks() == []


def test_the_first_import_of_a_plan_leaves_nothing_behind(user: User) -> None:
    plan = make_plan()
    undo(bring_in(plan, ROWS, user), user)
    assert everything_of(plan) == {
        "tasks": [], "deadlines": [], "assignments": [], "table": [], "duties": [],
    }  # fmt: skip


def test_units_that_it_entered_stay_though_their_links_go(plan: Plan, user: User) -> None:
    before = everything_of(plan)
    said = Answers(agencies={"省新设局": AgencyAnswer("new", "省新局")})
    kept = bring_in(plan, ROWS, user, said)
    assert row_of(plan, "4").consolidator == Agency.objects.get(name="省新局")
    undo(kept, user)
    assert everything_of(plan) == before
    assert Alias.objects.get(name="省新设局").agency.name == "省新局"


def test_other_columns_come_back_as_well(plan: Plan, user: User) -> None:
    before = everything_of(plan)
    rows = [(row[0], row[3], row[1], row[2], "备注") for row in ROWS[:3]]
    headers = ("序号", "完成时间", "重点工作", "牵头单位", "备注")
    kept = bring_in(plan, rows, user, headers=headers)
    assert len(row_of(plan, "4").cells) == 5
    undo(kept, user)
    assert everything_of(plan) == before


def test_a_withdrawn_duty_is_owed_again(plan: Plan, user: User) -> None:
    row = row_of(plan, "3")
    make_duty(row, make_agency("省教育厅"))
    marks_refresh(task_ids=[row.pk], today=TODAY)
    before = everything_of(plan)
    kept = bring_in(plan, changed((3, 2, "省科技厅")), user)
    assert not Duty.objects.exists()
    undo(kept, user)
    assert everything_of(plan) == before


CELL = st.tuples(
    st.integers(0, 3),
    st.sampled_from([1, 2, 3]),
    st.sampled_from(["省科技厅", "2022年", "另一件事。"]),
)
EDITS = st.fixed_dictionaries(
    {
        "cells": st.lists(CELL, max_size=4),
        "order": st.permutations(range(4)),
        "dropped": st.sets(st.integers(0, 3), max_size=3),
        "renumbered": st.booleans(),
        "more": st.integers(0, 2),
        "cancelled": st.sets(st.sampled_from("1234")),
        "dated": st.booleans(),
        "headers": st.sampled_from(
            [
                ("序号", "重点工作", "牵头部门", "完成时限"),
                ("序号", "重点工作", "责任单位", "完成时限"),
            ]
        ),
    }
)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edits=EDITS)
def test_whatever_was_edited_undoing_gives_every_column_back(
    plan: Plan, user: User, edits: dict[str, object]
) -> None:
    before = everything_of(plan)
    kept = bring_in(plan, edited(edits), user, answers(edits), headers=edits["headers"])  # type: ignore[arg-type]  # drawn as such
    if touched(kept):
        undo(kept, user)
    assert everything_of(plan) == before


def edited(edits: dict[str, object]) -> list[tuple[str, ...]]:
    """A revision of ROWS: cells, order, rows that are gone, rows that are new, numbers."""
    cells = [list(row) for row in ROWS]
    for row, column, text in edits["cells"]:  # type: ignore[attr-defined]  # drawn as such
        cells[row][column] = text
    rows = [cells[at] for at in edits["order"] if at not in edits["dropped"]]  # type: ignore[attr-defined,operator]  # drawn as such
    rows += [[f"9{n}", f"新增的第{n}件事。", "省教育厅", "2021年"] for n in range(edits["more"])]  # type: ignore[call-overload]  # drawn as such
    rows = rows or [["1", "只有这一行。", "省科技厅", ""]]
    if edits["renumbered"]:
        rows = [[str(place), *row[1:]] for place, row in enumerate(rows, 1)]
    return [tuple(row) for row in rows]


def answers(edits: dict[str, object]) -> Answers:
    dated = {2: RowAnswer(deadline=DeadlineAnswer(Kind.DATE, date(2022, 5, 1)))}
    return Answers(
        cancelled=tuple(sorted(edits["cancelled"])),  # type: ignore[call-overload]  # drawn as such
        rows=dated if edits["dated"] else {},
        agencies={"省新设局": AgencyAnswer("collective")} if edits["dated"] else {},
    )


# What stands in the way


def test_only_the_last_import_can_be_undone_and_then_the_one_before(plan: Plan, user: User) -> None:
    before = everything_of(plan)
    first = bring_in(plan, changed((1, 1, "第一次改。")), user, name="一.xlsx")
    between = everything_of(plan)
    second = bring_in(plan, changed((1, 1, "第二次改。")), user, name="二.xlsx")
    with pytest.raises(Refused, match="之后还导入过“二"):
        undo(first, user)
    undo(second, user)
    assert everything_of(plan) == between
    undo(first, user)
    assert everything_of(plan) == before


def test_a_second_undo_is_told_who_did_it(plan: Plan, user: User) -> None:
    kept = bring_in(plan, changed((1, 1, "改。")), user)
    undo(kept, user)
    with pytest.raises(Conflict, match="已由某人撤销"):
        undo(kept, user)


def test_a_report_on_a_new_row_keeps_it(plan: Plan, user: User) -> None:
    agency = make_agency("省科技厅")
    kept = bring_in(plan, [*ROWS, ("5", "新的一项。", "省科技厅", "2020年")], user)
    duty = make_duty(row_of(plan, "5"), agency)
    assert undo_hindrances(kept) == []
    submit(duty, reporter_of(agency))
    before = everything_of(plan)
    with pytest.raises(Refused) as refused:
        undo(kept, user)
    assert "导入新增的第5项已有填报的进展。" in refused.value.reasons
    assert everything_of(plan) == before


def test_duties_in_which_nothing_stands_go_with_their_new_row(plan: Plan, user: User) -> None:
    kept = bring_in(plan, [*ROWS, ("5", "新的一项。", "省科技厅", "2020年")], user)
    make_duty(row_of(plan, "5"), make_agency("省科技厅"))
    undo(kept, user)
    assert not Duty.objects.exists()


def test_numbers_that_change_hands_stand_in_the_log_as_they_are(plan: Plan, user: User) -> None:
    before = everything_of(plan)
    first, second, *rest = ROWS
    kept = bring_in(plan, [("1", *second[1:]), ("2", *first[1:]), *rest], user)
    undo(kept, user)
    assert everything_of(plan) == before
    told = Entry.objects.filter(action="撤销导入：恢复").order_by("pk")
    assert [entry.changes["序号"] for entry in told] == [["2", "1"], ["1", "2"]]


def test_whom_only_the_import_made_owe_owes_no_more(plan: Plan, user: User) -> None:
    kept = bring_in(plan, changed((3, 2, "省科技厅")), user)
    make_duty(row_of(plan, "3"), make_agency("省科技厅"))
    make_duty(row_of(plan, "1"), make_agency("省科技厅"))
    undo(kept, user)
    assert [duty.task.number for duty in Duty.objects.all()] == ["1"]
    assert Entry.objects.filter(action="撤回应报", object_label__contains="3").count() == 1


def test_what_such_a_unit_has_begun_to_write_keeps_the_import(plan: Plan, user: User) -> None:
    agency = make_agency("省科技厅")
    kept = bring_in(plan, changed((3, 2, "省科技厅")), user)
    duty = make_duty(row_of(plan, "3"), agency)
    Draft.objects.create(duty=duty, user=reporter_of(agency), fields={}, saved_at=timezone.now())
    [sentence] = undo_hindrances(kept)
    assert sentence.startswith("第3项由省科技厅报送，它的")
    with pytest.raises(Refused):
        undo(kept, user)
    assert Draft.objects.exists()


def test_duties_that_came_and_went_with_a_later_import_are_no_hindrance(
    plan: Plan, user: User
) -> None:
    first = bring_in(plan, changed((3, 1, "清理涉企收费。")), user, name="甲.xlsx")
    make_duty(row_of(plan, "3"), make_agency("省教育厅"))
    rows = changed((3, 1, "清理涉企收费。"), (3, 2, "省科技厅"))
    undo(bring_in(plan, rows, user, name="乙.xlsx"), user)
    assert Entry.objects.filter(action__in=["撤回应报", "恢复应报"]).count() == 2
    assert undo_hindrances(first) == []


def test_a_later_act_on_a_changed_row_is_named(plan: Plan, user: User) -> None:
    agency = make_agency("省科技厅")
    duty = make_duty(row_of(plan, "1"), agency)
    kept = bring_in(plan, changed((1, 1, "改。")), user)
    submit(duty, reporter_of(agency))
    [sentence] = undo_hindrances(kept)
    assert sentence.startswith("第1项之后有“")


def test_a_change_that_nobody_logged_is_noticed(plan: Plan, user: User) -> None:
    kept = bring_in(plan, changed((1, 1, "改。")), user)
    Task.objects.filter(number="1").update(content="手工改的。", version=9)
    assert undo_hindrances(kept) == ["第1项导入以后又改过。"]


def test_what_the_calendar_did_by_itself_is_no_hindrance(plan: Plan, user: User) -> None:
    kept = bring_in(plan, changed((1, 3, "2019年")), user)
    sweep(actor=COMMAND_LINE, today=TODAY)
    assert row_of(plan, "1").overdue_since == date(2020, 1, 1)
    undo(kept, user, today=TODAY + timedelta(days=1))
    assert (row_of(plan, "1").due_on, row_of(plan, "1").overdue_since) == (date(2020, 12, 31), None)
    assert Deadline.objects.get(task__number="1").current


def test_a_reason_is_asked_for(plan: Plan, user: User) -> None:
    kept = bring_in(plan, changed((1, 1, "改。")), user)
    with pytest.raises(Refused, match="请写明撤销的原因"):
        undo(kept, user, reason=" ")


def test_who_may_not_import_may_not_undo(plan: Plan, user: User) -> None:
    kept = bring_in(plan, changed((1, 1, "改。")), user)
    with pytest.raises(NotAllowed):
        undo(kept, make_member(make_agency("省科技厅"), "reporter"))
    assert row_of(plan, "1").content == "改。"


def test_after_undoing_the_same_file_would_do_the_same(plan: Plan, user: User) -> None:
    rows = changed((1, 1, "改。"))
    before = laid(plan, rows).digest
    undo(bring_in(plan, rows, user), user)
    assert laid(plan, rows).digest == before
    assert read(plan, rows).layout == read(plan, ROWS).layout
