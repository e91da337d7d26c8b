"""Which agency a name in a document means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apps.agencies.models import Agency, Alias
from apps.common.text import fold_tight

NATION = "全国"


@dataclass(frozen=True, slots=True)
class AgencyIndex:
    """Names known in a region, full names and aliases too; one that two units share means none."""

    by_name: dict[str, Agency] = field(default_factory=dict)

    def find(self, name: str) -> Agency | None:
        """The unit of this name, never a guess."""
        return self.by_name.get(fold_tight(name))


def agency_index(region: str) -> AgencyIndex:
    """Names as a document of this region uses them: its own units first, then the nation's."""
    known = _names(region)
    if region != NATION:
        known = {**_names(NATION), **known}
    return AgencyIndex({name: agency for name, agency in known.items() if agency is not None})


def _names(region: str) -> dict[str, Agency | None]:
    agencies = {agency.pk: agency for agency in Agency.objects.filter(region=region)}
    pairs = [(a.name, a.pk) for a in agencies.values()]
    pairs += [(a.full_name, a.pk) for a in agencies.values()]
    pairs += Alias.objects.filter(agency__region=region).values_list("name", "agency_id")
    found: dict[str, Agency | None] = {}
    for name, pk in pairs:
        key = fold_tight(name)
        known = found.get(key, agencies[pk])
        found[key] = agencies[pk] if known is agencies[pk] else None
    return found


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
