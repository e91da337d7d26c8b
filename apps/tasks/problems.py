"""Naming the place of what is wrong in a table."""

from __future__ import annotations

from collections.abc import Iterable

from apps.common.spreadsheets import cell_name, column_letter
from apps.common.text import fold_tight
from apps.tasks.layout_types import Column, Problem


def problem_at(columns: Iterable[Column], row: int, column: int, message: str) -> Problem:
    """A problem at these 0-based indexes, named by the column's header or else its letter."""
    header = next((header_text(found) for found in columns if found.index == column), "")
    return Problem(row + 1, header or column_letter(column), cell_name(row, column), message)


def header_text(column: Column) -> str:
    """The header on one line, as a sentence quotes it."""
    return fold_tight(column.header)
