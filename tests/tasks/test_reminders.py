"""Reminders: three days before the cut-off and on its day, to whom still owes, told once."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.agencies.models import Agency
from apps.notices.models import Message
from apps.plans.models import PlanPeriod
from apps.tasks.assessments import Assessment
from apps.tasks.models import Duty, Progress
from apps.tasks.services.reminders import reminders_tell
from tests.builders import TODAY, make_agency, make_duty, make_plan, make_task

CUT_OFF = date(2020, 10, 20)
DAY = timedelta(days=1)


def owed(agency: Agency, rows: int = 1, **fields: Any) -> list[Duty]:
    """Rows of one plan that the unit leads and owes for 2020Q3."""
    plan = make_plan(short_title="实施方案")
    return [
        make_duty(make_task(plan, number=str(number), leads=[agency], **fields), agency)
        for number in range(1, rows + 1)
    ]


def report(duty: Duty, state: str = Progress.State.SUBMITTED) -> None:
    signing = state == Progress.State.SIGNING
    Progress.objects.create(
        duty=duty,
        text="已完成",
        self_assessment=Assessment.NORMAL.value,
        state=state,
        first_submitted_on=TODAY,
        submitted_on=TODAY,
        delivered_on=None if signing else TODAY,
    )


def told(agency: Agency) -> list[str]:
    return [m.subject for m in Message.objects.filter(agency=agency).order_by("pk")]


@pytest.mark.django_db
class TestWhen:
    @pytest.mark.parametrize(
        ("days", "said"),
        [
            (-4, []),
            (-3, ["2020年前三季度还有 1 项未报，10月20日（星期二）截止"]),
            (-2, ["2020年前三季度还有 1 项未报，10月20日（星期二）截止"]),
            (-1, ["2020年前三季度还有 1 项未报，10月20日（星期二）截止"]),
            (0, ["2020年前三季度还有 1 项未报，今天截止"]),
            (1, []),
        ],
    )
    def test_a_worker_that_first_comes_on_this_day_tells(self, days: int, said: list[str]) -> None:
        agency = make_agency("省科技厅")
        owed(agency)
        assert reminders_tell(today=CUT_OFF + days * DAY) == len(said)
        assert told(agency) == said

    def test_a_worker_that_is_always_there_tells_twice(self) -> None:
        agency = make_agency("省科技厅")
        owed(agency)
        counts = [reminders_tell(today=CUT_OFF + days * DAY) for days in range(-6, 6) for _ in "ab"]
        assert sum(counts) == 2
        assert [counts[6], counts[12]] == [1, 1]

    def test_a_moved_cut_off_has_its_own(self) -> None:
        agency = make_agency("省科技厅")
        owed(agency)
        assert reminders_tell(today=CUT_OFF - 3 * DAY) == 1
        PlanPeriod.objects.update(cut_off=CUT_OFF + 5 * DAY)
        assert reminders_tell(today=CUT_OFF) == 0
        assert reminders_tell(today=CUT_OFF + 2 * DAY) == 1
        assert told(agency)[-1] == "2020年前三季度还有 1 项未报，10月25日（星期日）截止"


@pytest.mark.django_db
class TestWhom:
    def test_all_rows_of_all_plans_are_one_message_to_the_reporters(self) -> None:
        agency, other = make_agency("省科技厅"), make_agency("省财政厅")
        first = owed(agency, 2)
        plan = make_plan(short_title="集群意见")
        make_duty(make_task(plan, number="7", leads=[agency]), agency)
        owed(other)
        assert reminders_tell(today=CUT_OFF) == 2
        message = Message.objects.get(agency=agency)
        assert message.subject == "2020年前三季度还有 3 项未报，今天截止"
        assert message.body == "《实施方案》第1、2项；《集群意见》第7项"
        assert (message.role, message.path) == ("reporter", "/progress/2020Q3/")
        assert first[0].agency_id == agency.pk

    def test_what_has_left_the_unit_is_not_asked_again(self) -> None:
        agency = make_agency("省科技厅")
        for duty, state in zip(
            owed(agency, 4), ["submitted", "approved", "returned", "signing"], strict=True
        ):
            report(duty, state)
        assert reminders_tell(today=CUT_OFF) == 1
        message = Message.objects.get()
        assert message.subject == "2020年前三季度还有 1 项未报，今天截止"
        assert message.body == "《实施方案》第4项。其中 1 项已填好，待本单位审签"

    def test_who_has_sent_everything_hears_nothing(self) -> None:
        (duty,) = owed(make_agency("省科技厅"))
        report(duty)
        assert reminders_tell(today=CUT_OFF) == 0

    @pytest.mark.parametrize("state", ["closed", "ended"])
    def test_a_settled_row_is_not_asked_for(self, state: str) -> None:
        owed(make_agency("省科技厅"), state=state)
        assert reminders_tell(today=CUT_OFF) == 0

    def test_a_closed_period_is_not_asked_for(self) -> None:
        owed(make_agency("省科技厅"))
        PlanPeriod.objects.update(state=PlanPeriod.State.CLOSED, closed_on=TODAY)
        assert reminders_tell(today=CUT_OFF) == 0

    def test_many_rows_and_units_cost_as_little_as_one(self) -> None:
        def cost(today: date) -> int:
            with CaptureQueriesContext(connection) as asked:
                reminders_tell(today=today)
            return len(asked)

        owed(make_agency())
        few = cost(CUT_OFF - DAY)
        for _ in range(20):
            owed(make_agency(), 3)
        assert cost(CUT_OFF) == few
        assert Message.objects.count() == 22


def test_three_at_once_tell_each_unit_once(live_database: dict[str, str]) -> None:
    for _ in range(12):
        owed(make_agency(), 2)
    script = (
        "import django; django.setup()\n"
        "from datetime import date\n"
        "from apps.tasks.services.reminders import reminders_tell\n"
        "reminders_tell(today=date(2020, 10, 20))\n"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=Path(settings.BASE_DIR),
            env={**live_database, "DJANGO_SETTINGS_MODULE": "config.settings"},
        )
        for _ in range(3)
    ]
    assert [run.wait(timeout=120) for run in runs] == [0] * 3
    assert Message.objects.count() == 12
