"""Frozen figures come back exactly as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from apps.common.errors import Unreadable
from apps.reports.figures.codec import from_json, to_json
from apps.reports.figures.computing import compute
from apps.reports.figures.kinds import Facts
from tests.reports.figures import made
from tests.reports.figures.any_facts import any_facts


def _frozen() -> dict[str, Any]:
    row = made.row(made.part(), made.absent(), measures=(made.measure(),))
    return to_json(compute(made.facts(row, units=(made.unit(),), previous=made.earlier())))


@settings(deadline=None, max_examples=30)
@given(any_facts())
def test_figures_come_back_from_json_as_they_were(facts: Facts) -> None:
    figures = compute(facts)
    # as the database keeps it: the order of keys is lost
    kept = json.loads(json.dumps(to_json(figures), sort_keys=True))
    assert from_json(kept) == figures
    assert to_json(from_json(kept)) == to_json(figures)


def test_amounts_and_days_are_text_and_the_version_is_said() -> None:
    data = _frozen()
    assert data["version"] == 1
    assert data["facts"]["data_as_of"] == "2020-09-30"
    assert data["facts"]["rows"][0]["measures"][0]["value"] == "25.0000"
    assert data["classes"][0]["share"] == "0.0"


def test_facts_of_a_row_are_written_once() -> None:
    assert json.dumps(_frozen(), ensure_ascii=False).count("建设科技企业孵化器") == 1


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_another_version_is_not_read(version: object) -> None:
    with pytest.raises(Unreadable):
        from_json({**_frozen(), "version": version})


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": None},
        {"rows": []},
        {"classes": 3},
        {"total": "1"},
        {"total": None},
        {"met": True},
        {"by_plan": []},
    ],
)
def test_a_broken_freeze_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        from_json({**_frozen(), **changes})


def test_a_freeze_without_a_field_is_refused() -> None:
    data = _frozen()
    del data["facts"]["rows"][0]["leads"]
    with pytest.raises(Unreadable):
        from_json(data)


def test_a_day_that_is_none_is_refused() -> None:
    data = _frozen()
    data["facts"]["taken_on"] = "2020-13-01"
    with pytest.raises(Unreadable):
        from_json(data)
    data["facts"]["taken_on"] = "2020-10-12"
    data["classes"][0]["share"] = "viel"
    with pytest.raises(Unreadable):
        from_json(data)
