"""填报表 out, filled in by hand, and back: what differs is shown, then kept as 代录."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Entry
from apps.ops.models import Installation
from apps.ops.services import file_bytes
from apps.tasks.models import Draft, Progress, SheetReturn
from tests.builders import (
    TODAY,
    make_agency,
    make_duty,
    make_member,
    make_plan,
    make_task,
)
from tests.tasks.returned_sheets import (
    CODE,
    COLUMNS,
    HEADERS_AT,
    World,
    bring,
    client_of,
    exported,
    filled,
    opened,
    saved,
    take,
)

pytestmark = pytest.mark.django_db
GOOD = {"本期进展": "新建实验室三家。", "自评": "正常推进"}


@pytest.fixture(autouse=True)
def _place(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)


@pytest.fixture
def world() -> World:
    return World()


def report(duty: Any, **fields: Any) -> Progress:
    """A report of the unit that has reached the supervisor."""
    fields = {
        "text": "已有的进展。", "self_assessment": "normal", "state": "submitted",
        "first_submitted_on": TODAY, "submitted_on": TODAY, "delivered_on": TODAY,
        "submitted_by": "某人", **fields,
    }  # fmt: skip
    return Progress.objects.create(duty=duty, **fields)


# Out


def test_a_unit_finds_its_own_rows_and_nobody_elses(world: World) -> None:
    report(make_duty(world.tasks[0], world.unit, code="2020Q2"), text="上半年做了一件。")
    _, page = opened(exported(client_of(world.reporter), world.unit.pk))
    rows = list(page.iter_rows(min_row=HEADERS_AT + 1, values_only=True))
    assert page["A1"].value == "2020年前三季度进展填报表（省科技厅）"
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert rows[0][COLUMNS["上期进展"] - 1] == "上半年做了一件。"
    assert rows[1][COLUMNS["目标"] - 1] == "40 家"
    assert rows[0][COLUMNS["目标"] - 1] is None


def test_only_what_is_to_be_filled_in_is_unlocked(world: World) -> None:
    report(world.duties[2], state="approved")
    book, page = opened(exported(client_of(world.reporter), world.unit.pk))
    assert page.protection.sheet
    first, second, third = (HEADERS_AT + 1 + n for n in range(3))

    def open_cells(row: int) -> list[str]:
        return [name for name, at in COLUMNS.items() if not page.cell(row, at).protection.locked]

    fill = ["本期进展", "完成值", "自评", "同上期无新增", "存在问题", "下一步措施"]
    assert open_cells(first) == [name for name in fill if name != "完成值"]
    assert open_cells(second) == fill
    assert open_cells(third) == []
    assert page.column_dimensions["N"].hidden
    assert book.worksheets[1].sheet_state == "veryHidden"
    assert page.freeze_panes == "D4"
    assert page.page_setup.orientation == "landscape"
    lists = {str(rule.sqref): rule.formula1 for rule in page.data_validations.dataValidation}
    assert "本期无节点,已完成待验收,条件不具备" in lists["J4:J6"]


def test_a_draft_and_a_text_like_a_formula_go_out_as_text(world: World) -> None:
    Draft.objects.create(
        duty=world.duties[0],
        user=world.reporter,
        fields={"text": "=HYPERLINK(A1)", "self_assessment": "behind", "value": ""},
        saved_at="2020-10-12T08:00:00+08:00",
    )
    content = exported(client_of(world.reporter), world.unit.pk)
    _, page = opened(content)
    cell = page.cell(HEADERS_AT + 1, COLUMNS["本期进展"])
    assert (cell.value, cell.data_type) == ("=HYPERLINK(A1)", "s") or cell.quotePrefix
    assert page.cell(HEADERS_AT + 1, COLUMNS["自评"]).value == "滞后"
    # nobody outside sees what was not handed in
    _, page = opened(exported(client_of(world.supervisor), world.unit.pk))
    assert page.cell(HEADERS_AT + 1, COLUMNS["本期进展"]).value is None


def test_a_text_that_waits_in_the_unit_is_not_shown_outside(world: World) -> None:
    report(world.duties[0], text="还没签。", state="signing", delivered_on=None)
    _, page = opened(exported(client_of(world.supervisor), world.unit.pk))
    assert page.cell(HEADERS_AT + 1, COLUMNS["本期进展"]).value is None
    _, page = opened(exported(client_of(world.reporter), world.unit.pk))
    assert page.cell(HEADERS_AT + 1, COLUMNS["本期进展"]).value == "还没签。"


def test_a_supervisor_gets_only_the_rows_of_plans_they_supervise(world: World) -> None:
    elsewhere = make_plan("other", supervisor=make_agency("省教育厅"))
    make_duty(make_task(elsewhere, number="7", leads=[world.unit]), world.unit)
    _, page = opened(exported(client_of(world.supervisor), world.unit.pk))
    assert page.max_row == HEADERS_AT + 3
    _, page = opened(exported(client_of(world.reporter), world.unit.pk))
    assert page.max_row == HEADERS_AT + 4


def test_who_has_nothing_to_do_with_a_unit_finds_no_sheet(world: World) -> None:
    address = reverse("progress:export", args=[CODE])
    stranger = client_of(make_member(make_agency("省档案局"), "reporter"))
    assert stranger.get(address, {"unit": world.unit.pk}).status_code == 404
    assert stranger.get(address).status_code == 404
    leader = client_of(make_member(world.unit, "leader", lines=[world.line]))
    assert leader.get(address, {"unit": world.unit.pk}).status_code == 404
    own = client_of(world.reporter)
    assert own.get(address, {"unit": world.other_unit.pk}).status_code == 404
    assert own.get(address, {"unit": "²"}).status_code == 404
    assert own.get(reverse("progress:export", args=["2019Q1"])).status_code == 404


# Back


def test_a_filled_sheet_comes_back_as_what_somebody_typed_for_the_unit(world: World) -> None:
    client = client_of(world.supervisor)
    content = filled(
        exported(client, world.unit.pk),
        {0: GOOD, 1: {**GOOD, "完成值": 31}, 2: {"自评": "滞后", "本期进展": "慢了。",
         "存在问题": "缺钱。", "下一步措施": "十一月补上。"}},
    )  # fmt: skip
    answer = bring(client, {"科技厅.xlsx": content})
    [shown] = answer.context["waiting"]
    assert [row.line.task.number for row in shown.rows.changed] == ["1", "2", "3"]
    page = answer.content.decode()
    assert "变化 3 项，出错 0 项，未变 0 项，未填 0 项" in page
    assert "<ins>新建实验室三家。</ins>" in page
    assert not Progress.objects.exists()
    answer = take(client, answer)
    assert "已代录省科技厅 3 项（科技厅.xlsx）" in answer.content.decode()
    second = Progress.objects.get(duty=world.duties[1])
    assert (second.value, second.self_assessment) == (Decimal(31), "normal")
    assert (second.state, second.entered_by) == ("submitted", "某人")
    assert second.source_name == "科技厅.xlsx"
    assert second.source_file is not None
    assert file_bytes(second.source_file) == content
    third = Progress.objects.get(duty=world.duties[2])
    assert (third.problems, third.next_step) == ("缺钱。", "十一月补上。")
    kept = SheetReturn.objects.get()
    assert (kept.state, kept.taken, kept.by_id) == ("taken", 3, str(world.supervisor.pk))
    assert Entry.objects.filter(action__startswith="代录").count() == 3


def test_the_kept_file_can_be_had_again(world: World) -> None:
    client = client_of(world.supervisor)
    content = filled(exported(client, world.unit.pk), {0: GOOD})
    answer = bring(client, {"科技厅.xlsx": content})
    kept = SheetReturn.objects.get()
    address = reverse("progress:return_file", args=[CODE, kept.pk])
    reporter = client_of(world.reporter)
    assert reporter.get(address).status_code == 404
    take(client, answer)
    for reader in (client, reporter):
        got: Any = reader.get(address)
        assert b"".join(got.streaming_content) == content
        assert got["Content-Type"] == "application/octet-stream"
        assert got["Content-Disposition"].startswith("attachment")
    assert client_of(make_member(world.other_unit, "reporter")).get(address).status_code == 404


def test_the_second_click_enters_nothing_again(world: World) -> None:
    client = client_of(world.supervisor)
    content = filled(exported(client, world.unit.pk), {0: GOOD})
    answer = bring(client, {"科技厅.xlsx": content})
    take(client, answer)
    again = take(client, answer)
    assert "已由某人处理（已代录）" in again.content.decode()
    assert Progress.objects.get().version == 1


def test_a_sheet_that_says_what_we_know_already_needs_no_entry(world: World) -> None:
    client = client_of(world.supervisor)
    report(world.duties[0])
    [shown] = bring(client, {"同.xlsx": exported(client, world.unit.pk)}).context["waiting"]
    assert (len(shown.rows.unchanged), len(shown.rows.empty)) == (1, 2)
    assert not shown.may_take


def test_nothing_new_is_taken_with_its_reason(world: World) -> None:
    report(make_duty(world.tasks[0], world.unit, code="2020Q2"), text="上半年的话。")
    client = client_of(world.supervisor)
    content = filled(
        exported(client, world.unit.pk), {0: {"自评": "正常推进", "同上期无新增": "本期无节点"}}
    )
    take(client, bring(client, {"a.xlsx": content}))
    taken = Progress.objects.get(duty=world.duties[0])
    assert (taken.text, taken.unchanged) == ("上半年的话。", "no_stage")


def test_rows_copied_into_a_workbook_of_ones_own_are_found_by_their_number(world: World) -> None:
    client = client_of(world.supervisor)
    book, page = opened(filled(exported(client, world.unit.pk), {1: {**GOOD, "完成值": "31家"}}))
    book.remove(book.worksheets[1])
    page.delete_cols(COLUMNS["行标识"], 2)
    page.insert_rows(1)
    answer = bring(client, {"抄.xlsx": saved(book)})
    [row] = answer.context["waiting"][0].rows.changed
    assert row.line.duty == world.duties[1]
    take(client, answer)
    assert Progress.objects.get().value == Decimal(31)


def test_what_the_unit_wrote_since_is_a_question_and_stays_without_an_answer(
    world: World,
) -> None:
    client = client_of(world.supervisor)
    content = filled(exported(client, world.unit.pk), {0: GOOD, 2: GOOD})
    report(world.duties[0], text="在线写的。")
    answer = bring(client, {"a.xlsx": content})
    [asked] = [r for r in answer.context["waiting"][0].rows.changed if r.compared.conflict]
    assert asked.line.duty == world.duties[0]
    assert "导出以后单位在线填过" in answer.content.decode()
    take(client, answer)
    assert Progress.objects.get(duty=world.duties[0]).text == "在线写的。"
    assert Progress.objects.get(duty=world.duties[2]).text == GOOD["本期进展"]


def test_a_person_may_decide_for_the_file(world: World) -> None:
    client = client_of(world.supervisor)
    content = filled(exported(client, world.unit.pk), {0: GOOD})
    report(world.duties[0], text="在线写的。")
    answer = bring(client, {"a.xlsx": content})
    take(client, answer, overwrite=[world.duties[0].pk])
    assert Progress.objects.get().text == GOOD["本期进展"]


def test_a_text_that_waits_in_the_unit_is_never_overwritten_without_a_word(world: World) -> None:
    """The supervisor exported without seeing it, so the sheet knows nothing of it."""
    report(world.duties[0], text="还没签。", state="signing", delivered_on=None)
    client = client_of(world.supervisor)
    answer = bring(client, {"a.xlsx": filled(exported(client, world.unit.pk), {0: GOOD})})
    take(client, answer)
    assert Progress.objects.get().text == "还没签。"


def test_what_changed_after_the_page_was_opened_stops_the_file(world: World) -> None:
    client = client_of(world.supervisor)
    answer = bring(client, {"a.xlsx": filled(exported(client, world.unit.pk), {0: GOOD})})
    report(world.duties[0], text="在线写的。")
    assert "您打开后系统里又有变动，没有代录" in take(client, answer).content.decode()
    assert Progress.objects.get().text == "在线写的。"


def test_a_lower_value_is_taken_only_when_somebody_says_so(world: World) -> None:
    before = make_duty(world.tasks[1], world.unit, code="2020Q2")
    report(before, value=Decimal(35))
    client = client_of(world.supervisor)
    content = filled(exported(client, world.unit.pk), {1: {**GOOD, "完成值": 31}})
    answer = bring(client, {"a.xlsx": content})
    assert "完成值比上期减少" in answer.content.decode()
    assert "请勾选“数值确有减少”" in take(client, answer).content.decode()
    duty = world.duties[1]
    assert not Progress.objects.filter(duty=duty).exists()
    take(client, answer, falling=[duty.pk])
    assert Progress.objects.get(duty=duty).value == Decimal(31)


def test_of_two_files_of_one_unit_one_is_taken(world: World) -> None:
    client = client_of(world.supervisor)
    sheet = exported(client, world.unit.pk)
    bring(client, {"早.xlsx": filled(sheet, {0: GOOD})})
    answer = bring(client, {"晚.xlsx": filled(sheet, {0: {**GOOD, "本期进展": "后来的。"}})})
    assert [(s.kept.file_name, s.again) for s in answer.context["waiting"]] == [
        ("晚.xlsx", False),
        ("早.xlsx", True),
    ]
    both = [f"{s.kept.pk}:{s.rows.digest}" for s in answer.context["waiting"]]
    address = reverse("progress:returns", args=[CODE])
    refused = client.post(address, {"action": "take", "take": both}, follow=True)
    assert "省科技厅勾选了不止一份" in refused.content.decode()
    assert not Progress.objects.exists()
    take(client, answer)
    assert Progress.objects.get().text == "后来的。"


def test_giving_a_file_up_keeps_it_in_the_list(world: World) -> None:
    client = client_of(world.supervisor)
    bring(client, {"a.xlsx": filled(exported(client, world.unit.pk), {0: GOOD})})
    kept = SheetReturn.objects.get()
    address = reverse("progress:returns", args=[CODE])
    answer = client.post(address, {"discard": kept.pk}, follow=True)
    assert "已放弃“a.xlsx”，没有代录" in answer.content.decode()
    assert "已放弃" in answer.content.decode()
    assert not answer.context["waiting"]


def test_several_units_are_taken_together_and_one_bad_file_holds_up_nobody(world: World) -> None:
    client = client_of(world.supervisor)
    answer = bring(client, {
        "科技厅.xlsx": filled(exported(client, world.unit.pk), {0: GOOD}),
        "坏.xlsx": b"PK\x03\x04 broken",
        "教育厅.xlsx": filled(exported(client, world.other_unit.pk), {0: GOOD}),
    })  # fmt: skip
    text = answer.content.decode()
    assert "读到 2 份填报表" in text
    assert "文件“坏.xlsx”已损坏" in text
    take(client, answer)
    assert Progress.objects.count() == 2
    assert SheetReturn.objects.filter(state="refused", file__isnull=True).count() == 1


def test_queries_do_not_grow_with_rows_or_files(world: World) -> None:
    client = client_of(world.supervisor)

    def asked(address: str, **query: Any) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            answer: Any = client.get(address, query)
            assert answer.status_code == 200
            if answer.streaming:
                b"".join(answer.streaming_content)
        return len(seen)

    export = reverse("progress:export", args=[CODE])
    page = reverse("progress:returns", args=[CODE])
    bring(client, {"a.xlsx": filled(exported(client, world.unit.pk), {0: GOOD})})
    few = asked(export, unit=world.unit.pk), asked(page)
    for number in range(20, 40):
        make_duty(make_task(world.plan, number=str(number), leads=[world.unit]), world.unit)
    sheet = exported(client, world.unit.pk)
    bring(client, {
        "b.xlsx": filled(sheet, dict.fromkeys(range(20), GOOD)),
        "c.xlsx": filled(exported(client, world.other_unit.pk), {0: GOOD}),
    })  # fmt: skip
    assert (asked(export, unit=world.unit.pk), asked(page)) == few


# The unit's own sheet


def own(client: Any, content: bytes, name: str = "本单位.xlsx") -> Any:
    address = reverse("progress:upload", args=[CODE])
    return client.post(address, {"file": SimpleUploadedFile(name, content)})


def test_a_units_own_sheet_becomes_drafts_and_is_not_sent(world: World) -> None:
    client = client_of(world.reporter)
    content = filled(exported(client, world.unit.pk), {0: GOOD, 1: {**GOOD, "完成值": "三十"}})
    answer = own(client, content)
    text = answer.content.decode()
    assert '已存为草稿 <b class="num">1</b> 项，有问题 1 项' in text
    assert "H5（完成值）填的是“三十”，只填数字" in text
    [draft] = Draft.objects.all()
    assert (draft.duty, draft.user) == (world.duties[0], world.reporter)
    assert draft.fields["text"] == GOOD["本期进展"]
    assert draft.fields["self_assessment"] == "normal"
    assert not Progress.objects.exists()
    assert "<ins>新建实验室三家。</ins>" in text


def test_an_unfinished_row_is_a_draft_too(world: World) -> None:
    client = client_of(world.reporter)
    own(client, filled(exported(client, world.unit.pk), {0: {"本期进展": "写了一半"}}))
    assert Draft.objects.get().fields["text"] == "写了一半"


def test_another_units_sheet_is_not_ones_own(world: World) -> None:
    content = exported(client_of(world.supervisor), world.other_unit.pk)
    answer = own(client_of(world.reporter), content)
    assert answer.status_code == 422
    assert "是“省教育厅”的填报表，不是本单位的" in answer.content.decode()


def test_only_reporters_upload_their_units_sheet(world: World) -> None:
    address = reverse("progress:upload", args=[CODE])
    assert client_of(world.supervisor).get(address).status_code == 403
    assert client_of(make_member(world.unit, "approver")).get(address).status_code == 403
    assert client_of(world.reporter).get(address).status_code == 200


def test_only_supervisors_take_sheets_back(world: World) -> None:
    address = reverse("progress:returns", args=[CODE])
    content = filled(exported(client_of(world.supervisor), world.unit.pk), {0: GOOD})
    client = client_of(world.reporter)
    assert client.get(address).status_code == 403
    assert bring(client, {"a.xlsx": content}).status_code == 403
    assert Entry.objects.filter(result="refused", action="回收填报表").count() == 2
    assert not SheetReturn.objects.exists()


def test_a_supervisor_of_another_plan_takes_nothing_of_ours(world: World) -> None:
    elsewhere = make_agency("省工信厅")
    theirs = make_member(elsewhere, "supervisor", lines=[world.line])
    make_duty(make_task(make_plan("p2", supervisor=elsewhere), leads=[elsewhere]), elsewhere)
    content = filled(exported(client_of(world.supervisor), world.unit.pk), {0: GOOD})
    client = client_of(theirs)
    answer = bring(client, {"a.xlsx": content})
    assert "在您督办的任务来源里没有应报事项" in answer.content.decode()
    # nor a file that somebody else brought
    ours = client_of(world.supervisor)
    shown = bring(ours, {"a.xlsx": content}).context["waiting"][0]
    address = reverse("progress:returns", args=[CODE])
    ticked = f"{shown.kept.pk}:{shown.rows.digest}"
    assert client.post(address, {"action": "take", "take": [ticked]}).status_code == 404
    assert client.post(address, {"discard": shown.kept.pk}).status_code == 404
    assert not Progress.objects.exists()


def test_the_file_of_a_sheet_over_two_plans_is_for_who_brought_it(world: World) -> None:
    elsewhere = make_agency("省工信厅")
    theirs = make_member(elsewhere, "supervisor", lines=[world.line])
    plan = make_plan("p2", supervisor=elsewhere)
    make_duty(make_task(plan, leads=[world.unit]), world.unit)
    ours, outside = client_of(world.supervisor), client_of(theirs)

    def opens(content: bytes) -> list[int]:
        shown = bring(ours, {"a.xlsx": content}).context["waiting"][0]
        address = reverse("progress:return_file", args=[CODE, shown.kept.pk])
        answers: list[Any] = [client.get(address) for client in (ours, outside)]
        assert answers[0].getvalue() == content
        return [answer.status_code for answer in answers]

    whole = exported(client_of(world.reporter), world.unit.pk)
    assert opens(filled(whole, {0: GOOD})) == [200, 404]
    assert opens(filled(exported(ours, world.unit.pk), {0: GOOD})) == [200, 404]


def test_of_two_units_with_one_name_a_sheet_without_its_code_is_nobodys(world: World) -> None:
    client = client_of(world.supervisor)
    twin = make_agency("省科技厅", code="gz-kjt", region="广州市")
    make_duty(make_task(world.plan, number="91", leads=[twin]), twin)
    book, _ = opened(filled(exported(client, world.unit.pk), {0: GOOD}))
    book.remove(book.worksheets[1])
    answer = bring(client, {"抄.xlsx": saved(book)})
    assert answer.context["waiting"] == []
    assert "有 2 个单位叫这个名称" in answer.content.decode()
