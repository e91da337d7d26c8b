"""What reading a 任务分工表 gives: the layout kept with the plan, the rows, what is wrong.

A layout is stored as JSON and is enough, with the cells of each row, to write the original
table again (architecture.md §4.11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Merge = tuple[int, int, int, int]

NUMBER = "number"
CATEGORY = "category"
TITLE = "title"
CONTENT = "content"
LEAD = "lead"
RESPONSIBLE = "responsible"
SUPPORT = "support"
GUIDE = "guide"
DATA = "data"
CONSOLIDATOR = "consolidator"
DEADLINE = "deadline"
NOTE = "note"
# What a running ledger says of a row: how it goes, how it stands, its closing and extension.
PROGRESS = "progress"
STATE = "state"
PERCENT = "percent"
LAST_REPORTED = "last_reported"
CLOSING = "closing"
CLOSED_ON = "closed_on"
EXTENDED_TO = "extended_to"
IGNORED = "ignored"
PARTY_FIELDS = (LEAD, RESPONSIBLE, SUPPORT, GUIDE, DATA, CONSOLIDATOR)
STANDING_FIELDS = (STATE, PERCENT, LAST_REPORTED, CLOSING, CLOSED_ON, EXTENDED_TO)
FIELDS = (
    *(NUMBER, CATEGORY, TITLE, CONTENT, *PARTY_FIELDS, DEADLINE, NOTE),
    *(PROGRESS, *STANDING_FIELDS, IGNORED),
)

# Role of a unit that stands in such a column and whose wording names no role itself (D3).
DEFAULT_ROLES: dict[str, str] = {
    LEAD: "lead",
    RESPONSIBLE: "shared",
    SUPPORT: "support",
    GUIDE: "guide",
    DATA: "data",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A sheet column (`index` 0-based) with its header's verbatim text and what it holds."""

    index: int
    header: str
    field: str


OtherKind = Literal["section", "footer", "header", "blank", "more"]


@dataclass(frozen=True, slots=True)
class OtherRow:
    """A row below the header that is no task: a section, a footer, a repeated header, nothing.

    "more": further units of the task above, in a row of their own.
    """

    row: int
    kind: OtherKind
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the table stands in its sheet and what surrounds the tasks.

    Row numbers are those of the sheet, from 1; `merges` are 0-based and inclusive, as in
    `Sheet`. `header_cells` holds the header rows verbatim, `title` the title found above.
    """

    sheet: str
    header_rows: tuple[int, ...]
    columns: tuple[Column, ...]
    first_row: int
    last_row: int
    title_rows: tuple[tuple[str, ...], ...] = ()
    title: str = ""
    header_cells: tuple[tuple[str, ...], ...] = ()
    merges: tuple[Merge, ...] = ()
    others: tuple[OtherRow, ...] = ()

    def columns_of(self, field: str) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.field == field)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` reads them back to an equal layout."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Layout:
        return cls(
            sheet=stored["sheet"],
            header_rows=tuple(stored["header_rows"]),
            columns=tuple(Column(**column) for column in stored["columns"]),
            first_row=stored["first_row"],
            last_row=stored["last_row"],
            title_rows=_cells(stored.get("title_rows", ())),
            title=stored.get("title", ""),
            header_cells=_cells(stored.get("header_cells", ())),
            merges=tuple(
                (top, left, bottom, right) for top, left, bottom, right in stored.get("merges", ())
            ),
            others=tuple(
                OtherRow(other["row"], other["kind"], tuple(other["cells"]))
                for other in stored.get("others", ())
            ),
        )


def _cells(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in rows)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One task as the table prints it.

    `cells` is the sheet row verbatim, from column A, "" under a merged cell; `merged_from` names
    the columns (0-based) that continue a merged cell and the sheet row where its text stands. The
    other fields have that text. `responsibility` is (field, text) in column order, empty cells
    left out; so are `progress`, (header, text), and `standing`, (field, text): what a running
    ledger says of the row.
    """

    row: int
    cells: tuple[str, ...]
    number: str
    category: tuple[str, ...]
    title: str | None
    content: str
    responsibility: tuple[tuple[str, str], ...]
    deadline_text: str
    note: str
    merged_from: tuple[tuple[int, int], ...] = ()
    progress: tuple[tuple[str, str], ...] = ()
    standing: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where: sheet row, header or letter of the column, cell such as B12."""

    row: int
    column: str
    cell: str
    message: str


@dataclass(frozen=True, slots=True)
class SheetSeen:
    """A sheet of the file, for choosing another one; `rows` are those with any text."""

    name: str
    hidden: bool
    rows: int
    is_table: bool


@dataclass(frozen=True, slots=True)
class TableReading:
    """`rules` are document rules (codes of `Rule`) stated around the table: proposed, not applied.

    `sheets` are all sheets of the file.
    """

    layout: Layout
    rows: tuple[SourceRow, ...]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    rules: tuple[str, ...] = ()
    sheets: tuple[SheetSeen, ...] = ()
