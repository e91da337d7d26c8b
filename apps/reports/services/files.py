"""A report's files: as they were kept, or made now where a draft has changed since."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from apps.common.errors import Refused
from apps.common.made_files import made_file
from apps.common.papers import PAPER_TYPE
from apps.ops.services import file_bytes
from apps.reports.models import QuarterlyReport
from apps.reports.papers.data import write_data
from apps.reports.papers.document import write_document
from apps.reports.papers.workbook import write_workbook
from apps.reports.selectors.reports import body_of
from apps.tasks.services.export import WORKBOOK_TYPE

# field of the report -> ending, content type, writer
KINDS = {
    "document": (".docx", PAPER_TYPE, write_document),
    "workbook": (".xlsx", WORKBOOK_TYPE, write_workbook),
    "data": (".json", "application/json", write_data),
}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """Open at its beginning; the response closes it."""

    content: IO[bytes]
    name: str
    content_type: str


def report_file(report: QuarterlyReport, kind: str) -> ReportFile:
    """`kind` is one of KINDS. Refused before the figures are taken."""
    ending, content_type, write = KINDS[kind]
    if not report.figures:
        raise Refused("这份报告还没有取数，没有可下载的文件。")
    kept = getattr(report, kind)
    content: IO[bytes]
    if kept is not None:
        content = BytesIO(file_bytes(kept))
    else:
        body = body_of(report)

        def put(path: Path) -> None:
            write(path, body)

        content = made_file(ending, put)
    name = f"{report.title}{ending}".replace("/", "／")
    return ReportFile(content, name, content_type)
