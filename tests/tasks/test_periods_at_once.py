"""The same period opened by several processes, and by a sweep, at the same moment."""

from __future__ import annotations

import subprocess
import sys

from django.conf import settings

from apps.audit.selectors import breaks, history
from apps.common.actor import COMMAND_LINE
from apps.common.periods import PeriodCode
from apps.notices.models import Message
from apps.ops.models import Installation
from apps.plans.models import Plan, PlanPeriod
from apps.tasks.access import everything
from apps.tasks.models import Duty
from apps.tasks.services.period_sweep import sweep_periods
from apps.tasks.services.periods import periods_open
from tests.builders import TODAY, make_agency, make_plan, make_task
from tests.tasks.test_at_once import together

PROCESSES = 3


def a_plan() -> Plan:
    plan, unit = make_plan("ours"), make_agency("省科技厅")
    for _ in range(20):
        make_task(plan, leads=[unit, make_agency()])
    return plan


def test_two_processes_open_one_period(live_database: dict[str, str]) -> None:
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    a_plan()
    command = [sys.executable, "manage.py", "open_period", "2020Q3", "--plan", "ours"]
    running = [
        subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=live_database, stdout=subprocess.PIPE, text=True
        )
        for _ in range(PROCESSES)
    ]
    said = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES
    assert sum("产生 40 份应报" in each for each in said) == 1
    assert sum("产生 0 份应报" in each for each in said) == PROCESSES - 1
    assert Duty.objects.count() == 40
    assert Message.objects.count() == 21
    assert history(PlanPeriod.objects.get()).count() == 1
    assert breaks() == []


def test_threads_open_while_others_sweep(live_database: dict[str, str]) -> None:
    assert live_database
    plan = a_plan()
    plan.policy.opens_by_itself = True
    plan.policy.save()

    def by_hand() -> None:
        periods_open(
            actor=COMMAND_LINE,
            scope=everything(),
            plans=[Plan.objects.get(pk=plan.pk)],
            code=PeriodCode.parse("2020Q3"),
            today=TODAY,
        )

    def by_itself() -> None:
        sweep_periods(actor=COMMAND_LINE, today=TODAY)

    assert together(by_hand, by_itself, by_hand, by_itself) == []
    assert (PlanPeriod.objects.count(), Duty.objects.count()) == (1, 40)
    assert Message.objects.count() == 21
    assert breaks() == []
