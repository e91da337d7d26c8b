"""How each line of docs/permissions.md is tried out: its address, and what is sent."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from apps.accounts.models import Membership
from apps.agencies.models import Agency
from apps.agencies.services import contacts_digest, facts_digest
from apps.notices.models import Message
from apps.ops.models import JobRun
from apps.ops.services import file_keep
from apps.plans.models import Plan, PlanPeriod
from apps.reports.figures.codec import to_json
from apps.reports.figures.computing import compute
from apps.reports.models import IssuedCopy, QuarterlyReport
from apps.reports.selectors.snapshot import read_facts
from apps.targets.models import Indicator, Measurement
from apps.tasks.access import scope_of
from apps.tasks.models import Assignment, Evidence, SheetReturn, Signature, TableImport
from apps.tasks.selectors.matching import matches_of
from apps.tasks.services.indicators import digest as indicator_digest
from apps.tasks.sheet_form import Returned
from tests.builders import PASSWORD, TODAY, make_user
from tests.world import SECRET, World

_CODE = "2020Q3"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
Data = dict[str, Any]


def _stored() -> Any:
    return file_keep(source=io.BytesIO(PDF))


def _upload(world: World) -> TableImport:
    return TableImport.objects.create(
        plan=world.plan, file=_stored(), file_name="表.xlsx", by_id="1", by_name="某人"
    )


def _imported(world: World) -> TableImport:
    """One that is done, and changed nothing but the table's shape."""
    kept = _upload(world)
    kept.state, kept.finished_at = TableImport.State.DONE, timezone.now()
    kept.save()
    return kept


def _evidence(world: World, state: str) -> Evidence:
    return Evidence.objects.create(
        duty=world.duties[state],
        file=_stored(),
        name="证明.pdf",
        added_by="某人",
        added_on=TODAY,
    )


def _return(world: World) -> SheetReturn:
    return SheetReturn.objects.create(
        file=_stored(),
        file_name="回收.xlsx",
        period=world.period.period,
        agency=world.lead,
        state=SheetReturn.State.TAKEN,
        reading=Returned(_CODE, world.lead.code, "", world.lead.name, (), {}).as_dict(),
        by_id="1",
        by_name="某人",
        taken=1,
    )


def _run(world: World, state: str = "done") -> JobRun:
    asker = world.people["supervisor"]
    assert asker
    return JobRun.objects.create(
        kind="unit_sheets",
        key="2020Q3:x",
        state=state,
        by_id=asker.actor_id,
        by_name=asker.name,
        result=_stored(),
        result_name="填报表.zip",
        wanted={"period": _CODE, "plans": [world.plan.pk]},
    )


def _export(world: World, state: str = "done") -> JobRun:
    """One of the lead reporter's own: nobody else may have it."""
    asker = world.people["lead reporter"]
    assert asker
    return JobRun.objects.create(
        kind="table_export",
        key=f"{asker.actor_id}:x",
        state=state,
        by_id=asker.actor_id,
        by_name=asker.name,
        result=_stored(),
        result_name="任务台账.xlsx",
        wanted={
            "export": {}, "name": "任务台账", "conditions": [],
            "plans": [world.plan.pk], "overseen": [], "units": [world.lead.pk],
        },
    )  # fmt: skip


def _scan(world: World) -> Signature:
    return Signature.objects.create(
        progress=world.reports["approved"],
        version=1,
        post="审签",
        signer="某人",
        signed_on=TODAY,
        on_paper=True,
        scan=_stored(),
        scan_name="签批单.pdf",
    )


def _report(world: World, state: str = "draft") -> QuarterlyReport:
    """Over the plan's period, whose cut-off is over; kept as it is made, without its files."""
    PlanPeriod.objects.filter(pk=world.period.pk).update(cut_off=TODAY - timedelta(days=1))
    period = world.period.period
    facts = read_facts(plans=[world.plan], period=period, today=TODAY, genre="report")
    report = QuarterlyReport.objects.create(
        period=period,
        scope=world.plan.code,
        genre="report",
        title="进展情况的报告",
        figures=to_json(compute(facts)),
        taken_at=timezone.now(),
        taken_on=TODAY,
        made_by="某人",
        made_on=TODAY,
    )
    report.plans.add(world.plan)
    report.parts.create(key="overall", position=1, heading="总体情况", generated="共", text="共")
    if state == "issued":
        files = dict.fromkeys(("document", "workbook", "data"), _stored())
        imprint = {"number": "粤督〔2020〕1号", "issued_on": TODAY, "checksum": "0" * 64}
        QuarterlyReport.objects.filter(pk=report.pk).update(state=state, **imprint, **files)
    else:
        QuarterlyReport.objects.filter(pk=report.pk).update(state=state)
    return report


