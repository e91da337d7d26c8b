"""`verify_audit`: proves that nobody altered the log behind its back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from apps.audit.models import Entry
from apps.audit.selectors import breaks, unguarded
from apps.audit.services import verification_keep
from apps.common.commands import FengongCommand


class Command(FengongCommand):
    """Exit code 1 when a chain does not hold or its guard is down, naming each place."""

    help = "核验操作日志有没有被改动"

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_output_arguments(parser)
        parser.add_argument(
            "--not-kept", action="store_true", help="只核验，结果不留给操作日志页面"
        )

    def handle(self, **options: Any) -> None:
        found = breaks()
        guards = unguarded()
        count = Entry.objects.count()
        rows = [
            {"object": f"{b.object_type} {b.object_id}", "chain_no": b.chain_no, "what": b.what}
            for b in found
        ]
        lines = [f"{row['object']} 第{row['chain_no']}条：{row['what']}" for row in rows]
        lines += [f"数据库的保护：{what}" for what in guards]
        said = (
            f"操作日志 {count} 条，有 {len(lines)} 处不对。"
            if lines
            else f"操作日志 {count} 条，完整。"
        )
        self.answer(
            {"entries": count, "breaks": rows, "unguarded": guards}, "\n".join([said, *lines])
        )
        if not options["not_kept"]:
            verification_keep(entries=count, faults=lines)
        if lines:
            raise SystemExit(1)
