"""`verify_audit` looks at what guards the log too, not at its rows alone."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from apps.audit.selectors import breaks, unguarded
from apps.audit.services import Act, record
from apps.common.actor import COMMAND_LINE
from tests.builders import TODAY, make_task

pytestmark = pytest.mark.django_db

WEAK_GUARD = """
    CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RETURN NEW; END $$
"""
# says of every row that it is as it was
BLIND_HASH = """
    CREATE OR REPLACE FUNCTION audit_entry_hash(e audit_entry) RETURNS text LANGUAGE plpgsql
    IMMUTABLE AS $$ BEGIN RETURN e.hash; END $$
"""
OTHER_EVENTS = """
    DROP TRIGGER audit_entry_no_change ON audit_entry;
    CREATE TRIGGER audit_entry_no_change BEFORE DELETE ON audit_entry
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()
"""
SWALLOWS = """
    CREATE FUNCTION audit_swallow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RETURN NULL; END $$;
    CREATE TRIGGER a_swallow BEFORE INSERT ON audit_entry
       FOR EACH ROW EXECUTE FUNCTION audit_swallow()
"""


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_fresh_install_is_guarded() -> None:
    assert unguarded() == []


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_chain", "audit_entry_chain 被停用"),
        ("ALTER TABLE audit_head DISABLE TRIGGER audit_head_guard", "audit_head_guard 被停用"),
        (
            "ALTER TABLE audit_entry ENABLE REPLICA TRIGGER audit_entry_no_change",
            "audit_entry_no_change 被停用",
        ),
        ("DROP TRIGGER audit_entry_no_truncate ON audit_entry", "audit_entry_no_truncate 不在"),
        (OTHER_EVENTS, "触发器 audit_entry_no_change 被改动"),
        (SWALLOWS, "多出触发器 a_swallow"),
        (WEAK_GUARD, "函数 audit_refuse 被改动"),
        (BLIND_HASH, "函数 audit_entry_hash 被改动"),
    ],
)
def test_a_guard_that_is_down_or_altered_is_named(statement: str, what: str) -> None:
    run(statement)
    [said] = unguarded()
    assert what in said


def test_a_function_that_is_gone_is_named_and_rows_are_still_proven() -> None:
    record(actor=COMMAND_LINE, today=TODAY, act=Act("改动", make_task()))
    run("DROP TRIGGER audit_entry_chain ON audit_entry")
    run("DROP FUNCTION audit_entry_chain(); DROP FUNCTION audit_entry_hash(audit_entry)")
    assert "函数 audit_entry_hash 不在" in unguarded()
    assert breaks() == []


def test_a_blinded_hash_function_does_not_hide_an_altered_row() -> None:
    record(actor=COMMAND_LINE, today=TODAY, act=Act("改动", make_task()))
    run(BLIND_HASH)
    run("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    run("UPDATE audit_entry SET reason = '别的'")
    run("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    assert [each.what for each in breaks()] == ["内容与校验值不符"]


def test_the_unit_that_an_entry_is_about_is_part_of_its_hash() -> None:
    task = make_task()
    act = Act("改动", task, about_agency=task.consolidator)
    record(actor=COMMAND_LINE, today=TODAY, act=act)
    run("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    run("UPDATE audit_entry SET about_agency_id = '0'")
    run("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    assert [each.what for each in breaks()] == ["内容与校验值不符"]


def test_the_command_fails_while_a_guard_is_down() -> None:
    run("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_change")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_audit", "--format", "json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["breaks"], told["unguarded"]) == ([], ["触发器 audit_entry_no_change 被停用"])
    run("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_no_change")
    call_command("verify_audit", stdout=StringIO())
