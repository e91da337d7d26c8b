"""Two beats by mistake: each opening, flag, reminder and mail is there once all the same."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings

from apps.accounts.models import Membership, User
from apps.audit.models import Entry
from apps.audit.selectors import breaks
from apps.notices.models import Delivery, Message
from apps.ops.models import Installation
from apps.plans.models import PlanPeriod, PlanPolicy
from apps.tasks.models import Duty, Task
from tests.builders import TODAY, make_agency, make_duty, make_member, make_plan, make_task
from tests.tasks.test_worker import until, worker

ROWS = 20


@contextmanager
def beat(environment: dict[str, str], schedule: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "beat", "--loglevel", "warning",
         "--schedule", str(schedule), "--pidfile", "", "--max-interval", "1"],
        cwd=Path(settings.BASE_DIR),
        env=environment,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_two_beats_do_everything_once(live_database: dict[str, str], tmp_path: Path) -> None:
    mails = tmp_path / "mails"
    environment = {
        **live_database,
        "DJANGO_SETTINGS_MODULE": "tests.faults.quick_settings",
        "MAIL_FILE": str(mails),
    }
    Installation.objects.create(pk=1, body_name="广东省", sample=True, business_date=TODAY)
    agency = make_agency("省科技厅")
    user = make_member(agency, Membership.Role.REPORTER)
    User.objects.filter(pk=user.pk).update(email="a@gd.example")
    opening, owing = make_plan(), make_plan()
    PlanPolicy.objects.filter(plan=opening).update(opens_by_itself=True)
    for _ in range(ROWS):
        make_task(opening, leads=[agency])
        make_duty(make_task(owing, leads=[agency]), agency, cut_off=TODAY + timedelta(days=2))
    with (
        worker(environment),
        beat(environment, tmp_path / "one") as first,
        beat(environment, tmp_path / "two") as second,
    ):
        assert until(lambda: PlanPeriod.objects.filter(plan=opening).exists())
        # what beats alone can bring about: the worker's own sweep at its start is over
        late = [make_task(opening, leads=[agency], due_on=date(2020, 1, 1)) for _ in range(ROWS)]
        assert until(lambda: not Task.objects.filter(due_on__lt=TODAY, overdue_since=None).exists())
        assert until(lambda: Message.objects.filter(key__startswith="remind:").exists())
        assert until(
            lambda: (
                Delivery.objects.filter(sent_at__isnull=False).count() == Message.objects.count()
            )
        )
        assert (first.poll(), second.poll()) == (None, None)
    assert PlanPeriod.objects.filter(plan=opening).count() == 1
    assert Duty.objects.filter(plan_period__plan=opening).count() == ROWS
    flagged = Counter(Entry.objects.filter(action="标记逾期").values_list("object_id", flat=True))
    assert flagged == {str(task.pk): 1 for task in late}
    kinds = Counter(key.split(":")[0] for key in Message.objects.values_list("key", flat=True))
    assert (kinds["opened"], kinds["remind"]) == (1, 1)
    sent = Counter(mails.read_text(encoding="utf-8").splitlines())
    assert sum(sent.values()) == Message.objects.count()
    assert breaks() == []
