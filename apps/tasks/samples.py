"""Loading the trial run: the real rows of the seed plans, then invented progress (演示数据).

Everything goes through the services that people's own acts go through: the tables by the readers
of the import, the open period's reports as their units would have sent them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.access import Rights
from apps.accounts.models import Line
from apps.accounts.samples import sample_fixture, sample_password
from apps.accounts.services import Grant, membership_grant, user_create
from apps.agencies.models import Agency, Contact
from apps.agencies.services import OtherName, agency_create, contacts_set
from apps.common.actor import LOADER, System
from apps.common.errors import Refused
from apps.common.periods import PeriodCode
from apps.common.spreadsheets import Sheet
from apps.ops.models import Installation
from apps.ops.selectors import installation
from apps.plans.calendar import opens_on
from apps.plans.models import Passage, Plan, PlanPeriod, RowRule
from apps.plans.services import passages_set, plan_create, plan_period_create
from apps.tasks.access import Scope, everything
from apps.tasks.assessments import Assessment
from apps.tasks.layout import read_table
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.selectors.duties import pairs_owed
from apps.tasks.services.goals import GoalContent, GoalEntry, goals_file
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.opening import Closing, Extension, Opening, opening_enter
from apps.tasks.services.overdue import sweep
from apps.tasks.services.periods import duties_create
from apps.tasks.services.policies import policy_set
from apps.tasks.services.reviewing import Verdict, progress_approve, progress_send_back
from apps.tasks.services.submitting import Content, Entry, progress_submit
from apps.tasks.services.tables import Import, table_import
from apps.tasks.target_samples import indicators_load, measurements_load

SAMPLE_DAY = date(2020, 10, 12)
# The day on which the ledger is taken to have been set up, before its first period.
_LEDGER_DAY = date(2018, 12, 3)
SAMPLE_BODY = "广东省"
_FIXTURES: Path = settings.BASE_DIR / "fixtures"


@transaction.atomic
def samples_load() -> bool:
    """Load everything once, in one transaction; False when it is there already.

    Refused outside sample mode, and in a database that holds anything else.
    """
    if not settings.SAMPLE:
        raise Refused("演示数据只能装入演示环境（FENGONG_ENV=sample）。")
    if installation().sample:
        return False
    if Plan.objects.exists() or Agency.objects.exists():
        raise Refused("库里已有内容，且不是演示库，没有装入演示数据。")
    Installation.objects.update_or_create(
        pk=1,
        defaults={"body_name": SAMPLE_BODY, "sample": True, "business_date": SAMPLE_DAY},
    )
    agencies = _agencies()
    lines = _plans(agencies)
    _accounts(agencies, lines)
    for plan in Plan.objects.order_by("pk"):
        _table(plan)
        _passages(plan)
    indicators_load(_read("indicators.json"), agencies)
    _policies(agencies)
    _progress(agencies)
    measurements_load(_read("sample/measurements.json"))
    sweep(actor=LOADER, today=SAMPLE_DAY)
    return True


def _read(name: str) -> Any:
    return json.loads((_FIXTURES / name).read_text(encoding="utf-8"))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _agencies() -> dict[str, Agency]:
    found = {}
    for rank, entry in enumerate(_read("agencies.json")["agencies"], start=1):
        aliases = [OtherName(**alias) for alias in entry.pop("aliases")]
        agency = agency_create(
            actor=LOADER, today=_LEDGER_DAY, agency=Agency(rank=rank, **entry), aliases=aliases
        )
        found[agency.code] = agency
    telephones: dict[str, list[Contact]] = {}
    for entry in _read("sample/contacts.json"):
        telephones.setdefault(entry.pop("agency"), []).append(Contact(**entry))
    for code, contacts in telephones.items():
        contacts_set(actor=LOADER, today=_LEDGER_DAY, agency=found[code], contacts=contacts)
    return found


def _plans(agencies: dict[str, Agency]) -> dict[str, Line]:
    loaded = _read("plans.json")
    lines = {entry["code"]: Line.objects.create(**entry) for entry in loaded["lines"]}
    plans: dict[str, Plan] = {}
    for entry in loaded["plans"]:
        rules = [RowRule(**rule) for rule in entry.pop("row_rules")]
        links = {
            "parent": plans.get(entry.pop("parent") or ""),
            "supervisor": agencies.get(entry.pop("supervisor") or ""),
            "line": lines.get(entry.pop("line") or ""),
        }
        days = {name: _day(entry.pop(name)) for name in ("issued_on", "starts_on", "ends_on")}
        plan = Plan(**entry, **links, **days)
        plans[plan.code] = plan_create(actor=LOADER, today=_LEDGER_DAY, plan=plan, rules=rules)
    return lines


def _accounts(agencies: dict[str, Agency], lines: dict[str, Line]) -> None:
    for entry in sample_fixture()["accounts"]:
        user = user_create(
            actor=LOADER,
            today=_LEDGER_DAY,
            username=entry["username"],
            name=entry["name"],
            password=sample_password(),
            duty=entry["duty"] or "",
        )
        if entry["agency"]:
            membership_grant(
                actor=LOADER,
                today=_LEDGER_DAY,
                user=user,
                grant=Grant(
                    agencies[entry["agency"]],
                    entry["role"],
                    lines=[lines[code] for code in entry["lines"]],
                ),
            )


def _table(plan: Plan) -> None:
    name = f"tables/{plan.code}.json"
    if not (_FIXTURES / name).exists():
        return
    stored = _read(name)
    sheet = Sheet(
        name=stored["sheet"],
        hidden=False,
        rows=tuple(
            tuple("" if cell is None else str(cell) for cell in row) for row in stored["rows"]
        ),
        merges=tuple((top, left, end, right) for top, left, end, right in stored["merges"]),
    )
    wanted = Import(plan=plan, reading=read_table([sheet]), file_name=f"{plan.title}（原表）")
    table_import(actor=LOADER, scope=everything(), wanted=wanted, today=_LEDGER_DAY)


def _passages(plan: Plan) -> None:
    name = f"passages/{plan.code}.json"
    if (_FIXTURES / name).exists():
        passages = [Passage(**entry) for entry in _read(name)]
        passages_set(actor=LOADER, today=_LEDGER_DAY, plan=plan, passages=passages)


def _policies(agencies: dict[str, Agency]) -> None:
    """The days of the plans' notices, and what the leads mean to reach within the year."""
    stored = _read("sample/policies.json")
    for entry in stored["policies"]:
        plan = Plan.objects.get(code=entry.pop("plan"))
        policy_set(
            actor=LOADER,
            scope=everything(),
            plan=plan,
            values=entry,
            seen_version=plan.policy.version,
            today=_LEDGER_DAY,
        )
    filed: dict[tuple[int, date], list[GoalEntry]] = defaultdict(list)
    for entry in stored["goals"]:
        content = GoalContent(entry["goal"], stages=entry["stages"], outcome=entry["outcome"])
        task = Task.objects.get(plan__code=entry["plan"], number=entry["number"])
        filed[entry["year"], date.fromisoformat(entry["filed_on"])].append(
            GoalEntry(task.pk, agencies[entry["agency"]].pk, content, 0)
        )
    for (year, day), entries in sorted(filed.items()):
        goals_file(actor=LOADER, scope=everything(), year=year, entries=entries, today=day)


