"""校验码: what proves that figures and texts are those that were issued."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from apps.reports.body import Body


def checksum_of(figures: dict[str, Any], body: Body) -> str:
    """SHA-256 in hexadecimal over the frozen figures and the final texts as canonical JSON.

    Keys in order, no white space, characters as they are: as the database gives the figures back
    with its keys in another order, the same report has the same sum.
    """
    frozen = {
        "title": body.title,
        "genre": body.genre,
        "addressee": body.addressee,
        "signatory": body.signatory,
        "number": body.number,
        "issued_on": body.issued_on.isoformat() if body.issued_on else "",
        "corrects": body.corrects,
        "figures": figures,
        "parts": [[part.key, part.heading, part.text] for part in body.parts],
        "rows": [[row.figure.fact.task_id, row.text, row.left_out] for row in body.rows],
        "named_units": [unit.name for unit in body.named_units],
    }
    written = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
