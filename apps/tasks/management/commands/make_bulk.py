"""`make_bulk`: a ledger of any size in an empty database, for measuring."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from time import monotonic
from typing import Any

from apps.common.commands import FengongCommand
from apps.tasks.services.bulk import bulk_make


class Command(FengongCommand):
    """The same size gives the same rows."""

    help = "向空库写入测速数据（绝不写入已有内容的库）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tasks", type=int, required=True, metavar="N", help="任务数")
        parser.add_argument(
            "--periods", type=int, default=3, metavar="N", help="每项任务有几期应报，默认 3，最多 8"
        )
        self.add_output_arguments(parser)

    def handle(self, **options: Any) -> None:
        began = monotonic()
        made = bulk_make(tasks=options["tasks"], periods=options["periods"])
        seconds = round(monotonic() - began, 1)
        self.answer(
            {**asdict(made), "seconds": seconds},
            f"已写入 {made.tasks:,} 项任务、{made.plans} 个任务来源、{made.agencies:,} 个单位、"
            f"{made.duties:,} 份应报、{made.progress:,} 份进展，用时 {seconds} 秒。",
        )
