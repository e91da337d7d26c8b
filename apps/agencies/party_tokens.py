"""Takes a responsibility wording apart: labels, names, verbs, 等 and the stops between them.

Half- and full-width punctuation, and the four kinds of brackets, count the same; a bracket that is
missing or of another kind than its partner does no harm.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from apps.agencies import party_names as names
from apps.agencies.party_words import (
    LABEL,
    VERB,
    Claim,
    is_strong,
    label_claim,
    note_claim,
    verb_claim,
)


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

# --- brackets ----------------------------------------------------------------------------------

_STOPS = dict.fromkeys("、､/／|｜", Stop.ITEM)
_STOPS |= dict.fromkeys("，,:：", Stop.GROUP) | dict.fromkeys("；;。｡！!？?", Stop.STATEMENT)
_END_OF_ITEM = re.compile(f"[{''.join(_STOPS)}]|\\s")
# Longer ones are prose; the limits also keep hostile input cheap.
_LONGEST_NOTE, _LONGEST_STRETCH = 500, 300


def tokens(text: str) -> Iterator[Token]:
    """Every label, name, verb, 等 and stop of `text`, in its order."""
    return _labelled(_open_up("".join(c for c in text if unicodedata.category(c) != "Cf")))


def _open_up(text: str) -> str:
    """`text` with the brackets around statements turned into stops, and the others made whole.

    A bracket stays only where it explains the name before it or is part of that name.
    """
    partners, strays = _partners(text)
    out = list(text)
    for at in strays:
        out[at] = " "
    for start, end in sorted(partners.items()):
        if _begins_an_item(out, start) or _speaks(text[start + 1 : end]):
            out[start] = "；"
            out[end : end + 1] = ["；"] * len(out[end : end + 1])
        elif end == len(text):
            stop = _END_OF_ITEM.search(text, start)
            out[(stop.start() if stop else end) - 1] += names.CLOSING[
                names.OPENING.index(text[start])
            ]
    return "".join(out)


def _partners(text: str) -> tuple[dict[int, int], list[int]]:
    """Opening → closing position, whatever their kinds (len(text) where it is missing); strays."""
    partners: dict[int, int] = {}
    waiting: list[int] = []
    strays: list[int] = []
    for at, char in enumerate(text):
        if char in names.OPENING:
            waiting.append(at)
        elif char in names.CLOSING and waiting:
            partners[waiting.pop()] = at
        elif char in names.CLOSING:
            strays.append(at)
    return partners | dict.fromkeys(waiting, len(text)), strays


def _begins_an_item(out: list[str], at: int) -> bool:
    while at and out[at - 1].isspace():
        at -= 1
    return at == 0 or out[at - 1] in _STOPS


def _speaks(note: str) -> bool:
    """A statement of its own: （省科技厅牵头，…）, not a second name: （市道运局）."""
    if len(note) > _LONGEST_NOTE:
        return False
    if LABEL.search(note):
        return True
    found = list(_labelled(note))
    return any(isinstance(t, Name) for t in found) and any(isinstance(t, Verb) for t in found)


# --- from labels down to single names ----------------------------------------------------------


def _labelled(text: str) -> Iterator[Token]:
    at = 0
    for found in LABEL.finditer(text):
        yield from _stopped(text[at : found.start()])
        word = found["role"] or found["plain"]
        yield Label(label_claim(word) if word else Claim.MUTE, word or found["mute"])
        at = found.end()
    yield from _stopped(text[at:])


def _stopped(text: str) -> Iterator[Token]:
    """Cuts at the stops outside brackets; white space is judged by `_rejoined`."""
    depth = 0
    parts = [""]
    for char in text:
        depth += (char in names.OPENING) - (char in names.CLOSING)
        if depth <= 0 and char in _STOPS:
            yield from _rejoined(parts)
            yield Break(_STOPS[char], char)
            parts = [""]
        elif not char.isspace():
            parts[-1] += char
        elif depth <= 0 and parts[-1]:
            parts.append("")
    yield from _rejoined(parts)


def _rejoined(parts: list[str]) -> Iterator[Token]:
    """White space ends a name only where a name is complete: layout also breaks names in two."""
    whole = parts[0]
    for part in parts[1:]:
        if _breaks(whole, part):
            yield from _phrases(whole)
            yield Break(Stop.ITEM, "、")
            whole = part
        else:
            whole += part
    yield from _phrases(whole)


def _breaks(before: str, after: str) -> bool:
    if not after or after[0] in names.OPENING or names.is_bare(after):
        return False
    starts_anew = names.has_own_level(after) and len(after) > 2  # noqa: PLR2004 - 县区, 省委: halves
    if names.is_head(before):
        return starts_anew
    if len(before) > _LONGEST_STRETCH:
        return True
    return _is_settled(before) or (starts_anew and len(before) > 1)


def _is_settled(text: str) -> bool:
    if names.is_institution(text) or names.is_post(text) or names.is_time(text):
        return True
    return _cut_open(text) is not None or any(f.end() == len(text) for f in VERB.finditer(text))


_ORNAMENTS = '.．·•●★☆※*#—-－“”"'
_NUMBERING = re.compile(r"^(?:\d+[.．]|[①-⑳])")
_LEAD_IN = re.compile(
    "^(?:[^自由]{0,10}由|请|并|其中|同时|其余|以及|及|与|和(?![平田县林顺硕静布龙政]))+"
)


def _phrases(text: str) -> Iterator[Token]:
    """Names and verbs of a stretch without stops: 科技部等按职责分工负责."""
    text = _NUMBERING.sub("", text.strip(_ORNAMENTS))
    if len(text) > _LONGEST_STRETCH:
        return
    last: Claim | None = None
    at = start = 0
    while found := VERB.search(text, at):
        at = found.start() + 1
        if _closes(text, start, found):
            yield from _listed(text[start : found.start()])
            last = verb_claim(found)
            yield Verb(last, found[0])
            at = start = found.end()
    yield from _remainder(text[start:], last)


def _closes(text: str, start: int, verb: re.Match[str]) -> bool:
    """Whether `verb` follows a complete list, so that it is no part of a longer name."""
    before = text[start : verb.start()]
    if before and not (names.is_post(before) or names.is_bare(before) or _is_list(before)):
        return False
    if is_strong(verb) or names.has_own_level(text[verb.end() :]):
        return True
    following = VERB.search(text, verb.end())
    return not names.is_institution(text[start : following.start() if following else len(text)])


def _is_list(text: str) -> bool:
    return _members(text) is not None or _cut_open(text) is not None


def _remainder(text: str, last: Claim | None) -> Iterator[Token]:
    """What follows the last verb is its object (牵头制定方案), unless a new list starts there."""
    if last in (None, Claim.CONVENE) or (
        last in (Claim.LEAD, Claim.WORK) and names.has_own_level(text) and _is_list(text)
    ):
        yield from _listed(text)


_JOINER = re.compile("以及|及|和|与|暨")
_JOINT = re.compile(f"{_JOINER.pattern}|(?<=.)(?=各)")
_KIND = "(?:部门|单位|机构|地方|企业|科室|处室|委办局|方面)"
_KINDS = re.compile(f"(?:各|有关|相关|其他|职能|[省市县区州]直|[省市县区州]级)*{_KIND}")


def _cut_open(text: str) -> tuple[str, str] | None:
    """What stands before 等, and what is joined on after it; None where 等 is part of a name.

    A class of bodies straight after 等 only says what the list is made of; 等和各区政府 adds one.
    """
    for found in re.finditer("等", text):
        head, rest = text[: found.start()], text[found.end() :]
        joint = next(
            (j for j in _JOINER.finditer(rest) if not _KINDS.fullmatch(rest[j.end() :])), None
        )
        kind, tail = (rest[: joint.start()], rest[joint.end() :]) if joint else (rest, "")
        listed = not head or _members(head) is not None
        if (listed and (not kind or names.is_collective(kind))) or (
            names.is_fragment(head) and (_KINDS.fullmatch(kind) or names.is_generic_place(kind))
        ):
            return head, tail
    return None


def _listed(text: str) -> Iterator[Token]:
    cut = _cut_open(text)
    if cut is None:
        yield from _joined(text)
        return
    head, tail = cut
    kind = text[len(head) + 1 :]
    # 广州、深圳、珠海等｜市人民政府: the ending of all of them.
    ends_them = names.is_generic_place(kind) and _members(head) is None
    yield from _joined(head + kind if ends_them else head)
    yield Open()
    yield from _joined(tail)


def _joined(text: str) -> Iterator[Token]:
    text = _LEAD_IN.sub("", text, count=1)
    members = _members(text)
    yield from _named(members[0][1] if members else text)
    for joiner, name in (members or [])[1:]:
        yield Break(Stop.ITEM, joiner)
        yield from _named(name)


def _members(text: str) -> list[tuple[str, str]] | None:
    """The names that `text` consists of, each with the 和 or 及 before it; None if it does not.

    和 parts only what is complete on both sides, a second 各 does so by itself (各地各部门).
    """
    text = _LEAD_IN.sub("", text, count=1)
    for found in _JOINT.finditer(text):
        left = text[: found.start()]
        if names.is_institution(left) and (found[0] or re.search("各|有关|相关", left)):
            others = _members(text[found.end() :])
            if others:
                return [("", left), (found[0], others[0][1]), *others[1:]]
            break
    return [("", text)] if names.is_institution(text) else None


_FORMER = re.compile("^(?:现为?|原|加?挂|即|含)")


def _named(text: str) -> Iterator[Token]:
    if not names.is_institution(text):
        if names.is_fragment(text) or names.is_level(text):
            yield Fragment(text)
        return
    stem, note = _last_note(text)
    claim = note_claim(note)
    if claim:
        yield Name(stem, claim=claim, word=note)
        return
    if not note or names.is_collective(text):
        yield Name(text)
        return
    others = (_FORMER.sub("", other) for other in re.split("[、，,；;/]", note))
    yield Name(stem, tuple(o for o in others if names.is_institution(o)))


def _last_note(text: str) -> tuple[str, str]:
    """A name and what stands in brackets behind it: 市交通委, 市道运局."""
    partners, _ = _partners(text)
    start = next((start for start, end in partners.items() if end == len(text) - 1), None)
    return (text, "") if start is None else (text[:start], text[start + 1 : -1])
