"""Every address of the product, opened by everybody: closed to whom it is not for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import get_resolver, reverse

from apps.accounts.models import User
from apps.ops.models import JobRun
from apps.ops.services import file_keep
from apps.plans.models import Plan
from apps.reports.models import IssuedCopy, QuarterlyReport
from apps.tasks.models import (
    Duty,
    Evidence,
    Progress,
    SheetReturn,
    Signature,
    TableImport,
    Task,
)
from tests.addresses import names

BY_PERIOD = ("export", "sheets", "paper", "signed", "upload", "returns")
# of a returned sheet without any row
NOTHING_READ = {
    "period_code": "2020Q3", "unit_code": "gd-kjt", "period_name": "", "unit_name": "",
    "rows": [], "columns": {},
}  # fmt: skip

WORKBOOK = Path(__file__).parent / "data/tables/guangdong_2017_45.xlsx"
STRANGER, REPORTER, APPROVER = "daj_tb", "kjt_tb", "kjt_sq"
UNIT_ADMIN = "kjt_gl"
SUPERVISOR, LEADER, OTHER_UNIT = "fgw_dc", "fgw_ld", "fgw_tb"
ADMINISTRATORS = ("sys_admin", "sec_admin", "audit_admin")
EVERYBODY = (
    STRANGER, REPORTER, APPROVER, UNIT_ADMIN, OTHER_UNIT, SUPERVISOR, LEADER, *ADMINISTRATORS
)  # fmt: skip
MEMBERS = frozenset(EVERYBODY) - frozenset(ADMINISTRATORS)
NAMED = frozenset({REPORTER, APPROVER, UNIT_ADMIN, OTHER_UNIT, SUPERVISOR, LEADER})
OVERSEERS = frozenset({SUPERVISOR, LEADER})
KEEPERS = frozenset({"sys_admin", "sec_admin"})

# Address -> who may open it. Everybody else gets 403 or 404, the anonymous the log-in page.
# A GET of what only takes POST answers 405 to whoever is logged in.
MAY_OPEN: dict[str, frozenset[str]] = {
    "reports:home": frozenset(EVERYBODY),
    "inbox:list": frozenset(EVERYBODY),
    "reports:overdue": OVERSEERS,
    "reports:board_charts": OVERSEERS,
    "reports:periods": OVERSEERS,
    "reports:list": OVERSEERS,
    "reports:new": frozenset({SUPERVISOR}),
    "reports:detail": OVERSEERS,
    "reports:preview": OVERSEERS,
    "reports:file": OVERSEERS,
    "reports:copy_file": OVERSEERS,
    "periods:open": frozenset({SUPERVISOR}),
    "periods:detail": OVERSEERS,
    "calendar:list": frozenset({SUPERVISOR, "sys_admin"}),
    "plans:policy": frozenset({SUPERVISOR}),
    "tasks:list": MEMBERS,
    "tasks:export": MEMBERS,
    "exports:list": MEMBERS,
    "tasks:detail": NAMED,
    "tasks:record": frozenset({REPORTER}),
    "plans:list": MEMBERS,
    "plans:consolidators": frozenset({SUPERVISOR}),
    "reviews:list": frozenset({SUPERVISOR}),
    "goals:current": frozenset({STRANGER, REPORTER, OTHER_UNIT, SUPERVISOR}),
    "goals:list": frozenset({STRANGER, REPORTER, OTHER_UNIT, SUPERVISOR}),
    "audit:list": frozenset({"audit_admin"}),
    "audit:export": frozenset({"audit_admin"}),
    "targets:list": MEMBERS,
    "targets:export": MEMBERS,
    "targets:detail": NAMED,
    "targets:new": frozenset({SUPERVISOR}),
    "targets:edit": frozenset({SUPERVISOR}),
    "plans:new": frozenset({SUPERVISOR}),
    "plans:detail": NAMED,
    "plans:export": NAMED,
    "plans:import": frozenset({SUPERVISOR}),
    "plans:import_preview": frozenset({SUPERVISOR}),
    "plans:import_file": frozenset({SUPERVISOR}),
    "plans:import_undo": frozenset({SUPERVISOR}),
    "agencies:list": MEMBERS | KEEPERS,
    "agencies:detail": NAMED | KEEPERS,
    "agencies:new": frozenset({SUPERVISOR, "sys_admin"}),
    "agencies:edit": frozenset({SUPERVISOR, "sys_admin"}),
    "agencies:contacts": frozenset({SUPERVISOR, REPORTER, UNIT_ADMIN}),
    "agencies:steps": frozenset({"sys_admin", UNIT_ADMIN}),
    "agencies:match": frozenset({SUPERVISOR}),
    "accounts:password": frozenset(EVERYBODY),
    "people:me": frozenset(EVERYBODY),
    "people:list": KEEPERS | {UNIT_ADMIN},
    "people:detail": KEEPERS,
    "people:bulk": KEEPERS,
    "people:bulk_template": KEEPERS,
    "people:new": frozenset({"sys_admin"}),
    "people:lines": frozenset({"sec_admin"}),
    "people:handover": frozenset({"sec_admin"}),
    "progress:sheet": frozenset({STRANGER, REPORTER, APPROVER, OTHER_UNIT}),
    "progress:evidence_file": frozenset({REPORTER, APPROVER, UNIT_ADMIN}),
    "progress:scan": frozenset({REPORTER, APPROVER, UNIT_ADMIN}),
    "progress:export": frozenset({REPORTER, APPROVER, UNIT_ADMIN, OTHER_UNIT}),
    "progress:paper": frozenset({REPORTER, APPROVER, UNIT_ADMIN, OTHER_UNIT}),
    "progress:signed": frozenset({REPORTER, APPROVER, UNIT_ADMIN, OTHER_UNIT}),
    "progress:upload": frozenset({REPORTER, OTHER_UNIT}),
    "progress:returns": frozenset({SUPERVISOR}),
    "progress:return_file": frozenset({SUPERVISOR}),
    "jobs:detail": frozenset({SUPERVISOR}),
    "jobs:file": frozenset({SUPERVISOR}),
}
OPEN_TO_ALL = {"accounts:login"}
POST_ONLY = {"accounts:logout", "inbox:read_all", "reviews:act", "tasks:judge", "tasks:sign"}
POST_ONLY |= {"progress:sheets", "progress:save", "progress:same", "jobs:cancel"}
POST_ONLY |= {"exports:start"}
POST_ONLY |= {"progress:evidence", "progress:evidence_remove"}
REPORT_ACTS = (
    "part", "texts", "refresh", "head", "units", "finalise", "reopen", "issue", "discard",
    "correct", "copy",
)  # fmt: skip
POST_ONLY |= {f"reports:{act}" for act in REPORT_ACTS}
# go on to another page for whom they are for; tests/notices/test_inbox.py opens them
LEADS_ON = {"inbox:open", "progress:current"}
# only of a draft, and the sample has an issued one; tests/reports/test_report_pages.py opens it
LEADS_ON |= {"reports:write"}


@pytest.fixture
def arguments(sample: None) -> dict[str, list[Any]]:  # noqa: ARG001  # asked for its effect
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
    returned = SheetReturn.objects.create(
        period=duty.plan_period.period, agency=duty.agency, file=file, file_name="填报表.xlsx",
        by_id="1", by_name="某人", reading=NOTHING_READ,
    )  # fmt: skip
    run = JobRun.objects.create(
        kind="unit_sheets", key="2020Q3", state="done", by_id="1", result=file, total=1,
        result_name="填报表.zip", wanted={"period": "2020Q3", "plans": [plan.pk]},
    )  # fmt: skip
    evidence = Evidence.objects.create(
        duty=duty, file=file, name="批复.pdf", added_by="某人", added_on=date(2020, 10, 12)
    )
    progress = Progress.objects.filter(duty__agency=duty.agency, state="signing")[0]
    signature = Signature.objects.create(
        progress=progress, version=1, post="审签", signer="某人", signed_on=date(2020, 10, 12),
        on_paper=True, scan=file, scan_name="签批单.pdf",
    )  # fmt: skip
    report = QuarterlyReport.objects.get()
    copy = IssuedCopy.objects.create(
        report=report, file=file, name="定稿.pdf", number=report.number, dated=date(2020, 7, 24),
        uploaded_by="某人", uploaded_on=date(2020, 10, 12),
    )  # fmt: skip
    return {
        "progress:scan": [signature.pk],
        **{f"progress:{name}": ["2020Q3"] for name in BY_PERIOD},
        "progress:return_file": ["2020Q3", returned.pk],
        "progress:sheet": ["2020Q3"],
        "progress:save": ["2020Q3"],
        "progress:same": ["2020Q3", duty.pk],
        "progress:evidence": ["2020Q3", duty.pk],
        "progress:evidence_file": [evidence.pk],
        "progress:evidence_remove": [evidence.pk],
        "jobs:cancel": [run.pk],
        **{f"reports:{act}": [report.pk] for act in REPORT_ACTS},
        "reports:detail": [report.pk],
        "reports:preview": [report.pk],
        "reports:file": [report.pk, "data"],
        "reports:copy_file": [report.pk, copy.pk],
        "jobs:detail": [run.pk],
        "jobs:file": [run.pk],
        "tasks:detail": [duty.task_id],
        "tasks:record": [duty.task_id, duty.pk],
        "plans:detail": [plan.pk],
        "plans:policy": [plan.pk],
        "periods:detail": [duty.plan_period_id],
        "plans:consolidators": [plan.pk],
        "goals:list": [2020],
        "targets:detail": [duty.task.task_indicators.get(agency=duty.agency).indicator_id],
        "targets:edit": [duty.task.task_indicators.get(agency=duty.agency).indicator_id],
        "plans:export": [plan.pk],
        "plans:import": [plan.pk],
        "plans:import_preview": [plan.pk, upload.pk],
        "plans:import_file": [plan.pk, upload.pk],
        "plans:import_undo": [plan.pk, upload.pk],
        "agencies:detail": [duty.agency_id],
        "agencies:edit": [duty.agency_id],
        "agencies:contacts": [duty.agency_id],
        "agencies:steps": [duty.agency_id],
        "agencies:match": [duty.agency_id],
        "people:detail": [User.objects.get(username=STRANGER).pk],
        "people:handover": [User.objects.get(username=STRANGER).pk],
    }


def client_of(username: str) -> Client:
    client = Client()
    client.force_login(
        User.objects.get(username=username), "apps.accounts.backends.ActiveUserBackend"
    )
    return client


def test_every_address_is_in_the_table_of_who_may_open_it() -> None:
    assert set(names(get_resolver())) == MAY_OPEN.keys() | OPEN_TO_ALL | POST_ONLY | LEADS_ON


def test_each_page_opens_for_whom_it_is_for_and_for_nobody_else(
    arguments: dict[str, list[Any]],
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


def test_the_anonymous_are_sent_to_the_log_in_page(arguments: dict[str, list[Any]]) -> None:
    client = Client()
    for name in MAY_OPEN.keys() | POST_ONLY:
        for method in (client.get, client.post):
            answer = method(reverse(name, args=arguments.get(name)))
            assert answer.status_code == 302, name
            assert answer.headers["Location"].startswith("/accounts/login/"), name


def test_nothing_changes_by_opening_a_page(arguments: dict[str, list[Any]]) -> None:
    for who in EVERYBODY:
        for name in POST_ONLY:
            address = reverse(name, args=arguments.get(name))
            assert client_of(who).get(address).status_code == 405, name


def test_after_logging_in_nobody_lands_where_only_a_form_leads(
    arguments: dict[str, list[Any]],
) -> None:
    for name in POST_ONLY:
        path = reverse(name, args=arguments.get(name))
        for address in (path, f"{path}?x=1", f"http://testserver{path}"):
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


def test_nobody_changes_what_is_not_theirs(arguments: dict[str, list[Any]]) -> None:
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
            for name in ("plans:import", "plans:import_preview", "plans:import_undo", "plans:new")
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
