"""The pages of an import as a supervisor uses them, for the tests of several files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.plans.models import Plan
from apps.tasks.models import TableImport
from tests.builders import make_agency, make_plan
from tests.tasks.workbooks import ROWS, book, bring_in

BACKEND = "apps.accounts.backends.ActiveUserBackend"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, BACKEND)
    return client


def imported_plan(tmp_path: Path) -> Plan:
    """A plan with ROWS, and the units that they name."""
    made = make_plan(issued_on=date(2017, 8, 28))
    for name in ("省科技厅", "省发展改革委", "省教育厅"):
        make_agency(name)
    bring_in(made, book(tmp_path / "原表.xlsx"))
    return made


def changed(tmp_path: Path) -> Path:
    """ROWS with one cell changed and one row added."""
    rows = [*ROWS[:3], ("4", ROWS[3][1], "省教育厅", "2020年9月底前"), *ROWS[4:]]
    return book(tmp_path / "修订.xlsx", [*rows, ("7", "新的工作。", "省新设局", "下一轮启动前")])


def send(client: Client, plan: Plan, content: bytes, name: str = "修订.xlsx") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("plans:import", args=[plan.pk]), {"file": file})


def upload(client: Client, plan: Plan, path: Path) -> TableImport:
    response = send(client, plan, path.read_bytes(), path.name)
    kept = TableImport.objects.latest("pk")
    assert response.status_code == 302
    assert response["Location"] == reverse("plans:import_preview", args=[plan.pk, kept.pk])
    return kept


def address(kept: TableImport) -> str:
    return reverse("plans:import_preview", args=[kept.plan_id, kept.pk])


def page(client: Client, kept: TableImport) -> Any:
    return client.get(address(kept))


def confirm(client: Client, kept: TableImport, seen: str) -> Any:
    return client.post(address(kept), {"action": "confirm", "seen": seen}, follow=True)


def fields(client: Client, kept: TableImport) -> dict[str, Any]:
    """What the browser would send if nothing was touched: the page's own form, field by field."""
    return form_fields(page(client, kept).content.decode())


def form_fields(html: str) -> dict[str, Any]:
    """Of the form that is guarded; of fields without a tick nothing, as in a browser."""
    form = html[html.index("data-guard") : html.rindex("</form>")]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        ticked = "checked" in tag or not re.search(r'type="(?:radio|checkbox)"', tag)
        name = re.search(r'name="([^"]*)"', tag)
        if name and ticked and "disabled" not in tag:
            value = re.search(r'value="([^"]*)"', tag)
            found.setdefault(name[1], []).append(value[1] if value else "")
    for name, inside in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        options = re.findall(r'<option value="([^"]*)"( selected)?', inside)
        chosen = [value for value, selected in options if selected] or [options[0][0]]
        found[name] = chosen
    for name, inside in re.findall(
        r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S
    ):
        found[name] = [inside.strip()]
    return found


def save(client: Client, kept: TableImport, typed: Mapping[str, Any], action: str = "save") -> Any:
    """The page's form, with some of its fields typed into."""
    return client.post(address(kept), {**fields(client, kept), **typed, "action": action})
