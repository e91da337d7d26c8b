"""Background jobs; each calls one service and may be run any number of times."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import date

from celery import current_app, shared_task
from django.db import DatabaseError, InterfaceError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from apps.common.actor import SWEEP
from apps.common.errors import Refused
from apps.ops.job_kinds import JobKind, kind_of, register
from apps.ops.models import JobRun
from apps.ops.selectors import business_date, runs_to_send_again
from apps.ops.services import Superseded, job_claim, job_failed
from apps.tasks.listing import listed
from apps.tasks.services.exports import (
    EXPORT_JOB,
    KEPT_DAYS,
    export_cancel,
    export_make,
    export_open_to,
    exports_expire,
)
from apps.tasks.services.import_steps import import_make
from apps.tasks.services.imports import APPLY, IMPORT_JOB, import_run_cancel
from apps.tasks.services.overdue import sweep
from apps.tasks.services.period_sweep import sweep_periods as sweep_all_periods
from apps.tasks.services.reminders import reminders_tell
from apps.tasks.services.sheet_files import SHEETS_JOB, sheets_cancel, sheets_make

log = logging.getLogger(__name__)

# A page never waits longer for a broker that is away: the sweep sends what could not be sent.
_SEND_SECONDS = 0.5
_SENT_AT_ONCE = 100
_RUN_JOB = "tasks.run_job"


def _sheets_ended(run: JobRun) -> str:
    return _("已做好，共 %(many)d 个单位。") % {"many": run.total}


register(
    SHEETS_JOB,
    JobKind(
        make=lambda run, today: sheets_make(run=run, made_on=today),
        cancel=lambda run, actor, today: sheets_cancel(run=run, actor=actor, today=today),
        title=lambda _run: _("导出各单位填报表"),
        home=lambda run: (
            _("填报表回收"),
            reverse("progress:returns", args=[run.wanted["period"]]),
        ),
        ended=_sheets_ended,
    ),
)


register(
    IMPORT_JOB,
    JobKind(
        make=lambda run, today: import_make(run=run, today=today),
        cancel=lambda run, actor, _today: import_run_cancel(run=run, actor=actor),
        title=lambda run: _("导入") if run.wanted["step"] == APPLY else _("读取要导入的表"),
        home=lambda run: (
            _("导入"),
            reverse("plans:import_preview", args=[run.wanted["plans"][0], run.wanted["import"]]),
        ),
        ended=lambda run: _("已导入。") if run.wanted["step"] == APPLY else _("已读好。"),
    ),
)


def _export_ended(run: JobRun) -> str:
    if run.result_id is None:
        return _("文件保留 %(days)d 天，已经过期，请重新导出。") % {"days": KEPT_DAYS}
    return _("已导出 %(many)d 行。") % {"many": run.total}


register(
    EXPORT_JOB,
    JobKind(
        make=lambda run, today: export_make(run=run, today=today, listing=listed),
        cancel=lambda run, actor, today: export_cancel(run=run, actor=actor, today=today),
        title=lambda run: _("导出%(name)s") % {"name": run.wanted["name"]},
        home=lambda _run: (_("我的导出"), reverse("exports:list")),
        ended=_export_ended,
        open_to=export_open_to,
        above=lambda _run: (_("任务台账"), reverse("tasks:list")),
    ),
)


def send_job(pk: int) -> bool:
    """Try to hand a run to a worker, after commit; whether it was handed over."""
    options = {
        "socket_connect_timeout": _SEND_SECONDS,
        "socket_timeout": _SEND_SECONDS,
        "retry_on_timeout": False,
        "max_retries": 0,
        "interval_start": 0,
    }
    kept = current_app.conf.broker_transport_options or {}
    try:
        with current_app.connection_for_write(
            connect_timeout=_SEND_SECONDS, transport_options={**kept, **options}
        ) as connection:
            current_app.send_task(_RUN_JOB, (pk,), connection=connection, retry=False)
    except (KombuError, OSError):
        log.warning("no broker: job %d waits for the sweep", pk)
        return False
    return True


def run_at_once(run: JobRun, today: date) -> None:
    """What is small is done while its page is waited for, as a worker would; the rest is sent."""
    if not run.wanted.get("at_once"):
        transaction.on_commit(lambda: _send(run.pk))
        return
    claimed = job_claim(run.pk)
    if claimed is not None:
        run_claimed(claimed, today)


def _send(pk: int) -> None:
    send_job(pk)


@shared_task(name=_RUN_JOB)
def run_job(pk: int) -> None:
    """Do what a run asks for, if it is still to be done; a second delivery finds nothing."""
    run = job_claim(pk)
    if run is None:
        return
    run_claimed(run, business_date())


def run_claimed(run: JobRun, today: date) -> None:
    """Bring a run that this process has taken up to its end, whatever it is."""
    # another worker took it up while this one was held up: that one brings it to its end
    with suppress(Superseded):
        try:
            _kind(run).make(run, today)
        except Refused as refused:
            job_failed(run=run, sentence="".join(refused.reasons))
        except (DatabaseError, InterfaceError):
            # nothing can be written about it now; it falls silent and is taken up again
            log.exception("job %d lost its database", run.pk)
        except Superseded:
            raise
        except Exception:
            log.exception("job %d failed", run.pk)
            job_failed(run=run, sentence="处理中出错，没有做完。请重试；仍不行请联系系统管理员。")


def _kind(run: JobRun) -> JobKind:
    kind = kind_of(run)
    if kind is None:
        raise Refused(_("这一类后台任务已不再支持，没有做。"))
    return kind


@shared_task(name="tasks.resume_jobs")
def resume_jobs() -> None:
    """Every minute and at every worker's start: runs that nobody took up, or whose worker died."""
    for pk in runs_to_send_again(_SENT_AT_ONCE):
        if not send_job(pk):
            return


@shared_task(name="tasks.flag_overdue")
def flag_overdue() -> None:
    """The sweep of every ten minutes, and of every worker's start."""
    flagged = sweep(actor=SWEEP, today=business_date())
    if flagged:
        log.info("flagged %d tasks as overdue", len(flagged))


@shared_task(name="tasks.remind")
def remind() -> None:
    """Units that still owe reports shortly before the cut-off."""
    told = reminders_tell(today=business_date())
    if told:
        log.info("reminded %d units", told)


@shared_task(name="tasks.sweep_periods")
def sweep_periods() -> None:
    """Periods that open or close by themselves; every ten minutes, and at every worker's start."""
    swept = sweep_all_periods(actor=SWEEP, today=business_date())
    if swept.opened or swept.closed:
        log.info("opened %d periods, closed %d", swept.opened, swept.closed)


@shared_task(name="tasks.expire_exports")
def expire_exports() -> None:
    """Files of exports that were kept for their days; every hour."""
    expired = exports_expire()
    if expired:
        log.info("took away the files of %d exports", expired)
