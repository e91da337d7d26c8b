"""Who is mentioned in one cell, and as what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from apps.agencies.party_grammar import names
from apps.agencies.party_grammar.pieces import (
    Break,
    Fragment,
    Label,
    Name,
    Open,
    Stop,
    Token,
    Verb,
)
from apps.agencies.party_grammar.words import Claim


@dataclass(frozen=True, slots=True)
class Mention:
    name: str
    also: tuple[str, ...] = ()
    claim: Claim | None = None
    word: str = ""
    of_class: bool = False  # 开发区管委会 beside 各区政府
    among_others: bool = False  # in a list that 等 leaves open

    @property
    def collective(self) -> bool:
        return self.of_class or names.is_collective(self.name)


@dataclass(slots=True)
class Reader:
    """Walks over the tokens of one cell.

    Names wait until a verb after them, the label before them or the end of the statement tells
    their role. A label holds until the next one.
    """

    default: Claim
    mentions: list[Mention] = field(default_factory=list)
    open_ended: bool = False
    _waiting: list[Mention] = field(default_factory=list)
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
            names.is_generic_place(text)
            and any("各" in m.name or m.of_class for m in self._waiting[-1:])
        )
        for at, place in reversed(list(enumerate(self._waiting))):
            whole = names.with_seat(place.name, full)
            if whole == place.name:
                break
            self._waiting[at] = replace(place, name=whole)
        self._waiting.append(Mention(full, name.also, name.claim, name.word, of_class=of_class))
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
            self._waiting += [Mention(whole) for whole in wholes]
        else:
            self._keep(fragments)
        return text, False

    def _keep(self, fragments: Iterable[str]) -> None:
        """格力电器 among names is likely one that we do not know: for a person to see."""
        self._waiting += [Mention(part) for part in fragments if names.may_stand_alone(part)]

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
        if names.widens_head(last.name, text):
            return self._joint == "、"
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
        if self._joint and self._waiting:
            self._keep(self._fragments)
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
