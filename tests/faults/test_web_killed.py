"""The web process is killed while several people submit: what was answered is there, once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

from apps.accounts.samples import sample_password
from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.plans.models import PlanPeriod
from apps.tasks.models import Duty, Progress
from tests.faults.sites import Visitor, log_in, site
from tests.tasks.test_worker import until

# two sessions of each reporter
REPORTERS = {"fgw_tb": "gd-fgw", "kjt_tb": "gd-kjt"}
ANSWERED = 302


def empty_duties(agency: str) -> list[Duty]:
    """What the unit has not written yet and needs no number for."""
    return list(
        Duty.objects.filter(
            agency__code=agency,
            plan_period__state=PlanPeriod.State.OPEN,
            progress__isnull=True,
            task__task_indicators__isnull=True,
        ).order_by("pk")
    )


def text_of(duty_id: int) -> str:
    return f"第{duty_id}号应报的进展：已出台办法并组织实施。"


class Submitting:
    """Somebody who submits one row after the other until nobody answers any more."""

    def __init__(self, visitor: Visitor, duties: list[Duty]) -> None:
        self.visitor = visitor
        self.duties = duties
        self.answered: list[int] = []

    def run(self, gone: threading.Event) -> None:
        for duty in self.duties:
            if gone.is_set() or not self.submit(duty):
                return

    def submit(self, duty: Duty) -> bool:
        answer = self.visitor.post(
            f"/tasks/{duty.task_id}/duties/{duty.pk}/",
            {"text": text_of(duty.pk), "self_assessment": "normal", "version": "0"},
        )
        if answer.status == ANSWERED:
            self.answered.append(duty.pk)
        return answer.status == ANSWERED


def test_what_was_answered_is_there_once_and_nothing_is_there_by_half(
    live_sample: dict[str, str],
) -> None:
    work = {name: empty_duties(agency) for name, agency in REPORTERS.items()}
    wanted = {duty.pk for duties in work.values() for duty in duties}
    assert len(wanted) >= 12, "too little to be in the middle of"
    before = Entry.objects.count()
    gone = threading.Event()
    with site(live_sample) as served, ThreadPoolExecutor(4) as pool:
        people = [
            Submitting(log_in(served, name, sample_password()), duties[half::2])
            for name, duties in work.items()
            for half in (0, 1)
        ]
        logged_in = Entry.objects.count() - before
        runs: list[Future[None]] = [pool.submit(person.run, gone) for person in people]
        assert until(lambda: sum(len(person.answered) for person in people) >= 4)
        served.kill()
        gone.set()
        for run in runs:
            run.result()
        answered = [pk for person in people for pk in person.answered]
        assert len(answered) < len(wanted), "killed too late to prove anything"
        # the server ends what a killed client has left open
        time.sleep(0.5)

        written = set(Progress.objects.filter(duty__in=wanted).values_list("duty_id", flat=True))
        assert set(answered) <= written
        # without an answer at most one row of each person was under way
        assert len(written) - len(answered) <= len(people)
        assert_whole(written, before + logged_in)

        served.start()
        for person in people:
            for duty in person.duties:
                if duty.pk not in written:
                    assert person.submit(duty), duty
    assert set(Progress.objects.filter(duty__in=wanted).values_list("duty_id", flat=True)) == wanted
    assert_whole(wanted, before + logged_in)


def assert_whole(written: set[int], entries_before: int) -> None:
    """Each report with its own text and exactly one entry of the log."""
    reports = Progress.objects.filter(duty__in=written).select_related("duty")
    assert {report.duty_id: report.text for report in reports} == {
        pk: text_of(pk) for pk in written
    }
    logged = Counter(
        (entry.object_id, entry.about_agency_id)
        for entry in Entry.objects.order_by("pk")[entries_before:]
        if "本期进展" in entry.changes
    )
    assert logged == Counter(
        {(str(report.duty.task_id), str(report.duty.agency_id)): 1 for report in reports}
    )
    assert breaks() == []
