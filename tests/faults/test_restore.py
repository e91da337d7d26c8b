"""A backup is worth what comes out of it: restored elsewhere, every row and file is there again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.audit.models import Entry
from apps.audit.selectors import breaks, unguarded
from apps.common.actor import COMMAND_LINE
from apps.common.errors import Refused
from apps.ops.backups import Manifest
from apps.ops.models import Installation, StoredFile
from apps.ops.services import file_keep
from apps.tasks.models import Task
from tests.builders import make_task
from tests.conftest import NAME, _connected_to, database_copy

EARLIER = "20201012-021700"
CONTENT = "督查台账，附图。".encode()


@pytest.fixture
def home(live_database: dict[str, str], settings: LazySettings, tmp_path: Path) -> Path:
    """A row and a stored file, whose storage is a folder of this test's own."""
    assert live_database
    settings.MEDIA_ROOT = tmp_path / "files"
    make_task()
    file_keep(source=BytesIO(CONTENT))
    return tmp_path


@pytest.fixture
def sample_home(live_sample: dict[str, str], settings: LazySettings, tmp_path: Path) -> Path:
    """The whole sample, with the files it holds and one more."""
    assert live_sample
    theirs, settings.MEDIA_ROOT = Path(settings.MEDIA_ROOT), tmp_path / "files"
    for stored in StoredFile.objects.all():
        with (theirs / stored.path).open("rb") as content:
            default_storage.save(stored.path, File(content))
    file_keep(source=BytesIO(CONTENT))
    return tmp_path


@contextmanager
def elsewhere() -> Iterator[None]:
    """Connected to another database, without anything in it."""
    with database_copy(f"{NAME}_restored", "template0"), _connected_to(f"{NAME}_restored"):
        yield


def backup(home: Path) -> dict[str, Any]:
    return called("backup", output=str(home / "backups"))


def restore(home: Path, **options: str) -> dict[str, Any]:
    return called("restore", str(home / "backups"), **options)


def called(*arguments: str, **options: str) -> dict[str, Any]:
    said = StringIO()
    call_command(*arguments, format="json", stdout=said, **options)
    answer: dict[str, Any] = json.loads(said.getvalue())
    return answer


def contents() -> dict[str, list[str]]:
    """Every row of every table and where every sequence stands, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (name,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{name}" AS t ORDER BY 1')  # noqa: S608  # a name
            found[name] = [row for (row,) in cursor.fetchall()]
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        found["sequences"] = [f"{name} {last}" for name, last in cursor.fetchall()]
    return found


def shape() -> list[str]:
    """What guards the rows, by name; what keeps the log and the duties, word by word.

    Conditions of indexes come back in other words that mean the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass || ' ' || conname FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND convalidated"
            " UNION ALL SELECT tablename || ' ' || indexname FROM pg_indexes"
            " WHERE schemaname = 'public'"
            " UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger"
            " WHERE NOT tgisinternal"
            " UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
        )
        return [line for (line,) in cursor.fetchall()]


def test_what_is_restored_elsewhere_is_what_was_backed_up(
    sample_home: Path, settings: LazySettings
) -> None:
    home = sample_home
    before, guards = contents(), shape()
    assert len(before["tasks_task"]) > 100
    made = backup(home)
    # what happens afterwards is not in it
    Installation.objects.update(body_name="另一个省")
    settings.MEDIA_ROOT = home / "new-files"

    with elsewhere():
        answer = restore(home)
        assert contents() == before
        assert shape() == guards
        for stored in StoredFile.objects.all():
            assert default_storage.exists(stored.path), stored
        with default_storage.open(file_keep(source=BytesIO(CONTENT)).path) as kept:
            assert kept.read() == CONTENT
        assert breaks() == []
        assert unguarded() == []
        assert answer["audit"]["entries"] == Entry.objects.count() > 0
        # it is a database to go on working in: numbers go on, and the log is chained further
        with transaction.atomic():
            last = Entry.objects.latest("pk")
            Entry.objects.create(
                business_date=last.business_date, actor_id=COMMAND_LINE.actor_id,
                actor_name=COMMAND_LINE.actor_name, action="试写", object_type=last.object_type,
                object_id=last.object_id, object_label=last.object_label,
            )  # fmt: skip
        assert breaks() == []
    assert (
        made["rows"] == answer["rows"] == sum(map(len, before.values())) - len(before["sequences"])
    )
    assert made["files"] == answer["files"] == len(before["ops_storedfile"])
    assert made["missing"] == []


