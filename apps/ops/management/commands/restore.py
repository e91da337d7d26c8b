"""`restore`: a backup back into an empty database and the storage, compared with what it was."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from apps.common.commands import FengongCommand
from apps.common.errors import Refused, Unreadable
from apps.ops.backups import newest
from apps.ops.health import is_migrated
from apps.ops.restoring import restore


class Command(FengongCommand):
    """Exit code 1 and nothing changed where the database is not empty or the backup not whole."""

    help = "把备份恢复到空库"

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_output_arguments(parser)
        parser.add_argument("folder", metavar="DIR", help="放各次备份的文件夹")
        parser.add_argument(
            "--backup", metavar="20261121-021703", help="恢复哪一次的；不写恢复最近一次"
        )

    def handle(self, **options: Any) -> None:
        root = Path(options["folder"])
        folder = root / options["backup"] if options["backup"] else newest(root)
        try:
            manifest = restore(folder).manifest
        except OSError as error:
            raise Unreadable(f"恢复时读写出错：{error.strerror}。") from error
        rows = sum(table.rows for table in manifest.tables.values())
        said = (
            f"已恢复 {folder}（{manifest.made_at}）：{len(manifest.tables)} 张表 {rows} 行，"
            f"文件 {len(manifest.files) - len(manifest.missing)} 个，与备份时一致。"
        )
        if manifest.missing:
            said += f"另有 {len(manifest.missing)} 个文件备份时就已缺失。"
        answer = {
            "folder": str(folder),
            "tables": len(manifest.tables),
            "rows": rows,
            "files": len(manifest.files),
            "missing": manifest.missing,
            "migrated": is_migrated(),
        }
        if not answer["migrated"]:
            said += "备份早于现在的程序，请接着运行 migrate，再运行 verify_audit。"
            self.answer(answer, said)
            return
        audit = _audit()
        broken = audit["breaks"] or audit["unguarded"]
        said += f"\n操作日志 {audit['entries']} 条" + ("。" if broken else "，完整。")
        self.answer({**answer, "audit": audit}, said)
        if broken:
            raise Refused("操作日志有不对的地方，请运行 verify_audit 查看。")


def _audit() -> dict[str, Any]:
    """What verify_audit finds; by name, because the log knows of this app and not the reverse."""
    said = StringIO()
    with suppress(SystemExit):
        # what was restored stays what was backed up
        call_command("verify_audit", format="json", not_kept=True, stdout=said)
    found: dict[str, Any] = json.loads(said.getvalue())
    return found
