"""Writing the log. Always inside the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Model
from django.utils import timezone

from apps.audit.models import Entry
from apps.audit.selectors import VERIFY
from apps.common.actor import Actor
from apps.ops.models import JobRun

Changes = Mapping[str, tuple[object, object]]


@dataclass(frozen=True, slots=True)
class Act:
    """What happened to one object."""

    action: str
    obj: Model
    changes: Changes = field(default_factory=dict)
    reason: str = ""
    # the unit it is about; who may read of it depends on that (product.md D17)
    about_agency: Model | None = None


def record(*, actor: Actor, today: date, act: Act) -> None:
    """Write one row; `today` is the business date, the instant is the database's own."""
    record_all(actor=actor, today=today, acts=[act])


def record_all(*, actor: Actor, today: date, acts: Iterable[Act]) -> None:
    """Write many rows in one statement."""
    # asks the database where a person acts: once, not for each row
    agency_name = actor.agency_name
    Entry.objects.bulk_create(
        [
            Entry(
                business_date=today,
                actor_id=actor.actor_id,
                actor_name=actor.actor_name,
                agency_name=agency_name,
                action=act.action,
                object_type=act.obj._meta.model_name or "",  # noqa: SLF001  # Django's documented name for it
                object_id=str(act.obj.pk),
                object_label=str(act.obj)[:200],
                about_agency_id=str(act.about_agency.pk) if act.about_agency else "",
                changes=_written(act.changes),
                reason=act.reason,
            )
            for act in acts
        ],
        batch_size=1000,
    )


def record_refusal(
    *, actor: Actor, today: date, action: str, about: tuple[str, str], reason: str
) -> None:
    """Write that something was refused; `about` is the object's type and id, or what was typed."""
    kind, name = about
    Entry.objects.create(
        business_date=today,
        actor_id=actor.actor_id,
        actor_name=actor.actor_name,
        agency_name=actor.agency_name,
        action=action,
        object_type=kind,
        object_id=name[:64],
        object_label=name[:200],
        reason=reason,
        result=Entry.Result.REFUSED,
    )


_FAULTS_KEPT = 20


def verification_keep(*, entries: int, faults: Sequence[str]) -> None:
    """What `verify_audit` found, for the log's page and for Prometheus; not itself an act."""
    now = timezone.now()
    JobRun.objects.create(
        kind=VERIFY,
        key=now.isoformat(),
        state=JobRun.State.FAILED if faults else JobRun.State.DONE,
        done=entries,
        total=entries,
        error="\n".join(faults[:_FAULTS_KEPT]),
        finished_at=now,
    )


def _written(changes: Changes) -> dict[str, list[str | None]]:
    return {
        name: [None if value is None else str(value) for value in pair]
        for name, pair in changes.items()
    }
