"""经过 is read by unit, not by name: two units of one short name know nothing of each other."""

from __future__ import annotations

from datetime import date

import pytest

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.common.actor import LOADER
from apps.tasks.access import everything, scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.selectors.history import task_log
from apps.tasks.services.opening import Opening, opening_enter
from tests import reporting
from tests.builders import TODAY, make_agency, make_duty, make_member, make_task

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def namesakes() -> tuple[Agency, Agency]:
    return make_agency("市教育局", region="广州市"), make_agency("市教育局", region="深圳市")


@pytest.fixture
def task(namesakes: tuple[Agency, Agency]) -> Task:
    return make_task(leads=list(namesakes), consolidator=None)


def submit(duty: Duty, reporter: User, text: str) -> Progress:
    return reporting.submit(duty, reporter, Content(text=text, self_assessment=Assessment.NORMAL))


def told(task: Task, user: User, *, all_reports: bool = False) -> list[str]:
    scope = scope_of(user, TODAY)
    log = task_log(task, scope=scope, limit=20, marks_seen=True, reports_seen=all_reports)
    return [f"{event.text} {event.note}" for event in log.events]


def test_a_unit_reads_its_own_reports_and_not_its_namesakes(
    task: Task, namesakes: tuple[Agency, Agency]
) -> None:
    reporters = [make_member(unit, Role.REPORTER) for unit in namesakes]
    for unit, reporter in zip(namesakes, reporters, strict=True):
        submit(make_duty(task, unit), reporter, f"{unit.region}的进展")
    [first], [second] = (told(task, reporter) for reporter in reporters)
    assert first.startswith("填报2020年前三季度进展（市教育局）")
    assert "广州市的进展" in first
    assert "深圳市的进展" in second


def test_an_unsigned_report_hides_no_line_of_the_namesake(
    task: Task, namesakes: tuple[Agency, Agency]
) -> None:
    signing, straight = namesakes
    make_member(signing, Role.APPROVER)
    submit(make_duty(task, signing), make_member(signing, Role.REPORTER), "还没签")
    submit(make_duty(task, straight), make_member(straight, Role.REPORTER), "已送出")
    outsider = make_member(make_agency("省教育厅"), Role.REPORTER)
    [line] = told(task, outsider, all_reports=True)
    assert "已送出" in line


def test_a_renamed_unit_still_reads_what_it_reported(
    task: Task, namesakes: tuple[Agency, Agency]
) -> None:
    unit, _ = namesakes
    before = make_duty(task, unit, code="2020Q2", cut_off=date(2020, 7, 20))
    reporter = make_member(unit, Role.REPORTER)
    submit(before, reporter, "改名前的进展")
    Agency.objects.filter(pk=unit.pk).update(name="市教育委员会")
    assert len(told(task, reporter)) == 1


def test_opening_reports_are_read_by_unit_too(task: Task, namesakes: tuple[Agency, Agency]) -> None:
    reports = [
        Progress(
            duty=make_duty(task, unit),
            text="期初",
            self_assessment="normal",
            state=Progress.State.SUBMITTED,
            first_submitted_on=TODAY,
            submitted_on=TODAY,
            delivered_on=TODAY,
        )
        for unit in namesakes
    ]
    opening_enter(
        actor=LOADER,
        scope=everything(),
        plan=task.plan,
        opening=Opening(reports=reports),
        today=TODAY,
    )
    [line] = told(task, make_member(namesakes[0], Role.REPORTER))
    assert line.startswith("期初：报送2020年前三季度进展")
