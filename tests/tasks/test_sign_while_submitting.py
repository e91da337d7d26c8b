"""Signing and reporting anew at the same moment: neither waits for the other for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from django.db import connection

from apps.accounts.models import Membership
from apps.audit.selectors import breaks
from apps.common.errors import Refused
from apps.tasks.access import scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.models import Duty, Progress
from apps.tasks.services.signing import progress_sign
from apps.tasks.services.submitting import Content, Entry, progress_submit
from tests.builders import TODAY, make_agency, make_duty, make_member, make_task

SECONDS = 3


def hammering(act: Callable[[int], object], failures: list[BaseException]) -> threading.Thread:
    """A thread that acts again and again; whatever is no refusal is kept as a failure."""

    def run() -> None:
        end = time.monotonic() + SECONDS
        turn = 0
        try:
            while time.monotonic() < end:
                turn += 1
                with suppress(Refused):
                    act(turn)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test reports it
            failures.append(error)
        finally:
            connection.close()

    return threading.Thread(target=run)


def versions(duty: Duty) -> int:
    return Progress.objects.filter(duty=duty).values_list("version", flat=True).first() or 0


def test_a_signer_and_a_submitter_of_one_duty_never_deadlock(
    live_database: dict[str, str],
) -> None:
    assert live_database
    unit = make_agency("省科技厅")
    duty = make_duty(make_task(leads=[unit]), unit)
    reporter = make_member(unit, Membership.Role.REPORTER)
    approver = make_member(unit, Membership.Role.APPROVER)
    reporting, signing = scope_of(reporter, TODAY), scope_of(approver, TODAY)

    def submit(turn: int) -> None:
        content = Content(text=f"第{turn}稿。", self_assessment=Assessment.NORMAL)
        progress_submit(
            actor=reporter,
            scope=reporting,
            entries=[Entry(duty.pk, content, versions(duty))],
            today=TODAY,
        )

    def sign(_turn: int) -> None:
        waiting = Progress.objects.filter(duty=duty).values_list("pk", "version")
        progress_sign(actor=approver, scope=signing, seen=dict(waiting), today=TODAY)

    failures: list[BaseException] = []
    threads = [hammering(submit, failures), hammering(sign, failures), hammering(sign, failures)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert Progress.objects.get().signed_by or versions(duty) > SECONDS
    assert breaks() == []
