"""Migrations go down to nothing and up again, and leave the models as they are."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

APPS = ["tasks", "targets", "plans", "notices", "accounts", "agencies", "audit", "ops"]


def _functions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT count(*) FROM pg_proc WHERE proname ~ '^(audit|accounts)_'")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_the_models_have_no_change_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.usefixtures("live_database")
def test_every_migration_can_be_taken_back() -> None:
    before = set(connection.introspection.table_names())
    functions = _functions()
    for app in APPS:
        call_command("migrate", app, "zero", verbosity=0)
    left = set(connection.introspection.table_names())
    assert not [name for name in left if name.split("_")[0] in APPS]
    assert _functions() == 0
    call_command("migrate", verbosity=0)
    assert set(connection.introspection.table_names()) == before
    assert _functions() == functions
