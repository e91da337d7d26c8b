"""A unit's own returned 填报表: its cells become drafts, and go the usual way (product.md D10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.common.errors import NotAllowed
from apps.plans.models import Period
from apps.tasks.access import Scope
from apps.tasks.content import fields_of
from apps.tasks.models import Draft
from apps.tasks.selectors.returns import RowShown, Sorted, sort_rows
from apps.tasks.selectors.unit_sheets import View, duties_of, lines_of
from apps.tasks.services.returns import check_period, check_rows, form_read, unit_meant
from apps.tasks.services.uploads import Upload, shown_name

# as much as a draft holds (services.drafts)
_CHARS = 10_000


@dataclass(frozen=True, slots=True)
class OwnSheet:
    """What became of the file: `saved` rows are drafts now."""

    agency: Agency
    file_name: str
    rows: Sorted
    saved: int


def own_sheet_take(
    *, user: User, scope: Scope, period: Period, upload: Upload, now: datetime
) -> OwnSheet:
    """Rows that differ become this person's drafts; what cannot be read is told and left alone.

    Raises NotAllowed, and Refused naming the file.
    """
    if not scope.rights.reporter_of:
        raise NotAllowed("只有本单位填报员可以上传本单位的填报表。")
    name = shown_name(upload.name)
    returned = form_read(upload, name)
    check_period(returned, period, name)
    units = Agency.objects.filter(pk__in=scope.rights.reporter_of)
    agency = unit_meant(returned, units, name, "不是本单位的")
    check_rows(returned, name)
    with transaction.atomic():
        duties = duties_of(period.code, plans=None).filter(agency=agency)
        lines = lines_of(list(duties), View(inside=True, person=user, own_drafts=True))
        rows = sort_rows(returned, lines)
        versions = {row.row: row.version for row in returned.rows}
        drafts = [
            _draft(row, user, now, versions[row.compared.row] or 0)
            for row in rows.rows
            if _fits(row)
        ]
        Draft.objects.bulk_create(
            drafts,
            update_conflicts=True,
            unique_fields=["duty", "user"],
            update_fields=["fields", "seen_version", "saved_at"],
        )
    return OwnSheet(agency, name, rows, len(drafts))


def _fits(row: RowShown) -> bool:
    """A draft may be wrong: the sheet says so before it is sent. It cannot be unreadable."""
    return (
        row.line is not None
        and row.compared.legible
        and bool(row.compared.cells)
        and not row.line.closed
        and all(len(text) <= _CHARS for text in row.compared.fields.values())
    )


def _draft(row: RowShown, user: User, now: datetime, seen_version: int) -> Draft:
    assert row.line is not None, "only rows with a duty become drafts"
    line = row.line
    before = line.fields if line.draft else fields_of(line.readable) if line.readable else {}
    fields = {**before, **row.compared.fields, "falling_confirmed": ""}
    return Draft(duty=line.duty, user=user, fields=fields, seen_version=seen_version, saved_at=now)
