"""What a person settled in the preview of an import, beside how the sheet was read.

Stored as JSON with the import, so that the same file read again with the same answers gives the
same preview. Empty means: nothing was settled, everything as it was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from apps.agencies.parties import Role
from apps.common.errors import Refused
from apps.tasks.deadlines import Kind

# What a name in the file can be said to be; the code or the new unit's name follows the colon.
KNOWN = "known"
NEW = "new"
COLLECTIVE = "collective"
NOBODY = "nobody"
AGENCY_CHOICES = (KNOWN, NEW, COLLECTIVE, NOBODY)


@dataclass(frozen=True, slots=True)
class AgencyAnswer:
    """Who a name is: a known unit by its code (as alias), a new unit, several, or nobody."""

    choice: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class DeadlineAnswer:
    """A deadline as a person reads it; `due_on` only of a dated one."""

    kind: Kind
    due_on: date | None = None
    soft: bool = False


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What a person settled about one sheet row; None leaves the reading as it is.

    `parties` are (name, role) in order. `match` is the number of the row we have that this one
    is, "" for a new row. A `skipped` row is not imported.
    """

    deadline: DeadlineAnswer | None = None
    parties: tuple[tuple[str, Role], ...] | None = None
    match: str | None = None
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """All that was settled. `rows` goes by sheet row, `cancelled` names rows of ours by number."""

    agencies: Mapping[str, AgencyAnswer] = field(default_factory=dict)
    rows: Mapping[int, RowAnswer] = field(default_factory=dict)
    cancelled: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` reads them back to equal answers."""
        return {
            "agencies": {name: [said.choice, said.value] for name, said in self.agencies.items()},
            "rows": {str(row): _row_as_dict(said) for row, said in self.rows.items()},
            "cancelled": list(self.cancelled),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Answers:
        """Raises Refused for what `as_dict` never wrote."""
        try:
            return cls(
                agencies={
                    str(name): _agency(*said) for name, said in stored.get("agencies", {}).items()
                },
                rows={int(row): _row(said) for row, said in stored.get("rows", {}).items()},
                cancelled=tuple(str(number) for number in stored.get("cancelled", ())),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Refused("预览里填的内容读不出来，请刷新页面后重填。") from error


def _agency(choice: str, value: str) -> AgencyAnswer:
    if choice not in AGENCY_CHOICES:
        raise ValueError(choice)
    return AgencyAnswer(choice, str(value))


def _row_as_dict(said: RowAnswer) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if said.deadline is not None:
        day = said.deadline.due_on
        written["deadline"] = [
            said.deadline.kind.value,
            day.isoformat() if day else None,
            said.deadline.soft,
        ]
    if said.parties is not None:
        written["parties"] = [[name, role.value] for name, role in said.parties]
    if said.match is not None:
        written["match"] = said.match
    if said.skipped:
        written["skipped"] = True
    return written


def _row(stored: Mapping[str, Any]) -> RowAnswer:
    deadline, parties = stored.get("deadline"), stored.get("parties")
    return RowAnswer(
        deadline=None if deadline is None else _deadline(deadline),
        parties=None if parties is None else tuple((str(n), Role(role)) for n, role in parties),
        match=None if stored.get("match") is None else str(stored["match"]),
        skipped=bool(stored.get("skipped", False)),
    )


def _deadline(stored: Sequence[Any]) -> DeadlineAnswer:
    kind, due_on, soft = stored
    read = Kind(kind)
    if (read is Kind.DATE) != (due_on is not None):
        raise ValueError(kind)
    return DeadlineAnswer(read, date.fromisoformat(due_on) if due_on else None, bool(soft))