def _copy(world: World) -> list[Any]:
    report = _report(world, "issued")
    copy = IssuedCopy.objects.create(
        report=report,
        file=_stored(),
        name="定稿.pdf",
        number="粤督〔2020〕1号",
        dated=TODAY,
        uploaded_by="某人",
        uploaded_on=TODAY,
    )
    return [report.pk, copy.pk]


def _message(world: World) -> int:
    told = Message.objects.create(
        key="told",
        agency=world.lead,
        role="reporter",
        subject="填报已开始",
        path="/accounts/password/",
        business_date=TODAY,
    )
    return told.pk


def _colleague(world: World) -> int:
    """Somebody of the lead whom administrators may look after."""
    user = make_user("colleague", name="甲厅同事")
    Membership.objects.create(user=user, agency=world.lead, role="approver")
    return user.pk


def _indicator(world: World) -> int:
    """One that the lead reports, with a typed value whose source is what is kept from others."""
    link = world.rows["approved"].task_indicators.get()
    link.indicator.targets.create(year=2020, operator="=", value=40, quote="建成40家。")
    Measurement.objects.create(
        indicator=link.indicator,
        period=world.period.period,
        value=30,
        basis="cumulative",
        release="final",
        source=SECRET,
        recorded_by="某人",
        recorded_on=TODAY,
    )
    return link.indicator_id


def _beside(_made: int) -> list[Any]:
    """For an address that takes nothing but needs something to be there."""
    return []


def _in_words(world: World) -> int:
    indicator = Indicator.objects.create(plan=world.plan, name="定性", kind="qualitative")
    indicator.targets.create(year=2020, operator="qualitative", quote="形成一批生态圈。")
    return indicator.pk


def _stated(prefix: str) -> Data:
    """An indicator as it is typed, with one target."""
    return {
        "name": "孵化器", "kind": "amount", "unit": "家", "direction": "higher",
        f"{prefix}-year": "2021", f"{prefix}-operator": ">=", f"{prefix}-value": "30",
        f"{prefix}-quote": "到2021年达到30家。", "new-operator": ">=",
    }  # fmt: skip


def _restated(world: World) -> Data:
    """The lead's indicator under another name."""
    indicator = world.rows["approved"].task_indicators.get().indicator
    seen = {"seen": indicator_digest(indicator), "reason": "核对原文"}
    return {**_stated(f"t{indicator.targets.get().pk}"), **seen}


# arguments of addresses that need some; made for each try
ARGUMENTS: dict[str, Callable[[World], list[Any]]] = {
    "tasks:detail": lambda w: [w.rows["approved"].pk],
    "tasks:record": lambda w: [w.rows["open"].pk, w.duties["open"].pk],
    "plans:detail": lambda w: [w.plan.pk],
    "plans:export": lambda w: [w.plan.pk],
    "plans:policy": lambda w: [w.plan.pk],
    "plans:consolidators": lambda w: [w.plan.pk],
    "plans:import": lambda w: [w.plan.pk],
    "plans:import_preview": lambda w: [w.plan.pk, _upload(w).pk],
    "plans:import_file": lambda w: [w.plan.pk, _upload(w).pk],
    "plans:import_undo": lambda w: [w.plan.pk, _imported(w).pk],
    **{
        f"agencies:{name}": (lambda w: [w.lead.pk])
        for name in ("detail", "edit", "contacts", "steps", "match")
    },
    "people:detail": lambda w: [_colleague(w)],
    "people:detail duty": lambda _: [make_user("nobody", name="无身份").pk],
    "people:handover": lambda w: [_colleague(w)],
    "periods:detail": lambda w: [w.period.pk],
    "goals:list": lambda _: [2020],
    "targets:detail": lambda w: [_indicator(w)],
    "targets:detail judge": lambda w: [_in_words(w)],
    "targets:edit": lambda w: [_indicator(w)],
    "targets:export": lambda w: _beside(_indicator(w)),
    "inbox:open": lambda w: [_message(w)],
    **{
        f"progress:{name}": (lambda _: [_CODE])
        for name in (
            "sheet", "save", "export", "sheets", "paper", "signed", "returns", "upload",
        )
    },
    "progress:evidence": lambda w: [_CODE, w.duties["open"].pk],
    "progress:same": lambda w: [_CODE, w.duties["open"].pk],
    "progress:evidence_file": lambda w: [_evidence(w, "approved").pk],
    "progress:scan": lambda w: [_scan(w).pk],
    "progress:evidence_remove": lambda w: [_evidence(w, "open").pk],
    "progress:return_file": lambda w: [_CODE, _return(w).pk],
    "jobs:cancel": lambda w: [_run(w, "waiting").pk],
    **{
        f"reports:{name}": (lambda w: [_report(w).pk])
        for name in (
            "detail", "write", "refresh", "head", "units", "part", "texts", "finalise", "discard",
        )
    },
    **{
        f"reports:{name}": (lambda w: [_report(w, "final").pk])
        for name in ("detail final", "preview", "reopen", "issue")
    },
    **{f"reports:{name}": (lambda w: [_report(w, "issued").pk]) for name in ("correct", "copy")},
    "reports:copy_file": _copy,
    "reports:file": lambda w: [_report(w, "final").pk, "workbook"],
    "jobs:detail": lambda w: [_run(w).pk],
    "jobs:file": lambda w: [_run(w).pk],
    "jobs:cancel export": lambda w: [_export(w, "waiting").pk],
    "jobs:detail export": lambda w: [_export(w).pk],
    "jobs:file export": lambda w: [_export(w).pk],
}  # fmt: skip
# everybody asks for the same unit's papers
OF_A_UNIT = {
    *(f"progress:{name}" for name in ("sheet", "export", "paper", "signed")),
    "goals:list",
}


