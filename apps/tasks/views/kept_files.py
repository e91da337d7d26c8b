"""Files that people brought or that a job made, handed out again."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404

from apps.ops.models import StoredFile


def kept_file(file: StoredFile | None, name: str) -> FileResponse:
    """Only as a file to be kept, whatever is in it: it came from outside. 404 without one."""
    if file is None or not default_storage.exists(file.path):
        raise Http404
    return FileResponse(
        default_storage.open(file.path, "rb"),
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
    )
