"""What tests of reports share."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.reports.body import Body
from apps.reports.services import making


def _plain(path: Path, body: Body) -> None:
    path.write_text(f"{path.name} {body.state_label} {body.title} {body.number}", encoding="utf-8")


@pytest.fixture
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job writes a line instead of papers, for tests that are not about what stands in them."""
    written = [(field, stage, _plain) for field, stage, _ in making.WRITTEN]
    monkeypatch.setattr(making, "WRITTEN", written)
