"""The line in which a person writes who does what."""

from __future__ import annotations

import pytest

from apps.agencies.parties import Role
from apps.common.errors import Refused
from apps.tasks.party_text import parties_text, read_parties_text

LEAD, SUPPORT, SHARED = Role.LEAD, Role.SUPPORT, Role.SHARED


def test_what_is_written_out_is_read_back() -> None:
    parties = (("甲", LEAD), ("乙", LEAD), ("丙", SUPPORT), ("丁", LEAD))
    assert parties_text(parties) == "牵头：甲、乙；配合：丙；牵头：丁"
    assert read_parties_text(parties_text(parties)) == parties


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ()),
        (" ；", ()),
        ("牵头:甲,乙;配合:丙", (("甲", LEAD), ("乙", LEAD), ("丙", SUPPORT))),
        ("牵头单位：甲\n参加部门：乙", (("甲", LEAD), ("乙", SUPPORT))),
        ("负责：甲、 乙 、", (("甲", SHARED), ("乙", SHARED))),
    ],
)
def test_people_write_it_in_many_ways(text: str, read: tuple[tuple[str, Role], ...]) -> None:
    assert read_parties_text(text) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("甲、乙", "“甲、乙”前面没有写角色"),
        ("领导：甲", "“领导：甲”前面没有写角色"),
        ("牵头：", "“牵头：”后面没有写单位"),
        ("牵头：甲、甲", "“甲”写了两次"),
        ("牵头：" + "长" * 121, "超过 120 字"),
        ("牵头：" + "、".join(f"第{n}局" for n in range(61)), "最多写 60 个单位"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_parties_text(text)
