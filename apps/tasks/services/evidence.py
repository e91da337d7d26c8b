"""佐证材料: files beside a report; never asked for, always kept (product.md D10)."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import BinaryIO

import puremagic
from django.db import transaction

from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused, Unreadable
from apps.ops.services import file_keep
from apps.tasks.access import Scope
from apps.tasks.models import Duty, Evidence
from apps.tasks.selectors.detail import progress_of
from apps.tasks.services.handing_in import closed_reasons
from apps.tasks.services.reports_locked import lock_tasks

MAX_FILES = 10
MAX_MEBIBYTES = 20
_MAX_BYTES = MAX_MEBIBYTES * 1024 * 1024
_NAME_CHARS = 255
_KINDS = "PDF、OFD、Word、Excel、PPT、WPS 文档和图片"

# by what the content says
_PDF, _OFD, _OFFICE, _OLD_OFFICE, _IMAGE = "pdf", "ofd", "office", "old_office", "image"
_ENDINGS = {
    _PDF: {".pdf"},
    _OFD: {".ofd"},
    _OFFICE: {".docx", ".xlsx", ".pptx"},
    _OLD_OFFICE: {".doc", ".xls", ".ppt", ".wps", ".et", ".dps"},
    _IMAGE: {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"},
}
_IMAGES = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff", "image/webp"}
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Offered:
    """A file as it came in."""

    name: str
    size: int
    content: BinaryIO


@transaction.atomic
def evidence_add(
    *, actor: Actor, scope: Scope, duty_id: int, offered: Offered, today: date
) -> Evidence:
    """Keep a file beside what the unit reports; the same content twice is kept once.

    Raises NotAllowed, and Refused (Unreadable for the file itself) with one sentence.
    """
    name = evidence_name(offered)
    duty = _held(scope, duty_id)
    known = {each.file_id: each for each in Evidence.objects.filter(duty=duty)}
    same = known.get(_digest(offered.content))
    if same is not None:
        return same
    if len(known) >= MAX_FILES:
        raise Refused(f"一项最多上传 {MAX_FILES} 个佐证材料，请先删去不要的。")
    evidence = Evidence.objects.create(
        duty=duty,
        file=file_keep(source=offered.content),
        name=name,
        added_by=actor.actor_name,
        added_on=today,
    )
    _record(actor, today, duty, "上传佐证材料", (None, name))
    return evidence


@transaction.atomic
def evidence_remove(*, actor: Actor, scope: Scope, evidence_id: int, today: date) -> None:
    """Take a file away again; not what has left the unit with a report."""
    evidence = Evidence.objects.filter(pk=evidence_id).first()
    if evidence is None:
        raise NotAllowed("这个佐证材料已经不在了，请刷新页面。")
    duty = _held(scope, evidence.duty_id)
    progress = progress_of(duty)
    if progress is not None and progress.delivered_on is not None:
        raise Refused("材料已随进展报出，不能删除；可以另传新的材料。")
    if not Evidence.objects.filter(pk=evidence_id).delete()[0]:
        return
    _record(actor, today, duty, "删除佐证材料", (evidence.name, None))


def evidence_name(offered: Offered) -> str:
    """The file's name, fit to be shown; Unreadable for a file that is not taken."""
    name = "".join(filter(str.isprintable, PurePath(offered.name).name))[-_NAME_CHARS:]
    if offered.size == 0:
        raise Unreadable(f"文件“{name}”是空的，请核对后再传。")
    if offered.size > _MAX_BYTES:
        raise Unreadable(
            f"文件“{name}”有 {offered.size / 1024 / 1024:.1f} MB，"
            f"超过 {MAX_MEBIBYTES} MB 的上限，请压缩或拆分后再传。"
        )
    content = offered.content.read()
    offered.content.seek(0)
    kind = _kind(content)
    if kind is None:
        raise Unreadable(f"文件“{name}”不是可以上传的类型，只收{_KINDS}，不收压缩包。")
    if PurePath(name).suffix.lower() not in _ENDINGS[kind]:
        raise Unreadable(f"文件“{name}”的内容与扩展名不符，请用原来的扩展名再传。")
    return name


def _kind(content: bytes) -> str | None:
    """By the content alone: what a name says proves nothing."""
    if content.startswith(_ZIP):
        return _packed(content)
    if content.startswith(_OLE):
        return _OLD_OFFICE
    try:
        mime = puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        return None
    if mime == "application/pdf":
        return _PDF
    return _IMAGE if mime in _IMAGES else None


def _packed(content: bytes) -> str | None:
    """New office files and OFD are archives with a certain member; one with macros is not taken."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if "OFD.xml" in members:
        return _OFD
    macros = any(member.lower().endswith("vbaproject.bin") for member in members)
    return _OFFICE if "[Content_Types].xml" in members and not macros else None


def _held(scope: Scope, duty_id: int) -> Duty:
    """The row is locked, so that two uploads at once are counted one after the other."""
    owed = Duty.objects.filter(pk=duty_id).first()
    if owed is None or not scope.may_report(owed):
        raise NotAllowed("只有本单位填报员可以上传和删除佐证材料。")
    lock_tasks([owed.task_id])
    duty = Duty.objects.select_related(
        "task__plan", "agency", "plan_period__period", "progress"
    ).get(pk=duty_id)
    reasons = closed_reasons(duty, progress_of(duty))
    if reasons:
        raise Refused(*reasons)
    return duty


def _digest(content: BinaryIO) -> str:
    found = hashlib.sha256(content.read()).hexdigest()
    content.seek(0)
    return found


def _record(
    actor: Actor, today: date, duty: Duty, action: str, names: tuple[str | None, str | None]
) -> None:
    """In the duty's own log: the row's is read by others, before anything has left the unit."""
    label = f"{action}（{duty.plan_period.period.name}，{duty.agency.name}）"
    act = Act(label, duty, {"佐证材料": names}, about_agency=duty.agency)
    record(actor=actor, today=today, act=act)
