"""What every command of the product does alike: output, exit codes, who acts (architecture.md §6).

Exit 0 done; 1 refused with reasons, nothing changed; 2 misuse or an unreadable file. What goes
wrong is said in Chinese on stderr, never as a traceback.
"""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connections

from apps.common.errors import Refused, Unreadable
from apps.common.middleware import is_database_away

REFUSED, MISUSE = 1, 2
_UNDEFINED_TABLE = "42P01"
_Value = TypeVar("_Value")


class FengongCommand(BaseCommand):
    """A command that answers in JSON or text.

    `handle` calls `self.answer` and raises Refused (exit 1) or Unreadable (exit 2).
    """

    # Scripts call these by the hundred; `make check` runs the system checks.
    requires_system_checks = []

    def add_output_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format",
            choices=["text", "json"],
            default="text",
            help="text 给人看（默认），json 给程序读",
        )

    def add_actor_argument(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as",
            dest="as_user",
            metavar="用户名",
            help="以谁的名义、按谁的权限办理并记入操作日志；不写记为系统（命令行）",
        )

    def answer(self, data: dict[str, Any], text: str) -> None:
        """Write the answer to stdout in the format that was asked for."""
        written = json.dumps(data, ensure_ascii=False) if self._as_json else text
        if not written:
            return
        try:
            self.stdout.write(written)
            self.stdout.flush()
        except BrokenPipeError:
            # `| head -1`: what was done is done, and the exit code still tells it
            _hang_up()

    def execute(self, *args: Any, **options: Any) -> str | None:
        self._as_json = options.get("format") == "json"
        try:
            return super().execute(*args, **options)
        except Unreadable as error:
            raise CommandError("\n".join(error.reasons), returncode=MISUSE) from error
        except Refused as error:
            if self._as_json:
                self.answer({"errors": [{"message": reason} for reason in error.reasons]}, "")
            raise CommandError("\n".join(error.reasons), returncode=REFUSED) from error

    def run_from_argv(self, argv: list[str]) -> None:
        """As Django's own, but a mistake is one sentence without the name of an exception."""
        parser = self.create_parser(argv[0], argv[1])
        try:
            options = vars(parser.parse_args(argv[2:]))
        except CommandError as error:
            usage = parser.format_usage().removeprefix("usage:").strip()
            self._leave(f"命令写法不对：{_in_chinese(str(error))}。用法：\n{usage}", MISUSE)
        try:
            self.execute(*options.pop("args", ()), **options)
            self.stdout.flush()
        except BrokenPipeError:
            _hang_up()
        except Exception as error:
            if options["traceback"]:
                raise
            if isinstance(error, CommandError):
                self._leave(str(error), error.returncode)
            if said := _database_said(error):
                self._leave(said, MISUSE)
            raise
        finally:
            connections.close_all()

    def _leave(self, sentence: str, code: int) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(code)


def _hang_up() -> None:
    """Nobody reads stdout any more; Python would complain once more as it closes it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _database_said(error: Exception) -> str:
    """What a person can do about the state of the database; "" where it is not to blame."""
    if is_database_away(error):
        return "数据库连接不上，请先启动数据库再试。"
    if isinstance(error, ProgrammingError):
        state = getattr(error.__cause__, "pgcode", None)
        if state == _UNDEFINED_TABLE:
            return "数据库还没有建表，请先运行 make setup 或 manage.py migrate。"
    return ""


_MISUSES = [
    (
        re.compile(r"argument (\S+): invalid choice: (\S+) \(choose from (.+)\)"),
        r"\1 不能是 \2，可选 \3",
    ),
    (re.compile(r"the following arguments are required: (.+)"), r"缺少 \1"),
    (re.compile(r"unrecognized arguments: (.+)"), r"不认识 \1"),
    (re.compile(r"argument (\S+): expected .+"), r"\1 后面要写内容"),
    (re.compile(r"one of the arguments (.+) is required"), r"须写 \1 之一"),
    (re.compile(r"argument (\S+): not allowed with argument (\S+)"), r"\1 不能和 \2 同用"),
]


def _in_chinese(mistake: str) -> str:
    """What argparse says, in Chinese; its own words where it says something else."""
    mistake = mistake.removeprefix("Error: ")
    for pattern, sentence in _MISUSES:
        if pattern.search(mistake):
            return pattern.sub(sentence, mistake)
    return mistake


def argument(read: Callable[[str], _Value], text: str) -> _Value:
    """What was typed, as `read` understands it; misuse where `read` refuses it."""
    try:
        return read(text)
    except Refused as error:
        raise Unreadable(*error.reasons) from error


def user_named(username: str) -> Any:
    """The active log-in behind `--as`, an `accounts.User`; misuse when there is none."""
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Unreadable(f"没有用户“{username}”，或已停用，请核对 --as。")
    return user
