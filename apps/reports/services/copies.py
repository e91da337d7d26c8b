"""定稿回传: the paper as it went out, kept beside the report, and what it says otherwise."""

from __future__ import annotations

import html
import io
import lzma
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from django.db import transaction

from apps.common.actor import Actor
from apps.common.errors import Refused, Unreadable
from apps.ops.services import file_keep
from apps.reports.figures.codec import from_json
from apps.reports.figures.tokens import NAME, values
from apps.reports.figures.wording import day
from apps.reports.models import IssuedCopy, QuarterlyReport
from apps.reports.services.held import State, check_text, hold, number_written, tell
from apps.tasks.access import Scope
from apps.tasks.services.evidence import Offered, evidence_name

DIFFERENCES_LIMIT = 2000
_NUMBER_LIMIT = 60
_ENDINGS = (".pdf", ".ofd", ".docx")
_DOCX = ".docx"
_DOCUMENT = "word/document.xml"
# an unpacked text of this size is no report
_MOST_BYTES = 64 * 1024 * 1024
# what Python says of an archive that is none, is torn, or is locked
_BROKEN = (
    KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
    lzma.LZMAError, zlib.error,
)  # fmt: skip
_PARAGRAPH = re.compile(r"</w:p>|<w:br\b[^>]*/>")
# what an editor keeps of words that were struck out
_STRUCK = re.compile(r"<w:delText\b[^>]*>[^<]*</w:delText>")
_MARKUP = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Imprinted:
    """What the paper says of itself, and what a person found different; empty: nothing."""

    number: str
    dated: date
    differences: str = ""


@transaction.atomic
def copy_upload(
    *,
    actor: Actor,
    scope: Scope,
    report_id: int,
    offered: Offered,
    imprinted: Imprinted,
    today: date,
) -> IssuedCopy:
    """Keep the paper; the same file twice is kept once, and none is ever changed or taken away.

    What differs from the registered 文号 and 印发日期 is noted by itself; in a .docx also figures
    of the text that are not to be found. Raises NotAllowed; Unreadable for another kind of file.
    """
    report = hold(scope=scope, report_id=report_id, states=[State.ISSUED])
    name = evidence_name(offered)
    ending = PurePath(name).suffix.lower()
    if ending not in _ENDINGS:
        raise Unreadable(f"文件“{name}”不是定稿，只收 PDF、OFD 和 .docx。")
    number = number_written(imprinted.number)
    if not number:
        raise Refused("请填写定稿上的文号。")
    check_text("文号", number, _NUMBER_LIMIT)
    if imprinted.dated > today:
        raise Refused("成文日期不能晚于今天。")
    typed = imprinted.differences.strip()
    check_text("与系统数据的差异", typed, DIFFERENCES_LIMIT)
    found = _imprint(report, number, imprinted.dated)
    if ending == _DOCX:
        found += _figures(report, _text_of(offered, name))
    file = file_keep(source=offered.content)
    known = IssuedCopy.objects.filter(report=report, file=file).first()
    if known is not None:
        return known
    copy = IssuedCopy.objects.create(
        report=report,
        file=file,
        name=name,
        number=number,
        dated=imprinted.dated,
        differences="\n".join([*found, *([typed] if typed else [])]),
        uploaded_by=actor.actor_name,
        uploaded_on=today,
    )
    said: dict[str, tuple[object, object]] = {
        "定稿": (None, name),
        "差异": (None, copy.differences or "无"),
    }
    tell(report, actor, today, "定稿回传", said)
    return copy


def _imprint(report: QuarterlyReport, number: str, dated: date) -> list[str]:
    found = []
    if number != report.number:
        found.append(f"文号：定稿为“{number}”，系统登记为“{report.number}”。")
    if report.issued_on is not None and dated != report.issued_on:
        found.append(f"日期：定稿为{day(dated)}，系统登记为{day(report.issued_on)}。")
    return found


def _figures(report: QuarterlyReport, text: str) -> list[str]:
    """Figures of the system's text that the paper does not have, wherever they may stand in it."""
    known = values(from_json(report.figures))
    parts = report.parts.order_by("position")
    names = dict.fromkeys(name.strip() for part in parts for name in NAME.findall(part.text))
    text = "".join(text.split())
    return [
        f"{name}：系统为{known[name]}，定稿里没有找到。"
        for name in names
        if name in known and not _stands_in(known[name], text)
    ]


def _stands_in(value: str, text: str) -> bool:
    """As a whole figure: 5项 does not stand in 45项, nor 7.3% in 27.3%."""
    value = "".join(value.split())
    begins = r"(?<![\d.,])" if value[:1].isdecimal() else ""
    return re.search(f"{begins}{re.escape(value)}", text) is not None


def _text_of(offered: Offered, name: str) -> str:
    """The words of a .docx; its markup is thrown away and never interpreted."""
    content = offered.content.read()
    offered.content.seek(0)
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as archive,
            archive.open(_DOCUMENT) as source,
        ):
            raw = source.read(_MOST_BYTES + 1)
    except _BROKEN as error:
        raise Unreadable(f"文件“{name}”不是可以读取的 .docx，请核对后再传。") from error
    if len(raw) > _MOST_BYTES:
        raise Unreadable(f"文件“{name}”解压后过大，没有接收。")
    written = _STRUCK.sub("", raw.decode("utf-8", "replace"))
    plain = _MARKUP.sub("", _PARAGRAPH.sub("\n", written))
    return html.unescape(plain)
