"""Which agency a name in a document means."""

from __future__ import annotations

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
