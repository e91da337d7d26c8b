"""填报表 as files: one unit's, or all units' of a period in one archive made by a job."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.db import transaction

from apps.agencies.models import Agency
from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.common.made_files import made_file
from apps.common.spreadsheets import write_form
from apps.ops.models import JobRun
from apps.ops.services import file_keep, job_ask, job_cancel, job_done, job_heard
from apps.plans.models import Period
from apps.tasks.access import Scope
from apps.tasks.selectors.unit_sheets import (
    UnitSheet,
    View,
    period_of,
    unit_sheet,
    units_owing,
)
from apps.tasks.sheet_form import form_of, sheet_name

SHEETS_JOB = "unit_sheets"
# a fixed instant: the same sheets give the same archive, which is stored by its hash
_ZIPPED_AT = (2020, 1, 1, 0, 0, 0)


def sheet_file(sheet: UnitSheet, made_on: date) -> IO[bytes]:
    """The unit's 填报表, open at its beginning; it vanishes when it is closed."""
    form = form_of(sheet.head(made_on), [line.form_row() for line in sheet.lines])
    return made_file(".xlsx", lambda path: write_form(path, form))


def sheets_ask(*, actor: Actor, scope: Scope, period: Period) -> JobRun:
    """Want the sheets of all units that owe something in the plans this person supervises."""
    if not scope.supervised:
        raise NotAllowed("只有督查员可以导出各单位的填报表。")
    if not units_owing(period.code, scope.supervised):
        raise Refused(f"{period.name}在您督办的任务来源里没有应报事项，没有可导出的填报表。")
    plans = sorted(scope.supervised)
    return job_ask(
        kind=SHEETS_JOB,
        key=sheets_key(period, scope),
        wanted={"period": period.code, "plans": plans},
        actor=actor,
    )


def sheets_key(period: Period, scope: Scope) -> str:
    """Whoever supervises the same plans gets the same archive."""
    plans = ",".join(map(str, sorted(scope.supervised)))
    return f"{period.code}:{hashlib.sha256(plans.encode()).hexdigest()[:32]}"


def sheets_make(*, run: JobRun, made_on: date) -> None:
    """The job: one file for each unit, in one archive. Raises Superseded, and Refused."""
    code, plans = run.wanted["period"], frozenset(run.wanted["plans"])
    period, units = period_of(code), units_owing(code, plans)
    if period is None or not units:
        raise Refused("这一期已经没有应报事项，没有可导出的填报表。")
    names = file_names(units, period)
    view = View(inside=False, plans=plans)
    with NamedTemporaryFile(suffix=".zip") as packed:
        with ZipFile(packed, "w", ZIP_STORED) as archive:
            for done, unit in enumerate(units):
                job_heard(run=run, stage=f"正在生成 {unit.name}"[:60], done=done, total=len(units))
                sheet = unit_sheet(agency_id=unit.pk, code=code, view=view)
                # its last duty may have gone since the units were listed
                if sheet is not None:
                    with sheet_file(sheet, made_on) as file:
                        archive.writestr(ZipInfo(names[unit.pk], _ZIPPED_AT), file.read())
        packed.seek(0)
        job_heard(run=run, stage="正在保存", done=len(units), total=len(units))
        kept = file_keep(source=cast("BinaryIO", packed))
    name = f"填报表-{period.name}-{len(units)}个单位.zip"
    job_done(run=run, result=kept, result_name=name)


@transaction.atomic
def sheets_cancel(*, run: JobRun, actor: Actor, today: date) -> None:
    """Give it up; no archive is kept. Refused where it has ended."""
    job_cancel(run=run, actor=actor)
    record(actor=actor, today=today, act=Act("取消导出各单位填报表", run))


def file_names(units: Sequence[Agency], period: Period) -> dict[int, str]:
    """By unit; units of the same name in two regions are told apart by their region."""
    named = Counter(unit.name for unit in units)
    return {
        unit.pk: sheet_name(
            period.name, unit.name if named[unit.name] == 1 else f"{unit.name}（{unit.region}）"
        )
        for unit in units
    }
