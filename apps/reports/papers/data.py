"""A report as JSON: the frozen figures and the final texts, for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apps.reports.body import Body
from apps.reports.figures.codec import to_json


def write_data(path: Path, body: Body) -> None:
    """Write `body` to `path`; the same body gives the same bytes."""
    text = json.dumps(_data(body), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # half of a character outside the basic plane can only be written escaped
    path.write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))


def _data(body: Body) -> dict[str, Any]:
    return {
        "report": {
            "title": body.title,
            "genre": body.genre,
            "addressee": body.addressee,
            "signatory": body.signatory,
            "number": body.number,
            "issued_on": body.issued_on.isoformat() if body.issued_on else None,
            "state": body.state_label,
            "corrects": body.corrects,
            "named_units": [unit.name for unit in body.named_units],
        },
        "figures": to_json(body.figures),
        "texts": {
            "parts": [
                {"key": part.key, "heading": part.heading, "text": part.text} for part in body.parts
            ],
            "rows": [
                {
                    "plan_code": row.figure.fact.plan_code,
                    "number": row.figure.fact.number,
                    "text": row.text,
                    "left_out": row.left_out,
                }
                for row in body.rows
            ],
        },
    }
