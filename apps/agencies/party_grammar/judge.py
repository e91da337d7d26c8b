"""The role of each body, judged over the whole row: a word may mean less beside a 牵头."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from apps.agencies.party_grammar.reader import Mention
from apps.agencies.party_grammar.rules import Rule
from apps.agencies.party_grammar.words import Claim

SOLE_RESPONSIBLE = "sole_responsible"


class Role(enum.StrEnum):
    """What a body has to do with a task (product.md D3)."""

    LEAD = "lead"
    SUPPORT = "support"
    SHARED = "shared"
    GUIDE = "guide"
    IMPLEMENT = "implement"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Party:
    """`word` is the source's own role word (按职责分工负责, 责任单位), "" where it has none."""

    name: str
    role: Role
    collective: bool
    also: tuple[str, ...]
    derived_from: str | None
    word: str


_ROLES = {
    Claim.LEAD: Role.LEAD,
    Claim.CHIEF: Role.SHARED,
    Claim.CONVENE: Role.SUPPORT,
    Claim.STEER: Role.GUIDE,
    Claim.NAMED: Role.SHARED,
    Claim.WORK: Role.SHARED,
    Claim.SUPPORT: Role.SUPPORT,
    Claim.GUIDE: Role.GUIDE,
    Claim.IMPLEMENT: Role.IMPLEMENT,
    Claim.DATA: Role.DATA,
}
# A body named twice keeps the stronger role.
_STRENGTH = (Role.LEAD, Role.SHARED, Role.IMPLEMENT, Role.SUPPORT, Role.GUIDE, Role.DATA)
_LEADS_UNLESS_ANOTHER = (Claim.CHIEF, Claim.CONVENE, Claim.STEER)


def judge(mentions: Sequence[Mention], rules: Collection[Rule]) -> tuple[Party, ...]:
    parties = _without_repeats(_with_roles(mentions))
    if any(party.role is Role.LEAD for party in parties):
        return parties
    if Rule.FIRST_IS_LEAD in rules:
        return _first_leads(parties)
    if Rule.RESPONSIBLE_IS_LEAD in rules:
        return tuple(
            _derived(party, Role.LEAD, Rule.RESPONSIBLE_IS_LEAD)
            if party.role is Role.SHARED
            else party
            for party in parties
        )
    loose = {mention.name for mention in mentions if mention.among_others}
    return _sole_leads(parties, loose)


def _with_roles(mentions: Sequence[Mention]) -> list[Party]:
    """What a word means depends on whether the row names a lead."""
    claims = {mention.claim for mention in mentions}
    named = Claim.LEAD in claims
    stand_in = next((c for c in _LEADS_UNLESS_ANOTHER if not named and c in claims), None)
    parties = []
    for mention in mentions:
        if mention.claim is None or mention.claim is Claim.MUTE:
            continue
        role = _ROLES[mention.claim]
        if mention.claim is stand_in:
            role = Role.LEAD
        elif mention.claim is Claim.WORK and (named or stand_in):
            role = Role.SUPPORT
        parties.append(
            Party(mention.name, role, mention.collective, mention.also, None, mention.word)
        )
    return parties


def _without_repeats(parties: Iterable[Party]) -> tuple[Party, ...]:
    kept: dict[str, Party] = {}
    for party in parties:
        earlier = kept.get(party.name, party)
        kept[party.name] = min(earlier, party, key=lambda p: _STRENGTH.index(p.role))
    return tuple(kept.values())


def _first_leads(parties: Sequence[Party]) -> tuple[Party, ...]:
    first = next((party for party in parties if party.role is Role.SHARED), None)
    return tuple(
        _derived(party, Role.LEAD if party is first else Role.SUPPORT, Rule.FIRST_IS_LEAD)
        if party.role is Role.SHARED
        else party
        for party in parties
    )


def _sole_leads(parties: Sequence[Party], loose: Collection[str]) -> tuple[Party, ...]:
    """One body alone responsible; neither a class of bodies nor one example of several."""
    shared = [party for party in parties if party.role is Role.SHARED]
    sole = shared or [party for party in parties if len(parties) == 1]
    if len(sole) != 1 or sole[0].collective or sole[0].name in loose:
        return tuple(parties)
    if sole[0].role not in (Role.SHARED, Role.IMPLEMENT):
        return tuple(parties)
    return tuple(
        _derived(party, Role.LEAD, SOLE_RESPONSIBLE) if party is sole[0] else party
        for party in parties
    )


def _derived(party: Party, role: Role, source: str) -> Party:
    return replace(party, role=role, derived_from=str(source))
