"""How the cells of each column look below the header of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from apps.common.spreadsheets import Sheet
from apps.common.text import fold_tight
from apps.tasks.headers import Header, plain_number
from apps.tasks.row_kinds import is_foot

_SAMPLE_ROWS = 2_000
# A share of the rows that is no accident.
SOME = 0.2


class Shape:
    """How the cells of a column look below the header."""

    def __init__(self, sheet: Sheet, header: Header) -> None:
        self._start = header.rows[-1]
        self._merges = [merge for merge in sheet.merges if merge[2] >= self._start]
        rows = sheet.rows[self._start : self._start + _SAMPLE_ROWS]
        self._rows = [row for row in rows if _is_body(row)]
        self.height = len(self._rows)

    def texts(self, column: int) -> list[str]:
        return [row[column].strip() for row in self._rows]

    def filled(self, column: int) -> list[str]:
        return [text for text in self.texts(column) if text]

    def share(self, column: int, matching: re.Pattern[str], most_chars: int) -> float:
        """How many of its texts, up to `most_chars` long, are of this form."""
        texts = self.filled(column)
        fitting = [t for t in texts if len(t) <= most_chars and matching.fullmatch(fold_tight(t))]
        return len(fitting) / len(texts) if texts else 0

    def holds_numbers(self, column: int) -> bool:
        texts = self.filled(column)
        numbers = sum(1 for text in texts if plain_number(text))
        return bool(texts) and 10 * numbers >= 9 * len(texts) and self._covers(column, texts)

    def _covers(self, column: int, texts: Sequence[str]) -> bool:
        return 2 * len(texts) >= self.height or self.is_merged_down(column)

    def is_merged_down(self, column: int) -> bool:
        return any(
            left <= column <= right and bottom > top >= self._start
            for top, left, bottom, right in self._merges
        )

    @property
    def has_merges_down(self) -> bool:
        return any(bottom > top >= self._start for top, _, bottom, _ in self._merges)

    def is_repeated(self, column: int) -> bool:
        texts = self.filled(column)
        again = sum(1 for above, text in pairwise(texts) if above == text)
        return 5 * again >= len(texts) > 0 and again > 0

    def is_filled_down(self, column: int) -> bool:
        """Written once for several rows, which shows as empty cells below."""
        texts = self.texts(column)
        if self.is_merged_down(column) or not texts or not texts[0]:
            return False
        empty = texts.count("")
        return 2 * empty >= len(texts) or (not self.has_merges_down and empty >= SOME * len(texts))

    def stands_for_several(self, column: int) -> bool:
        """Surely so: merged, repeated, or empty in most rows below the first."""
        texts = self.texts(column)
        mostly_empty = self.is_filled_down(column) and 3 * texts.count("") >= 2 * len(texts)
        return self.is_merged_down(column) or self.is_repeated(column) or mostly_empty

    def groups_rows(self, column: int) -> bool:
        """One text stands for several rows: merged, repeated, or left empty below the first."""
        return (
            self.is_merged_down(column) or self.is_repeated(column) or self.is_filled_down(column)
        )

    def tells_apart(self, at: int, column: int) -> tuple[int, int, int]:
        """How well its numbers tell rows apart; the earlier of two equals."""
        texts = self.filled(column)
        return len(texts), len({plain_number(text) for text in texts}), -at


def _is_body(row: Sequence[str]) -> bool:
    filled = [text for text in row if text.strip()]
    return len(filled) > 1 and not is_foot(fold_tight(filled[0]))
