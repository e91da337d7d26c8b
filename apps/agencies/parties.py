"""Who leads, who supports: reads the responsibility wordings of Chinese government documents.

Source of the rules: product.md D3, and published division-of-labour tables (任务分工表). Nobody is
made a lead by guess: a lead is named so, is alone responsible, or follows from a rule that the
document states; `Party.derived_from` says which.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from apps.agencies import party_names as names
from apps.agencies.party_rules import Rule, take_out_rules
from apps.agencies.party_tokens import (
    Break,
    Fragment,
    Label,
    Name,
    Open,
    Stop,
    Token,
    Verb,
    tokens,
)
from apps.agencies.party_words import Claim

__all__ = ["Party", "Responsibility", "Role", "Rule", "combine", "read_parties"]

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


@dataclass(frozen=True, slots=True)
class Responsibility:
    text: str
    parties: tuple[Party, ...]
    open_ended: bool
    rules_found: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The shape of `manage.py parse units` (architecture.md §6)."""
        return {
            "text": self.text,
            "parties": [
                {
                    "name": party.name,
                    "role": party.role.value,
                    "collective": party.collective,
                    "also": list(party.also),
                    "derived_from": party.derived_from,
                }
                for party in self.parties
            ],
            "open_ended": self.open_ended,
            "rules_found": list(self.rules_found),
        }


def read_parties(
    text: str, *, default_role: Role | None = None, rules: Collection[Rule] = ()
) -> Responsibility:
    """Reads one wording; `default_role` is its column's, `rules` are in force in its document."""
    return _read([(text, default_role)], rules, text)


def combine(
    columns: Sequence[tuple[str, Role | None]], rules: Collection[Rule] = ()
) -> Responsibility:
    """Reads the cells of one row together: who is alone responsible shows only over all of them."""
    return _read(columns, rules, "；".join(text for text, _ in columns if text.strip()))


def _read(
    columns: Sequence[tuple[str, Role | None]], rules: Collection[Rule], text: str
) -> Responsibility:
    mentions: list[_Mention] = []
    found: list[Rule] = []
    open_ended = False
    for cell, default in columns:
        plain, cell_rules = take_out_rules(cell)
        reader = _Reader(_DEFAULT_CLAIMS[default])
        reader.read(tokens(plain))
        mentions += reader.mentions
        found += [rule for rule in cell_rules if rule not in found]
        open_ended = open_ended or reader.open_ended
    parties = _judge(mentions, {*found, *rules})
    return Responsibility(text, parties, open_ended, tuple(rule.value for rule in found))


# --- who is mentioned, and as what -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mention:
    name: str
    also: tuple[str, ...] = ()
    claim: Claim | None = None
    word: str = ""
    of_class: bool = False  # 开发区管委会 beside 各区政府
    among_others: bool = False  # in a list that 等 leaves open

    @property
    def collective(self) -> bool:
        return self.of_class or names.is_collective(self.name)


_DEFAULT_CLAIMS: dict[Role | None, Claim] = {
    None: Claim.WORK,
    Role.LEAD: Claim.LEAD,
    Role.SHARED: Claim.NAMED,
    Role.SUPPORT: Claim.SUPPORT,
    Role.GUIDE: Claim.GUIDE,
    Role.IMPLEMENT: Claim.IMPLEMENT,
    Role.DATA: Claim.DATA,
}


