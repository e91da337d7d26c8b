"""`parse deadlines|units`: one answer per line, whatever the line holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

DATA = Path(__file__).parent / "data"


def parse(kind: str, lines: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "parse", kind, *options],
        cwd=Path(settings.BASE_DIR),
        input=lines,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def answers(kind: str, lines: str, *options: str) -> list[dict[str, Any]]:
    done = parse(kind, lines, *options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("kind", ["deadlines", "units"])
def test_every_published_wording_is_read_as_expected(kind: str) -> None:
    stored = (DATA / f"{kind}.jsonl").read_text(encoding="utf-8")
    expected = [json.loads(line) for line in stored.splitlines()]
    found = answers(kind, stored)
    assert len(found) == len(expected)
    for answer, wanted in zip(found, expected, strict=True):
        for name in wanted.keys() & answer.keys() - {"parties", "others"}:
            assert answer[name] == wanted[name], wanted["text"]
        for name in wanted.keys() & {"parties", "others"}:
            pairs = zip(answer[name], wanted[name], strict=True)
            assert all(party.items() >= asked.items() for party, asked in pairs), wanted["text"]


def test_as_many_answers_as_lines_whatever_they_are() -> None:
    strange = "\n".join(
        ["", "   ", "{", "[1]", '{"text": 5}', '{"text": "2020年", "issued_on": "x"}', "2020年"]
    )
    assert len(answers("deadlines", strange + "\n")) == 7
    assert len(answers("units", strange + "\n")) == 7


def test_options_hold_for_lines_that_carry_nothing_of_their_own() -> None:
    [answer] = answers("deadlines", "6月底前\n", "--issued-on", "2020-02-20")
    assert answer["due_on"] == "2020-06-30"
    [answer] = answers("units", "省科技厅、省财政厅\n", "--default-role", "lead")
    assert [party["role"] for party in answer["parties"]] == ["lead", "lead"]
    [answer] = answers("units", "税务总局、财政部负责\n", "--rule", "first_is_lead")
    assert [party["role"] for party in answer["parties"]] == ["lead", "support"]


def test_an_issuing_date_that_is_none_is_misuse() -> None:
    done = parse("deadlines", "6月底前\n", "--issued-on", "昨天")
    assert done.returncode == 2
    assert "不是日期" in done.stderr
    assert "Traceback" not in done.stderr
