"""A copy of the sample in which commits are real, for sites in processes of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import NAME, _connected_to, database_copy, database_url


@pytest.fixture
def live_sample(sample_template: str, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """The environment in which other processes find it; this process is connected to it, too."""
    name = f"{NAME}_faults"
    with (
        django_db_blocker.unblock(),
        database_copy(name, sample_template),
        _connected_to(name),
    ):
        yield {**os.environ, "FENGONG_ENV": "test", "DATABASE_URL": database_url(name)}
