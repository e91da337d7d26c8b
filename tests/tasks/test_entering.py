"""代录: typed by the supervisor from the file a unit sent back."""

from __future__ import annotations

import io
from datetime import date

import pytest

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.audit.selectors import history
from apps.common.errors import NotAllowed, Refused
from apps.ops.services import file_keep
from apps.plans.models import PlanPeriod, PlanPolicy
from apps.tasks.access import scope_of
from apps.tasks.content import Content
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.services.submitting import Entry, RowsRefused, Source, progress_enter
from tests.builders import TODAY, make_agency, make_duty, make_task
from tests.reporting import GOOD, approve, approver_of, reporter_of, submit, supervisor

pytestmark = pytest.mark.django_db
LATE = date(2020, 10, 21)


@pytest.fixture
def unit() -> Agency:
    return make_agency("省科技厅")


@pytest.fixture
def duty(unit: Agency) -> Duty:
    return make_duty(make_task(leads=[unit]), unit)


def enter(
    user: User, duty: Duty, content: Content = GOOD, *, seen: int = 0, today: date = TODAY
) -> Progress:
    source = Source(file_keep(source=io.BytesIO(b"sheet")), "省科技厅.xlsx")
    return progress_enter(
        actor=user,
        scope=scope_of(user, today),
        entries=[Entry(duty.pk, content, seen)],
        source=source,
        today=today,
    )[0]


def test_it_is_with_the_supervisor_at_once_and_says_who_and_from_what(duty: Duty) -> None:
    approver_of(duty.agency)
    watch = supervisor()
    enter(watch, duty)
    progress = Progress.objects.get()
    assert (progress.state, progress.delivered_on) == ("submitted", TODAY)
    assert (progress.entered_by, progress.source_name) == (watch.name, "省科技厅.xlsx")
    assert progress.source_file is not None
    entry = history(duty.task).first()
    assert entry is not None
    assert entry.action == "代录2020年前三季度进展（省科技厅）"
    assert entry.reason == "来源文件：省科技厅.xlsx"
    assert Task.objects.get().report_mark == "in"


def test_after_the_cut_off_it_is_late(duty: Duty) -> None:
    enter(supervisor(), duty, today=LATE)
    assert Task.objects.get().report_mark == "late"


def test_where_sign_off_counts_its_own_day_does(duty: Duty) -> None:
    PlanPolicy.objects.update(on_time_by="sign_off")
    approver_of(duty.agency)
    assert enter(supervisor(), duty, today=LATE).counted_on == LATE


def test_what_the_unit_wrote_itself_since_is_never_overwritten(duty: Duty) -> None:
    submit(duty, reporter_of(duty.agency))
    with pytest.raises(RowsRefused) as refused:
        enter(supervisor(), duty, Content("表里的旧话。", GOOD.self_assessment))
    assert refused.value.conflicts == {duty.pk}
    assert Progress.objects.get().text == GOOD.text


def test_the_unit_may_write_it_anew_and_the_file_is_no_longer_its_source(duty: Duty) -> None:
    enter(supervisor(), duty)
    again = submit(duty, reporter_of(duty.agency))
    again.refresh_from_db()
    assert (again.entered_by, again.source_file, again.source_name) == ("", None, "")


def test_what_is_approved_or_closed_is_not_entered(duty: Duty) -> None:
    watch = supervisor()
    approve(watch, enter(watch, duty))
    with pytest.raises(Refused, match="已审核通过"):
        enter(watch, duty, seen=2)
    Progress.objects.update(state="returned")
    PlanPeriod.objects.update(state="closed", closed_on=TODAY)
    with pytest.raises(Refused, match="已关闭"):
        enter(watch, duty, seen=2)


def test_nobody_else_types_for_a_unit(duty: Duty) -> None:
    for stranger in (reporter_of(duty.agency), reporter_of(make_agency("省财政厅"))):
        with pytest.raises(NotAllowed, match="督查员可以代录"):
            enter(stranger, duty)
    assert not Progress.objects.exists()


def test_the_same_is_asked_of_it_as_of_the_unit(duty: Duty) -> None:
    with pytest.raises(RowsRefused, match="请填写本期进展"):
        enter(supervisor(), duty, Content("", GOOD.self_assessment))
