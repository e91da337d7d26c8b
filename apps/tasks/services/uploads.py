"""A table that a person brings, as a file or pasted: kept as it came, and wanted to be read."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from django.db import transaction

from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Unreadable
from apps.common.spreadsheets import Sheet, read_pasted, read_sheets
from apps.ops.models import JobRun
from apps.ops.services import file_bytes, file_keep
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.models import TableImport
from apps.tasks.services.imports import READ, import_want

MAX_MEBIBYTES = 20
_MAX_BYTES = MAX_MEBIBYTES * 1024 * 1024
_NAME_CHARS = 255
# among the decisions: what of the clipboard the file holds
_PASTED = "pasted"
_WEB, _TEXT = "html", "text"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in; `size` in bytes. `pasted` is how a table came that was no file."""

    name: str
    size: int
    content: BinaryIO
    pasted: str = ""


def upload_pasted(*, html: str, text: str, when: str) -> Upload:
    """What was pasted, as a file: the web form where it holds a table, else the text."""
    pasted = _WEB if "<table" in html.casefold() else _TEXT
    content = (html if pasted == _WEB else text).encode()
    ending = ".html" if pasted == _WEB else ".txt"
    return Upload(f"粘贴的表格 {when}{ending}", len(content), BytesIO(content), pasted)


@transaction.atomic
def upload_keep(
    *, actor: Actor, scope: Scope, plan: Plan, upload: Upload, kind: str = TableImport.Kind.TABLE
) -> tuple[TableImport, JobRun]:
    """Keep what was brought and want it to be read; nothing of the plan changes.

    Raises NotAllowed, and Unreadable with one sentence.
    """
    if not scope.may_import(plan):
        raise NotAllowed("只有本任务来源的督查员可以导入。")
    name = shown_name(upload.name)
    if upload.size > _MAX_BYTES:
        raise Unreadable(
            f"文件“{name}”有 {upload.size / 1024 / 1024:.1f} MB，超过 {MAX_MEBIBYTES} MB 的上限，"
            "请拆分后分别上传。"
        )
    kept = TableImport.objects.create(
        plan=plan,
        kind=kind,
        file=file_keep(source=upload.content),
        file_name=name,
        state=TableImport.State.READING,
        decisions={_PASTED: upload.pasted} if upload.pasted else {},
        by_id=actor.actor_id,
        by_name=actor.actor_name,
    )
    return kept, import_want(kept, actor, {"step": READ, "decisions": kept.decisions})


def upload_sheets(kept: TableImport) -> list[Sheet]:
    """The sheets of the kept file. Raises Unreadable with a sentence."""
    try:
        content = file_bytes(kept.file)
    except FileNotFoundError as error:
        raise Unreadable(f"保存的文件“{kept.file_name}”找不到了，请重新上传。") from error
    pasted = kept.decisions.get(_PASTED)
    if pasted:
        text = content.decode(errors="replace")
        is_web = pasted == _WEB
        return read_pasted(html=text if is_web else "", text="" if is_web else text)
    with NamedTemporaryFile() as copy:
        copy.write(content)
        copy.flush()
        return read_sheets(Path(copy.name), name=kept.file_name)


def shown_name(name: str) -> str:
    """Without control and bidirectional characters, which make a name read otherwise."""
    return "".join(filter(str.isprintable, name))[-_NAME_CHARS:]
