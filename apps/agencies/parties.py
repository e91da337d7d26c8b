"""Who leads, who supports: reads the responsibility wordings of Chinese government documents.

Source of the rules: product.md D3, and published division-of-labour tables (任务分工表). Nobody is
made a lead by guess: a lead is named so, is alone responsible, or follows from a rule that the
document states; `Party.derived_from` says which.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from apps.agencies.party_grammar.judge import SOLE_RESPONSIBLE, Party, Role, judge
from apps.agencies.party_grammar.reader import Mention, Reader
from apps.agencies.party_grammar.rules import Rule, take_out_rules
from apps.agencies.party_grammar.spelling import spelt
from apps.agencies.party_grammar.tokens import tokens
from apps.agencies.party_grammar.words import Claim

__all__ = [
    "SOLE_RESPONSIBLE",
    "Party",
    "Responsibility",
    "Role",
    "Rule",
    "combine",
    "read_parties",
]


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


_DEFAULT_CLAIMS: dict[Role | None, Claim] = {
    None: Claim.WORK,
    Role.LEAD: Claim.LEAD,
    Role.SHARED: Claim.NAMED,
    Role.SUPPORT: Claim.SUPPORT,
    Role.GUIDE: Claim.GUIDE,
    Role.IMPLEMENT: Claim.IMPLEMENT,
    Role.DATA: Claim.DATA,
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
    mentions: list[Mention] = []
    found: list[Rule] = []
    open_ended = False
    for cell, default in columns:
        plain, cell_rules = take_out_rules(spelt(cell))
        reader = Reader(_DEFAULT_CLAIMS[default])
        reader.read(tokens(plain))
        mentions += reader.mentions
        found += [rule for rule in cell_rules if rule not in found]
        open_ended = open_ended or reader.open_ended
    parties = judge(mentions, {*found, *rules})
    return Responsibility(text, parties, open_ended, tuple(rule.value for rule in found))
