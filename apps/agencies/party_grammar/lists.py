"""Lists of bodies: what 和, 及 and 等 part, and what is a name of one body with its notes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apps.agencies.party_grammar import names
from apps.agencies.party_grammar.pieces import Break, Fragment, Name, Open, Stop, Token
from apps.agencies.party_grammar.words import VERB, note_claim

_LEAD_IN = re.compile(
    "^(?:[^自由]{0,10}由|以(?=[省市县区州国各])|请|并|其中|同时|建议|其余(?!单位|部门)|还有|以及|及|与|和(?![平田县林顺硕静布龙政]))+"
)
_JOINER = re.compile("以及|及|和|与|暨")
_JOINT = re.compile(f"{_JOINER.pattern}|(?<=[局厅)）])(?=[省市县区州旗盟])|(?<=.)(?<!各级)(?=各)")
_KIND = "(?:部门|单位|机构|地方|企业|科室|处室|委办局|方面)"
_KINDS = re.compile(f"(?:各|有关|相关|其他|职能|[省市县区州]直|[省市县区州]级)*{_KIND}")


def cut_open(text: str) -> tuple[str, str] | None:
    """What stands before 等, and what is joined on after it; None where 等 is part of a name.

    A class of bodies straight after 等 only says what the list is made of; 等和各区政府 adds one.
    """
    for found in re.finditer("等", text):
        head, rest = text[: found.start()], text[found.end() :]
        joint = next(
            (j for j in _JOINER.finditer(rest) if not _KINDS.fullmatch(rest[j.end() :])), None
        )
        kind, tail = (rest[: joint.start()], rest[joint.end() :]) if joint else (rest, "")
        listed = not head or members_of(head) is not None
        if (listed and (not kind or names.is_collective(kind))) or (
            names.is_fragment(head) and (_KINDS.fullmatch(kind) or names.is_generic_place(kind))
        ):
            return head, tail
    return None


def listed(text: str) -> Iterator[Token]:
    cut = cut_open(text)
    if cut is None:
        yield from _joined(text)
        return
    head, tail = cut
    kind = text[len(head) + 1 :]
    # 广州、深圳、珠海等｜市人民政府, 公安、交通等｜部门: the ending of all of them.
    ends_them = members_of(head) is None and (kind == "部门" or names.is_generic_place(kind))
    yield from _joined(head + kind if ends_them else names.with_seat(head, kind))
    yield Open()
    yield from _joined(tail)


def _joined(text: str) -> Iterator[Token]:
    text = _LEAD_IN.sub("", text, count=1)
    members = members_of(text)
    if members is None and (halves := _name_and_fragment(text)):
        yield from _named(halves[0])
        yield Break(Stop.ITEM, "、")
        yield Fragment(halves[1])
        return
    yield from _named(members[0][1] if members else text)
    for joiner, name in (members or [])[1:]:
        yield Break(Stop.ITEM, joiner)
        yield from _named(name)


def _name_and_fragment(text: str) -> tuple[str, str] | None:
    """各市人民政府及｜横琴(、前海管委会)."""
    for found in _JOINER.finditer(text):
        left, right = text[: found.start()], text[found.end() :]
        if names.is_institution(left) and names.is_fragment(right):
            return left, right
    return None


def members_of(text: str) -> list[tuple[str, str]] | None:
    """The names that `text` consists of, each with the 和 or 及 before it; None if it does not.

    和 parts only what is complete on both sides, a second 各 does so by itself (各地各部门).
    """
    text = _LEAD_IN.sub("", text, count=1)
    for found in _JOINT.finditer(text):
        left = text[: found.start()]
        if names.is_institution(left):
            others = members_of(text[found.end() :])
            if others and (found[0] or _runs_on(left, others[0][1])):
                return [("", left), (found[0], others[0][1]), *others[1:]]
            break
    return [("", text)] if names.is_institution(text) else None


_PART_OF_ONE = re.compile("分局$|[支大中]队$|[所站科股]$")


def _runs_on(left: str, right: str) -> bool:
    """各地｜各部门, and where a line break was lost: 县住建局｜县交通局."""
    if right.startswith("各"):
        return bool(re.search("各|有关|相关", left))
    return left[0] == right[0] and not _PART_OF_ONE.search(right)


_FORMER = re.compile("^(?:现为?|原|加?挂|即|含)")


_HALVES = (names.is_fragment, names.is_level, names.is_generic_place, names.is_bare)


def _named(text: str) -> Iterator[Token]:
    if not names.is_institution(text):
        if any(may(text) for may in _HALVES):
            yield Fragment(text)
        return
    stem, note = _last_note(text)
    claim = note_claim(note)
    if claim:
        yield Name(stem, claim=claim, word=note)
        return
    if VERB.match(note):
        yield Name(stem)
        return
    if not note or names.is_collective(text):
        yield Name(text)
        return
    others = (_FORMER.sub("", other) for other in re.split("[、，,；;/]", note))
    yield Name(stem, tuple(o for o in others if names.is_institution(o)))


def _last_note(text: str) -> tuple[str, str]:
    """A name and what stands in brackets behind it: 市交通委, 市道运局."""
    partners, _ = partners_of(text)
    start = next((start for start, end in partners.items() if end == len(text) - 1), None)
    return (text, "") if start is None else (text[:start], text[start + 1 : -1])


_BRACKET = re.compile(f"[{re.escape(names.OPENING + names.CLOSING)}]")


def partners_of(text: str) -> tuple[dict[int, int], list[int]]:
    """Opening → closing position, whatever their kinds (len(text) where it is missing); strays."""
    partners: dict[int, int] = {}
    waiting: list[int] = []
    strays: list[int] = []
    for bracket in _BRACKET.finditer(text):
        at = bracket.start()
        if bracket[0] in names.OPENING:
            waiting.append(at)
        elif waiting:
            partners[waiting.pop()] = at
        else:
            strays.append(at)
    return partners | dict.fromkeys(waiting, len(text)), strays
