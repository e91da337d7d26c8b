"""`backup`: the database and all stored files into a folder, with what proves them."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from apps.common.commands import FengongCommand
from apps.common.errors import Refused, Unreadable
from apps.ops.backups import make


class Command(FengongCommand):
    """People may go on working meanwhile; the backup is of the moment at which it began."""

    help = "备份数据库和文件"

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_output_arguments(parser)
        parser.add_argument(
            "--output",
            metavar="DIR",
            required=True,
            help="放各次备份的文件夹；每次一个子文件夹，文件只存一份",
        )

    def handle(self, **options: Any) -> None:
        try:
            made = make(Path(options["output"]))
        except OSError as error:
            raise Unreadable(f"写不进 {options['output']}：{error.strerror}。") from error
        manifest = made.manifest
        rows = sum(table.rows for table in manifest.tables.values())
        self.answer(
            {
                "folder": str(made.folder),
                "tables": len(manifest.tables),
                "rows": rows,
                "files": len(manifest.files),
                "missing": manifest.missing,
            },
            f"已备份到 {made.folder}：{len(manifest.tables)} 张表 {rows} 行，"
            f"文件 {len(manifest.files)} 个。",
        )
        if manifest.missing:
            raise Refused(
                f"备份已做好，但有 {len(manifest.missing)} 个文件在存储里缺失或已损坏，没有备份：",
                *manifest.missing,
            )
