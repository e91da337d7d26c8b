"""`parse deadlines|units`: one answer per line, whatever the line holds."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import call_command

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


def answers(kind: str, lines: str | bytes, *options: str) -> list[dict[str, Any]]:
    """In this process, which is there already: most of what is tried needs no shell."""
    written = io.BytesIO()
    given = io.TextIOWrapper(io.BytesIO(lines if isinstance(lines, bytes) else lines.encode()))
    with patch.object(sys, "stdin", given), patch.object(sys, "stdout", io.TextIOWrapper(written)):
        call_command("parse", kind, *options)
        sys.stdout.flush()
        return [json.loads(line) for line in written.getvalue().decode().splitlines()]


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


# Hostile lines and pipes


def piped(script: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    """The command as $PARSE in a shell."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {script}"],
        cwd=Path(settings.BASE_DIR),
        input=lines,
        env={**os.environ, "PARSE": f"{sys.executable} manage.py parse"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("kind", ["deadlines", "units"])
def test_settings_of_a_line_that_are_no_text_say_nothing(kind: str) -> None:
    odd: list[object] = [["a"], {"a": 1}, 20200220, True, None]
    lines = [
        json.dumps({"text": "省科技厅", "rule": value, "default_role": value, "issued_on": value})
        for value in odd
    ]
    found = answers(kind, "\n".join(lines) + "\n")
    plain = answers(kind, "省科技厅\n")
    assert found == plain * len(odd)


@pytest.mark.parametrize("kind", ["deadlines", "units"])
def test_half_a_surrogate_pair_comes_back_as_it_was_sent(kind: str) -> None:
    [answer] = answers(kind, '{"text": "\\ud800省科技厅"}\n')
    assert answer["text"] == "\ud800省科技厅"


@pytest.mark.parametrize("kind", ["deadlines", "units"])
def test_a_line_in_another_encoding_has_its_answer_like_any_other(kind: str) -> None:
    found = answers(kind, "省科技厅\n".encode("gb18030") + "2020年\n".encode())
    assert ["\ufffd" in answer["text"] for answer in found] == [True, False]


@pytest.mark.parametrize("kind", ["deadlines", "units"])
def test_a_thousand_brackets_are_a_text_like_any_other(kind: str) -> None:
    deep = "[" * 200_000
    assert [answer["text"] for answer in answers(kind, f"{deep}\n2020年\n")] == [deep, "2020年"]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_text_longer_than_any_cell_waits_for_a_person(*, wrapped: bool) -> None:
    text = "2020年底前，省科技厅；" * 150_000
    line = (json.dumps({"text": text}) if wrapped else text) + "\n"
    [answer] = answers("deadlines", line)
    assert (answer["text"], answer["kind"], answer["needs_review"]) == (text, "unresolved", True)
    [answer] = answers("units", line)
    assert (answer["text"], answer["parties"]) == (text, [])


def test_lines_end_where_a_shell_ends_them() -> None:
    lines = "\ufeff" + '{"text": "2020年\\u2028甲"}\r\n' + "2020年\u2028甲\n" + "2020年\r甲\n甲"
    done = parse("units", lines)
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == [
        "2020年\u2028甲", "2020年\u2028甲", "2020年\r甲", "甲",
    ]  # fmt: skip


def test_the_answer_is_utf_8_whatever_the_environment_says() -> None:
    done = piped("PYTHONIOENCODING=gbk $PARSE units", "省科技厅𠮷\n")
    assert (done.returncode, json.loads(done.stdout)["text"]) == (0, "省科技厅𠮷")


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_without_a_pipe_it_says_so(closed: str) -> None:
    done = piped(f"$PARSE units {closed}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "标准输入或标准输出是关着的，请用管道或 < 送入要读的行。\n"


def test_it_stops_quietly_when_nobody_reads_on() -> None:
    done = piped("$PARSE units | head -1", "省科技厅\n" * 20_000)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["text"] == "省科技厅"
