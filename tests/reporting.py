"""The acts of a report's life in one line each, for tests that need reports."""

from __future__ import annotations

from datetime import date

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency
from apps.tasks.access import scope_of
from apps.tasks.assessments import Assessment
from apps.tasks.content import Content
from apps.tasks.models import Duty, Progress
from apps.tasks.services.reviewing import Verdict, progress_approve, progress_send_back
from apps.tasks.services.signing import progress_return, progress_sign
from apps.tasks.services.submitting import Entry, progress_submit
from tests.builders import TODAY, make_agency, make_line, make_member

GOOD = Content(text="已完成第一批。", self_assessment=Assessment.NORMAL)


def reporter_of(agency: Agency) -> User:
    return make_member(agency, Membership.Role.REPORTER)


def approver_of(agency: Agency, step: int = 1) -> User:
    user = make_member(agency, Membership.Role.APPROVER)
    user.memberships.update(step=step)
    return user


def supervisor() -> User:
    """Of the plans that `make_plan` makes."""
    agency = make_agency("省发展改革委")
    return make_member(agency, Membership.Role.SUPERVISOR, lines=[make_line()])


def version_of(duty: Duty) -> int:
    return Progress.objects.filter(duty=duty).values_list("version", flat=True).first() or 0


def seen(*reports: Progress) -> dict[int, int]:
    """What somebody posts who had these before them."""
    return {progress.pk: progress.version for progress in reports}


def submit(
    duty: Duty,
    user: User,
    content: Content = GOOD,
    *,
    seen_version: int | None = None,
    today: date = TODAY,
) -> Progress:
    """Hand in one row, having seen what is there unless told otherwise."""
    version = version_of(duty) if seen_version is None else seen_version
    entries = [Entry(duty.pk, content, version)]
    scope = scope_of(user, today)
    return progress_submit(actor=user, scope=scope, entries=entries, today=today)[0]


def sign(user: User, *reports: Progress, today: date = TODAY) -> int:
    scope = scope_of(user, today)
    return progress_sign(actor=user, scope=scope, seen=seen(*reports), today=today)


def return_inside(
    user: User, *reports: Progress, reason: str = "数字不对", today: date = TODAY
) -> int:
    """The unit's approver sends back."""
    return progress_return(
        actor=user,
        scope=scope_of(user, today),
        seen=seen(*reports),
        reason=reason,
        today=today,
    )


def approve(
    user: User,
    *reports: Progress,
    assessment: Assessment | None = None,
    reason: str = "",
    today: date = TODAY,
) -> int:
    verdicts = [Verdict(p.pk, p.version, assessment, reason) for p in reports]
    return progress_approve(actor=user, scope=scope_of(user, today), verdicts=verdicts, today=today)


def send_back(user: User, *reports: Progress, reason: str = "请补数字", today: date = TODAY) -> int:
    return progress_send_back(
        actor=user,
        scope=scope_of(user, today),
        seen=seen(*reports),
        reason=reason,
        today=today,
    )