def address_of(name: str, case: str, world: World) -> str:
    """The address itself, with what it asks for."""
    made = ARGUMENTS.get(f"{name} {case}") or ARGUMENTS.get(name)
    asked = f"?unit={world.lead.pk}" if name in OF_A_UNIT else ""
    if (name, case) == ("plans:export", "ledger"):
        asked = "?kind=ledger"
    return reverse(name, args=made(world) if made else []) + asked


def _seen(world: World, state: str) -> str:
    report = world.reports[state]
    return f"{report.pk}:{report.version}"


def _row(world: World) -> Data:
    pk = world.duties["open"].pk
    return {
        "unit": str(world.lead.pk),
        f"d{pk}-text": "本季完成两件",
        f"d{pk}-self_assessment": "normal",
        f"d{pk}-version": "0",
    }


def _answer(world: World, state: str, action: str, **fields: str) -> Data:
    return {"progress": _seen(world, state), "action": action, **fields}


def _policy(world: World) -> Data:
    return {
        "cadence": "3", "cut_off": "day_after", "cut_off_day": "15", "weekend": "later",
        "owes": "each_lead", "on_time_by": "submission", "resubmission_days": "2",
        "red_points": "30", "amber_points": "10", "near_days": "30",
        "seen": str(world.plan.policy.version),
    }  # fmt: skip


def _opening(world: World) -> Data:
    return {
        "period": "2020Q3",
        "plan": [str(world.plan.pk)],
        # the second lead's, which was not asked for yet
        "seen": str(len(world.rows)),
    }


def _formset(prefix: str, row: Data) -> Data:
    head = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "50"}
    sent = {f"{prefix}-{key}": value for key, value in head.items()}
    return sent | {f"{prefix}-0-{key}": value for key, value in row.items()}


def _facts(agency: Agency) -> Data:
    return {
        "code": "new-unit",
        "name": "新厅",
        "full_name": "广东省新厅",
        "level": agency.level,
        "region": agency.region,
        "affiliation": "government",
        "rank": "3",
        **_formset("alias", {"name": "新委", "basis": "机构改革方案"}),
    }


def _goals(world: World) -> Data:
    """Every row of everybody's page; a page takes what is its own."""
    sent: Data = {}
    for row in world.rows.values():
        for unit in (world.lead, world.consolidator):
            prefix = f"g{row.pk}-{unit.pk}"
            sent |= {f"{prefix}-goal": "全年新建四个", f"{prefix}-version": "0"}
    return sent


def _new_plan(_: World) -> Data:
    return {
        "title": "新的文件", "short_title": "新文件", "code": "new-plan", "level": "省",
        "region": "广东省", "relation": Plan.Relation.OWN, "confirm": "1",
    }  # fmt: skip


def _closing(world: World) -> Data:
    PlanPeriod.objects.filter(pk=world.period.pk).update(cut_off=TODAY - timedelta(days=1))
    return {"act": "close"}


