"""Imports without a preview: what a command brings in, kept as the pages keep theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.db import transaction
from django.utils import timezone

from apps.common.actor import Actor
from apps.ops.services import file_keep
from apps.tasks.access import Scope
from apps.tasks.models import TableImport
from apps.tasks.selectors.opening_table import OpeningDiff
from apps.tasks.selectors.tables import TableDiff
from apps.tasks.services.opening_table import opening_import
from apps.tasks.services.tables import Import, table_import
from apps.tasks.services.uploads import Upload, shown_name


@transaction.atomic
def import_at_once(
    *, actor: Actor, scope: Scope, wanted: Import, upload: Upload, today: date
) -> TableDiff:
    """Apply a table, and keep its file and what it did, so that it can be undone.

    What changes nothing leaves nothing behind. Raises as `table_import` does.
    """
    kept = _keep(actor, wanted, upload, TableImport.Kind.TABLE)
    diff = table_import(actor=actor, scope=scope, wanted=replace(wanted, kept=kept), today=today)
    _close(kept, diff)
    return diff


@transaction.atomic
def opening_at_once(
    *, actor: Actor, scope: Scope, wanted: Import, upload: Upload, today: date
) -> OpeningDiff:
    """The same for a running ledger (期初)."""
    kept = _keep(actor, wanted, upload, TableImport.Kind.OPENING)
    diff = opening_import(actor=actor, scope=scope, wanted=replace(wanted, kept=kept), today=today)
    _close(kept, diff)
    return diff


def _keep(actor: Actor, wanted: Import, upload: Upload, kind: str) -> TableImport:
    return TableImport.objects.create(
        plan=wanted.plan,
        kind=kind,
        file=file_keep(source=upload.content),
        file_name=shown_name(upload.name),
        state=TableImport.State.APPLYING,
        by_id=actor.actor_id,
        by_name=actor.actor_name,
        answers=wanted.answers.as_dict(),
    )


def _close(kept: TableImport, diff: TableDiff | OpeningDiff) -> None:
    if not diff.changes_anything:
        transaction.set_rollback(True)
        return
    kept.state, kept.finished_at = TableImport.State.DONE, timezone.now()
    kept.created, kept.updated = diff.count("create"), diff.count("update")
    kept.unchanged = diff.count("unchanged")
    kept.save()
