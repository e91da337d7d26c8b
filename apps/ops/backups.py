"""A backup: the database, the stored files, and a manifest that says what must come out again.

A folder of backups looks like this; files have their content for a name, so all backups of the
folder share them, and a new one adds only what is new:

    20261121-021703/  manifest.json  database.dump
    files/ab/abcdef…

Dump, row counts and checksums are of one snapshot, so people may go on working meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from apps.common.errors import Refused
from apps.ops.models import StoredFile

FILES, DUMP, MANIFEST = "files", "database.dump", "manifest.json"
_NAME = re.compile(r"[0-9]{8}-[0-9]{6}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1024 * 1024
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, and the sum of sixty bits of each row's SHA-256: the order of rows does not matter."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `files` are the names of the stored files with their sizes."""

    made_at: str
    dump_sha256: str
    tables: dict[str, Table]
    files: dict[str, int]
    migrations: list[str]
    # stored files that were not there, or were not what their name says
    missing: list[str] = field(default_factory=list)
    version: int = _VERSION

    def save(self, folder: Path) -> None:
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Raises Refused where there is none that can be read."""
        try:
            data: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            tables = {name: Table(**table) for name, table in data.pop("tables").items()}
            found = cls(tables=tables, **data)
            # they become paths: a manifest is only a file that somebody may have written to
            named = all(_SHA256.fullmatch(name) for name in (*dict(found.files), *found.missing))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Refused(f"{folder} 不是完整的备份：读不出 {MANIFEST}。") from error
        if not named:
            raise Refused(f"{folder} 不是完整的备份：{MANIFEST} 里有不是校验值的文件名。")
        if found.version != _VERSION:
            raise Refused(f"{folder} 是另一版程序做的备份，本版读不了。")
        return found


@dataclass(frozen=True, slots=True)
class Backup:
    folder: Path
    manifest: Manifest


def newest(root: Path) -> Path:
    """The latest whole backup of a folder of backups. Raises Refused."""
    whole = [
        path
        for path in (root.iterdir() if root.is_dir() else ())
        if _NAME.fullmatch(path.name) and (path / MANIFEST).exists()
    ]
    if not whole:
        raise Refused(f"{root} 里没有完整的备份。")
    return max(whole, key=lambda path: path.name)


def make(root: Path) -> Backup:
    """A new backup in a folder of backups. Raises Refused; half a backup is never left as one."""
    (root / FILES).mkdir(mode=0o700, parents=True, exist_ok=True)
    name = timezone.localtime().strftime("%Y%m%d-%H%M%S")
    half, folder = root / f"{name}.part", root / name
    if folder.exists():
        raise Refused(f"{folder} 已经有了，请稍等一秒再备份。")
    half.mkdir(mode=0o700)
    try:
        with snapshot() as number:
            tables = read_tables()
            migrations = sorted(map(".".join, MigrationRecorder(connection).applied_migrations()))
            files = dict(StoredFile.objects.order_by("pk").values_list("pk", "size"))
            run("pg_dump", "--format=custom", f"--snapshot={number}", "--no-owner", "--no-acl",
                f"--file={half / DUMP}")  # fmt: skip
        missing = [name for name, size in files.items() if not _keep(name, size, root / FILES)]
        manifest = Manifest(
            made_at=timezone.localtime().isoformat(timespec="seconds"),
            dump_sha256=digest(half / DUMP),
            tables=tables,
            files=files,
            migrations=migrations,
            missing=missing,
        )
        manifest.save(half)
        _settle(half)
        half.rename(folder)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return Backup(folder, manifest)


@contextmanager
def snapshot() -> Iterator[str]:
    """A transaction that sees one moment, and the number by which pg_dump sees the same one."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (number,) = cursor.fetchone()
        yield number


def table_names() -> list[str]:
    """All tables of the product's schema, Django's own included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


_SUM = """
    SELECT count(*), coalesce(sum(
             ('x' || left(encode(sha256(convert_to(whole::text, 'UTF8')), 'hex'), 15))
             ::bit(60)::bigint
           ), 0)
      FROM {table} AS whole
"""


def read_tables() -> dict[str, Table]:
    """Rows and checksum of every table, as this transaction sees them."""
    found: dict[str, Table] = {}
    with connection.cursor() as cursor:
        # the text of a row must not depend on who asks for it
        cursor.execute("SET LOCAL DateStyle = 'ISO, YMD'")
        cursor.execute("SET LOCAL IntervalStyle = 'postgres'")
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        for name in table_names():
            cursor.execute(_SUM.format(table=connection.ops.quote_name(name)))
            rows, checksum = cursor.fetchone()
            found[name] = Table(rows, str(checksum))
    return found


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as source:
        return stream_digest(source)


def _keep(sha256: str, size: int, files: Path) -> bool:
    """Copy a stored file beside the others of the folder; whether it was what its name says.

    A copy that an earlier backup left is taken as it is where its size is right: to hash all of
    them each night would take hours. `restore` does.
    """
    stored = StoredFile(sha256=sha256)
    kept = files / stored.path
    if kept.exists() and kept.stat().st_size == size:
        return True
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    half = kept.with_name(f"{kept.name}.part")
    try:
        with closing(default_storage.open(stored.path, "rb")) as source, half.open("wb") as target:
            found = stream_digest(source, target)
            target.flush()
            os.fsync(target.fileno())
    except FileNotFoundError:
        return False
    if found != sha256:
        half.unlink()
        return False
    half.rename(kept)
    return True


def stream_digest(source: IO[bytes], target: IO[bytes] | None = None) -> str:
    """The SHA-256 of what comes in; it goes on to `target`, if there is one."""
    seen = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        seen.update(chunk)
        if target is not None:
            target.write(chunk)
    return seen.hexdigest()


def _settle(folder: Path) -> None:
    """On the disk, not on its way there, before it counts as a backup."""
    for path in (*folder.iterdir(), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# PostgreSQL's own programs


def run(program: str, *arguments: str) -> None:
    """pg_dump or pg_restore on the database this process is connected to. Raises Refused."""
    connection.ensure_connection()
    link: Any = connection.connection
    # as libpq knows it, certificates and all; the password is left out of it
    where: dict[str, str] = link.get_dsn_parameters()
    place = " ".join(f"{key}='{_escaped(value)}'" for key, value in where.items())
    done = subprocess.run(  # noqa: S603  # a program of PostgreSQL's and words of ours
        [
            _program(program, link.info.server_version // 10_000),
            "--no-password",
            f"--dbname={place}",
            *arguments,
        ],
        # on the command line everybody could read it
        env={"PATH": os.environ.get("PATH", os.defpath), "PGPASSWORD": link.info.password or ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = " | ".join(done.stderr.strip().splitlines()[-3:])
        raise Refused(f"{program} 没有完成：{said}")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _program(name: str, wanted: int) -> str:
    """The first of this name that is not older than the server. Raises Refused."""
    for folder in (*settings.PG_FOLDERS, *os.environ.get("PATH", os.defpath).split(os.pathsep)):
        found = shutil.which(name, path=folder)
        if found and _major(found) >= wanted:
            return found
    raise Refused(
        f"没有找到版本不低于数据库（{wanted}）的 {name}："
        f"请安装 PostgreSQL {wanted} 的客户端程序，或用 FENGONG_PG_BIN 指明它们所在的文件夹。"
    )


def _major(program: str) -> int:
    said = subprocess.run(  # noqa: S603  # a program of PostgreSQL's
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(version[1]) if version else 0
