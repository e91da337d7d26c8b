"""Reads docs/permissions.md: who may do what, as the document says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs/permissions.md"
# what a cell may say
READS, OPENS, DOES, NOTHING = "reads", "opens", "does", "nothing"
REFUSED, HIDDEN, LOG_IN = "403", "404", "log in"
ANSWERS = {READS, OPENS, DOES, NOTHING, REFUSED, HIDDEN, LOG_IN}


@dataclass(frozen=True, slots=True)
class Cell:
    """One person doing one thing."""

    method: str
    address: str
    case: str
    who: str
    answer: str

    def __str__(self) -> str:
        case = f" {self.case}" if self.case else ""
        return f"{self.method} {self.address}{case} / {self.who}: {self.answer}"


def cells() -> list[Cell]:
    """Every cell of every table of the document whose first column is called `action`."""
    found: list[Cell] = []
    people: list[str] = []
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        row = [part.strip() for part in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            people = []
        elif row[0] == "action":
            people = row[1:]
        elif people and not row[0].startswith("---"):
            method, address, *case = row[0].strip("`").split()
            found += [
                Cell(method, address, " ".join(case), who, answer)
                for who, answer in zip(people, row[1:], strict=True)
            ]
    return found
