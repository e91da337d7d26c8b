"""What somebody has typed and not handed in: as typed, each person's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import NotAllowed, Refused
from apps.tasks.access import Scope
from apps.tasks.content import FIELDS, as_storable, fields_of
from apps.tasks.models import Draft, Duty, Progress
from apps.tasks.selectors.detail import progress_of
from apps.tasks.services.handing_in import closed_reasons

# A draft may be longer than what can be sent: nothing typed is thrown away.
_CHARS = 10_000


@dataclass(frozen=True, slots=True)
class OtherText:
    """What a colleague has written on the same row: a draft, or handed in (then a day only)."""

    who: str
    when: datetime | date
    fields: Mapping[str, str]
    handed_in: bool = False


@dataclass(frozen=True, slots=True)
class DraftSaved:
    """`version`: of the report as it is now; another than the one seen means it was handed in."""

    saved_at: datetime
    others: list[OtherText]
    version: int


@transaction.atomic
def draft_save(
    *,
    actor_user: User,
    scope: Scope,
    duty_id: int,
    fields: Mapping[str, str],
    seen_version: int,
    now: datetime,
) -> DraftSaved:
    """Keep what this person has typed so far, and say what others have written meanwhile.

    Refused where the row takes no report any more; NotAllowed for rows of other units.
    """
    duty = (
        Duty.objects.filter(pk=duty_id)
        .select_related("task", "plan_period__period", "progress")
        .first()
    )
    if duty is None or not scope.may_report(duty):
        raise NotAllowed("只有本单位填报员可以填报。")
    progress = progress_of(duty)
    reasons = closed_reasons(duty, progress)
    if reasons:
        raise Refused(*reasons)
    typed = _typed(fields)
    version = progress.version if progress else 0
    others = others_texts(duty, actor_user, typed, seen_version)
    if progress is not None and not _differs(fields_of(progress), typed):
        # typed on and handed in at once: a draft of it would only come back later
        Draft.objects.filter(duty=duty, user=actor_user).delete()
        return DraftSaved(now, others, version)
    saved = Draft(duty=duty, user=actor_user, fields=typed, seen_version=seen_version, saved_at=now)
    Draft.objects.bulk_create(
        [saved],
        update_conflicts=True,
        unique_fields=["duty", "user"],
        update_fields=["fields", "seen_version", "saved_at"],
    )
    return DraftSaved(now, others, version)


def others_texts(
    duty: Duty, user: User, typed: Mapping[str, str], seen_version: int
) -> list[OtherText]:
    """Colleagues' drafts on the report as it is now, and what was handed in since; newest last.

    `duty` with its report. What says the same is not reported.
    """
    progress = progress_of(duty)
    version = progress.version if progress else 0
    drafts = (
        Draft.objects.filter(duty=duty, seen_version__gte=version)
        .exclude(user=user)
        .select_related("user")
        .order_by("saved_at")
    )
    found = [OtherText(draft.user.name, draft.saved_at, draft.fields) for draft in drafts]
    if progress is not None and version != seen_version:
        found.append(_handed_in(progress))
    return [other for other in found if _differs(other.fields, typed)]


def _handed_in(progress: Progress) -> OtherText:
    return OtherText(
        progress.submitted_by, progress.submitted_on, fields_of(progress), handed_in=True
    )


def _typed(fields: Mapping[str, str]) -> dict[str, str]:
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise Refused(f"没有“{unknown[0][:20]}”这一栏，没有暂存。")
    if any(len(text) > _CHARS for text in fields.values()):
        raise Refused(f"一栏最多暂存 {_CHARS} 字，请删减后再填。")
    return {name: as_storable(text) for name, text in fields.items()}


def _differs(other: Mapping[str, str], typed: Mapping[str, str]) -> bool:
    return any(other.get(name, "").split() != typed.get(name, "").split() for name in FIELDS)
