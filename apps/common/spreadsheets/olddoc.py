"""Reading .doc and .wps files: turned into .docx in a process of its own, then read as one.

The old format is a memory image with pointers in all directions, so the library that knows it runs
apart with limited memory and time. This file is also that script: it is run by its path and knows
only the standard library and the converter.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

_MEMORY_BYTES = 400 * 1024 * 1024
_CPU_SECONDS = 8
_PASSWORD_EXIT = 3


class OldDocumentError(Exception):
    """Why nothing came back: "password" or "damaged"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConvertedDocument:
    """The .docx made of the file at `path`, as long as the context lasts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = TemporaryDirectory()

    def __enter__(self) -> ZipFile:
        target = Path(self._folder.name) / "document.docx"
        try:
            _convert_apart(self._path, target)
            self._archive = ZipFile(target)
        except BaseException:
            self._folder.cleanup()
            raise
        return self._archive

    def __exit__(self, *_: object) -> None:
        self._archive.close()
        self._folder.cleanup()


def _convert_apart(source: Path, target: Path) -> None:
    script = str(Path(__file__).resolve())
    command = [sys.executable, "-I", script, str(source.resolve()), str(target)]
    try:
        # Our own interpreter and script; the paths are arguments, not a shell's text.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, check=False, timeout=4 * _CPU_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise OldDocumentError("damaged") from error
    if done.returncode == _PASSWORD_EXIT:
        raise OldDocumentError("password")
    if done.returncode or not target.exists():
        raise OldDocumentError("damaged")


def main(source: str, target: str) -> None:
    """Convert `source`; the exit code says why not."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Imported under the limits, and not at all by whoever only calls the script.
    from doc2docx import convert  # noqa: PLC0415
    from doc2docx.errors import EncryptedDocumentError  # noqa: PLC0415

    try:
        convert(source, target)
    except EncryptedDocumentError:
        raise SystemExit(_PASSWORD_EXIT) from None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
