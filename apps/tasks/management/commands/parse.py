"""`parse deadlines|units`: reads lines on stdin, answers one JSON object per line."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import date
from typing import Any

from apps.agencies.parties import Role, Rule, read_parties
from apps.common.commands import FengongCommand, argument
from apps.common.days import parse_day
from apps.common.errors import Refused
from apps.tasks.deadlines import read_deadline


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
        if options["issued_on"]:
            argument(parse_day, options["issued_on"])
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # a text file here
        for line in sys.stdin:
            answer = read(_wanted(line.rstrip("\r\n"), settings))
            self.stdout.write(json.dumps(answer, ensure_ascii=False))


def _wanted(line: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The text of a line with what it carries; what it does not carry comes from the options."""
    try:
        carried = json.loads(line)
    except ValueError:
        carried = None
    if isinstance(carried, dict) and isinstance(carried.get("text"), str):
        known = {name: carried[name] for name in settings if name in carried}
        return {**settings, **known, "text": carried["text"]}
    return {**settings, "text": line}


def _issued_on(wanted: Mapping[str, Any]) -> date | None:
    written = wanted["issued_on"]
    return parse_day(str(written)) if written else None


def _deadline(wanted: Mapping[str, Any]) -> dict[str, object]:
    try:
        issued_on = _issued_on(wanted)
    except Refused:
        # a line's own date that is none: the wording is read without it, and so asks where it must
        issued_on = None
    return read_deadline(wanted["text"], issued_on).as_dict()


def _unit(wanted: Mapping[str, Any]) -> dict[str, object]:
    rules = [Rule(wanted["rule"])] if wanted["rule"] in set(Rule) else []
    role = Role(wanted["default_role"]) if wanted["default_role"] in set(Role) else None
    return read_parties(wanted["text"], default_role=role, rules=rules).as_dict()
