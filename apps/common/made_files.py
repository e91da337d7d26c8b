"""Files that are made to be sent and not to be kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


def made_file(suffix: str, write: Callable[[Path], None]) -> IO[bytes]:
    """What `write` writes to a path, open at its beginning; it vanishes when it is closed."""
    file = NamedTemporaryFile(suffix=suffix)  # noqa: SIM115  the response closes it
    try:
        write(Path(file.name))
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
