"""Static files of third parties, taken from their wheels without adding their apps.

Adding the apps would override templates (jazzy-tabler) or quadruple collectstatic (icons).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Address below /static/ -> (package, folder inside it).
_FOLDERS = {
    "vendor/tabler": ("jazzy_tabler", "static/vendor/tabler/css"),
    "vendor/bootstrap-icons": ("js_lib_bootstrap_icons", "static/bootstrap-icons/font"),
}


def _folder(package: str, inside: str) -> Path:
    spec = find_spec(package)
    assert spec is not None, package
    assert spec.submodule_search_locations, package
    return Path(spec.submodule_search_locations[0]) / inside


class WheelFinder(BaseFinder):
    """Serves `static/vendor/<name>/…` out of the installed wheels."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.storages: dict[str, FileSystemStorage] = {}
        for prefix, (package, inside) in _FOLDERS.items():
            storage = FileSystemStorage(location=str(_folder(package, inside)))
            storage.prefix = prefix  # type: ignore[attr-defined]  # read by collectstatic, as for STATICFILES_DIRS
            self.storages[prefix] = storage

    def check(self, **_kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **_kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        for prefix, storage in self.storages.items():
            if path.startswith(f"{prefix}/"):
                found = storage.path(path.removeprefix(f"{prefix}/"))
                if Path(found).exists():
                    return [found] if find_all else found
        return []

    def list(self, _ignore_patterns: Any) -> Iterator[Any]:
        for storage in self.storages.values():
            folder = Path(storage.location)
            for file in sorted(folder.rglob("*")):
                if file.is_file() and file.suffix in {".css", ".woff", ".woff2"}:
                    yield str(file.relative_to(folder)), storage


class ManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Hashed names; source maps, which the wheels name but do not ship, are not looked for."""

    patterns = tuple(
        (glob, tuple(found for found in patterns if "sourceMappingURL" not in str(found)))
        for glob, patterns in CompressedManifestStaticFilesStorage.patterns
    )