def test_a_second_backup_adds_what_is_new_and_the_older_can_still_be_had(home: Path) -> None:
    first = backup(home)
    (_kept,) = home.glob("backups/files/*/*")
    file_keep(source=BytesIO(b"another"))
    Task.objects.filter(pk=Task.objects.earliest("pk").pk).update(version=777)
    # their names count seconds
    Path(first["folder"]).rename(home / "backups" / EARLIER)
    second = backup(home)
    assert len(list(home.glob("backups/files/*/*"))) == 2
    with elsewhere():
        assert restore(home)["folder"] == second["folder"]
        assert Task.objects.filter(version=777).count() == 1
    with elsewhere():
        restore(home, backup=EARLIER)
        assert not Task.objects.filter(version=777).exists()


def test_it_touches_no_database_that_holds_anything(home: Path) -> None:
    backup(home)
    before = contents()
    with pytest.raises(CommandError, match="数据库不是空的，没有动它") as caught:
        restore(home)
    assert caught.value.returncode == 1
    assert contents() == before


@pytest.mark.parametrize("part", ["dump", "file", "manifest"])
def test_a_damaged_backup_is_refused_before_anything_is_done(home: Path, part: str) -> None:
    made = Path(backup(home)["folder"])
    (kept,) = home.glob("backups/files/*/*")
    damaged = {"dump": made / "database.dump", "file": kept, "manifest": made / "manifest.json"}
    content = damaged[part].read_bytes()
    damaged[part].write_bytes(content[:-2] + b"xx")
    default_storage.delete(StoredFile.objects.get().path)
    with elsewhere():
        with pytest.raises(CommandError, match=r"已损坏|读不出"):
            restore(home, backup=made.name)
        assert connection.introspection.table_names() == []


def test_a_backup_without_its_dump_is_named_in_words(home: Path) -> None:
    made = Path(backup(home)["folder"])
    (made / "database.dump").unlink()
    with elsewhere(), pytest.raises(CommandError, match=r"缺少 database\.dump"):
        restore(home, backup=made.name)


@pytest.mark.parametrize("files", ['["a"]', '{"../../x": 1}', "7", "[" * 100_000])
def test_a_manifest_that_somebody_made_up_is_no_backup(tmp_path: Path, files: str) -> None:
    (tmp_path / "manifest.json").write_text(
        f'{{"made_at": "", "dump_sha256": "", "tables": {{}}, "migrations": [], "files": {files}}}'
    )
    with pytest.raises(Refused, match="不是完整的备份"):
        Manifest.load(tmp_path)


def test_half_a_copy_of_an_earlier_backup_is_copied_anew(home: Path) -> None:
    first = backup(home)
    (kept,) = home.glob("backups/files/*/*")
    kept.write_bytes(CONTENT[:5])
    Path(first["folder"]).rename(home / "backups" / EARLIER)
    backup(home)
    assert kept.read_bytes() == CONTENT


def test_a_file_that_is_gone_is_named_and_the_rest_is_backed_up(home: Path) -> None:
    stored = StoredFile.objects.get()
    default_storage.delete(stored.path)
    with pytest.raises(CommandError, match=stored.sha256) as caught:
        backup(home)
    assert caught.value.returncode == 1
    with elsewhere():
        assert restore(home)["missing"] == [stored.sha256]


def test_without_programs_new_enough_nothing_is_left_behind(
    home: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = home / "bin"
    old.mkdir()
    program = old / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
    program.chmod(0o700)
    settings.PG_FOLDERS = [str(old)]
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandError, match=r"没有找到版本不低于数据库.*的 pg_dump"):
        backup(home)
    assert [path.name for path in (home / "backups").iterdir()] == ["files"]
