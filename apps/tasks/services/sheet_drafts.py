"""All that somebody has typed on a sheet, kept in one go before anything is done with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import NotAllowed
from apps.tasks.access import Scope
from apps.tasks.content import as_storable
from apps.tasks.models import Draft, Duty


@dataclass(frozen=True, slots=True)
class Typed:
    """One row as typed, and the version of the report it was written on."""

    fields: Mapping[str, str]
    seen_version: int


@transaction.atomic
def drafts_save(
    *,
    actor_user: User,
    scope: Scope,
    typed: Mapping[int, Typed],
    dropped: Collection[int] = (),
    now: datetime,
) -> None:
    """Keep these rows, by duty; whether they can be reported is asked afterwards.

    `dropped`: duties that read again as they are reported. NotAllowed, and nothing is kept, if a
    row is not this person's to fill in.
    """
    drafts_hold(actor_user)
    Draft.objects.filter(user=actor_user, duty_id__in=dropped).delete()
    if not typed:
        return
    owners = Duty.objects.filter(pk__in=typed).values_list("agency_id", flat=True)
    found = list(owners)
    if len(found) != len(typed) or not set(found) <= scope.rights.reporter_of:
        raise NotAllowed("有的项不是本单位应报的，没有保存。请刷新页面后再试。")
    Draft.objects.bulk_create(
        (
            Draft(
                duty_id=duty_id,
                user=actor_user,
                fields={name: as_storable(text) for name, text in row.fields.items()},
                seen_version=row.seen_version,
                saved_at=now,
            )
            for duty_id, row in sorted(typed.items())
        ),
        update_conflicts=True,
        unique_fields=["duty", "user"],
        update_fields=["fields", "seen_version", "saved_at"],
    )


def drafts_hold(user: User) -> None:
    """One page of a person after the other: each holds many drafts, and they would wait for each

    other. Whoever holds tasks as well holds them before.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
