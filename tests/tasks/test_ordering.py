"""Positions: what stays in order keeps its place."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tasks.ordering import GAP, place


def test_new_rows_are_numbered_with_gaps() -> None:
    assert place([None, None]) == [GAP, 2 * GAP]


def test_rows_in_order_stay_where_they_are() -> None:
    assert place([10, 20, 30]) == [10, 20, 30]


def test_one_row_moved_changes_that_row_alone() -> None:
    olds = [1024, 2048, 3072, 4096]
    moved = [4096, 1024, 2048, 3072]
    news = place(moved)
    assert [old != new for old, new in zip(moved, news, strict=True)] == [True, False, False, False]
    assert place(olds) == olds


def test_a_row_put_in_between_moves_nobody() -> None:
    assert place([1024, None, 2048]) == [1024, 1536, 2048]


def test_without_room_all_are_numbered_anew() -> None:
    assert place([1, None, 2]) == [2 + GAP, 2 + 2 * GAP, 2 + 3 * GAP]


def test_rows_that_are_not_in_the_order_keep_their_places() -> None:
    news = place([1024, None, 3072, None], taken={2048, 9000})
    assert not {2048, 9000} & set(news)
    assert news == sorted(news)


@settings(deadline=None)
@given(
    st.lists(st.none() | st.integers(1, 10**9), max_size=40).filter(
        lambda olds: len({o for o in olds if o}) == len([o for o in olds if o])
    )
)
def test_positions_rise_strictly(olds: list[int | None]) -> None:
    news = place(olds)
    assert len(news) == len(olds)
    assert all(a < b for a, b in itertools.pairwise(news))
