"""The log: only ever added to, chained, and proven whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.models import Entry, Head
from apps.audit.selectors import breaks, history
from apps.audit.services import Act, record, record_refusal
from apps.common.actor import COMMAND_LINE
from apps.tasks.models import Task
from tests.builders import TODAY, make_task

pytestmark = pytest.mark.django_db


def written(times: int = 3) -> Task:
    """A row with so many entries in its log."""
    task = make_task()
    for turn in range(times):
        act = Act("改动", task, {"重点工作": (turn, turn + 1)}, "理由")
        record(actor=COMMAND_LINE, today=TODAY, act=act)
    return task


def behind_its_back(statement: str) -> None:
    """What a database administrator could do: the triggers switched off, and on again."""
    with connection.cursor() as cursor:
        for table in ("audit_entry", "audit_head"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        for table in ("audit_entry", "audit_head"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_an_entry_says_who_when_what_from_what_to_what_and_why() -> None:
    task = written(1)
    entry = history(task).get()
    assert (entry.actor_name, entry.business_date) == ("系统（命令行）", TODAY)
    assert entry.changes == {"重点工作": ["0", "1"]}
    assert entry.reason == "理由"
    assert entry.at is not None
    assert entry.object_label == str(task)


def test_entries_of_one_object_form_a_chain() -> None:
    first, second, third = reversed(history(written()))
    assert [first.chain_no, second.chain_no, third.chain_no] == [1, 2, 3]
    assert first.previous_hash == ""
    assert second.previous_hash == first.hash
    assert third.previous_hash == second.hash
    assert breaks() == []


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda: Entry.objects.update(reason="别的"),
        lambda: Entry.objects.all().delete(),
        lambda: Head.objects.update(length=0),
        lambda: Head.objects.all().delete(),
        lambda: Head.objects.create(object_type="task", object_id="9", length=1, hash="x"),
        lambda: connection.cursor().execute("TRUNCATE audit_entry"),
        lambda: connection.cursor().execute("TRUNCATE audit_head"),
    ],
    ids=[
        "update",
        "delete",
        "head update",
        "head delete",
        "head insert",
        "truncate",
        "head truncate",
    ],
)
def test_the_database_itself_refuses_to_alter_the_log(forbidden: Callable[[], object]) -> None:
    written()
    with pytest.raises(DatabaseError, match="只能追加"), transaction.atomic():
        forbidden()
    assert Entry.objects.filter(action="改动").count() == 3


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE audit_entry SET reason = '别的' WHERE chain_no = 2", "内容与校验值不符"),
        (
            "UPDATE audit_entry SET at = at - interval '1 day' WHERE chain_no = 2",
            "内容与校验值不符",
        ),
        ("DELETE FROM audit_entry WHERE chain_no = 2", "前面缺少记录"),
        ("DELETE FROM audit_entry WHERE chain_no = 3", "末尾缺少记录"),
        ("DELETE FROM audit_entry", "末尾缺少记录"),
        ("UPDATE audit_head SET length = 2, hash = ''", "末尾缺少记录"),
        ("DELETE FROM audit_head", "记录多于登记的条数"),
    ],
)
def test_a_row_altered_behind_its_back_is_found(statement: str, what: str) -> None:
    task = written()
    behind_its_back(statement)
    found = breaks()
    assert what in {each.what for each in found}
    assert {each.object_id for each in found} == {str(task.pk)}


def test_a_forged_hash_breaks_the_chain_after_it() -> None:
    written()
    behind_its_back(
        "UPDATE audit_entry SET reason = '别的' WHERE chain_no = 2;"
        "UPDATE audit_entry AS e SET hash = audit_entry_hash(e) WHERE chain_no = 2"
    )
    assert [(each.chain_no, each.what) for each in breaks()] == [(3, "与前一条接不上")]


def test_what_a_caller_says_of_hash_and_instant_is_overwritten() -> None:
    entry = Entry.objects.create(
        business_date=TODAY,
        actor_id="1",
        actor_name="某人",
        action="改动",
        object_type="task",
        object_id="1",
        object_label="一",
        chain_no=7,
        hash="伪造",
    )
    entry.refresh_from_db()
    assert entry.chain_no == 1
    assert len(entry.hash) == 64
    assert breaks() == []


def test_a_refusal_is_recorded_too() -> None:
    record_refusal(
        actor=COMMAND_LINE,
        today=TODAY,
        action="登录",
        about=("login", "somebody"),
        reason="密码不对",
    )
    assert Entry.objects.get().result == Entry.Result.REFUSED
    assert breaks() == []