def _reopening(world: World) -> Data:
    PlanPeriod.objects.filter(pk=world.period.pk).update(state="closed", closed_on=TODAY)
    return {"act": "reopen", "reason": "漏报"}


def _held() -> Membership:
    return Membership.objects.get(user__username="colleague")


def _terms(_: World) -> Data:
    pk = _held().pk
    return {
        "action": "terms", "membership": str(pk), f"m{pk}-ends_on": "2020-12-31", f"m{pk}-step": "1"
    }  # fmt: skip


def _successor(world: World) -> Data:
    reporter = world.people["lead reporter"]
    assert reporter
    return {"successor": str(reporter.pk), "day": TODAY.isoformat()}


def _roster(_: World) -> Data:
    row = ["newone", "新人", "甲厅", "填报员"]
    return {"action": "read", "file": _workbook([["用户名", "姓名", "单位", "身份"], row])}


def _table(_: World) -> Data:
    rows = [["序号", "重点工作", "牵头部门", "完成时限"], ["9", "建一个平台", "甲厅", "2020年"]]
    return {"file": _workbook(rows)}


def _workbook(rows: list[list[str]]) -> SimpleUploadedFile:
    book = Workbook()
    page = book.worksheets[0]
    for row in rows:
        page.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return SimpleUploadedFile("表.xlsx", kept.getvalue(), "application/octet-stream")


def _filled(world: World, field: str) -> Data:
    """The lead's own sheet, exported, with one row written."""
    reporter = world.people["lead reporter"]
    assert reporter
    client = Client()
    client.force_login(reporter, "apps.accounts.backends.ActiveUserBackend")
    answer = client.get(address_of("progress:export", "", world))
    book = load_workbook(io.BytesIO(b"".join(answer)))
    page: Any = book.worksheets[0]
    head = next(row for row in page.iter_rows() if any(c.value == "本期进展" for c in row))
    places = {cell.value: cell.column for cell in head}
    first = head[0].row + 1
    page.cell(first, places["本期进展"]).value = "本季完成两件"
    page.cell(first, places["自评"]).value = "正常推进"
    kept = io.BytesIO()
    book.save(kept)
    return {
        "action": "upload",
        field: SimpleUploadedFile("填报表.xlsx", kept.getvalue(), "application/octet-stream"),
    }


def _unmatched(world: World) -> Data:
    """A name that nobody was known by, as the plan's supervisor sees it."""
    Assignment.objects.filter(task=world.rows["open"], agency=world.lead).update(agency=None)
    supervisor = world.people["supervisor"]
    assert supervisor
    return {"seen": matches_of(world.lead, scope_of(supervisor, TODAY)).digest}


def _row_text(world: World) -> Data:
    pk = world.rows["approved"].pk
    return {"task": [str(pk)], f"r{pk}-text": "报告用的一句。", f"r{pk}-seen": "0"}


