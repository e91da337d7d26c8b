"""What a person settled about a file, laid over how it was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from apps.agencies.models import Agency
from apps.agencies.parties import Party, Responsibility, Role, Rule, combine
from apps.agencies.selectors import NATION, AgencyIndex, agency_index
from apps.common.text import fold_tight
from apps.plans.models import Plan
from apps.tasks.answers import COLLECTIVE, KNOWN, NEW, NOBODY, Answers, DeadlineAnswer, RowAnswer
from apps.tasks.deadlines import Kind, Reading
from apps.tasks.layout_types import DEFAULT_ROLES, SourceRow
from apps.tasks.selectors.table_types import Link


class Entered(NamedTuple):
    """New units, without keys yet, and new names of units."""

    agencies: tuple[Agency, ...]
    aliases: tuple[tuple[str, Agency], ...]


Read = tuple[Responsibility, tuple[Agency | None, ...]]


class Names:
    """Who a name in the file is: as a person said, else by the units known in the plan's region."""

    def __init__(self, plan: Plan, answers: Answers) -> None:
        self._index: AgencyIndex = agency_index(plan.region)
        self._said: dict[str, Agency] = {}
        self.collective: set[str] = set()
        self.nobody: set[str] = set()
        self.errors: list[str] = []
        # without keys: confirming enters them
        self.new: dict[str, Agency] = {}
        self.aliases: list[tuple[str, Agency]] = []
        self._settle(plan, answers)

    def find(self, name: str) -> Agency | None:
        """What is known by now goes first: somebody may have entered the unit meanwhile."""
        return self._index.find(name) or self._said.get(fold_tight(name))

    def link(self, name: str) -> Link | None:
        """What becomes of a name of ours that waits for its unit; None: it goes on waiting."""
        if agency := self.find(name):
            return Link(name, agency)
        folded = fold_tight(name)
        if folded in self.collective:
            return Link(name, None, collective=True)
        return Link(name, None) if folded in self.nobody else None

    def party(self, party: Party) -> Party | None:
        """The party as a person said it is; None for nobody."""
        if party.collective or self.find(party.name):
            return party
        folded = fold_tight(party.name)
        if folded in self.nobody:
            return None
        return replace(party, collective=True) if folded in self.collective else party

    def entered(self, names: Iterable[str]) -> Entered:
        """What confirming enters for the names that the rows have: not for one that is gone."""
        used = {fold_tight(name) for name in names}
        meant = {id(agency) for name, agency in self._said.items() if name in used}
        return Entered(
            tuple(agency for agency in self.new.values() if id(agency) in meant),
            tuple(pair for pair in self.aliases if fold_tight(pair[0]) in used),
        )

    def _settle(self, plan: Plan, answers: Answers) -> None:
        codes = {said.value for said in answers.agencies.values() if said.choice == KNOWN}
        known = {agency.code: agency for agency in Agency.objects.filter(code__in=codes)}
        for name, said in answers.agencies.items():
            folded = fold_tight(name)
            if said.choice == COLLECTIVE:
                self.collective.add(folded)
            elif said.choice == NOBODY:
                self.nobody.add(folded)
            elif self._index.find(name) is not None:
                continue
            elif said.choice == NEW:
                self._enter(plan, name, said.value or name)
            elif agency := known.get(said.value):
                self._mean(plan, name, agency)
            else:
                self.errors.append(f"给“{name}”选的单位已经不在单位库里，请重新选择。")

    def _enter(self, plan: Plan, name: str, called: str) -> None:
        """A unit of the plan's own level and region; several names may be one new unit."""
        if known := self._index.find(called):
            self._mean(plan, name, known)
            return
        wrong = _name_reason(called)
        if wrong:
            self.errors.append(wrong)
            return
        agency = self.new.setdefault(
            fold_tight(called),
            Agency(name=called, full_name=called, level=plan.level, region=plan.region),
        )
        self._mean(plan, name, agency)

    def _mean(self, plan: Plan, name: str, agency: Agency) -> None:
        self._said[fold_tight(name)] = agency
        # elsewhere the alias would not be found by this plan's tables
        here = agency.region in {plan.region, NATION}
        if here and fold_tight(name) != fold_tight(agency.name):
            self.aliases.append((name, agency))


_MOST_NAME = 60


def _name_reason(called: str) -> str:
    if len(called) > _MOST_NAME:
        return f"新单位的名称“{called[:20]}…”超过 {_MOST_NAME} 字，请改短。"
    return ""


class Wordings:
    """Reads responsibility cells, each wording once: tables say the same over and over."""

    def __init__(self, names: Names, rules: Sequence[Rule]) -> None:
        self._names = names
        self._rules = rules
        self._known: dict[tuple[tuple[str, str], ...], Read] = {}

    def read(self, row: SourceRow, said: RowAnswer | None) -> Read:
        """Who is responsible, with the units; as a person said it, where one did."""
        known = self._known.get(row.responsibility)
        if known is None:
            known = self._named(read_responsibility(row, self._rules))
            self._known[row.responsibility] = known
        if said is None or said.parties is None:
            return known
        several = {party.name for party in known[0].parties if party.collective}
        parties = tuple(
            _party(name, role, collective=name in several) for name, role in said.parties
        )
        return self._named(replace(known[0], parties=parties, rules_found=()))

    def _named(self, read: Responsibility) -> Read:
        parties = [party for each in read.parties if (party := self._names.party(each))]
        agencies = tuple(self._names.find(party.name) for party in parties)
        return replace(read, parties=tuple(parties)), agencies


def _party(name: str, role: Role, *, collective: bool) -> Party:
    return Party(name, role, collective=collective, also=(), derived_from=None, word="")


def read_responsibility(row: SourceRow, rules: Sequence[Rule] = ()) -> Responsibility:
    """All responsibility cells of a row, each with the role its column's header gives."""
    cells = [
        (text, Role(DEFAULT_ROLES[field]) if field in DEFAULT_ROLES else None)
        for field, text in row.responsibility
    ]
    return combine(cells, rules=rules)


def as_said(read: Reading, said: DeadlineAnswer) -> Reading:
    """The cell stays verbatim; what a rule had read beside the day stays where it can."""
    dated = said.kind is Kind.DATE
    return Reading(
        text=read.text,
        kind=said.kind,
        due_on=said.due_on,
        starts_on=read.starts_on,
        soft=said.soft and dated,
        milestone=read.milestone if dated else None,
        others=read.others if dated else (),
    )
