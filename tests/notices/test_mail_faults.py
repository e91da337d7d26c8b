"""Real workers sending real queues of mail, killed in the middle or several at once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from apps.accounts.models import Membership, User
from apps.notices.jobs import send_mail
from apps.notices.models import Delivery, Message
from apps.notices.services import tell
from apps.notices.services.mail import address_messages
from tests.builders import TODAY, make_agency, make_member
from tests.tasks.test_worker import until, worker

MESSAGES = 200


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "mails"


@pytest.fixture
def environment(live_database: dict[str, str], kept: Path) -> dict[str, str]:
    return {
        **live_database,
        "DJANGO_SETTINGS_MODULE": "tests.notices.slow_settings",
        "MAIL_FILE": str(kept),
    }


def make_queue() -> None:
    """Messages to one unit with one reader."""
    agency = make_agency("省科技厅")
    user = make_member(agency, Membership.Role.REPORTER)
    User.objects.filter(pk=user.pk).update(email="a@gd.example")
    tell(
        messages=[
            Message(
                key=f"k{number}",
                agency=agency,
                subject=f"第{number}条",
                path="/tasks/",
                business_date=TODAY,
            )
            for number in range(MESSAGES)
        ]
    )


def mails(kept: Path) -> Counter[str]:
    return Counter(kept.read_text(encoding="utf-8").splitlines() if kept.exists() else [])


def test_a_worker_killed_while_sending_sends_nothing_twice(
    environment: dict[str, str], kept: Path
) -> None:
    make_queue()
    some = MESSAGES // 4
    with worker({**environment, "MAIL_STALL": str(some)}) as process:
        send_mail.delay()
        assert until(lambda: len(mails(kept)) == some)
        process.kill()
        process.wait(timeout=60)
    with worker(environment):
        send_mail.delay()
        assert until(lambda: Delivery.objects.filter(sent_at__isnull=True).count() <= 1)
    found = mails(kept)
    assert (len(found), set(found.values())) == (MESSAGES, {1})
    # taken, but nobody was left to write it down
    in_flight = Delivery.objects.get(sent_at__isnull=True)
    assert in_flight.claimed_at is not None
    assert Message.objects.count() == MESSAGES


def at_once(script: str, environment: dict[str, str], many: int = 4) -> None:
    """Run it in several processes that begin together."""
    waits = "import django; django.setup()\nprint(flush=True); input()\n"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", waits + script],
            cwd=Path(settings.BASE_DIR),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(many)
    ]
    for run in runs:
        assert run.stdout is not None
        run.stdout.readline()
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    for run in runs:
        run.communicate(timeout=120)
    assert [run.returncode for run in runs] == [0] * many


def test_four_at_once_send_each_mail_once(environment: dict[str, str], kept: Path) -> None:
    make_queue()
    at_once(
        "from time import sleep\n"
        "from apps.notices.jobs import send_mail\n"
        # whoever does not get to address the messages has its turn when they are addressed
        "for _ in range(10): send_mail(); sleep(0.05)\n",
        environment,
    )
    found = mails(kept)
    assert (len(found), set(found.values())) == (MESSAGES, {1})
    assert Delivery.objects.filter(sent_at__isnull=True).count() == 0


def test_four_at_once_send_a_digest_once(environment: dict[str, str], kept: Path) -> None:
    make_queue()
    User.objects.update(digest=True)
    address_messages(now=datetime(2020, 10, 12, 2, tzinfo=UTC), today=TODAY)
    at_once(
        "from datetime import UTC, date, datetime\n"
        "from apps.notices.services.mail import send_deliveries\n"
        "now, today = datetime(2020, 10, 13, 2, tzinfo=UTC), date(2020, 10, 13)\n"
        "for _ in range(5): send_deliveries(now=now, today=today)\n",
        # long enough for the others to come while the first is at it
        {**environment, "MAIL_PAUSE": "1"},
    )
    assert sum(mails(kept).values()) == 1
    assert Delivery.objects.filter(sent_at__isnull=False).count() == MESSAGES
