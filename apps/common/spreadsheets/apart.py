"""Reading a workbook with calamine, in a process of its own with limited memory and time.

That reader is fast, and the only one for .xls, but it lays a sheet out in full before anybody can
ask for its size: a file of nine kilobytes with one cell at IV65536 takes half a gibibyte, and a
failed allocation there ends the process. So this file is also a script: it is run by its path,
knows only the standard library and the reader, and prints JSON lines: per sheet one object, then
one array per row. It knows no number formats.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

_MEMORY_BYTES = 450 * 1024 * 1024
_CPU_SECONDS = 60
_MAX_CELLS = 2_000_000
_PASSWORD_EXIT, _CELLS_EXIT = 3, 4

Value = str | int | float | bool


class ApartError(Exception):
    """Why nothing came back: "password", "cells" (too many) or "damaged"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """A sheet as stored: numbers as numbers, dates already as ISO text."""

    name: str
    hidden: bool
    merges: list[tuple[int, int, int, int]]
    rows: list[list[Value]]


def read_apart(path: Path) -> list[StoredSheet]:
    """The worksheets of an .xls or .xlsx file; raises ApartError."""
    command = [sys.executable, "-I", str(Path(__file__).resolve()), str(path.resolve())]
    try:
        # Our own interpreter and script; the path is one argument, not a shell's text.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, check=False, timeout=4 * _CPU_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise ApartError("cells") from error
    if done.returncode == _PASSWORD_EXIT:
        raise ApartError("password")
    # A negative code is a signal: the limits above were reached.
    if done.returncode == _CELLS_EXIT or done.returncode < 0:
        raise ApartError("cells")
    if done.returncode:
        raise ApartError("damaged")
    return list(_sheets(done.stdout))


def _sheets(output: bytes) -> Iterator[StoredSheet]:
    sheet: StoredSheet | None = None
    for line in output.splitlines():
        item = json.loads(line)
        if isinstance(item, list):
            assert sheet is not None, "a row comes after its sheet"
            sheet.rows.append(item)
            continue
        if sheet is not None:
            yield sheet
        merges = [(top, left, bottom, right) for (top, left), (bottom, right) in item["merges"]]
        sheet = StoredSheet(item["name"], item["hidden"], merges, [])
    if sheet is not None:
        yield sheet


def _plain(value: object) -> Value:
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return value if isinstance(value, str | int | float) else str(value)


def _write_sheet(sheet: CalamineSheet, *, hidden: bool) -> None:
    height, width = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
    if height * width > _MAX_CELLS:
        raise SystemExit(_CELLS_EXIT)
    about = {"name": sheet.name, "hidden": hidden, "merges": sheet.merged_cell_ranges or []}
    sys.stdout.write(json.dumps(about) + "\n")
    for row in sheet.to_python(skip_empty_area=False) if height else []:
        sys.stdout.write(json.dumps([_plain(value) for value in row]) + "\n")


def main(path: str) -> None:
    """Print the workbook at `path`; the exit code says why not."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        workbook = CalamineWorkbook.from_path(path)
    except PasswordError:
        raise SystemExit(_PASSWORD_EXIT) from None
    except MemoryError:
        raise SystemExit(_CELLS_EXIT) from None
    for index, about in enumerate(workbook.sheets_metadata):
        hidden = about.visible != SheetVisibleEnum.Visible
        _write_sheet(workbook.get_sheet_by_index(index), hidden=hidden)


if __name__ == "__main__":
    main(sys.argv[1])
