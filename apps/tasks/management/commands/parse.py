"""`parse deadlines|units`: reads lines on stdin, answers one JSON object per line."""

from __future__ import annotations

import io
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from apps.agencies.parties import Responsibility, Role, Rule, read_parties
from apps.common.commands import FengongCommand, argument
from apps.common.days import parse_day
from apps.common.errors import Refused, Unreadable
from apps.tasks.deadlines import Kind, Reading, read_deadline

# No cell of a table is near as long: such a line is a question to a person, not a wording.
MOST_CHARS = 20_000
# What JSON leaves bare, but many readers of lines take for the end of one.
_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\u0085\u2028\u2029"}


class Command(FengongCommand):
    """As many answers as lines; a line that is a JSON object may carry its own settings."""

    help = "逐行读标准输入，输出每行的读法（JSON）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=["deadlines", "units"])
        parser.add_argument("--issued-on", help="印发日期，缺年份的时限按它推算")
        parser.add_argument("--rule", choices=[rule.value for rule in Rule])
        parser.add_argument("--default-role", choices=[role.value for role in Role])
        self.add_output_arguments(parser)

    def handle(self, **options: Any) -> None:
        read = _deadline if options["kind"] == "deadlines" else _unit
        settings = {name: options[name] for name in ("issued_on", "rule", "default_role")}
        if options["issued_on"] is not None:
            argument(parse_day, options["issued_on"])
        for line in _lines():
            answer = json.dumps(read(_wanted(line, settings)), ensure_ascii=False)
            self.stdout.write(answer.translate(_LINE_ENDS))


def _lines() -> Iterator[str]:
    """Of stdin, which ends its lines as Unix or Windows do; both ends of the pipe speak UTF-8."""
    source, target = sys.stdin, sys.stdout
    if not isinstance(source, io.TextIOWrapper) or not isinstance(target, io.TextIOWrapper):
        raise Unreadable("标准输入或标准输出是关着的，请用管道或 < 送入要读的行。")
    source.reconfigure(encoding="utf-8-sig", errors="replace", newline="\n")
    # half a surrogate pair is then written as the JSON escape that it came as
    target.reconfigure(encoding="utf-8", errors="backslashreplace")
    return (line.removesuffix("\n").removesuffix("\r") for line in source)


def _wanted(line: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The text of a line with what it carries; what it does not carry comes from the options."""
    try:
        carried = json.loads(line)
    except (ValueError, RecursionError):
        carried = None
    if isinstance(carried, dict) and isinstance(carried.get("text"), str):
        known = {name: _text(carried[name]) for name in settings if name in carried}
        return {**settings, **known, "text": carried["text"]}
    return {**settings, "text": line}


def _text(value: object) -> str | None:
    """A setting of a line says something only as a JSON string."""
    return value if isinstance(value, str) else None


def _issued_on(wanted: Mapping[str, Any]) -> date | None:
    written = wanted["issued_on"]
    return parse_day(written) if written else None


def _deadline(wanted: Mapping[str, Any]) -> dict[str, object]:
    text = wanted["text"]
    if len(text) > MOST_CHARS:
        return Reading(text, Kind.UNRESOLVED).as_dict()
    try:
        issued_on = _issued_on(wanted)
    except Refused:
        # a line's own date that is none: the wording is read without it, and so asks where it must
        issued_on = None
    return read_deadline(text, issued_on).as_dict()


def _unit(wanted: Mapping[str, Any]) -> dict[str, object]:
    text = wanted["text"]
    if len(text) > MOST_CHARS:
        return Responsibility(text, parties=(), open_ended=False, rules_found=()).as_dict()
    rules = [Rule(wanted["rule"])] if wanted["rule"] in set(Rule) else []
    role = Role(wanted["default_role"]) if wanted["default_role"] in set(Role) else None
    return read_parties(text, default_role=role, rules=rules).as_dict()
