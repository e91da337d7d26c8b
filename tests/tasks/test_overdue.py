"""Flagging what is late: each row once, whatever was missed and however many run at once."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Entry
from apps.audit.selectors import breaks, history
from apps.common.actor import COMMAND_LINE
from apps.notices.models import Message
from apps.ops.selectors import last_finished
from apps.tasks.models import Task
from apps.tasks.services.overdue import overdue_flag, overdue_take_back, sweep
from tests.builders import TODAY, make_agency, make_duty, make_plan, make_task

YESTERDAY = TODAY - timedelta(days=1)


def flag(today: date = TODAY) -> list[str]:
    return [row.number for row in overdue_flag(actor=COMMAND_LINE, today=today)]


@pytest.mark.django_db
class TestFlagging:
    def test_it_flags_the_day_after_the_last_day(self) -> None:
        task = make_task(due_on=TODAY)
        assert flag(TODAY) == []
        assert flag(TODAY + timedelta(days=1)) == [task.number]
        task.refresh_from_db()
        assert task.overdue_since == TODAY + timedelta(days=1)
        assert (task.light, task.light_text(TODAY + timedelta(days=9))) == ("red", "逾期 9 天")

    def test_a_missed_night_is_caught_up(self) -> None:
        task = make_task(due_on=date(2017, 12, 31))
        assert flag() == [task.number]
        task.refresh_from_db()
        assert task.overdue_since == date(2018, 1, 1)

    def test_a_second_run_changes_nothing(self) -> None:
        task = make_task(due_on=YESTERDAY)
        flag()
        before = (Task.objects.get(pk=task.pk).version, Entry.objects.count())
        assert flag() == []
        assert (Task.objects.get(pk=task.pk).version, Entry.objects.count()) == before

    def test_the_log_and_one_message_per_lead_are_written_with_it(self) -> None:
        leads = [make_agency("省科技厅"), make_agency("省财政厅")]
        task = make_task(due_on=YESTERDAY, leads=leads, supports=[make_agency("省教育厅")])
        flag()
        entry = history(task).get()
        assert entry.action == "标记逾期"
        assert entry.changes == {"逾期起": [None, TODAY.isoformat()]}
        assert breaks() == []
        told = set(Message.objects.values_list("agency__name", flat=True))
        assert told == {"省科技厅", "省财政厅"}

    def test_a_lead_is_told_of_one_row_by_its_page(self) -> None:
        plan = make_plan(short_title="实施方案")
        task = make_task(plan, number="3", due_on=YESTERDAY)
        flag()
        message = Message.objects.get()
        assert message.subject == "《实施方案》第3项已过完成时限"
        assert (message.path, message.body) == (task.get_absolute_url(), "")

    def test_many_rows_of_a_lead_are_one_message(self) -> None:
        agency, plan = make_agency("省科技厅"), make_plan(short_title="实施方案")
        for number in ("3", "5"):
            make_task(plan, number=number, leads=[agency], due_on=YESTERDAY)
        other = make_plan(short_title="集群意见")
        make_task(other, number="7", leads=[agency], due_on=YESTERDAY)
        flag()
        message = Message.objects.get()
        listed = "《实施方案》第3、5项；《集群意见》第7项"
        assert message.subject == f"3 项已过完成时限：{listed}"
        assert (message.body, message.business_date) == ("", TODAY)
        assert message.path == f"/tasks/?unit={agency.pk}&light=red"

    def test_what_gets_late_on_another_day_is_told_then(self) -> None:
        agency = make_agency("省科技厅")
        make_task(leads=[agency], due_on=YESTERDAY)
        make_task(leads=[agency], due_on=TODAY)
        for days in (0, 0, 1, 1):
            flag(TODAY + timedelta(days=days))
        assert Message.objects.count() == 2

    @pytest.mark.parametrize("state", ["closed", "ended", "suspended"])
    def test_what_is_settled_or_suspended_is_not_late(self, state: str) -> None:
        make_task(due_on=YESTERDAY, state=state)
        assert flag() == []

    def test_a_soft_day_is_yellow_and_never_flagged(self) -> None:
        task = make_task(due_on=YESTERDAY, due_soft=True)
        assert flag() == []
        sweep(actor=COMMAND_LINE, today=TODAY)
        assert Task.objects.get(pk=task.pk).overdue_since is None

    @pytest.mark.parametrize("kind", ["ongoing", "none", "unresolved", "recurring"])
    def test_what_has_no_day_is_never_late(self, kind: str) -> None:
        make_task(due_kind=kind)
        assert flag(date(2099, 1, 1)) == []

    @pytest.mark.parametrize("relation", ["upper", "lower"])
    def test_plans_that_are_not_ours_are_never_flagged(self, relation: str) -> None:
        make_task(make_plan(relation=relation), due_on=YESTERDAY)
        assert flag() == []

    def test_the_sweep_turns_marks_when_days_pass(self) -> None:
        agency = make_agency("省科技厅")
        task = make_task(leads=[agency], due_on=date(2020, 12, 31))
        make_duty(task, agency, cut_off=date(2020, 10, 20))
        Task.objects.update(marks_next=date(2020, 10, 21), report_mark="due", light="green")
        sweep(actor=COMMAND_LINE, today=date(2020, 10, 21))
        task.refresh_from_db()
        assert (task.report_mark, task.marks_on) == ("miss", date(2020, 10, 21))

    def test_the_sweep_leaves_alone_what_days_do_not_change(self) -> None:
        task = make_task(due_on=date(2022, 12, 31))
        Task.objects.update(marks_on=TODAY, marks_next=date(2022, 12, 1))
        sweep(actor=COMMAND_LINE, today=date(2020, 10, 21))
        assert Task.objects.get(pk=task.pk).marks_on == TODAY

    def test_the_sweep_leaves_a_trace_of_when_it_last_ran(self) -> None:
        assert last_finished("flag_overdue") is None
        sweep(actor=COMMAND_LINE, today=TODAY)
        sweep(actor=COMMAND_LINE, today=TODAY)
        assert last_finished("flag_overdue") is not None

    def test_a_suspended_row_is_not_red(self) -> None:
        task = make_task(due_on=YESTERDAY, state="suspended", marks_next=TODAY)
        sweep(actor=COMMAND_LINE, today=TODAY)
        assert Task.objects.get(pk=task.pk).light == "nodata"

    def test_one_hundred_rows_cost_no_more_statements_than_ten(
        self, django_assert_max_num_queries: Any
    ) -> None:
        plan, agency = make_plan(), make_agency("省科技厅")
        for _ in range(100):
            make_task(plan, leads=[agency], due_on=YESTERDAY)
        with django_assert_max_num_queries(25):
            sweep(actor=COMMAND_LINE, today=TODAY)
        with django_assert_max_num_queries(10):
            sweep(actor=COMMAND_LINE, today=TODAY)

    def test_more_than_one_statement_takes_are_flagged_and_told_at_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.tasks.services.overdue._BATCH", 3)
        plan, agency = make_plan(), make_agency("省科技厅")
        days = [YESTERDAY, date(2020, 3, 31), YESTERDAY, date(2019, 12, 31), YESTERDAY, YESTERDAY]
        late = [make_task(plan, leads=[agency], due_on=day) for day in days]
        assert flag() == [task.number for task in sorted(late, key=lambda task: task.pk)]
        message = Message.objects.get()
        assert message.subject.startswith("6 项已过完成时限")
        assert flag() == []

    def test_nothing_late_writes_nothing(self) -> None:
        make_task(due_on=TODAY)
        with CaptureQueriesContext(connection) as queries:
            assert flag() == []
        assert len(queries) == 1

    def test_a_day_moved_back_takes_the_flag_back(self) -> None:
        task = make_task(due_on=YESTERDAY)
        flag()
        assert overdue_take_back(actor=COMMAND_LINE, today=YESTERDAY, reason="业务日期改早") == 1
        task.refresh_from_db()
        assert task.overdue_since is None
        assert [entry.action for entry in history(task)] == ["撤销逾期标记", "标记逾期"]


def test_four_at_once_flag_each_task_once(live_database: dict[str, str]) -> None:
    agency, plan = make_agency("省科技厅"), make_plan()
    late = [make_task(plan, leads=[agency], due_on=YESTERDAY) for _ in range(60)]
    make_task(plan, leads=[agency], due_on=TODAY)
    runs = [
        subprocess.Popen(
            [sys.executable, "manage.py", "flag_overdue", "--date", TODAY.isoformat()],
            cwd=Path(settings.BASE_DIR),
            env=live_database,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    answers = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0] * 4, answers
    assert Task.objects.filter(overdue_since=TODAY).count() == len(late)
    flagged = Counter(Entry.objects.filter(action="标记逾期").values_list("object_id", flat=True))
    assert flagged == {str(task.pk): 1 for task in late}
    bodies = [m.body or m.subject for m in Message.objects.all()]
    told = Counter(number for body in bodies for number in re.findall(r"\d+", body.split("第")[1]))
    assert told == {task.number: 1 for task in late}
    assert breaks() == []
