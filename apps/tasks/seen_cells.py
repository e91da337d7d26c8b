"""What a person sees in a cell that holds no text of its own, or says 同上."""

from __future__ import annotations

from apps.common.spreadsheets import Sheet

_DITTO = frozenset({"同上", "同上。", "同前", "〃", "″"})
_LONGEST_DITTO = 6


class SeenCells:
    """The cells of one sheet below its header; rows and columns count from 0.

    `under` leads from a cell under a merge to its top-left one. `is_plain`: nothing is merged
    downwards, so an empty cell may be one that was merged in the original. `above` is the task
    row that was read last.
    """

    def __init__(self, sheet: Sheet, start: int) -> None:
        self._rows = sheet.rows
        self._start = start
        self._dittos: dict[tuple[int, int], str] = {}
        self.above: int | None = None
        self.under = {
            (row, column): (top, left)
            for top, left, bottom, right in sheet.merges
            if bottom >= start
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
            if (row, column) != (top, left)
        }
        self.is_plain = not any(top >= start and low > top for top, _, low, _ in sheet.merges)

    def text(self, row: int, column: int) -> tuple[str, int | None]:
        """The text seen in a cell, and the sheet row (from 1) it is continued from."""
        place = self.under.get((row, column)) if self.under else None
        if place is not None and place[1] == column and self._start <= place[0] < row:
            return self._rows[place[0]][column], place[0] + 1
        text = self._rows[row][column]
        if len(text) < _LONGEST_DITTO and self.above is not None and text.strip() in _DITTO:
            return self._same(row, column, self.above), None
        return text, None

    def merged(self, row: int) -> tuple[tuple[int, int], ...]:
        """The columns that continue a merged cell, each with the sheet row of its text."""
        if not self.under:
            return ()
        places = ((column, self.text(row, column)[1]) for column in range(len(self._rows[row])))
        return tuple((column, above) for column, above in places if above is not None)

    def _same(self, row: int, column: int, above: int) -> str:
        """What 同上 stands for; a row is asked before it counts as the one above."""
        if (row, column) not in self._dittos:
            text = self._dittos.get((above, column)) or self.text(above, column)[0]
            self._dittos[row, column] = text
        return self._dittos[row, column]
