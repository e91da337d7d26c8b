"""线下审签 with its scan: the file is kept, then the signature is registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import PurePath

from django.db import transaction

from apps.common.actor import Actor
from apps.common.errors import Unreadable
from apps.ops.services import file_keep
from apps.tasks.access import Scope
from apps.tasks.services.evidence import Offered, evidence_name
from apps.tasks.services.signing import PaperSign, paper_sign

_SCANS = frozenset({".pdf", ".ofd", ".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})


@transaction.atomic
def paper_register(
    *,
    actor: Actor,
    scope: Scope,
    seen: Mapping[int, int],
    paper: PaperSign,
    scan: Offered | None,
    today: date,
) -> int:
    """How many rows were signed. Raises as paper_sign, and Unreadable for what is no scan."""
    if scan is not None:
        name = evidence_name(scan)
        if PurePath(name).suffix.lower() not in _SCANS:
            raise Unreadable(f"文件“{name}”不是扫描件，只收 PDF、OFD 和图片。")
        paper = replace(paper, scan=file_keep(source=scan.content), scan_name=name)
    return paper_sign(actor=actor, scope=scope, seen=seen, paper=paper, today=today)
