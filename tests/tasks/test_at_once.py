"""Sweeps, imports and reports at the same moment: nobody is thrown out, nothing is left stale."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date, timedelta

from django.db import connection

from apps.audit.selectors import breaks
from apps.common.actor import COMMAND_LINE, System
from apps.common.spreadsheets import Sheet
from apps.ops.models import JobRun
from apps.plans.models import Plan
from apps.tasks.access import everything, scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.layout import read_table
from apps.tasks.models import Progress, Task
from apps.tasks.services.marks import marks_refresh, marks_stale
from apps.tasks.services.overdue import sweep
from apps.tasks.services.submitting import Content, Entry, progress_submit
from apps.tasks.services.tables import Import, table_import
from tests.builders import TODAY, make_agency, make_duty, make_member, make_plan, make_task

TOGETHER_SECONDS = 3
MARKS = ("light", "light_reason", "light_facts", "report_mark", "report_label", "last_progress_id")


def together(*acts: Callable[[], object]) -> list[BaseException]:
    """Each act in a thread with a connection of its own, begun at the same moment."""
    barrier = threading.Barrier(len(acts))
    failures: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            act()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test reports it
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return failures


def again_and_again(act: Callable[[int], object]) -> Callable[[], None]:
    def run() -> None:
        end = time.monotonic() + TOGETHER_SECONDS
        turn = 0
        while time.monotonic() < end:
            act(turn)
            turn += 1

    return run


def test_sweeps_at_once_and_the_one_after_them(live_database: dict[str, str]) -> None:
    assert live_database
    make_task(due_on=TODAY - timedelta(days=1))
    failures = together(*[lambda: sweep(actor=COMMAND_LINE, today=TODAY)] * 4)
    assert failures == []
    assert sweep(actor=COMMAND_LINE, today=TODAY) == []
    assert JobRun.objects.count() == 1


def table(turn: int) -> Sheet:
    rows = [("序号", "重点工作", "牵头单位", "完成时限")]
    rows += [
        (str(n), f"工作{n}第{turn}稿", "省科技厅", f"20{17 + (n + turn) % 9}年")
        for n in range(1, 41)
    ]
    return Sheet(name="表", hidden=False, rows=tuple(rows))


def test_sweeps_imports_and_reports_do_not_stand_in_each_others_way(
    live_database: dict[str, str],
) -> None:
    assert live_database
    agency, plan = make_agency("省科技厅"), make_plan()
    reporter = make_member(agency, "reporter")
    owed = make_duty(make_task(plan, number="800", leads=[agency]), agency)
    scope = scope_of(reporter, TODAY)

    def bring_in(turn: int) -> None:
        reading = read_table([table(turn)])
        wanted = Import(Plan.objects.get(pk=plan.pk), reading, "表.xlsx")
        table_import(actor=COMMAND_LINE, scope=everything(), wanted=wanted, today=TODAY)

    def sweep_all(_turn: int) -> None:
        marks_stale(plan_ids=[plan.pk], today=TODAY)
        sweep(actor=System("另一次"), today=TODAY)

    def report(turn: int) -> None:
        content = Content(text=f"第{turn}次", self_assessment=Assessment.NORMAL)
        progress_submit(
            actor=reporter,
            scope=scope,
            entries=[Entry(owed.pk, content, seen_version=turn)],
            today=TODAY,
        )

    failures = together(
        again_and_again(bring_in),
        again_and_again(sweep_all),
        again_and_again(sweep_all),
        again_and_again(report),
    )
    assert failures == []
    assert breaks() == []
    sweep(actor=COMMAND_LINE, today=TODAY)
    stored = list(Task.objects.order_by("pk").values(*MARKS))
    marks_refresh(task_ids=Task.objects.values_list("pk", flat=True), today=TODAY)
    assert list(Task.objects.order_by("pk").values(*MARKS)) == stored
    assert Progress.objects.get().text.startswith("第")
    late = Task.objects.filter(due_kind="date", due_on__lt=date(2020, 10, 12))
    assert late.count() == late.filter(overdue_since__isnull=False).count()
