"""What `manage.py check --database default` and `migrate` look at in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, InterfaceError, connection

from apps.ops.health import holds_forbidden_samples
from apps.ops.startup import SAMPLES


@register(Tags.database)
def no_samples_in_production(
    *, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Refuses the sample's database in production; one that is away or empty passes."""
    try:
        forbidden = bool(databases) and _has_tables() and holds_forbidden_samples()
    except (DatabaseError, InterfaceError):
        return []
    return [Error(SAMPLES, id="fengong.E001")] if forbidden else []


def _has_tables() -> bool:
    # asked first: a failed query would spoil the transaction a caller may be in
    return "ops_installation" in connection.introspection.table_names()
