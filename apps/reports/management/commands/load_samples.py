"""`load_samples`: the real seed tables with invented progress, into an empty database."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from apps.common.commands import FengongCommand
from apps.reports.samples import sample_load
from apps.tasks.models import Task


class Command(FengongCommand):
    """Repeatable: a second run finds everything there."""

    help = "装入演示数据（只限演示环境）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_output_arguments(parser)

    def handle(self, **_options: Any) -> None:
        loaded = sample_load()
        count = Task.objects.count()
        said = (
            f"演示数据已装入：{count} 项任务。" if loaded else f"演示数据已在库中：{count} 项任务。"
        )
        self.answer({"loaded": loaded, "tasks": count}, said)
