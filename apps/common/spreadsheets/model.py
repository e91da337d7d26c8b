"""A sheet as the rest of the project sees it: text in, values out, no library types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

# Excel's own limit for one cell; what is longer can neither come from Excel nor be written back.
MAX_CELL_CHARS = 32_767

# Rows of a sheet in Excel.
MAX_ROW = 1_048_576

# top, left, bottom, right; 0-based, inclusive.
Merge = tuple[int, int, int, int]
OutValue = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet, every cell as the text a person sees in it.

    `rows` is rectangular, trimmed of empty rows and columns at its end; `rows[i]` is sheet row
    i + 1 and an empty cell is "". Of a merged range only the top-left cell has text. Each
    sentence in `warnings` begins with a cell's name and a space ("C12 …").
    """

    name: str
    hidden: bool
    rows: tuple[tuple[str, ...], ...]
    merges: tuple[Merge, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutSheet:
    """What `write_sheet` writes: title rows, then upper header rows, `headers`, then `rows`.

    `note` stands in small letters below the titles, over all columns. `merges` counts from the
    first title row. `rows` is gone through once and streamed. `widths` is in characters of Latin
    text, one per column; if `fitted`, rows get the height that their texts need in them, as not
    every program works it out. `foot` is printed at the left below each page. `looks` names those
    of `rows`, counted from 0, that are no ordinary ones: section, footer, head.
    """

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[OutValue]]
    title_rows: Sequence[Sequence[str]] = ()
    upper_headers: Sequence[Sequence[str]] = ()
    merges: Sequence[Merge] = ()
    widths: Sequence[float] | None = None
    note: str = ""
    fitted: bool = False
    foot: str = ""
    looks: Mapping[int, str] = field(default_factory=dict)


def column_letter(index: int) -> str:
    """Name of the column with this 0-based index: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    """Name of the cell at these 0-based indexes: (11, 2) is C12."""
    return f"{column_letter(column)}{row + 1}"
