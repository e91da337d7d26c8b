"""Which agency a name in a document means."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from django.db.models import QuerySet

from apps.agencies.models import Agency
from apps.agencies.name_keys import (
    NATION,
    core,
    is_anybodys,
    level_of,
    likeness,
    local_keys,
    name_key,
    region_kind,
)
from apps.common.text import fold_tight

__all__ = ["NATION", "AgencyIndex", "agency_index", "names_everywhere", "names_taken"]

_SUGGESTED = 5
# How much nearer a unit is for being of the plan's own region, or of the nation.
_OWN, _NATIONAL = 0.2, 0.05

_Known = dict[str, Agency | None]


class AgencyIndex:
    """Names as the documents of one region use them; one that two units share means none.

    A name is looked for as it is written, then by its key (省发改委 is 省发展改革委), then
    under the region's own level (发改委); among the region's units, the nation's, and last those of
    another region that the name itself says (深圳市教育局). 能源局 in a province's plan is none of
    the nation's.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._own = _Names(region, _units_of(region))
        self._nation = (
            self._own if region == NATION else _Names(NATION, _units_of(NATION), only_theirs=True)
        )

    def find(self, name: str) -> Agency | None:
        """The unit of this name, never a guess."""
        for known in (self._own, self._nation):
            if known.knows(name):
                return known.find(name)
        return self._elsewhere(name)

    def suggest(self, name: str) -> list[Agency]:
        """Few units that an unknown name may mean, the likeliest first.

        县交通局 is never the province's, however like the rest of the names is.
        """
        wanted, level = core(name), level_of(name)
        best: dict[int, tuple[float, Agency]] = {}
        for agency, known in self._cores:
            if level and level != region_kind(agency.region):
                continue
            score = likeness(wanted, known)
            if not score:
                continue
            score += {self._region: _OWN, NATION: _NATIONAL}.get(agency.region, 0)
            if score > best.get(agency.pk, (0.0, agency))[0]:
                best[agency.pk] = score, agency
        ranked = sorted(best.values(), key=lambda found: (-found[0], found[1].rank, found[1].pk))
        return [agency for _, agency in ranked[:_SUGGESTED]]

    def _elsewhere(self, name: str) -> Agency | None:
        folded = fold_tight(name)
        region = max(
            (place for place in self._regions if folded.startswith(place)), key=len, default=None
        )
        return self._regions[region].find(name) if region else None

    @cached_property
    def _everybody(self) -> list[Agency]:
        return list(_units().order_by("rank", "pk"))

    @cached_property
    def _regions(self) -> dict[str, _Names]:
        """Every other region with its units, made when the first name says one."""
        units: dict[str, list[Agency]] = {}
        for agency in self._everybody:
            if agency.region not in (self._region, NATION):
                units.setdefault(agency.region, []).append(agency)
        return {region: _Names(region, found) for region, found in units.items()}

    @cached_property
    def _cores(self) -> list[tuple[Agency, str]]:
        return [
            (agency, core(name))
            for agency in self._everybody
            if not agency.collective
            for name in set(_names(agency))
        ]


class _Names:
    """What the units of one region are called; None where two of them share a name."""

    def __init__(
        self, region: str, agencies: Iterable[Agency], *, only_theirs: bool = False
    ) -> None:
        self._region = region
        self._only_theirs = only_theirs
        self._pairs = [
            (name, agency)
            for agency in agencies
            for name in _names(agency)
            if not (only_theirs and is_anybodys(name))
        ]
        self._written = _entered((fold_tight(name), agency) for name, agency in self._pairs)

    @cached_property
    def _keys(self) -> _Known:
        """Made for the first name that is not written as it is stored."""
        return _entered((name_key(name, self._region), agency) for name, agency in self._pairs)

    def find(self, name: str) -> Agency | None:
        known, key = self._place(name)
        return known.get(key)

    def knows(self, name: str) -> bool:
        known, key = self._place(name)
        return key in known

    def _place(self, name: str) -> tuple[_Known, str]:
        folded = fold_tight(name)
        if folded in self._written or (self._only_theirs and is_anybodys(folded)):
            return self._written, folded
        keys = [name_key(name, self._region), *local_keys(name, self._region)]
        return self._keys, next((key for key in keys if key in self._keys), folded)


def agency_index(region: str) -> AgencyIndex:
    """Names as a document of this region uses them: its own units first, then the nation's."""
    return AgencyIndex(region)


def _units() -> QuerySet[Agency]:
    return Agency.objects.prefetch_related("aliases")


def _units_of(region: str) -> QuerySet[Agency]:
    return _units().filter(region=region)


def _names(agency: Agency) -> list[str]:
    return [agency.name, agency.full_name, *(alias.name for alias in agency.aliases.all())]


def _entered(pairs: Iterable[tuple[str, Agency]]) -> _Known:
    known: _Known = {}
    for key, agency in pairs:
        known[key] = agency if known.get(key, agency) == agency else None
    return known


def names_taken(agency: Agency, aliases: Iterable[str]) -> dict[str, Agency]:
    """Which of a unit's names already mean another unit of its region."""
    others: dict[str, Agency] = {}
    found = Agency.objects.filter(region=agency.region).exclude(pk=agency.pk)
    for other in found.prefetch_related("aliases"):
        for name in (other.name, other.full_name, *(a.name for a in other.aliases.all())):
            others[fold_tight(name)] = other
    wanted = [agency.name, agency.full_name, *aliases]
    return {name: others[fold_tight(name)] for name in wanted if fold_tight(name) in others}


def names_everywhere() -> dict[str, set[int]]:
    """All names of all units, folded, over all regions: for lists that name no region."""
    found: dict[str, set[int]] = {}
    for agency in Agency.objects.prefetch_related("aliases").order_by("pk"):
        for name in (agency.name, agency.full_name, *(a.name for a in agency.aliases.all())):
            found.setdefault(fold_tight(name), set()).add(agency.pk)
    return found
