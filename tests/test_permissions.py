"""docs/permissions.md, cell by cell: everybody tries everything, and it is as the document says."""

from __future__ import annotations

import io
import zipfile
from itertools import groupby

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import get_resolver

from apps.audit.models import Entry
from apps.notices.models import Reading
from apps.ops.models import JobRun, StoredFile
from apps.tasks.models import Draft, Evidence, SheetReturn, TableImport
from tests.addresses import names
from tests.permission_acts import SENT, address_of
from tests.permissions import (
    ANSWERS,
    DOES,
    HIDDEN,
    LOG_IN,
    NOTHING,
    OPENS,
    READS,
    REFUSED,
    Cell,
    cells,
)
from tests.world import SECRET, World, make_world

pytestmark = pytest.mark.django_db
CELLS = cells()
ACTIONS = {key: list(row) for key, row in groupby(CELLS, lambda c: (c.method, c.address, c.case))}
# what is kept without an entry in the log
_KEPT = (Draft, Evidence, JobRun, Reading, SheetReturn, StoredFile, TableImport)
# nothing of anybody's stands behind these
NOT_ASKED = {"accounts:login", "accounts:logout"}


def test_every_address_stands_in_the_document() -> None:
    assert set(names(get_resolver())) - NOT_ASKED == {cell.address for cell in CELLS}
    assert {cell.answer for cell in CELLS} <= ANSWERS
    assert set(SENT) == {" ".join(filter(None, key)) for key in ACTIONS if key[0] == "POST"}


@pytest.mark.parametrize("action", ACTIONS, ids=" ".join)
def test_the_answer_is_what_the_document_says(action: tuple[str, str, str]) -> None:
    world = make_world()
    wrong = []
    for cell in ACTIONS[action]:
        with transaction.atomic():
            found = _try(cell, world)
            transaction.set_rollback(True)
        if found != cell.answer:
            wrong.append(f"{cell} — found {found}")
    assert wrong == []


def _try(cell: Cell, world: World) -> str:
    client = Client()
    person = world.people[cell.who]
    if person:
        client.force_login(person, "apps.accounts.backends.ActiveUserBackend")
    address = address_of(cell.address, cell.case, world)
    if cell.method == "GET":
        answer = client.get(address)
        return _said(answer) or (READS if SECRET in _content(answer) else OPENS)
    key = " ".join(filter(None, (cell.method, cell.address, cell.case)))
    sent = SENT[key](world)
    before = _done()
    answer = client.post(address, sent)
    said = _said(answer)
    if said or answer.status_code == 422:
        assert _done() == before, f"{cell}: refused, and something was changed"
        return said or NOTHING
    return DOES if _done() != before else NOTHING


def _said(answer: HttpResponseBase) -> str:
    if answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/"):
        return LOG_IN
    return {403: REFUSED, 404: HIDDEN}.get(answer.status_code, "")


def _content(answer: HttpResponseBase) -> str:
    """What can be read in a page or a file; workbooks and papers are archives of text."""
    raw = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    if not raw.startswith(b"PK"):
        return bytes(raw).decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


def _done() -> tuple[int, ...]:
    """Grows with every act: the log, and what is kept without one."""
    log = Entry.objects.filter(result="done").count()
    waiting = TableImport.objects.filter(state="preview").count()
    return log, waiting, *(kept.objects.count() for kept in _KEPT)
