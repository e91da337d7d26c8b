"""An uploaded table on its way in: kept, previewed, then imported or given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused, Unreadable
from apps.common.spreadsheets import read_sheets
from apps.ops.services import file_bytes, file_keep
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.layout import Layout, TableReading, read_table
from apps.tasks.models import SourceTable, TableImport
from apps.tasks.selectors.tables import TableDiff
from apps.tasks.services.tables import Import, table_import

MAX_MEBIBYTES = 20
_MAX_BYTES = MAX_MEBIBYTES * 1024 * 1024
_NAME_CHARS = 255
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in; `size` in bytes."""

    name: str
    size: int
    content: BinaryIO


def upload_keep(*, actor: Actor, scope: Scope, plan: Plan, upload: Upload) -> TableImport:
    """Read the file at once and keep it for the preview; nothing is kept of one without a table.

    Raises NotAllowed, and Refused (Unreadable for what is no workbook) with one sentence.
    """
    if not scope.may_import(plan):
        raise NotAllowed("只有本任务来源的督查员可以导入。")
    name = shown_name(upload.name)
    if upload.size > _MAX_BYTES:
        raise Unreadable(
            f"文件“{name}”有 {upload.size / 1024 / 1024:.1f} MB，超过 {MAX_MEBIBYTES} MB 的上限，"
            "请拆分后分别上传。"
        )
    with NamedTemporaryFile() as copy:
        while chunk := upload.content.read(_CHUNK):
            copy.write(chunk)
        copy.flush()
        _read(Path(copy.name), name, plan)
    upload.content.seek(0)
    with transaction.atomic():
        return TableImport.objects.create(
            plan=plan,
            file=file_keep(source=upload.content),
            file_name=name,
            by_id=actor.actor_id,
            by_name=actor.actor_name,
        )


def upload_reading(kept: TableImport) -> TableReading:
    """The kept file read anew, the way the plan's table is read now."""
    try:
        content = file_bytes(kept.file)
    except FileNotFoundError as error:
        raise Unreadable(f"保存的文件“{kept.file_name}”找不到了，请重新上传。") from error
    with NamedTemporaryFile() as copy:
        copy.write(content)
        copy.flush()
        return _read(Path(copy.name), kept.file_name, kept.plan)


def _read(path: Path, name: str, plan: Plan) -> TableReading:
    source = SourceTable.objects.filter(plan=plan).first()
    layout = Layout.from_dict(source.layout) if source else None
    return read_table(read_sheets(path, name=name), layout=layout)


@transaction.atomic
def upload_confirm(
    *, actor: Actor, scope: Scope, kept: TableImport, seen: str, today: date
) -> TableImport:
    """Import what was previewed, once. `seen` is the digest of the preview that was shown.

    Raises Conflict when it is no longer waiting or would do something else than was shown.
    """
    kept = _waiting(kept)
    wanted = Import(
        plan=kept.plan,
        reading=upload_reading(kept),
        file_name=kept.file_name,
        # an empty digest would stand for an import that nobody was shown
        seen=seen or "nothing",
    )
    diff = table_import(actor=actor, scope=scope, wanted=wanted, today=today)
    if not diff.changes_anything:
        raise Refused("与现有内容完全一致，不需要导入。")
    return _done(kept, actor, diff)


def upload_record(
    *, actor: Actor, plan: Plan, upload: Upload, diff: TableDiff
) -> TableImport | None:
    """Keep the file of an import that was done without a preview; None if it changed nothing."""
    if not diff.changes_anything:
        return None
    file = file_keep(source=upload.content)
    return _done(TableImport(plan=plan, file=file, file_name=shown_name(upload.name)), actor, diff)


def _done(kept: TableImport, actor: Actor, diff: TableDiff) -> TableImport:
    kept.state = TableImport.State.DONE
    kept.by_id, kept.by_name = actor.actor_id, actor.actor_name
    kept.finished_at = timezone.now()
    kept.created, kept.updated = diff.count("create"), diff.count("update")
    kept.unchanged = diff.count("unchanged")
    kept.save()
    return kept


def shown_name(name: str) -> str:
    """Without control and bidirectional characters, which make a name read otherwise."""
    return "".join(filter(str.isprintable, name))[-_NAME_CHARS:]


@transaction.atomic
def upload_discard(*, scope: Scope, kept: TableImport) -> TableImport:
    """Give the upload up; its file and who brought it stay in the list of imports."""
    if not scope.may_import(kept.plan):
        raise NotAllowed("只有本任务来源的督查员可以放弃导入。")
    kept = _waiting(kept)
    kept.state = TableImport.State.DISCARDED
    kept.finished_at = timezone.now()
    kept.save(update_fields=["state", "finished_at"])
    return kept


def _waiting(kept: TableImport) -> TableImport:
    """Locked, so that of two clicks the second finds what the first has done."""
    row = (
        TableImport.objects.select_for_update(of=("self",))
        .select_related("plan", "file")
        .get(pk=kept.pk)
    )
    if row.state == TableImport.State.DONE:
        raise Conflict(f"这次导入已由{row.by_name}完成，没有重复导入。")
    if row.state == TableImport.State.DISCARDED:
        raise Conflict("这次导入已放弃，请重新上传文件。")
    return row
