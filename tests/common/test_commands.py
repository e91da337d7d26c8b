"""What a shell sees of the product's commands: one sentence, one exit code, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from apps.tasks.models import Task

TABLE = Path(__file__).parents[1] / "data/tables/guangdong_2017_45.xlsx"


def shell(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_done_refused_and_misused_are_told_apart(live_database: dict[str, str]) -> None:
    done = shell(live_database, "import_table", str(TABLE), "--new-plan", "甲", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["created"] == 45
    refused = shell(live_database, "import_table", str(TABLE), "--new-plan", "乙", "--strict")
    assert refused.returncode == 1
    assert "不在单位库里" in refused.stdout
    unknown = shell(live_database, "export_table", "--plan", "没有", "--output", "x.xlsx")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr == "没有代码为“没有”的任务来源，请核对 --plan。\n"


def test_a_wrong_call_says_how_it_is_called(live_database: dict[str, str]) -> None:
    bare = shell(live_database, "import_table")
    assert bare.returncode == 2
    assert bare.stderr.startswith("命令写法不对")
    assert "manage.py import_table" in bare.stderr


def test_a_database_that_is_away_is_a_sentence(live_database: dict[str, str]) -> None:
    away = {**live_database, "DATABASE_URL": "postgres://nobody:x@127.0.0.1:1/test_nothing"}
    ran = shell(away, "export_table", "--plan", "甲", "--output", "x.xlsx")
    assert (ran.returncode, ran.stderr) == (2, "数据库连接不上，请先启动数据库再试。\n")


def test_a_reader_that_leaves_early_changes_neither_the_work_nor_the_exit_code(
    live_database: dict[str, str],
) -> None:
    call = [sys.executable, "manage.py", "import_table", str(TABLE), "--new-plan", "甲"]
    for strict, code in ((["--strict"], 1), ([], 0)):
        run = subprocess.Popen(
            [*call, "--format", "json", *strict],
            env=live_database,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        said = run.stderr.read()
        run.stderr.close()
        assert (run.wait(), said) == (code, b"")
    assert Task.objects.count() == 45
