"""Sheets handed in, signed, reviewed and added to at the same moment: nothing mixed or doubled."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.audit.selectors import breaks, history
from apps.common.errors import Refused
from apps.notices.models import Message
from apps.tasks.access import scope_of
from apps.tasks.models import Duty, Evidence, Progress
from apps.tasks.services.evidence import MAX_FILES, Offered, evidence_add
from apps.tasks.services.sheet_drafts import Typed, drafts_save
from apps.tasks.services.submitting import Entry, RowsRefused, progress_submit
from tests.builders import TODAY, make_agency, make_duty, make_plan, make_task
from tests.reporting import GOOD, approve, approver_of, reporter_of, send_back, sign, supervisor

ROWS = 18
BASE = Path(__file__).resolve().parents[2]


def rows(unit: Agency, many: int = ROWS) -> list[Duty]:
    plan = make_plan()
    return [make_duty(make_task(plan, leads=[unit]), unit) for _ in range(many)]


def outcomes(*acts: Callable[[], object]) -> list[object]:
    """What became of each act, begun at one moment on connections of their own."""
    barrier = threading.Barrier(len(acts))
    found: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            found[place] = act()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test judges it
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return found


def sheet(user: User, duties: Sequence[Duty], text: str, version: int = 0) -> Callable[[], object]:
    scope = scope_of(user, TODAY)
    content = replace(GOOD, text=text)
    entries = [Entry(duty.pk, content, version) for duty in duties]
    return lambda: progress_submit(actor=user, scope=scope, entries=entries, today=TODAY)


def test_of_two_colleagues_with_the_same_sheet_one_wins_and_the_other_is_told(
    live_database: dict[str, str],
) -> None:
    assert live_database
    unit = make_agency("省科技厅")
    duties = rows(unit)
    texts = ["甲写的。", "乙写的。"]
    # one from the top, one from the bottom: the order of locks is nobody's own
    found = outcomes(
        sheet(reporter_of(unit), duties, texts[0]),
        sheet(reporter_of(unit), duties[::-1], texts[1]),
    )
    [loser] = [each for each in found if isinstance(each, Exception)]
    assert isinstance(loser, RowsRefused)
    assert loser.conflicts == {duty.pk for duty in duties}
    winner = texts[1 - found.index(loser)]
    assert {p.text for p in Progress.objects.all()} == {winner}
    assert all(history(duty.task).count() == 1 for duty in duties)
    assert breaks() == []


# Reads numbers only: a process that knows nothing of the one that started it.
_HAND_IN = """
import sys
import django
django.setup()
from datetime import date
from apps.accounts.models import User
from apps.tasks.access import scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content
from apps.tasks.services.sheet_drafts import Typed, drafts_save
from apps.tasks.services.submitting import Entry, RowsRefused, progress_submit
user = User.objects.get(pk=int(sys.argv[1]))
today = date(2020, 10, 12)
content = Content(text=f"进程{sys.argv[1]}。", self_assessment=Assessment.NORMAL)
entries = [Entry(int(pk), content, 0) for pk in sys.argv[2:]]
sys.stdin.readline()
try:
    progress_submit(actor=user, scope=scope_of(user, today), entries=entries, today=today)
except RowsRefused as refused:
    print("told", len(refused.conflicts))
else:
    print("sent")
"""


def test_processes_that_hand_in_the_same_sheet(live_database: dict[str, str]) -> None:
    unit = make_agency("省科技厅")
    duties = [str(duty.pk) for duty in rows(unit)]
    users = [reporter_of(unit) for _ in range(3)]
    environment = {**live_database, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _HAND_IN, str(user.pk), *duties],
            cwd=BASE,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for user in users
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120)[0].strip() for process in started]
    assert sorted(said) == ["sent", f"told {ROWS}", f"told {ROWS}"]
    winner = users[said.index("sent")]
    assert {p.text for p in Progress.objects.all()} == {f"进程{winner.pk}。"}
    assert Progress.objects.count() == ROWS
    assert breaks() == []


def test_approving_and_sending_back_at_once_only_one_is_done(
    live_database: dict[str, str],
) -> None:
    assert live_database
    unit = make_agency("省科技厅")
    duties = rows(unit)
    sheet(reporter_of(unit), duties, "写好了。")()
    watch, other = supervisor(), supervisor()
    reports = list(Progress.objects.all())
    found = outcomes(lambda: approve(watch, *reports), lambda: send_back(other, *reports[::-1]))
    failed = [each for each in found if isinstance(each, Exception)]
    assert len(failed) == 1
    assert isinstance(failed[0], Refused)
    [state] = set(Progress.objects.values_list("state", flat=True))
    assert state == ("returned" if found.index(failed[0]) == 0 else "approved")
    assert Message.objects.count() == 1
    assert breaks() == []


def test_signing_while_it_is_written_anew_signs_what_was_read_or_nothing(
    live_database: dict[str, str],
) -> None:
    assert live_database
    unit = make_agency("省科技厅")
    approver, reporter = approver_of(unit), reporter_of(unit)
    duties = rows(unit)
    sheet(reporter, duties, "第一稿。")()
    reports = list(Progress.objects.all())
    anew = sheet(reporter, duties, "第二稿。", version=1)
    found = outcomes(lambda: sign(approver, *reports), anew)
    failed = [each for each in found if isinstance(each, Exception)]
    assert len(failed) == 1
    assert isinstance(failed[0], Refused)
    kept = set(Progress.objects.values_list("text", "state"))
    signed = found.index(failed[0]) == 1
    assert kept == {("第一稿。", "submitted") if signed else ("第二稿。", "signing")}
    assert breaks() == []


def test_files_added_at_once_are_still_ten_at_most(live_database: dict[str, str]) -> None:
    assert live_database
    unit = make_agency("省科技厅")
    [duty] = rows(unit, 1)
    user = reporter_of(unit)
    scope = scope_of(user, TODAY)

    def add(number: int) -> Evidence:
        content = f"%PDF-1.7\n{number}\n%%EOF\n".encode()
        offered = Offered(f"材料{number}.pdf", len(content), io.BytesIO(content))
        return evidence_add(actor=user, scope=scope, duty_id=duty.pk, offered=offered, today=TODAY)

    for number in range(MAX_FILES - 2):
        add(number)
    late = range(MAX_FILES, MAX_FILES + 6)
    found = outcomes(*(partial(add, number) for number in late))
    assert sum(isinstance(each, Evidence) for each in found) == 2
    assert sum(isinstance(each, Refused) for each in found) == 4
    assert Evidence.objects.count() == MAX_FILES
    assert breaks() == []


def test_two_pages_of_one_person_keep_drafts_at_once(live_database: dict[str, str]) -> None:
    assert live_database
    unit = make_agency("省科技厅")
    reporter = reporter_of(unit)
    scope = scope_of(reporter, TODAY)
    duties = [duty.pk for duty in rows(unit)]
    halves = duties[: ROWS // 2], duties[ROWS // 2 :]

    def keep(kept: Sequence[int], dropped: Sequence[int]) -> None:
        typed = {pk: Typed({"text": "写了一半"}, 0) for pk in kept}
        for _ in range(20):
            drafts_save(
                actor_user=reporter, scope=scope, typed=typed, dropped=dropped, now=timezone.now()
            )

    found = outcomes(
        partial(keep, *halves),
        partial(keep, *halves[::-1]),
        partial(keep, duties[::2], duties[1::2]),
    )
    assert found == [None] * 3
