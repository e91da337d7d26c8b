"""Without Redis people go on working; what was to be done beside it is done when it is back."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from apps.accounts.samples import sample_password
from apps.ops.models import Installation, JobRun
from apps.plans.models import PlanPeriod
from apps.tasks.models import Duty, Progress, Task
from tests.faults.sites import log_in, site
from tests.tasks.test_worker import until, worker

# nothing listens there
NOWHERE = "redis://127.0.0.1:1/0"


def test_pages_and_saves_go_on_and_jobs_are_caught_up(live_sample: dict[str, str]) -> None:
    duty = Duty.objects.filter(
        agency__code="gd-kjt",
        plan_period__state=PlanPeriod.State.OPEN,
        progress__isnull=True,
        task__task_indicators__isnull=True,
    ).earliest("pk")
    with site({**live_sample, "REDIS_URL": NOWHERE}) as served:
        reporter = log_in(served, "kjt_tb", sample_password())
        for path in ("/", "/tasks/", "/inbox/", "/progress/2020Q3/", f"/tasks/{duty.task_id}/"):
            assert reporter.get(path).status == 200, path
        answer = reporter.post(
            f"/tasks/{duty.task_id}/duties/{duty.pk}/",
            {"text": "已出台办法。", "self_assessment": "normal", "version": "0"},
        )
        assert answer.status == 302
        supervisor = log_in(served, "fgw_dc", sample_password())
        answer = supervisor.post("/progress/2020Q3/sheets/", {})
        run = JobRun.objects.exclude(state=JobRun.State.DONE).get()
        assert (answer.status, answer.location) == (302, f"/jobs/{run.pk}/")
        assert supervisor.get(answer.location).status == 200
    assert Progress.objects.get(duty=duty).text == "已出台办法。"
    assert run.state == JobRun.State.WAITING

    # meanwhile the minute after which it is sent again is over, and rows have got late
    JobRun.objects.filter(pk=run.pk).update(created_at=F("created_at") - timedelta(minutes=5))
    late = Task.objects.filter(
        plan__relation="own", state="active", overdue_since=None, due_kind="date", due_soft=False
    )
    rows = dict(late.values_list("pk", "due_on"))
    assert rows
    Installation.objects.update(
        business_date=max(day for day in rows.values() if day) + timedelta(days=1)
    )
    with worker(live_sample):
        assert until(lambda: not Task.objects.filter(pk__in=rows, overdue_since=None).exists())
        assert until(lambda: JobRun.objects.get(pk=run.pk).state == JobRun.State.DONE)
    assert JobRun.objects.get(pk=run.pk).result is not None
