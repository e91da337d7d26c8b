"""Exports that people ask for: small ones at once, large ones by a job and kept for some days."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from time import monotonic
from typing import IO, Any, BinaryIO, Protocol, cast

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import Refused
from apps.common.periods import PeriodCode
from apps.common.spreadsheets import OutSheet, OutValue
from apps.ops.models import JobRun, StoredFile
from apps.ops.services import (
    Superseded,
    file_drop,
    file_keep,
    job_ask,
    job_cancel,
    job_done,
    job_heard,
)
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.access import Scope, scope_of
from apps.tasks.models import Task
from apps.tasks.selectors.rows import tasks_visible
from apps.tasks.services.export import Exporter, ledger_of, original_sheet, workbook

EXPORT_JOB = "table_export"
# More rows than this take more than half a second.
AT_ONCE = 5_000
KEPT_DAYS = 7
LEDGER, ORIGINAL = "ledger", "original"
_HEARD_EVERY = 0.5
_EXPIRED_AT_ONCE = 200


class Listed(Protocol):
    """Rows of the list of tasks and, in words, what they were filtered by."""

    @property
    def rows(self) -> QuerySet[Task]: ...

    @property
    def conditions(self) -> list[str]: ...


# What the list shows at an address with this query; None if its conditions are wrong.
Listing = Callable[[str, Scope, date], Listed | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A plan's table or ledger, or without a plan the ledger of the list at the address `query`."""

    what: str = LEDGER
    plan_id: int | None = None
    query: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be exported, found and allowed; nothing is read of the rows yet."""

    wanted: Wanted
    exporter: Exporter
    rows: QuerySet[Task]
    name: str
    plan: Plan | None = None
    period: PeriodCode | None = None
    conditions: Sequence[str] = ()

    @property
    def is_large(self) -> bool:
        return self.rows.order_by()[: AT_ONCE + 1].count() > AT_ONCE

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.exporter.today.isoformat()}.xlsx".replace("/", "／")

    def sheet(self) -> OutSheet:
        if self.wanted.what == ORIGINAL and self.plan:
            return original_sheet(self.plan, self.exporter)
        return ledger_of(self.rows, self.exporter, period=self.period, conditions=self.conditions)


def export_prepare(wanted: Wanted, exporter: Exporter, listing: Listing) -> Export | None:
    """None where this person may not see the plan, or the list's conditions are wrong.

    Raises Refused for a period that nobody opened, and where no table was ever imported.
    """
    scope = exporter.scope
    if wanted.plan_id is None:
        found = listing(wanted.query, scope, exporter.today)
        if found is None:
            return None
        period = period_known(wanted.period, scope.visible) if wanted.period else None
        return Export(
            wanted, exporter, found.rows, "任务台账", period=period, conditions=found.conditions
        )
    plan = Plan.objects.filter(pk=wanted.plan_id, pk__in=scope.visible).first()
    if plan is None:
        return None
    rows = tasks_visible(scope).filter(plan=plan).order_by("position", "pk")
    if wanted.what == ORIGINAL:
        return Export(wanted, exporter, rows, f"{plan.short_title}-任务分工表", plan)
    period = period_known(wanted.period, [plan.pk]) if wanted.period else None
    return Export(wanted, exporter, rows, f"{plan.short_title}-台账", plan, period)


def period_known(code: str, plan_ids: Iterable[int]) -> PeriodCode:
    """Refused where none of these plans was ever reported on for it."""
    period = PeriodCode.parse(code)
    entered = PlanPeriod.objects.filter(plan__in=plan_ids, period__code=period.code)
    if not entered.exists():
        raise Refused(f"没有开启过{period.name}（{period.code}）这一报告期，请核对。")
    return period


def export_now(export: Export) -> IO[bytes]:
    """The file, open at its beginning; it vanishes when it is closed."""
    file = workbook(export.sheet())
    export_record(export=export, rows=export.rows.count())
    return file


def export_record(*, export: Export, rows: int, sha256: str = "") -> None:
    """Who took what out, in the log."""
    actor = export.exporter.actor
    about = export.plan or (actor if isinstance(actor, User) else None)
    assert about is not None, "lists are exported by people"
    action = "导出原表" if export.wanted.what == ORIGINAL else "导出台账"
    facts: dict[str, tuple[object, object]] = {"行数": (None, rows)}
    if export.period:
        facts["报告期"] = (None, export.period.name)
    if sha256:
        facts["校验值"] = (None, sha256)
    reason = "；".join(export.conditions)
    record(actor=actor, today=export.exporter.today, act=Act(action, about, facts, reason))


def export_ask(*, export: Export) -> JobRun:
    """Want it made by a job; asked twice while the first is open, it is one job.

    The run keeps the rights it was asked with: whoever has lost one since gets no file.
    """
    actor, scope = export.exporter.actor, export.exporter.scope
    plans = set(export.rows.order_by().values_list("plan_id", flat=True).distinct())
    asked = asdict(export.wanted)
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    return job_ask(
        kind=EXPORT_JOB,
        key=f"{actor.actor_id}:{digest[:32]}",
        wanted={
            "export": asked,
            "name": export.name,
            "conditions": list(export.conditions),
            "plans": sorted(plans),
            "overseen": sorted(plans & scope.overseen),
            "units": sorted(scope.rights.agency_ids),
        },
        actor=actor,
    )


def still_allowed(run: JobRun, scope: Scope) -> bool:
    """Whether all the rights that it was asked with are still there."""
    asked = run.wanted
    return (
        scope.visible.issuperset(asked["plans"])
        and scope.overseen.issuperset(asked["overseen"])
        and scope.rights.agency_ids.issuperset(asked["units"])
    )


def export_open_to(run: JobRun, actor: Actor, today: date) -> bool:
    """Only to the person who asked, with the rights of then."""
    return (
        isinstance(actor, User)
        and run.by_id == actor.actor_id
        and still_allowed(run, scope_of(actor, today))
    )


def export_make(*, run: JobRun, today: date, listing: Listing) -> None:
    """The job. Raises Superseded, and Refused."""
    export = _again(run, today, listing)
    total = export.rows.count()
    job_heard(run=run, stage="正在读取", done=0, total=total)
    sheet = export.sheet()
    sheet = replace(sheet, rows=_counted(sheet.rows, run, total))
    with workbook(sheet) as file:
        job_heard(run=run, stage="正在保存", done=total, total=total)
        kept = file_keep(source=cast("BinaryIO", file))
    try:
        with transaction.atomic():
            job_done(run=run, result=kept, result_name=export.file_name)
            export_record(export=export, rows=total, sha256=kept.sha256)
    except Superseded:
        file_drop(file=kept)
        raise


def _again(run: JobRun, today: date, listing: Listing) -> Export:
    """What was asked for, with the rights its asker has now."""
    user = User.objects.filter(pk=run.by_id, is_active=True).first()
    scope = scope_of(user, today) if user else None
    if user is None or scope is None or not still_allowed(run, scope):
        raise Refused("发起人的权限在排队期间有了变动，没有导出。请重新发起。")
    wanted = Wanted(**run.wanted["export"])
    export = export_prepare(wanted, Exporter(user, scope, today), listing)
    if export is None:
        raise Refused("导出的内容已经不在了，没有导出。请重新发起。")
    return export


def _counted(
    rows: Iterable[Sequence[OutValue]], run: JobRun, total: int
) -> Iterator[Sequence[OutValue]]:
    """The rows as they are; says now and then how many were written."""
    heard = monotonic()
    for done, row in enumerate(rows):
        if monotonic() - heard > _HEARD_EVERY:
            job_heard(run=run, stage="正在写入", done=min(done, total), total=total)
            heard = monotonic()
        yield row


@transaction.atomic
def export_cancel(*, run: JobRun, actor: Actor, today: date) -> None:
    """Give it up; no file is kept. Refused where it has ended."""
    job_cancel(run=run, actor=actor)
    record(actor=actor, today=today, act=Act("取消导出", run))


def exports_expire() -> int:
    """Take away the files of exports that are older than KEPT_DAYS; how many."""
    oldest = timezone.now() - timedelta(days=KEPT_DAYS)
    expired = JobRun.objects.filter(
        kind=EXPORT_JOB, finished_at__lt=oldest, result__isnull=False
    ).order_by("finished_at")
    runs: list[Any] = list(expired.select_related("result")[:_EXPIRED_AT_ONCE])
    for run in runs:
        JobRun.objects.filter(pk=run.pk).update(result=None)
        file: StoredFile = run.result
        # a file that was imported or asked for again since stays
        file_drop(file=file)
    return len(runs)
