"""What a responsibility wording is cut into."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from apps.agencies.party_grammar.words import Claim


class Stop(enum.Enum):
    """How far a separator reaches: an item, a group with its own prefix, a statement."""

    ITEM = 1
    GROUP = 2
    STATEMENT = 3


@dataclass(frozen=True, slots=True)
class Label:
    claim: Claim
    word: str


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    also: tuple[str, ...] = ()
    claim: Claim | None = None  # 市发展改革委（牵头）
    word: str = ""


@dataclass(frozen=True, slots=True)
class Fragment:
    """No name yet: its ending may come with a later item (教育、科技、财政局)."""

    text: str


@dataclass(frozen=True, slots=True)
class Verb:
    claim: Claim
    word: str


@dataclass(frozen=True, slots=True)
class Open:
    """等: the list names examples."""


@dataclass(frozen=True, slots=True)
class Break:
    stop: Stop
    text: str


Token = Label | Name | Fragment | Verb | Open | Break
