"""Who does what, as one line that a person can change: 牵头：甲、乙；配合：丙. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from apps.agencies.parties import Role
from apps.common.errors import Refused
from apps.common.text import fold_tight

Named = tuple[str, Role]

ROLE_WORDS = {
    Role.LEAD: "牵头",
    Role.SHARED: "责任",
    Role.SUPPORT: "配合",
    Role.GUIDE: "指导",
    Role.IMPLEMENT: "落实",
    Role.DATA: "数据",
}
_ROLES = {word: role for role, word in ROLE_WORDS.items()} | {
    "主责": Role.LEAD,
    "主办": Role.LEAD,
    "负责": Role.SHARED,
    "分工负责": Role.SHARED,
    "参加": Role.SUPPORT,
    "参与": Role.SUPPORT,
    "协办": Role.SUPPORT,
    "数据提供": Role.DATA,
}
_PART_END = re.compile(r"[；;\n]")
_BETWEEN = re.compile(r"[、，,]")
_AFTER_ROLE = re.compile(r"[：:]")
_ENDINGS = ("单位", "部门")
_NAME_CHARS = 120
_MOST = 60
_QUOTED = 20


def parties_text(parties: Iterable[Named]) -> str:
    """One part for each run of the same role, in order."""
    parts: list[tuple[Role, list[str]]] = []
    for name, role in parties:
        if not parts or parts[-1][0] is not role:
            parts.append((role, []))
        parts[-1][1].append(name)
    return "；".join(f"{ROLE_WORDS[role]}：{'、'.join(names)}" for role, names in parts)


def read_parties_text(text: str) -> tuple[Named, ...]:
    """The line back to its parties; an empty one names nobody. Refused with one sentence."""
    found: list[Named] = []
    for part in filter(None, map(str.strip, _PART_END.split(text))):
        word, *rest = _AFTER_ROLE.split(part, maxsplit=1)
        role = _ROLES.get(_role_word(word))
        if role is None or not rest:
            raise Refused(
                f"“{part[:_QUOTED]}”前面没有写角色，请写成“牵头：甲、乙；配合：丙”，"
                f"角色有{'、'.join(ROLE_WORDS.values())}。"
            )
        found += [(name, role) for name in _names(rest[0], word)]
    if len(found) > _MOST:
        raise Refused(f"一行最多写 {_MOST} 个单位，请核对。")
    twice = next((pair for pair in found if found.count(pair) > 1), None)
    if twice is not None:
        raise Refused(f"“{twice[0]}”写了两次，请删去一个。")
    return tuple(found)


def _role_word(word: str) -> str:
    word = fold_tight(word)
    for ending in _ENDINGS:
        word = word.removesuffix(ending)
    return word


def _names(text: str, word: str) -> list[str]:
    names = [name for name in map(str.strip, _BETWEEN.split(text)) if name]
    if not names:
        raise Refused(f"“{word.strip()}：”后面没有写单位。")
    long = next((name for name in names if len(name) > _NAME_CHARS), None)
    if long is not None:
        raise Refused(f"单位名称“{long[:_QUOTED]}…”超过 {_NAME_CHARS} 字，请核对，用顿号分开。")
    return names
