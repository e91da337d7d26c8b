"""How entries of the log are said."""

from __future__ import annotations

import pytest

from apps.audit.models import Entry
from apps.reports.log_words import KINDS


@pytest.mark.usefixtures("sample")
def test_every_kind_of_object_has_a_word() -> None:
    assert set(Entry.objects.values_list("object_type", flat=True).distinct()) <= KINDS.keys()
