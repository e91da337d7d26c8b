"""A report as files: what is printed, what is counted with, what is read by programs.

All three are written from one `Body`; none of them works out a figure of its own.
"""

from __future__ import annotations

from apps.reports.papers.data import write_data
from apps.reports.papers.document import write_document
from apps.reports.papers.workbook import write_workbook

__all__ = ["write_data", "write_document", "write_workbook"]
