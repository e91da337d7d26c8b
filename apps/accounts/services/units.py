"""Registering and changing units, their other names and telephones: who may, then do it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from apps.accounts.access import holds, looks_after, rights_of
from apps.accounts.models import User
from apps.agencies.models import Agency, Contact
from apps.agencies.services import (
    AgencyFacts,
    OtherName,
    agency_change,
    agency_register,
    contacts_set,
)
from apps.common.actor import Actor
from apps.common.errors import NotAllowed


def may_edit_units(actor: Actor, today: date) -> bool:
    """Supervisors and the system administrator."""
    supervises = isinstance(actor, User) and rights_of(actor, today).is_supervisor
    return supervises or holds(actor, User.Duty.SYSTEM)


def may_set_contacts(actor: Actor, agency: Agency, today: date) -> bool:
    """Supervisors, and in the unit itself its administrator and its reporters."""
    if not isinstance(actor, User):
        return True
    rights = rights_of(actor, today)
    ours = looks_after(actor, agency.pk, today) or agency.pk in rights.reporter_of
    return rights.is_supervisor or ours


@transaction.atomic
def unit_register(
    *, actor: Actor, today: date, facts: AgencyFacts, aliases: Sequence[OtherName]
) -> Agency:
    """A new unit."""
    _refuse_editing(actor, today)
    return agency_register(actor=actor, today=today, facts=facts, aliases=aliases)


@transaction.atomic
def unit_change(
    *,
    actor: Actor,
    today: date,
    agency: Agency,
    facts: AgencyFacts,
    aliases: Sequence[OtherName],
    seen: str,
) -> bool:
    """New facts and names; False where nothing differs."""
    _refuse_editing(actor, today)
    return agency_change(
        actor=actor, today=today, agency=agency, facts=facts, aliases=aliases, seen=seen
    )


@transaction.atomic
def unit_contacts_set(
    *, actor: Actor, today: date, agency: Agency, contacts: list[Contact], seen: str
) -> None:
    """Whom to telephone, replaced as a whole."""
    if not may_set_contacts(actor, agency, today):
        raise NotAllowed("联系人由督查员和本单位的管理员、填报员登记。")
    contacts_set(actor=actor, today=today, agency=agency, contacts=contacts, seen=seen)


def _refuse_editing(actor: Actor, today: date) -> None:
    if not may_edit_units(actor, today):
        raise NotAllowed("单位由督查员和系统管理员登记、修改。")
