"""Entering agencies with their other names and telephones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.agencies.models import Agency, Alias, Contact
from apps.audit.services import Act, record
from apps.common.actor import Actor


@dataclass(frozen=True, slots=True)
class OtherName:
    """A name beside the short and the full one, with where it is found."""

    name: str
    basis: str


@transaction.atomic
def agency_create(
    *, actor: Actor, today: date, agency: Agency, aliases: Iterable[OtherName] = ()
) -> Agency:
    """Save a new agency with its aliases."""
    agency.save(force_insert=True)
    Alias.objects.bulk_create(
        [Alias(agency=agency, name=other.name, basis=other.basis) for other in aliases]
    )
    record(actor=actor, today=today, act=Act("建立单位", agency))
    return agency


@transaction.atomic
def contacts_set(*, actor: Actor, today: date, agency: Agency, contacts: list[Contact]) -> None:
    """Replace whom to telephone in a unit."""
    before = "；".join(str(contact) for contact in agency.contacts.order_by("position"))
    agency.contacts.all().delete()
    for position, contact in enumerate(contacts):
        contact.agency = agency
        contact.position = position
    Contact.objects.bulk_create(contacts)
    after = "；".join(str(contact) for contact in contacts)
    record(actor=actor, today=today, act=Act("更新联系人", agency, {"联系人": (before, after)}))