def _progress(agencies: dict[str, Agency]) -> None:
    stored = _read("sample/progress.json")
    for plan in Plan.objects.filter(code__in={entry["plan"] for entry in stored["periods"]}):
        mine = {
            kind: [entry for entry in stored[kind] if entry["plan"] == plan.code]
            for kind in ("periods", "closed", "extensions", "reports")
        }
        _history(plan, mine)
        newest = mine["periods"][-1]["code"]
        _round(plan, agencies, [each for each in mine["reports"] if each["period"] == newest])
        _pass_days(plan, SAMPLE_DAY)


def _round(plan: Plan, agencies: dict[str, Agency], entries: list[dict[str, Any]]) -> None:
    """The reports of the open period and what became of them, day by day."""
    sent = {n: date.fromisoformat(entry["submitted_on"]) for n, entry in enumerate(entries)}
    answered = {n: _day(entry["judged_on"]) or SAMPLE_DAY for n, entry in enumerate(entries)}
    reports: dict[int, Progress] = {}
    for _on, is_answer, n in sorted(
        (day, is_answer, n)
        for is_answer, days in enumerate((sent, answered))
        for n, day in days.items()
    ):
        if is_answer:
            _answer(plan, reports[n], entries[n])
        else:
            reports[n] = _send(plan, agencies[entries[n]["agency"]], entries[n])


def _pass_days(plan: Plan, until: date) -> None:
    """Judge rows anew on each day before this one that changes them, as the sweep would have."""
    while True:
        coming = plan.tasks.filter(marks_next__lt=until).order_by("marks_next")
        day = coming.values_list("marks_next", flat=True).first()
        if day is None:
            return
        ids = plan.tasks.filter(marks_next=day).values_list("pk", flat=True)
        marks_refresh(task_ids=list(ids), today=day)


