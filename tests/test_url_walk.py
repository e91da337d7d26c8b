"""Every address of the product, opened by everybody: closed to whom it is not for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.accounts.models import User
from apps.ops.services import file_keep
from apps.plans.models import Plan
from apps.tasks.models import Duty, Progress, TableImport, Task

WORKBOOK = Path(__file__).parent / "data/tables/guangdong_2017_45.xlsx"
STRANGER, REPORTER, APPROVER = "daj_tb", "kjt_tb", "kjt_sq"
SUPERVISOR, LEADER, OTHER_UNIT = "fgw_dc", "fgw_ld", "fgw_tb"
ADMINISTRATORS = ("sys_admin", "sec_admin", "audit_admin")
EVERYBODY = (STRANGER, REPORTER, APPROVER, OTHER_UNIT, SUPERVISOR, LEADER, *ADMINISTRATORS)
MEMBERS = frozenset(EVERYBODY) - frozenset(ADMINISTRATORS)
NAMED = frozenset({REPORTER, APPROVER, OTHER_UNIT, SUPERVISOR, LEADER})
OVERSEERS = frozenset({SUPERVISOR, LEADER})

# Address -> who may open it. Everybody else gets 403 or 404, the anonymous the log-in page.
# A GET of what only takes POST answers 405 to whoever is logged in.
MAY_OPEN: dict[str, frozenset[str]] = {
    "reports:home": frozenset(EVERYBODY),
    "reports:overdue": OVERSEERS,
    "tasks:list": MEMBERS,
    "tasks:export": MEMBERS,
    "tasks:detail": NAMED,
    "tasks:record": frozenset({REPORTER}),
    "plans:list": MEMBERS,
    "plans:new": frozenset({SUPERVISOR}),
    "plans:detail": NAMED,
    "plans:export": NAMED,
    "plans:import": frozenset({SUPERVISOR}),
    "plans:import_preview": frozenset({SUPERVISOR}),
    "agencies:list": MEMBERS,
    "agencies:detail": NAMED,
}
OPEN_TO_ALL = {"accounts:login"}
POST_ONLY = {"accounts:logout", "tasks:sign"}


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """All named addresses with their namespaces."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from names(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}"


@pytest.fixture
def arguments(sample: None) -> dict[str, list[int]]:  # noqa: ARG001  # asked for its effect
    """What each address is opened with: a row that 省科技厅 leads with others."""
    plan = Plan.objects.get(code="yue-2017-impl")
    duty = Duty.objects.get(
        agency__code="gd-kjt", plan_period__period__code="2020Q3", task__number="3"
    )
    with WORKBOOK.open("rb") as source:
        file = file_keep(source=source)
    upload = TableImport.objects.create(
        plan=plan, file=file, file_name="表.xlsx", by_id="1", by_name="某人"
    )
    return {
        "tasks:detail": [duty.task_id],
        "tasks:record": [duty.task_id, duty.pk],
        "plans:detail": [plan.pk],
        "plans:export": [plan.pk],
        "plans:import": [plan.pk],
        "plans:import_preview": [plan.pk, upload.pk],
        "agencies:detail": [duty.agency_id],
    }


def client_of(username: str) -> Client:
    client = Client()
    client.force_login(
        User.objects.get(username=username), "apps.accounts.backends.ActiveUserBackend"
    )
    return client


def test_every_address_is_in_the_table_of_who_may_open_it() -> None:
    assert set(names(get_resolver())) == MAY_OPEN.keys() | OPEN_TO_ALL | POST_ONLY


def test_each_page_opens_for_whom_it_is_for_and_for_nobody_else(
    arguments: dict[str, list[int]],
) -> None:
    wrong = []
    for who in EVERYBODY:
        client = client_of(who)
        for name, allowed in MAY_OPEN.items():
            answer = client.get(reverse(name, args=arguments.get(name)))
            if answer.streaming:
                answer.getvalue()
            expected = {200} if who in allowed else {403, 404}
            if answer.status_code not in expected:
                wrong.append(f"{who} {name}: {answer.status_code}")
    assert wrong == []


def test_the_anonymous_are_sent_to_the_log_in_page(arguments: dict[str, list[int]]) -> None:
    client = Client()
    for name in MAY_OPEN.keys() | POST_ONLY:
        for method in (client.get, client.post):
            answer = method(reverse(name, args=arguments.get(name)))
            assert answer.status_code == 302, name
            assert answer.headers["Location"].startswith("/accounts/login/"), name


def test_nothing_changes_by_opening_a_page(arguments: dict[str, list[int]]) -> None:
    for who in EVERYBODY:
        for name in POST_ONLY:
            assert client_of(who).get(reverse(name)).status_code == 405
    assert arguments


def test_after_logging_in_nobody_lands_where_only_a_form_leads(sample: None) -> None:
    assert sample is None
    for name in POST_ONLY:
        for address in (reverse(name), f"{reverse(name)}?x=1", f"http://testserver{reverse(name)}"):
            answer = client_of(APPROVER).get(reverse("accounts:login"), {"next": address})
            assert answer.headers["Location"] == "/", address
    for address in (reverse("tasks:list"), "/nowhere/"):
        answer = client_of(APPROVER).get(reverse("accounts:login"), {"next": address})
        assert answer.headers["Location"] == address


def test_a_wrong_method_is_answered_with_a_page(sample: None, settings: LazySettings) -> None:
    assert sample is None
    pages = "apps.common.middleware.MethodMiddleware"
    settings.MIDDLEWARE = [pages, *(one for one in settings.MIDDLEWARE if one != pages)]
    client = client_of(APPROVER)
    for answer, allowed in (
        (client.get(reverse("tasks:sign")), "POST"),
        (client.post(reverse("tasks:list")), "GET, HEAD"),
    ):
        assert answer.status_code == 405
        assert answer.headers["Allow"] == allowed
        assert "这个地址不能这样打开" in answer.content.decode()


def test_nobody_changes_what_is_not_theirs(arguments: dict[str, list[int]]) -> None:
    before = counted()
    report = {"text": "写", "self_assessment": "normal", "version": "0"}
    signing = [f"{p.pk}:{p.version}" for p in Progress.objects.filter(state="signing")]
    assert signing
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        *((who, "tasks:record", report) for who in EVERYBODY if who != REPORTER),
        *(
            (who, "tasks:sign", {"progress": signing, "action": "sign"})
            for who in EVERYBODY
            if who != APPROVER
        ),
        *(
            (who, name, {"confirm": "1", "action": "confirm"})
            for who in EVERYBODY
            if who != SUPERVISOR
            for name in ("plans:import", "plans:import_preview", "plans:new")
        ),
    ]
    wrong = []
    for who, name, data in attempts:
        answer = client_of(who).post(reverse(name, args=arguments.get(name)), data)
        if answer.status_code not in {403, 404}:
            wrong.append(f"{who} {name}: {answer.status_code}")
    assert wrong == []
    assert counted() == before


def counted() -> tuple[int, ...]:
    signing = Progress.objects.filter(state="signing").count()
    imported = TableImport.objects.filter(state="done").count()
    return (Progress.objects.count(), signing, imported, Task.objects.count(), Plan.objects.count())
