"""Readings of responsibility wordings: published examples, our own cases, the seed plans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.agencies.parties import Responsibility, Role, Rule, combine, read_parties

DATA = Path(__file__).parents[1] / "data"


def cases(name: str) -> list[dict[str, Any]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def read(case: Mapping[str, Any], text: str | None = None) -> Responsibility:
    default, rule = case["default_role"], case["rule"]
    return read_parties(
        case["text"] if text is None else text,
        default_role=Role(default) if default else None,
        rules=[Rule(rule)] if rule else (),
    )


def only(wanted: object, given_: Any) -> Any:
    """`given_` reduced to the keys that `wanted` has: an example need not state every key."""
    if isinstance(wanted, list) and len(wanted) == len(given_):
        return [only(*pair) for pair in zip(wanted, given_, strict=True)]
    if isinstance(wanted, dict):
        return {key: only(value, given_[key]) for key, value in wanted.items() if key in given_}
    return given_


def roles(reading: Responsibility) -> dict[str, str]:
    return {party.name: party.role.value for party in reading.parties}


EXAMPLES = {
    f"{name}:{number}": case
    for name in ("units", "units_more", "seed_units")
    for number, case in enumerate(cases(f"{name}.jsonl"), start=1)
}


@pytest.mark.parametrize("case", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_it_reads_every_example_as_expected(case: dict[str, Any]) -> None:
    wanted = {key: case[key] for key in ("text", "parties", "open_ended", "rules_found")}
    assert only(wanted, read(case).as_dict()) == wanted


def test_every_name_in_the_seed_plans_is_a_known_agency() -> None:
    known = set((DATA / "agency_names.txt").read_text(encoding="utf-8").split())
    found = {party.name for case in cases("seed_units.jsonl") for party in read(case).parties}
    assert found <= known


HALF_WIDTH = str.maketrans("（）：；，〔〕【】", "():;,[][]")
FULL_WIDTH = str.maketrans("():;,[]", "（）：；，〔〕")


@pytest.mark.parametrize("width", [HALF_WIDTH, FULL_WIDTH], ids=["half", "full"])
def test_half_and_full_width_punctuation_read_the_same(width: dict[int, int]) -> None:
    def shape(reading: Responsibility) -> list[tuple[object, ...]]:
        return [
            (p.name.translate(HALF_WIDTH), p.role, p.collective, p.derived_from)
            for p in reading.parties
        ]

    for case in EXAMPLES.values():
        changed, unchanged = read(case, case["text"].translate(width)), read(case)
        assert shape(changed) == shape(unchanged), case["text"]
        assert changed.open_ended == unchanged.open_ended
        assert changed.rules_found == unchanged.rules_found


def test_it_keeps_the_source_word_and_leaves_it_out_of_the_json() -> None:
    reading = read_parties("（责任单位：市财政局、市教育局；配合单位：市人社局）")
    assert [party.word for party in reading.parties] == ["责任单位", "责任单位", "配合单位"]
    reading = read_parties("商务部牵头，财政部、海关总署按职责分工负责")
    assert [party.word for party in reading.parties] == ["牵头", *["按职责分工负责"] * 2]
    assert [party.word for party in read_parties("市财政局").parties] == [""]
    assert "word" not in json.dumps(reading.as_dict())


def test_a_lead_says_what_it_is_derived_from() -> None:
    def sources(text: str, *rules: Rule) -> list[str | None]:
        return [party.derived_from for party in read_parties(text, rules=rules).parties]

    assert sources("省科技厅牵头") == [None]
    assert sources("省科技厅") == ["sole_responsible"]
    assert (
        sources("税务总局、财政部负责，排在第一位的部门为牵头部门，下同") == ["first_is_lead"] * 2
    )
    assert sources("财政部、税务总局", Rule.RESPONSIBLE_IS_LEAD) == ["responsible_is_lead"] * 2
    assert sources("商务部牵头，财政部参加", Rule.FIRST_IS_LEAD) == [None, None]


def test_a_rule_in_force_is_not_reported_as_found() -> None:
    reading = read_parties("财政部、税务总局", rules=[Rule.FIRST_IS_LEAD])
    assert reading.rules_found == ()
    assert roles(reading) == {"财政部": "lead", "税务总局": "support"}


@pytest.mark.parametrize(
    "text",
    [
        "持续推进",
        "2020年底前",
        "分管副省长",
        "无",
        "—",
        "详见附件",
        "加强组织领导，确保任务落实到位",
        "牵头单位：待定",
        "牵头、配合、落实",
        "以下均需各区政府落实，不再列出",
        "完善教育体系、推进创新中心，服务经济社会",
        "牵" * 2000,
    ],
)
def test_a_text_without_institutions_has_no_parties(text: str) -> None:
    assert read_parties(text).parties == ()


class TestARowOfSeveralColumns:
    def test_a_main_responsible_class_stays_shared_beside_a_lead(self) -> None:
        reading = combine(
            [
                ("市经济和信息化局", Role.LEAD),
                ("各区政府（含开发区管委会）", Role.SHARED),
                ("市生态环境局 市市场监管局 等部门", Role.SUPPORT),
            ]
        )
        assert roles(reading) == {
            "市经济和信息化局": "lead",
            "各区政府（含开发区管委会）": "shared",
            "市生态环境局": "support",
            "市市场监管局": "support",
        }
        assert reading.open_ended

    def test_a_sole_responsible_unit_leads_unless_a_column_names_a_lead(self) -> None:
        alone = combine([("县交通局", Role.SHARED), ("县财政局", Role.SUPPORT)])
        assert roles(alone) == {"县交通局": "lead", "县财政局": "support"}
        assert alone.parties[0].derived_from == "sole_responsible"
        led = combine([("县交通局", Role.SHARED), ("县住建局", Role.LEAD)])
        assert roles(led) == {"县交通局": "shared", "县住建局": "lead"}

    def test_two_responsible_units_leave_the_lead_open(self) -> None:
        reading = combine([("县水务局\n县住建局", Role.SHARED), ("", Role.LEAD)])
        assert set(roles(reading).values()) == {"shared"}
        assert reading.text == "县水务局\n县住建局"

    def test_a_unit_named_twice_keeps_its_stronger_role(self) -> None:
        reading = combine([("市教育局、市财政局", Role.SUPPORT), ("市财政局", Role.LEAD)])
        assert roles(reading) == {"市教育局": "support", "市财政局": "lead"}

    def test_a_rule_found_in_one_column_holds_for_the_row(self) -> None:
        reading = combine(
            [("市税务局、市财政局，列第一位者为牵头单位，下同", Role.SHARED), ("市人社局", None)]
        )
        assert roles(reading) == {"市税务局": "lead", "市财政局": "support", "市人社局": "support"}
        assert reading.rules_found == ("first_is_lead",)

    def test_no_columns_make_no_parties(self) -> None:
        assert combine([]) == Responsibility("", (), open_ended=False, rules_found=())


PIECES = st.sampled_from(
    [
        *"（）()〔〕[]【】〈〉、，,；;：:。 \n\u3000各等和及与由省市县区",
        *("牵头", "配合单位：", "会同", "按职责分工负责", "责任单位", "以下均需"),
        *("市财政局", "各区", "县级市", "有关部门", "教育", "第一位的为牵头单位"),
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)))
def test_it_never_raises_and_never_names_nothing(text: str) -> None:
    for default in (None, *Role):
        reading = read_parties(text, default_role=default, rules=list(Rule))
        assert all(party.name.strip() for party in reading.parties)
        assert len({party.name for party in reading.parties}) == len(reading.parties)


NAMES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["省", "市", "县", "国家"]),
        st.sampled_from(
            ["教育", "人力资源和社会保障", "市场监管", "发展改革", "水利", "文化和旅游"]
        ),
        st.sampled_from(["局", "委", "厅", "办"]),
    ),
)


@settings(deadline=None)
@given(
    st.lists(NAMES, min_size=2, max_size=12, unique=True),
    st.sampled_from(["、", "，", "；", "\n", " ", "\u3000", "和", "、\n"]),
    st.sampled_from([("", ""), ("（责任单位：", "）"), ("(", "等按职责分工负责)"), ("", "牵头。")]),
)
def test_names_keep_their_order(listed: list[str], joint: str, frame: tuple[str, str]) -> None:
    before, after = frame
    reading = read_parties(before + joint.join(listed) + after)
    assert [party.name for party in reading.parties] == listed


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6, unique=True))
def test_reading_its_own_names_again_changes_nothing(listed: list[str]) -> None:
    first = read_parties("、".join(listed))
    again = read_parties("、".join(party.name for party in first.parties))
    assert again.parties == first.parties


def test_a_very_long_text_is_no_trouble() -> None:
    for piece in (
        "（市",
        "市财政局",
        "等",
        "提出 ",
        "落实",
        "( ",
        "各、",
        "牵头单位",
        "市教育局和",
    ):
        read_parties(piece * 5000)