def _history(plan: Plan, stored: dict[str, Any]) -> None:
    """Closings, then period by period what was owed, decided and reported in it.

    Rows are judged on the days on which something happened, so that each day keeps its marks.
    """
    closings = [
        Closing(entry["number"], date.fromisoformat(entry["closed_on"]), entry["reason"])
        for entry in stored["closed"]
    ]
    _enter(plan, Opening(closings=closings), _LEDGER_DAY)
    extensions = [
        Extension(
            entry["number"],
            date.fromisoformat(entry["due_on"]),
            date.fromisoformat(entry["recorded_on"]),
            entry["basis"],
        )
        for entry in stored["extensions"]
    ]
    since = _LEDGER_DAY
    for entry in stored["periods"]:
        code, cut_off = PeriodCode.parse(entry["code"]), date.fromisoformat(entry["cut_off"])
        _pass_days(plan, opens_on(code, cut_off))
        plan_period = _period(plan, code, cut_off)
        reports: list[Progress] = []
        day = plan_period.opened_on
        if entry["state"] == PlanPeriod.State.CLOSED:
            reports = _past_reports(plan_period, stored["reports"])
            day = max(plan_period.cut_off, *(report.submitted_on for report in reports))
            plan_period.state, plan_period.closed_on = PlanPeriod.State.CLOSED, day
            plan_period.save(update_fields=["state", "closed_on"])
            _pass_days(plan, day)
        decided = [each for each in extensions if since <= each.recorded_on < day]
        _enter(plan, Opening(extensions=decided, reports=reports), day)
        since = day


def _enter(plan: Plan, opening: Opening, day: date) -> None:
    opening_enter(actor=LOADER, scope=everything(), plan=plan, opening=opening, today=day)


def _period(plan: Plan, code: PeriodCode, cut_off: date) -> PlanPeriod:
    day = opens_on(code, cut_off)
    plan_period = plan_period_create(actor=LOADER, today=day, plan=plan, code=code, cut_off=cut_off)
    pairs = pairs_owed(plan, ends_on=code.ends_on, today=day)
    duties_create(actor=LOADER, today=day, plan_period=plan_period, pairs=pairs)
    return plan_period


def _past_reports(plan_period: PlanPeriod, entries: list[dict[str, Any]]) -> list[Progress]:
    duties = {
        (duty.task.number, duty.agency.code): duty
        for duty in plan_period.duties.select_related("task", "agency")
    }
    return [
        _past_report(duties[entry["number"], entry["agency"]], entry)
        for entry in entries
        if entry["period"] == plan_period.period.code
    ]


def _past_report(duty: Duty, entry: dict[str, Any]) -> Progress:
    submitted_on = date.fromisoformat(entry["submitted_on"])
    return Progress(
        duty=duty,
        text=entry["text"],
        value=Decimal(entry["value"]) if entry["value"] else None,
        self_assessment=entry["self_assessment"],
        problems=entry["problems"],
        next_step=entry["next_step"],
        state=entry["state"],
        first_submitted_on=submitted_on,
        submitted_on=submitted_on,
        delivered_on=submitted_on,
        counted_on=submitted_on,
        submitted_by="演示填报员",
        judgement=entry["judgement"],
        judgement_reason=entry["judgement_reason"],
        judged_by="演示督查员" if entry["judgement"] else "",
        judged_on=_day(entry["judged_on"]),
    )


def _duty(plan: Plan, entry: dict[str, Any]) -> Duty:
    return Duty.objects.get(
        plan_period__plan=plan,
        plan_period__period__code=entry["period"],
        task__number=entry["number"],
        agency__code=entry["agency"],
    )


def _send(plan: Plan, agency: Agency, entry: dict[str, Any]) -> Progress:
    """One report of the open period, the way its unit would do it."""
    duty = _duty(plan, entry)
    unit = Rights(reporter_of=frozenset([agency.pk]), approver_of=frozenset([agency.pk]))
    nothing: frozenset[int] = frozenset()
    content = Content(
        text=entry["text"],
        self_assessment=Assessment(entry["self_assessment"]),
        value=Decimal(entry["value"]) if entry["value"] else None,
        problems=entry["problems"],
        next_step=entry["next_step"],
    )
    [progress] = progress_submit(
        actor=System("演示填报员", agency_name=agency.name),
        scope=Scope(unit, nothing, nothing, nothing),
        entries=[Entry(duty.pk, content, seen_version=0)],
        today=date.fromisoformat(entry["submitted_on"]),
    )
    return progress


def _answer(plan: Plan, progress: Progress, entry: dict[str, Any]) -> None:
    supervisor = System("演示督查员", agency_name=plan.supervisor.name if plan.supervisor else "")
    today = _day(entry["judged_on"]) or SAMPLE_DAY
    if entry["state"] == Progress.State.RETURNED:
        progress_send_back(
            actor=supervisor,
            scope=everything(),
            seen={progress.pk: progress.version},
            reason=entry["return_reason"],
            today=today,
        )
    elif entry["state"] == Progress.State.APPROVED:
        verdict = Verdict(
            progress.pk,
            progress.version,
            Assessment(entry["judgement"]) if entry["judgement"] else None,
            entry["judgement_reason"],
        )
        progress_approve(actor=supervisor, scope=everything(), verdicts=[verdict], today=today)
