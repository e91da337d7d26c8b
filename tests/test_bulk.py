"""Rows made for measuring are those that the services would have made; the bench runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q

from apps.common.errors import Refused
from apps.ops.models import Installation
from apps.plans.models import PlanPeriod
from apps.tasks.lights import Light
from apps.tasks.models import (
    Assignment,
    Deadline,
    Duty,
    MarkSpan,
    PeriodMark,
    Progress,
    Task,
)
from apps.tasks.services.bulk import DAY, BulkMade, bulk_make, check_bulk_database
from apps.tasks.services.marks import marks_refresh
from bench.results import Result, size_name, table
from bench.timing import Spent, race
from tests.builders import make_plan
from tests.conftest import NAME, database_copy
from tests.conftest import _connected_to as connected_to

MANY = 300
_STORED = (
    "light", "light_order", "light_reason", "light_facts", "report_mark", "report_label",
    "last_progress_id", "marks_on", "marks_next",
)  # fmt: skip


@pytest.fixture(scope="module")
def _bulk_database(_migrated: str, django_db_blocker: Any) -> Iterator[tuple[str, BulkMade]]:
    name = f"{NAME}_bulk"
    with django_db_blocker.unblock(), database_copy(name, _migrated):
        with connected_to(name):
            made = bulk_make(tasks=MANY)
        yield name, made


@pytest.fixture
def bulk(_bulk_database: tuple[str, BulkMade], django_db_blocker: Any) -> Iterator[BulkMade]:
    """Three hundred rows, made once; what a test does is undone."""
    name, made = _bulk_database
    with django_db_blocker.unblock(), connected_to(name), transaction.atomic():
        yield made
        transaction.set_rollback(True)


def _late() -> set[int]:
    """Rows that no sweep has looked at since their last day."""
    late = Task.objects.filter(
        due_kind="date", due_soft=False, overdue_since=None, state__in=Task.RUNNING, due_on__lt=DAY
    )
    return set(late.values_list("pk", flat=True))


def test_there_are_as_many_rows_as_were_asked_for(bulk: BulkMade) -> None:
    assert bulk.tasks == Task.objects.count() == MANY
    assert Assignment.objects.count() == 3 * MANY
    assert bulk.duties == Duty.objects.count() >= 3 * MANY
    assert bulk.progress == Progress.objects.count() >= 3 * MANY
    assert Deadline.objects.filter(current=True).count() == MANY


@pytest.mark.usefixtures("bulk")
def test_one_row_in_twenty_became_late_since_the_last_sweep() -> None:
    assert len(_late()) == pytest.approx(MANY / 20, abs=2)


@pytest.mark.usefixtures("bulk")
def test_every_light_and_mark_occurs() -> None:
    lights = set(Task.objects.values_list("light", flat=True))
    assert lights >= {Light.RED, Light.AMBER, Light.GREEN, Light.NODATA, Light.CLOSED}
    marks = set(Task.objects.values_list("report_mark", flat=True))
    assert marks == {"", "in", "due", "miss"}


@pytest.mark.usefixtures("bulk")
def test_judging_all_rows_anew_changes_those_alone_that_became_late() -> None:
    before = {row["pk"]: row for row in Task.objects.values("pk", *_STORED)}
    spans = set(MarkSpan.objects.values_list("task", "since", "until", "light", "light_reason"))
    with transaction.atomic():
        marks_refresh(task_ids=before, today=DAY)
        after = {row["pk"]: row for row in Task.objects.values("pk", *_STORED)}
        now = set(MarkSpan.objects.values_list("task", "since", "until", "light", "light_reason"))
        transaction.set_rollback(True)
    late = _late()
    assert late
    assert {pk for pk in before if before[pk] != after[pk]} == late
    assert {task for task, *_ in spans ^ now} == late


@pytest.mark.usefixtures("bulk")
def test_what_is_stored_twice_agrees() -> None:
    current = Deadline.objects.filter(current=True)
    assert not current.exclude(kind=F("task__due_kind"), soft=F("task__due_soft")).exists()
    assert not current.exclude(Q(due_on=F("task__due_on")) | Q(due_on=None)).exists()
    assert not current.filter(due_on=None, task__due_on__isnull=False).exists()
    newest = PeriodMark.objects.filter(plan_period__state=PlanPeriod.State.OPEN)
    assert newest.count() == MANY
    assert not newest.exclude(
        light=F("task__light"), report_label=F("task__report_label"), marked_on=F("task__marks_on")
    ).exists()


@pytest.mark.usefixtures("bulk")
def test_each_row_has_one_span_now_and_no_gap_before_it() -> None:
    open_spans = MarkSpan.objects.filter(until=None)
    assert open_spans.count() == MANY
    assert not open_spans.exclude(light=F("task__light"), state=F("task__state")).exists()
    closed = set(MarkSpan.objects.exclude(until=None).values_list("task", "until"))
    began = set(MarkSpan.objects.values_list("task", "since"))
    assert closed <= began


@pytest.mark.usefixtures("bulk")
def test_duties_are_those_of_leads_in_periods_of_their_plan() -> None:
    assert not Duty.objects.exclude(plan_period__plan=F("task__plan")).exists()
    leads = set(Assignment.objects.filter(role="lead").values_list("task", "agency"))
    assert set(Duty.objects.values_list("task", "agency")) <= leads
    settled = Duty.objects.filter(
        task__state__in=Task.SETTLED, plan_period__state=PlanPeriod.State.OPEN
    )
    assert not settled.exists()


@pytest.mark.usefixtures("bulk")
def test_constraints_and_indexes_are_there_again() -> None:
    with connection.cursor() as cursor:
        kept = connection.introspection.get_constraints(cursor, Task._meta.db_table)
    named = {index.name for index in Task._meta.indexes}
    named |= {constraint.name for constraint in Task._meta.constraints}
    assert named <= set(kept)
    assert any(found["foreign_key"] for found in kept.values())


@pytest.mark.usefixtures("bulk")
def test_the_next_row_gets_a_key_of_its_own() -> None:
    first = Task.objects.get(pk=1)
    with transaction.atomic():
        made = Task.objects.create(
            plan_id=1, number="新", position=0, content="新", due_kind="none"
        )
        assert made.pk > MANY
        assert first.pk != made.pk
        transaction.set_rollback(True)


@pytest.mark.usefixtures("bulk")
def test_the_same_size_gives_the_same_rows() -> None:
    by_light = dict(Task.objects.order_by().values_list("light").annotate(Count("pk")))
    assert by_light == {
        "red": 26,
        "amber": 54,
        "green": 141,
        "nodata": 17,
        "closed": 58,
        "ended": 4,
    }


@pytest.mark.django_db
class TestRefusing:
    def test_a_database_with_a_plan_is_left_alone(self) -> None:
        make_plan()
        with pytest.raises(Refused, match="已有内容"):
            bulk_make(tasks=10)

    def test_the_trial_runs_database_is_left_alone_even_empty(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Installation.objects.create(pk=1, sample=True)
        check_bulk_database()
        monkeypatch.setitem(connection.settings_dict, "NAME", "fengong")
        with pytest.raises(Refused, match="fengong"):
            check_bulk_database()

    @pytest.mark.parametrize(("tasks", "periods"), [(0, 3), (10, 1), (10, 9)])
    def test_sizes_that_make_no_sense_are_refused(self, tasks: int, periods: int) -> None:
        with pytest.raises(Refused):
            bulk_make(tasks=tasks, periods=periods)


class TestTheTable:
    def test_it_says_what_must_be_and_whether_it_is(self) -> None:
        kept = Result("台账首页", "1k", "是下限的", 2.5, "×", 3.0, "10 ms / 4 ms")
        missed = Result("督办看板", "", "再次打开", 70.0, "ms", 50.0)
        open_ = Result("导出", "", "内存", 99.0, "MiB")
        lines = table([kept, missed, open_]).splitlines()
        assert lines[1].split() == [
            "台账首页", "1k", "是下限的", "2.5", "×", "≤", "3", "×", "是",
            "10", "ms", "/", "4", "ms",
        ]  # fmt: skip
        assert "否" in lines[2]
        assert not {"是", "否"} & set(lines[3].split())

    def test_sizes_are_said_in_short(self) -> None:
        assert [size_name(size) for size in (300, 1_000, 100_000, 1_000_000)] == [
            "300", "1k", "100k", "1M",
        ]  # fmt: skip

    def test_turns_alternate_and_the_first_ones_do_not_count(self) -> None:
        order: list[str] = []
        acts = {name: lambda name=name: order.append(name) for name in ("a", "b")}
        times = race(acts, turns=2, warm=1)
        assert order == ["a", "b"] * 3
        assert [len(each) for each in times.values()] == [2, 2]

    def test_an_act_may_measure_itself(self) -> None:
        assert race({"a": lambda: Spent(7.0)}, turns=1, warm=0) == {"a": [7.0]}


def test_the_bench_measures_pages_and_flagging_of_a_small_ledger(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kept = tmp_path / "results.json"
    command = [sys.executable, "-m", "bench.run", "--sizes", "40", "--turns", "1"]
    command += ["--template", request.getfixturevalue("_migrated"), "--results", str(kept)]
    done = subprocess.run(
        [*command, "--only", "flagging", "ledger", "board"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "台账首页" in done.stdout
    found = json.loads(kept.read_text())["results"]
    assert {each["work"] for each in found} == {"标记逾期", "台账首页", "督办看板"}
    [queries] = [each for each in found if (each["work"], each["what"]) == ("台账首页", "SQL 条数")]
    assert queries["met"]