@dataclass(slots=True)
class _Reader:
    """Walks over the tokens of one cell.

    Names wait until a verb after them, the label before them or the end of the statement tells
    their role. A label holds until the next one.
    """

    default: Claim
    mentions: list[_Mention] = field(default_factory=list)
    open_ended: bool = False
    _waiting: list[_Mention] = field(default_factory=list)
    _fragments: list[str] = field(default_factory=list)
    _label: Label | None = None
    _prefix: str = ""
    _joint: str | None = None  # the separator since the last name of this group
    _convened: bool = False  # after 会同
    _led: bool = False  # a 牵头 since the label

    def read(self, stream: Iterable[Token]) -> None:
        for token in stream:
            match token:
                case Label():
                    self._stop(Stop.STATEMENT)
                    self._label, self._led = token, False
                case Name():
                    self._name(token)
                case Fragment(text):
                    self._fragment(text)
                case Verb(claim, word):
                    self._verb(claim, word)
                case Open():
                    self._leave_open()
                case Break(stop, text):
                    self._joint = text
                    self._stop(stop)
        self._stop(Stop.STATEMENT)

    def _name(self, name: Name) -> None:
        if self._belongs_to_the_last(name.text):
            self._lengthen_the_last(name.text)
            return
        text, levels = self._take_fragments(name.text)
        full = names.with_prefix(self._prefix, text)
        of_class = levels or (
            names.is_generic_place(text) and any("各" in m.name for m in self._waiting[-1:])
        )
        self._waiting.append(_Mention(full, name.also, name.claim, name.word, of_class=of_class))
        self._prefix = names.shared_prefix(full) or self._prefix

    def _take_fragments(self, text: str) -> tuple[str, bool]:
        """Completes the fragments before `text`, or `text` by them: 市、｜县人民政府."""
        fragments, self._fragments = self._fragments, []
        if not fragments:
            return text, False
        if all(map(names.is_level, fragments)) and names.closes_a_row_of_levels(text):
            return "、".join([*fragments, text]), True
        ending = names.shared_ending(text, max(fragments, key=len))
        if ending:
            wholes = (names.with_prefix(self._prefix, part + ending) for part in fragments)
            self._waiting += [_Mention(whole) for whole in wholes]
        return text, False

    def _fragment(self, text: str) -> None:
        if self._belongs_to_the_last(text):
            self._lengthen_the_last(text)
            return
        self._fragments.append(text)
        self._prefix = names.shared_prefix(text) or self._prefix

    def _lengthen_the_last(self, text: str) -> None:
        last = self._waiting.pop()
        self._waiting.append(replace(last, name=f"{last.name}{self._joint}{text}"))

    def _belongs_to_the_last(self, text: str) -> bool:
        """各区、｜县级市, 各县、｜区人民政府, 有关部门、｜单位: one class of bodies."""
        if not self._waiting or self._joint is None:
            return False
        last = self._waiting[-1]
        if names.is_bare(text):
            return last.collective
        return names.lacks_own_ending(last.name) and names.is_generic_place(text)

    def _verb(self, claim: Claim, word: str) -> None:
        if claim is Claim.CONVENE:
            self._settle(claim, word)
            self._convened = True
            return
        if self._convened:
            claim = Claim.SUPPORT
        self._led = self._led or claim is Claim.LEAD
        if claim is Claim.WORK and not self._led:
            claim, word = self._heading(word)
        self._settle(claim, word)
        self._convened = False

    def _heading(self, word: str) -> tuple[Claim, str]:
        """负责 says less than a label or a column: 牵头单位：市财政局负责."""
        if self._label and self._label.claim is not Claim.MUTE:
            return self._label.claim, self._label.word
        return Claim.WORK if self.default is Claim.NAMED else self.default, word

    def _leave_open(self) -> None:
        if self._label and self._label.claim is Claim.MUTE:
            return
        self.open_ended = True
        self._waiting = [replace(m, among_others=True) for m in self._waiting]

    def _stop(self, stop: Stop) -> None:
        if stop is Stop.ITEM:
            return
        self._prefix, self._joint = "", None
        self._fragments.clear()
        if self._convened and stop is Stop.STATEMENT:
            self._settle(Claim.SUPPORT, "会同")
            self._convened = False
        elif self._label:
            self._settle(self._label.claim, self._label.word)
        elif stop is Stop.STATEMENT:
            self._settle(self.default, "")
        if stop is Stop.STATEMENT and self._label and self._label.claim is Claim.MUTE:
            self._label = None

    def _settle(self, claim: Claim, word: str) -> None:
        self.mentions += [
            m if m.claim else replace(m, claim=claim, word=word) for m in self._waiting
        ]
        self._waiting.clear()


# --- roles -------------------------------------------------------------------------------------

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


def _judge(mentions: Sequence[_Mention], rules: Collection[Rule]) -> tuple[Party, ...]:
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


def _with_roles(mentions: Sequence[_Mention]) -> list[Party]:
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
