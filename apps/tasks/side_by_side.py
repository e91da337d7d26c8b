"""A table printed in two or three columns of a page: its parts are put one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apps.common.spreadsheets import Sheet, cell_name
from apps.common.spreadsheets.model import Merge
from apps.common.text import fold_tight
from apps.tasks.headers import Header

_LEAST_COLUMNS = 2
_MOST_PARTS = 4


def one_below_the_other(sheet: Sheet, header: Header) -> Sheet | None:
    """The sheet with the right parts below the left one; None when the header has no repeats."""
    heads = [fold_tight(column.header) for column in header.columns]
    starts = _starts(heads)
    if not starts:
        return None
    width = max(b - a for a, b in zip(starts, [*starts[1:], len(heads)], strict=True))
    while width > _LEAST_COLUMNS and not any(
        heads[a + width - 1 : a + width] != [""] for a in starts
    ):
        width -= 1
    top, bottom = header.rows[0] - 1, header.rows[-1]
    rows = [_squeezed(row, starts[0], width) for row in sheet.rows[:top]]
    rows += [_part(row, starts[0], width) for row in sheet.rows[top:bottom]]
    merges = [_cut(merge, starts[0], width, 0) for merge in sheet.merges if merge[0] < bottom]
    for start in starts:
        body = [_part(row, start, width) for row in sheet.rows[bottom:]]
        last = max((at for at, row in enumerate(body, 1) if any(row)), default=0)
        shift = len(rows) - bottom
        merges += [_cut(m, start, width, shift) for m in sheet.merges if m[0] >= bottom]
        rows += body[:last]
    name = cell_name(top, starts[1])
    warning = (
        f"{name} 表格分左右 {len(starts)} 栏并排，已按先左后右接成一列读取；"
        "以下行号按接排后的次序，请核对"
    )
    return replace(
        sheet,
        rows=tuple(rows),
        merges=tuple(sorted({merge for merge in merges if merge is not None})),
        warnings=(warning,),
    )


def _starts(heads: Sequence[str]) -> list[int]:
    """Where the equal parts of the header begin; empty when it is one header."""
    filled = [(at, text) for at, text in enumerate(heads) if text]
    for parts in range(_MOST_PARTS, 1, -1):
        size, rest = divmod(len(filled), parts)
        if rest or size < _LEAST_COLUMNS:
            continue
        cut = [filled[part * size : (part + 1) * size] for part in range(parts)]
        texts = [[text for _, text in part] for part in cut]
        if len(set(texts[0])) == size and all(text == texts[0] for text in texts):
            return [part[0][0] for part in cut]
    return []


def _part(row: Sequence[str], start: int, width: int) -> tuple[str, ...]:
    cells = tuple(row[start : start + width])
    return cells + ("",) * (width - len(cells))


def _squeezed(row: Sequence[str], start: int, width: int) -> tuple[str, ...]:
    """A line above the table keeps all its texts."""
    cells = list(_part(row, start, width))
    beyond = [text for at, text in enumerate(row) if text and not start <= at < start + width]
    for text in beyond:
        free = next((at for at, kept in enumerate(cells) if not kept), width - 1)
        cells[free] = f"{cells[free]} {text}".strip()
    return tuple(cells)


def _cut(merge: Merge, start: int, width: int, shift: int) -> Merge | None:
    top, left, bottom, right = merge
    left, right = max(left - start, 0), min(right - start, width - 1)
    if right < left or (top, left) == (bottom, right):
        return None
    return top + shift, left, bottom + shift, right
