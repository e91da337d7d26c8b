"""Takes a responsibility wording apart: labels, names, verbs, 等 and the stops between them.

Half- and full-width punctuation, and the four kinds of brackets, count the same; a bracket that is
missing or of another kind than its partner does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apps.agencies.party_grammar import names, prose
from apps.agencies.party_grammar.lists import cut_open, listed, members_of, partners_of
from apps.agencies.party_grammar.pieces import Break, Label, Name, Stop, Token, Verb
from apps.agencies.party_grammar.words import LABEL, VERB, Claim, is_strong, label_claim, verb_claim

# --- brackets ----------------------------------------------------------------------------------

_STOPS = dict.fromkeys("、､/／|｜", Stop.ITEM)
_STOPS |= dict.fromkeys("，,:：", Stop.GROUP) | dict.fromkeys("；;。｡！!？?", Stop.STATEMENT)
_END_OF_ITEM = re.compile(f"[{''.join(_STOPS)}]|\\s")
# Longer ones are prose; the limits also keep hostile input cheap.
_LONGEST_NOTE, _LONGEST_STRETCH, _LONGEST_ADVERB = 500, 300, 4

# 县区, 省委: after a line break they go on with a name and begin none
_LONGEST_HALF = 2


def tokens(text: str) -> Iterator[Token]:
    """Every label, name, verb, 等 and stop of `text` (as `spelt` writes it), in its order."""
    return _labelled(_open_up(text))


def _open_up(text: str) -> str:
    """`text` with the brackets around statements turned into stops, and the others made whole.

    A bracket stays only where it explains the name before it or is part of that name.
    """
    partners, strays = partners_of(text)
    out = list(text)
    for at in strays:
        out[at] = " "
    for start, end in sorted(partners.items()):
        if _begins_an_item(out, start) or _speaks(text, start + 1, end):
            out[start] = "；"
            out[end : end + 1] = ["；"] * len(out[end : end + 1])
        elif end == len(text):
            limit = start + _LONGEST_STRETCH
            stop = _END_OF_ITEM.search(text, start, limit)
            out[(stop.start() if stop else min(end, limit)) - 1] += names.CLOSING[
                names.OPENING.index(text[start])
            ]
    return "".join(out)


def _begins_an_item(out: list[str], at: int) -> bool:
    while at and out[at - 1].isspace():
        at -= 1
    return at == 0 or out[at - 1] in _STOPS


def _speaks(text: str, begin: int, end: int) -> bool:
    """A statement of its own: （省科技厅牵头，…）, not a second name: （市道运局）."""
    if end - begin > _LONGEST_NOTE:
        return False
    note = text[begin:end]
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
    if (
        not after
        or (len(after) == 1 and after.isalpha())
        or after[0] in names.OPENING
        or names.is_bare(after)
    ):
        return False
    starts_anew = names.has_own_level(after) and len(after) > _LONGEST_HALF
    if names.is_head(before):
        return starts_anew
    if len(before) > _LONGEST_STRETCH:
        return True
    if _TORN_END.match(after) or _is_torn(before, after):
        return False
    return _is_settled(before) or (starts_anew and len(before) > 1)


# 市人社⏎局, 市人社⏎局配合, 市委办⏎公室.
_TORN_END = re.compile(rf"(?:[局厅委办院署]|员会|公[室厅])(?:$|{VERB.pattern})")
_HEAD_OFFICE = re.compile("(?:银|人)行$|(税务|金融监督管理|金融监管)总局$")
_BRANCH = re.compile("[一-龥]{2,8}(?:[分支]行|中支|税务局|监管局)$")


def _is_torn(before: str, after: str) -> bool:
    """Two halves of one name: 深圳⏎市水利局, 广东省⏎审计局, 人民银行⏎广州分行."""
    verb = None if names.is_institution(before + after) else VERB.search(after)
    half = after[: verb.start()] if verb else after
    if not names.is_institution(before + half):
        return False
    if _HEAD_OFFICE.search(before) and _BRANCH.match(half):
        return True
    if names.has_own_level(half):
        return not _is_settled(before) and names.may_begin(before, half)
    return names.is_unfinished(before) and not names.is_place(half)


def _is_settled(text: str) -> bool:
    if names.is_institution(text) or prose.is_post(text) or prose.is_time(text):
        return True
    return cut_open(text) is not None or any(f.end() == len(text) for f in VERB.finditer(text))


_ORNAMENTS = '`.．·•●★☆※*#—-－“”"'
_NUMBERING = re.compile(r"^(?:\d+[.．]|[①-⑳])")


def _phrases(text: str) -> Iterator[Token]:
    """Names and verbs of a stretch without stops: 科技部等按职责分工负责."""
    text = _NUMBERING.sub("", text.strip(_ORNAMENTS))
    text += "”" * (text.count("“") - text.count("”"))  # 各村“两委”
    if len(text) > _LONGEST_STRETCH:
        return
    last: Claim | None = None
    at = start = 0
    while found := VERB.search(text, at):
        at = found.start() + 1
        bodies = _before(text, start, found)
        if bodies is not None:
            yield from listed(bodies)
            last = verb_claim(found)
            yield Verb(last, found[0])
            at = start = found.end()
    yield from _remainder(text[start:], last)


_NEEDS_NO_NAME = (prose.is_post, names.is_bare, names.is_generic_place)


def _before(text: str, start: int, verb: re.Match[str]) -> str | None:
    """The complete list that `verb` follows; None where it is part of a longer name."""
    before = text[start : verb.start()]
    if before and not (any(may(before) for may in _NEEDS_NO_NAME) or _is_list(before)):
        return _without_adverb(before) if is_strong(verb) else None
    if is_strong(verb) or names.has_own_level(text[verb.end() :]):
        return before
    following = VERB.search(text, verb.end())
    whole = text[start : following.start() if following else len(text)]
    return None if names.is_institution(whole) else before


def _without_adverb(before: str) -> str | None:
    """市公安局｜主动: any word may stand between a list and its verb."""
    for end in range(len(before) - 1, max(len(before) - _LONGEST_ADVERB, 2) - 1, -1):
        bodies = before[:end]
        if prose.is_post(bodies) or not before[end].isalpha():
            return None
        if names.has_own_level(bodies) and _is_list(bodies):
            return bodies
    return None


def _is_list(text: str) -> bool:
    return members_of(text) is not None or cut_open(text) is not None


def _remainder(text: str, last: Claim | None) -> Iterator[Token]:
    """What follows the last verb is its object (牵头制定方案), unless a new list starts there."""
    if last in (None, Claim.CONVENE) or (
        last in (Claim.LEAD, Claim.WORK) and names.has_own_level(text) and _is_list(text)
    ):
        yield from _clause(text)


def _clause(text: str) -> Iterator[Token]:
    """A list, or bodies and what they do in words of its own: 市人社局｜抓好人才引进.

    Of a body with words that mean nothing to us we keep the whole, for a person to see.
    """
    if not _is_list(text):
        if subject := names.subject(text):
            yield from listed(subject)
            yield Verb(Claim.WORK, "")
            return
        if names.begins_with_a_body(text):
            yield Name(text)
            return
    yield from listed(text)
