"""What is put together from units, roles and separators is read back; and hard wordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.agencies.parties import Role, Rule, read_parties

_HARD = Path(__file__).parents[1] / "data" / "units_hard.jsonl"


def _wrong(case: dict[str, Any]) -> dict[str, object]:
    reading = read_parties(
        case["text"],
        default_role=Role(case["default_role"]) if case["default_role"] else None,
        rules=[Rule(case["rule"])] if case["rule"] else (),
    ).as_dict()
    wanted = {key: case[key] for key in ("parties", "open_ended", "rules_found")}
    return {key: reading[key] for key, value in wanted.items() if reading[key] != value}


def test_it_reads_the_hard_wordings_of_every_class() -> None:
    cases = [json.loads(line) for line in _HARD.read_text(encoding="utf-8").splitlines()]
    assert len(cases) > 500
    assert {case["text"]: wrong for case in cases if (wrong := _wrong(case))} == {}


_OFFICES = (
    *(
        "发展改革委",
        "发展和改革局",
        "教育局",
        "科技局",
        "工业和信息化局",
        "公安局",
        "民政局",
        "司法局",
    ),
    *("财政局", "人力资源和社会保障局", "规划和自然资源局", "生态环境局", "住房和城乡建设局"),
    *("城市管理和综合执法局", "交通运输局", "水务局", "农业农村局", "商务局", "文化广电旅游局"),
    *("卫生健康委", "应急管理局", "审计局", "国资委", "市场监管局", "统计局", "医疗保障局"),
    *(
        "林业和草原局",
        "地方金融监管局",
        "乡村振兴局",
        "人防办",
        "供销社",
        "总工会",
        "妇联",
        "气象局",
    ),
    *("消防救援支队", "公积金中心", "市政公用局", "城投集团", "图书馆", "中级人民法院", "数据局"),
)
_ORGANS = ("组织部", "宣传部", "统战部", "政法委", "网信办", "编办", "党校", "政研室", "办公室")
_LEVELS = ("省", "市", "县", "区", "州", "自治区", "深圳市", "广东省", "天河区")
_OWN_NAMES = (
    *("深圳海关", "人民银行广州分行", "广东银保监局", "国家税务总局深圳市税务局", "福田区政府"),
    *("中山大学", "国网深圳供电公司", "高新区管委会", "临港新区管委会"),
)
_CLASSES = (
    *("各县（市、区）人民政府", "各区人民政府", "各有关部门", "各乡镇（街道）", "市直有关部门"),
    *("各区政府（新区管委会）", "有关单位", "各镇街"),
)


@st.composite
def _groups(draw: st.DrawFn) -> tuple[list[str], str]:
    """Units of one level: their names, and how a table writes them."""
    if draw(st.integers(0, 4)) == 0:
        own = draw(st.lists(st.sampled_from(_OWN_NAMES), min_size=1, max_size=2, unique=True))
        return own, "、".join(own)
    level, organs = draw(st.sampled_from(_LEVELS)), draw(st.booleans())
    prefix = f"{level}委" if organs and level != "自治区" else level
    offices = _ORGANS if prefix != level else _OFFICES
    stems = draw(st.lists(st.sampled_from(offices), min_size=1, max_size=5, unique=True))
    names = [prefix + stem for stem in stems]
    written = [names[0], *stems[1:]] if draw(st.booleans()) else names
    joint = draw(st.sampled_from(["、", "、\n", "、 ", " 、"]))
    if len(written) > 1 and draw(st.booleans()):
        last = draw(st.sampled_from(["和", "及", "与", "以及"]))
        return names, joint.join(written[:-1]) + last + written[-1]
    return names, joint.join(written)


_lists = st.lists(_groups(), min_size=1, max_size=3).map(
    lambda groups: (
        [name for names, _ in groups for name in names],
        "，".join(g[1] for g in groups),
    )
)
_CLAUSES = {
    Role.LEAD: ("{}牵头", "由{}牵头", "{}共同牵头", "{}牵头负责"),
    Role.SUPPORT: ("{}配合", "{}参加", "{}参与", "{}协办"),
    Role.GUIDE: ("{}指导", "{}负责指导"),
    Role.IMPLEMENT: ("{}负责落实", "{}组织实施"),
}
_LABELS = {
    Role.LEAD: ("牵头单位：", "牵头部门:", "主办单位：", "牵 头 单 位："),
    Role.SHARED: ("责任单位：", "责任部门:", "负责单位："),
    Role.SUPPORT: ("配合单位：", "协办单位:", "参加部门："),
    Role.DATA: ("数据提供单位：",),
}
_FRAMES = (
    ("", ""),
    ("（", "）"),
    ("(", ")"),
    ("〔", "〕"),
    ("【", "】"),
    ("[", ")"),
    ("（", ""),
    ("", "。"),
)
_Put = tuple[list[tuple[str, Role]], str]


@st.composite
def _wordings(draw: st.DrawFn) -> _Put:
    """Parties with their roles, led by a lead, and the wording that says so."""
    labelled = draw(st.booleans())
    words = _LABELS if labelled else _CLAUSES
    others = draw(
        st.lists(st.sampled_from([r for r in words if r is not Role.LEAD]), max_size=3, unique=True)
    )
    parties: list[tuple[str, Role]] = []
    parts: list[str] = []
    for role in (Role.LEAD, *others):
        names, text = draw(_lists)
        if role is not Role.LEAD and draw(st.booleans()):
            every = draw(st.sampled_from(_CLASSES))
            names, text = [*names, every], f"{text}，{every}"
        parties += [(name, role) for name in names]
        word = draw(st.sampled_from(words[role]))
        parts.append(word + text if labelled else word.format(text))
    joint = draw(st.sampled_from(["；", ";", "\n", "。"] if labelled else ["，", "；", ";", ","]))
    before, after = draw(st.sampled_from(_FRAMES))
    return parties, before + joint.join(parts) + after


@settings(deadline=None, max_examples=300)
@given(_wordings())
def test_parties_come_back_as_they_were_put_together(put: _Put) -> None:
    parties, text = put
    names = [name for name, _ in parties]
    if len(set(names)) < len(names):
        return
    reading = read_parties(text)
    assert [(party.name, party.role) for party in reading.parties] == parties
    assert [party.name for party in reading.parties if party.collective] == [
        name for name in names if name in _CLASSES
    ]


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(["市", "省", "县"]),
    st.lists(st.sampled_from(_OFFICES), min_size=1, max_size=4, unique=True),
    st.data(),
)
def test_a_line_break_inside_a_name_does_not_part_it(
    level: str, offices: list[str], data: st.DataObject
) -> None:
    names = [level + office for office in offices]
    torn = data.draw(st.sampled_from(names))
    # 市城｜市管理局: no reader knows
    places = [at for at in range(1, len(torn)) if torn[at] not in "市县省区乡"]
    at = data.draw(st.sampled_from(places))
    broken = torn[:at] + data.draw(st.sampled_from(["\n", " ", "\r\n", "\u3000"])) + torn[at:]
    text = "、".join(broken if name == torn else name for name in names)
    assert [party.name for party in read_parties(text).parties] == names


_HOSTILE = ("（", "（市", "牵头（", "〔牵头单位〕", "“", "\ud800", "\x00", "\u202e")


def test_fifty_thousand_brackets_are_read_like_any_other_text() -> None:
    for piece in _HOSTILE:
        reading = read_parties(piece * (50_000 // len(piece)))
        assert all(party.name for party in reading.parties)
