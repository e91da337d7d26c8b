"""A backup put back into an empty database, and proof that it is what was backed up."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction

from apps.common.errors import Refused
from apps.ops.backups import (
    DUMP,
    FILES,
    Backup,
    Manifest,
    Table,
    digest,
    read_tables,
    run,
    stream_digest,
    table_names,
)
from apps.ops.health import known_migrations
from apps.ops.models import StoredFile


def restore(folder: Path) -> Backup:
    """Files first, then the database in one transaction, then the comparison.

    Raises Refused: before the database is touched where the backup or the place it is to go to is
    not right; afterwards where what came out is not what went in.
    """
    manifest = Manifest.load(folder)
    _check(folder, manifest)
    kept = folder.parent / FILES
    for name in manifest.files.keys() - set(manifest.missing):
        _put_back(StoredFile(sha256=name), kept)
    run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-acl",
        str(folder / DUMP))  # fmt: skip
    with transaction.atomic():
        found = read_tables()
    if wrong := _differences(manifest.tables, found):
        raise Refused("恢复出来的内容与备份时不符，这个库不能用：", *wrong)
    with connection.cursor() as cursor:
        # the planner knows nothing of rows that came in this way
        cursor.execute("ANALYZE")
    return Backup(folder, manifest)


def _check(folder: Path, manifest: Manifest) -> None:
    """That the backup is whole and may go into this database. Raises Refused."""
    if table_names():
        raise Refused("数据库不是空的，没有动它：请先建一个空库，再恢复到那里。")
    if not (folder / DUMP).is_file():
        raise Refused(f"{folder} 不是完整的备份：缺少 {DUMP}。")
    if digest(folder / DUMP) != manifest.dump_sha256:
        raise Refused(f"{folder / DUMP} 与做备份时不同，已损坏。")
    known = {".".join(migration) for migration in known_migrations()}
    if newer := sorted(set(manifest.migrations) - known):
        raise Refused(f"备份来自更新的程序（多出 {newer[-1]}）：请先升级程序，再恢复。")


def _put_back(stored: StoredFile, kept: Path) -> None:
    """Into the storage, unless it is there; either way it has to be what its name says."""
    source = kept / stored.path
    if default_storage.exists(stored.path):
        if _stored_digest(stored) != stored.sha256:
            raise Refused(f"存储里的文件 {stored.path} 与它的名字不符，请移走后重试。")
        return
    if not source.exists() or digest(source) != stored.sha256:
        raise Refused(f"备份里的文件 {source} 缺失或已损坏。")
    with source.open("rb") as content:
        default_storage.save(stored.path, File(content))


def _stored_digest(stored: StoredFile) -> str:
    with closing(default_storage.open(stored.path, "rb")) as source:
        return stream_digest(source)


def _differences(wanted: dict[str, Table], found: dict[str, Table]) -> list[str]:
    """One sentence for each table that is not what it was."""
    nothing = Table(0, "")
    return [
        f"表 {name}：备份时 {before.rows} 行，现在 {after.rows} 行"
        + ("，内容不同。" if before.rows == after.rows else "。")
        for name in sorted(wanted.keys() | found.keys())
        if (before := wanted.get(name, nothing)) != (after := found.get(name, nothing))
    ]
