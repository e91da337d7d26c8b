"""What `import_table` and `import_opening` do alike: the file, how it reads, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apps.common.errors import Refused, Unreadable
from apps.common.spreadsheets import Sheet
from apps.plans.models import Plan
from apps.tasks.layout import Problem, TableReading, read_table
from apps.tasks.selectors.tables import layout_kept
from apps.tasks.services.uploads import Upload


def existing(path: Path) -> Path:
    """The path of a file that can be opened; raises Unreadable."""
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise Unreadable(f"文件“{path}”不存在或不能读取，请核对路径。") from error


def reading_for(plan: Plan, sheets: Sequence[Sheet], sheet_name: str | None) -> TableReading:
    """A workbook without a table cannot be read as one: misuse, not a refused row."""
    try:
        return read_table(sheets, sheet_name=sheet_name, layout=layout_kept(plan))
    except Refused as error:
        raise Unreadable(*error.reasons) from error


@contextmanager
def uploaded(path: Path) -> Iterator[Upload]:
    """The file as the pages take it in."""
    with path.open("rb") as content:
        yield Upload(name=path.name, size=path.stat().st_size, content=content)


def problems_as_json(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Row, column, cell and message of each."""
    return [asdict(problem) for problem in problems]
