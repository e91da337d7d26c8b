"""The one door for tables in files: reading workbooks, documents, pages and text, writing .xlsx.

Nothing else in the project opens or writes a workbook (an import contract says so), so what
quality.md §3 asks of a hostile file is answered here once.
"""

from __future__ import annotations

from apps.common.spreadsheets.forms import (
    FORM_HEAD_ROWS,
    FormColumn,
    FormSheet,
    FormValue,
    write_form,
)
from apps.common.spreadsheets.model import (
    MAX_CELL_CHARS,
    Merge,
    OutSheet,
    OutValue,
    Sheet,
    cell_name,
    column_letter,
)
from apps.common.spreadsheets.reading import read_pasted, read_sheets
from apps.common.spreadsheets.writing import column_widths, write_sheet, write_sheets

__all__ = [
    "FORM_HEAD_ROWS",
    "MAX_CELL_CHARS",
    "FormColumn",
    "FormSheet",
    "FormValue",
    "Merge",
    "OutSheet",
    "OutValue",
    "Sheet",
    "cell_name",
    "column_letter",
    "column_widths",
    "read_pasted",
    "read_sheets",
    "write_form",
    "write_sheet",
    "write_sheets",
]