# "method address case" -> what is sent
SENT: dict[str, Callable[[World], Data]] = {
    "POST tasks:record": lambda _: {
        "text": "本季完成两件", "self_assessment": "normal", "version": "0"
    },
    "POST tasks:sign agree": lambda w: _answer(w, "signing", "sign"),
    "POST tasks:sign return": lambda w: _answer(w, "signing", "return", reason="未写具体进展"),
    "POST tasks:judge": lambda w: _answer(w, "approved", "judge", assessment="normal", reason="核"),
    "POST reviews:act approve": lambda w: _answer(w, "submitted", "approve", assessment="normal"),
    "POST reviews:act return": lambda w: _answer(w, "submitted", "return", why="未写具体进展"),
    "POST reviews:act batch": lambda w: {"action": "batch", "ticked": _seen(w, "submitted")},
    "POST progress:sheet": lambda w: {**_row(w), "action": "submit"},
    "POST progress:save": _row,
    "POST progress:evidence": lambda w: {
        "unit": str(w.lead.pk),
        f"d{w.duties['open'].pk}-file": SimpleUploadedFile("证明.pdf", PDF, "application/pdf"),
    },
    "POST progress:evidence_remove": lambda w: {"unit": str(w.lead.pk)},
    "POST progress:same": lambda w: {
        "unit": str(w.lead.pk),
        f"d{w.duties['open'].pk}-source": str(w.rows["returned"].pk),
    },
    "POST progress:signed": lambda w: {
        "progress": _seen(w, "signing"),
        "post": "审签人",
        "signer": "甲厅长",
        "signed_on": TODAY.isoformat(),
    },
    "POST progress:sheets": lambda _: {},
    "POST periods:open": _opening,
    "POST periods:detail move": lambda _: {
        "act": "move",
        "cut_off": (TODAY + timedelta(days=18)).isoformat(),
        "reason": "汛期",
    },
    "POST periods:detail close": _closing,
    "POST periods:detail reopen": _reopening,
    "POST progress:returns": lambda w: _filled(w, "sheets"),
    "POST progress:upload": lambda w: _filled(w, "file"),
    "POST plans:import": _table,
    "POST plans:import_preview": lambda _: {"action": "discard"},
    "POST plans:import_undo": lambda _: {"reason": "文件拿错了"},
    "POST plans:new": _new_plan,
    "POST plans:policy": _policy,
    "POST plans:consolidators": lambda w: {
        "task": [str(w.rows["open"].pk)],
        "agency": w.lead.name,
        "basis": "会议议定",
    },
    "POST reports:new": lambda w: {
        "period": _CODE, "plan": [str(w.plan.pk)], "genre": "report"
    },
    "POST reports:refresh": lambda _: {"seen": "1"},
    "POST reports:head": lambda _: {"seen": "1", "title": "新的标题"},
    "POST reports:units": lambda w: {"seen": "1", "unit": [w.lead.code]},
    "POST reports:part": lambda _: {"seen": "1", "key": "overall", "text": "改过的一句。"},
    "POST reports:texts": _row_text,
    "POST reports:finalise": lambda _: {"seen": "1"},
    "POST reports:discard": lambda _: {"seen": "1", "reason": "重复"},
    "POST reports:reopen": lambda _: {"seen": "1", "reason": "补充"},
    "POST reports:issue": lambda _: {
        "seen": "1", "number": "粤督〔2020〕1号", "issued_on": TODAY.isoformat()
    },
    "POST reports:correct": lambda _: {"seen": "1"},
    "POST reports:copy": lambda _: {
        "file": SimpleUploadedFile("定稿.pdf", PDF, "application/pdf"),
        "number": "粤督〔2020〕1号",
        "dated": TODAY.isoformat(),
    },
    "POST goals:list": _goals,
    "POST targets:detail value": lambda _: {
        "act": "value", "period": "2020Q2", "value": "28", "unit": "家", "basis": "cumulative",
        "release": "final", "source": "统计年报",
    },
    "POST targets:detail judge": lambda _: {
        "act": "judge", "year": "2020", "period": "2020Q2", "state": "on_track", "reason": "核"
    },
    "POST targets:new": lambda w: {"plan": w.plan.pk, **_stated("new")},
    "POST targets:edit": _restated,
    "POST calendar:list": lambda _: {
        "day": "2020-10-10", "is_workday": "0", "note": "台风", "act": "set"
    },
    "POST agencies:new": lambda w: _facts(w.lead),
    "POST agencies:edit": lambda w: {**_facts(w.lead), "seen": facts_digest(w.lead)},
    "POST agencies:contacts": lambda w: {
        "seen": contacts_digest(w.lead),
        **_formset("contact", {"post": "联络员A", "name": "李某", "telephone": "020-1"}),
    },
    "POST agencies:steps": lambda _: _formset("step", {"post": "科室负责人", "order": "1"}),
    "POST agencies:match": _unmatched,
    "POST people:bulk": _roster,
    "POST people:handover": _successor,
    "POST people:detail end": lambda _: {"action": "end", "membership": str(_held().pk)},
    "POST people:detail terms": _terms,
    "POST people:detail duty": lambda _: {"action": "duty", "duty": "audit"},
    "POST people:detail particulars": lambda _: {
        "action": "particulars", "name": "甲厅新名", "email": "b@example.gov.cn", "is_active": "on"
    },
    "POST accounts:password": lambda _: {
        "old": PASSWORD, "new": "Xin-mima-2020", "again": "Xin-mima-2020"
    },
    "POST people:new": lambda _: {"username": "newone", "name": "新人"},
    "POST people:detail reset": lambda _: {"action": "reset"},
    "POST people:detail grant": lambda w: {
        "action": "grant", "grant-agency": str(w.consolidator.pk), "grant-role": "reporter"
    },
    "POST people:lines": lambda _: {"action": "add", "code": "newline", "name": "新条线"},
    "POST people:me": lambda _: {"email": "a@example.gov.cn"},
    "POST jobs:cancel": lambda _: {},
    "POST jobs:cancel export": lambda _: {},
    "POST exports:start": lambda _: {"what": "ledger", "query": "sort=due"},
    "POST inbox:read_all": lambda w: {"newest": str(_message(w))},
}  # fmt: skip
