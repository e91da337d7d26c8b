"""Which row of ours a row of the file is: the number decides, in renumbered tables the text."""

from __future__ import annotations

import pytest

from apps.plans.models import Plan
from apps.tasks.answers import Answers, RowAnswer
from apps.tasks.models import Task
from apps.tasks.selectors.tables import MatchedBy
from tests.builders import make_agency, make_plan
from tests.reporting import supervisor
from tests.tasks.importing import bring_in, laid, row_of

pytestmark = pytest.mark.django_db
CENTRE = "加快推进省级制造业创新中心建设，到2020年建成5家。"
REFORM = "完善省属国有企业法人治理结构，推进混合所有制改革。"
FEES = "清理规范涉企收费，公布收费目录清单。"
ROADS = "推进农村公路改造提升，实现行政村通硬化路。"


def rows(*texts: str) -> list[tuple[str, ...]]:
    return [(str(n), text, "省科技厅", "2020年") for n, text in enumerate(texts, 1)]


@pytest.fixture
def plan() -> Plan:
    make_agency("省科技厅")
    made = make_plan()
    bring_in(made, rows(CENTRE, REFORM, FEES), supervisor())
    return made


def matched(plan: Plan, *texts: str, answers: Answers | None = None) -> list[tuple[str, str]]:
    """(the number it had, how that was found) of each row of the file."""
    diff = laid(plan, rows(*texts), answers)
    return [(row.task.number if row.task else "", row.matched_by.value) for row in diff.rows]


def test_a_reworded_row_is_known_by_its_number(plan: Plan) -> None:
    diff = laid(plan, rows(CENTRE.replace("5家", "8家"), REFORM, FEES))
    assert [row.matched_by for row in diff.rows] == [MatchedBy.NUMBER] * 3
    assert (diff.rows[0].likeness < 100, diff.rows[1].likeness) == (True, 100)
    assert [change.column for change in diff.rows[0].changes] == ["重点工作"]


def test_a_row_put_in_front_moves_numbers_but_not_rows(plan: Plan) -> None:
    assert matched(plan, ROADS, CENTRE, REFORM, FEES) == [
        ("", "new"), ("1", "content"), ("2", "content"), ("3", "content"),
    ]  # fmt: skip


def test_a_row_that_is_gone_is_the_one_that_is_missing(plan: Plan) -> None:
    diff = laid(plan, rows(CENTRE, FEES))
    assert [task.content for task in diff.missing] == [REFORM]
    assert [(each.task.number, each.number) for each in diff.renamed] == [("2", "原2")]
    [sentence] = diff.consequences
    assert "第2项保留不动" in sentence


def test_a_reworded_row_under_a_new_number_is_shown_with_how_alike_it_is(plan: Plan) -> None:
    diff = laid(plan, rows(ROADS, CENTRE, REFORM, FEES.replace("公布", "对外公布并更新")))
    moved = diff.rows[3]
    assert (moved.task and moved.task.number, moved.matched_by) == ("3", MatchedBy.CONTENT)
    assert 60 <= moved.likeness < 100


def test_a_wholly_new_text_under_a_number_is_that_row_unless_its_text_stands_elsewhere(
    plan: Plan,
) -> None:
    assert matched(plan, ROADS, REFORM, FEES) == [("1", "number"), ("2", "number"), ("3", "number")]
    assert matched(plan, ROADS, REFORM, CENTRE) == [
        ("", "new"), ("2", "number"), ("1", "content"),
    ]  # fmt: skip


def test_texts_alike_but_for_a_number_are_not_mixed_up() -> None:
    make_agency("省科技厅")
    plan = make_plan()
    texts = [f"落实第{n}号工作：完善制度，压实责任，推动项目落地见效。" for n in range(1, 30)]
    bring_in(plan, rows(*texts), supervisor())
    found = matched(plan, ROADS, *texts)
    assert found == [("", "new"), *((str(n), "content") for n in range(1, 30))]


def test_a_person_says_which_row_it_is_or_that_it_is_new(plan: Plan) -> None:
    said = Answers(rows={2: RowAnswer(match="3"), 3: RowAnswer(match="")})
    assert matched(plan, CENTRE, REFORM, answers=said) == [("3", "person"), ("", "person")]


def test_two_rows_are_never_one_of_ours(plan: Plan) -> None:
    said = Answers(rows={2: RowAnswer(match="3"), 4: RowAnswer(match="3"), 3: RowAnswer(match="9")})
    diff = laid(plan, rows(CENTRE, REFORM, FEES), said)
    assert [error.message for error in diff.errors] == [
        "第3行选的第9项已经不在系统里，请重新选择。",
        "第4行选的第3项已由另一行对应，请重新选择。",
    ]
    assert matched(plan, CENTRE, CENTRE, REFORM) == [
        ("1", "number"), ("", "new"), ("2", "content"),
    ]  # fmt: skip


def test_a_renumbered_table_keeps_its_rows_and_gives_them_their_new_numbers(plan: Plan) -> None:
    before = {task.content: task.pk for task in Task.objects.all()}
    bring_in(plan, rows(FEES, ROADS, CENTRE, REFORM), supervisor())
    after = {task.content: (task.pk, task.number) for task in Task.objects.order_by("position")}
    assert list(after) == [FEES, ROADS, CENTRE, REFORM]
    assert {text: pk for text, (pk, _) in after.items() if text in before} == before
    assert [number for _, number in after.values()] == ["1", "2", "3", "4"]
    assert not laid(plan, rows(FEES, ROADS, CENTRE, REFORM)).changes_anything


def test_a_row_that_stays_without_the_file_makes_room_for_its_number(plan: Plan) -> None:
    kept = row_of(plan, "1").pk
    bring_in(plan, rows(REFORM, FEES), supervisor())
    assert Task.objects.get(pk=kept).number == "原1"
    bring_in(plan, rows(FEES), supervisor())
    assert set(Task.objects.values_list("number", flat=True)) == {"原1", "原1-2", "1"}
