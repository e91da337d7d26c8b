"""Entering and changing agencies with their other names and telephones.

Who may do it is for the callers to say: this app knows nothing of people.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

from django.db import IntegrityError, transaction

from apps.agencies.models import Agency, Alias, Contact
from apps.agencies.selectors import names_taken
from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import Conflict, Refused
from apps.common.text import fold, fold_tight

MOST_CONTACTS = 8
_TELEPHONE = re.compile(r"[0-9+()（） *#,，转-]{3,30}")
_POST_CHARS, _NAME_CHARS = 20, 20


@dataclass(frozen=True, slots=True)
class OtherName:
    """A name beside the short and the full one, with where it is found."""

    name: str
    basis: str


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """What is entered of a unit, beside its other names."""

    name: str
    full_name: str
    level: str
    region: str
    affiliation: str = Agency.Affiliation.GOVERNMENT.value
    full_name_sourced: bool = False
    collective: bool = False
    rank: int = 0


@transaction.atomic
def agency_create(
    *, actor: Actor, today: date, agency: Agency, aliases: Iterable[OtherName] = ()
) -> Agency:
    """Save a new agency with its aliases."""
    agency.save(force_insert=True)
    _alias_rows(agency, aliases)
    record(actor=actor, today=today, act=Act("建立单位", agency))
    return agency


@transaction.atomic
def agency_register(
    *, actor: Actor, today: date, facts: AgencyFacts, aliases: Sequence[OtherName] = ()
) -> Agency:
    """A unit that a person enters; its code, which only exchanged data use, is made here.

    Refused where one of its names already means another unit of the region.
    """
    agency = Agency(code=f"unit-{secrets.token_hex(4)}")
    _fill(agency, facts)
    _refuse_names(agency, aliases)
    try:
        with transaction.atomic():
            return agency_create(actor=actor, today=today, agency=agency, aliases=aliases)
    except IntegrityError as error:
        raise Conflict(f"刚才有人登记了“{agency.name}”，没有重复登记。") from error


@transaction.atomic
def agency_change(
    *,
    actor: Actor,
    today: date,
    agency: Agency,
    facts: AgencyFacts,
    aliases: Sequence[OtherName],
    seen: str,
) -> bool:
    """New facts and other names; False where nothing differs. `seen` is facts_digest before."""
    agency = Agency.objects.select_for_update().get(pk=agency.pk)
    if seen != facts_digest(agency):
        raise Conflict("这个单位刚被别人改过，请打开单位页面核对；再按一次保存就以您这份为准。")
    before = _facts_said(agency)
    _fill(agency, facts)
    _refuse_names(agency, aliases)
    after = {**_said(agency), "别名": _listed(aliases)}
    changes = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    if not changes:
        return False
    agency.save()
    if "别名" in changes:
        agency.aliases.all().delete()
        _alias_rows(agency, aliases)
    act = Act("修改单位", agency, changes, about_agency=agency)
    record(actor=actor, today=today, act=act)
    return True


def facts_digest(agency: Agency) -> str:
    """Stands for what somebody saw of a unit before changing it."""
    return hashlib.sha256(repr(_facts_said(agency)).encode()).hexdigest()


def _facts_said(agency: Agency) -> dict[str, object]:
    return {**_said(agency), "别名": _listed(agency.aliases.order_by("pk"))}


def contacts_digest(agency: Agency) -> str:
    """Stands for the telephones that somebody saw before changing them."""
    return hashlib.sha256(_contacts_said(agency).encode()).hexdigest()


def _contacts_said(agency: Agency) -> str:
    return "；".join(map(_reached, agency.contacts.order_by("position")))


@transaction.atomic
def contacts_set(
    *,
    actor: Actor,
    today: date,
    agency: Agency,
    contacts: list[Contact],
    seen: str | None = None,
) -> None:
    """Replace whom to telephone in a unit; `seen` is contacts_digest before, None for a loader."""
    _refuse_contacts(contacts)
    Agency.objects.select_for_update().get(pk=agency.pk)
    before = _contacts_said(agency)
    if seen is not None and seen != contacts_digest(agency):
        raise Conflict(
            f"联系人刚被别人改过，现在是“{before or '没有联系人'}”；再按一次保存就以您这份为准。"
        )
    after = "；".join(map(_reached, contacts))
    if before == after:
        return
    agency.contacts.all().delete()
    for position, contact in enumerate(contacts):
        contact.agency = agency
        contact.position = position
    Contact.objects.bulk_create(contacts)
    changes = {"联系人": (before or None, after or None)}
    act = Act("更新联系人", agency, changes, about_agency=agency)
    record(actor=actor, today=today, act=act)


def _reached(contact: Contact) -> str:
    return f"{contact.post} {contact}".strip()


def _refuse_contacts(contacts: Sequence[Contact]) -> None:
    reasons = []
    if len(contacts) > MOST_CONTACTS:
        reasons.append(f"联系人不超过 {MOST_CONTACTS} 位。")
    for place, contact in enumerate(contacts, start=1):
        where = f"第 {place} 位联系人"
        if not contact.post or len(contact.post) > _POST_CHARS:
            reasons.append(f"{where}：请填写岗位，不超过 {_POST_CHARS} 字。")
        if not contact.name or len(contact.name) > _NAME_CHARS:
            reasons.append(f"{where}：请填写姓名，不超过 {_NAME_CHARS} 字。")
        if not _TELEPHONE.fullmatch(contact.telephone):
            reasons.append(f"{where}：“{contact.telephone[:30]}”不是电话号码，请核对。")
    if reasons:
        raise Refused(*reasons)


def _fill(agency: Agency, facts: AgencyFacts) -> None:
    for fact in fields(facts):
        value = getattr(facts, fact.name)
        setattr(agency, fact.name, fold(value) if isinstance(value, str) else value)


def _refuse_names(agency: Agency, aliases: Sequence[OtherName]) -> None:
    """A name that two units of a region share means none of them, for every table."""
    reasons = []
    named = [fold_tight(other.name) for other in aliases]
    reasons += [
        f"别名“{name}”写了两次。" for name in sorted({n for n in named if named.count(n) > 1})
    ]
    reasons += [
        f"别名“{other.name}”请写明依据（文件、会议或来文）。"
        for other in aliases
        if not other.basis
    ]
    reasons += [
        f"“{name}”已经是{agency.region}“{other}”的名称，一个名称只能指一个单位。"
        for name, other in names_taken(agency, [o.name for o in aliases]).items()
    ]
    if reasons:
        raise Refused(*reasons)


def _alias_rows(agency: Agency, aliases: Iterable[OtherName]) -> None:
    Alias.objects.bulk_create(
        [Alias(agency=agency, name=other.name, basis=other.basis) for other in aliases]
    )


def _said(agency: Agency) -> dict[str, object]:
    return {
        "简称": agency.name,
        "全称": agency.full_name,
        "全称有出处": "是" if agency.full_name_sourced else "否",
        "级别": agency.level,
        "地区": agency.region,
        "隶属": agency.get_affiliation_display(),
        "集合名称": "是" if agency.collective else "否",
        "排序": agency.rank,
    }


def _listed(aliases: Iterable[Alias | OtherName]) -> str | None:
    return "；".join(f"{a.name}（{a.basis}）" if a.basis else a.name for a in aliases) or None
