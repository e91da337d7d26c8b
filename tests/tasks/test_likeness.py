"""How alike texts are, and that looking for the likest costs no more with many texts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tasks.likeness import LikeTexts, likeness, shingles

TEXT = "加快推进省级制造业创新中心建设，到2020年建成5家。"


def alike(one: str, other: str) -> float:
    return likeness(shingles(one), shingles(other))


def test_the_same_text_is_wholly_alike_in_any_spelling() -> None:
    assert alike(TEXT, TEXT) == 1
    assert alike(TEXT, TEXT.replace("，", "，\n").replace("2020", "２０２０")) == 1
    assert alike("", "") == 1


def test_a_corrected_text_is_more_alike_than_another_task() -> None:
    corrected = TEXT.replace("5家", "8家")
    assert alike(TEXT, corrected) > 0.8
    assert alike(TEXT, "完善省属国有企业法人治理结构，推进混合所有制改革。") < 0.3


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_it_is_between_nothing_and_all_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0 <= alike(one, other) <= 1
    assert alike(one, other) == alike(other, one)


def test_the_likest_comes_first_and_what_is_not_alike_does_not_come() -> None:
    texts = LikeTexts(
        {1: TEXT.replace("5家", "8家"), 2: TEXT + "并开展评估。", 3: "清理规范收费。"}
    )
    assert [key for _, key in texts.likest(TEXT, at_least=0.5)] == [1, 2]
    assert texts.likest("无关", at_least=0.5) == []


def test_it_is_found_among_many_that_begin_the_same() -> None:
    texts = LikeTexts({n: f"落实第{n}号工作：完善制度，压实责任。" for n in range(2_000)})
    assert texts.likest("落实第1234号工作：完善制度，压实责任。", at_least=0.6)[0] == (1, 1234)
